"""What a test or a person at the scenery can do with a simulated tenant."""

from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeFloat
from starlette.requests import Request
from starlette.routing import Route

from crossdock_warehouseos.sandbox.front.desk import Desk, read_body
from crossdock_warehouseos.sandbox.front.truth import ledger, truth
from crossdock_warehouseos.sandbox.options import Shift
from crossdock_warehouseos.sandbox.people.acts import SCRIPT, play
from crossdock_warehouseos.sandbox.people.shift import work, work_what_is_due
from crossdock_warehouseos.sandbox.stock.listed import Shown
from crossdock_warehouseos.sandbox.warehouse import Warehouse


class Change(BaseModel):
    """An order is made to stand elsewhere, whatever the rules of the floor say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    status: str | None = None
    batched: bool | None = None


class Tick(BaseModel):
    """The clock goes forward."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: NonNegativeFloat = 0.0


class ListWish(BaseModel):
    """Whether the list of levels is made anew and kept, and which one is shown from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep: bool = False
    show: Shown | None = None


def controls(desk: Desk, warehouse: Warehouse) -> list[Route]:
    """The control calls of the floor, the clock and the truth."""

    async def shift(request: Request) -> Any:
        return work(warehouse, await read_body(request, Shift))

    async def floor(request: Request) -> Any:
        return {"done": play(warehouse, await read_body(request, SCRIPT))}

    async def tick(request: Request) -> Any:
        warehouse.clock.forward((await read_body(request, Tick)).seconds)
        work_what_is_due(warehouse)
        return {"now": warehouse.clock.now()}

    async def change(request: Request) -> Any:
        _change(warehouse, await read_body(request, Change))
        return {}

    async def levels(request: Request) -> Any:
        wish = await read_body(request, ListWish)
        if wish.keep:
            warehouse.levels.keep()
        if wish.show:
            warehouse.levels.show(wish.show)
        return {}

    async def tell_truth(request: Request) -> Any:
        more = {"ledger": ledger(warehouse)} if request.query_params.get("ledger") else {}
        return {**truth(warehouse), **more}

    return [
        desk.control("POST", "/_shift", shift),
        desk.control("POST", "/_floor", floor),
        desk.control("POST", "/_tick", tick),
        desk.control("POST", "/_set", change),
        desk.control("POST", "/_levels", levels),
        desk.control("GET", "/_truth", tell_truth),
    ]


def _change(warehouse: Warehouse, wish: Change) -> None:
    order = warehouse.order(wish.number)
    order.status = order.status if wish.status is None else wish.status
    if wish.batched is not None and wish.batched != order.batched:
        order.batch = warehouse.numbering.next("B") if wish.batched else ""
