"""What a plugin sends for a document: every method that tells a remote system something, each time at a fresh one."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from crossdock.domain import (
    AdjustedAmounts,
    AdjustmentKind,
    Attachment,
    CenterQuantity,
    FulfillmentRequest,
    Order,
    OrderAdjustment,
    Product,
    ProductChange,
    ProductComponent,
    ProductImage,
    ProductKind,
    StockChange,
    StockItem,
    StockMeaning,
)
from crossdock.domain.keys import number_of
from crossdock.hooks import features, roles
from crossdock.hooks.errors import CrossdockError, Unreadable
from crossdock.hooks.records import Record
from crossdock.sandbox import Rehearsal
from crossdock.testing.documents import may_leave, numbered, split_boxes, whole_boxes
from crossdock.testing.requests import ADDRESS, PLACED_AT, a_line, a_purchase_order, a_request, shapes
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject
from crossdock.testing.theatre import Arrived
from crossdock.testing.walking import walk

ORDERS = 6
FORM = re.compile(rb"[\w.]+=[^&\s]*(&[\w.]+=[^&\s]*)*$")
"""The body of a request for access: it holds secrets, and nothing of the document."""
TELLS: dict[str, type] = {
    "acknowledge_order": roles.OrderSource,
    "unacknowledge_order": features.UndoesAcknowledgement,
    "confirm_shipment": roles.OrderSource,
    "adjust_order": features.AdjustsOrders,
    "submit_order": roles.FulfillmentTarget,
    "expect_goods": features.ExpectsGoods,
    "change_stock": roles.InventorySink,
    "put_products": roles.CatalogSink,
}
"""The methods of which is looked at what they send, and the role or feature that promises each."""


@dataclass(frozen=True)
class Telling:
    """One method, and what it is given: each a record whose content are the arguments."""

    role: type
    of: type
    name: str
    records: tuple[Record, ...]

    def __str__(self) -> str:
        return f"{self.role.__name__}.{self.name}"

    async def outcome(self, plugin: Subject, record: Record, **settings: Any) -> Any:
        """What is sent, and what it comes to, as JSON; raises `ValueError` where the arguments are none of its."""
        self._arguments(record)  # before a simulator is started for nothing
        async with plugin.stage(orders=ORDERS) as stage, stage.connect(**settings) as connection:
            try:
                came = await self.on(connection, record)
            except CrossdockError as error:
                came = error
            sent = [_shown(one, stage) for one in stage.arrived if one.is_write and not FORM.match(one.body)]
            told = json.dumps(to_jsonable_python(came, fallback=_in_words)).replace(stage.theatre.url, "{url}")
            return {"sent": sent, "came": json.loads(told)}

    async def on(self, connection: Connected, record: Record) -> Any:
        """What the method gives for these arguments, or its error."""
        return await getattr(connection.role(self.role), self.name)(*self._arguments(record))

    def _arguments(self, record: Record) -> list[Any]:
        hints = get_type_hints(getattr(self.of, self.name))
        kinds = [kind for name, kind in hints.items() if name != "return"]
        return [
            TypeAdapter(kind).validate_python(one) for kind, one in zip(kinds, json.loads(record.data), strict=True)
        ]


async def tellings_of(plugin: Subject) -> list[Telling]:
    """Every method of a plugin that tells something, with documents that fit its simulator."""
    async with plugin.stage(orders=ORDERS) as stage, stage.connect() as connection:
        documents = await _documents(plugin, stage, connection)
    found = []
    for name, of in TELLS.items():
        for role in plugin.roles:
            if documents.get(name) and (of is role or of in plugin.features.get(role, ())):
                records = [Record(f"{name} {nth}", _dumped(each)) for nth, each in enumerate(documents[name], 1)]
                found.append(Telling(role, of, name, tuple(records)))
    return found


async def _documents(plugin: Subject, stage: Stage, connection: Connected) -> dict[str, list[list[Any]]]:
    told: dict[str, list[list[Any]]] = {}
    rehearsal = stage.rehearsal
    if roles.OrderSource in plugin.roles:
        orders = await _orders(connection)
        now = connection.context.clock.now() - timedelta(hours=1)
        boxes = [numbered(boxes(order), rehearsal, now)[0] for order in orders for boxes in (whole_boxes, split_boxes)]
        told["acknowledge_order"] = [[order.external_id] for order in orders[:1]]
        told["unacknowledge_order"] = told["acknowledge_order"]
        told["confirm_shipment"] = [[box] for box in boxes]
        told["adjust_order"] = [[adjustment] for order in orders[:2] for adjustment in _adjustments(order)]
    if rehearsal.skus:
        told["submit_order"] = [[request] for request in [_rich_request(rehearsal), *shapes(rehearsal)]]
        told["expect_goods"] = [[a_purchase_order(rehearsal, "PO-1", (30, 20))]]
        told["put_products"] = [[[change]] for change in _product_changes(rehearsal)]
    if rehearsal.skus and rehearsal.centers:
        told["change_stock"] = [[change] for change in _stock_changes(rehearsal)]
    return told


async def _orders(connection: Connected) -> Sequence[Order]:
    source, orders = connection.role(roles.OrderSource), []
    for record in (await walk(source.fetch_orders)).records:
        try:
            orders.append(source.read_order(record))
        except Unreadable:
            continue
    return [order for order in orders if may_leave(order)][:4]


def _adjustments(order: Order) -> list[OrderAdjustment]:
    return [
        OrderAdjustment(
            key=f"kit:{order.external_id}:{kind}:{line}",
            number=number_of(f"kit:{order.external_id}:{kind}:{line}"),
            order_external_id=order.external_id,
            order_number=order.number,
            kind=kind,
            line_id=line,
            quantity=1 if line else None,
            amounts=AdjustedAmounts(item=Decimal("1.25"), tax=Decimal("0.1")) if money else None,
        )
        for kind in (AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND)
        for line in ("", order.lines[0].external_id)
        for money in (False, True)
    ]


def _rich_request(rehearsal: Rehearsal) -> FulfillmentRequest:
    """One in which everything is there that an order can have."""
    first, second = rehearsal.skus[:2]
    return a_request(
        rehearsal,
        ship_to=ADDRESS.model_copy(
            update={"company": "Ada & Sons", "line2": "Floor 2", "phone": "555-0100", "email": "ann@example.com"}
        ),
        deliver_by=PLACED_AT + timedelta(days=3),
        tags=("gift", "fragile"),
        attachments=(Attachment(name="slip", url="https://cart.example/slip.pdf"),),
        custom_fields={"department": "toys"},
        lines=(a_line("1", first, 3, gift_message="Happy birthday", gift_notes="blue paper"), a_line("2", second)),
    )


def _stock_changes(rehearsal: Rehearsal) -> list[StockChange]:
    centers = tuple(
        CenterQuantity(distribution_center=center, quantity=nth) for nth, center in enumerate(rehearsal.centers, 3)
    )
    item = StockItem(sku=rehearsal.skus[0])
    return [StockChange(key=f"kit-{each}", item=item, meaning=each, centers=centers) for each in StockMeaning]


def _product_changes(rehearsal: Rehearsal) -> list[ProductChange]:
    rich = Product(
        external_id="K1",
        sku="KIT-NEW-1",
        title="Lamp",
        description="It shines.",
        brand="Ada & Sons",
        manufacturer="Ada",
        condition="NEW",
        codes={"UPC": "012345678905", "EAN": "4006381333931", "MPN": "L-1", "ASIN": "B000000001"},
        measures={"weight": Decimal("1.5"), "height": Decimal(10), "length": Decimal(20), "width": Decimal("7.25")},
        units={"weight": "lb", "length": "in"},
        prices={"retail": Decimal("19.99"), "cost": Decimal("7.5")},
        details={"harmonized_code": "9405", "country": "US"},
        attributes={"Colour": "red", "Size": "L"},
        images=(
            ProductImage(name="front", url="https://cart.example/1.jpg"),
            ProductImage(name="back", url="https://cart.example/2.jpg"),
        ),
        labels=("new", "lamps"),
    )
    parent = Product(
        external_id="K2",
        sku="KIT-NEW-2",
        title="Lamps",
        kind=ProductKind.PARENT,
        children=("KIT-NEW-3",),
        relationship="Colour",
    )
    child = Product(
        external_id="K3",
        sku="KIT-NEW-3",
        title="Red",
        kind=ProductKind.CHILD,
        parent_sku="KIT-NEW-2",
        relationship="Colour",
    )
    parts = tuple(ProductComponent(sku=sku, quantity=nth) for nth, sku in enumerate(rehearsal.skus[:2], 1))
    bundle = Product(external_id="K4", sku="KIT-NEW-4", title="Set", kind=ProductKind.BUNDLE, components=parts)
    return [ProductChange(key=f"kit-{one.sku}", product=one) for one in (rich, parent, child, bundle)]


def _dumped(arguments: Sequence[Any]) -> bytes:
    return json.dumps(to_jsonable_python(list(arguments))).encode()


def _in_words(error: object) -> str:
    return f"{type(error).__name__}: {error}"


def _shown(request: Arrived, stage: Stage) -> dict[str, Any]:
    text = request.body.decode().replace(stage.theatre.url, "{url}")
    try:
        body = json.loads(text or "null")
    except ValueError:
        mark = text.partition("\r\n")[0].removeprefix("--")  # of a body in parts, another one each time
        body = text.replace(mark, "the-mark").splitlines() if text.startswith("--") else text.splitlines()
    return {"call": f"{request.method} {request.path}", "body": body}
