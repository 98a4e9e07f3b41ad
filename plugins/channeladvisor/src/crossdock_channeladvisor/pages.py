"""Pages of orders, sliced into raw records without reading them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from crossdock import Record
from crossdock.domain import digest
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

CUT = b"@odata.nextLink"
"""Stands inside an order where a collection was cut short (ChannelAdvisor lists at most 20 rows of each)."""


class Slices(msgspec.Struct):
    """A page of any collection: raw items, and the link to the next page."""

    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class Glance(msgspec.Struct, gc=False):
    """What must be known of an order before it is read; the words are not trusted to be words."""

    id: int = msgspec.field(name="ID")
    updated: Any = msgspec.field(name="UpdatedDateUtc", default=None)
    checkout: Any = msgspec.field(name="CheckoutStatus", default=None)
    payment: Any = msgspec.field(name="PaymentStatus", default=None)
    shipping: Any = msgspec.field(name="ShippingStatus", default=None)


class _Center(msgspec.Struct):
    id: int = msgspec.field(name="DistributionCenterID")


class _Centers(msgspec.Struct):
    fulfillments: list[_Center] = msgspec.field(name="Fulfillments", default_factory=list)


# An order begins with its key, as a rule; to look there first costs a tenth of going through the whole order.
_LEADING_KEY = re.compile(rb'\{"ID":(\d+)[,}]')

_slices = msgspec.json.Decoder(Slices)
_glance = msgspec.json.Decoder(Glance)
_centers = msgspec.json.Decoder(_Centers)


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

    def glances(self) -> list[tuple[Record, Glance | None]]:
        """Every order with what can be known at a glance."""
        return [(record, _glance_at(record.data)) for record in self.records]


def read_page(body: bytes) -> OrderPage:
    """A page of orders, sliced; one that has no readable key is named after its content."""
    slices = slice_page(body, "a page of orders")
    return OrderPage(tuple([_record(bytes(raw)) for raw in slices.value]), slices.next_link)


def wanted(glances: list[tuple[Record, Glance | None]], settings: ChannelAdvisorSettings) -> list[Record]:
    """The orders that the settings ask for; one that cannot be judged is kept, to become a problem."""
    return [record for record, glance in glances if glance is None or _is_wanted(glance, record, settings)]


def latest_update(glances: list[tuple[Record, Glance | None]]) -> datetime | None:
    """The latest moment at which one of the orders was updated."""
    moments = (_updated_at(glance) for _, glance in glances if glance)
    return max((moment for moment in moments if moment), default=None)


def key_of(data: bytes) -> str | None:
    """The key of a raw order, if it has one."""
    if leading := _LEADING_KEY.match(data):
        return leading[1].decode()
    glance = _glance_at(data)
    return str(glance.id) if glance else None


def is_cut(record: Record) -> bool:
    """Whether a collection inside the order may have been cut short, and the order can be read again by its key."""
    return CUT in record.data and record.id.isdecimal()


def _glance_at(data: bytes) -> Glance | None:
    try:
        return _glance.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _record(data: bytes) -> Record:
    return Record(key_of(data) or f"unreadable-{digest(data).hex()}", data)


def _updated_at(glance: Glance) -> datetime | None:
    try:
        when = datetime.fromisoformat(glance.updated)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _is_wanted(glance: Glance, record: Record, settings: ChannelAdvisorSettings) -> bool:
    """Whether the order fulfils the conditions that a list by updated date leaves to us."""
    asked = (
        (glance.checkout, settings.checkout_status),
        (glance.payment, settings.payment_status),
        (glance.shipping, settings.shipping_status),
    )
    return all(not words or word in words for word, words in asked) and _leaves_from(record, settings)


def _leaves_from(record: Record, settings: ChannelAdvisorSettings) -> bool:
    """Whether a wanted distribution centre has a part in the order; in doubt it has."""
    if not settings.distribution_centers or is_cut(record):
        return True
    try:
        centers = _centers.decode(record.data)
    except msgspec.DecodeError:
        return True
    return any(center.id in settings.distribution_centers for center in centers.fulfillments)
