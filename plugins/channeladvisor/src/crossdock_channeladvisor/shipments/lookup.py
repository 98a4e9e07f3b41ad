"""Reads how orders stand at the cart, many with few requests; one of which a list shows only a part is read singly."""

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from crossdock import HttpClient, Logger
from crossdock_channeladvisor.errors import check_order_id, is_order_id, unexpected_answer
from crossdock_channeladvisor.pages import CUT, slice_page
from crossdock_channeladvisor.shipments.standing import OrderStanding

SHIPPED = "Fulfillments($expand=Items)"
"""What of an order tells how its shipments stand."""

ADJUSTED = "Items($expand=Adjustments),Adjustments"
"""What of an order tells how its cancellations and refunds stand."""

ORDERS_A_REQUEST = 25  # their ids make a URL of under 1,000 characters; the limit is not documented
_HEAD = "ID,SiteID,SiteName,CheckoutStatus,ShippingStatus"
_WHOLE = f"Items($expand=Adjustments,BundleComponents),{SHIPPED},Adjustments"


class Standings:
    """Reads how orders stand."""

    def __init__(self, http: HttpClient, log: Logger) -> None:
        self._http = http
        self._log = log

    async def one(self, order_id: str) -> OrderStanding:
        """One order with all there is to know of its standing; raises `Rejected` where the id is none of an order."""
        check_order_id(order_id)
        answer = await self._http.get(f"/v1/Orders({order_id})?{_query({'$select': _HEAD, '$expand': _WHOLE})}")
        try:
            return OrderStanding.model_validate_json(answer.content)
        except ValidationError as error:
            raise unexpected_answer(f"order {order_id}", answer.content) from error

    async def many(self, order_ids: Collection[str], aspect: str) -> Mapping[str, OrderStanding]:
        """These orders by id, as far as `aspect` (`SHIPPED`, `ADJUSTED`) goes; one that is not shown is missing."""
        found: dict[str, OrderStanding] = {}
        ids = sorted(id_ for id_ in set(order_ids) if is_order_id(id_))
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
