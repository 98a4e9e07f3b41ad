"""Documents as short as a test can say them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from crossdock.domain import (
    Address,
    Allocation,
    BundleComponent,
    ConfirmedLine,
    FulfillmentRequest,
    Order,
    OrderLine,
    OrderStatus,
    Package,
    PackedLine,
    PaymentStatus,
    Shipment,
    ShipmentConfirmation,
)
from crossdock.engine.confirm_plan import Picked, add_pieces, units
from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.engine.ports import ConfirmCase, ReleasePlan, ShipmentState, StoredOrder, StoredShipment
from crossdock.engine.release_plan import plan_release
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import ShipMethod, ShipMethodRule, ShipMethods

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
HOME = Address(name="Ada Lovelace", line1="12 Byron Street", city="London", postal_code="W1", country="GB")
ANY_METHOD = ShipMethods((ShipMethodRule(ShipMethod("UPS", "Ground")),))


def a_line(key: str, quantity: int = 1, *, sku: str = "", components: Sequence[tuple[str, int]] = ()) -> OrderLine:
    """An order line; `components` are (SKU, pieces in one bundle)."""
    parts = tuple(BundleComponent(sku=part, quantity=pieces) for part, pieces in components)
    return OrderLine(external_id=key, sku=sku or f"SKU-{key}", quantity=quantity, components=parts)


def an_allocation(line_id: str, center: str, quantity: int = 1, *, shipped: bool = False) -> Allocation:
    """So many pieces of a line to leave from one centre."""
    return Allocation(line_id=line_id, distribution_center=center, quantity=quantity, shipped=shipped)


def an_order(key: str = "1", *lines: OrderLine, allocations: Sequence[Allocation] = ()) -> Order:
    """A paid, open order that can be shipped."""
    return Order(
        external_id=key,
        number=f"N{key}",
        placed_at=NOON,
        payment=PaymentStatus.PAID,
        status=OrderStatus.OPEN,
        ship_to=HOME,
        lines=lines or (a_line("10"),),
        allocations=tuple(allocations),
    )


def rules_that_map_all(name: str = "main") -> PipelineRules:
    """Every centre is ours and every ship method has an answer."""
    return PipelineRules(name=name, inbound=ANY_METHOD, outbound=ANY_METHOD)


def planned(order: Order, rules: PipelineRules) -> ReleasePlan:
    """The release plan of an order that stands in row 1."""
    return plan_release(StoredOrder(1, order.external_id, order), rules).plan


def a_box(
    key: str, request_number: str, *lines: tuple[str, int], tracking: str = "1Z", carrier: str = "", minute: int = 0
) -> Shipment:
    """One package; `lines` are (request line id, pieces)."""
    packed = tuple(PackedLine(line_id=line, sku=f"SKU-{line}", quantity=pieces) for line, pieces in lines)
    return Shipment(
        external_id=key,
        request_number=request_number,
        shipped_at=NOON + timedelta(minutes=minute),
        package=Package(lines=packed, tracking_number=tracking, carrier=carrier),
    )


def stored(boxes: Sequence[Shipment], state: ShipmentState = ShipmentState.NEW) -> tuple[StoredShipment, ...]:
    """Boxes as the store holds them, in rows of their own."""
    return tuple(StoredShipment(row, state, box, NOON) for row, box in enumerate(boxes, start=1))


def a_case(
    order: Order, requests: Sequence[FulfillmentRequest], boxes: Sequence[Shipment], *, known: int = 0
) -> ConfirmCase:
    """A confirm case in which the first `known` boxes were planned before."""
    rows = stored(boxes)
    told = tuple(_told(request, boxes[:known]) for request in requests)
    return ConfirmCase(StoredOrder(1, order.external_id, order), tuple(requests), rows[:known], rows[known:], told)


def _told(request: FulfillmentRequest, boxes: Sequence[Shipment]) -> ShipmentConfirmation:
    """What the cart was told of a request by these boxes, in one word."""
    picked: Picked = Counter()
    for box in boxes:
        add_pieces(picked, box)
    whole = {line: number for line, number in units(request, picked).items() if number}
    return ShipmentConfirmation(
        key=f"{request.number}/known",
        number=1,
        order_external_id=request.order_external_id,
        distribution_center=request.distribution_center,
        shipped_at=NOON,
        tracking_number="",
        carrier="UPS",
        service_level="Ground",
        lines=tuple(ConfirmedLine(order_line_id=line, sku="", quantity=number) for line, number in whole.items()),
    )


def a_promise(
    kind: Kind = Kind.RELEASE, *, state: PromiseState = PromiseState.SENT, attempts: int = 0, key: str = "N1"
) -> Promise:
    """A promise in the hands of a run."""
    return Promise(1, kind, 1, "1", key, b"{}", attempts, state)
