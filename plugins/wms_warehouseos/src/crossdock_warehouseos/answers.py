"""The JSON of WarehouseOS's answers, taken apart no further than needed."""

from typing import Any

import msgspec

NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that are not JSON of the shape asked for."""

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_FIELDS = msgspec.json.Decoder(dict[str, Any])


def fields(body: bytes) -> dict[str, Any] | None:
    """The fields of a JSON object, or None when the body is anything else."""
    try:
        return _FIELDS.decode(body)
    except NOT_JSON:
        return None


def parts(data: bytes) -> dict[str, msgspec.Raw]:
    """The fields of a JSON object, their values still undecoded; raises one of `NOT_JSON`."""
    return _PARTS.decode(data)


def entries(body: bytes, list_name: str) -> list[msgspec.Raw] | None:
    """The undecoded entries of a list, bare or as the field `list_name` of an object; None when there is no list."""
    try:
        if body.lstrip()[:1] == b"[":
            return _LIST.decode(body)
        return _LIST.decode(parts(body)[list_name])
    except (*NOT_JSON, KeyError):
        return None
