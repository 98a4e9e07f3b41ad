"""The calls of the API for orders, the host queue, places and stock."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.sandbox.front.desk import LARGEST_PAGE, Desk, Handler, json_body, whole_number
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.orders.book import Order
from crossdock_warehouseos.sandbox.warehouse import Warehouse


def order_calls(desk: Desk, warehouse: Warehouse) -> list[Route]:
    """Create, get, hold, release, delete; there is no update."""
    profile, book = desk.profile, warehouse.book

    async def create(request: Request) -> Any:
        order = book.create(await request.body())
        return desk.success(**{profile.order.id: order.id})

    async def get(request: Request) -> Any:
        number = request.query_params.get(profile.query.order_number, "")
        if number not in book.orders:
            return desk.missing(f"Order {number} does not exist.")
        return _shown(profile, book.orders[number])

    async def hold(request: Request) -> Any:
        book.hold(await named(request))
        return desk.success()

    async def release(request: Request) -> Any:
        book.release(await named(request))
        return desk.success()

    async def delete(request: Request) -> Any:
        book.delete(request.query_params.get(profile.query.order_number, ""))
        return desk.success()

    async def named(request: Request) -> Order:
        told = await json_body(request)
        number = told.get(profile.order.number) if isinstance(told, dict) else None
        if not isinstance(number, str):
            raise Refused(400, f"{profile.order.number} is required.")
        return book.find(number)

    paths = profile.paths
    return [
        desk.call("POST", paths.create_order, create),
        desk.call("GET", paths.get_order, get),
        desk.call("POST", paths.hold_order, hold),
        desk.call("POST", paths.release_order, release),
        desk.call("DELETE", paths.delete_order, delete),
    ]


def _shown(profile: Profile, order: Order) -> dict[str, Any]:
    """The document as it came, and where the order stands."""
    names = profile.order
    return {
        **msgspec.json.decode(order.document),
        names.id: order.id,
        names.status: order.status,
        names.pick_area: order.area,
        names.batch: order.batch or None,
        names.packed: order.packed,
        names.verified: order.verified,
    }


def queue_calls(desk: Desk, warehouse: Warehouse) -> list[Route]:
    """Get messages, acknowledge them."""
    profile = desk.profile

    async def get(request: Request) -> Any:
        return warehouse.queue.pull(min(whole_number(request, profile.query.count, 100), LARGEST_PAGE))

    async def acknowledge(request: Request) -> Any:
        told = await json_body(request)
        keys = told.get(profile.message.ids) if isinstance(told, dict) else None
        if not isinstance(keys, list):
            raise Refused(400, f"{profile.message.ids} must be a list.")
        warehouse.queue.acknowledge(str(key) for key in keys)
        return desk.success()

    return [
        desk.call("GET", profile.paths.get_messages, get),
        desk.call("POST", profile.paths.acknowledge_messages, acknowledge),
    ]


def place_calls(desk: Desk, warehouse: Warehouse) -> list[Route]:
    """List areas, list locations."""
    profile, places = desk.profile, warehouse.places

    async def list_areas(request: Request) -> Any:
        names = profile.area
        areas = desk.page(request, places.areas)
        return {names.list: [{names.name: area, names.title: area.title()} for area in areas]}

    async def list_locations(request: Request) -> Any:
        names = profile.location
        return {names.list: [places.told(place, names) for place in desk.page(request, places.bins)]}

    return [
        desk.call("GET", profile.paths.list_areas, list_areas),
        desk.call("GET", profile.paths.list_locations, list_locations),
    ]


def stock_calls(desk: Desk, warehouse: Warehouse) -> list[Route]:
    """List levels, and the totals under a Master Item."""
    return [
        desk.call("GET", desk.profile.paths.list_levels, _list_levels(desk, warehouse)),
        desk.call("GET", desk.profile.paths.get_summary, _get_summary(desk, warehouse)),
    ]


def _list_levels(desk: Desk, warehouse: Warehouse) -> Handler:
    levels = warehouse.levels

    async def list_levels(request: Request) -> Any:
        rows = levels.rows(first_page=whole_number(request, desk.profile.query.page, 1) == 1)
        return {desk.profile.level.list: [levels.told(row) for row in desk.page(request, rows)]}

    return list_levels


def _get_summary(desk: Desk, warehouse: Warehouse) -> Handler:
    names, asked = desk.profile.summary, desk.profile.query.master_item

    async def get_summary(request: Request) -> Any:
        if not (master := request.query_params.get(asked, "")):
            raise Refused(400, f"{asked} is required.")
        under = warehouse.items.under(master)
        return {names.list: [{names.item: item, names.quantity: warehouse.stock.total(item)} for item in under]}

    return get_summary
