"""What the look-up service says, taken apart: raw parcels, and where a list goes on; pure."""

import msgspec

from crossdock import Record, Unavailable, error_text
from crossdock.domain import digest

NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError)


class Parcels(msgspec.Struct):
    """Some raw parcels; `next_page` is the service's own word for the page that follows, if one does."""

    parcels: list[msgspec.Raw]
    next_page: str | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """Each parcel under its id."""
        return tuple(record_of(bytes(parcel)) for parcel in self.parcels)


class _Id(msgspec.Struct):
    id: str


_PARCELS = msgspec.json.Decoder(Parcels)
_ID = msgspec.json.Decoder(_Id)


def parcels_in(connection: str, answer: bytes) -> Parcels:
    """The parcels of an answer; raises `Unavailable` when it is something else."""
    try:
        return _PARCELS.decode(answer)
    except NOT_JSON:
        words = error_text(answer, 120) or "nothing"
        raise Unavailable(f"{connection} answered with something else than parcels: {words}") from None


def record_of(parcel: bytes) -> Record:
    """The raw parcel under its id, or under its content where it has none."""
    try:
        return Record(_ID.decode(parcel).id, parcel)
    except NOT_JSON:
        return Record(f"digest:{digest(parcel).hex()}", parcel)
