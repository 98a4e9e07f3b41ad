"""Since when, by whom and until when orders are held, on both databases."""

from datetime import timedelta

from crossdock.engine.ports import OrderState, ReleasePlan
from crossdock.engine.problems import Code, Problem
from crossdock.store.audit import list_deeds
from crossdock.store.deciding import give_back, held_for, hold_here, release_after_all, resume_here
from crossdock.store.queries import OrderSummary, the_order
from crossdock.store.rejudging import judge_again

from .shop import NOON, Shop, a_read, an_order, played, refused, unreadable

HOUR = timedelta(hours=1)


async def order_of(shop: Shop, key: str = "1") -> OrderSummary:
    return await shop.store.read(the_order, key)


async def held(shop: Shop, key: str = "1") -> tuple[object, ...]:
    order = await order_of(shop, key)
    return order.state, order.held_at, order.held_by, order.held_until


async def planned(shop: Shop, *plans: ReleasePlan) -> None:
    await shop.store.ready_orders("main", 100)
    await shop.save(plans)


def a_hold(order_id: int, code: str = "hold_window", by: str = "rule: window", **more: object) -> ReleasePlan:
    return ReleasePlan(order_id, state=OrderState.HELD, reason=f"{code}: why", held_by=by, **more)  # type: ignore[arg-type]


@played
async def test_an_order_that_is_held_until_a_moment_is_ready_from_it_on(shop: Shop) -> None:
    await shop.download(*(a_read(an_order(key)) for key in ("1", "2", "3")))
    await planned(shop, a_hold(1, held_until=NOON + HOUR), a_hold(2, held_until=NOON + 2 * HOUR), a_hold(3))
    assert await held(shop) == ("held", NOON, "rule: window", NOON + HOUR)
    assert await shop.store.next_hold_end("main") == NOON + HOUR
    assert await shop.store.end_holds("main", fetches=False, now=NOON + HOUR - timedelta(microseconds=1)) == 0
    assert await shop.store.end_holds("other", fetches=False, now=NOON + 3 * HOUR) == 0
    assert await shop.store.end_holds("main", fetches=False, now=NOON + HOUR) == 1
    assert await shop.states() == {"1": "ready", "2": "held", "3": "held"}
    assert await shop.store.next_hold_end("main") == NOON + 2 * HOUR
    await shop.plan()
    assert await held(shop) == ("releasing", None, "", None)


