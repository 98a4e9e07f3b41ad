"""Corrections that a person lays over the cart's order: laws, and what becomes of them from page to page."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Address, Order
from crossdock.engine.amendment import Purpose
from crossdock.engine.edits import (
    Edit,
    NotEditable,
    corrected,
    fields_of,
    lay_over,
    overtaken_problems,
    plan_edits,
)
from crossdock.store.audit import list_deeds
from crossdock.store.edits import Correctable, Correction, correct_order
from crossdock.store.purge import Retention, purge
from crossdock.store.queries import the_order

from .builders import HOME, NOON, a_box, a_line, an_order
from .market import with_market
from .remote import Fault
from .strategies import ROUNDS, orders
from .test_engine_overtaken import meanwhile
from .withdrawing import take_back, with_withdrawals
from .world import World, played

TEXTS = st.text(max_size=12)
STREET = "ship_to.line1"


def planned(order: Order, edits: tuple[Edit, ...] = (), *, told: bool = False, unset: str = "", **wanted: str):
    fields = {name.replace("__", "."): value for name, value in wanted.items()}
    return plan_edits(order, edits, fields, [unset] if unset else [], by="anna", now=NOON, told=told)


@st.composite
def corrections(draw: st.DrawFn) -> tuple[Order, str, str]:
    """An order, a field of it, and what a person wants there."""
    order = draw(orders())
    path = draw(st.sampled_from(sorted({*fields_of(order), "custom_fields.engraving"})))
    return order, path, "2024-03-05T17:00+01:00" if path == "deliver_by" else draw(TEXTS)


@ROUNDS
@given(corrections())
def test_a_correction_changes_its_field_and_no_other_and_twice_is_once(drawn: tuple[Order, str, str]) -> None:
    order, path, text = drawn
    try:
        edits = plan_edits(order, (), {path: text}, [], by="anna", now=NOON, told=False)
    except NotEditable:
        assert (text.strip(), path.endswith(".sku")) == ("", True)
        return
    once = lay_over(order, edits).order
    assert corrected(once, edits) == once
    before, after = fields_of(order), fields_of(once)
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} <= {path}
    assert Order.model_validate(once.model_dump()) == once
    assert once.model_dump(exclude={path.split(".")[0]}) == order.model_dump(exclude={path.split(".")[0]})


@ROUNDS
@given(corrections(), st.booleans())
def test_what_is_given_back_is_the_carts_order_again(drawn: tuple[Order, str, str], told: bool) -> None:
    order, path, text = drawn
    if path.endswith(".sku") and not text.strip():
        return
    edits = plan_edits(order, (), {path: text}, [], by="anna", now=NOON, told=told)
    if not any(edit.changes for edit in edits):
        return
    back = plan_edits(order, edits, {}, [path], by="anna", now=NOON, told=told)
    assert lay_over(order, back).order == order
    assert not any(edit.changes for edit in back)
    assert bool(back) == told


@ROUNDS
@given(corrections(), TEXTS)
def test_the_carts_newer_word_wins_and_is_told_once(drawn: tuple[Order, str, str], newer: str) -> None:
    order, path, text = drawn
    if path == "deliver_by" or (path.endswith(".sku") and not (text.strip() and newer.strip())):
        return
    edits = plan_edits(order, (), {path: text}, [], by="anna", now=NOON, told=False)
    spoken = corrected(order, plan_edits(order, (), {path: newer}, [], by="cart", now=NOON, told=False))
    laid = lay_over(spoken, edits)
    if fields_of(spoken).get(path) != fields_of(order).get(path):
        assert (laid.order, laid.kept) == (spoken, ())
    assert lay_over(spoken, laid.kept).overtaken == ()


def test_a_value_that_the_cart_says_already_is_no_correction() -> None:
    assert planned(an_order(), ship_to__line1=HOME.line1) == ()


def test_quantities_and_money_are_the_carts_word() -> None:
    order = an_order("1", a_line("10", 2))
    for path in ("lines.10.quantity", "total"):
        with pytest.raises(NotEditable, match="would wait for units that never ship"):
            planned(order, **{path: "1"})
    with pytest.raises(NotEditable, match="its lines are: 10"):
        planned(order, **{"lines.99.sku": "X"})
    with pytest.raises(NotEditable, match=r"'ship_to[.]planet' cannot be corrected; what can be: ship_to[.]name"):
        planned(order, ship_to__planet="Mars")
    with pytest.raises(NotEditable, match="a moment such as"):
        planned(order, deliver_by="soon")
    with pytest.raises(NotEditable, match="needs a SKU"):
        planned(order, **{"lines.10.sku": " "})
    with pytest.raises(NotEditable, match=r"nobody has corrected notes; corrected: ship_to[.]line1"):
        planned(order, planned(order, ship_to__line1="1 Lane"), unset="notes")


def test_a_problem_does_not_tell_where_the_buyer_lives() -> None:
    order = an_order()
    edits = planned(order, ship_to__line1="1 Secret Lane", requested_service="Ground")
    moved = Address(**HOME.model_dump() | {"line1": "2 Secret Road"})
    newer = order.model_copy(update={"ship_to": moved, "requested_service": "2nd Day"})
    street, service = overtaken_problems(newer, lay_over(newer, edits).overtaken)
    assert "Secret" not in f"{street}"
    assert "corrected to Ground, now 2nd Day" in service.detail


def test_a_line_that_the_cart_takes_out_takes_its_correction_along() -> None:
    order = an_order("1", a_line("10"), a_line("20"))
    laid = lay_over(an_order("1", a_line("20")), planned(order, **{"lines.10.sku": "NEW"}))
    assert [edit.path for edit in laid.overtaken] == ["lines.10.sku"]


# From page to page


async def correct(world: World, *unset: str, key: str = "1", note: str = "", **wanted: str) -> Correctable:
    fields = {name.replace("__", "."): value for name, value in wanted.items()}
    order = await world.store.read(the_order, key)
    wish = Correction(fields, unset, "anna", note)
    return await world.store.write(correct_order, order.id, world.cart.read_order, wish, now=world.clock.now())


def streets(world: World) -> list[str]:
    return [request.ship_to.line1 for request in world.warehouse.requests]


NOWHERE = Address(**HOME.model_dump() | {"line1": ""})


@played
async def test_a_held_order_is_judged_and_sent_with_what_was_corrected(world: World) -> None:
    world.cart.sell(an_order("1").model_copy(update={"ship_to": NOWHERE}))
    await world.cycle()
    assert await world.problems() == [("unshippable_order", "N1")]
    await correct(world, ship_to__line1="12 Mill Lane", note="asked on the phone")
    assert ("main", "release") in await world.store.due_flows(now=world.clock.now())
    await world.flow("release")
    assert (streets(world), await world.problems()) == (["12 Mill Lane"], [])
    [deed] = await world.store.read(list_deeds)
    assert (deed.by, deed.subject, deed.after, deed.note) == ("anna", "N1", "set ship_to.line1", "asked on the phone")
    assert "Mill" not in f"{deed}"


@played
async def test_an_order_that_was_refused_is_sent_again_with_what_was_corrected(world: World) -> None:
    world.warehouse.faults["submit_order"].append(Fault.NO)
    world.cart.sell(an_order("1"))
    await world.cycle()
    assert await world.problems() == [("release_refused", "N1")]
    await correct(world, **{"lines.10.sku": "SKU-11"})
    await world.flow("release")
    assert [line.sku for request in world.warehouse.requests for line in request.lines] == ["SKU-11"]
    assert await world.problems() == []


@played
async def test_a_correction_stays_when_the_order_comes_again_and_ends_when_the_cart_speaks(world: World) -> None:
    world.cart.sell(an_order("1").model_copy(update={"ship_to": NOWHERE}))
    await world.cycle()
    await correct(world, requested_service="Ground", ship_to__city="Leeds")
    world.cart.change("1", notes="ring twice")
    await world.cycle()
    order = (await world.store.read(the_order, "1")).id
    documents = await world.select("SELECT document FROM record WHERE kind = 'order'")
    assert [Order.model_validate_json(text).ship_to.city for (text,) in documents] == ["Leeds"]
    world.cart.change("1", ship_to=Address(**NOWHERE.model_dump() | {"city": "York"}))
    await world.cycle()
    await world.cycle()
    assert await world.problems() == [("unshippable_order", "N1"), ("edit_overtaken", "N1/ship_to.city")]
    assert await world.select("SELECT count, order_id FROM problem WHERE code = 'edit_overtaken'") == [(1, order)]
    await correct(world, ship_to__city="Leeds", ship_to__line1="1 Lane")
    await world.flow("release")
    assert [request.ship_to.city for request in world.warehouse.requests] == ["Leeds"]
    assert await world.problems() == []


@played
async def test_our_own_correction_is_no_change_at_the_cart_and_goes_out_when_replaced(world: World) -> None:
    warehouse = with_withdrawals(world)
    with_market(world, an_order("1"))
    world.rules = replace(world.rules, changes_after_release="replace")
    await world.cycle(("download", "release", "acknowledge"))
    found = await correct(world, ship_to__line1="12 Mill Lane")
    assert found.told
    world.cart.change("1", notes="ring twice")
    await world.cycle(("sweep", "release", "amend"))
    assert (streets(world), await world.problems()) == ([HOME.line1], [])
    await take_back(world, "1", Purpose.REPLACE)
    await world.cycle(("amend", "release"))
    [sent] = warehouse.there()["N1"]
    assert (sent.ship_to.line1, sent.notes) == ("12 Mill Lane", "ring twice")


@played
async def test_what_is_given_back_after_the_release_is_no_change_at_the_cart_either(world: World) -> None:
    with_withdrawals(world)
    with_market(world, an_order("1").model_copy(update={"ship_to": NOWHERE}))
    await world.cycle(("download", "release"))
    await correct(world, ship_to__line1="12 Mill Lane")
    await world.flow("release")
    assert streets(world) == ["12 Mill Lane"]
    await correct(world, STREET)
    world.cart.change("1", notes="ring twice")
    await world.cycle(("sweep", "release"))
    assert await world.problems() == []


@played
async def test_an_order_of_which_the_cart_was_told_is_not_corrected(world: World) -> None:
    world.cart.sell(an_order("1"))
    await world.cycle()
    world.warehouse.pack(a_box("A", "N1", ("10", 1)))
    await world.cycle()
    with pytest.raises(NotEditable, match="the cart was told of a shipment"):
        await correct(world, ship_to__line1="1 Lane")


@played
async def test_corrections_leave_with_the_buyers_data(world: World) -> None:
    world.cart.sell(an_order("1").model_copy(update={"ship_to": NOWHERE}))
    await world.cycle()
    await correct(world, ship_to__line1="12 Mill Lane")
    await world.cycle()
    world.warehouse.pack(a_box("A", "N1", ("10", 1)))
    await world.cycle()
    assert await world.select("SELECT edits <> '' FROM orders") == [(1,)]
    await purge(world.store, Retention(), now=world.clock.now() + timedelta(days=31))
    assert await world.select("SELECT edits FROM orders") == [("",)]


@played
async def test_a_correction_that_comes_while_a_page_is_read_is_not_lost(world: World) -> None:
    world.cart.sell(an_order("1").model_copy(update={"ship_to": NOWHERE}))
    await world.cycle()
    meanwhile(world, lambda: correct(world, ship_to__line1="12 Mill Lane"))
    world.cart.change("1", notes="ring twice")
    await world.flow("download")
    await world.flow("release")
    assert [(request.ship_to.line1, request.notes) for request in world.warehouse.requests] == [
        ("12 Mill Lane", "ring twice")
    ]
