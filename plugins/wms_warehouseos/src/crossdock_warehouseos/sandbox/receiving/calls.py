"""The calls of the API for purchase orders, and the people at the dock."""

from typing import Any

from pydantic import BaseModel, ConfigDict, RootModel
from starlette.requests import Request
from starlette.routing import Route

from crossdock_warehouseos.sandbox.front.desk import Desk, json_body, read_body
from crossdock_warehouseos.sandbox.receiving.documents import AnnouncementReader, PurchaseOrderWriter
from crossdock_warehouseos.sandbox.receiving.purchase_orders import Receipt
from crossdock_warehouseos.sandbox.warehouse import Warehouse


class ReceiptWish(BaseModel):
    """Pieces that people are to receive and put away; without a location, to the first one of the area."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    po: str
    item: str
    quantity: int
    area: str = ""
    location: str = ""
    host_id: str | None = None
    user: str = ""

    @property
    def place(self) -> str:
        """The place as people call it."""
        return "/".join(part for part in (self.area, self.location) if part)


class ReceiptWishes(RootModel[tuple[ReceiptWish, ...]]):
    """What people are to receive, one after the other."""


def receiving_calls(desk: Desk, warehouse: Warehouse) -> list[Route]:
    """Save and get purchase orders; people receive goods."""
    profile, receiving = desk.profile, warehouse.receiving
    reader, writer = AnnouncementReader(profile, warehouse.places), PurchaseOrderWriter(profile)

    async def save(request: Request) -> Any:
        receiving.save(reader.read(await json_body(request)))
        return desk.success()

    async def get(request: Request) -> Any:
        number = request.query_params.get(profile.query.purchase_order, "")
        if number not in receiving.orders:
            return desk.missing(f"Purchase order {number} does not exist.")
        return writer.document(receiving.orders[number])

    async def receive(request: Request) -> Any:
        wishes = (await read_body(request, ReceiptWishes)).root
        return {"putaways": [receiving.receive(_receipt(warehouse, wish)).id for wish in wishes]}

    return [
        desk.call("POST", profile.paths.save_purchase_order, save),
        desk.call("GET", profile.paths.get_purchase_order, get),
        desk.control("POST", "/_receive", receive),
    ]


def _receipt(warehouse: Warehouse, wish: ReceiptWish) -> Receipt:
    place = warehouse.places.find(wish.place)
    return Receipt(wish.po, wish.item, wish.quantity, place, wish.host_id, wish.user)
