"""Which orders are taken: both ways to read the cart's list, the filters of the connection, the pipeline's rules."""

from typing import Any

import pytest
from world import Line, World
from world.sales import EAST, WEST


def test_list_by_update_sees_changes_and_looks_back_by_the_overlap(world: World) -> None:
    world.connections["cart"] |= {"retrieval": "updated", "overlap": "PT15M"}
    world.cart.sells("A-1", Line("SKU-0001"), UpdatedDateUtc="2025-03-01T12:00:00Z")
    world.run()

    world.cart.sells("LATE", Line("SKU-0001"), UpdatedDateUtc="2025-03-01T11:50:00Z")
    world.cart.sells("TOO-LATE", Line("SKU-0001"), UpdatedDateUtc="2025-03-01T11:40:00Z")
    world.cart.sells("A-2", Line("SKU-0001"), UpdatedDateUtc="2025-03-01T12:30:00Z")
    report = world.run()["download"]

    assert report.counts["orders seen"] == 3
    assert report.counts["unchanged"] == 1
    assert world.warehouse.orders().keys() == {"A-1", "LATE", "A-2"}


def test_list_of_what_is_not_exported_shows_an_order_until_it_is_taken(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-9999"))
    assert world.run()["download"].counts["orders seen"] == 1
    assert world.run()["download"].counts == {"pages": 1, "orders seen": 1, "unchanged": 1}
    assert world.cart.exports(order) == 0


@pytest.mark.parametrize("retrieval", ["not_exported", "updated"])
@pytest.mark.parametrize(
    ("setting", "value", "stranger"),
    [
        ("profile_ids", [12345678], {"ProfileID": 99}),
        ("distribution_centers", [EAST], {"leaves_from": WEST}),
        ("earliest_order_date", "2025-02-01", {"CreatedDateUtc": "2025-01-31T23:59:59Z"}),
        ("shipping_status", ["Unshipped"], {"ShippingStatus": "PendingShipment"}),
        ("checkout_status", ["Completed"], {"CheckoutStatus": "CompletedOffline"}),
    ],
)
def test_filter_of_the_connection_keeps_strangers_out(
    world: World, retrieval: str, setting: str, value: Any, stranger: dict[str, Any]
) -> None:
    world.connections["cart"] |= {"retrieval": retrieval, setting: value}
    world.cart.sells("OURS", Line("SKU-0001"), CreatedDateUtc="2025-02-01T00:00:00Z")
    world.cart.sells("STRANGER", Line("SKU-0001"), **{"CreatedDateUtc": "2025-02-01T00:00:00Z", **stranger})

    world.run()

    assert world.warehouse.orders().keys() == {"OURS"}
    assert len(world.books.states()) == 1


def test_rules_of_the_pipeline_skip_with_a_reason(world: World) -> None:
    world.pipeline["distribution_centers"] = {"1": {"area": "EAST"}}
    world.pipeline["earliest_order_date"] = "2025-02-01T00:00:00Z"
    elsewhere = world.cart.sells("A-1", Line("SKU-0001"), leaves_from=WEST, CreatedDateUtc="2025-02-03T00:00:00Z")
    early = world.cart.sells("A-2", Line("SKU-0001"), CreatedDateUtc="2025-01-31T23:59:59Z")
    partly = world.cart.sells(
        "A-3", Line("SKU-0001", 5), leaves_from={EAST: (2,), WEST: (3,)}, CreatedDateUtc="2025-02-03T00:00:00Z"
    )

    world.run()
    assert str(early) not in world.books.states(), "the list does not reach back so far"
    world.says("orders", "fetch", str(early))

    assert "distribution centre of ours (it is at 2)" in world.books.order(elsewhere)["reason"]
    assert "earliest order date 2025-02-01" in world.books.order(early)["reason"]
    assert world.books.order(partly)["state"] == "released"
    assert {number: told["lines"][0]["requested"] for number, told in world.warehouse.orders().items()} == {"A-3": 2}
