"""One cart and two warehouses that really listen: each ships its part, and the cart hears of both."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from world import Line, Warehouse, World
from world.reading import order_line, problems, read
from world.sales import EAST, FBA, WEST, line_id
from world.settings import secret

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_warehouseos.sandbox import sandbox_app

WorldMaker = Callable[..., World]
SPLIT = {EAST: [2, 0], WEST: [1, 1]}


@dataclass
class Places:
    """A world in which centre 2 has a warehouse of its own, `west`."""

    world: World
    west: Warehouse

    @property
    def asked(self) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
        """By number, the pieces of each item that each warehouse is to pick."""
        east, west = (
            {
                number: {line["item"]: line["requested"] for line in told["lines"]}
                for number, told in one.orders().items()
            }
            for one in (self.world.warehouse, self.west)
        )
        return east, west


@pytest.fixture
def new_places(new_world: WorldMaker) -> Iterator[Callable[..., Places]]:
    with ExitStack() as stack:

        def opened(**options: object) -> Places:
            world = new_world(**options)
            app = sandbox_app(Scenario(seed=2, orders=0, options=options.get("warehouse", {})))  # type: ignore[arg-type]
            west = Warehouse(stack.enter_context(SandboxServer(app)).url)
            login = {"connector": "warehouseos", "base_url": west.url, "api_key": secret("warehouse_key")}
            world.connections["west"] = login
            world.pipeline["distribution_centers"]["2"] = {"fulfillment_target": "west"}
            return Places(world, west)

        yield opened


@pytest.fixture
def places(new_places: Callable[..., Places]) -> Places:
    return new_places()


def test_each_warehouse_ships_its_part_and_the_cart_hears_of_both(places: Places) -> None:
    world, west = places.world, places.west
    order = world.cart.sells("A-1", Line("SKU-0001", 3), Line("SKU-0002"), leaves_from=SPLIT)
    world.run()
    assert places.asked == ({"A-1-1": {"SKU-0001": 2}}, {"A-1-2": {"SKU-0001": 1, "SKU-0002": 1}})
    assert world.cart.exports(order) == 1

    west.works()
    world.run()
    assert world.cart.shipped(order) == {line_id(order, 1): 1, line_id(order, 2): 1}
    world.warehouse.works()
    world.run()
    assert set(world.cart.still_open(order).values()) == {0}
    assert len(world.cart.ships(order)) == 2
    assert order_line(world, "A-1") == "shipped"
    story = json.loads(world.says("orders", "show", "A-1", "--json").out)
    assert {one["connection"] for one in story["promises"] if one["kind"] == "release"} == {"warehouse", "west"}


def test_what_somebody_else_ships_is_left_alone(places: Places) -> None:
    world = places.world
    mixed = {"DistributionCenterTypeRollup": "Mixed"}
    parts = {EAST: [1, 0, 0], WEST: [0, 2, 0], FBA: [0, 0, 1]}
    lines = (Line("SKU-0001"), Line("SKU-0002", 2), Line("SKU-0003"))
    world.cart.sells("A-1", *lines, leaves_from=parts, **mixed)
    world.run()
    assert places.asked == ({"A-1-1": {"SKU-0001": 1}}, {"A-1-2": {"SKU-0002": 2}})


def test_a_warehouse_that_is_down_stops_nothing_at_the_other_one(places: Places) -> None:
    world, west = places.world, places.west
    west.faults(seed=1, error_503=1.0, only_paths="AddOrder")
    both = world.cart.sells("A-1", Line("SKU-0001", 3), Line("SKU-0002"), leaves_from=SPLIT)
    east = [world.cart.sells(f"E-{number}", Line("SKU-0001")) for number in range(3)]
    away = world.cart.sells("W-1", Line("SKU-0001"), leaves_from=WEST)
    world.run()
    assert {number for number in places.asked[0] if number.startswith("E")} == {"E-0", "E-1", "E-2"}
    world.warehouse.works()
    world.run()
    assert [sum(world.cart.still_open(order).values()) for order in east] == [0, 0, 0]
    assert world.cart.exports(away) == world.cart.exports(both) == 0

    west.faults(seed=1)
    world.run_until(lambda: west.orders().keys() == {"A-1-2", "W-1"})
    west.works()
    world.warehouse.works()
    world.run_until(lambda: not any(world.cart.still_open(both).values()))
    assert world.cart.exports(away) == world.cart.exports(both) == 1
    assert problems(world) == []


def test_a_cancellation_of_what_one_warehouse_gave_up_counts_while_the_other_one_is_down(places: Places) -> None:
    world, west = places.world, places.west
    world.pipeline["short_picks"] = "ask"
    west.faults(seed=1, error_503=1.0, only_paths="AddOrder")
    order = world.cart.sells("A-1", Line("SKU-0001", 3), Line("SKU-0002"), leaves_from=SPLIT)
    world.run()
    short = {"act": "complete", "order": "A-1-1", "short": True}
    world.warehouse.acts({"act": "batch", "orders": ["A-1-1"]}, short)
    world.run()
    [problem] = problems(world)
    assert "--quantity 2" in problem.text
    read(world, *f"orders cancel A-1 --line {line_id(order, 1)} --quantity 2 --reason not_available --anyway".split())
    world.run()
    assert problems(world) == []

    west.faults(seed=1)
    world.run_until(lambda: west.orders().keys() == {"A-1-2"})
    west.works()
    world.run_until(lambda: not any(world.cart.still_open(order).values()))
    assert world.cart.shipped(order) == {line_id(order, 1): 1, line_id(order, 2): 1}
    for minutes in (20, 40):
        world.run(later=timedelta(minutes=minutes))
    assert problems(world) == []
    assert order_line(world, "A-1") == "shipped"


def test_a_person_holds_resumes_and_takes_back_an_order_at_both(places: Places) -> None:
    world, west = places.world, places.west
    world.cart.sells("A-1", Line("SKU-0001", 3), Line("SKU-0002"), leaves_from=SPLIT)
    world.run()
    read(world, "orders", "hold", "A-1")
    assert {told["status"] for one in (world.warehouse, west) for told in one.orders().values()} == {"Hold"}
    read(world, "orders", "resume", "A-1")
    told = read(world, "orders", "withdraw", "A-1", "--yes")
    assert "has forgotten order A-1" in told
    assert places.asked == ({}, {})
    read(world, "orders", "release", "A-1")
    world.run()
    assert places.asked == ({"A-1-1": {"SKU-0001": 2}}, {"A-1-2": {"SKU-0001": 1, "SKU-0002": 1}})


def test_the_preview_shows_what_each_warehouse_would_get(places: Places) -> None:
    world = places.world
    world.cart.sells("A-1", Line("SKU-0001", 3), Line("SKU-0002"), leaves_from=SPLIT)
    told = world.says("preview", "--pipeline", "main")
    assert told.code == 0, told.err
    assert "A-1-1" in told.out
    assert "A-1-2" in told.out
    assert places.asked == ({}, {})


def test_bundles_of_a_table_are_packed_in_both_warehouses_and_told_as_whole_ones(places: Places) -> None:
    world, west = places.world, places.west
    (world.folder / "bundles.csv").write_text("bundle,component,quantity\nSET,SKU-0001,2\nSET,SKU-0002,1\n")
    world.pipeline["bundles"] = "bundles.csv"
    order = world.cart.sells("A-1", Line("SET", 4), leaves_from={EAST: [3], WEST: [1]})
    world.run()
    assert places.asked == ({"A-1-1": {"SKU-0001": 6, "SKU-0002": 3}}, {"A-1-2": {"SKU-0001": 2, "SKU-0002": 1}})
    pick = {"act": "pick", "order": "A-1-1"}
    short = [{**pick, "item": "SKU-0001", "quantity": 5}, {**pick, "item": "SKU-0002", "quantity": 3}]
    world.warehouse.acts({"act": "batch", "orders": ["A-1-1"]}, *short, {"act": "pack", "order": "A-1-1"})
    west.works()
    world.run()
    assert world.cart.shipped(order) == {line_id(order, 1): 3}, "two whole ones from the east, one from the west"
    listed = json.loads(world.says("bundles", "list", "SKU-0002", "--json").out)
    assert [(one["bundle"], one["component"], one["quantity"]) for one in listed] == [
        ("SET", "SKU-0001", 2),
        ("SET", "SKU-0002", 1),
    ]
    assert world.says("bundles", "list", "--csv").out.splitlines()[1] == "main,SET,SKU-0001,2"


def test_a_table_with_a_nested_bundle_is_refused_by_check(places: Places, tmp_path: Path) -> None:
    world = places.world
    (world.folder / "bundles.csv").write_text("bundle,component,quantity\nBOX,SET,2\nSET,SKU-0002,1\n")
    world.pipeline["bundles"] = "bundles.csv"
    told = world.says("check")
    assert told.code == 1
    assert "component SET of bundle BOX is a bundle itself" in " ".join(told.err.split())


@pytest.mark.slow
def test_a_killed_process_leaves_each_part_exactly_once(places: Places) -> None:
    world, west = places.world, places.west
    west.faults(seed=3, slow=1.0, slow_seconds=0.02)
    orders = [world.cart.sells(f"A-{n}", Line("SKU-0001", 3), Line("SKU-0002"), leaves_from=SPLIT) for n in range(12)]
    with world.start("run", "--once", "--quiet") as process:
        while not west.orders():
            assert process.poll() is None
        process.kill()
    west.faults(seed=3)
    world.run_until(lambda: len(west.orders()) == len(world.warehouse.orders()) == 12)
    west.works()
    world.warehouse.works()
    world.run_until(lambda: all(not any(world.cart.still_open(order).values()) for order in orders))
    assert [world.cart.exports(order) for order in orders] == [1] * 12
    assert [len(world.cart.ships(order)) for order in orders] == [2] * 12
    assert problems(world) == []
