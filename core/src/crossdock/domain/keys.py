"""Keys that must come out the same tomorrow, in another process, on another machine."""

from hashlib import blake2b


def digest(data: bytes) -> bytes:
    """A short fingerprint of raw bytes, to tell whether a record has changed."""
    return blake2b(data, digest_size=16).digest()


def is_called(id: str, name: str) -> bool:
    """Whether something with this id goes by a name: its id, or its end behind a "/" (of "7/B1" the "B1")."""
    return f"/{id}".endswith(f"/{name}")


def number_of(key: str) -> int:
    """A positive 63-bit integer that stands for a key where a system takes integers only."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) >> 1
