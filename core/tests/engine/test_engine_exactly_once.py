"""Orders are sold, paid, cancelled, packed and shipped while replies get lost and the process dies anywhere.

Each effect happens once, and nothing leaves that was cancelled.
"""

import asyncio
import tempfile
from collections import Counter
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crossdock.domain import Order, OrderStatus, PaymentStatus
from crossdock.engine.adjustment_plan import NotAdjustable

from .builders import a_box, a_line, an_allocation, an_order
from .market import MarketCart, ask, cancel, refund
from .oracle import Units, whole_units
from .remote import Fault
from .repeatable import RepeatableLoop
from .world import new_database, opened

PASSING = (Fault.REFUSED_BEFORE, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.BUSY)
READS = ("fetch_orders", "fetch_shipments", "fetch_order", "sweep_orders", "adjustment_answers", "shipment_answers")
LOOK_UPS = ("find_order", "find_shipment", "find_adjustment")
WRITES = ("submit_order", "acknowledge_order", "confirm_shipment", "adjust_order")
ROUNDS_TO_DRAIN = 4

pauses = st.sampled_from((1, 10, 120))
Troubles = dict[str, list[Fault]]
troubles = st.dictionaries(
    st.sampled_from((*WRITES, *LOOK_UPS, *READS)),
    st.lists(st.sampled_from(PASSING), min_size=1, max_size=4),
    max_size=3,
)


def some_order(key: str, draw: st.DataObject) -> Order:
    """One of the shapes that matter: plain, a repeated SKU, a bundle, two centres; paid or not yet."""
    lines = (a_line("10", draw.draw(st.integers(1, 4)), sku="A"), a_line("20", 2, sku="A"))
    bundle = a_line("30", draw.draw(st.integers(1, 2)), components=[("CUP", 2), ("TRAY", 1)])
    parts = [an_allocation("10", "5", lines[0].quantity), an_allocation("20", "6", 2)]
    order = draw.draw(
        st.sampled_from(
            (
                an_order(key, lines[0]),
                an_order(key, *lines),
                an_order(key, bundle, lines[1]),
                an_order(key, *lines, allocations=parts),
            )
        )
    )
    payment = draw.draw(st.sampled_from((PaymentStatus.PAID, PaymentStatus.PAID, PaymentStatus.PENDING)))
    return order.model_copy(update={"payment": payment})


