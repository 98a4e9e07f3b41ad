"""Which orders of a list are wanted, seen at a glance: before they are read, and whatever they look like; pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from crossdock import Record
from crossdock_channeladvisor.orders.parts import is_our_center
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


class Glance(msgspec.Struct, gc=False):
    """What must be known of an order before it is read; the words are not trusted to be words."""

    id: int = msgspec.field(name="ID")
    profile: Any = msgspec.field(name="ProfileID", default=None)
    imported: Any = msgspec.field(name="ImportDateUtc", default=None)
    updated: Any = msgspec.field(name="UpdatedDateUtc", default=None)
    checkout: Any = msgspec.field(name="CheckoutStatus", default=None)
    payment: Any = msgspec.field(name="PaymentStatus", default=None)
    shipping: Any = msgspec.field(name="ShippingStatus", default=None)
    flag: Any = msgspec.field(name="FlagID", default=None)
    tags: Any = msgspec.field(name="OrderTags", default=None)


class _Part(msgspec.Struct):
    center: int = msgspec.field(name="DistributionCenterID")
    status: Any = msgspec.field(name="ExternalFulfillmentStatus", default=None)
    number: Any = msgspec.field(name="ExternalFulfillmentNumber", default=None)


class _Parts(msgspec.Struct):
    fulfillments: list[_Part] = msgspec.field(name="Fulfillments", default_factory=list)


_glance = msgspec.json.Decoder(Glance)
_parts = msgspec.json.Decoder(_Parts)

Glanced = tuple[Record, Glance | None]
"""An order, and what can be known of it at a glance."""

Chooser = Callable[[Record, Glance, ChannelAdvisorSettings], bool]
"""Whether the settings ask for an order; what cannot be judged is in doubt and passes, to become a problem."""


def glance_at(data: bytes) -> Glance | None:
    """What can be known of raw bytes, if they are an order at all."""
    try:
        return _glance.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def glances(records: Iterable[Record]) -> list[Glanced]:
    """Every order with what can be known at a glance."""
    return [(record, glance_at(record.data)) for record in records]


def is_foreign(glance: Glance | None, settings: ChannelAdvisorSettings) -> bool:
    """Whether an order belongs to a profile that was not asked for."""
    profile = glance.profile if glance else None
    return bool(settings.profile_ids) and isinstance(profile, int) and profile not in settings.profile_ids


def chosen(seen: Sequence[Glanced], choose: Chooser, settings: ChannelAdvisorSettings) -> list[Record]:
    """The orders that the settings ask for; one that cannot be judged is kept, to become a problem."""
    return [record for record, glance in seen if glance is None or choose(record, glance, settings)]


def bears_wanted_tags(record: Record, glance: Glance, settings: ChannelAdvisorSettings) -> bool:
    """What a list leaves to us that the cart filters otherwise: tags, which it cannot filter by (reported)."""
    return not tag_refusal(glance.tags, settings)


def is_wanted(record: Record, glance: Glance, settings: ChannelAdvisorSettings) -> bool:
    """Whether an order fulfils all conditions that a list by updated date leaves to us."""
    asked = (
        (glance.checkout, settings.checkout_status),
        (glance.payment, settings.payment_status),
        (glance.shipping, settings.shipping_status),
    )
    return all(not words or word in words for word, words in asked) and _is_of_our_kind(record, glance, settings)


def is_swept(record: Record, glance: Glance, settings: ChannelAdvisorSettings) -> bool:
    """Whether an order concerns us in whatever state it is: it is of our kind, or bears our mark."""
    return _is_of_our_kind(record, glance, settings) or _bears_our_mark(record, settings)


def tag_refusal(tags: object, settings: ChannelAdvisorSettings) -> str:
    """Why an order with these tags (a text with commas) is not wanted; empty if it is."""
    if not settings.tags_any and not settings.tags_none:
        return ""
    borne = {tag.casefold() for tag in split_tags(tags if isinstance(tags, str) else "")}
    if unwanted := [tag for tag in settings.tags_none if tag.strip().casefold() in borne]:
        return f"it bears the tag {unwanted[0]} of `tags_none`"
    if settings.tags_any and not any(tag.strip().casefold() in borne for tag in settings.tags_any):
        return "it bears no tag of `tags_any`"
    return ""


def split_tags(text: str) -> tuple[str, ...]:
    """The single tags."""
    return tuple(tag for part in text.split(",") if (tag := part.strip()))


def latest_update(seen: Iterable[Glanced]) -> datetime | None:
    """The latest moment at which one of the orders was updated."""
    return max((when for _, glance in seen if glance and (when := _moment(glance.updated))), default=None)


def latest_sight(seen: Iterable[Glanced]) -> datetime | None:
    """The latest moment at which one of the orders came in or was updated."""
    stamps = (stamp for _, glance in seen if glance for stamp in (glance.imported, glance.updated))
    return max((when for stamp in stamps if (when := _moment(stamp))), default=None)


def _moment(stamp: Any) -> datetime | None:
    try:
        when = datetime.fromisoformat(stamp)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _is_of_our_kind(record: Record, glance: Glance, settings: ChannelAdvisorSettings) -> bool:
    if settings.flag_ids and glance.flag not in settings.flag_ids:
        return False
    return bears_wanted_tags(record, glance, settings) and _leaves_from_ours(record, settings)


def _leaves_from_ours(record: Record, settings: ChannelAdvisorSettings) -> bool:
    """Whether a distribution centre of ours has a part in the order; in doubt it has."""
    if not settings.distribution_centers or b"Fulfillments@odata.nextLink" in record.data:
        return True
    try:
        parts = _parts.decode(record.data).fulfillments
    except msgspec.DecodeError:
        return True
    return any(is_our_center(part.center, settings) for part in parts)


def _bears_our_mark(record: Record, settings: ChannelAdvisorSettings) -> bool:
    """Whether the order bears our mark: as its list tells, else by a claimed fulfillment, which may be ours."""
    if record.marked is not None:
        return record.marked
    try:
        parts = _parts.decode(record.data).fulfillments
    except msgspec.DecodeError:
        return True
    return any(part.number and part.status not in settings.claimable for part in parts)
