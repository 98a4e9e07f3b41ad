"""`crossdock stock show`: one product's story, from the warehouse's transactions to the cart and back."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Crossdock, crossdock_in, simulated

SKU, KIT = "SKU-0001", "MUG-SET"
CONFIG = """
[store]
url = "sqlite:///crossdock.db"

[connections.cart]
connector = "channeladvisor"
base_url = "{cart}"
application_id = "sandbox-application"
shared_secret = {{ env = "DEMO_SHARED_SECRET" }}
refresh_token = {{ env = "DEMO_REFRESH_TOKEN" }}
distribution_centers = [1, 2]

[connections.warehouse]
connector = "warehouseos"
base_url = "{warehouse}"
api_key = {{ env = "DEMO_WAREHOUSE_KEY" }}

[pipelines.main]
order_source = "cart"
fulfillment_target = "warehouse"
inventory_source = "warehouse"
inventory_sink = "cart"
{more}
services.reconcile = "off"
services.census = "off"

[pipelines.main.distribution_centers]
"1" = {{ area = "EAST" }}
"2" = {{ area = "WEST" }}

[pipelines.main.ship_methods]
inbound = [{{ to = {{ carrier = "UPS", service = "GROUND" }} }}]
"""


@dataclass(frozen=True)
class House:
    """A cart, a warehouse, and the command line between them."""

    cart: str
    warehouse: str
    crossdock: Crossdock

    def work(self, *acts: dict[str, Any]) -> None:
        """People in the warehouse do this."""
        httpx.post(f"{self.warehouse}/_floor", json=list(acts)).raise_for_status()

    def sell(self, **pieces: int) -> str:
        """A buyer orders; gives the order's id."""
        lines = {sku.replace("_", "-"): number for sku, number in pieces.items()}
        return str(httpx.post(f"{self.cart}/_sell", json=lines).raise_for_status().json()["ID"])

    def run(self) -> None:
        done = self.crossdock("run", "--once", "--quiet")
        assert done.returncode == 0, done.stdout + done.stderr

    def says(self, *words: str) -> str:
        done = self.crossdock("stock", "show", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.says(*words, "--json"))
        return found


@pytest.fixture(scope="module")
def systems() -> Iterator[tuple[str, str]]:
    options = {
        "api_key": "a-key",
        "items": [SKU, "SKU-0002", "SKU-0003"],
        "areas": ["EAST", "WEST"],
        "stock": {SKU: {"EAST": 20, "WEST": 5}},
    }
    with simulated("channeladvisor", 0) as cart, simulated("warehouseos", 0, **options) as warehouse:
        yield cart, warehouse


@pytest.fixture
def house(systems: tuple[str, str], tmp_path: Path) -> House:
    return at(systems, tmp_path)


def at(systems: tuple[str, str], folder: Path, more: str = "") -> House:
    cart, warehouse = systems
    (folder / "crossdock.toml").write_text(CONFIG.format(cart=cart, warehouse=warehouse, more=more))
    alone = crossdock_in(folder)
    secrets = {"DEMO_SHARED_SECRET": "sandbox-secret", "DEMO_REFRESH_TOKEN": "sandbox-refresh-token"}
    return House(cart, warehouse, Crossdock(folder, {**alone.environment, **secrets, "DEMO_WAREHOUSE_KEY": "a-key"}))


def put(quantity: int, place: str = "EAST", **more: Any) -> dict[str, Any]:
    return {"act": "put", "item": SKU, "quantity": quantity, "place": place, "reason": "FOUND", **more}


def test_a_transaction_is_told_with_what_the_cart_held_was_told_and_by_whom_it_was_corrected(house: House) -> None:
    house.work(put(7, user="ann"), {"act": "move", "item": SKU, "quantity": 2, "origin": "EAST", "destination": "WEST"})
    house.run()
    house.crossdock("stock", "adjust", SKU, "1=-1", "--reason", "broken", "--by", "bob")
    house.run()

    said = house.says(SKU)
    lines = [line.strip() for line in said.splitlines()]
    assert [line.split()[1] for line in lines if line[2:3] == ":"] == [
        *("moved", "moved", "promised", "read", "told"),
        *("promised", "read", "told"),
    ]
    assert "put 7 to EAST EAST-01-01, FOUND" in said
    assert "at 1, read" in said
    assert "UTC; told since: -1 at 1" in said
    assert "+5 at 1, +2 at 2, of 2 movements" in said
    assert "by ann" in said
    assert "-1 at 1 (broken)" in said
    assert "by bob" in said

    found = house.told(SKU)
    last = found["changes"][0]["change"]
    assert last["centers"] == [{"distribution_center": "1", "quantity": -1}]
    assert last["before"]["available"]
    assert [one["moved_by"] for one in found["movements"]] == ["", "ann"]
    key = found["changes"][1]["change"]["key"]
    assert found["netted"] == {key: 2}
    assert [deed["by"] for deed in found["deeds"]] == ["bob"]
    assert (found["cart"], found["orders"], found["levels"]) == (None, [], [])

    rows = list(csv.DictReader(io.StringIO(house.says(SKU, "--csv"), newline="")))
    assert [row["what"] for row in rows] == [line.split()[1] for line in lines if line[2:3] == ":"]
    assert rows[5] == rows[5] | {"by": "bob", "state": "done", "sku": SKU, "pipeline": "main"}
    assert {row["key"] for row in rows[:2]} == {key}


