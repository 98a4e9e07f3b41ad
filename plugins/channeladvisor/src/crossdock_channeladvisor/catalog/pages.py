"""Pages of products, sliced into raw records without reading them."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from crossdock import Record
from crossdock.domain import digest
from crossdock_channeladvisor.catalog.moments import moment_of
from crossdock_channeladvisor.pages import key_of, slice_page


class _Glance(msgspec.Struct, gc=False):
    updated: str | None = msgspec.field(name="UpdateDateUtc", default=None)


_glance = msgspec.json.Decoder(_Glance)


@dataclass(frozen=True, slots=True)
class ProductPage:
    """The raw products of a page and the link to the next page."""

    records: tuple[Record, ...]
    next_link: str | None

    def fingerprint(self) -> str:
        """Stands for the keys of the page; empty for an empty page."""
        return digest(",".join(record.id for record in self.records).encode()).hex() if self.records else ""

    def latest_update(self) -> datetime | None:
        """The latest moment at which one of the products was updated."""
        moments = (_updated_at(record.data) for record in self.records)
        return max((moment for moment in moments if moment), default=None)


def read_page(body: bytes) -> ProductPage:
    """A page of products, sliced; one that has no readable key is named after its content."""
    slices = slice_page(body, "a page of products")
    return ProductPage(tuple([_record(bytes(raw)) for raw in slices.value]), slices.next_link)


def _record(data: bytes) -> Record:
    return Record(key_of(data) or f"unreadable-{digest(data).hex()}", data)


def _updated_at(data: bytes) -> datetime | None:
    try:
        return moment_of(_glance.decode(data).updated)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
