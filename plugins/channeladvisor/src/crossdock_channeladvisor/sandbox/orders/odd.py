"""Orders that are wrong on purpose, one of a kind, under fixed ids.

    999000001 no_lines            an order without lines
    999000002 zero_quantity       a line of 0 pieces
    999000003 negative_quantity   a line of -1 pieces
    999000004 missing_address     no street, city or country
    999000005 ten_thousand_lines  10,000 lines of one piece each
    999000006 seven_decimals      a unit price of 12.3456789
    999000007 same_number         the SiteOrderID of order 555000001
    999000008 unknown_enum        PaymentStatus `PaidInFull` and CheckoutStatus `Teleported`, words not in any list
    999000009 unknown_sku         a line of `NOT-IN-ANY-WAREHOUSE`
    999000010 not_json_object     the record is a bare text, not an object
    999000011 truncated           the record ends after its first few fields

All of them are paid, open and unexported; the last two come over the wire as they are, whatever is expanded.
"""

from collections.abc import Callable

import msgspec

from crossdock_channeladvisor.sandbox.catalogue import ITEM_SKUS, WALMART
from crossdock_channeladvisor.sandbox.documents import Order
from crossdock_channeladvisor.sandbox.options import Odd, SandboxOptions
from crossdock_channeladvisor.sandbox.orders.generator import Draft, Fate, Ids, assemble, generate_order, items

FIRST_ODD_ID = 999_000_001
ODD_IDS = {odd: FIRST_ODD_ID + number for number, odd in enumerate(Odd)}
TEN_THOUSAND = 10_000


def odd_order(odd: Odd, seed: int, options: SandboxOptions) -> tuple[Order, bytes | None]:
    """The order, and the bytes that come over the wire in its place, if others do."""
    if odd is Odd.TEN_THOUSAND_LINES:
        return _plain(odd, seed, options, [ITEM_SKUS[number % 400] for number in range(TEN_THOUSAND)]), None
    order = _plain(odd, seed, options, [ITEM_SKUS[0]])
    if odd in _CHANGES:
        _CHANGES[odd](order)
    if odd is Odd.SAME_NUMBER:
        order.SiteOrderID = generate_order(seed, 0, options).SiteOrderID
    return order, _raw(odd, order)


def _plain(odd: Odd, seed: int, options: SandboxOptions, skus: list[str]) -> Order:
    number = ODD_IDS[odd] - FIRST_ODD_ID
    first = 600_000_000 + number * 20_000
    draft = Draft(seed, number, options, Ids(ODD_IDS[odd], first, first, first))
    order = assemble(draft, WALMART, Fate(), items(draft, skus))
    order.SiteOrderID = f"odd-{odd.value}"
    return order


def _raw(odd: Odd, order: Order) -> bytes | None:
    if odd is Odd.NOT_JSON_OBJECT:
        return msgspec.json.encode(f"order {order.ID} is not available")
    if odd is Odd.TRUNCATED:
        return msgspec.json.encode({"ID": order.ID, "ProfileID": order.ProfileID, "SiteID": order.SiteID})
    return None


def _no_lines(order: Order) -> None:
    order.Items = []
    order.Fulfillments[0].Items = []


def _quantity(quantity: int) -> Callable[[Order], None]:
    def change(order: Order) -> None:
        order.Items[0].Quantity = order.Fulfillments[0].Items[0].Quantity = quantity

    return change


def _missing_address(order: Order) -> None:
    order.ShippingAddressLine1 = order.ShippingCity = order.ShippingCountry = None


def _seven_decimals(order: Order) -> None:
    order.Items[0].UnitPrice = 12.3456789


def _unknown_enum(order: Order) -> None:
    order.PaymentStatus, order.CheckoutStatus = "PaidInFull", "Teleported"


def _unknown_sku(order: Order) -> None:
    order.Items[0].Sku = order.Fulfillments[0].Items[0].Sku = "NOT-IN-ANY-WAREHOUSE"


_CHANGES: dict[Odd, Callable[[Order], None]] = {
    Odd.NO_LINES: _no_lines,
    Odd.ZERO_QUANTITY: _quantity(0),
    Odd.NEGATIVE_QUANTITY: _quantity(-1),
    Odd.MISSING_ADDRESS: _missing_address,
    Odd.SEVEN_DECIMALS: _seven_decimals,
    Odd.UNKNOWN_ENUM: _unknown_enum,
    Odd.UNKNOWN_SKU: _unknown_sku,
}
