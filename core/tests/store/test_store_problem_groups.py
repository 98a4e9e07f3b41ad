"""Problems by their cause, and corrections of orders, on each database."""

import pytest

from crossdock.domain import Order
from crossdock.engine.edits import NotEditable
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import Unreadable
from crossdock.hooks.records import Record
from crossdock.store.audit import list_deeds
from crossdock.store.edits import Correction, correct_order, correctable
from crossdock.store.errors import ClosedAlready, StillOpen
from crossdock.store.problem_groups import Scope, Which, chosen_problems, like, problem_groups
from crossdock.store.queries import the_order
from crossdock.store.repair import reopen_problem, resolve_problem, retry_problem

from .shop import NOON, Shop, a_read, an_order, played, unreadable


def refused(subject: str, cause: str, *, title: str = "") -> Problem:
    return Problem(Code.PUBLISH_REFUSED, subject, title or f"{subject} is refused", cause=cause)


@played
async def test_problems_are_grouped_by_kind_and_cause_across_pipelines(shop: Shop) -> None:
    await shop.store.report_problems("main", [refused("A", "x"), refused("B", "y"), refused("C", "x")], now=NOON)
    shop.clock.advance(hours=1)
    await shop.store.report_problems("second", [refused("A", "x")], now=shop.now)
    await shop.store.report_problems("main", [refused("A", "x")], now=shop.now)
    await shop.store.report_problems("", [Problem(Code.CONNECTION_PAUSED, "cart", "paused")], now=shop.now)

    paused, x, y = await shop.store.read(problem_groups, Which())
    assert (x.cause, x.count, x.times, x.pipelines) == ("x", 3, 4, ("main", "second"))
    assert (x.first_seen, x.last_seen, x.title) == (NOON, shop.now, "A is refused")
    assert x.then == (
        f"crossdock problems retry --like {x.id}",
        f"crossdock problems resolve --like {x.id} --note TEXT",
    )
    assert (y.count, y.then[0]) == (1, f"crossdock problems retry {y.id}")
    assert (paused.pipelines, len(await shop.store.read(problem_groups, Which(), limit=1))) == ((), 1)

    same = await shop.store.read(like, Which(), x.id)
    assert [one.subject for one in await shop.store.read(chosen_problems, same)] == ["A", "A", "C"]
    ours = Which(scope=Scope(["second"], ["cart"]))
    assert {one.code for one in await shop.store.read(chosen_problems, ours)} == {
        "publish_refused",
        "connection_paused",
    }
    assert await shop.store.read(chosen_problems, Which(scope=Scope(["second"], ["other"]), code="over_picked")) == []


@played
async def test_what_people_do_about_problems_is_noted_with_their_names(shop: Shop) -> None:
    await shop.download(unreadable("1"), problems=[Problem(Code.UNREADABLE_ORDER, "1", "unreadable")])
    await shop.store.report_problems("main", [refused("A", "x")], now=NOON)
    first, second = sorted(one.id for one in await shop.store.read(chosen_problems, Which()))
    await shop.store.write(retry_problem, first, by="anna", now=NOON)
    await shop.store.write(resolve_problem, second, "a test", by="bob", ignore=True, now=NOON)
    with pytest.raises(ClosedAlready, match="is ignored already: a test"):
        await shop.store.write(resolve_problem, second, "again", ignore=True, now=NOON)
    await shop.store.write(reopen_problem, second, by="anna", note="no test", now=NOON)
    with pytest.raises(StillOpen):
        await shop.store.write(reopen_problem, second, now=NOON)
    deeds = [(one.by, one.action, one.subject, one.note) for one in await shop.store.read(list_deeds)]
    assert deeds == [
        ("anna", "reopen problem", "A", "no test"),
        ("bob", "ignore problem", "A", "a test"),
        ("anna", "retry problem", "1", ""),
    ]


def read(record: Record) -> Order:
    return an_order(record.id)


@played
async def test_a_correction_is_kept_with_its_order_and_has_it_read_again(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await shop.crash()
    order = await shop.store.read(the_order, "1")
    wish = Correction({"ship_to.city": "Leeds"}, (), "anna", "a typo")
    found = await shop.store.write(correct_order, order.id, read, wish, now=shop.now)
    assert [(edit.path, edit.value, edit.said, edit.by) for edit in found.edits] == [
        ("ship_to.city", "Leeds", "London", "anna")
    ]
    known = (await shop.store.known_orders("main", ["1"]))["1"]
    assert known.edits == found.edits
    assert [record.id for record in await shop.store.records_to_reread("main", "order", 9)] == ["1"]
    assert await shop.store.ready_orders("main", 9) == [], "what is to be read again does not go out as it was"
    assert ("main", "release") in await shop.store.due_flows(now=shop.now)
    [deed] = await shop.store.read(list_deeds)
    assert (deed.by, deed.action, deed.after, deed.note) == ("anna", "edit order", "set ship_to.city", "a typo")
    assert (await shop.store.read(correctable, order.id, read)).edits == found.edits


@played
async def test_an_order_that_cannot_be_read_cannot_be_corrected(shop: Shop) -> None:
    await shop.download(unreadable("1"))
    order = await shop.store.read(the_order, "1")

    def broken(record: Record) -> Order:
        raise Unreadable("it has no lines")

    with pytest.raises(NotEditable, match="cannot be read, so that nothing of it can be corrected: it has no lines"):
        await shop.store.read(correctable, order.id, broken)