def test_a_product_is_found_however_its_letters_are_written(house: House) -> None:
    house.work(put(1))
    house.run()
    assert house.told(SKU.lower())["movements"] == house.told(SKU)["movements"] != []
    assert house.told(SKU.lower())["names"] == [SKU]
    assert f"also {SKU}" in house.says(SKU.lower())


def test_orders_that_wait_for_it_are_named_with_their_pieces_and_centres(house: House) -> None:
    house.run()
    assert house.told(SKU)["orders"] == []
    first = house.sell(SKU_0001=3)
    house.run()
    held = house.crossdock("services", "pause", "release", "--pipeline", "main", "--reason", "counting")
    assert held.returncode == 0, held.stderr
    second = house.sell(SKU_0002=1, SKU_0001=2)
    house.run()

    [there, here] = house.told(SKU)["orders"]
    assert (there["pieces"], there["there"], here["pieces"], here["there"]) == (3, True, 2, False)
    assert there["centers"] in (["1"], ["2"])
    said = house.says(SKU.lower())
    for order in (first, second):
        number = next(
            one["number"]
            for one in json.loads(house.crossdock("orders", "list", "--json").stdout)
            if one["external_id"] == order
        )
        assert f"order {number}" in said
    assert "the warehouse was not asked for them yet" in said
    assert [one["pieces"] for one in house.told("SKU-0002")["orders"]] == [1]
    house.crossdock("orders", "cancel", first)


def test_an_alias_tells_the_story_of_its_product_and_the_product_that_of_its_alias(
    systems: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "aliases.csv").write_text("sku,type,alias\nSKU-0001,CART,SKU-0003\n")
    house = at(systems, tmp_path, 'stock = { alias = "CART", aliases = "aliases.csv" }')
    house.work(put(4))
    house.run()
    by_product, by_alias = house.told(SKU), house.told("sku-0003")
    assert by_product["movements"] == by_alias["movements"] != []
    assert [one["change"]["item"]["sku"] for one in by_alias["changes"]] == ["SKU-0003"]
    assert by_product["changes"] == by_alias["changes"]
    assert (by_product["names"], by_alias["names"]) == (["SKU-0003"], ["SKU-0001", "SKU-0003"])
    live = house.told(SKU, "--live")["cart"]
    assert live["item"]["sku"] == "SKU-0003"


def test_levels_are_told_with_what_they_were_made_of(systems: tuple[str, str], tmp_path: Path) -> None:
    house = at(systems, tmp_path, 'stock = { send = "set", meaning = "sellable", buffer = 1, first_sync = "send" }')
    house.run()
    [east, west] = house.told(SKU)["levels"]
    assert 0 < east["quantity"] < east["on_hand"], "less what is kept back, and what the cart has sold meanwhile"
    said = " ".join(house.says(SKU).split())
    assert f"told {east['quantity']} at 1: on hand {east['on_hand']}, allocated {east['allocated']}" in said
    assert f"promised sellable {east['quantity']} at 1, {west['quantity']} at 2" in said
    assert f"the warehouse had {east['on_hand']} at 1" in said


def test_a_long_story_is_told_from_its_end_and_programs_get_all_of_it(house: House) -> None:
    house.work(*(put(1) for _ in range(6)))
    house.run()
    said = house.says(SKU, "--limit", "3")
    assert "The newest 3; --limit shows more." in said
    assert "put 1" not in said
    assert len(house.told(SKU)["movements"]) >= 6
    assert len(house.told(SKU, "--limit", "2")["movements"]) == 2
    assert len(house.says(SKU, "--csv", "--limit", "2").splitlines()) == 3
    assert "put 1" not in house.says(SKU, "--since", "2999-01-01")
    assert "put 1" in house.says(SKU, "--since", "2020-01-01T00:00")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--since", "yesterday"), "'yesterday' is neither a day"),
        (("--json", "--csv"), "either --json or --csv"),
        (("--pipeline", "gone"), "no pipeline 'gone'"),
    ],
)
def test_a_mistake_is_a_sentence(house: House, words: tuple[str, ...], told: str) -> None:
    house.run()
    done = house.crossdock("stock", "show", SKU, *words)
    assert (done.returncode, told in " ".join(done.stderr.split())) == (2, True), done.stderr


def test_a_database_alone_tells_the_story_without_the_orders(house: House) -> None:
    house.work(put(1))
    house.run()
    file = house.crossdock.folder / "crossdock.db"
    (house.crossdock.folder / "crossdock.toml").unlink()
    found = house.told(SKU, "--database", str(file))
    assert (found["movements"] != [], found["orders"]) == (True, [])
