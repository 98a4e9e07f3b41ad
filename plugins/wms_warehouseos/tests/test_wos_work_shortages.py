"""Pieces that were not found are given up when the order is complete without them, and not before."""

import asyncio
import json
import shutil
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crossdock import Record, Unreadable
from crossdock.domain import Shortage
from crossdock.engine.facts import FactSource, ReadRecord, RecordKind
from crossdock.engine.short_picks import covers
from crossdock.store import open_store
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.messages import MessageReader

BARE = {"base_url": "https://wos.example", "api_key": "k"}


def reader(**chosen):
    return MessageReader(WarehouseOSSettings(**BARE, **chosen))


def message(trigger="OrderPickComplete", **changes):
    body = {
        "OrderNumber": "1001",
        "PickNumber": "1001-P1",
        "TransactionId": "W7",
        "CompletedDate": "2026-03-01T12:00:00Z",
        "OrderStatus": "Complete",
        "ShortReason": "DAMAGED",
        "Lines": [
            {"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2, "ShortQuantity": 3},
            {"HostId": "L2", "ItemNumber": "SKU-0002", "Quantity": 1},
        ],
    }
    return Record("M1", json.dumps({"Id": "M1", "Trigger": trigger, "Body": {**body, **changes}}).encode())


def told(record, **chosen):
    return [(one.line_id, one.quantity, one.reason) for one in reader(**chosen).shortages(record)]


def test_what_a_complete_order_lacks_will_not_be_shipped():
    [shortage] = reader().shortages(message())
    assert (shortage.request_number, shortage.line_id, shortage.quantity) == ("1001", "L1", 3)
    assert shortage.reason == "DAMAGED"
    assert shortage.external_id == "W7/L1/1001/short picks"


@pytest.mark.parametrize(
    "record",
    [
        message(OrderStatus="In Process"),
        message(OrderStatus=None),
        message(Lines=[{"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2, "ShortQuantity": 0}]),
        message(Lines=[]),
        message("BoxClosed"),
        message(OrderNumber="WH-7"),
    ],
    ids=["not complete", "no status", "nothing short", "no lines", "another message", "an order of others"],
)
def test_nothing_else_is_short(record):
    assert told(record, orders_of_others=("WH-*",)) == []


def test_where_somebody_may_still_look_for_them_nothing_is_given_up():
    assert told(message(), short_picks_end="never") == []


def test_a_message_that_makes_no_sense_is_unreadable():
    with pytest.raises(Unreadable, match="ShortQuantity"):
        reader().shortages(message(Lines=[{"HostId": "L1", "ItemNumber": "S", "Quantity": 1, "ShortQuantity": -1}]))


@pytest.mark.parametrize("chosen", [{}, {"resets_open_boxes": False}, {"confirm_at": "pick"}], ids=str)
@pytest.mark.parametrize("picks", [["1001-P1"], []], ids=["named", "unnamed"])
def test_a_later_reset_of_picks_reopens_the_order_and_an_earlier_one_or_an_opened_box_does_not(chosen, picks):
    tells = reader(**chosen)
    [shortage] = tells.shortages(message())

    def taken_back(trigger, at, **more):
        body = {"OrderNumber": "1001", "TransactionId": "R1", "CompletedDate": at, **more}
        record = Record("M2", json.dumps({"Id": "M2", "Trigger": trigger, "Body": body}).encode())
        reversal = tells.shipment(record)
        return reversal is not None and covers(reversal, shortage)

    assert taken_back("PickReset", "2026-03-01T13:00:00Z", PickNumber=picks)
    assert not taken_back("PickReset", "2026-03-01T11:00:00Z", PickNumber=picks)
    assert not taken_back("BoxReset", "2026-03-01T13:00:00Z", BoxNumber="1001-1")


def test_the_stage_is_that_of_the_message_that_reports():
    assert reader(confirm_at="pick").shipment(message()).stage == "picked"
    assert reader().shipment(message("BoxClosed", BoxNumber="1001-1")).stage == "packed"


def line(host_id, item, short):
    return {"HostId": host_id, "ItemNumber": item, "Quantity": 0, "ShortQuantity": short}


def test_a_line_that_stands_in_several_rows_lacks_what_all_of_them_lack():
    rows = [
        line("L1", "SKU-0001", 2),
        line("L2", "SKU-0002", 1),
        line("L1", "SKU-0001", 3),
        line("L1", "SKU-0001", None),
    ]
    assert told(message(Lines=rows)) == [("L1", 5, "DAMAGED"), ("L2", 1, "DAMAGED")]


def test_of_a_bundle_that_stands_as_its_parts_the_part_of_which_most_is_missing_counts():
    rows = [line("L1", "SKU-0001", 2), line("L1", "SKU-0002", 4), line("L1", "SKU-0001", 1)]
    assert told(message(Lines=rows)) == [("L1", 4, "DAMAGED")]


ROWS = st.lists(
    st.builds(line, st.sampled_from(["L1", "L2"]), st.sampled_from(["A", "B"]), st.integers(0, 9)), max_size=6
)


@given(ROWS)
def test_every_row_that_lacks_pieces_counts_in_one_fact_of_its_line(rows):
    facts = reader().shortages(message(Lines=rows))
    lacking = {row["HostId"] for row in rows if row["ShortQuantity"]}
    assert {fact.external_id for fact in facts} == {f"W7/{id_}/1001/short picks" for id_ in lacking}
    assert len(facts) == len(lacking)
    for fact in facts:
        told = [row["ShortQuantity"] for row in rows if row["HostId"] == fact.line_id]
        assert max(told) <= fact.quantity <= sum(told)


async def kept(url, facts):
    """What the store holds of these facts of one record, by line."""
    async with open_store(url) as store:
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        lease = await store.begin_run("main", "collect", now=now, seconds=60)
        read = [ReadRecord(message(), b"mark", tuple(facts))]
        source = FactSource("warehouse", RecordKind.SHIPMENT)
        await store.save_facts(lease, source, read, [], None, now=now)
        rows = await store.read(lambda conn: list(conn.execute(text("SELECT document FROM shortage"))))
    documents = [Shortage.model_validate_json(document) for (document,) in rows]
    return {one.line_id: one.quantity for one in documents}


def test_no_piece_that_is_short_is_lost_on_the_way_into_the_store(migrated_sqlite, tmp_path):
    url = f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'crossdock.db')}"
    rows = [line("L1", "SKU-0001", 2), line("L2", "SKU-0002", 1), line("L1", "SKU-0001", 3)]
    assert asyncio.run(kept(url, reader().shortages(message(Lines=rows)))) == {"L1": 5, "L2": 1}
