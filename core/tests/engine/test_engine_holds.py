"""Orders that are kept here: by rules, by a person, for a while; and what lets them go."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.domain import OrderStatus, PaymentStatus
from crossdock.engine.holding import HoldRules
from crossdock.engine.problems import Code
from crossdock.hooks.records import Cursor, Page
from crossdock.mapping import Filter, ShipMethods
from crossdock.store.audit import list_deeds
from crossdock.store.deciding import NotPossible, held_for, hold_here, release_after_all, resume_here
from crossdock.store.queries import OrderSummary, the_order
from crossdock.store.rejudging import judge_again
from crossdock.store.repair import NothingToRetry, retry_problem
from crossdock.store.stories import order_story

from .builders import HOME, a_line, an_order
from .market import with_market
from .remote import Cart
from .world import World, new_database, opened, played

HALF_AN_HOUR, HOUR = timedelta(minutes=30), timedelta(hours=1)
ROAD = ("download", "release")


def holding(world: World, **rules: object) -> None:
    world.rules = replace(world.rules, holds=HoldRules(**rules))  # type: ignore[arg-type]


async def order_of(world: World, key: str = "1") -> OrderSummary:
    return await world.store.read(the_order, key)


async def hold(world: World, key: str = "1", *, why: str = "", until: datetime | None = None) -> None:
    order = await order_of(world, key)
    await world.store.write(hold_here, order.id, by="dana", why=why, until=until, now=world.clock.now())


async def resume(world: World, key: str = "1") -> None:
    order = await order_of(world, key)
    await world.store.write(resume_here, order.id, by="dana", now=world.clock.now())


async def let_go(world: World, key: str = "1") -> None:
    order = await order_of(world, key)
    await world.store.write(release_after_all, order.id, by="dana", now=world.clock.now())


def skus(world: World) -> list[str]:
    return [line.sku for request in world.warehouse.requests for line in request.lines]


# The window


@played
async def test_an_order_waits_for_the_end_of_its_window_and_then_goes_by_itself(world: World) -> None:
    holding(world, window=HALF_AN_HOUR)
    world.cart.sell(an_order("1"))
    began = world.clock.now()
    await world.cycle(ROAD)
    order = await order_of(world)
    assert (order.state, order.reason.partition(":")[0]) == ("held", "hold_window")
    assert (order.held_at, order.held_by, order.held_until) == (began, "rule: window", began + HALF_AN_HOUR)
    assert not await world.problems()

    world.clock.advance(HALF_AN_HOUR - timedelta(seconds=1))
    await world.cycle(ROAD)
    assert not world.warehouse.requests
    world.clock.advance(timedelta(seconds=1))
    report = await world.flow("release")
    assert report.counts["holds ended"] == 1
    assert world.warehouse.created() == {"N1": 1}
    order = await order_of(world)
    assert (order.state, order.held_at, order.held_by, order.held_until) == ("released", None, "", None)


@played
async def test_an_edit_in_the_window_is_what_goes_out_and_does_not_begin_it_anew(world: World) -> None:
    holding(world, window=HALF_AN_HOUR)
    world.cart.sell(an_order("1"))
    began = world.clock.now()
    await world.cycle(ROAD)
    world.clock.advance(timedelta(minutes=20))
    world.cart.change("1", lines=(a_line("10", sku="OTHER"),))
    await world.cycle(ROAD)
    order = await order_of(world)
    assert (order.held_at, order.held_until) == (began, began + HALF_AN_HOUR)

    world.clock.advance(timedelta(minutes=10))
    await world.cycle(ROAD)
    assert skus(world) == ["OTHER"]


@played
async def test_a_cancellation_in_the_window_counts(world: World) -> None:
    holding(world, window=HALF_AN_HOUR)
    world.cart.sell(an_order("1"))
    await world.cycle(ROAD)
    world.cart.change("1", status=OrderStatus.CANCELLED)
    await world.cycle(ROAD)
    world.clock.advance(HOUR)
    await world.cycle(ROAD)
    order = await order_of(world)
    assert (order.state, order.held_at, order.held_until) == ("skipped", None, None)
    assert not world.warehouse.requests


@played
async def test_the_release_is_due_when_the_next_hold_ends(world: World) -> None:
    holding(world, window=HALF_AN_HOUR)
    world.cart.sell(an_order("1"))
    await world.cycle(ROAD)
    world.clock.advance(HALF_AN_HOUR - timedelta(seconds=1))
    assert ("main", "release") not in await world.store.due_flows(now=world.clock.now())
    world.clock.advance(timedelta(seconds=1))
    assert ("main", "release") in await world.store.due_flows(now=world.clock.now())


# A person's word


@played
async def test_what_a_person_lets_go_is_not_held_again_until_the_cart_changes_it(world: World) -> None:
    holding(world, review_all=True)
    world.cart.sell(an_order("1"), an_order("2"))
    await world.cycle(ROAD)
    assert await world.problems() == [("order_review", "N1"), ("order_review", "N2")]

    await let_go(world, "1")
    await let_go(world, "2")
    world.cart.change("2", lines=(a_line("10", 2),))
    await world.cycle(ROAD)
    assert world.warehouse.created() == {"N1": 1}
    assert await world.problems() == [("order_review", "N2")]
    assert (await order_of(world, "2")).held_by == "rule: review"


@played
async def test_a_release_helps_an_order_as_far_as_it_can_be_shipped(world: World) -> None:
    holding(world, required_fields=("ship_to.phone",), tags=("fraud",))
    world.cart.sell(an_order("1").model_copy(update={"tags": ("fraud",)}))
    await world.cycle(ROAD)
    await let_go(world)
    await world.cycle(ROAD)
    assert (await order_of(world)).reason == "missing_field: ship_to.phone is missing"

    world.cart.change("1", ship_to=HOME.model_copy(update={"phone": "555-0100"}))
    await world.cycle(ROAD)
    assert world.warehouse.created() == {"N1": 1}, "a phone number is nothing that the approval was bound to"
    assert not await world.problems()


@played
async def test_what_held_an_order_before_is_no_problem_any_more(world: World) -> None:
    holding(world, required_fields=("ship_to.phone",), tags=("fraud",))
    world.cart.sell(an_order("1").model_copy(update={"tags": ("fraud",)}))
    await world.cycle(ROAD)
    assert await world.problems() == [("missing_field", "N1")]
    world.cart.change("1", ship_to=HOME.model_copy(update={"phone": "555-0100"}))
    await world.cycle(ROAD)
    assert await world.problems() == [("held_by_rule", "N1")]


@played
async def test_a_person_holds_an_order_whatever_the_cart_changes_until_he_resumes_it(world: World) -> None:
    world.cart.sell(an_order("1"))
    await world.flow("download")
    began = world.clock.now()
    await hold(world, why="the buyer calls back")
    world.clock.advance(HOUR)
    world.cart.change("1", lines=(a_line("10", sku="OTHER"),))
    await world.cycle(ROAD)
    order = await order_of(world)
    assert (order.state, order.reason) == ("held", "held_by_person: the buyer calls back")
    assert (order.held_at, order.held_by, order.held_until) == (began, "a person: dana", None)

    await resume(world)
    await world.cycle(ROAD)
    assert skus(world) == ["OTHER"]
    deeds = await world.store.read(list_deeds)
    assert [(deed.by, deed.action, deed.subject) for deed in deeds] == [
        ("dana", "resume order", "N1"),
        ("dana", "hold order", "N1"),
    ]
    story = await world.store.read(order_story, order.id)
    assert "dana: hold order" in [happening.title for happening in story.time_line()]


@played
async def test_a_persons_hold_ends_at_its_moment_and_what_the_order_waits_for_still_counts(world: World) -> None:
    world.cart.sell(an_order("1"), an_order("2"))
    await world.flow("download")
    for key in ("1", "2"):
        await hold(world, key, until=world.clock.now() + HOUR)
    world.cart.change("2", payment=PaymentStatus.PENDING)
    await world.cycle(ROAD)
    assert (await order_of(world, "2")).state == "held"

    world.clock.advance(HOUR)
    await world.cycle(ROAD)
    assert world.warehouse.created() == {"N1": 1}
    assert (await order_of(world, "2")).state == "waiting"


@played
async def test_a_waiting_order_can_be_held_before_it_is_paid(world: World) -> None:
    world.cart.sell(an_order("1").model_copy(update={"payment": PaymentStatus.PENDING}))
    await world.flow("download")
    await hold(world)
    world.cart.change("1", payment=PaymentStatus.PAID)
    await world.cycle(ROAD)
    assert not world.warehouse.requests
    await resume(world)
    await world.cycle(ROAD)
    assert world.warehouse.created() == {"N1": 1}


@played
async def test_a_version_that_cannot_be_read_does_not_end_a_persons_hold(world: World) -> None:
    class Stumbling(Cart):
        def read_order(self, record):  # type: ignore[no-untyped-def]
            order = super().read_order(record)
            if order.notes == "typo":
                raise ValueError("typo")
            return order

    world.cart = Stumbling()
    world.cart.sell(an_order("1"))
    await world.flow("download")
    await hold(world)
    for notes in ("typo", "better"):
        world.cart.change("1", notes=notes)
        await world.cycle(ROAD)
        assert (await order_of(world)).state == "held"
    await resume(world)
    await world.cycle(ROAD)
    assert world.warehouse.created() == {"N1": 1}


@played
async def test_trying_a_problem_again_does_not_end_a_persons_hold(world: World) -> None:
    holding(world, required_fields=("ship_to.phone",))
    world.cart.sell(an_order("1"))
    await world.cycle(ROAD)
    await hold(world)
    holding(world)
    [(number,)] = await world.select("SELECT id FROM problem")
    with suppress(NothingToRetry):
        await world.store.write(retry_problem, number, now=world.clock.now())
    await world.cycle(ROAD)
    assert (await order_of(world)).state == "held"


@played
async def test_what_cannot_be_held_or_resumed_says_why(world: World) -> None:
    world.cart.sell(an_order("1"), an_order("2").model_copy(update={"status": OrderStatus.CANCELLED}))
    await world.flow("download")
    with pytest.raises(NotPossible, match="order N2 is skipped: there is nothing to hold"):
        await hold(world, "2")
    with pytest.raises(NotPossible, match="order N1 is ready: nobody holds it"):
        await resume(world, "1")
    holding(world, review_all=True)
    await world.cycle(ROAD)
    with pytest.raises(NotPossible, match=r"by no person \(order_review: .* `crossdock orders release N1` lets it go"):
        await resume(world, "1")


@played
async def test_all_orders_of_one_reason_are_found(world: World) -> None:
    holding(world, flags=("Red",))
    world.cart.sell(*(an_order(str(key)).model_copy(update={"flag": "Red" if key % 2 else ""}) for key in range(5)))
    await world.cycle(ROAD)
    assert [number for _, number in await world.store.read(held_for, Code.HELD_BY_RULE)] == ["N1", "N3"]
    assert await world.store.read(held_for, Code.HELD_BY_RULE, pipeline="other") == []


@played
async def test_an_order_is_held_since_the_rule_first_held_it_however_often_it_is_looked_at(world: World) -> None:
    world.rules = replace(world.rules, inbound=ShipMethods())
    world.cart.sell(an_order("1"))
    began = world.clock.now()
    await world.cycle(ROAD)
    for _ in range(2):
        world.clock.advance(HOUR)
        await world.store.reconsider_held("main", Code.UNMAPPED_SHIP_METHOD, now=world.clock.now())
        await world.cycle(ROAD)
    order = await order_of(world)
    assert (order.held_at, order.held_by) == (began, "rule: ship_methods")


# Filters


@played
async def test_a_line_that_is_left_out_is_told_and_the_rest_is_shipped(world: World) -> None:
    world.rules = replace(world.rules, item_filters=(Filter("sku", ("GIFT*",), "restrict"),))
    world.cart.sell(an_order("1", a_line("10"), a_line("11", sku="GIFT-1")), an_order("2", a_line("12", sku="GIFT-2")))
    report = (await world.cycle(ROAD))["release"]
    assert report.counts["orders with lines left out"] == 1
    assert skus(world) == ["SKU-10"]
    assert (await order_of(world)).left_out == "line 11 (GIFT-1, 1): sku is 'GIFT-1', left out is 'GIFT*'"
    assert (await order_of(world, "2")).reason.startswith("item filter: none of its lines is left")


async def _start(world: World, digest: str, *, fetches: bool) -> int:
    return await world.store.write(judge_again, "main", digest, fetches=fetches, now=world.clock.now())


@played
async def test_changed_rules_judge_again_what_they_had_skipped_and_fetch_it_before_it_goes_out(world: World) -> None:
    cart = with_market(world, *(an_order(key).model_copy(update={"site": site}) for key, site in SITES.items()))
    world.rules = replace(world.rules, order_filters=(Filter("site", ("Amazon",)),))
    assert await _start(world, "one", fetches=True) == 0
    await world.cycle(ROAD)
    assert [key for key, state in (await world.orders()).items() if state == "skipped"] == ["2", "3"]
    cart.orders["3"] = cart.orders["3"].model_copy(update={"status": OrderStatus.SHIPPED})  # somebody else did it

    world.rules = replace(world.rules, order_filters=())
    assert await _start(world, "one", fetches=True) == 0, "the same rules change nothing"
    assert await _start(world, "two", fetches=True) == 2
    cart.acknowledged.update({"2": 1, "3": 1})  # the list does not show them any more
    await world.cycle(("fetch", *ROAD))
    assert world.warehouse.created() == {"N1": 1, "N2": 1}
    assert (await order_of(world, "3")).state == "skipped"


SITES = {"1": "Amazon", "2": "eBay", "3": "eBay"}


@played
async def test_without_single_orders_what_was_skipped_comes_back_when_the_cart_lists_it(world: World) -> None:
    world.rules = replace(world.rules, order_filters=(Filter("site", ("Amazon",)),))
    world.cart.sell(*(an_order(key).model_copy(update={"site": site}) for key, site in SITES.items()))
    await _start(world, "one", fetches=False)
    await world.cycle(ROAD)
    world.cart.acknowledged["3"] += 1
    world.rules = replace(world.rules, order_filters=())
    assert await _start(world, "two", fetches=False) == 2
    await world.cycle(ROAD)
    assert world.warehouse.created() == {"N1": 1, "N2": 1}


@played
async def test_stricter_rules_skip_what_waits_and_leave_alone_what_a_person_holds(world: World) -> None:
    holding(world, review_all=True)
    world.cart.sell(an_order("1"), an_order("2"), an_order("3").model_copy(update={"payment": PaymentStatus.PENDING}))
    await _start(world, "one", fetches=False)
    await world.cycle(ROAD)
    await hold(world, "2", why="mine")
    world.rules = replace(world.rules, order_filters=(Filter("site", ("Amazon",)),))
    assert await _start(world, "two", fetches=False) == 2
    await world.cycle(ROAD)
    assert await world.orders() == {"1": "skipped", "2": "held", "3": "skipped"}


@played
async def test_an_order_that_stays_skipped_is_done_since_it_was_skipped_first(world: World) -> None:
    """Else each change of the rules would keep the buyer's data for longer."""
    world.rules = replace(world.rules, order_filters=(Filter("site", ("Amazon",)),))
    world.cart.sell(an_order("1"))
    await _start(world, "one", fetches=False)
    await world.flow("download")
    done = (await order_of(world)).completed_at
    world.clock.advance(HOUR)
    await _start(world, "two", fetches=True)
    await world.flow("download")
    assert (await order_of(world)).completed_at == done


