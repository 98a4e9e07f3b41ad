"""Places, stock, the clock and the calls of the simulated tenant, over HTTP."""

import json
import time

import pytest
from pydantic import ValidationError

from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.people.acts import SCRIPT, play
from crossdock_warehouseos.sandbox.telling.queue import HostQueue
from crossdock_warehouseos.sandbox.warehouse import Warehouse

ORDERS, STOCK = "/api/OrderApi", "/api/InventoryApi"
SKU = "SKU-0001"


def order(number="1001", **changes):
    lines = [{"HostId": "L1", "ItemNumber": SKU, "Quantity": 4}]
    return {"OrderNumber": number, "Carrier": "UPS", "Service": "GROUND", "Lines": lines, **changes}


def create(tenant, *documents):
    for document in documents:
        tenant.http.post(f"{ORDERS}/AddOrder", json=document).raise_for_status()


def got(tenant, path, **params):
    return tenant.http.get(path, params=params).raise_for_status().json()


def floor(tenant, *script):
    return tenant.http.post("/_floor", json=script)


def messages(tenant):
    told = got(tenant, "/api/HostQueueApi/GetMessages", count=1000)["Messages"]
    return [(message["Trigger"], message["Body"]) for message in told]


def test_areas_and_locations_are_listed_in_pages(tenant_with):
    locations = [{"name": "E-1", "area": "EAST", "zone": "cold", "pick_sequence": 7}, {"name": "E-2", "area": "EAST"}]
    tenant = tenant_with(areas=["EAST", "WEST"], locations=locations)
    path = "/api/LocationApi"
    assert got(tenant, f"{path}/GetAreas")["Areas"] == [
        {"AreaName": "EAST", "Description": "East"},
        {"AreaName": "WEST", "Description": "West"},
    ]
    first = got(tenant, f"{path}/GetLocations", page=1, pageSize=2)["Locations"]
    assert first[0] == {
        "LocationName": "E-1",
        "AreaName": "EAST",
        "DisplayName": "",
        "LocationType": "Shelf",
        "Zone": "cold",
        "PickSequence": 7,
        "AllocationSequence": None,
        "PutawaySequence": None,
    }
    (last,) = got(tenant, f"{path}/GetLocations", page=2, pageSize=2)["Locations"]
    assert (first[1]["LocationName"], last["LocationName"], last["AreaName"]) == ("E-2", "WEST-01-01", "WEST")


def test_without_areas_there_is_one_location(tenant):
    assert got(tenant, "/api/LocationApi/GetAreas")["Areas"] == []
    (only,) = got(tenant, "/api/LocationApi/GetLocations")["Locations"]
    assert (only["LocationName"], only["AreaName"]) == ("MAIN-01-01", "")


def test_every_movement_is_told_and_the_level_is_their_sum(tenant_with):
    tenant = tenant_with(areas=["EAST", "WEST"], stock={SKU: {"EAST": 5}})
    assert messages(tenant) == []
    floor(
        tenant,
        {"act": "put", "item": SKU, "quantity": 3, "place": "WEST", "reason": "RETURN", "user": "Ann"},
        {"act": "pull", "item": SKU, "quantity": 1, "place": "EAST-01-01"},
        {"act": "move", "item": SKU, "quantity": 2, "origin": "EAST", "destination": "WEST/WEST-01-01"},
        {"act": "count", "item": SKU, "found": 2, "place": "EAST"},
        {"act": "count", "item": SKU, "found": 4, "place": "WEST"},
        {"act": "count", "item": SKU, "found": 6, "place": "WEST"},
    ).raise_for_status()
    told = messages(tenant)
    assert all(body.pop("TransactionDate") for _, body in told)
    east, west = {"Area": "EAST", "Location": "EAST-01-01"}, {"Area": "WEST", "Location": "WEST-01-01"}

    def fact(number, quantity, *, origin=None, to=None, **more):
        sides = {f"From{name}": value for name, value in (origin or {}).items()}
        sides |= {f"To{name}": value for name, value in (to or {}).items()}
        return {"TransactionId": number, "ItemNumber": SKU, "Quantity": quantity, **sides, **more}

    assert told == [
        ("InventoryPut", fact("T2", 3, to=west, ReasonCode="RETURN", UserName="Ann")),
        ("InventoryPull", fact("T3", 1, origin=east, ReasonCode="DAMAGE")),
        ("InventoryMove", fact("T4", 2, origin=east, to=west, ReasonCode="TRANSFER")),
        ("CycleCount", fact("T5", -1, origin=west)),
        ("CycleCount", fact("T6", 2, to=west)),
    ]
    rows = got(tenant, f"{STOCK}/GetInventory")["Inventory"]
    assert rows == [
        {"ItemNumber": SKU, "AreaName": "EAST", "LocationName": "EAST-01-01", "Quantity": 2},
        {"ItemNumber": SKU, "AreaName": "WEST", "LocationName": "WEST-01-01", "Quantity": 6},
    ]
    assert got(tenant, f"{STOCK}/GetInventory", page=2, pageSize=1)["Inventory"] == rows[1:]
    truth = got(tenant, "/_truth", ledger=1)
    assert truth["stock"]["levels"] == truth["stock"]["sums"] == {SKU: {"EAST": 2, "WEST": 6}}
    assert (truth["stock"]["transactions"], len(truth["ledger"])) == (6, 6)
    assert truth["ledger"][0]["reason"] == "INITIAL"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ({"act": "put", "item": SKU, "quantity": 1, "place": "EAST", "reason": "WHY"}, "no reason for a put"),
        ({"act": "pull", "item": SKU, "quantity": 6, "place": "EAST"}, "5 are there"),
        ({"act": "move", "item": SKU, "quantity": 1, "origin": "EAST", "destination": "EAST"}, "to itself"),
        ({"act": "put", "item": SKU, "quantity": 1, "place": "NORTH"}, "no place 'NORTH'"),
        ({"act": "put", "item": "NONE", "quantity": 1, "place": "EAST"}, "NONE does not exist"),
    ],
)
def test_what_cannot_happen_to_stock_is_refused_in_words(act, words):
    warehouse = Warehouse(SandboxOptions(areas=("EAST",), stock={SKU: {"EAST": 5}}), seed=1)
    with pytest.raises(Refused, match=words):
        play(warehouse, SCRIPT.validate_python([act]))


