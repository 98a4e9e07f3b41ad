"""Pages of orders, sliced into raw records without reading them."""

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
    """The raw orders of a page, each with what can be known at a glance, and the link to the next page."""

    orders: tuple[tuple[Glance | None, Record], ...]
    next_link: str | None

    def records(self) -> list[Record]:
        """Every order of the page."""
        return [record for _, record in self.orders]

    def wanted(self, settings: ChannelAdvisorSettings) -> list[Record]:
        """The orders that the settings ask for; one that cannot be judged is kept, to become a problem."""
        return [record for glance, record in self.orders if glance is None or _is_wanted(glance, record, settings)]

    def fingerprint(self) -> str:
        """Stands for the keys of the page; empty for an empty page."""
        return digest(",".join(record.id for _, record in self.orders).encode()).hex() if self.orders else ""

    def latest_update(self) -> datetime | None:
        """The latest moment at which one of the orders was updated."""
        moments = (_updated_at(glance) for glance, _ in self.orders if glance)
        return max((moment for moment in moments if moment), default=None)


def read_page(body: bytes) -> OrderPage:
    """A page of orders, sliced; one that has no readable key is named after its content."""
    slices = slice_page(body, "a page of orders")
    return OrderPage(tuple(_glance_and_record(bytes(raw)) for raw in slices.value), slices.next_link)


def key_of(data: bytes) -> str | None:
    """The key of a raw order, if it has one."""
    glance = _glance_at(data)
    return str(glance.id) if glance else None


def is_cut(record: Record) -> bool:
    """Whether a collection inside the order may have been cut short."""
    return CUT in record.data


def _glance_at(data: bytes) -> Glance | None:
    try:
        return _glance.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _glance_and_record(data: bytes) -> tuple[Glance | None, Record]:
    glance = _glance_at(data)
    return glance, Record(str(glance.id) if glance else f"unreadable-{digest(data).hex()}", data)


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