@played
async def test_an_order_whose_hold_has_ended_is_fetched_before_it_is_handed_out(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await planned(shop, a_hold(1, held_until=NOON + HOUR))
    assert await shop.store.end_holds("main", fetches=True, now=NOON + HOUR) == 1
    assert await shop.store.ready_orders("main", 10) == []
    [wish] = await shop.store.wanted_orders("main", 10)
    assert wish.external_id == "1"


@played
async def test_what_one_rule_holds_again_is_held_since_then_and_what_another_holds_since_now(shop: Shop) -> None:
    for hours, by, since in ((0, "window", NOON), (1, "window", NOON), (2, "review", NOON + 2 * HOUR)):
        await shop.crash()
        shop.clock.moment = NOON + hours * HOUR
        await shop.download(a_read(an_order("1"), version=hours))
        await planned(shop, a_hold(1, by=by))
        assert (await held(shop))[1:3] == (since, by)


@played
async def test_an_order_is_ready_since_it_was_first_and_approved_while_it_is_the_same(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [first] = await shop.store.ready_orders("main", 10)
    assert (first.ready_since, first.approved) == (NOON, False)
    await shop.save([a_hold(1)])
    shop.clock.advance(minutes=1)
    await shop.store.write(release_after_all, 1, by="dana", now=shop.now)
    [again] = await shop.store.ready_orders("main", 10)
    assert (again.ready_since, again.approved) == (NOON, True)
    await shop.download(a_read(an_order("1"), version=2))
    [changed] = await shop.store.ready_orders("main", 10)
    assert (changed.ready_since, changed.approved) == (NOON, False)


@played
async def test_a_new_hold_closes_the_problem_of_the_one_before(shop: Shop) -> None:
    await shop.download(*(a_read(an_order(key)) for key in ("1", "2")))
    await shop.store.ready_orders("main", 10)
    problems = [Problem(Code.ORDER_REVIEW, f"N{id_}", "look", order_id=id_) for id_ in (1, 2)]
    await shop.save([a_hold(1, "order_review"), a_hold(2, "order_review")], problems)
    for id_ in (1, 2):
        await shop.store.write(release_after_all, id_, now=shop.now)
    assert await shop.open_problems() == []
    await shop.store.ready_orders("main", 10)
    missing = Problem(Code.MISSING_FIELD, "N2", "no phone", order_id=2)
    await shop.save([a_hold(1, "order_review"), a_hold(2, "missing_field")], [problems[0], missing])
    assert await shop.open_problems() == [("order_review", "N1"), ("missing_field", "N2")]


@played
async def test_what_a_person_does_with_holds_is_noted_with_his_name(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await shop.store.write(hold_here, 1, by="dana", why="the buyer calls back", until=NOON + HOUR, now=shop.now)
    assert await held(shop) == ("held", NOON, "a person: dana", NOON + HOUR)
    await shop.store.write(resume_here, 1, by="eli", now=shop.now)
    assert await held(shop) == ("ready", None, "", None)
    await shop.store.write(give_back, 1, by="eli", now=shop.now)
    await shop.store.write(release_after_all, 1, by="dana", now=shop.now)
    told = [(deed.by, deed.action, deed.before, deed.after) for deed in await shop.store.read(list_deeds)]
    assert told[::-1] == [
        ("dana", "hold order", "ready", "held_by_person: the buyer calls back"),
        ("eli", "resume order", "held: held_by_person: the buyer calls back", "ready"),
        ("eli", "give order back", "ready", "given back to the cart"),
        ("dana", "release order", "skipped: given back to the cart", "ready"),
    ]


@played
async def test_a_refused_order_is_held_by_the_warehouse_and_one_that_came_marked_by_the_cart(shop: Shop) -> None:
    marked = a_read(an_order("2"), state=OrderState.HELD, reason="marked_elsewhere: marked")
    await shop.download(a_read(an_order("1")), marked)
    [promise] = (await shop.plan())[0]
    await shop.settle(refused(promise))
    assert await held(shop, "1") == ("held", NOON, "the warehouse", None)
    assert await held(shop, "2") == ("held", NOON, "the cart", None)
    assert await shop.store.read(held_for, "release_refused") == [(1, "N1")]
    await shop.download(a_read(an_order("2"), version=2, state=OrderState.SKIPPED, reason="cancelled at the cart"))
    assert await held(shop, "2") == ("skipped", None, "", None)


@played
async def test_new_rules_have_what_they_decide_about_read_again(shop: Shop) -> None:
    skipped = {"state": OrderState.SKIPPED, "reason": "order filter: site"}
    await shop.download(
        a_read(an_order("1")),
        a_read(an_order("2"), **skipped),  # type: ignore[arg-type]
        a_read(an_order("3"), state=OrderState.SKIPPED, reason="given back to the cart"),
        a_read(an_order("4"), state=OrderState.WAITING, reason="not paid yet"),
        a_read(an_order("5"), state=OrderState.HELD, reason="held_by_person: mine"),
        unreadable("6"),
    )

    async def again(digest: str, **how: bool) -> tuple[int, set[str]]:
        found = await shop.store.write(judge_again, "main", digest, now=shop.now, **how)
        records = await shop.store.records_to_reread("main", "order", 10)
        return found, {record.id for record in records}

    assert await again("one", fetches=True) == (2, {"1", "4"}), "what was skipped is left alone at the very first start"
    await shop.download(a_read(an_order("1")), a_read(an_order("4"), state=OrderState.WAITING, reason="not paid yet"))
    assert await again("one", fetches=True) == (0, set())
    assert await again("two", fetches=False) == (3, {"1", "4"})
    assert await again("three", fetches=True) == (1, {"1", "2", "4"})
