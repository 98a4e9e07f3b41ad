"""Orders, rules and boxes of every shape that the trade knows, and some that it should not know."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st

from crossdock.domain import (
    Address,
    Allocation,
    BundleComponent,
    FulfillmentRequest,
    ManagedBy,
    Order,
    OrderLine,
    OrderStatus,
    Package,
    PackedLine,
    PaymentStatus,
    Shipment,
)
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.mapping import ShipMethod, ShipMethodRule, ShipMethods

from .builders import ANY_METHOD, HOME, NOON

ROUNDS = settings(deadline=None, print_blob=True)
CENTERS = ("0", "7", "7-1", "east")
SKUS = ("0012", "1E5", "BOX", "מחזיק", "🧦-red")
WORDS = st.sampled_from(("", "UPS", "ups", "DHL Express", "Ground", "2nd Day", "амазон"))

moments = st.datetimes(NOON.replace(tzinfo=None) - timedelta(days=400), NOON.replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=NOON.tzinfo)
)
sku = st.sampled_from(SKUS)
quantity = st.integers(1, 9)
addresses = st.one_of(
    st.just(HOME),
    st.builds(Address, name=st.text(max_size=9), line1=st.text(max_size=9), city=st.text(max_size=9), country=WORDS),
)
components = st.lists(st.builds(BundleComponent, sku=sku, quantity=st.integers(1, 4)), max_size=3).map(tuple)


@st.composite
def order_lines(draw: st.DrawFn) -> tuple[OrderLine, ...]:
    """Lines with keys of their own; SKUs repeat, on lines and in bundles."""
    keys = draw(st.lists(st.integers(1, 99).map(str), min_size=1, max_size=4, unique=True))
    line = st.builds(OrderLine, external_id=st.just(""), sku=sku, quantity=quantity, components=components)
    return tuple(draw(line).model_copy(update={"external_id": key}) for key in keys)


@st.composite
def allocations_of(draw: st.DrawFn, lines: tuple[OrderLine, ...]) -> tuple[Allocation, ...]:
    """Lines split over centres, some parts gone; or a cart that knows no centres; rarely a forgotten line."""
    parts: list[Allocation] = []
    for line in lines if draw(st.integers(0, 4)) else ():
        open_pieces = line.quantity if draw(st.integers(0, 9)) else 0
        while open_pieces:
            pieces = draw(st.integers(1, open_pieces))
            center, shipped = draw(st.sampled_from(CENTERS)), draw(st.booleans())
            parts.append(
                Allocation(line_id=line.external_id, distribution_center=center, quantity=pieces, shipped=shipped)
            )
            open_pieces -= pieces
    return tuple(draw(st.permutations(parts)))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """An order as carts really sell it."""
    lines = draw(order_lines())
    return Order(
        external_id=draw(st.integers(1, 10**12).map(str)),
        number=draw(st.integers(1, 10**6).map("N{}".format)),
        site=draw(WORDS),
        placed_at=draw(moments),
        updated_at=draw(st.none() | moments),
        payment=draw(st.sampled_from(PaymentStatus)),
        status=draw(st.sampled_from(OrderStatus)),
        managed_by=draw(st.sampled_from(ManagedBy)),
        source_status=draw(st.dictionaries(st.sampled_from(("PaymentStatus", "CheckoutStatus")), WORDS)),
        ship_to=draw(addresses),
        requested_carrier=draw(WORDS),
        requested_service=draw(WORDS),
        lines=lines,
        allocations=draw(allocations_of(lines)),
    )


@st.composite
def shippable_orders(draw: st.DrawFn) -> Order:
    """An order that nothing stops on its way to the warehouse."""
    fit = {"payment": PaymentStatus.PAID, "status": OrderStatus.OPEN, "managed_by": ManagedBy.SELLER, "ship_to": HOME}
    return draw(orders()).model_copy(update=fit)


@st.composite
def hostile_orders(draw: st.DrawFn) -> Order:
    """An order that the types allow and no sane cart would send: repeated keys, stray allocations, no lines at all."""
    keys = st.sampled_from(("1", "1.1", "2", ""))
    lines = st.builds(
        OrderLine, external_id=keys, sku=st.sampled_from(("A", " ", "")), quantity=quantity, components=components
    )
    parts = st.builds(
        Allocation,
        line_id=keys,
        distribution_center=st.sampled_from((*CENTERS, "")),
        quantity=st.integers(1, 10**20),
        shipped=st.booleans(),
    )
    changes = {
        "lines": tuple(draw(st.lists(lines, max_size=3))),
        "allocations": tuple(draw(st.lists(parts, max_size=4))),
        "number": draw(st.text(max_size=3)),
    }
    return draw(orders()).model_copy(update=changes)


methods = st.builds(ShipMethod, carrier=WORDS, service=WORDS)
patterns = st.one_of(WORDS, st.sampled_from(("*", "U*", "?PS", "*day*", "[x]", "[", "*[!a]")))
ship_method_rules = st.builds(ShipMethodRule, to=methods, site=patterns, carrier=patterns, service=patterns)
ship_methods = st.builds(
    ShipMethods,
    rules=st.lists(ship_method_rules, max_size=5).map(tuple),
    unmapped=st.sampled_from(("hold", "pass")),
)
pipeline_rules = st.builds(
    PipelineRules,
    name=st.just("main"),
    distribution_centers=st.dictionaries(
        st.sampled_from(CENTERS), st.builds(DistributionCenterRule, area=st.sampled_from(("", "A", "B")))
    ),
    earliest_order_date=st.none() | moments,
    inbound=ship_methods,
    outbound=ship_methods,
)

rules_that_ship = pipeline_rules.map(lambda rules: replace(rules, inbound=ANY_METHOD))
"""Rules under which an order is held for its own flaws only."""


@st.composite
def boxes_for(draw: st.DrawFn, requests: tuple[FulfillmentRequest, ...], *, strays: bool = True) -> list[Shipment]:
    """Boxes packed for these requests: short, split, too much of a line, and lines that nobody asked for."""
    boxes: list[Shipment] = []
    for position in range(draw(st.integers(0, 8))):
        request = draw(st.sampled_from(requests))
        ids = [line.id for line in request.lines] + (["stray"] if strays else [])
        packed = st.builds(
            PackedLine,
            line_id=st.sampled_from(ids),
            sku=sku,
            quantity=st.integers(1, draw(st.sampled_from((2, 12, 60)))),
        )
        boxes.append(
            Shipment(
                external_id=f"box-{position}",
                request_number=request.number,
                shipped_at=draw(moments),
                package=Package(lines=tuple(draw(st.lists(packed, min_size=1, max_size=5))), tracking_number="1Z"),
            )
        )
    return boxes
