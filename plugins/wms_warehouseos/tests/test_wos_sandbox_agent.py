"""The simulated Host Agent: files with a flag are taken by the rules of the API, and work is left in files."""

import csv
import io
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_warehouseos.sandbox.agent.files import BadFile, ItemFile, OrderFile, read_rows, written
from crossdock_warehouseos.sandbox.options import SandboxOptions, Shift
from crossdock_warehouseos.sandbox.people.shift import work
from crossdock_warehouseos.sandbox.warehouse import Warehouse

PROFILE = SandboxOptions().profile
ROW = {
    "OrderNumber": "1001",
    "Carrier": "UPS",
    "pickAreaName": "",
    "CustomField3": "cart/1001/1",
    "Images": "https://img.example/1|https://img.example/2",
    "ShipToName": 'Ann "Lee", Jr.',
    "ShipToCity": "Reno",
    "HostId": "L1",
    "ItemNumber": "SKU-0001",
    "Quantity": "2",
    "LineNotes": "gift,\nwrapped",
}


class Folder:
    """A warehouse with a Host Agent, and the folder that both sides see."""

    def __init__(self, path, **agent):
        self.path = path
        self.warehouse = Warehouse(SandboxOptions(agent={"folder": path, **agent}), seed=1)

    def put(self, box, name, *rows, flag=True):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        (self.path / box / name).write_bytes(written(columns, rows))
        if flag:
            (self.path / box / f"{name}.flg").touch()

    def run(self):
        return self.warehouse.agent.run()

    def work(self):
        work(self.warehouse, Shift())

    def names(self, box):
        return sorted(file.name for file in (self.path / box).iterdir() if file.is_file())

    def read(self, *parts):
        return list(csv.DictReader(io.StringIO(self.path.joinpath(*parts).read_text("utf-8"), newline="")))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_an_order_is_taken_out_of_its_file(tenant_with, tmp_path):
    tenant, folder = tenant_with(agent={"folder": str(tmp_path)}), Folder(tmp_path)
    folder.put("orders", "1001.csv", ROW, {**ROW, "HostId": "L2", "LineNotes": ""})
    assert tenant.http.post("/_agent").json() == {"done": 1, "failed": 0, "rows": 0}
    got = tenant.http.get("/api/OrderApi/GetOrder", params={"orderNumber": "1001"}).json()
    assert got["Images"] == [{"Url": "https://img.example/1"}, {"Url": "https://img.example/2"}]
    assert got["ShipTo"] == {"Name": 'Ann "Lee", Jr.', "City": "Reno"}
    assert got["Lines"] == [
        {"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2, "Notes": "gift,\nwrapped"},
        {"HostId": "L2", "ItemNumber": "SKU-0001", "Quantity": 2},
    ]
    assert tenant.order("1001")["key"] == "cart/1001/1"
    assert (folder.names("orders"), folder.names("orders/done")) == ([], ["1001.csv", "1001.csv.flg"])


def test_a_file_without_its_flag_is_still_being_written(folder):
    folder.put("orders", "1001.csv", ROW, flag=False)
    assert folder.run() == {"done": 0, "failed": 0, "rows": 0}
    (folder.path / "orders" / "1001.csv.flg").touch()
    assert folder.run()["done"] == 1


WRONG = {
    "A line needs ItemNumber": [ROW, {**ROW, "ItemNumber": ""}],
    "whole number": [{**ROW, "Quantity": "-1"}],
    "Item NEW does not exist": [{**ROW, "ItemNumber": "NEW"}],
    "OrderNumber is required": [{**ROW, "OrderNumber": ""}],
    "differ": [ROW, {**ROW, "Carrier": "USPS"}],
}


def test_an_order_with_one_wrong_line_is_refused_whole_and_the_reason_lies_beside_it(folder):
    for word, rows in WRONG.items():
        folder.put("orders", f"{word}.csv", *rows)
    assert folder.run() == {"done": 0, "failed": len(WRONG), "rows": 0}
    assert folder.warehouse.orders == {}
    for word in WRONG:
        assert word in (folder.path / f"orders/failed/{word}.csv.err").read_text()
    assert {f"{word}.csv{end}" for word in WRONG for end in ("", ".flg", ".err")} == {*folder.names("orders/failed")}


def test_a_number_that_exists_is_refused_and_the_other_orders_of_the_file_are_taken(folder):
    folder.put("orders", "a.csv", ROW)
    folder.put("orders", "b.csv", ROW, {**ROW, "OrderNumber": "1002"})
    assert folder.run() == {"done": 1, "failed": 1, "rows": 0}
    assert (folder.path / "orders/failed/b.csv.err").read_text() == "Order number 1001 already exists.\n"
    assert list(folder.warehouse.orders) == ["1001", "1002"]


def test_items_come_before_the_orders_that_need_them(folder):
    item = {"ItemNumber": "NEW", "HostId": "9", "Weight": "1.5", "Aliases": "a|b", "Attribute:Colour": "red"}
    folder.put("items", "items.csv", item, {**item, "ItemNumber": "TWO", "Aliases": "", "Weight": ""})
    folder.put("orders", "1001.csv", {**ROW, "ItemNumber": "a"})
    assert folder.run() == {"done": 2, "failed": 0, "rows": 0}
    new, two = folder.warehouse.items["NEW"], folder.warehouse.items["TWO"]
    assert (new.aliases, new.attributes, new.weight) == ({"a": 1, "b": 1}, {"Colour": "red"}, Decimal("1.5"))
    assert (two.aliases, two.weight) == ({}, None)


def test_items_that_are_not_taken_are_named_and_the_others_are_saved(folder):
    folder.put("items", "items.csv", {"ItemNumber": "A", "Weight": "-1"}, {"ItemNumber": "B", "Weight": "1"})
    assert folder.run()["failed"] == 1
    assert (folder.path / "items/failed/items.csv.err").read_text() == "A: Weight: must be a number from 0.\n"
    assert "B" in folder.warehouse.items


def test_what_was_packed_since_the_last_run_is_left_in_a_file(folder):
    folder.put("orders", "1001.csv", ROW, {**ROW, "HostId": "L2", "ItemNumber": "SKU-0002"})
    folder.put("orders", "1002.csv", {**ROW, "OrderNumber": "1002"})
    folder.run()
    folder.work()
    assert folder.run()["rows"] == 3
    assert folder.run()["rows"] == 0
    assert folder.names("picks") == ["picks-000001.csv", "picks-000001.csv.flg"]
    rows = folder.read("picks", "picks-000001.csv")
    assert [(row["OrderNumber"], row["HostId"], row["ItemNumber"], row["Quantity"]) for row in rows] == [
        ("1001", "L1", "SKU-0001", "2"),
        ("1001", "L2", "SKU-0002", "2"),
        ("1002", "L1", "SKU-0001", "2"),
    ]
    boxes = {row["TransactionId"]: row["BoxNumber"] for row in rows}
    assert len(boxes) == len(set(boxes.values())) == 2
    assert {row["Carrier"] for row in rows} == {"UPS"}
    assert all(row["TrackingNumber"] and row["CompletedDate"] for row in rows)


def test_an_agent_may_report_picks_instead_of_boxes(tmp_path):
    folder = Folder(tmp_path, reports="pick_complete")
    folder.put("orders", "1001.csv", ROW)
    folder.run()
    folder.work()
    folder.run()
    [row] = folder.read("picks", "picks-000001.csv")
    assert (row["PickNumber"], row["BoxNumber"]) == ("1001-P1", "")


def test_an_agent_goes_on_where_it_was(tmp_path):
    first, again = Folder(tmp_path), Folder(tmp_path)
    first.put("orders", "1001.csv", ROW)
    first.run()
    first.work()
    again.warehouse.restore(pickle.loads(pickle.dumps(first.warehouse.state())))
    assert again.run()["rows"] == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b'A\n"x', "CSV"),
        (b"A,A\n1,2\n", "one name"),
        (b"A,B\n1\n", "Row 2 has 1 fields, the header has 2"),
    ],
)
def test_a_broken_file_is_refused_in_words(content, word):
    with pytest.raises(BadFile, match=word):
        read_rows(content)


WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)


@given(st.lists(st.fixed_dictionaries({"A": WORDS, "B,b": WORDS}), max_size=5))
def test_what_is_written_is_read_again(rows):
    assert read_rows(written(("A", "B,b"), rows)) == rows


@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from(["A", "B"]), st.integers(1, 9)), max_size=9))
def test_every_row_is_one_line_of_its_order(told):
    rows = [{"OrderNumber": number, "ItemNumber": item, "Quantity": str(pieces)} for number, item, pieces in told]
    documents = list(OrderFile(PROFILE).documents(rows))
    assert [document["OrderNumber"] for document in documents] == list(dict.fromkeys(number for number, _, _ in told))
    for document in documents:
        lines = [(line["ItemNumber"], line["Quantity"]) for line in document["Lines"]]
        assert lines == [(item, pieces) for number, item, pieces in told if number == document["OrderNumber"]]


@given(st.sets(st.sampled_from(["HostId", "Description", "Aliases", "Images", "Weight", "PatchMode"])))
def test_a_column_that_is_not_there_is_a_field_left_out(columns):
    document = ItemFile(PROFILE).document({"ItemNumber": "A", **dict.fromkeys(columns, "")})
    assert document.keys() == {"ItemNumber", *columns}
