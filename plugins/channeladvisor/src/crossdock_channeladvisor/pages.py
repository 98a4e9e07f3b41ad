"""Pages of orders, sliced into raw records without reading them."""

import re
from dataclasses import dataclass

import msgspec

from crossdock import Record
from crossdock.domain import digest
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.orders.glances import glance_at

CUT = b"@odata.nextLink"
"""Stands inside an order where a collection was cut short (ChannelAdvisor lists at most 20 rows of each)."""


class Slices(msgspec.Struct):
    """A page of any collection: raw items, and the link to the next page."""

    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


# An order begins with its key, as a rule; to look there first costs a tenth of going through the whole order.
_LEADING_KEY = re.compile(rb'\{"ID":(\d+)[,}]')

_slices = msgspec.json.Decoder(Slices)


def slice_page(body: bytes, wanted: str) -> Slices:
    """The raw items of a page; raises `Unavailable` when the answer is no such page."""
    try:
        return _slices.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unexpected_answer(wanted, body) from error


@dataclass(frozen=True, slots=True)
class OrderPage:
    """The raw orders of a page and the link to the next page."""

    records: tuple[Record, ...]
    next_link: str | None

    def fingerprint(self) -> str:
        """Stands for the keys of the page; empty for an empty page."""
        return digest(",".join(record.id for record in self.records).encode()).hex() if self.records else ""


def read_page(body: bytes, marked: bool | None = None) -> OrderPage:
    """A page of orders that are marked or not, sliced; one that has no readable key is named after its content."""
    slices = slice_page(body, "a page of orders")
    return OrderPage(tuple([_record(bytes(raw), marked) for raw in slices.value]), slices.next_link)


def key_of(data: bytes) -> str | None:
    """The key of a raw order, if it has one."""
    if leading := _LEADING_KEY.match(data):
        return leading[1].decode()
    glance = glance_at(data)
    return str(glance.id) if glance else None


def is_cut(record: Record) -> bool:
    """Whether a collection inside the order may have been cut short, and the order can be read again by its key."""
    return CUT in record.data and record.id.isdecimal()


def _record(data: bytes, marked: bool | None) -> Record:
    return Record(key_of(data) or f"unreadable-{digest(data).hex()}", data, marked)