class Trade(RuleBasedStateMachine):
    """The real flows over a real database; the model is what the cart and the warehouse count."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="crossdock-")
        self.runner = asyncio.Runner(loop_factory=RepeatableLoop)
        self.stack = AsyncExitStack()
        database = new_database(Path(self.folder.name))
        self.cart = MarketCart()
        self.world = self.runner.run(self.stack.enter_async_context(opened(database, self.cart)))
        self.sold = 0

    @rule(data=st.data(), minutes=pauses, troubles=troubles)
    def work(self, data: st.DataObject, minutes: int, troubles: Troubles) -> None:
        self.trade(data)
        self.brew(minutes, troubles)
        self.runner.run(self.world.cycle())

    @rule(data=st.data(), minutes=pauses, troubles=troubles, steps=st.integers(1, 150))
    def work_and_die(self, data: st.DataObject, minutes: int, troubles: Troubles, steps: int) -> None:
        self.trade(data)
        self.brew(minutes, troubles)
        self.runner.run(self.world.live(steps))

    @rule()
    def everybody_pays(self) -> None:
        for key in self.world.cart.orders:
            self.world.cart.change(key, payment=PaymentStatus.PAID)

    @rule(data=st.data())
    def somebody_cancels_or_pays_back(self, data: st.DataObject) -> None:
        known = sorted(self.runner.run(self.world.orders()))
        if not known:
            return
        key = data.draw(st.sampled_from(known), "order")
        line = data.draw(st.sampled_from(("", *(line.external_id for line in self.cart.orders[key].lines))), "line")
        wish = data.draw(st.sampled_from((cancel, cancel, refund)))(line, 1 if line else None)
        with suppress(NotAdjustable):
            self.runner.run(ask(self.world, key, wish, again=True))

    @rule(data=st.data())
    def marketplace_answers(self, data: st.DataObject) -> None:
        for key in self.unanswered():
            data.draw(st.sampled_from((self.cart.accept, self.cart.accept, self.cart.refuse)), key)(key)

    def unanswered(self) -> list[str]:
        return [one.key for one in self.cart.adjusted if one.key not in self.cart.says]

    def trade(self, data: st.DataObject) -> None:
        """Some orders are sold, some boxes are packed."""
        for _ in range(data.draw(st.integers(0, 4), "orders sold")):
            self.sold += 1
            self.world.cart.sell(some_order(str(self.sold), data))
        if self.world.warehouse.requests:
            for _ in range(data.draw(st.integers(0, 6), "boxes packed")):
                self.pack(data)

    def pack(self, data: st.DataObject) -> None:
        warehouse = self.world.warehouse
        request = data.draw(st.sampled_from(warehouse.requests))
        lines = data.draw(st.lists(st.sampled_from(request.lines), min_size=1, unique_by=lambda line: line.id))
        packed = [(line.id, data.draw(st.integers(1, line.quantity + 1))) for line in lines]
        number = len(warehouse.boxes)
        warehouse.pack(a_box(f"b{number}", request.number, *packed, tracking=f"1Z{number}", minute=number))

    def brew(self, minutes: int, troubles: Troubles) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        for operation, faults in troubles.items():
            side = self.world.cart if hasattr(self.world.cart, operation) else self.world.warehouse
            side.faults[operation].extend(faults)

    def settle_down(self) -> None:
        """The trouble ends; after some rounds everything is where it belongs."""
        self.world.cart.faults.clear()
        self.world.warehouse.faults.clear()
        for _ in range(ROUNDS_TO_DRAIN):
            for key in self.unanswered():
                self.cart.accept(key)
            self.world.clock.advance(timedelta(hours=13))
            reports = self.runner.run(self.world.cycle())
            assert not [report.error for report in reports.values() if report.error]
        self.no_order_is_in_the_warehouse_twice()
        self.no_box_is_told_to_the_cart_twice()
        self.nothing_is_asked_of_the_cart_twice()
        self.everything_is_done()
        self.nothing_left_that_was_cancelled()

    @invariant()
    def no_order_is_in_the_warehouse_twice(self) -> None:
        assert not [number for number, times in self.world.warehouse.created().items() if times > 1]

    @invariant()
    def no_box_is_told_to_the_cart_twice(self) -> None:
        told = Counter(confirmation.key for confirmation in self.world.cart.confirmed)
        assert not [key for key, times in told.items() if times > 1]

    @invariant()
    def nothing_is_acknowledged_that_the_warehouse_does_not_have(self) -> None:
        there = {request.order_external_id for request in self.world.warehouse.requests}
        assert set(self.world.cart.acknowledged) <= there

    @invariant()
    def nothing_is_asked_of_the_cart_twice(self) -> None:
        asked = Counter(adjustment.key for adjustment in self.cart.adjusted)
        assert not [key for key, times in asked.items() if times > 1]

    def nothing_left_that_was_cancelled(self) -> None:
        for request in self.world.warehouse.requests:
            order = self.cart.orders[request.order_external_id]
            for line in request.lines:
                whole = order.line(line.order_line_id)
                pieces = line.bundle.per_bundle if line.bundle else 1
                assert whole, f"line {line.order_line_id} of {order.number} was cancelled"
                assert line.quantity <= whole.quantity * pieces

    def kept_back(self) -> set[str]:
        """Orders that are not to be shipped: cancelled, or their cancellation was refused and a person is to decide."""
        refused = {key for key, answer in self.cart.says.items() if answer.state == "refused"}
        told = {one.order_external_id for one in self.cart.adjusted if one.key in refused}
        states = self.runner.run(self.world.orders())
        cancelled = {key for key, order in self.cart.orders.items() if order.status is OrderStatus.CANCELLED}
        assert {key for key, state in states.items() if state == "held"} <= told
        return {key for key in cancelled | told if states[key] in ("skipped", "held")}

    def everything_is_done(self) -> None:
        cart, warehouse = self.world.cart, self.world.warehouse
        paid = {key for key, order in cart.orders.items() if order.payment is PaymentStatus.PAID} - self.kept_back()
        assert {request.order_external_id for request in warehouse.requests} == paid
        assert {key for key, times in cart.acknowledged.items() if times} == paid
        assert self.told() == whole_units(warehouse.requests, warehouse.boxes)
        promises = self.runner.run(self.world.promises())
        assert all(name.endswith(" done") for name in promises), promises

    def told(self) -> Units:
        told: Units = Counter()
        for item in self.world.cart.confirmed:
            for line in item.lines:
                told[item.order_external_id, item.distribution_center, line.order_line_id] += line.quantity
        return told

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.settle_down()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()


class TestTrade(Trade.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=8, stateful_step_count=8, print_blob=True)


@pytest.mark.slow
class TestLongTrade(Trade.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=200, stateful_step_count=30, print_blob=True)
