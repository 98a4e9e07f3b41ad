"""Problems close by themselves when their cause is gone: a scene for every kind, or why only a person can close it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from crossdock.engine.closing import ENDINGS
from crossdock.engine.problems import Code, Problem
from crossdock.store.queries import the_order

from . import (
    scenes_of_goods,
    scenes_of_labels,
    scenes_of_levels,
    scenes_of_records,
    scenes_of_reports,
    scenes_of_work,
)
from .builders import an_order
from .closing import SCENES, Scene
from .world import World, new_database, opened

NOTED = (
    scenes_of_goods,
    scenes_of_labels,
    scenes_of_levels,
    scenes_of_records,
    scenes_of_reports,
    scenes_of_work,
)
"""Their scenes are noted when they are imported."""
SHOWN_ELSEWHERE = {
    Code.SERVICE_SILENT: "core/tests/runtime/test_runtime_alerts.py",
    Code.ALERT_FAILED: "core/tests/store/test_store_alerts.py",
    Code.SHORT_PICK: "core/tests/engine",
    Code.RULES_DISAGREE: "core/tests/store/test_store_ship_methods.py",
}
"""Where the tests are that show it: they need more than a cart and a warehouse."""
ROOT = Path(__file__).parents[3]
RULE_HOLDS = (Code.ORDER_REVIEW, Code.HELD_BY_RULE, Code.MISSING_FIELD)


def play(folder: Path, scene: Callable[[World], Awaitable[None]]) -> None:
    """Play it in a world and a database of its own."""
    database = new_database(folder)

    async def run() -> None:
        async with opened(database) as world:
            await scene(world)

    asyncio.run(run())


@pytest.mark.parametrize(("code", "scene"), SCENES, ids=[f"{code}-{scene.__name__}" for code, scene in SCENES])
def test_it_closes_when_its_cause_is_gone(tmp_path: Path, code: Code, scene: Scene) -> None:
    async def watched(world: World) -> None:
        acts = scene(world)
        await anext(acts)
        assert code in dict(await world.problems())
        assert await anext(acts, "over") == "over"
        assert code not in dict(await world.problems())

    play(tmp_path, watched)


def test_every_kind_closes_by_itself_or_says_why_only_a_person_can() -> None:
    only_by_a_person = {code for code, ending in ENDINGS.items() if not ending.alone}
    shown = {*RULE_HOLDS, *(code for code, _ in SCENES)}
    assert shown | set(SHOWN_ELSEWHERE) | only_by_a_person == set(Code)
    assert not shown & only_by_a_person
    for code in only_by_a_person:
        assert "by a person's word: " in ENDINGS[code].when


@pytest.mark.parametrize(("code", "place"), SHOWN_ELSEWHERE.items())
def test_what_is_shown_elsewhere_is(code: Code, place: str) -> None:
    files = [ROOT / place] if place.endswith(".py") else (ROOT / place).glob("test_*.py")
    tests = (file.read_text(encoding="utf-8") for file in files if file != Path(__file__))
    assert any(code.value in text or code.name in text for text in tests)


@pytest.mark.parametrize("code", RULE_HOLDS)
def test_what_a_rule_holds_closes_when_the_order_is_on_its_way(tmp_path: Path, code: Code) -> None:
    async def scene(world: World) -> None:
        world.cart.sell(an_order("1"))
        await world.flow("download")
        order = await world.store.read(the_order, "1")
        held = [Problem(code, "N1", "held", order_id=order.id)]
        await world.store.report_problems("main", held, now=world.clock.now())
        await world.flow("release")
        assert await world.problems() == []

    play(tmp_path, scene)
