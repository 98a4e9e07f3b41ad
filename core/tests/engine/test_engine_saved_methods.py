"""A running pipeline goes by the ship methods that a person saves, from its next round on."""

from crossdock.engine.confirm_plan import plan_confirmation
from crossdock.engine.ports import OrderState, StoredOrder
from crossdock.engine.problems import Code
from crossdock.engine.release_plan import plan_release
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Direction, ShipMethod, ShipMethodRule, ShipMethods
from crossdock.mapping.method_table import Entry, put, without
from crossdock.store.ship_methods import change_methods

from .builders import ANY_METHOD, NOON, a_box, a_case, an_order, planned, rules_that_map_all
from .world import World, played

UNMAPPED = PipelineRules(name="main")
ANY_AIR = ShipMethodRule(ShipMethod("UPS", "Air"))


async def saved(world: World, direction: Direction, rule: ShipMethodRule) -> int:
    """How many orders and shipments a new rule puts to work."""
    entry = Entry(direction, rule)
    changed = await world.store.write(
        change_methods,
        world.rules,
        lambda table: put(table, [entry], world.rules.ship_methods),
        by="ada",
        now=world.clock.now(),
    )
    return changed.orders + changed.shipments


@played
async def test_a_saved_rule_releases_and_confirms_without_a_restart(world: World) -> None:
    world.rules = UNMAPPED
    world.cart.sell(an_order("1"), an_order("2"))
    await world.cycle(("download", "release"))
    assert await world.orders() == {"1": "held", "2": "held"}

    assert await saved(world, Direction.INBOUND, ANY_AIR) == 2
    assert await world.problems() == []
    await world.flow("release")
    assert await world.orders() == {"1": "released", "2": "released"}

    world.warehouse.pack(a_box("b1", "N1", ("10", 1)))
    await world.cycle(("collect", "confirm"))
    assert await world.problems() == [("unmapped_carrier", "N1/b1")]
    assert await saved(world, Direction.OUTBOUND, ShipMethodRule(ShipMethod("CART", "2D"), service="air")) == 1
    await world.flow("confirm")
    assert [(one.carrier, one.service_level) for one in world.cart.confirmed] == [("CART", "2D")]
    assert await world.problems() == []


@played
async def test_what_two_rules_disagree_about_is_held_until_they_agree(world: World) -> None:
    assert await saved(world, Direction.INBOUND, ANY_AIR) == 0
    world.rules = rules_that_map_all()
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release"))
    assert await world.problems() == [("rules_disagree", "N1")]

    unwanted, now = Entry(Direction.INBOUND, ANY_AIR), world.clock.now()
    await world.store.write(change_methods, world.rules, lambda table: without(table, unwanted), by="ada", now=now)
    await world.flow("release")
    assert (await world.orders(), await world.problems()) == ({"1": "released"}, [])


def test_an_order_whose_rules_disagree_names_both_targets_and_what_to_do() -> None:
    rules = PipelineRules(name="main", inbound=ShipMethods(ANY_METHOD.rules, "pass", saved=(ANY_AIR,)))
    order = an_order("1")
    answer = plan_release(StoredOrder(1, "1", order), rules)

    assert answer.problem is not None
    assert (answer.problem.code, answer.plan.state) == (Code.RULES_DISAGREE, OrderState.HELD)
    assert answer.plan.reason.startswith("rules_disagree: ")
    assert all(target in answer.problem.title for target in ("'UPS / Ground'", "'UPS / Air'"))
    assert "crossdock ship-methods remove --pipeline main --direction inbound" in answer.problem.action


def test_problems_of_one_unmapped_method_have_one_cause_and_the_command_that_settles_them() -> None:
    wanted = {"requested_carrier": "UPS", "requested_service": "2nd Day", "site": "eBay"}
    orders = [an_order(key).model_copy(update=wanted) for key in ("1", "2")]
    problems = [plan_release(StoredOrder(1, order.external_id, order), UNMAPPED).problem for order in orders]

    assert {problem.cause for problem in problems if problem} == {"site 'eBay' / carrier 'UPS' / service '2nd Day'"}
    assert all("--site eBay --carrier UPS --service '2nd Day' --to-carrier" in one.action for one in problems if one)


def test_a_box_whose_rules_disagree_is_held_and_says_so() -> None:
    rules = PipelineRules(name="main", inbound=ANY_METHOD, outbound=ShipMethods(ANY_METHOD.rules, saved=(ANY_AIR,)))
    order = an_order("1")
    case = a_case(order, planned(order, rules).requests, [a_box("b1", "N1", ("10", 1))])
    plan, [problem] = plan_confirmation(case, rules, "cart", now=NOON, look_again_at=NOON)

    assert (problem.code, problem.subject) == (Code.RULES_DISAGREE, "N1/b1")
    assert problem.cause == "outbound: site '*', carrier '*', service '*'"
    assert plan.promises == ()
