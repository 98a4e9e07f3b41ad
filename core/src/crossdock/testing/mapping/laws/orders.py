"""Laws of orders as a whole: every one gets a verdict, the same each time, with a reason."""

from crossdock.domain import ManagedBy, Order, OrderStatus, PaymentStatus
from crossdock.engine.judge import fingerprint, judge
from crossdock.engine.ports import OrderState, StoredOrder
from crossdock.engine.release_plan import lines_wanted, plan_now, plan_release, warehouses_of
from crossdock.testing.mapping.kinds import ORDER
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.oracle import Impossible, taken_lines, takes
from crossdock.testing.mapping.orders import NOON, every_value
from crossdock.testing.mapping.outcome import outcome_of
from crossdock.testing.mapping.subject import MappingSubject


@mapping_law("mapping.orders.total", ORDER)
def every_order_has_a_verdict(subject: MappingSubject, order: Order) -> None:
    """Whatever an order holds, it gets a verdict, and one that is not released says why.

    One order that stops the others at night is worse than all that it could say.
    """
    verdict = judge(order, subject.rules)
    assert bool(verdict.reason) == (verdict.state is not OrderState.READY), f"{verdict.state} for '{verdict.reason}'"
    for approved in (False, True):
        planned = plan_now(StoredOrder(1, order.external_id, order, NOON, approved), subject.rules, NOON)
        plan = planned.plan
        assert bool(plan.requests) != bool(plan.reason), f"{len(plan.requests)} requests, held for '{plan.reason}'"
        assert plan.requests or plan.held_by, f"the order is held by nobody: {plan.reason}"
        acts = planned.problem is not None and planned.problem.action
        assert plan.requests or acts or plan.held_until, f"it is held, and nothing says what to do: {plan.reason}"


@mapping_law("mapping.orders.same", ORDER)
def the_same_order_has_the_same_outcome(subject: MappingSubject, order: Order) -> None:
    """The same order comes to the same, asked again, and by rules that remember nothing; also when it is read back from
    what was kept of it.

    An order that goes another way after a restart is shipped twice.
    """
    first = outcome_of(subject, order)
    same("the outcome, asked again", first, outcome_of(subject, order))
    same("the outcome by rules that remember nothing", first, outcome_of(subject.with_rules(subject.fresh()), order))
    kept = Order.model_validate_json(order.model_dump_json())
    same("the outcome of the order as it is kept", first, outcome_of(subject, kept))
    same("its fingerprint", fingerprint(order), fingerprint(kept))


@mapping_law("mapping.orders.every_value", ORDER, most=50)
def every_word_of_a_cart_has_its_verdict(subject: MappingSubject, order: Order) -> None:
    """Only an order that is paid, open and ours to ship is ready, whatever word the cart has for it; one that is
    unknown waits.

    A word that nobody foresaw must not ship what is not paid.
    """
    for one in (order, *every_value(order)):
        verdict = judge(one, subject.rules)
        same(
            f"an order that is {one.payment}, {one.status}, managed by {one.managed_by}",
            _verdict(subject, one),
            verdict.state,
        )


def _verdict(subject: MappingSubject, order: Order) -> OrderState:
    rules = subject.rules
    early = rules.earliest_order_date is not None and order.placed_at < rules.earliest_order_date
    done = order.managed_by is ManagedBy.EXTERNAL or order.status in (OrderStatus.CANCELLED, OrderStatus.SHIPPED)
    if early or done or not _ours(subject, order) or _is_left_out(subject, order):
        return OrderState.SKIPPED
    may_leave = order.payment is PaymentStatus.PAID and order.status in (
        OrderStatus.OPEN,
        OrderStatus.PARTIALLY_SHIPPED,
    )
    return OrderState.READY if may_leave else OrderState.WAITING


def _ours(subject: MappingSubject, order: Order, lines: frozenset[str] | None = None) -> bool:
    """Whether a place of ours has something to ship of an order, or of these lines of it."""
    centers = subject.rules.distribution_centers
    left = [part for part in order.allocations if not part.shipped and (lines is None or part.line_id in lines)]
    return not order.allocations or any(not centers or part.distribution_center in centers for part in left)


def _is_left_out(subject: MappingSubject, order: Order) -> bool:
    rules = subject.rules
    for one in rules.order_filters:
        try:
            if not takes(one, order):
                return True
        except Impossible:
            return True
    kept = taken_lines(order, rules.item_filters)
    gone = {line.external_id for line in order.lines} - {line.external_id for line in kept}
    stays = frozenset(part.line_id for part in order.allocations) - gone
    return len(kept) < len(order.lines) and not (kept and _ours(subject, order, stays))


@mapping_law("mapping.orders.wanted", ORDER)
def what_is_wanted_is_what_is_asked_for(subject: MappingSubject, order: Order) -> None:
    """What an order is counted to want of each centre, while it waits, is what that centre is asked for when it goes;
    and it is asked at the warehouses that are named for it.

    Stock that is kept back for waiting orders must be what they take, or the last piece is sold twice.
    """
    plan = plan_release(StoredOrder(1, order.external_id, order, approved=True), subject.rules).plan
    if not plan.requests:
        return
    asked = {request.distribution_center: request.lines for request in plan.requests}
    wanted = {center: lines for center, lines in lines_wanted(order, subject.rules).items() if lines}
    same("what is wanted", asked, {center: lines for center, lines in wanted.items() if center in asked})
    named = {subject.rules.warehouse(request.distribution_center) for request in plan.requests}
    if not named <= {*warehouses_of(order, subject.rules)}:
        raise AssertionError(f"it is asked at {named}, and {warehouses_of(order, subject.rules)} are named for it")
