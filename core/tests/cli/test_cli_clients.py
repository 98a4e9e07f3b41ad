"""Two merchants on one warehouse, who count their orders alike: nothing of one touches the other."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from .conftest import Crossdock, crossdock_in, simulated

CONNECTION = """
[connections.{name}-cart]
connector = "channeladvisor"
base_url = "{cart}"
application_id = "sandbox-application"
shared_secret = {{ env = "DEMO_SHARED_SECRET" }}
refresh_token = {{ env = "DEMO_REFRESH_TOKEN" }}

[pipelines.{name}]
client = "{name}"
order_source = "{name}-cart"
fulfillment_target = "warehouse"
distribution_centers = {{ 1 = {{ area = "EAST" }}, 2 = {{ area = "WEST" }} }}

[pipelines.{name}.ship_methods]
inbound = [{{ to = {{ carrier = "UPS", service = "Ground" }} }}]
outbound = [{{ to = {{ carrier = "UPS", service = "GROUND" }} }}]
"""
CONFIG = """
[connections.warehouse]
connector = "warehouseos"
base_url = "{warehouse}"
api_key = {{ env = "DEMO_WAREHOUSE_KEY" }}
"""
SECRETS = {
    "DEMO_SHARED_SECRET": "sandbox-secret",
    "DEMO_REFRESH_TOKEN": "sandbox-refresh-token",
    "DEMO_WAREHOUSE_KEY": "a-key",
}


@dataclass(frozen=True)
class House:
    """Two carts with the same orders, and their warehouse."""

    carts: dict[str, str]
    warehouse: str
    crossdock: Crossdock

    def read(self, *words: str) -> Any:
        """What a command tells as JSON."""
        return json.loads(self.crossdock(*words, "--json").stdout)

    def marked(self, client: str) -> set[str]:
        """The orders that a cart counts as taken."""
        orders = httpx.get(f"{self.carts[client]}/_truth").raise_for_status().json()["orders"]
        return {id_ for id_, order in orders.items() if order["exported_for"]}

    def shipped(self, client: str) -> int:
        """How many orders a cart was told of as shipped."""
        orders = httpx.get(f"{self.carts[client]}/_truth").raise_for_status().json()["orders"]
        return sum(bool(order["ships"]) for order in orders.values())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two merchants with equal order numbers and ids, after orders went out, were packed and were told."""
    folder = tmp_path_factory.mktemp("clients")
    with ExitStack() as stack:
        carts = {name: stack.enter_context(simulated("channeladvisor", 4)) for name in ("acme", "bolt")}
        warehouse = stack.enter_context(simulated("warehouseos", 0, api_key="a-key", areas=["EAST", "WEST"]))
        parts = [CONNECTION.format(name=name, cart=url) for name, url in carts.items()]
        (folder / "crossdock.toml").write_text(CONFIG.format(warehouse=warehouse) + "".join(parts))
        alone = crossdock_in(folder)
        here = House(carts, warehouse, Crossdock(folder, {**alone.environment, **SECRETS}))
        told = here.crossdock("run", "--once", "--quiet")
        assert told.returncode == 0, told.stdout + told.stderr
        httpx.post(f"{warehouse}/_shift", json={}).raise_for_status()
        assert here.crossdock("run", "--once", "--quiet").returncode == 0
        yield here


def test_a_number_that_the_warehouse_knows_as_another_clients_is_a_problem_and_the_other_order_goes_its_way(house):
    first = {one["number"]: one for one in house.read("orders", "list", "--client", "acme")}
    second = {one["number"]: one for one in house.read("orders", "list", "--client", "bolt")}
    assert first.keys() == second.keys()
    taken = [number for number, one in first.items() if one["state"] == "shipped"]
    assert taken
    for number in taken:
        assert second[number]["state"] == "held"
        assert second[number]["reason"].startswith("number_taken:")
        assert second[number]["acknowledged_at"] is None
    assert len(house.marked("acme")) == len(taken)
    assert house.marked("bolt") == set()
    assert (house.shipped("acme"), house.shipped("bolt")) == (len(taken), 0)
    warehouse = httpx.get(f"{house.warehouse}/_truth").raise_for_status().json()["orders"]
    numbers = [order["number"] for order in warehouse]
    assert len(numbers) == len(set(numbers))


def test_every_list_shows_one_client_only(house):
    for words in (["orders", "list"], ["runs", "list"], ["services", "list"]):
        everything = house.read(*words)
        assert {one["pipeline"] for one in everything} == {"acme", "bolt"}
        assert {one["pipeline"] for one in house.read(*words, "--client", "bolt")} == {"bolt"}
        assert {one["pipeline"] for one in house.read(*words, "--pipeline", "acme")} == {"acme"}
    wrong = house.crossdock("orders", "list", "--client", "bolt", "--pipeline", "acme")
    assert (wrong.returncode, "pipeline 'acme' is not one of client 'bolt'" in wrong.stderr) == (2, True)
    unknown = house.crossdock("orders", "list", "--client", "ackme")
    assert (unknown.returncode, "the clients are: acme, bolt" in unknown.stderr) == (2, True)


def test_a_number_or_id_that_both_clients_have_must_be_said_of_which(house):
    order = next(one for one in house.read("orders", "list", "--client", "bolt") if one["state"] == "held")
    for reference in (order["number"], order["external_id"]):
        told = house.crossdock("orders", "show", reference, "--json")
        assert told.returncode == 2
        assert "in pipeline acme" in told.stderr
        assert "in pipeline bolt" in told.stderr
        assert house.read("orders", "show", reference, "--client", "bolt")["order"] == order
        refused = house.crossdock("orders", "release", reference)
        assert (refused.returncode, "name one by its id, --pipeline or --client" in refused.stderr) == (2, True)
    before = house.read("orders", "show", order["number"], "--client", "acme")
    assert house.crossdock("orders", "release", order["number"], "--client", "bolt", "--by", "ada").returncode == 0
    assert house.read("orders", "show", order["number"], "--client", "acme") == before
    deeds = house.read("orders", "show", order["number"], "--client", "bolt")["deeds"]
    assert [(deed["by"], deed["pipeline"]) for deed in deeds] == [("ada", "bolt")]
    told = house.crossdock("orders", "show", order["number"], "--client", "bolt").stdout
    assert "by a person" in told
    assert house.read("audit", "list", "--client", "acme") == []


def test_clients_are_listed_with_their_orders_and_problems(house):
    first, second = house.read("clients", "list")
    assert (first["client"], first["pipelines"]) == ("acme", ["acme"])
    assert first["orders"].get("shipped") == house.shipped("acme"), first
    assert first["open_problems"] == 0
    assert second["open_problems"] > 0
    assert house.crossdock("clients", "list").stdout.count("acme") == 2


def test_a_service_that_both_have_is_paused_for_the_one_that_is_named(house):
    told = house.crossdock("services", "pause", "release")
    assert (told.returncode, "several pipelines have the service release (acme, bolt)" in told.stderr) == (2, True)
    assert house.crossdock("services", "pause", "release", "--client", "bolt").returncode == 0
    paused = [one["pipeline"] for one in house.read("services", "list") if one["state"] == "paused"]
    assert paused == ["bolt"]
    assert house.crossdock("services", "resume", "release", "--all").stdout.count("runs by its interval") == 1
