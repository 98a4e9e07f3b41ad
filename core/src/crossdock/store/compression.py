"""Raw bodies, kept small: zstd frames, except where a frame would save nothing."""

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MAGIC = b"\x28\xb5\x2f\xfd"
_WORTH_IT = 200
_LEVEL = 1

_compressor = zstd.ZstdCompressor(level=_LEVEL)  # one compressor kept alive costs half of one made for each body


def pack(data: bytes) -> bytes:
    """The bytes to keep; a body that looks like a frame becomes one, so that `unpack` can tell them apart."""
    if len(data) < _WORTH_IT and not data.startswith(_MAGIC):
        return data
    return _compressor.compress(data, zstd.ZstdCompressor.FLUSH_FRAME)


def unpack(kept: bytes) -> bytes:
    """The body that was packed."""
    return zstd.decompress(kept) if kept.startswith(_MAGIC) else kept