def test_a_script_ends_at_the_first_act_that_is_refused(tenant):
    create(tenant, order())
    batch = {"act": "batch", "orders": ["1001"]}
    answer = floor(tenant, batch, {"act": "verify", "order": "1001"}, {"act": "pick", "order": "1001"})
    assert (answer.status_code, answer.json()) == (409, {"error": "Act 2, verify: Order 1001 is not packed."})
    assert (tenant.order("1001")["batch"], tenant.order("1001")["picks"]) == ("B1", {})
    assert floor(tenant, {"act": "put", "item": SKU, "quantity": 1}).json()["error"].endswith("keeps no stock.")
    assert floor(tenant, {"act": "fly"}).status_code == 400
    done = floor(tenant, {"act": "pick", "order": "1001"}, {"act": "pack", "order": "1001"}).json()
    assert done == {"done": [{"pick": "1001-P1", "pieces": 4}, {"box": "1001-1"}]}


def test_the_totals_under_a_master_item(tenant_with):
    tenant = tenant_with(areas=["EAST", "WEST"], stock={SKU: {"EAST": 5, "WEST": 1}})
    items = [{"ItemNumber": number, "MasterItem": "SHIRT"} for number in (SKU, "SKU-0002")]
    tenant.http.post("/api/ItemApi/AddOrUpdateMultipleItems", json=items).raise_for_status()
    assert got(tenant, f"{STOCK}/GetInventorySummary", masterItem="SHIRT")["Items"] == [
        {"ItemNumber": SKU, "Quantity": 6},
        {"ItemNumber": "SKU-0002", "Quantity": 0},
    ]
    assert got(tenant, f"{STOCK}/GetInventorySummary", masterItem="HAT")["Items"] == []
    assert tenant.http.get(f"{STOCK}/GetInventorySummary").status_code == 400


def test_a_host_holds_and_releases_until_the_order_is_complete(tenant):
    create(tenant, order())
    ask = {"OrderNumber": "1001"}
    for path, status in [("HoldOrder", "Hold"), ("HoldOrder", "Hold"), ("ReleaseOrder", "Available")]:
        tenant.http.post(f"{ORDERS}/{path}", json=ask).raise_for_status()
        assert got(tenant, f"{ORDERS}/GetOrder", orderNumber="1001")["Status"] == status
    tenant.shift(verifies=1)
    shown = got(tenant, f"{ORDERS}/GetOrder", orderNumber="1001")
    assert [shown[name] for name in ("Status", "Packed", "Verified", "BatchNumber")] == ["Complete", True, True, "B1"]
    refused = tenant.http.post(f"{ORDERS}/HoldOrder", json=ask)
    assert (refused.status_code, refused.json()["Message"]) == (409, "Order 1001 is complete.")
    assert tenant.http.post(f"{ORDERS}/HoldOrder", json={"OrderNumber": "7"}).status_code == 404
    assert tenant.http.post(f"{ORDERS}/HoldOrder", json=[]).status_code == 400


@pytest.mark.parametrize(("answer", "body"), [("null", None), ("empty", {})])
def test_a_missing_order_may_be_answered_in_several_ways(tenant_with, answer, body):
    tenant = tenant_with(missing_answer=answer, delete_answer="200")
    assert got(tenant, f"{ORDERS}/GetOrder", orderNumber="7") == body
    gone = tenant.http.delete(f"{ORDERS}/DeleteOrder", params={"orderNumber": "7"})
    assert (gone.status_code, gone.json()) == (200, {"Success": True})


