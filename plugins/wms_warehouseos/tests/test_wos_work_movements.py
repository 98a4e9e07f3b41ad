"""Transactions of stock and putaways become facts: the direction is kept, a fact told again is one fact."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import InventoryMovement, MovementKind, Place, Putaway
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.messages import MessageReader

BARE = {"base_url": "https://wos.example", "api_key": "k"}
READER = MessageReader(WarehouseOSSettings(**BARE))
BOTH = MessageReader(WarehouseOSSettings(**BARE, putaways_move_stock=True))
KINDS = {"InventoryPut": "put", "InventoryPull": "pull", "CycleCount": "count", "InventoryMove": "move"}
MAIN, BULK = Place(area="MAIN", location="M-01"), Place(area="BULK", location="B-07")
FROM_MAIN = {"FromArea": "MAIN", "FromLocation": "M-01"}
TO_BULK = {"ToArea": "BULK", "ToLocation": "B-07"}


def moved(**changes):
    head = {"TransactionId": "T1", "ItemNumber": "SKU-0001", "Quantity": 3, "TransactionDate": "2026-03-01T12:00:00Z"}
    return {**head, **changes}


def put_away(**changes):
    where = {"PONumber": "PO-1", "HostId": "L1", "AreaName": "BULK", "LocationName": "B-07"}
    return {**moved(), **where, **changes}


def message(body, trigger, key="M1") -> Record:
    return Record(key, json.dumps({"Id": key, "Trigger": trigger, "Body": body}).encode())


def movement(trigger, reader=READER, **told) -> InventoryMovement | None:
    return reader.movement(message(moved(**told), trigger))


@pytest.mark.parametrize(
    ("trigger", "origin", "destination"),
    [("InventoryPut", None, BULK), ("InventoryPull", MAIN, None), ("InventoryMove", MAIN, BULK)],
)
def test_a_put_comes_from_nowhere_a_pull_goes_nowhere_a_move_has_both_ends(trigger, origin, destination):
    fact = movement(trigger, **FROM_MAIN, **TO_BULK, ReasonCode="DAMAGED", UserName="ann")
    assert fact == InventoryMovement(
        external_id=f"{KINDS[trigger]}/T1",
        kind=MovementKind(KINDS[trigger]),
        sku="SKU-0001",
        quantity=3,
        origin=origin,
        destination=destination,
        reason="DAMAGED",
        user="ann",
        moved_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize("place", [FROM_MAIN, {"ToArea": "MAIN", "ToLocation": "M-01"}])
def test_a_count_tells_by_its_sign_whether_pieces_were_found_or_missed(place):
    missed, found = movement("CycleCount", Quantity=-4, **place), movement("CycleCount", Quantity=4, **place)
    assert (missed.quantity, missed.origin, missed.destination) == (4, MAIN, None)
    assert (found.quantity, found.origin, found.destination) == (4, None, MAIN)


@pytest.mark.parametrize("trigger", KINDS)
def test_nothing_that_moved_is_no_fact(trigger):
    assert movement(trigger, Quantity=0, **FROM_MAIN) is None


def test_a_move_to_where_it_was_is_a_fact_all_the_same():
    fact = movement("InventoryMove", **FROM_MAIN, ToArea="MAIN", ToLocation="M-01")
    assert fact.origin == fact.destination == MAIN


def test_a_pull_of_a_pick_bears_the_number_of_its_order():
    assert movement("InventoryPull", OrderNumber=1001, **FROM_MAIN).order_number == "1001"


def test_a_warehouse_without_areas_tells_no_place():
    assert movement("InventoryPut").destination == Place()


@pytest.mark.parametrize("trigger", ["InventoryPut", "InventoryPull", "InventoryMove"])
@pytest.mark.parametrize("quantity", [-1, 0.5, None, "many", 10**12, [1], True])
def test_a_quantity_that_is_no_number_of_pieces_is_unreadable(trigger, quantity):
    with pytest.raises(Unreadable, match=r"M1: Quantity is "):
        movement(trigger, Quantity=quantity)


def test_numbers_of_one_kind_are_taken_to_be_unique_in_that_kind_only():
    assert len({movement(trigger, **FROM_MAIN).external_id for trigger in KINDS}) == len(KINDS)


def test_a_transaction_without_number_is_known_by_its_content_whatever_message_tells_it():
    def ids(**changes):
        body = moved(TransactionId=None, **{**TO_BULK, **changes})
        turned = dict(reversed(body.items()))
        messages = [message(body, "InventoryPut"), message(turned, "InventoryPut", "M2")]
        return {READER.movement(one).external_id for one in messages}

    facts = [ids(), ids(Quantity=4), ids(TransactionDate="2026-03-01T12:00:01Z"), ids(ToLocation="B-08"), ids(Seq=2)]
    assert [len(same) for same in facts] == [1] * len(facts)
    assert len(set.union(*facts)) == len(facts)


def test_the_zone_of_the_tenant_holds_for_times_without_offset():
    reader = MessageReader(WarehouseOSSettings(**BARE, time_zone="America/Chicago"))
    local = put_away(TransactionDate="2026-03-01T12:00:00")
    meant = datetime(2026, 3, 1, 18, tzinfo=UTC)
    assert reader.movement(message(local, "InventoryPut")).moved_at == meant
    assert reader.putaway(message(local, "POPutaway")).put_at == meant


def test_a_putaway_is_received_goods_at_their_place():
    assert READER.putaway(message(put_away(UserName="ann"), "POPutaway")) == Putaway(
        external_id="PO-1/T1",
        purchase_order="PO-1",
        sku="SKU-0001",
        quantity=3,
        line_id="L1",
        place=BULK,
        user="ann",
        put_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize("added", [{"HostId": None}, {"HostId": ""}])
def test_a_line_that_the_warehouse_added_has_no_id_of_ours(added):
    assert READER.putaway(message(put_away(**added), "POPutaway")).line_id == ""


def test_nothing_that_was_put_away_is_no_fact():
    assert READER.putaway(message(put_away(Quantity=0), "POPutaway")) is None
    assert BOTH.movement(message(put_away(Quantity=0), "POPutaway")) is None


@pytest.mark.parametrize("changes", [{"PONumber": ""}, {"PONumber": None}, {"ItemNumber": ""}, {"Quantity": -1}])
def test_a_putaway_that_says_too_little_is_unreadable(changes):
    with pytest.raises(Unreadable, match=f"M1: {next(iter(changes))} is "):
        READER.putaway(message(put_away(**changes), "POPutaway"))


def test_a_putaway_moves_stock_only_where_no_put_tells_it_too():
    record = message(put_away(UserName="ann"), "POPutaway")
    assert READER.movement(record) is None
    fact = BOTH.movement(record)
    assert (fact.kind, fact.quantity, fact.origin, fact.destination) == (MovementKind.PUT, 3, None, BULK)
    assert (fact.sku, fact.user, fact.moved_at) == ("SKU-0001", "ann", datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert fact.external_id == "putaway/PO-1/T1"
    assert BOTH.putaway(record) == READER.putaway(record)


def test_each_kind_of_message_is_of_one_kind_of_fact():
    for trigger in (*KINDS, "POPutaway", "BoxClosed"):
        record = message(put_away(), trigger)
        assert (READER.putaway(record) is None) == (trigger != "POPutaway")
        assert (READER.movement(record) is None) == (trigger not in KINDS)


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hostile = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(("\x00", "\ud800", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
names = st.sampled_from(sorted({**put_away(), **FROM_MAIN, **TO_BULK, "ReasonCode": "", "OrderNumber": ""}))


@calm
@given(st.sampled_from((*KINDS, "POPutaway")), st.dictionaries(names, hostile))
def test_whatever_a_message_holds_it_is_a_fact_or_unreadable(trigger, changes):
    record = message({**put_away(), **FROM_MAIN, **TO_BULK, **changes}, trigger)
    for read, kind in ((BOTH.movement, InventoryMovement), (BOTH.putaway, Putaway)):
        with contextlib.suppress(Unreadable):
            fact = read(record)
            assert fact is None or isinstance(fact, kind)
            assert read(record) == fact


@calm
@given(st.lists(st.integers(-1000, 1000), max_size=20))
def test_what_counts_tell_adds_up_to_what_was_found_and_missed(differences):
    total = 0
    for difference in differences:
        fact = movement("CycleCount", Quantity=difference, **FROM_MAIN)
        if fact:
            total += fact.quantity if fact.destination else -fact.quantity
    assert total == sum(differences)
