"""Whether an order may leave, and what counts as a change of it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Address, ManagedBy, Order, OrderStatus, PaymentStatus
from crossdock.engine.judge import READY, buyer_data_removed, fingerprint, judge
from crossdock.engine.ports import OrderState
from crossdock.engine.rules import DistributionCenterRule, PipelineRules

from .builders import NOON, a_line, an_allocation, an_order, rules_that_map_all
from .strategies import ROUNDS, hostile_orders, orders, pipeline_rules

PARCEL_ADDRESS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")


@ROUNDS
@given(st.one_of(orders(), hostile_orders()), pipeline_rules)
def test_every_order_gets_a_verdict_and_a_reason_unless_it_is_ready(order: Order, rules: PipelineRules) -> None:
    verdict = judge(order, rules)

    assert verdict.state in (OrderState.READY, OrderState.WAITING, OrderState.SKIPPED)
    assert bool(verdict.reason) == (verdict.state is not OrderState.READY)
    assert judge(order, rules) == verdict


@ROUNDS
@given(orders(), pipeline_rules)
def test_only_a_paid_open_order_that_the_seller_ships_is_ever_ready(order: Order, rules: PipelineRules) -> None:
    if judge(order, rules) == READY:
        assert order.payment is PaymentStatus.PAID
        assert order.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED)
        assert order.managed_by is not ManagedBy.EXTERNAL
        assert rules.earliest_order_date is None or order.placed_at >= rules.earliest_order_date


@ROUNDS
@given(orders(), pipeline_rules)
def test_a_filter_of_a_plugin_can_skip_an_order_and_never_readies_one(order: Order, rules: PipelineRules) -> None:
    assert judge(order, rules, lambda order: None) == judge(order, rules)
    assert judge(order, rules, lambda order: "on the blacklist").state is OrderState.SKIPPED


@pytest.mark.parametrize("payment", [status for status in PaymentStatus if status is not PaymentStatus.PAID])
def test_an_unpaid_order_waits_and_names_the_words_of_the_cart(payment: PaymentStatus) -> None:
    changes = {"payment": payment, "source_status": {"PaymentStatus": "Deposited", "ShippingStatus": "Unshipped"}}
    verdict = judge(an_order().model_copy(update=changes), rules_that_map_all())

    assert verdict.state is OrderState.WAITING
    assert verdict.reason == "not paid yet (PaymentStatus Deposited)"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"managed_by": ManagedBy.EXTERNAL}, OrderState.SKIPPED),
        ({"managed_by": ManagedBy.MIXED}, OrderState.READY),
        ({"status": OrderStatus.CANCELLED}, OrderState.SKIPPED),
        ({"status": OrderStatus.SHIPPED}, OrderState.SKIPPED),
        ({"status": OrderStatus.PENDING}, OrderState.WAITING),
        ({"status": OrderStatus.UNKNOWN}, OrderState.WAITING),
        ({"status": OrderStatus.PARTIALLY_SHIPPED}, OrderState.READY),
        ({"status": OrderStatus.CANCELLED, "payment": PaymentStatus.PENDING}, OrderState.SKIPPED),
    ],
    ids=str,
)
def test_each_status_has_its_consequence(changes: dict[str, object], state: OrderState) -> None:
    assert judge(an_order().model_copy(update=changes), rules_that_map_all()).state is state


def test_the_earliest_order_date_is_a_day_that_counts_itself() -> None:
    order = an_order()
    on_the_dot = PipelineRules(name="main", earliest_order_date=NOON)
    later = PipelineRules(name="main", earliest_order_date=NOON + timedelta(seconds=1))

    assert judge(order, on_the_dot) == READY
    assert judge(order, later).reason == "placed before the earliest order date 2024-03-01"


def test_an_order_of_other_centres_is_skipped_and_says_where_it_is() -> None:
    ours = PipelineRules(name="main", distribution_centers={"5": DistributionCenterRule()})
    order = an_order(
        "1", a_line("10", 2), allocations=[an_allocation("10", "8"), an_allocation("10", "5", shipped=True)]
    )

    assert "(it is at 5, 8)" in judge(order, ours).reason


@ROUNDS
@given(orders(), st.data())
def test_the_fingerprint_ignores_what_the_warehouse_need_not_know(order: Order, data: st.DataObject) -> None:
    marked = order.model_copy(
        update={
            "updated_at": NOON,
            "source_status": {"ShippingStatus": "Shipped"},
            "payment": data.draw(st.sampled_from(PaymentStatus)),
            "allocations": tuple(part.model_copy(update={"shipped": True}) for part in order.allocations),
            "ship_to": order.ship_to.model_copy(update={"phone": "1", "email": "a@b.c"}),
        }
    )
    if order.status is not OrderStatus.CANCELLED:
        marked = marked.model_copy(update={"status": OrderStatus.SHIPPED})
    assert fingerprint(marked) == fingerprint(order)


def _changes(order: Order) -> list[dict[str, object]]:
    longer = (*order.lines, a_line("new"))
    more = tuple(line.model_copy(update={"quantity": line.quantity + 1}) for line in order.lines)
    other = tuple(line.model_copy(update={"sku": line.sku + "x"}) for line in order.lines)
    addresses = [order.ship_to.model_copy(update={part: getattr(order.ship_to, part) + "x"}) for part in PARCEL_ADDRESS]
    cancelled = order.status is OrderStatus.CANCELLED
    many: list[tuple[str, Sequence[object]]] = [("lines", (longer, more, other, ())), ("ship_to", addresses)]
    return [
        *({field: value} for field, values in many for value in values),
        {"requested_carrier": order.requested_carrier + "x"},
        {"requested_service": order.requested_service + "x"},
        {"status": OrderStatus.OPEN if cancelled else OrderStatus.CANCELLED},
    ]


@ROUNDS
@given(orders())
def test_the_fingerprint_tells_every_change_that_the_warehouse_must_know(order: Order) -> None:
    prints = [fingerprint(order.model_copy(update=change)) for change in _changes(order)]

    assert fingerprint(order) not in prints
    assert len(set(prints)) == len(prints)


def test_the_fingerprint_of_an_order_is_the_same_tomorrow() -> None:
    assert fingerprint(an_order()) == "b6a8a8d82ee45e9ba6a1de81"


def test_text_cannot_move_from_one_field_to_the_next_unseen() -> None:
    left = an_order().model_copy(update={"ship_to": Address(line1="a', 'b", line2="")})
    right = an_order().model_copy(update={"ship_to": Address(line1="a", line2="b', '")})

    assert fingerprint(left) != fingerprint(right)


def test_an_address_that_the_cart_has_blanked_is_told_from_a_changed_one() -> None:
    blank = Address(city="London", country="GB", region="LND")

    assert buyer_data_removed(an_order().model_copy(update={"ship_to": blank}))
    assert not buyer_data_removed(an_order())
