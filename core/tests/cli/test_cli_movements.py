"""`crossdock areas`, `stock levels` and `stock movements`: from a shift in the warehouse to the cart's levels."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Cart, crossdock_in, simulated

SKU = "SKU-0001"
LOCATIONS = [{"name": f"{area}-01", "area": area} for area in ("MAIN", "BULK", "WEST", "DOCK")]
CONFIG = """
[store]
url = "sqlite:///crossdock.db"

[connections.cart]
connector = "channeladvisor"
base_url = "{cart}"
application_id = "sandbox-application"
shared_secret = {{ env = "DEMO_SHARED_SECRET" }}
refresh_token = {{ env = "DEMO_REFRESH_TOKEN" }}

[connections.warehouse]
connector = "warehouseos"
base_url = "{warehouse}"
api_key = {{ env = "DEMO_WAREHOUSE_KEY" }}

[pipelines.main]
inventory_source = "warehouse"
inventory_sink = "cart"
catalog_source = "cart"
unsold_areas = ["QUARANTINE"]

[pipelines.main.distribution_centers]
"1" = {{ area = "MAIN", stock_areas = ["MAIN", "BULK*"] }}
"2" = {{ area = "WEST" }}
"""


@dataclass(frozen=True)
class House:
    """A cart and a warehouse with stock, and the command line between them."""

    cart: Cart
    warehouse: str
    crossdock: Callable[..., tuple[int, str]]

    def work(self, *acts: dict[str, Any]) -> None:
        """People in the warehouse do this."""
        with httpx.Client() as client:
            client.post(f"{self.warehouse}/_floor", json=list(acts)).raise_for_status()

    def run(self) -> None:
        code, told = self.crossdock("run", "--once", "--quiet")
        assert code == 0, told


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, str]]:
    folder = tmp_path_factory.mktemp("moving")
    options = {
        "api_key": "a-key",
        "items": [SKU, "SKU-0002"],
        "areas": ["MAIN", "BULK", "WEST", "DOCK"],
        "locations": LOCATIONS,
        "stock": {SKU: {"MAIN/MAIN-01": 20, "BULK/BULK-01": 30}},
    }
    with simulated("channeladvisor", 0) as cart, simulated("warehouseos", 0, **options) as warehouse:
        (folder / "crossdock.toml").write_text(CONFIG.format(cart=cart, warehouse=warehouse))
        yield folder, cart, warehouse


@pytest.fixture
def house(systems, typed, monkeypatch) -> House:
    folder, cart, warehouse = systems
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DEMO_SHARED_SECRET", "sandbox-secret")
    monkeypatch.setenv("DEMO_REFRESH_TOKEN", "sandbox-refresh-token")
    monkeypatch.setenv("DEMO_WAREHOUSE_KEY", "a-key")
    return House(Cart(cart, crossdock_in(folder)), warehouse, typed)


def test_what_moves_in_the_warehouse_is_what_the_cart_can_sell(house):
    house.run()
    before = house.cart.held(SKU)
    house.work(
        {"act": "put", "item": SKU, "quantity": 7, "place": "MAIN"},
        {"act": "pull", "item": SKU, "quantity": 2, "place": "BULK", "reason": "DAMAGE"},
        {"act": "move", "item": SKU, "quantity": 4, "origin": "MAIN", "destination": "WEST"},
        {"act": "move", "item": SKU, "quantity": 9, "origin": "BULK", "destination": "MAIN"},
        {"act": "put", "item": SKU, "quantity": 3, "place": "DOCK"},
    )
    house.run()
    assert house.cart.held(SKU) == {**before, "1": before["1"] + 1, "2": before["2"] + 4}

    code, told = house.crossdock("stock", "movements", SKU, "--json")
    states = {(one["kind"], one["quantity"]): one["state"] for one in json.loads(told)}
    assert code == 0
    assert states == {
        ("put", 7): "planned",
        ("pull", 2): "planned",
        ("move", 4): "planned",
        ("move", 9): "nothing",
        ("put", 3): "unmapped",
    }
    shown = house.crossdock("stock", "show", SKU)[1]
    assert "+1 at 1, +4 at 2" in shown
    assert "DAMAGE" in shown
    assert "from BULK BULK-01" in shown
    assert "area 'DOCK'" in house.crossdock("problems", "list")[1]
    unmapped = house.crossdock("stock", "movements", "--state", "unmapped")[1]
    assert "to DOCK DOCK-01" in unmapped
    assert "DAMAGE" not in unmapped


def test_areas_are_listed_with_where_their_stock_counts(house):
    code, told = house.crossdock("areas", "list")
    assert code == 0
    assert "distribution centre 1 (pattern rule 'BULK*')" in told
    assert "unmapped: no rule names it" in told
    assert "The config names area 'QUARANTINE', which the warehouse does not have." in told
    rows = {one["area"]: one for one in json.loads(house.crossdock("areas", "list", "--json")[1])}
    assert (rows["WEST"]["standing"], rows["WEST"]["distribution_center"]) == ("counts", "2")
    assert (rows["DOCK"]["standing"], rows["DOCK"]["distribution_center"]) == ("unmapped", None)


def test_locations_are_listed_with_where_people_walk_past_them(house):
    code, told = house.crossdock("areas", "locations")
    assert code == 0
    assert all(location["name"] in told for location in LOCATIONS)
    (row,) = json.loads(house.crossdock("areas", "locations", "--area", "BULK", "--json")[1])
    assert (row["area"], row["name"], row["kind"], row["pick_sequence"]) == ("BULK", "BULK-01", "Shelf", None)
    assert "The warehouse has no location like that." in house.crossdock("areas", "locations", "--area", "GHOST")[1]


def test_levels_are_what_lies_in_the_warehouse_now_by_area(house):
    code, told = house.crossdock("stock", "levels", "--sku", SKU, "--json")
    levels = {one["area"]: one["quantity"] for one in json.loads(told) if one["quantity"]}
    assert code == 0
    assert sum(levels.values()) >= 50
    assert {one["model"] for one in json.loads(told)} == {"on_hand"}
    (row,) = json.loads(house.crossdock("stock", "levels", "--sku", SKU, "--area", "BULK", "--json")[1])
    assert (row["area"], row["quantity"]) == ("BULK", levels["BULK"])
    assert "on hand" in house.crossdock("stock", "levels")[1]
    assert "The warehouse has no level like that." in house.crossdock("stock", "levels", "--sku", "GHOST")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("stock", "movements", "--state", "lost"), "'lost' is none of waiting, planned, level, nothing, unmapped"),
        (("stock", "levels", "--sku", "A", "--master-item", "B"), "it goes with neither --sku nor --area"),
        (("areas", "list", "--pipeline", "gone"), "no enabled pipeline 'gone' with an inventory source"),
    ],
)
def test_a_mistake_is_a_sentence(house, words, told):
    code, said = house.crossdock(*words)
    assert code == 2
    assert told in " ".join(said.split())


def by(systems, file: str, stock: str) -> tuple[str, ...]:
    """The same two systems with a ledger of its own and these rules for stock; the options that name it."""
    folder, cart, warehouse = systems
    text = CONFIG.format(cart=cart, warehouse=warehouse).replace("crossdock.db", f"{file}.db")
    (folder / f"{file}.toml").write_text(f"{text}\n[pipelines.main.stock]\n{stock}\n")
    return ("--config", str(folder / f"{file}.toml"))


def test_a_cart_that_knows_products_by_another_name_is_told_by_that(house, systems):
    config = by(systems, "aliased", 'alias = "cart"\naliases = "aliases.csv"')
    (systems[0] / "aliases.csv").write_text("sku,type,alias\nSKU-0002,cart,SKU-0003\n")
    house.crossdock("run", "--once", "--quiet", *config)
    before = {sku: house.cart.held(sku) for sku in (SKU, "SKU-0002", "SKU-0003")}
    house.work(
        {"act": "put", "item": SKU, "quantity": 5, "place": "MAIN"},
        {"act": "put", "item": "SKU-0002", "quantity": 2, "place": "MAIN"},
    )
    code, told = house.crossdock("run", "--once", "--quiet", *config)
    assert code == 0, told
    after = {sku: house.cart.held(sku) for sku in before}
    assert after == {**before, "SKU-0003": {**before["SKU-0003"], "1": before["SKU-0003"].get("1", 0) + 2}}
    (left,) = json.loads(house.crossdock("stock", "movements", SKU, "--limit", "1", "--json", *config)[1])
    assert (left["state"], left["outcome"]) == ("nothing", "it has no alias of type cart")
    shown = house.crossdock("stock", "movements", SKU, "--limit", "1", *config)[1]
    assert "it has no alias of type cart" in " ".join(shown.split())


def test_where_levels_are_told_movements_are_left_to_them(house, systems):
    config = by(systems, "levels", 'send = "set"')
    before = house.cart.held(SKU)
    house.work({"act": "put", "item": SKU, "quantity": 5, "place": "MAIN"})
    code, told = house.crossdock("run", "--once", "--quiet", *config)
    assert code == 0, told
    assert house.cart.held(SKU) == before, "the first levels wait for a person's word"
    (left,) = json.loads(house.crossdock("stock", "movements", "--state", "level", "--json", *config)[1])
    assert (left["quantity"], left["promise_key"], left["outcome"]) == (5, "", "")


def test_nothing_known_is_said(house):
    house.run()
    assert "No movement is like that." in house.crossdock("stock", "movements", "GHOST")[1]


@pytest.mark.parametrize("command", ["stock movements", "stock levels", "areas list", "areas locations"])
def test_help_of_each_command_shows_how_it_is_called(typed, command):
    code, told = typed(*command.split(), "--help")
    assert code == 0
    assert f"crossdock {command}" in told.split("Options:")[0].partition("Example")[2]
