"""Messages that say what cannot be: dates that are none, numbers of nothing, quantities that are no number."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.engine.reversal_plan import covers
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.messages import MessageReader

BARE = {"base_url": "https://wos.example", "api_key": "k"}
AT = "2026-03-01T12:00:00Z"
LINE = {"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2}
WORK = {"OrderNumber": "1001", "TransactionId": "W7", "CompletedDate": AT}
BOX = {**WORK, "BoxNumber": "1001-1", "Lines": [LINE]}
PICK = {**WORK, "PickNumber": "1001-P1", "OrderStatus": "Complete", "Lines": [{**LINE, "ShortQuantity": 1}]}
STOCK = {"TransactionId": "T1", "ItemNumber": "SKU-0001", "Quantity": 3, "TransactionDate": AT}
PUTAWAY = {**STOCK, "PONumber": "PO-1"}
ZERO_ID = "00000000-0000-0000-0000-000000000000"


def reader(**chosen):
    return MessageReader(WarehouseOSSettings(**BARE, **chosen))


PACKS, PICKS = reader(), reader(confirm_at="pick")
TELLS = {
    "box": (PACKS.shipment, "BoxClosed", BOX),
    "pick": (PICKS.shipment, "OrderPickComplete", PICK),
    "line": (reader(report_by="line").shipment, "PackTransaction", {**WORK, **LINE, "BoxNumber": "1001-1"}),
    "short": (PACKS.shortages, "OrderPickComplete", PICK),
    "picks reset": (PICKS.shipment, "PickReset", WORK),
    "box reset": (PACKS.shipment, "BoxReset", {**WORK, "BoxNumber": "1001-1"}),
    "put": (PACKS.movement, "InventoryPut", STOCK),
    "count": (PACKS.movement, "CycleCount", STOCK),
    "putaway": (PACKS.putaway, "POPutaway", PUTAWAY),
}


def message(trigger, body, key="M1"):
    return Record(key, json.dumps({"Id": key, "Trigger": trigger, "Body": body}).encode())


def told(kind, **changes):
    read, trigger, body = TELLS[kind]
    return read(message(trigger, {**body, **changes}))


every_kind = pytest.mark.parametrize("kind", TELLS)


@every_kind
@pytest.mark.parametrize(
    "date",
    [
        3,
        0,
        1772366400,
        "1772366400",
        1.5,
        True,
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "1999-12-31",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_what_is_no_date_is_refused_by_its_name(kind, date):
    name = "CompletedDate" if "CompletedDate" in TELLS[kind][2] else "TransactionDate"
    assert told(kind)
    with pytest.raises(Unreadable, match=rf"^host message M1( of order 1001)?: {name}: a date "):
        told(kind, **{name: date})


@every_kind
@pytest.mark.parametrize("date", [None, "", " "])
def test_a_date_that_is_empty_is_said_to_be_empty(kind, date):
    name = "CompletedDate" if "CompletedDate" in TELLS[kind][2] else "TransactionDate"
    with pytest.raises(Unreadable, match=rf": {name} is empty$"):
        told(kind, **{name: date})


@pytest.mark.parametrize("date", ["2000-01-01T00:00:00Z", "2026-03-01T12:00:00", "2026-03-01"])
def test_other_dates_are_taken(date):
    assert all(told(kind, CompletedDate=date, TransactionDate=date) for kind in TELLS)


@pytest.mark.parametrize("nothing", [None, "", " ", [], [""], [None], ["", "  "]], ids=repr)
def test_a_reset_that_names_empty_picks_names_none_and_so_means_the_order(nothing):
    assert told("picks reset", PickNumber=nothing).shipments == ()
    assert covers(told("picks reset", PickNumber=nothing, CompletedDate="2026-03-01T13:00:00Z"), told("pick"))
    with pytest.raises(Unreadable, match="M1 of order 1001: BoxNumber does not tell which box"):
        told("box reset", BoxNumber=nothing)


def test_a_reset_of_which_one_pick_of_several_is_empty_is_refused():
    with pytest.raises(Unreadable, match=r"PickNumber\.1 is empty"):
        told("picks reset", PickNumber=["1001-P1", ""])


@given(st.lists(st.sampled_from(["", " ", None, "P1", "P2", 3])))
def test_a_reset_of_boxes_takes_back_something_or_is_refused(names):
    try:
        assert all(name.rpartition("/")[2].strip() for name in told("box reset", BoxNumber=names).shipments)
    except Unreadable:
        assert {None, "", " "} & {*names} or not names


@pytest.mark.parametrize("none", [0, "0", "", " ", None, ZERO_ID, f"{{{ZERO_ID}}}", ZERO_ID.replace("-", "")], ids=repr)
@every_kind
def test_a_transaction_whose_number_is_nought_has_none(kind, none):
    def ids(**changes):
        facts = told(kind, TransactionId=none, **changes)
        return {fact.external_id for fact in (facts if isinstance(facts, list | tuple) else [facts])}

    assert ids() == ids()
    later = {"CompletedDate": "2026-03-01T13:00:00Z", "TransactionDate": "2026-03-01T13:00:00Z"}
    assert ids().isdisjoint(ids(**later))


def test_a_number_that_begins_or_ends_with_noughts_is_one():
    assert told("box", TransactionId="0070").external_id == "0070/1001-1"
    assert told("put", TransactionId=10).external_id == "put/10"


def test_a_reset_of_picks_and_one_of_a_box_with_one_number_are_two_facts():
    picks = PACKS.shipment(message("PickReset", WORK))
    assert (picks.external_id, told("box reset").external_id) == ("1001/W7", "box/1001/W7")


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", None], ids=repr)
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("box", "OrderNumber"), ("short", "OrderNumber"), ("picks reset", "OrderNumber"), ("line", "HostId"),
        ("line", "ItemNumber"), ("put", "ItemNumber"), ("putaway", "ItemNumber"), ("putaway", "PONumber"),
    ],
)  # fmt: skip
def test_what_is_blank_is_empty(kind, name, blank):
    with pytest.raises(Unreadable, match=f": {name} is empty$"):
        told(kind, **{name: blank})


@pytest.mark.parametrize(("name", "where"), [("HostId", "Lines.0.HostId"), ("ItemNumber", "Lines.0.ItemNumber")])
def test_what_is_blank_in_a_line_is_empty(name, where):
    for kind in ("box", "pick"):
        with pytest.raises(Unreadable, match=f"of order 1001: {where} is empty$"):
            told(kind, Lines=[{**LINE, name: " "}])


def test_a_box_whose_number_is_blank_has_none():
    assert told("box", BoxNumber=" ") == told("box", BoxNumber=None)
    assert told("putaway", HostId="  ").line_id == ""
    assert told("put", OrderNumber=" ").order_number == ""


@pytest.mark.parametrize("kind", ["line", "put", "count", "putaway"])
@pytest.mark.parametrize("quantity", [True, False])
def test_yes_and_no_are_no_quantity(kind, quantity):
    with pytest.raises(Unreadable, match=r": Quantity is no whole number$"):
        told(kind, Quantity=quantity)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "Body is empty"),
        (7, "Body is no object"),
        ([BOX], "Body is no object"),
        ({**BOX, "OrderNumber": None}, "OrderNumber is empty"),
        ({**BOX, "OrderNumber": {}}, "OrderNumber is no text"),
    ],
)
def test_where_no_order_can_be_read_the_message_and_the_place_are_named(body, words):
    with pytest.raises(Unreadable, match=f"^host message M1: {words}$"):
        PACKS.shipment(message("BoxClosed", body))


OTHERS = {"orders_of_others": ["WH-*", "7"]}


@pytest.mark.parametrize("number", ["WH-9", 7])
@pytest.mark.parametrize(
    ("trigger", "body"),
    [
        ("BoxClosed", {**BOX, "Lines": [{"ItemNumber": "SKU-0001", "Quantity": 2}]}),
        ("BoxClosed", {**BOX, "CompletedDate": None}),
        ("BoxClosed", {"Lines": "many"}),
        ("OrderPickComplete", {**PICK, "Lines": [{"Quantity": 1, "ShortQuantity": 1}]}),
        ("BoxReset", WORK),
        ("PickReset", {}),
    ],
)
def test_orders_of_others_are_no_problem_whatever_their_messages_hold(trigger, body, number):
    record = message(trigger, {**body, "OrderNumber": number})
    for confirm_at in ("pack", "pick"):
        tells = reader(confirm_at=confirm_at, **OTHERS)
        assert tells.shipment(record) is None
        assert list(tells.shortages(record)) == []


def test_a_message_that_does_not_tell_whose_order_it_is_stays_a_problem():
    for body in ({**BOX, "OrderNumber": None}, {**BOX, "OrderNumber": ["WH-9"]}, [], None):
        with pytest.raises(Unreadable):
            reader(**OTHERS).shipment(message("BoxClosed", body))


@pytest.mark.parametrize("status", ["complete", "Complete ", " COMPLETE"])
def test_the_word_for_complete_is_known_however_it_is_written(status):
    assert [one.quantity for one in told("short", OrderStatus=status)] == [1]
    assert not told("short", OrderStatus="Incomplete")
