"""Numbers that both sides said: kept where they change, so that a quiet shelf costs nothing."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from crossdock.engine.positions import LevelReading, Side
from crossdock.store.level_reads import LevelReadView, list_level_reads
from crossdock.store.purge import Retention, purge

from .shop import NOON, Shop, play, played
from .test_store_plans import _plan


async def note(shop: Shop, *readings: tuple[str, str, int], side: Side = Side.CART, pipeline: str = "main") -> int:
    """Note these numbers (SKU, place, quantity); says how many were news."""
    made = [LevelReading(*one) for one in readings]
    return await shop.store.note_levels(pipeline, side, made, "a test", now=shop.now)


async def listed(shop: Shop, sku: str = "A", **asked: Any) -> list[tuple[str, str, int]]:
    """(side, place, quantity) of what was read of a SKU, the newest first."""
    found = await shop.store.read(list_level_reads, sku=sku, **asked)
    return [(one.side, one.place, one.quantity) for one in found]


@played
async def test_a_number_is_noted_when_it_differs_from_the_last_one(shop: Shop) -> None:
    assert await note(shop, ("A", "0", 3), ("A", "-2", 3)) == 2
    shop.clock.advance(minutes=1)
    assert await note(shop, ("A", "0", 3), ("A", "-2", 4)) == 1
    shop.clock.advance(minutes=1)
    assert await note(shop, ("A", "0", 5), ("A", "-2", 3)) == 2
    assert await listed(shop) == [
        ("cart", "-2", 3),
        ("cart", "0", 5),
        ("cart", "-2", 4),
        ("cart", "-2", 3),
        ("cart", "0", 3),
    ]
    found = (await shop.store.read(list_level_reads, sku="A"))[-1]
    first = LevelReadView(1, "main", "cart", "A", "0", 3, NOON, None, "a test", NOON + timedelta(minutes=2))
    assert found == first


@played
async def test_sides_and_pipelines_are_kept_apart(shop: Shop) -> None:
    assert await note(shop, ("A", "0", 3)) == 1
    assert await note(shop, ("A", "0", 3), side=Side.WAREHOUSE) == 1
    assert await note(shop, ("A", "0", 3), pipeline="other") == 1
    assert await note(shop, ("A", "0", 3)) == 0
    assert len(await listed(shop)) == 3
    assert await listed(shop, pipelines=["other"]) == [("cart", "0", 3)]


@played
async def test_skus_that_differ_in_case_alone_are_found_together_and_told_apart(shop: Shop) -> None:
    assert await note(shop, ("tee", "0", 3), ("TEE", "0", 4)) == 2
    assert await note(shop, ("tee", "0", 3), ("TEE", "0", 4)) == 0
    assert len(await listed(shop, "Tee")) == 2


@played
async def test_of_a_number_that_is_given_twice_the_later_counts(shop: Shop) -> None:
    assert await note(shop, ("A", "0", 3), ("A", "0", 4)) == 1
    assert await listed(shop) == [("cart", "0", 4)]


@played
async def test_old_numbers_go_and_the_last_one_of_everything_stays(shop: Shop) -> None:
    await note(shop, ("A", "0", 1), ("B", "0", 1))
    shop.clock.advance(days=1)
    await note(shop, ("A", "0", 2))
    shop.clock.advance(days=40)
    await note(shop, ("A", "0", 3))
    purged = await purge(shop.store, Retention(), now=shop.now)
    assert purged.level_reads == 1
    assert (await listed(shop), await listed(shop, "B")) == ([("cart", "0", 3), ("cart", "0", 2)], [("cart", "0", 1)])
    assert await listed(shop, since=shop.now) == [("cart", "0", 3)]
    assert await note(shop, ("B", "0", 1)) == 0


@played
async def test_two_processes_that_note_one_number_at_the_same_moment_do_no_harm(shop: Shop) -> None:
    await note(shop, ("A", "0", 1))
    await shop.store.write(lambda conn: conn.exec_driver_sql("UPDATE level_read SET replaced_at = NULL"))
    same = "INSERT INTO level_read (pipeline, side, subject, sku, place, quantity, read_at, read_for) "
    await shop.store.write(
        lambda conn: conn.exec_driver_sql(f"{same} VALUES ('main', 'cart', 'a', 'A', '0', 1, 0, '')")
    )
    assert await note(shop, ("A", "0", 1)) == 1
    assert await note(shop, ("A", "0", 1)) == 0


def test_many_unchanged_numbers_cost_a_few_reads_and_no_write(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        statements.setdefault(f"{len(statements)} {statement}", parameters)

    async def scene(shop: Shop) -> None:
        many = [(f"SKU-{number}", "0", number) for number in range(2000)]
        assert await note(shop, *many) == 2000
        event.listen(Engine, "before_cursor_execute", remember)
        try:
            assert await note(shop, *many) == 0
        finally:
            event.remove(Engine, "before_cursor_execute", remember)
        made = {statement.partition(" ")[2]: at for statement, at in statements.items()}
        asked = [one.split()[1] for one in statements]
        assert (asked.count("SELECT"), asked.count("INSERT"), asked.count("UPDATE")) == (4, 0, 0)
        for statement, parameters in made.items():
            if statement.startswith("SELECT"):
                steps = await shop.store.read(_plan, statement, parameters)
                assert re.search("level_read_last", " ".join(steps)), steps

    play(sqlite_url, scene)


rounds = st.lists(
    st.lists(st.tuples(st.sampled_from("Aab"), st.sampled_from(("0", "1")), st.integers(0, 3)), max_size=5), max_size=6
)


def test_the_last_number_is_always_known_and_no_two_in_a_row_are_the_same(new_sqlite: Any) -> None:
    @settings(deadline=None, max_examples=12, print_blob=True)
    @given(rounds)
    def law(read: list[list[tuple[str, str, int]]]) -> None:
        async def scene(shop: Shop) -> None:
            told: dict[tuple[str, str], int] = {}
            for some in read:
                shop.clock.advance(minutes=1)
                await note(shop, *some)
                told |= {(sku, place): quantity for sku, place, quantity in some}
            rows = await shop.rows("SELECT sku, place, quantity, replaced_at FROM level_read ORDER BY id")
            assert {(sku, place): number for sku, place, number, gone in rows if gone is None} == told
            for key in told:
                numbers = [number for sku, place, number, _ in rows if (sku, place) == key]
                assert all(one != later for one, later in pairwise(numbers))

        play(new_sqlite(), scene)

    law()
