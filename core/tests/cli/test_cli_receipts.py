"""`crossdock receipts`: purchase orders from a file, and what came of them."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from crossdock.cli.receipts_file import WrongReceipts, read_receipts
from crossdock.domain import ExpectedLine, PurchaseOrder, Putaway
from crossdock.store import open_store
from crossdock.store.receiving import save_putaways

HEAD = "purchase_order,sku,quantity,line,supplier,expected_at\n"


@pytest.fixture
def written(tmp_path):
    """A file with these lines below the head."""

    def write(*lines, head=HEAD):
        file = tmp_path / "arriving.csv"
        file.write_text(head + "\n".join(lines), encoding="utf-8")
        return file

    return write


def test_the_rows_of_one_number_are_one_purchase_order(written):
    first, second = read_receipts(written("PO-1,0012,5,,ACME,2026-01-31", "PO-1,1E5,2,b,,", "PO-2,A,0,,,"))
    assert first == PurchaseOrder(
        number="PO-1",
        supplier="ACME",
        expected_at=datetime(2026, 1, 31, tzinfo=UTC),
        lines=(ExpectedLine(id="0012", sku="0012", quantity=5), ExpectedLine(id="b", sku="1E5", quantity=2)),
    )
    assert second.lines == (ExpectedLine(id="A", sku="A", quantity=0),)


def test_every_wrong_row_is_named_and_nothing_is_taken(written):
    lines = ["PO-1,A,x,,,", ",A,1,,,", "PO-1,,1,,,", "PO-1,A,1,,ACME,31.1.26", "PO-1,A,1,,ACME,", "PO-1,B,1,,OTHER,"]
    with pytest.raises(WrongReceipts) as told:
        read_receipts(written(*lines, "PO-1,A,2,,,", "PO-2,A,1,,,,,"))
    assert str(told.value).splitlines()[1:] == [
        "  line 2: 'x' is no whole number from 0",
        "  line 3: it names no purchase order",
        "  line 4: it names no SKU",
        "  line 5: expected_at '31.1.26' is no date such as 2026-01-31",
        "  line 7: supplier is 'OTHER', and 'ACME' in line 6",
        "  line 8: line 'A' of purchase order PO-1 stands in the file twice; give each a name of its own in the column"
        " `line`",
        "  line 9: it has more fields than the head",
    ]


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("purchase_order,sku\n", "must have the columns purchase_order, sku, quantity"),
        ("purchase_order,sku,quantity,colour\n", "and has: purchase_order, sku, quantity, colour"),
        ("purchase_order,sku,quantity\n", "has no row below its head"),
    ],
)
def test_a_file_of_another_shape_is_refused(written, head, why):
    with pytest.raises(WrongReceipts, match=why):
        read_receipts(written(head=head))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "arriving.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongReceipts, match="cannot be read as a CSV file"):
        read_receipts(tmp_path / "arriving.csv")


@pytest.fixture
def expecting(tmp_path, monkeypatch):
    """A folder with a database that expects one purchase order, of which something came."""
    order = PurchaseOrder(number="PO-1", lines=(ExpectedLine(id="a", sku="A", quantity=5),))
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    came = [
        Putaway(external_id="t1", purchase_order="PO-1", sku="A", quantity=3, line_id="a", put_at=now),
        Putaway(external_id="t2", purchase_order="PO-1", sku="B", quantity=1, put_at=now),
    ]

    async def fill():
        async with open_store(f"sqlite:///{tmp_path}/crossdock.db") as store:
            await store.expect_goods("main", "warehouse", [order], now=now)
            await store.write(save_putaways, "warehouse", came)

    asyncio.run(fill())
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("expecting")
def test_what_came_is_listed_and_shown(typed):
    where = ("--database", "crossdock.db")
    listed = typed("receipts", "list", *where)[1]
    assert "PO-1" in listed
    assert "warehouse" in listed
    told = typed("receipts", "show", "PO-1", *where)[1]
    assert "A" + " " * 30 + "3 of 5" in told
    assert "1 of 0  (added by the warehouse)" in told
    (one,) = json.loads(typed("receipts", "list", "--open", "--json", *where)[1])
    assert (one["number"], one["expected"], one["received"]) == ("PO-1", 5, 4)
    (story,) = json.loads(typed("receipts", "show", "PO-1", "--json", *where)[1])
    assert [line["received"] for line in story["lines"]] == [3, 1]


@pytest.mark.usefixtures("expecting")
def test_a_number_that_is_not_there_says_so(typed):
    code, told = typed("receipts", "show", "PO-9", "--database", "crossdock.db")
    assert code == 2
    assert "there is no purchase order 'PO-9'" in told
