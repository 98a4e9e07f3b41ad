"""Ship methods that people save: kept with who did it, and what they answer is put to work in the same moment."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event

from sqlalchemy import Connection, text

from crossdock.domain import Order, Shipment
from crossdock.engine.lease import Lease
from crossdock.engine.ports import ConfirmPlan, OrderState, ReleasePlan, ShipmentState
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction, ShipMethod, ShipMethodRule, ShipMethods
from crossdock.mapping.method_table import Entry, put, replaced, without
from crossdock.store import open_store
from crossdock.store.audit import list_deeds
from crossdock.store.leases import renew
from crossdock.store.moments import micros
from crossdock.store.ship_methods import Changed, change_methods, saved_rules, waiting, weigh_change
from crossdock.store.told_methods import Told, told_methods

from .shop import NOON, Shop, a_box, a_read, an_order, done, play, played, refused

MAIN = PipelineRules(name="main")
GROUND, AIR = ShipMethod("UPS", "Ground"), ShipMethod("UPS", "2nd Day")


def a_rule(service: str, to: ShipMethod = GROUND, direction: Direction = Direction.INBOUND) -> Entry:
    return Entry(direction, ShipMethodRule(to, service=service))


async def saved(shop: Shop, *wanted: Entry, rules: PipelineRules = MAIN, by: str = "ada") -> Changed:
    return await changed(shop, lambda table: put(table, wanted, rules.ship_methods), rules=rules, by=by)


async def changed(
    shop: Shop,
    change: Callable[[Sequence[Entry]], tuple[Entry, ...]],
    *,
    rules: PipelineRules = MAIN,
    by: str = "ada",
) -> Changed:
    return await shop.store.write(change_methods, rules, change, by=by, now=shop.now)


async def hold(shop: Shop, services: dict[str, str], code: Code = Code.UNMAPPED_SHIP_METHOD) -> None:
    """Orders, by their ids, that ask for these services and are held."""
    asked = {key: an_order(key).model_copy(update={"requested_service": it}) for key, it in services.items()}
    await shop.download(*map(a_read, asked.values()))
    ready = await shop.store.ready_orders("main", 100)
    mine = [stored for stored in ready if stored.external_id in services]
    plans = [ReleasePlan(stored.id, (), OrderState.HELD, f"{code.value}: no rule") for stored in mine]
    problems = [_problem(code, stored.order, stored.id) for stored in mine]
    await shop.save(plans, problems)


def _problem(code: Code, order: Order, order_id: int) -> Problem:
    return Problem(code, order.number, "it is held", order_id=order_id)


async def hold_box(shop: Shop, box: Shipment) -> None:
    """A box that is held because the cart has no name for how it travels."""
    await shop.collect(box)
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    [stored] = case.open
    problem = Problem(Code.UNMAPPED_CARRIER, f"{box.request_number}/{box.external_id}", "held", order_id=case.order.id)
    plan = ConfirmPlan(case.order.id, {stored.id: ShipmentState.HELD})
    await shop.store.save_confirmations(await shop.lease("confirm"), [plan], [problem], now=shop.now)


async def rules_there(shop: Shop) -> list[tuple[str, str, str]]:
    kept = await shop.store.read(saved_rules, ["main"])
    return [(one.entry.rule.service, str(one.entry.rule.to), one.saved_by) for one in kept]


@played
async def test_a_rule_is_kept_with_who_saved_it_and_a_line_in_the_audit(shop: Shop) -> None:
    await saved(shop, a_rule("Std"))
    shop.clock.advance(hours=1)
    await saved(shop, a_rule("STD", AIR), a_rule("Express", AIR), by="bob")

    assert await rules_there(shop) == [("STD", "UPS / 2nd Day", "bob"), ("Express", "UPS / 2nd Day", "bob")]
    deeds = await shop.store.read(list_deeds, pipelines=["main"])
    assert [(one.by, one.action, one.before, one.after) for one in deeds] == [
        ("bob", "change ship method", "UPS / Ground", "UPS / 2nd Day"),
        ("bob", "save ship method", "", "UPS / 2nd Day"),
        ("ada", "save ship method", "", "UPS / Ground"),
    ]
    assert await shop.store.read(saved_rules, ["other"]) == []


@played
async def test_saving_what_is_saved_changes_nothing_and_notes_nothing(shop: Shop) -> None:
    await saved(shop, a_rule("Std"))
    shop.clock.advance(hours=1)
    again = await saved(shop, a_rule("sTD"), by="bob")

    assert not again.table
    [kept] = await shop.store.read(saved_rules, ["main"])
    assert (kept.entry, kept.saved_by, kept.saved_at) == (a_rule("Std"), "ada", shop.now - timedelta(hours=1))
    assert len(await shop.store.read(list_deeds)) == 1


@played
async def test_a_replaced_table_has_the_order_of_the_new_one_and_keeps_who_saved_what(shop: Shop) -> None:
    await saved(shop, a_rule("A*"), a_rule("B*"), a_rule("C*"))
    wanted = [a_rule("C*"), a_rule("A*"), a_rule("D*")]
    await changed(shop, lambda table: replaced(table, wanted, MAIN.ship_methods), by="bob")

    assert [(service, by) for service, _, by in await rules_there(shop)] == [
        ("C*", "ada"),
        ("A*", "ada"),
        ("D*", "bob"),
    ]


@played
async def test_a_rule_puts_to_work_the_orders_that_it_answers_and_no_others(shop: Shop) -> None:
    await hold(shop, {"1": "Std", "2": "STD", "3": "Balloon"})
    result = await saved(shop, a_rule("Std"))

    assert (result.orders, result.shipments) == (2, 0)
    assert await shop.states() == {"1": "ready", "2": "ready", "3": "held"}
    assert await shop.open_problems() == [("unmapped_ship_method", "N3")]
    assert ("main", "release") in await shop.store.due_flows(now=shop.now + timedelta(hours=1))


@played
async def test_a_change_is_weighed_without_being_made(shop: Shop) -> None:
    await hold(shop, {"1": "Std"})
    weighed = await shop.store.read(weigh_change, MAIN, lambda table: (*table, a_rule("Std")))

    assert (weighed.orders, len(weighed.table.added)) == (1, 1)
    assert await shop.states() == {"1": "held"}
    assert await rules_there(shop) == []


@played
async def test_orders_that_are_held_for_another_reason_stay_held(shop: Shop) -> None:
    await hold(shop, {"1": "Std"}, Code.UNSHIPPABLE_ORDER)

    assert (await saved(shop, a_rule("*"))).orders == 0
    assert await shop.states() == {"1": "held"}


@played
async def test_removing_what_the_config_contradicts_puts_to_work_what_the_two_held(shop: Shop) -> None:
    config = PipelineRules(name="main", inbound=ShipMethods((a_rule("Std", AIR).rule,)))
    await saved(shop, a_rule("Std", GROUND))
    await hold(shop, {"1": "Std"}, Code.RULES_DISAGREE)

    assert (await saved(shop, a_rule("Other"), rules=config)).orders == 0
    result = await changed(shop, lambda table: without(table, a_rule("Std")), rules=config)
    assert result.orders == 1
    assert await shop.states() == {"1": "ready"}
    assert await shop.open_problems() == []


@played
async def test_a_held_box_is_looked_at_again_when_the_cart_has_a_name_for_it(shop: Shop) -> None:
    await shop.release(an_order("1"))
    box = a_box("b1", "N1")
    await hold_box(shop, box.model_copy(update={"package": box.package.model_copy(update={"carrier": "DHL"})}))
    [waits] = await shop.store.read(lambda conn: list(waiting(conn, "main")))
    assert (waits.direction, waits.asked) == (Direction.OUTBOUND, Asked("DHL", "Ground"))

    assert (await saved(shop, a_rule("Air", AIR, Direction.OUTBOUND))).shipments == 0
    assert (await saved(shop, a_rule("ground", AIR, Direction.OUTBOUND))).shipments == 1
    assert await shop.open_problems() == []
    assert len(await shop.store.confirm_cases("main", 10, now=shop.now)) == 1


@played
async def test_what_waits_says_what_it_asks_for_and_since_when(shop: Shop) -> None:
    await hold(shop, {"1": "Std"})
    shop.clock.advance(hours=1)
    await hold(shop, {"2": "Balloon"})
    found = await shop.store.read(lambda conn: list(waiting(conn, "main")))

    assert [(one.asked, one.since) for one in found] == [
        (Asked("", "Std"), NOON),
        (Asked("", "Balloon"), NOON + timedelta(hours=1)),
    ]
    assert await shop.store.read(lambda conn: list(waiting(conn, "other"))) == []


@played
async def test_an_order_is_not_held_by_rules_that_changed_while_it_was_planned(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [ready] = await shop.store.ready_orders("main", 10)
    then = await shop.store.saved_methods("main")
    await saved(shop, a_rule("*"))
    plan = ReleasePlan(ready.id, (), OrderState.HELD, "unmapped_ship_method: no rule")
    problem = _problem(Code.UNMAPPED_SHIP_METHOD, ready.order, ready.id)
    lease = await shop.lease("release")
    for methods, state in ((then, "ready"), (await shop.store.saved_methods("main"), "held")):
        await shop.store.save_plans(
            lease, "warehouse", [plan], [problem], acknowledge_on=None, methods=methods, now=shop.now
        )
        assert await shop.states() == {"1": state}


@played
async def test_a_box_is_not_held_by_rules_that_changed_while_it_was_planned(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("b1", "N1"))
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    then = await shop.store.saved_methods("main")
    await saved(shop, a_rule("*", AIR, Direction.OUTBOUND))
    plan = ConfirmPlan(case.order.id, {case.open[0].id: ShipmentState.HELD})
    await shop.store.save_confirmations(await shop.lease("confirm"), [plan], [], methods=then, now=shop.now)

    assert len(await shop.store.confirm_cases("main", 10, now=shop.now)) == 1


@played
async def test_the_ledger_knows_which_pairs_the_cart_took_and_which_it_refused(shop: Shop) -> None:
    await shop.release(an_order("1"), an_order("2"), an_order("3"))
    await shop.collect(a_box("b1", "N1"), a_box("b2", "N2"), a_box("b3", "N3"))
    first, second, third = await shop.confirm()
    await shop.settle(done(first), refused(second, "no such class"), refused(third, "no such carrier"))

    assert await shop.store.read(told_methods, "main") == {ShipMethod("UPS", "Ground"): Told(1, 2, "no such carrier")}
    assert await shop.store.read(told_methods, "other") == {}


def test_a_rule_that_is_saved_while_an_order_is_being_held_waits_and_then_releases_it(database_url: str) -> None:
    under_way, may_end = Event(), Event()

    def holds(conn: Connection, lease: Lease) -> None:
        renew(conn, lease, micros(NOON))
        under_way.set()
        assert may_end.wait(30)
        conn.execute(text("UPDATE orders SET state = 'held', reason = 'unmapped_ship_method: no rule'"))

    async def scene(shop: Shop) -> None:
        await shop.download(a_read(an_order("1")))
        lease = await shop.lease("release")
        async with open_store(database_url) as another:
            holding = asyncio.create_task(shop.store.write(holds, lease))
            await asyncio.to_thread(under_way.wait)
            saving = asyncio.create_task(saved(Shop(another, shop.clock), a_rule("*")))
            await asyncio.wait({saving}, timeout=0.1)
            assert not saving.done()
            may_end.set()
            await holding
            assert (await saving).orders == 1

    play(database_url, scene)
