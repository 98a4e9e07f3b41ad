"""`crossdock parcels list`, and the parcels of `crossdock orders show`."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock.store import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DATABASE = ("--database", "crossdock.db")


@pytest.fixture
def shipped(copied):
    """The command line beside a store of shipped orders, one label of whom is known, and one of nobody; its order."""
    [order] = json.loads(copied("orders", "list", "--state", "shipped", "--limit", "1", "--json", *DATABASE).stdout)
    story = json.loads(copied("orders", "show", order["number"], "--json", *DATABASE).stdout)
    shipment = story["shipments"][0]["shipment"]
    number = shipment["package"]["tracking_number"]
    parcels = [
        Parcel(
            tracking_number=number,
            external_id="L1",
            reference=shipment["request_number"],
            carrier="UPS",
            cost=Money(amount=Decimal("12.30"), currency="USD"),
            weight=Weight(value=Decimal("1.5"), unit=WeightUnit.POUND),
            tracking_url="https://track.example/[1]",
        ),
        Parcel(tracking_number="T-OTHER", external_id="L2", reference="other-1", voided=True),
        Parcel(tracking_number="=T-SPARE", external_id="L3", reference=shipment["request_number"]),
    ]

    async def save():
        async with open_store(f"sqlite:///{copied.folder}/crossdock.db") as store:
            await store.save_parcels(None, "desk", "main", parcels, now=NOON)

    asyncio.run(save())
    return copied, shipment, number


def test_the_list_shows_costs_boxes_and_what_the_cart_was_told(shipped):
    crossdock, shipment, number = shipped
    told = crossdock("parcels", "list", *DATABASE).stdout
    line = next(line for line in told.splitlines() if number in line)
    for part in ("UPS", shipment["request_number"], "12.30 USD", "1.5 lb", f"box {shipment['external_id']}", "told"):
        assert part in line
    assert "voided" in next(line for line in told.splitlines() if "T-OTHER" in line)


def test_it_is_narrowed_and_given_to_programs_and_spreadsheets(shipped):
    crossdock, shipment, number = shipped

    def numbers(*options):
        found = json.loads(crossdock("parcels", "list", "--json", *options, *DATABASE).stdout)
        return [one["tracking_number"] for one in found]

    assert numbers() == ["=T-SPARE", "T-OTHER", number]
    assert numbers("--unused") == ["=T-SPARE", "T-OTHER"]
    assert numbers("--voided") == ["T-OTHER"]
    assert numbers("--number", shipment["request_number"]) == ["=T-SPARE", number]
    assert numbers("--number", number) == [number]
    rows = list(csv.DictReader(io.StringIO(crossdock("parcels", "list", "--csv", *DATABASE).stdout)))
    assert [(row["tracking_number"], row["cost"], row["told"]) for row in rows] == [
        ("'=T-SPARE", "", ""),
        ("T-OTHER", "", ""),
        (number, "12.30", "done"),
    ]
    assert crossdock("parcels", "list", "--number", "none", *DATABASE).stdout == "No parcel is like that.\n"


def test_the_story_of_an_order_shows_its_parcels(shipped):
    crossdock, shipment, number = shipped
    told = " ".join(crossdock("orders", "show", shipment["request_number"], *DATABASE).stdout.split())
    whose = f"box {shipment['external_id']}"
    assert f"parcel {number} UPS, {whose}, 12.30 USD, 1.5 lb, https://track.example/[1]" in told
    assert "parcel =T-SPARE, of no box" in told
    assert "T-OTHER" not in told
