"""The floor of the simulated tenant: what people may do there, and what the host hears of it."""

import json

import pytest

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.front.truth import ledger, truth
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.people.acts import SCRIPT, play
from crossdock_warehouseos.sandbox.warehouse import Warehouse

LINES = [
    {"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2},
    {"HostId": "L2", "ItemNumber": "SKU-0002", "Quantity": 3},
]
EVERYTHING = ["box_closed", "pick_complete", "line_picked", "line_packed", "pick_reset", "box_reset", "order_verified"]


def order(number="1", **changes):
    return {"OrderNumber": number, "Carrier": "UPS", "Service": "GROUND", "Lines": LINES, **changes}


def tenant(*orders, **options) -> Warehouse:
    warehouse = Warehouse(SandboxOptions.model_validate(options), seed=1)
    for document in orders or (order(),):
        warehouse.create(json.dumps(document).encode())
    return warehouse


def acts(warehouse, *script):
    return play(
        warehouse, SCRIPT.validate_python([{"order": "1", **act} if _names_order(act) else act for act in script])
    )


def _names_order(act):
    return act["act"] not in ("batch", "put", "pull", "count", "move")


BATCH = {"act": "batch", "orders": ["1"]}


def told(warehouse, *triggers):
    """The bodies of the messages of some triggers."""
    messages = json.loads(warehouse.queue.pull(1000))["Messages"]
    return [message["Body"] for message in messages if message["Trigger"] in triggers]


def test_an_order_goes_from_available_to_verified():
    warehouse = tenant()
    made = warehouse.order("1")
    stages = []
    for act in (BATCH, {"act": "download"}, {"act": "pick"}, {"act": "pack"}, {"act": "verify"}):
        acts(warehouse, act)
        stages.append((made.status, made.batched, made.packed, made.verified))
    assert stages == [
        ("Available", True, False, False),
        ("In Process", True, False, False),
        ("Complete", True, False, False),
        ("Complete", True, True, False),
        ("Complete", True, True, True),
    ]


def test_every_piece_is_told_line_by_line_and_in_whole():
    warehouse = tenant(triggers=EVERYTHING)
    acts(
        warehouse,
        BATCH,
        {"act": "pick", "line": "L1", "quantity": 1, "user": "Ann"},
        {"act": "pick", "line": "L2"},
        {"act": "complete"},
        {"act": "pick"},
        {"act": "pack", "line": "L1", "quantity": 2, "close": False},
        {"act": "pack", "line": "L2", "quantity": 1, "box": "1-1"},
        {"act": "pack"},
    )
    picked = [(body["PickNumber"], *_pieces(body)) for body in told(warehouse, "PickTransaction")]
    assert picked == [("1-P1", ("L1", 1)), ("1-P1", ("L2", 3)), ("1-P2", ("L1", 1))]
    whole = [(body["PickNumber"], *_pieces(body)) for body in told(warehouse, "OrderPickComplete")]
    assert whole == [("1-P1", ("L1", 1), ("L2", 3)), ("1-P2", ("L1", 1))]
    packed = [(body["BoxNumber"], *_pieces(body)) for body in told(warehouse, "PackTransaction")]
    assert packed == [("1-1", ("L1", 2)), ("1-1", ("L2", 1)), ("1-2", ("L2", 2))]
    boxes = [(body["BoxNumber"], *_pieces(body)) for body in told(warehouse, "BoxClosed")]
    assert boxes == [("1-1", ("L1", 2), ("L2", 1)), ("1-2", ("L2", 2))]
    bodies = told(warehouse, "PickTransaction", "PackTransaction", "OrderPickComplete", "BoxClosed")
    assert len({body["TransactionId"] for body in bodies}) == len(bodies)
    assert [body.get("UserName") for body in told(warehouse, "PickTransaction")] == ["Ann", None, None]


def _pieces(body):
    return [(line["HostId"], line["Quantity"]) for line in body["Lines"]]


PICKED = (BATCH, {"act": "pick"})
PICK_OF_FOUR = {"pick": "1-P1", "pieces": 4}
PACKED = (*PICKED, {"act": "pack"})


@pytest.mark.parametrize(
    ("before", "act", "words"),
    [
        ((), {"act": "pick"}, "in no batch"),
        ((), {"act": "download"}, "in no batch"),
        ((), {"act": "unbatch"}, "in no batch"),
        ((), {"act": "reset"}, "no picks"),
        ((), {"act": "pack"}, "Nothing of order 1"),
        ((), {"act": "verify"}, "not packed"),
        ((), {"act": "set_area", "area": "NORTH"}, "does not exist"),
        ((), {"act": "batch", "orders": []}, "needs orders"),
        ((), {"act": "batch", "orders": ["7"]}, "7 does not exist"),
        (({"act": "hold"},), BATCH, "is Hold"),
        ((BATCH,), BATCH, "in batch B1"),
        ((BATCH,), {"act": "set_area", "area": "WEST"}, "stays in its area"),
        ((BATCH,), {"act": "complete"}, "on no device"),
        ((BATCH,), {"act": "pick", "line": "L1", "quantity": 3}, "2 are left to pick, not 3"),
        ((BATCH,), {"act": "pick", "line": "L9"}, "0 such lines"),
        ((BATCH,), {"act": "pick", "quantity": 1}, "needs a line"),
        ((BATCH, {"act": "hold"}), {"act": "pick"}, "on hold"),
        ((BATCH, {"act": "download"}), {"act": "unbatch"}, "reset it first"),
        ((BATCH, {"act": "download"}), {"act": "delete"}, "reset it first"),
        (PICKED, {"act": "pick"}, "complete"),
        (PICKED, {"act": "hold"}, "complete"),
        (PICKED, {"act": "release"}, "complete"),
        (PICKED, {"act": "pack", "line": "L1", "quantity": 3}, "2 are picked and not packed, not 3"),
        (PICKED, {"act": "close", "box": "1-1"}, "no open box"),
        (PICKED, {"act": "reset", "picks": ["1-P7"]}, "no pick 1-P7"),
        (PACKED, {"act": "pack", "line": "L1", "quantity": 1, "box": "1-1"}, "0 are picked and not packed"),
        (PACKED, {"act": "reopen", "box": "1-9"}, "no closed box"),
        ((*PACKED, {"act": "verify"}), {"act": "verify"}, "already"),
    ],
)
def test_what_the_rules_forbid_is_refused_in_words(before, act, words):
    warehouse = tenant(order(pickAreaName="EAST"), areas=["EAST", "WEST"])
    acts(warehouse, *before)
    was = _seen(warehouse)
    with pytest.raises(Refused, match=words):
        acts(warehouse, act)
    assert _seen(warehouse) == was


def _seen(warehouse):
    return repr([truth(warehouse), ledger(warehouse), warehouse.numbering.state(), warehouse.queue.state()])


def test_a_batch_lies_in_one_area_and_an_order_without_one_is_in_none():
    warehouse = tenant(
        order("1", pickAreaName="EAST"), order("2", pickAreaName="WEST"), order("3"), areas=["EAST", "WEST"]
    )
    with pytest.raises(Refused, match="one area"):
        acts(warehouse, {"act": "batch", "orders": ["1", "2"]})
    with pytest.raises(Refused, match="has no area"):
        acts(warehouse, {"act": "batch", "orders": ["1", "3"]})
    acts(warehouse, {"act": "set_area", "order": "3", "area": "EAST"}, {"act": "batch", "orders": ["1", "3"]})
    assert [made.batch for made in warehouse.orders.values()] == ["B1", "", "B1"]


def test_a_held_order_goes_on_where_it_was():
    warehouse = tenant()
    acts(warehouse, BATCH, {"act": "download"}, {"act": "hold"}, {"act": "hold"})
    assert warehouse.order("1").status == "Hold"
    acts(warehouse, {"act": "release"})
    assert warehouse.order("1").status == "In Process"
    assert acts(warehouse, {"act": "pick"}) == [{"pick": "1-P1", "pieces": 5}]


def test_nobody_looks_for_what_was_completed_short():
    warehouse = tenant()
    acts(warehouse, BATCH, {"act": "pick", "line": "L1"}, {"act": "complete", "short": True}, {"act": "pack"})
    made = warehouse.order("1")
    assert (made.status, made.packed, made.left) == ("Complete", True, 3)
    assert not warehouse.book.unfinished


def test_a_supervisor_takes_one_pick_back_and_the_order_is_worked_on_again():
    warehouse = tenant(triggers=EVERYTHING)
    acts(warehouse, BATCH, {"act": "pick", "line": "L1"}, {"act": "complete"}, {"act": "pick"})
    assert acts(warehouse, {"act": "reset", "picks": ["1-P1"], "user": "Sue"}) == [{"picks": ["1-P1"]}]
    made = warehouse.order("1")
    assert (made.status, [line.picked for line in made.lines]) == ("In Process", [0, 3])
    (body,) = told(warehouse, "PickReset")
    assert (body["OrderNumber"], body["PickNumber"], body["UserName"]) == ("1", ["1-P1"], "Sue")
    assert body.keys() >= {"TransactionId", "CompletedDate"}
    assert acts(warehouse, {"act": "pick"}) == [{"pick": "1-P3", "pieces": 2}]


@pytest.mark.parametrize(("option", "boxes"), [("boxes", ["1-1", "1-2"]), ("silent", [])])
def test_a_reset_of_packed_picks_empties_the_boxes(option, boxes):
    warehouse = tenant(reset_of_packed=option, reset_names_picks=False)
    acts(warehouse, *PICKED, {"act": "pack", "line": "L1"}, {"act": "pack"}, {"act": "verify"}, {"act": "reset"})
    made = warehouse.order("1")
    assert (made.status, made.batched, made.packed, made.verified) == ("Available", True, False, False)
    assert (made.boxes, [(line.picked, line.packed) for line in made.lines]) == ([], [(0, 0), (0, 0)])
    assert [body["BoxNumber"] for body in told(warehouse, "BoxReset")] == boxes
    (body,) = told(warehouse, "PickReset")
    assert "PickNumber" not in body


def test_a_tenant_may_refuse_to_reset_what_is_packed():
    warehouse = tenant(reset_of_packed="refused")
    acts(warehouse, *PACKED)
    with pytest.raises(Refused, match="open its boxes first"):
        acts(warehouse, {"act": "reset"})
    acts(warehouse, {"act": "reopen", "box": "1-1"}, {"act": "reset"})
    assert warehouse.order("1").status == "Available"


@pytest.mark.parametrize(("option", "second"), [("new", "1-2"), ("same", "1-1")])
def test_what_was_in_a_reopened_box_is_packed_anew(option, second):
    warehouse = tenant(reopened_box=option)
    acts(warehouse, *PACKED, {"act": "reopen", "box": "1-1"})
    assert not warehouse.order("1").packed
    assert acts(warehouse, {"act": "pack"}) == [{"box": second}]
    closed = told(warehouse, "BoxClosed")
    assert [body["BoxNumber"] for body in closed] == ["1-1", second]
    assert len({body["TransactionId"] for body in closed}) == 2
    assert [body["BoxNumber"] for body in told(warehouse, "BoxReset")] == ["1-1"]


def test_boxes_and_picks_may_come_without_a_transaction():
    warehouse = tenant(document_transactions=False)
    acts(warehouse, *PACKED, {"act": "verify"})
    assert all("TransactionId" not in body for body in told(warehouse, "BoxClosed", "OrderPickComplete"))
    assert "TransactionId" in told(warehouse, "OrderVerified")[0]


def test_tracking_comes_only_where_a_shipping_system_is_or_a_person_types_it():
    warehouse = tenant(shipping_system=False)
    acts(warehouse, *PICKED, {"act": "pack", "line": "L1"}, {"act": "pack", "tracking": "1Z-BY-HAND"})
    assert [body["TrackingNumber"] for body in told(warehouse, "BoxClosed")] == ["", "1Z-BY-HAND"]


def test_a_person_may_name_boxes_and_numbers_are_not_used_twice():
    warehouse = tenant()
    acts(warehouse, *PICKED, {"act": "pack", "line": "L1", "quantity": 1, "box": "1-1"})
    assert acts(warehouse, {"act": "pack", "line": "L1"}, {"act": "pack"}) == [{"box": "1-2"}, {"box": "1-3"}]


def test_a_person_deletes_what_a_host_cannot_and_numbers_go_on_when_it_is_sent_again():
    warehouse = tenant()
    acts(warehouse, *PACKED, {"act": "reset"})
    with pytest.raises(Refused, match="batched"):
        warehouse.book.delete("1")
    acts(warehouse, {"act": "delete"})
    assert truth(warehouse)["deletions"][0].by == "person"
    warehouse.create(json.dumps(order()).encode())
    assert acts(warehouse, *PACKED) == [{"batch": "B2"}, {"pick": "1-P2", "pieces": 5}, {"box": "1-2"}]


def test_lines_of_one_host_id_are_told_apart_by_their_item():
    lines = [{**line, "HostId": "L1"} for line in LINES]
    warehouse = tenant(order(Lines=lines))
    with pytest.raises(Refused, match="2 such lines"):
        acts(warehouse, BATCH, {"act": "pick", "line": "L1"})
    acts(warehouse, {"act": "pick", "line": "L1", "item": "SKU-0002"}, {"act": "pick"}, {"act": "pack"})
    (box,) = told(warehouse, "BoxClosed")
    assert [(line["ItemNumber"], line["Quantity"]) for line in box["Lines"]] == [("SKU-0001", 2), ("SKU-0002", 3)]


def test_an_order_is_picked_from_its_area_alone_and_short_where_there_is_not_enough():
    stock = {"SKU-0001": {"EAST": 1, "WEST": 9}, "SKU-0002": {"EAST/E-2": 2, "EAST/E-1": 2}}
    locations = [{"name": "E-2", "area": "EAST", "allocation_sequence": 2}, {"name": "E-1", "area": "EAST"}]
    warehouse = tenant(order(pickAreaName="EAST"), areas=["EAST", "WEST"], stock=stock, locations=locations)
    assert acts(warehouse, BATCH, {"act": "pick"}, {"act": "complete"})[1:] == [PICK_OF_FOUR, {"pick": "1-P1"}]
    assert truth(warehouse)["stock"]["places"] == {"SKU-0001": {"WEST/WEST-01-01": 9}, "SKU-0002": {"EAST/E-1": 1}}
    with pytest.raises(Refused, match="not enough in stock"):
        acts(warehouse, {"act": "pick", "line": "L1", "quantity": 1})
    pulls = told(warehouse, "InventoryPull")
    assert [(body["FromLocation"], body["Quantity"], body["OrderNumber"]) for body in pulls] == [
        ("E-2", 1, "1"),
        ("E-2", 2, "1"),
        ("E-1", 1, "1"),
    ]
    acts(warehouse, {"act": "reset"})
    back = told(warehouse, "InventoryPut")
    assert [(body["ToLocation"], body["Quantity"], body["ReasonCode"]) for body in back] == [
        ("E-2", 1, "RESET"),
        ("E-2", 2, "RESET"),
        ("E-1", 1, "RESET"),
    ]


def test_picks_need_not_be_told_as_pulls():
    warehouse = tenant(stock={"SKU-0001": {"": 2}, "SKU-0002": {"": 3}}, picks_are_pulls=False)
    acts(warehouse, *PICKED, {"act": "reset"}, {"act": "pick"})
    assert told(warehouse, "InventoryPull", "InventoryPut") == []
    assert truth(warehouse)["stock"]["levels"] == truth(warehouse)["stock"]["sums"] == {}
