"""The simulated tenant refuses what the real one would refuse, and its people work as told."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock import Scenario
from crossdock.sandbox import SandboxProcess
from crossdock_warehouseos.sandbox import sandbox_app
from crossdock_warehouseos.sandbox.options import SandboxOptions, Shift
from crossdock_warehouseos.sandbox.people.shift import work
from crossdock_warehouseos.sandbox.people.tracking import mail_check_digit, tracking_number, ups_check_digit
from crossdock_warehouseos.sandbox.warehouse import Warehouse

ORDERS = "/api/OrderApi"


def order(number="1001", **changes):
    lines = [{"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 4}]
    return {"OrderNumber": number, "Carrier": "UPS", "Service": "GROUND", "Lines": lines, **changes}


def create(tenant, document):
    return tenant.http.post(f"{ORDERS}/AddOrder", json=document)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"ApiKey": "wrong"}, 403), ({"ApiKey": ""}, 403)],
    ids=["right", "wrong", "empty"],
)
def test_only_the_right_key_opens(tenant, headers, status):
    assert tenant.http.get("/api/ItemApi/GetItems", headers=headers).status_code == status


def test_without_a_key_nothing_opens(tenant):
    del tenant.http.headers["ApiKey"]
    assert create(tenant, order()).status_code == 401
    assert tenant.truth()["orders"] == []


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ([], "JSON object"),
        ({}, "OrderNumber"),
        (order(number=" "), "OrderNumber"),
        (order(number=7), "OrderNumber"),
        (order(Lines=[]), "line"),
        (order(Lines=["x"]), "ItemNumber"),
        (order(Lines=[{"ItemNumber": "", "Quantity": 1}]), "ItemNumber"),
        (order(Lines=[{"ItemNumber": "SKU-0001", "Quantity": 0}]), "Quantity"),
        (order(Lines=[{"ItemNumber": "SKU-0001", "Quantity": 1.5}]), "Quantity"),
        (order(Lines=[{"ItemNumber": "NEW", "Quantity": 1}]), "Item NEW does not exist"),
        (order(Status="Complete"), "Complete"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_in_words(tenant, document, word):
    answer = create(tenant, document)
    assert answer.status_code == 400
    assert answer.json()["Success"] is False
    assert word in answer.json()["Message"]
    assert tenant.truth()["orders"] == []


def test_writes_are_json(tenant):
    assert tenant.http.post(f"{ORDERS}/AddOrder", content=b"{}").status_code == 415
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert tenant.http.post(f"{ORDERS}/AddOrder", content=b"\xff{", headers=headers).status_code == 400


@pytest.mark.parametrize(("option", "status"), [("409", 409), ("200", 200)])
def test_a_number_is_taken_once_and_never_updated(tenant_with, option, status):
    tenant = tenant_with(duplicate_answer=option)
    assert create(tenant, order(Notes="first")).json() == {"Success": True, "OrderId": 1}
    again = create(tenant, order(Notes="second"))
    assert (again.status_code, again.json()["Success"]) == (status, False)
    got = tenant.http.get(f"{ORDERS}/GetOrder", params={"orderNumber": "1001"}).json()
    assert (got["Notes"], got["OrderId"], got["Packed"]) == ("first", 1, False)
    assert tenant.truth()["counts"]["duplicates refused"] == 1


@pytest.mark.parametrize("locked_answer", ["409", "400", "200"])
def test_a_batched_order_is_locked(tenant_with, locked_answer):
    tenant = tenant_with(locked_answer=locked_answer)
    create(tenant, order())
    tenant.http.post("/_set", json={"number": "1001", "batched": True}).raise_for_status()
    answer = tenant.http.delete(f"{ORDERS}/DeleteOrder", params={"orderNumber": "1001"})
    assert (answer.status_code, answer.json()["Success"]) == (int(locked_answer), False)
    assert tenant.order("1001")["batched"]


def test_an_unbatched_order_can_be_deleted_and_sent_again(tenant):
    create(tenant, order())
    assert tenant.http.delete(f"{ORDERS}/DeleteOrder", params={"orderNumber": "1001"}).json() == {"Success": True}
    assert tenant.http.get(f"{ORDERS}/GetOrder", params={"orderNumber": "1001"}).status_code == 404
    create(tenant, order())
    assert tenant.order("1001")["creates"] == 2


def test_newer_versions_create_an_item_for_an_unknown_number(tenant_with):
    tenant = tenant_with(create_unknown_items=True)
    create(tenant, order(Lines=[{"ItemNumber": "SKU-9999", "Quantity": 1}])).raise_for_status()
    assert tenant.truth()["counts"]["items created"] == 1


def test_where_areas_are_used_an_order_without_one_is_never_picked(tenant_with):
    tenant = tenant_with(areas=["EAST"])
    create(tenant, order("1"))
    create(tenant, order("2", pickAreaName="EAST"))
    assert create(tenant, order("3", pickAreaName="NORTH")).status_code == 400
    assert tenant.shift()["orders"] == 1
    assert tenant.order("1")["status"] == "Available"


def test_an_order_on_hold_waits_for_a_person(tenant):
    create(tenant, order(Status="Hold"))
    assert tenant.shift()["orders"] == 0
    tenant.http.post("/_set", json={"number": "1001", "status": "Available"}).raise_for_status()
    assert tenant.shift()["orders"] == 1
    done = tenant.order("1001")
    assert (done["status"], done["batched"], done["packed"]) == ("Complete", True, True)


def test_a_shift_can_be_limited_and_a_wrong_one_is_refused(tenant):
    for number in range(5):
        create(tenant, order(str(number)))
    assert tenant.shift(limit=2)["orders"] == 2
    assert tenant.shift() == {"orders": 3, "boxes": 3, "pieces": 12}
    assert tenant.shift()["orders"] == 0
    assert tenant.http.post("/_shift", json={"short_picks": 2}).status_code == 400
    assert tenant.http.post("/_shift", json={"speed": 2}).status_code == 400


def test_items_come_in_pages(tenant):
    def numbers(page, size):
        answer = tenant.http.get("/api/ItemApi/GetItems", params={"page": page, "pageSize": size})
        return [item["ItemNumber"] for item in answer.json()["Items"]]

    assert numbers(1, 3) == ["SKU-0001", "SKU-0002", "SKU-0003"]
    assert numbers(4, 133) == ["SKU-0400"]
    assert numbers(5, 133) == []
    assert tenant.http.get("/api/ItemApi/GetItems", params={"page": "x"}).status_code == 400


def test_only_triggers_that_are_switched_on_write_messages(tenant_with):
    tenant = tenant_with(triggers=["box_closed"])
    create(tenant, order())
    tenant.shift()
    (message,) = tenant.http.get("/api/HostQueueApi/GetMessages").json()["Messages"]
    assert message["Trigger"] == "BoxClosed"
    assert message["Body"]["Lines"] == [{"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 4}]


def test_faults_of_the_scenario_are_played(tenant_with):
    tenant = tenant_with(faults={"rates": {"error_503": 1.0}, "max_faults": 1})
    assert [create(tenant, order(number)).status_code for number in ("1", "2")] == [503, 200]


def test_an_unknown_option_is_refused():
    with pytest.raises(ValidationError, match="redelivery"):
        sandbox_app(Scenario(options={"redelivery": 0.5}))


def test_it_also_runs_in_a_process_of_its_own():
    with (
        SandboxProcess("crossdock_warehouseos.sandbox:sandbox_app", Scenario(options={"api_key": "k"})) as sandbox,
        httpx.Client(base_url=sandbox.url, trust_env=False) as client,
    ):
        assert client.get("/api/ItemApi/GetItems", headers={"ApiKey": "k"}).status_code == 200


asked = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=5), min_size=1, max_size=8)
shares = st.floats(0, 1)
calm = settings(suppress_health_check=[HealthCheck.too_slow])


def stocked(orders: list[list[int]]) -> Warehouse:
    warehouse = Warehouse(SandboxOptions(), seed=1)
    for number, quantities in enumerate(orders):
        lines = [
            {"HostId": f"L{place}", "ItemNumber": "SKU-0001", "Quantity": quantity}
            for place, quantity in enumerate(quantities)
        ]
        warehouse.create(json.dumps(order(f"N{number}", Lines=lines)).encode())
    return warehouse


def in_boxes(warehouse: Warehouse) -> dict[tuple[str, str], int]:
    """Pieces in closed boxes by order and line, as the host was told."""
    told: dict[tuple[str, str], int] = {}
    for message in json.loads(warehouse.queue.pull(10_000))["Messages"]:
        if message["Trigger"] == "BoxClosed":
            for line in message["Body"]["Lines"]:
                key = (message["Body"]["OrderNumber"], line["HostId"])
                told[key] = told.get(key, 0) + line["Quantity"]
    return told


@calm
@given(asked, st.integers(0, 99), shares, shares)
def test_short_picks_and_split_boxes_conserve_quantities(orders, seed, short, split):
    warehouse = stocked(orders)
    work(warehouse, Shift(seed=seed, short_picks=short, split_boxes=split))
    for made in warehouse.orders.values():
        for line in made.lines:
            assert line.picked == line.packed == in_boxes(warehouse).get((made.number, line.host_id), 0)
            assert 0 <= line.picked <= line.requested
    work(warehouse, Shift(seed=seed, split_boxes=split))
    requested = {
        (made.number, line.host_id): line.requested for made in warehouse.orders.values() for line in made.lines
    }
    assert in_boxes(warehouse) == requested
    assert all(made.status == "Complete" for made in warehouse.orders.values())


@calm
@given(asked, st.integers(0, 99))
def test_over_picks_are_one_piece_too_many(orders, seed):
    warehouse = stocked(orders)
    work(warehouse, Shift(seed=seed, over_picks=1))
    assert all(line.picked == line.requested + 1 for made in warehouse.orders.values() for line in made.lines)


@calm
@given(asked, st.integers(0, 99), shares)
def test_the_same_shift_packs_the_same_boxes(orders, seed, share):
    shift = Shift(seed=seed, short_picks=share, split_boxes=share, without_tracking=share)
    boxes = []
    for warehouse in (stocked(orders), stocked(orders)):
        work(warehouse, shift)
        boxes.append([made.boxes for made in warehouse.orders.values()])
    assert boxes[0] == boxes[1]


def test_boxes_are_never_empty_and_their_numbers_never_repeat():
    warehouse = stocked([[1, 1, 1]] * 50)
    for seed in range(5):
        work(warehouse, Shift(seed=seed, short_picks=0.5, split_boxes=1))
    boxes = [box for made in warehouse.orders.values() for box in made.boxes]
    assert all(sum(box.pieces.values()) > 0 for box in boxes)
    assert len({box.number for box in boxes}) == len(boxes)
    assert any(len(made.boxes) > 1 for made in warehouse.orders.values())


def test_boxes_without_tracking_have_none():
    warehouse = stocked([[1]] * 10)
    work(warehouse, Shift(without_tracking=1))
    assert {box.tracking_number for made in warehouse.orders.values() for box in made.boxes} == {""}


def test_the_check_digits_are_those_of_known_numbers():
    assert ups_check_digit("999AA1012345678") == 4
    assert mail_check_digit("400638133393") == 1  # the rule of the mail is that of trade numbers, and this is one


@pytest.mark.parametrize("carrier", ["UPS", "USPS"])
def test_tracking_numbers_are_stable_and_unique(carrier):
    boxes = [f"{order_number}-{box}" for order_number in range(2000) for box in (1, 2)]
    numbers = [tracking_number(carrier, box) for box in boxes]
    assert numbers == [tracking_number(carrier, box) for box in boxes]
    assert len(set(numbers)) == len(numbers)
    assert {len(number) for number in numbers} == {18 if carrier == "UPS" else 22}
