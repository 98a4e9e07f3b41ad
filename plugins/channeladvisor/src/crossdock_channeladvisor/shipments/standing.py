"""How orders stand at the cart: what left, what was cancelled or refunded, and what became of it.

Read without the buyer's data. Many orders are read with few requests; one of which a list shows only a part is read
again singly.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from crossdock import HttpClient, Logger
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.models import (
    VendorAdjustment,
    VendorDocument,
    VendorFulfillment,
    VendorFulfillmentItem,
    VendorItem,
)
from crossdock_channeladvisor.orders.parts import has_left, is_void
from crossdock_channeladvisor.pages import CUT, slice_page

SHIPPED = "Fulfillments($expand=Items)"
"""What of an order tells how its shipments stand."""

ADJUSTED = "Items($expand=Adjustments),Adjustments"
"""What of an order tells how its cancellations and refunds stand."""

ORDERS_A_REQUEST = 25  # their ids make a URL of under 1,000 characters; the limit is not documented
_HEAD = "ID,SiteID,SiteName,CheckoutStatus,ShippingStatus"
_WHOLE = f"Items($expand=Adjustments,BundleComponents),{SHIPPED},Adjustments"


class OrderStanding(VendorDocument):
    """An order without who bought it and what it costs; collections that were not asked for are empty."""

    id: int
    site_id: int | None = None
    site_name: str | None = None
    checkout_status: str | None = None
    shipping_status: str | None = None
    items: tuple[VendorItem, ...] | None = ()
    fulfillments: tuple[VendorFulfillment, ...] | None = ()
    adjustments: tuple[VendorAdjustment, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Units:
    """So many units of one line are still to leave, and so many have left; what was cancelled is neither."""

    open: int = 0
    shipped: int = 0

    def __add__(self, other: "Units") -> "Units":
        return Units(self.open + other.open, self.shipped + other.shipped)


def units_by_line(order: OrderStanding) -> Mapping[str, Units]:
    """How the units of each line stand, as the order's fulfillments tell."""
    units = {str(item.id): Units() for item in order.items or ()}
    parts = _parts_by_line(order)
    for fulfillment in order.fulfillments or ():
        if is_void(fulfillment):
            continue
        for line, quantity in _held(fulfillment, parts):
            moved = Units(shipped=quantity) if has_left(fulfillment) else Units(open=quantity)
            units[line] = units.get(line, Units()) + moved
    return units


def held_units(fulfillment: VendorFulfillment, order: OrderStanding) -> Mapping[str, int]:
    """How many units of each line one fulfillment holds."""
    held: dict[str, int] = {}
    for line, quantity in _held(fulfillment, _parts_by_line(order)):
        held[line] = held.get(line, 0) + quantity
    return held


def _parts_by_line(order: OrderStanding) -> Mapping[str, frozenset[int]]:
    """The products that are a bundle's components and not the bundle itself."""
    return {
        str(item.id): frozenset(part.product_id for part in item.bundle_components or ()) - {item.product_id or 0}
        for item in order.items or ()
    }


def _held(fulfillment: VendorFulfillment, parts: Mapping[str, frozenset[int]]) -> Sequence[tuple[str, int]]:
    """Units by line; rows of a bundle's components beside the bundle's own are passed over."""
    return [(str(row.order_item_id), row.quantity) for row in fulfillment.items or () if not _is_part(row, parts)]


def _is_part(row: VendorFulfillmentItem, parts: Mapping[str, frozenset[int]]) -> bool:
    return row.product_id in parts.get(str(row.order_item_id), ())


class Standings:
    """Reads how orders stand."""

    def __init__(self, http: HttpClient, log: Logger) -> None:
        self._http = http
        self._log = log

    async def one(self, order_id: str) -> OrderStanding:
        """One order with all there is to know of its standing."""
        answer = await self._http.get(f"/v1/Orders({order_id})?{_query({'$select': _HEAD, '$expand': _WHOLE})}")
        try:
            return OrderStanding.model_validate_json(answer.content)
        except ValidationError as error:
            raise unexpected_answer(f"order {order_id}", answer.content) from error

    async def many(self, order_ids: Collection[str], aspect: str) -> Mapping[str, OrderStanding]:
        """These orders by id, as far as `aspect` (`SHIPPED`, `ADJUSTED`) goes; one that is not shown is missing."""
        found: dict[str, OrderStanding] = {}
        ids = sorted(id_ for id_ in set(order_ids) if id_.isdecimal())
        for start in range(0, len(ids), ORDERS_A_REQUEST):
            await self._walk(list_of(ids[start : start + ORDERS_A_REQUEST], aspect), found)
        return {id_: standing for id_, standing in found.items() if id_ in order_ids}

    async def _walk(self, url: str, found: dict[str, OrderStanding]) -> None:
        """Read a list page by page; a page that brings nothing new ends it."""
        following: str | None = url
        while following:
            page = slice_page((await self._http.get(following)).content, "a page of orders")
            known = len(found)
            for raw in page.value:
                await self._take(bytes(raw), found)
            following = page.next_link if len(found) > known else None

    async def _take(self, data: bytes, found: dict[str, OrderStanding]) -> None:
        try:
            standing = OrderStanding.model_validate_json(data)
        except ValidationError as error:  # one order that cannot be read must not hide the others
            self._log.warning("an order's standing cannot be read", reason=f"{error.error_count()} fields are wrong")
            return
        id_ = str(standing.id)
        if id_ not in found:
            found[id_] = await self.one(id_) if CUT in data else standing


def list_of(order_ids: Sequence[str], aspect: str) -> str:
    """The URL of a list of these orders."""
    chosen = " or ".join(f"ID eq {id_}" for id_ in order_ids)
    return f"/v1/Orders?{_query({'$filter': chosen, '$select': 'ID', '$expand': aspect})}"


def _query(options: Mapping[str, str]) -> str:
    return urlencode(options, quote_via=quote, safe="$(),'/=")
