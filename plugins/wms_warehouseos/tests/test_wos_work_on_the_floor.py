"""What the host queue tells of a simulated floor is what happened there, whatever is reported and in whatever order."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from itertools import product

import pytest
import structlog

from crossdock import (
    AcknowledgesRecords,
    NeedsAuth,
    ReceivesRecords,
    Record,
    TellsMovements,
    TellsPutaways,
    TellsShipments,
)
from crossdock.domain import InventoryMovement, Shipment, ShipmentReversal
from crossdock_warehouseos.inventory.source import WarehouseOSInventory
from crossdock_warehouseos.orders.target import WarehouseOSOrders
from crossdock_warehouseos.sandbox.telling.push import sign
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.messages import MessageReader

WORK = ("box_closed", "pick_complete", "line_picked", "line_packed", "pick_reset", "box_reset", "order_verified")
STOCK = ("stock_put", "stock_pull", "stock_count", "stock_move", "putaway")
BUSY = {"short_picks": 0.3, "split_boxes": 0.5, "resets": 0.4, "verifies": 0.3}
MAIN, BULK = "MAIN-01-01", "BULK-01-01"


async def drain(target) -> list[Record]:
    """Every message, acknowledged page by page."""
    records: dict[str, Record] = {}
    while True:
        page = await target.fetch_shipments(None)
        records |= {record.id: record for record in page.records}
        await target.acknowledge_records([record.id for record in page.records])
        if not page.more:
            return list(records.values())


def run(connection, use):
    async def opened():
        async with connection as target:
            return await use(target)

    return asyncio.run(opened())


def means(reversal: ShipmentReversal, fact: Shipment) -> bool:
    if reversal.request_number != fact.request_number or reversal.reversed_at <= fact.shipped_at:
        return False
    return not reversal.shipments or any(f"/{fact.external_id}".endswith(f"/{name}") for name in reversal.shipments)


def pieces_that_stand(facts) -> Counter[tuple[str, str]]:
    """By order and line, what was told once and not taken back."""
    shipments = {fact.external_id: fact for fact in facts if isinstance(fact, Shipment)}
    reversals = [fact for fact in facts if isinstance(fact, ShipmentReversal)]
    standing: Counter[tuple[str, str]] = Counter()
    for fact in shipments.values():
        if not any(means(reversal, fact) for reversal in reversals):
            standing.update({(fact.request_number, line.line_id): line.quantity for line in fact.package.lines})
    return standing


def pieces_on_the_floor(tenant, confirm_at) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for order in tenant.truth()["orders"]:
        units = [box["pieces"] for box in order["boxes"]] if confirm_at == "pack" else order["picks"].values()
        for pieces in units:
            found.update({(order["number"], line): quantity for line, quantity in pieces.items()})
    return found


@pytest.mark.parametrize(
    "floor",
    [
        {"reopened_box": "new", "reset_of_packed": "boxes"},
        {"reopened_box": "same", "reset_of_packed": "boxes", "shuffle": True, "redeliver": 0.2},
        {"reopened_box": "same", "reset_of_packed": "silent"},
        {"reopened_box": "new", "reset_of_packed": "refused", "document_transactions": False},
    ],
)
def test_what_stands_after_shifts_full_of_resets_is_what_lies_there(tenant_with, connected, a_request, floor):
    tenant = tenant_with(triggers=WORK, **floor)

    async def work_and_drain(target):
        for number in range(1, 13):
            await target.submit_order(a_request(str(number), lines={"SKU-0001": 5, "SKU-0002": 3}))
        for seed in (1, 2, 3, 4):
            tenant.shift(seed=seed, **BUSY)
            reopen_some(tenant)
        tenant.shift(seed=5, split_boxes=0.5)
        return await drain(target)

    records = run(connected(tenant, queue_page_size=20), work_and_drain)
    for confirm_at, report_by in product(("pack", "pick"), ("document", "line")):
        chosen = {"confirm_at": confirm_at, "report_by": report_by}
        opens = {"resets_open_boxes": floor["reset_of_packed"] == "silent"}
        reader = MessageReader(WarehouseOSSettings(base_url=tenant.url, api_key="k", **chosen, **opens))
        facts = [reader.shipment(record) for record in records]
        assert any(isinstance(fact, ShipmentReversal) for fact in facts)
        assert pieces_that_stand(facts) == pieces_on_the_floor(tenant, confirm_at), chosen


def reopen_some(tenant) -> None:
    """Open the first box of every third order again; the next shift packs anew what was in it."""
    orders = [order for order in tenant.truth()["orders"][::3] if order["boxes"] and order["status"] == "Complete"]
    script = [{"act": "reopen", "order": order["number"], "box": order["boxes"][0]["number"]} for order in orders]
    tenant.http.post("/_floor", json=script).raise_for_status()


def told_places(fact: InventoryMovement) -> tuple[str | None, str | None]:
    ends = (fact.origin, fact.destination)
    origin, destination = (f"{place.area}/{place.location}" if place else None for place in ends)
    return origin, destination


def stocked(tenant_with, **options):
    """A tenant of two areas that keeps stock, after a day of work."""
    areas = {"areas": ("MAIN", "BULK"), "stock": {"SKU-0001": {"MAIN": 60, "BULK": 40}, "SKU-0002": {"MAIN": 50}}}
    return tenant_with(triggers=(*WORK, *STOCK), **areas, **options)


def a_day_of_work(tenant):
    main, bulk = f"MAIN/{MAIN}", f"BULK/{BULK}"
    script = [
        {"act": "put", "item": "SKU-0001", "quantity": 7, "place": bulk, "user": "ann"},
        {"act": "pull", "item": "SKU-0002", "quantity": 2, "place": main},
        {"act": "count", "item": "SKU-0001", "found": 40, "place": bulk},
        {"act": "count", "item": "SKU-0002", "found": 51, "place": main},
        {"act": "move", "item": "SKU-0001", "quantity": 5, "origin": bulk, "destination": main},
        {"act": "batch", "orders": ["1001"]},
        {"act": "pick", "order": "1001"},
        {"act": "reset", "order": "1001"},
    ]
    tenant.http.post("/_floor", json=script).raise_for_status()
    tenant.shift(seed=1)


def test_every_transaction_of_stock_arrives_as_the_ledger_has_it(tenant_with, connected, a_request):
    tenant = stocked(tenant_with, shuffle=True, redeliver=0.3)

    async def work_and_drain(target):
        await target.submit_order(a_request(area="MAIN"))
        a_day_of_work(tenant)
        return [fact for record in await drain(target) if (fact := target.read_movement(record))]

    facts = run(connected(tenant), work_and_drain)
    ledger = tenant.http.get("/_truth", params={"ledger": "1"}).json()["ledger"]
    booked = {f"{one['kind']}/{one['id']}": one for one in ledger if one["reason"] != "INITIAL"}
    assert {fact.kind.value for fact in facts} == {"put", "pull", "count", "move"}
    assert sorted(fact.external_id for fact in facts) == sorted(booked)
    for fact in facts:
        one = booked[fact.external_id]
        assert told_places(fact) == (one["origin"], one["destination"])
        assert (fact.sku, fact.quantity) == (one["item"], one["quantity"])
        assert (fact.reason, fact.order_number, fact.user) == (one["reason"], one["order_number"], one["user"])
    assert {fact.order_number for fact in facts} == {"", "1001"}


def receive(tenant, *pieces):
    wishes = [{"po": "PO-1", "item": "SKU-0001", "quantity": number, "area": "BULK"} for number in pieces]
    tenant.http.post("/_receive", json=wishes).raise_for_status()


def expect(tenant, *lines):
    told = [{"HostId": line, "ItemNumber": "SKU-0001", "ExpectedQuantity": 9} for line in lines]
    order = {"PONumber": "PO-1", "AreaName": "BULK", "Lines": told}
    tenant.http.post("/api/POApi/AddOrUpdatePO", json=order).raise_for_status()


def test_goods_that_are_put_away_arrive_each_as_its_own_fact(tenant_with, connected):
    tenant = stocked(tenant_with)
    expect(tenant, "P1")
    receive(tenant, 4, 4, 5)
    added = {"po": "PO-1", "item": "SKU-0002", "quantity": 2, "area": "BULK"}
    tenant.http.post("/_receive", json=[added]).raise_for_status()
    records = run(connected(tenant), drain)

    async def read(target):
        return [fact for record in records if (fact := target.read_putaway(record))]

    facts = run(connected(tenant), read)
    told = [(fact.purchase_order, fact.line_id, fact.sku, fact.quantity) for fact in facts]
    assert told == [("PO-1", "P1", "SKU-0001", n) for n in (4, 4, 5)] + [("PO-1", "", "SKU-0002", 2)]
    assert len({fact.external_id for fact in facts}) == 4
    assert {fact.place.area for fact in facts} == {"BULK"}


@pytest.mark.parametrize("tells_put", [True, False])
def test_received_goods_are_in_stock_once_whichever_message_tells_it(tenant_with, connected, tells_put):
    tenant = stocked(tenant_with, putaway_tells_put=tells_put)
    expect(tenant, "P1")
    receive(tenant, 4, 5)

    async def moved(target):
        facts = [target.read_movement(record) for record in await drain(target)]
        return sum(fact.quantity for fact in facts if fact)

    assert run(connected(tenant, putaways_move_stock=not tells_put), moved) == 9


def test_messages_without_id_are_still_facts_and_are_not_acknowledged_by_a_name_of_ours(
    tenant_with, connected, a_request
):
    tenant = tenant_with(triggers=WORK, ids="none", destructive=True)

    async def work_and_read(target):
        await target.submit_order(a_request())
        tenant.shift(seed=1)
        return [target.read_shipment(record) for record in await drain(target)]

    assert pieces_that_stand(run(connected(tenant), work_and_read)) == pieces_on_the_floor(tenant, "pack")
    assert tenant.truth()["counts"].get("AcknowledgeMessages", 0) == 0


def test_both_roles_read_every_kind_of_record(tenant, connected_as):
    async def features(role):
        kinds = (AcknowledgesRecords, ReceivesRecords, TellsMovements, TellsPutaways, TellsShipments)
        return [isinstance(role, kind) for kind in kinds]

    for role in (WarehouseOSOrders, WarehouseOSInventory):
        assert run(connected_as(role, tenant), features) == [True] * 5


def test_transactions_without_number_are_warned_of_once(tenant, connected):
    body = {"ItemNumber": "A", "Quantity": 1, "TransactionDate": "2026-03-01T12:00:00Z"}
    records = [
        Record(f"M{n}", json.dumps({"Trigger": "InventoryPut", "Body": {**body, "Quantity": n}}).encode())
        for n in (1, 2, 3)
    ]

    async def read(target):
        with structlog.testing.capture_logs() as logs:
            for record in records:
                target.read_movement(record)
        return logs

    (warning,) = run(connected(tenant), read)
    assert (warning["log_level"], warning["profile"]) == ("warning", "movement")


@pytest.mark.parametrize("secret", [None, "s3cret"])
def test_a_pushed_message_is_the_record_that_the_queue_would_have_told(
    tenant_with, connected, a_request, clock, secret
):
    tenant = tenant_with(triggers=WORK)
    push = {"push": {"secret": secret}} if secret else {}

    async def push_what_was_queued(target):
        await target.submit_order(a_request())
        tenant.shift(seed=1)
        queued = await drain(target)
        sent_at = str(int(clock.now().timestamp()))
        for record in queued:
            proof = {"x-timestamp": sent_at, "x-signature": sign(secret, sent_at, record.data)} if secret else {}
            assert target.read_push(proof, record.data, clock.now()) == (record,)
            if secret:
                with pytest.raises(NeedsAuth):
                    target.read_push(proof, record.data, clock.now() + timedelta(seconds=301))
        return len(queued)

    assert run(connected(tenant, **push), push_what_was_queued) >= 2
