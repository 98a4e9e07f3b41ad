"""One order at a time, whole: none of its collections is cut short there."""

from crossdock import HttpClient, Record, Rejected
from crossdock_channeladvisor.errors import check_order_id, unexpected_answer
from crossdock_channeladvisor.listing import single_order
from crossdock_channeladvisor.models import VendorOrder
from crossdock_channeladvisor.orders.glances import glance_at, is_foreign
from crossdock_channeladvisor.orders.reading import parse_order
from crossdock_channeladvisor.pages import key_of
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


class SingleOrders:
    """The orders of the settings' profiles, one by one."""

    def __init__(self, http: HttpClient, settings: ChannelAdvisorSettings) -> None:
        self._http = http
        self._settings = settings

    async def fetch(self, order_id: str) -> Record:
        """The order as it is now; raises `Rejected` if there is none of that id, or it is of another profile."""
        check_order_id(order_id)
        record = Record(order_id, (await self._http.get(single_order(order_id))).content)
        if key_of(record.data) != order_id:
            raise unexpected_answer(f"order {order_id}", record.data)
        if is_foreign(glance_at(record.data), self._settings):
            raise Rejected(f"order {order_id} belongs to a profile that `profile_ids` does not name")
        return record

    async def read(self, order_id: str) -> VendorOrder:
        """The order as it is now, in the vendor's words."""
        record = await self.fetch(order_id)
        try:
            return parse_order(record.data)
        except ValueError as error:
            raise unexpected_answer(f"order {order_id}", record.data) from error
