"""The simulated tenant's dock: purchase orders only grow, and every putaway is a transaction of its own."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.receiving.documents import AnnouncementReader
from crossdock_warehouseos.sandbox.receiving.purchase_orders import Announcement, Receipt
from crossdock_warehouseos.sandbox.stock.places import Place
from crossdock_warehouseos.sandbox.warehouse import Warehouse

POS = "/api/POApi"


def line(item="SKU-0001", expected=5, host_id="1"):
    return {"ItemNumber": item, "HostId": host_id, "ExpectedQuantity": expected}


def order(*lines, number="PO-1", **head):
    return {"PONumber": number, **head, "Lines": list(lines)}


def save(tenant, document):
    return tenant.http.post(f"{POS}/AddOrUpdatePO", json=document)


def get(tenant, number="PO-1"):
    return tenant.http.get(f"{POS}/GetPO", params={"poNumber": number})


def lines_of(tenant):
    told = get(tenant).json()["Lines"]
    return [(each["ItemNumber"], each["HostId"], each["ExpectedQuantity"], each["ReceivedQuantity"]) for each in told]


def receive(tenant, **receipt):
    return tenant.http.post("/_receive", json=[{"po": "PO-1", "item": "SKU-0001", "quantity": 1, **receipt}])


def messages(tenant, trigger):
    told = tenant.http.get("/api/HostQueueApi/GetMessages").json()["Messages"]
    return [message["Body"] for message in told if message["Trigger"] == trigger]


def test_a_purchase_order_comes_back_as_it_was_saved(tenant):
    head = {"Vendor": "Acme", "ExpectedDate": "2026-03-01T00:00:00Z", "Notes": "dock 2"}
    assert save(tenant, order(line(), **head)).json() == {"Success": True}
    assert get(tenant).json() == order({**line(), "ReceivedQuantity": 0}, **head)


def test_lines_are_matched_by_item_and_host_id_and_never_deleted(tenant):
    save(tenant, order(line(expected=5), line("SKU-0002", 3, "2"), Vendor="Acme"))
    save(tenant, order(line(expected=7), line(expected=1, host_id="9")))
    assert lines_of(tenant) == [
        ("SKU-0001", "1", 7, 0),
        ("SKU-0002", "2", 3, 0),
        ("SKU-0001", "9", 1, 0),
    ]
    assert get(tenant).json()["Vendor"] == "Acme"


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ([], "PONumber"),
        (order(line(), number=""), "PONumber"),
        (order(), "line"),
        (order("x"), "ItemNumber"),
        (order(line(expected=-1)), "ExpectedQuantity"),
        (order(line(expected=1.5)), "ExpectedQuantity"),
        (order(line("NEW")), "Item NEW does not exist"),
        (order(line(), line()), "2 times"),
        (order(line(), Vendor=7), "Vendor"),
        (order(line(), AreaName="NORTH"), "NORTH"),
    ],
)
def test_a_purchase_order_that_makes_no_sense_is_refused_whole(document, word):
    warehouse = Warehouse(SandboxOptions(areas=("EAST",)), seed=1)
    with pytest.raises(Refused, match=word):
        warehouse.receiving.save(AnnouncementReader(warehouse.profile, warehouse.places).read(document))
    assert warehouse.receiving.orders == {}


def test_a_refusal_says_why_and_what_is_not_there_is_not_found(tenant):
    answer = save(tenant, order(line(), line("NEW")))
    assert (answer.status_code, answer.json()) == (400, {"Success": False, "Message": "Item NEW does not exist."})
    assert get(tenant).status_code == 404


def test_each_putaway_is_a_transaction_and_stock(tenant_with):
    tenant = tenant_with(stock={}, areas=["EAST", "WEST"])
    save(tenant, order(line(expected=5)))
    receive(tenant, quantity=3, area="EAST", user="ann").raise_for_status()
    receive(tenant, quantity=4, area="WEST", host_id="1").raise_for_status()
    first, second = messages(tenant, "POPutaway")
    assert {**first, "TransactionDate": ""} == {
        "TransactionId": "R1",
        "PONumber": "PO-1",
        "HostId": "1",
        "ItemNumber": "SKU-0001",
        "Quantity": 3,
        "AreaName": "EAST",
        "LocationName": "EAST-01-01",
        "UserName": "ann",
        "TransactionDate": "",
    }
    assert second["TransactionId"] == "R2"
    assert lines_of(tenant) == [("SKU-0001", "1", 5, 7)]
    puts = messages(tenant, "InventoryPut")
    assert [(put["Quantity"], put["ToArea"], put["ReasonCode"]) for put in puts] == [
        (3, "EAST", "RECEIPT"),
        (4, "WEST", "RECEIPT"),
    ]


@pytest.mark.parametrize(("books", "tells", "puts"), [(True, False, 1), (False, True, 0)])
def test_a_tenant_may_tell_of_putaways_alone(tenant_with, books, tells, puts):
    tenant = tenant_with(stock={}, putaway_books_put=books, putaway_tells_put=tells)
    save(tenant, order(line()))
    receive(tenant).raise_for_status()
    assert len(messages(tenant, "POPutaway")) == 1
    assert messages(tenant, "InventoryPut") == []
    assert tenant.truth()["stock"]["transactions"] == puts


def test_people_receive_what_nobody_announced_as_a_line_of_its_own(tenant):
    save(tenant, order(line()))
    receive(tenant, item="SKU-0002", quantity=2).raise_for_status()
    assert lines_of(tenant) == [("SKU-0001", "1", 5, 0), ("SKU-0002", "", 0, 2)]
    [putaway] = messages(tenant, "POPutaway")
    assert "HostId" not in putaway
    assert tenant.truth()["purchase_orders"]["PO-1"]["lines"][1]["added"]


def test_a_putaway_that_makes_no_sense_changes_nothing(tenant):
    save(tenant, order(line()))
    before = tenant.truth()
    for wrong, word in ({"po": "2"}, "2"), ({"quantity": 0}, "piece"), ({"item": "NEW"}, "NEW"), ({"area": "X"}, "X"):
        answer = receive(tenant, **wrong)
        assert answer.status_code in (400, 404)
        assert word in answer.json()["error"]
    assert tenant.truth() == before


KEYS = st.tuples(st.sampled_from("AB"), st.sampled_from(["", "1", "2"]))
HOST_SAYS = st.builds(
    Announcement, st.sampled_from("PQ"), st.just({}), st.dictionaries(KEYS, st.integers(0, 9), min_size=1, max_size=3)
)
PEOPLE_DO = st.builds(
    Receipt,
    st.sampled_from("PQR"),
    st.sampled_from("ABX"),
    st.integers(0, 5),
    st.just(Place("", "MAIN-01-01")),
    st.none() | st.sampled_from(["", "1", "2", "3"]),
)


def dock():
    return Warehouse(SandboxOptions(items=("A", "B"), stock={}), seed=1)


def pieces(warehouse):
    return {
        (number, line.item, line.host_id): line.received
        for number, order in warehouse.receiving.orders.items()
        for line in order.lines
    }


def play(warehouse, step):
    try:
        if isinstance(step, Receipt):
            warehouse.receiving.receive(step)
        else:
            warehouse.receiving.save(step)
    except Refused:
        return False
    return True


@given(st.lists(HOST_SAYS | PEOPLE_DO, max_size=20))
def test_no_line_ever_goes_and_what_was_received_only_grows(steps):
    warehouse = dock()
    for step in steps:
        before = pieces(warehouse)
        taken = play(warehouse, step)
        after = pieces(warehouse)
        assert before.keys() <= after.keys()
        assert all(after[key] >= received for key, received in before.items())
        assert sum(after.values()) - sum(before.values()) == (
            step.quantity if taken and isinstance(step, Receipt) else 0
        )
        assert taken or after == before


@given(st.lists(HOST_SAYS | PEOPLE_DO, max_size=20))
def test_what_is_received_is_the_sum_of_the_putaways_and_lies_in_stock(steps):
    warehouse = dock()
    for step in steps:
        play(warehouse, step)
    putaways = warehouse.receiving.putaways
    assert len({putaway.id for putaway in putaways}) == len(putaways)
    for (number, item, host_id), received in pieces(warehouse).items():
        of_line = [each for each in putaways if (each.number, each.item, each.host_id) == (number, item, host_id)]
        assert received == sum(each.quantity for each in of_line)
    for item in "AB":
        lies = sum(level for at, _, level in warehouse.stock.rows() if at == item)
        assert lies == sum(putaway.quantity for putaway in putaways if putaway.item == item)


def test_a_dock_goes_on_where_it_was():
    first, again = dock(), dock()
    said, done = Announcement("P", {}, {("A", "1"): 2}), Receipt("P", "A", 1, Place("", "MAIN-01-01"))
    assert all(play(first, step) for step in (said, done))
    again.restore(pickle.loads(pickle.dumps(first.state())))
    assert play(again, done)
    assert pieces(again) == {("P", "A", "1"): 2}
    assert [putaway.id for putaway in again.receiving.putaways] == ["R1", "R2"]


@given(HOST_SAYS, HOST_SAYS)
def test_the_host_decides_what_is_expected_line_by_line(first, second):
    warehouse = dock()
    warehouse.receiving.save(first)
    after = warehouse.receiving.save(second)
    expected = {(line.item, line.host_id): line.expected for line in after.lines}
    assert expected == ({**first.expected, **second.expected} if first.number == second.number else second.expected)
