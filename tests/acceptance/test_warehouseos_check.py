"""What an operator learns of a tenant before anything runs, as stories: which assumed names it answered to."""

from collections.abc import Callable
from typing import Any

import pytest
from world import Line, World
from world.reading import problems, read
from world.sales import EAST

from crossdock_warehouseos.profile import marked_names

WorldMaker = Callable[..., World]
HOUSE = {
    "areas": ["EAST", "WEST"],
    "stock": {"SKU-0001": {"EAST": 9}},
    "bundles": {"KIT-9": {"SKU-0001": 2}},
}


def other(section: str, key: str, name: str) -> str:
    """What a tenant might call a thing that the shipped profile only assumes."""
    if section == "paths":
        return f"/wos{name}Now"
    return f"X-Tenant-{name}" if section in ("auth", "push") else f"its{name}"


OTHERWISE = {
    section: {key: other(section, key, name) for key, (name, mark) in names.items() if mark == "assumed"}
    for section, names in marked_names().items()
}
"""Every assumed name replaced."""


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose config says `ours` of the names, and whose tenant has `theirs`."""

    def opened(*, ours: Any = None, theirs: Any = None) -> World:
        world = new_world(warehouse={**HOUSE, "profile": theirs or {}})
        world.connections["warehouse"]["profile"] = ours or {}
        world.pipeline.update(inventory_source="warehouse", inventory_sink="cart")
        return world

    return opened


def test_tenant_that_calls_everything_otherwise_answers_and_works(new_shop: WorldMaker) -> None:
    shop = new_shop(ours=OTHERWISE, theirs=OTHERWISE)
    checked = read(shop, "check", "--connect")
    assert "ok warehouse WarehouseOS at" in checked
    assert "no answer" not in checked

    order = shop.cart.sells("A-1", Line("SKU-0001", 2))
    shop.run()
    shop.warehouse.works()
    shop.warehouse.acts({"act": "put", "item": "SKU-0001", "quantity": 3, "place": "EAST", "reason": "FOUND"})
    shop.run()

    assert sum(shop.cart.shipped(order).values()) == 2
    assert shop.cart.updates("SKU-0001") == [(EAST, "Relative", 3)]
    assert problems(shop) == []


def test_tenant_that_lacks_some_paths_is_told_which_and_the_rest_is_answered(new_shop: WorldMaker) -> None:
    elsewhere = {"paths": {"list_areas": "/api/AreaApi/List", "get_summary": "/api/Reports/Summary"}}
    shop = new_shop(theirs={**elsewhere, "level": {"quantity": "OnHand"}})
    before = shop.warehouse.truth()

    checked = read(shop, "check", "--connect")

    assert (
        "no answer: paths.list_areas (/api/LocationApi/GetAreas) gives 404, like a path that does not exist" in checked
    )
    assert "no answer: paths.get_summary (/api/InventoryApi/GetInventorySummary) gives 404" in checked
    assert "compare it in the settings with Admin > API Docs of the tenant" in checked
    assert "auth: key_header;" in checked
    assert "level: area, item, list, location; " in checked
    assert "not shown: " in checked
    assert "level: allocated, counted_at, quantity" in checked.partition("not shown: ")[2]
    assert shop.warehouse.truth()["queue"] == before["queue"], "no message was read"

    shop.connections["warehouse"]["profile"] = {**elsewhere, "level": {"quantity": "OnHand"}}
    assert "no answer" not in read(shop, "check", "--connect")


def test_wrong_key_or_header_is_said_and_nothing_else_is_tried(new_shop: WorldMaker) -> None:
    shop = new_shop(theirs={"auth": {"key_header": "X-Api-Key"}})
    refused = shop.says("check", "--connect")
    assert refused.code == 1
    assert "failed warehouse" in " ".join(refused.out.split())
    assert list(shop.warehouse.truth()["counts"]) == ["GetItems", "refused"]
