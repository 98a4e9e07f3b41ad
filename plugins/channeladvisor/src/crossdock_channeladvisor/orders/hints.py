"""What a webhook tells us: which order to fetch, and nothing else of it is believed; pure."""

import msgspec

from crossdock import Unreadable

LARGEST_HINT = 4_000_000
"""Bytes; a whole order of thousands of lines is smaller."""


class _Named(msgspec.Struct):
    """An order (documented as what is sent), or something that only names one (assumed)."""

    id: int | None = msgspec.field(name="ID", default=None)
    order_id: int | None = msgspec.field(name="OrderID", default=None)


class _Wrapped(_Named):
    """The same, perhaps inside another object (assumed)."""

    order: _Named | None = msgspec.field(name="Order", default=None)
    value: _Named | None = msgspec.field(name="Value", default=None)


_decoder = msgspec.json.Decoder(_Wrapped)


def read_hint(body: bytes) -> tuple[str, ...]:
    """The id of the order that a webhook is about; raises `Unreadable` when it names none."""
    if len(body) > LARGEST_HINT:
        raise Unreadable(f"a webhook of ChannelAdvisor has {len(body)} bytes, more than any order: it is not read")
    try:
        hint = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("a webhook of ChannelAdvisor is no JSON object with the ID of an order") from error
    named = (id_ for one in (hint.order, hint.value, hint) if one for id_ in (one.order_id, one.id))
    order_id = next((id_ for id_ in named if id_ is not None), None)
    if order_id is None or order_id < 1:
        raise Unreadable("a webhook of ChannelAdvisor names no order")
    return (str(order_id),)
