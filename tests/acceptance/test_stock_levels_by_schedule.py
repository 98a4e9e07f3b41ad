"""Levels by the schedule of a running crossdock: they count with what both ends have told by then."""

import asyncio
from pathlib import Path

import pytest
from world import Line, World
from world.levels import WorldMaker, shop_of_levels
from world.operator import SOON
from world.reading import read

from crossdock.config import load_config
from crossdock.engine.run_ports import RunReport
from crossdock.runtime.host import open_host
from crossdock.runtime.schedule import Rounds

SKU = "SKU-0001"


@pytest.fixture
def shop(new_world: WorldMaker) -> World:
    """A world whose cart is told levels each second, while everything else is done once a day."""
    shop = shop_of_levels(new_world, {SKU: {"EAST": 50, "WEST": 10}})()
    shop.pipeline["services"] = {**dict.fromkeys(shop.pipeline["services"], "1d"), "levels": "1s"}
    return shop


def test_what_the_warehouse_tells_once_a_day_is_heard_and_passed_on_before_each_level(shop: World) -> None:
    number = shop.cart.sells("O-1", Line(SKU, 3))
    shop.run()

    ended = asyncio.run(ended_until_levels_were_counted(shop, shop.config(), times=2))

    again = ended[ended.index("levels") + 1 :]
    assert again[-3:] == ["collect", "confirm", "levels"]
    assert shop.cart.order(number)["shipping"] == "Shipped"


def test_what_a_person_has_paused_is_not_done_before_a_level_either(shop: World) -> None:
    read(shop, "services", "pause", "collect", "--reason", "stock count")

    ended = asyncio.run(ended_until_levels_were_counted(shop, shop.config(), times=1))

    assert "confirm" in ended
    assert "collect" not in ended


async def ended_until_levels_were_counted(shop: World, config: Path, *, times: int) -> list[str]:
    """Which flows ended, one after the other, until the levels were worked out so often; people pack in between."""
    ended: list[str] = []
    stop = asyncio.Event()

    def note(pipeline: str, flow: str, report: RunReport) -> None:
        ended.append(flow)
        if flow == "levels" and ended.count(flow) == times:
            stop.set()
        elif flow == "levels":
            shop.warehouse.works()

    async with open_host(load_config(config), retry=SOON, quiet=True) as host:
        await Rounds(host, stop, note).run()
    return ended