def test_a_tenant_may_say_yes_to_a_deletion_and_keep_the_order(tenant_with):
    tenant = tenant_with(locked_answer="kept")
    create(tenant, order(), order("1002"))
    floor(tenant, {"act": "batch", "orders": ["1001"]}).raise_for_status()
    for number in ("1001", "1002"):
        answer = tenant.http.delete(f"{ORDERS}/DeleteOrder", params={"orderNumber": number})
        assert answer.json() == {"Success": True}
    truth = tenant.truth()
    assert [kept["number"] for kept in truth["orders"]] == ["1001"]
    assert truth["deletions"] == [{"number": "1002", "by": "host"}]


def test_by_the_clock_orders_come_one_stage_further_at_a_time(tenant_with):
    tenant = tenant_with(pace=60, habits={"verifies": 1})
    create(tenant, order(), order("1002", Status="Hold"))

    def tick(seconds):
        tenant.http.post("/_tick", json={"seconds": seconds}).raise_for_status()
        told = tenant.order("1001")
        return told["status"], told["batched"], told["packed"], told["verified"]

    assert tick(50) == ("Available", False, False, False)
    assert tick(15) == ("Available", True, False, False)
    assert tick(60) == ("Complete", True, False, False)
    assert tick(60) == ("Complete", True, True, False)
    assert tick(3600) == ("Complete", True, True, True)
    assert tenant.order("1002")["status"] == "Hold"
    floor(tenant, {"act": "release", "order": "1002"}, {"act": "reset", "order": "1001"}).raise_for_status()
    tick(3600)
    assert [(told["status"], told["verified"]) for told in tenant.truth()["orders"]] == [("Complete", True)] * 2


def test_what_waits_for_stock_is_picked_when_it_has_come(tenant_with):
    tenant = tenant_with(pace=1, stock={SKU: {"": 1}})
    create(tenant, order())
    tenant.http.post("/_tick", json={"seconds": 1e6}).raise_for_status()
    told = tenant.order("1001")
    assert (told["status"], told["lines"][0]["packed"], len(told["picks"])) == ("In Process", 1, 1)
    floor(tenant, {"act": "put", "item": SKU, "quantity": 3}).raise_for_status()
    tenant.http.post("/_tick", json={"seconds": 10}).raise_for_status()
    assert tenant.order("1001")["packed"]


def test_a_shift_counts_and_carries_stock_and_leaves_orders_on_hold(tenant_with):
    tenant = tenant_with(areas=["EAST", "WEST"], stock={SKU: {"EAST": 50, "WEST": 50}})
    create(tenant, *(order(str(number), pickAreaName="EAST") for number in range(20)))
    done = tenant.shift(seed=3, holds=0.4, resets=0.5, counts=1, moves=1)
    assert done["holds"] + done["orders"] == 20
    assert min(done["holds"], done["resets"], done["counts"], done["moves"]) > 0
    stock = tenant.truth()["stock"]
    assert stock["places"] == stock["place_sums"]


def test_what_was_saved_goes_on_in_the_next_process(tenant_with, tmp_path):
    how = {"state_file": str(tmp_path / "state"), "stock": {SKU: {"": 9}}, "pace": 60}
    first = tenant_with(**how)
    create(first, order(), order("1002"))
    first.http.post("/_tick", json={"seconds": 130}).raise_for_status()
    floor(first, {"act": "pack", "order": "1001", "close": False}).raise_for_status()
    first.http.post("/_save").raise_for_status()
    second = tenant_with(**how)
    assert got(second, "/_truth", ledger=1) == got(first, "/_truth", ledger=1)
    second.http.post("/_tick", json={"seconds": 600}).raise_for_status()
    assert [told["packed"] for told in second.truth()["orders"]] == [True, True]
    assert second.truth()["stock"]["sums"] == {SKU: {"": 1}}


def test_messages_may_have_no_id_and_be_gone_once_read(tenant_with):
    tenant = tenant_with(ids="none", destructive=True)
    create(tenant, order())
    tenant.shift()
    told = got(tenant, "/api/HostQueueApi/GetMessages", count=1)["Messages"]
    assert [message.keys() for message in told] == [{"Trigger", "Created", "Body"}]
    assert tenant.truth()["queue"] == 1
    assert [trigger for trigger, _ in messages(tenant)] == ["BoxClosed"]
    assert messages(tenant) == []


def test_a_hundred_thousand_messages_are_pulled_page_by_page_at_a_steady_price():
    queue = HostQueue(SandboxOptions(), 1, Clock())
    for number in range(100_000):
        queue.put("box_closed", {"OrderNumber": number})

    def pages(count):
        began = time.process_time()
        for _ in range(count):
            page = json.loads(queue.pull(200))["Messages"]
            queue.acknowledge([message["Id"] for message in page])
        return time.process_time() - began

    first = pages(50)
    pages(400)
    assert pages(50) < 5 * first + 0.1
    assert len(queue) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stock": {"NONE": {"": 1}}}, "items that do not exist: NONE"),
        ({"locations": [{"name": "X", "area": "NORTH"}]}, "location X lies in an area"),
        ({"pace": 0}, "greater than 0"),
        ({"habits": {"resets": 2}}, "less than or equal"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ValidationError, match=words):
        SandboxOptions.model_validate(options)
