"""`crossdock stock sync`: what the cart would be told is shown first, and sent on a person's word."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from crossdock.hooks.context import SystemClock

from .conftest import Cart, crossdock_in, simulated
from .test_cli_movements import CONFIG

SKU, OTHER, UNKNOWN = "SKU-0001", "SKU-0002", "NOT-SOLD-HERE"
LEVELS = CONFIG + '\n[pipelines.main.stock]\nsend = "set"\nmeaning = "sellable"\nbuffer = 1\nleave_out = ["SAMPLE-*"]\n'
PLACES = ("MAIN", "BULK", "WEST", "DOCK")


@dataclass(frozen=True)
class House:
    """A cart and a warehouse with stock, and the command line between them."""

    cart: Cart
    warehouse: str
    crossdock: Callable[..., tuple[int, str]]

    def put(self, quantity: int, place: str = "MAIN/MAIN-01", item: str = SKU) -> None:
        """Somebody finds so many pieces."""
        act = {"act": "put", "item": item, "quantity": quantity, "place": place, "reason": "FOUND"}
        with httpx.Client() as client:
            client.post(f"{self.warehouse}/_floor", json=[act]).raise_for_status()

    def rows(self, *options: str) -> list[dict[str, Any]]:
        code, told = self.crossdock("stock", "sync", "--json", *options)
        assert code == 0, told
        rows: list[dict[str, Any]] = json.loads(told)
        return rows


@pytest.fixture
def house(tmp_path: Path, typed, monkeypatch) -> Iterator[House]:
    options = {
        "api_key": "a-key",
        "levels_tell": ["counted_at"],
        "items": [SKU, OTHER, UNKNOWN, "SAMPLE-1"],
        "areas": PLACES,
        "locations": [{"name": f"{area}-01", "area": area} for area in PLACES],
        "stock": {
            SKU: {"MAIN/MAIN-01": 20, "BULK/BULK-01": 30, "DOCK/DOCK-01": 4},
            OTHER: {"WEST/WEST-01": 1},
            UNKNOWN: {"MAIN/MAIN-01": 3},
            "SAMPLE-1": {"MAIN/MAIN-01": 9},
        },
    }
    with simulated("channeladvisor", 0) as cart, simulated("warehouseos", 0, **options) as warehouse:
        (tmp_path / "crossdock.toml").write_text(LEVELS.format(cart=cart, warehouse=warehouse))
        secrets = {"DEMO_SHARED_SECRET": "sandbox-secret", "DEMO_REFRESH_TOKEN": "sandbox-refresh-token"}
        for name, value in {**secrets, "DEMO_WAREHOUSE_KEY": "a-key", "CROSSDOCK_OPERATOR": "ada"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        yield House(Cart(cart, crossdock_in(tmp_path)), warehouse, typed)


def test_the_first_levels_are_shown_then_let_go_and_then_only_what_is_news_goes(house: House) -> None:
    assert house.crossdock("run", "--once", "--quiet")[0] == 0
    before = house.cart.held(SKU)
    assert "6 levels of pipeline main wait for a person's word" in _flat(house.crossdock("problems", "list"))

    rows = {(row["sku"], row["center"]): row for row in house.rows()}
    assert {key: row["level"] for key, row in rows.items()} == {
        (SKU, "1"): 49, (SKU, "2"): 0, (OTHER, "1"): 0, (OTHER, "2"): 0, (UNKNOWN, "1"): 2, (UNKNOWN, "2"): 0,
    }  # fmt: skip
    assert (rows[SKU, "1"]["at_cart"], rows[SKU, "1"]["told"], rows[SKU, "1"]["on_hand"]) == (before["1"], None, 50)
    assert "no product with the SKU" in rows[UNKNOWN, "1"]["refusal"]
    shown = _flat(house.crossdock("stock", "sync"))
    assert "Pipeline main: of 6 levels 6 would change, 4 of them to zero; 1 SKUs are left out" in shown
    assert "4 pieces lie where nobody says that they count" in shown
    assert "Nothing was sent. It waits for `crossdock stock sync --yes`, because they are the first ones." in shown
    assert house.cart.held(SKU) == before

    code, told = house.crossdock("stock", "sync", "--yes", "--note", "checked")
    assert (code, "6 levels told" in _flat((code, told))) == (0, True), told
    assert house.cart.held(SKU) == {"1": 49, "2": 0}
    assert house.cart.held(OTHER) == {"1": 0, "2": 0}
    assert "send levels" in house.crossdock("audit", "list", "--json")[1]
    problems = _flat(house.crossdock("problems", "list"))
    assert "wait for a person's word" not in problems
    (refused,) = json.loads(house.crossdock("stock", "list", "--state", "rejected", "--json")[1])
    assert (refused["sku"], refused["change"]) == (UNKNOWN, "sellable 2 at 1, 0 at 2")

    house.put(3)
    house.put(1, "WEST/WEST-01", OTHER)
    assert [(row["sku"], row["level"], row["told"]) for row in house.rows()] == [(SKU, 52, 49), (OTHER, 1, 0)]
    assert "It goes out with the next run of `levels`." in _flat(house.crossdock("stock", "sync"))
    assert house.crossdock("services", "run", "levels")[0] == 0
    assert house.crossdock("services", "run", "stock")[0] == 0
    assert (house.cart.held(SKU), house.cart.held(OTHER)) == ({"1": 52, "2": 0}, {"1": 0, "2": 1})
    code, told = house.crossdock("stock", "sync", "--yes")
    assert (code, "there is nothing to send" in told) == (0, True)
    assert "no level is news" in house.crossdock("stock", "sync")[1]


def test_levels_that_are_too_old_are_no_plan(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda self: datetime.now(UTC) + timedelta(days=2))
    for words in (("stock", "sync"), ("stock", "sync", "--yes"), ("reconcile",)):
        code, told = house.crossdock(*words)
        assert (code, "longer ago than `stock.stale_after` allows" in _flat((code, told))) == (2, True), told


def test_a_plan_that_grew_since_it_was_shown_is_not_let_go(house: House) -> None:
    house.rows("--limit", "1")
    with httpx.Client() as client:
        for number in range(12):
            item = f"NEW-{number}"
            client.post(f"{house.warehouse}/_items", json=[{"ItemNumber": item}]).raise_for_status()
            house.put(2, item=item)
    code, told = house.crossdock("stock", "sync", "--yes")
    assert code == 2, told
    assert "it has grown since it was shown: 6 levels would have changed" in _flat((code, told))
    house.rows("--limit", "1")
    assert house.crossdock("stock", "sync", "--yes")[0] == 0


def test_the_plan_goes_into_a_spreadsheet_with_what_becomes_zero_first(house: House) -> None:
    code, told = house.crossdock("stock", "sync", "--csv", "--limit", "5")
    assert code == 0, told
    rows = list(csv.DictReader(io.StringIO(told)))
    assert [row["level"] for row in rows] == ["0", "0", "0", "0", "49"], "what becomes zero first"
    assert rows[-1]["sku"] == SKU


def test_what_cannot_be_is_a_sentence(house: House, tmp_path: Path) -> None:
    assert house.crossdock("stock", "sync", "--yes", "--json")[0] == 2
    file = tmp_path / "crossdock.toml"
    file.write_text(file.read_text().partition("[pipelines.main.stock]")[0])
    code, told = house.crossdock("stock", "sync", "--pipeline", "main")
    assert code == 2
    assert 'pipeline main tells no levels: for that, `send = "set"` under `stock`' in _flat((code, told))
    assert "no pipeline that is open tells levels" in _flat(house.crossdock("stock", "sync"))


def _flat(ended: tuple[int, str]) -> str:
    return " ".join(ended[1].split())