# The first run


class ReachingCart(Cart):
    """Lists the orders from a moment on, which is its cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.begins: list[Cursor | None] = []

    def cursor_from(self, moment: datetime) -> Cursor:
        return moment.isoformat()

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        self.begins.append(cursor)
        page = self._page(0)
        return Page(page.records, checkpoint="later")


@played
async def test_the_first_run_reaches_back_to_the_earliest_order_date_and_later_ones_go_on(world: World) -> None:
    world.cart = cart = ReachingCart()
    cart.sell(an_order("1"))
    earliest = datetime(2024, 2, 1, tzinfo=UTC)
    await world.flow("download")
    await world.flow("download")
    assert cart.begins == [None, "later"]

    world.rules = replace(world.rules, name="second", earliest_order_date=earliest)
    await world.flow("download")
    await world.flow("download")
    assert cart.begins[2:] == [earliest.isoformat(), "later"]


# All of it


@dataclass
class Known:
    """What a careful person knows of the order by himself."""

    window_ends: datetime
    held_until: datetime
    quantity: int = 1
    paid: bool = True
    approved: bool = False

    def may_go(self, now: datetime) -> bool:
        return self.paid and now >= self.held_until and (self.approved or now >= self.window_ends)


DEEDS = st.lists(
    st.sampled_from(("edit", "unpaid", "paid", "hold", "hold for an hour", "resume", "release", "wait", "run", "run")),
    max_size=12,
)


@settings(deadline=None, max_examples=10, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
def test_an_order_goes_out_once_as_it_is_newest_and_as_soon_as_nothing_holds_it(
    deeds: list[str], tmp_path: Path
) -> None:
    async def play() -> None:
        async with opened(new_database(tmp_path)) as world:
            await _play(world, deeds)

    asyncio.run(play())


async def _play(world: World, deeds: list[str]) -> None:
    holding(world, window=HALF_AN_HOUR)
    world.cart.sell(an_order("1"))
    known = Known(world.clock.now() + HALF_AN_HOUR, world.clock.now())
    await _run(world, known)
    for deed in [*deeds, "paid", "resume", "wait", "wait", "run"]:
        with suppress(NotPossible):
            await _do(world, known, deed)
        if world.warehouse.requests:
            break
    assert world.warehouse.created() == {"N1": 1}


async def _do(world: World, known: Known, deed: str) -> None:
    now = world.clock.now()
    match deed:
        case "edit":
            known.quantity, known.approved = known.quantity + 1, False
            world.cart.change("1", lines=(a_line("10", known.quantity),))
            await world.flow("download")
        case "unpaid" | "paid":
            known.paid = deed == "paid"
            world.cart.change("1", payment=PaymentStatus.PAID if known.paid else PaymentStatus.PENDING)
            await world.flow("download")
        case "hold" | "hold for an hour":
            until = now + HOUR if deed == "hold for an hour" else None
            await hold(world, until=until)
            known.held_until = until or now + 1000 * HOUR
        case "resume":
            await resume(world)
            known.held_until = now
        case "release":
            await let_go(world)
            known.held_until, known.approved = now, True
        case "wait":
            world.clock.advance(timedelta(minutes=20))
        case "run":
            await _run(world, known)


async def _run(world: World, known: Known) -> None:
    """One flow after the other, so that each knows what the one before has found."""
    await world.flow("download")
    await world.flow("release")
    sent = [line.quantity for request in world.warehouse.requests for line in request.lines]
    assert sent == ([known.quantity] if known.may_go(world.clock.now()) else [])
