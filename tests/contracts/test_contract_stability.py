"""What plugins and configs build upon is as it was released, or the version says that it is not."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from contracts.breaks import findings
from contracts.release import RELEASED
from contracts.schemas import Comparison
from contracts.surface import Surface, surface

Plant = Callable[[Surface], object]
HOOKS, RECORDS = "crossdock/hooks/specs.pyi", "crossdock/hooks/records.pyi"
HTTP, TESTING = "crossdock/hooks/http.pyi", "crossdock/testing/kit.pyi"


@cache
def written() -> str:
    return RELEASED.read_text(encoding="utf-8")


def before() -> Surface:
    found: Surface = json.loads(written())
    return found


def rewrite(path: str, old: str, new: str) -> Plant:
    """Something of the door is written in another way."""

    def plant(now: Surface) -> None:
        text = "\n".join(now["door"][path])
        assert old in text, text
        now["door"][path] = text.replace(old, new).splitlines()

    return plant


def put(*path: str, value: Any) -> Plant:
    """Something of the contract has another value."""

    def plant(now: Any) -> None:
        for key in path[:-1]:
            now = now[key]
        now[path[-1]] = value

    return plant


def drop(*path: str) -> Plant:
    """Something of the contract is gone."""

    def plant(now: Any) -> None:
        for key in path[:-1]:
            now = now[key]
        assert now.pop(path[-1]) is not None

    return plant


def test_the_contract_is_that_of_the_last_release_or_its_version_says_what_became_of_it() -> None:
    assert findings(before(), json.loads(json.dumps(surface()))) == []


A_METHOD = {"async": True, "takes": ["cursor: Cursor"], "gives": "Page"}
BREAKS: list[tuple[Plant, str]] = [
    (rewrite("crossdock/__init__.pyi", "Receipt", "Voucher"), "Receipt"),
    (rewrite("crossdock/domain/__init__.pyi", "Money", "Cash"), "Money"),
    (rewrite(RECORDS, "    wait: float = 0.0", "    pause: float = 0.0"), "wait"),
    (rewrite(RECORDS, "    records: tuple[Record, ...]", "    records: tuple[Record, ...]\n    total: int"), "total"),
    (rewrite(HTTP, "def error_text(body: Any, limit: int=300)", "def error_text(body: Any, most: int=300)"), "limit"),
    (rewrite(HTTP, "class Rate", "class Pace"), "Rate"),
    (rewrite(TESTING, "plugin: str, *", "plugin: str, grade: str, *"), "grade"),
    (drop("hooks", "pipeline_opened"), "hook pipeline_opened is gone"),
    (put("hooks", "order_received", value=["order"]), "argument pipeline of hook order_received is gone"),
    (drop("roles", "catalog_sink"), "role catalog_sink is gone"),
    (drop("roles", "order_source", "methods", "find_shipment"), "role order_source has no find_shipment any more"),
    (put("roles", "order_source", "methods", "lock_order", value=A_METHOD), "asks for lock_order, which no plugin has"),
    (
        put("roles", "order_source", "methods", "fetch_orders", "takes", value=["place: Cursor"]),
        "and takes (place: Cur",
    ),
    (put("roles", "order_source", "methods", "fetch_orders", "gives", value="Pages"), "gave Page and must give Pages"),
    (put("roles", "order_source", "methods", "read_order", "async", value=True), "read_order is async now"),
    (drop("features", "ReachesBack"), "feature ReachesBack is gone"),
    (put("features", "ReachesBack", "methods", "again", value=A_METHOD), "make it a feature of its own"),
    (drop("documents", "Order", "properties", "flag"), "document Order: flag is gone"),
    (put("documents", "OrderLine", "required", value=["external_id", "sku", "quantity", "title"]), "title is required"),
    (put("documents", "Order", "$defs", "OrderStatus", "enum", value=["open"]), "status no longer takes 'c"),
    (put("documents", "Order", "properties", "notes", value={"type": "integer"}), "notes was string and is integer"),
    (put("documents", "Order", "properties", "notes", value={"type": "string", "maxLength": 9}), "maxLength 9"),
    (put("documents", "Order", "properties", "deliver_by", value={"type": "string"}), "deliver_by was null and is str"),
    (drop("connectors", "karrio"), "settings of connector karrio is gone"),
    (put("connectors", "karrio", "required", value=["base_url", "api_key", "zone"]), "karrio: zone is required now"),
    (drop("config", "properties", "webhooks"), "config: webhooks is gone"),
    (drop("config", "$defs", "Pipeline", "properties", "ship_methods"), "config: pipelines.NAME.ship_methods is gone"),
    (put("laws", value=["plugin.loads"]), "law plugin.rehearses is gone"),
]


@pytest.mark.parametrize(("plant", "told"), BREAKS, ids=[told for _, told in BREAKS])
def test_what_breaks_somebody_is_found_and_says_what_to_do(plant: Plant, told: str) -> None:
    now = before()
    plant(now)

    found = findings(before(), now)

    assert any(told in one for one in found), found
    assert all(one.endswith("or raise the major number of API_VERSION.") for one in found)


GROWTHS: list[tuple[Plant, str]] = [
    (put("hooks", "order_sent", value=["order"]), "hook order_sent is new"),
    (put("hooks", "pipeline_opened", value=["pipeline", "at"]), "argument at of hook pipeline_opened is new"),
    (put("roles", "returns_desk", value={"protocol": "ReturnsDesk", "methods": {}}), "role returns_desk is new"),
    (put("features", "Sings", value={"methods": {"sing": A_METHOD}}), "feature Sings is new"),
]


@pytest.mark.parametrize(("plant", "told"), GROWTHS, ids=[told for _, told in GROWTHS])
def test_what_plugins_can_newly_use_needs_a_higher_minor_number_and_no_more(plant: Plant, told: str) -> None:
    now = before()
    plant(now)
    assert findings(before(), now) == [f"{told}. Raise the minor number of API_VERSION."]

    now["api"] = [now["api"][0], now["api"][1] + 1]
    assert findings(before(), now) == []


@pytest.mark.parametrize(
    "plant",
    [
        rewrite("crossdock/__init__.pyi", "'hookimpl'", "'hookimpl', 'Ballad'"),
        rewrite(RECORDS, "    note: str = ''", "    note: str = ''\n    at: str = ''"),
        put("roles", "order_source", "methods", "read_order", "gives", value="Order | None"),
        put("documents", "Order", "properties", "mood", value={"type": "string"}),
        put("documents", "Order", "properties", "notes", value={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        put("connectors", "karrio", "properties", "zone", value={"type": "string"}),
    ],
)
def test_what_only_grows_needs_nothing(plant: Plant) -> None:
    now = before()
    plant(now)
    assert findings(before(), now) == []


def test_a_higher_major_number_may_break_everything() -> None:
    now = before()
    now["hooks"], now["api"] = {}, [now["api"][0] + 1, 0]
    assert findings(before(), now) == []


def test_a_schema_is_as_wide_as_itself_even_where_it_contains_itself() -> None:
    tree = {"$defs": {"Tree": {"properties": {"twigs": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}}}}
    tree |= {"properties": {"root": {"$ref": "#/$defs/Tree"}}}
    assert Comparison(tree, tree).findings() == []
