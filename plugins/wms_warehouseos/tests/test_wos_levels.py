"""What lies where: read page by page, always on hand, summed below a Master Item."""

import json
from contextlib import suppress
from datetime import UTC

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from structlog.testing import CapturingLogger

from crossdock import (
    AcknowledgesRecords,
    ConnectionContext,
    InventorySource,
    NeedsConfig,
    ReceivesRecords,
    Record,
    SumsStock,
    TellsPutaways,
    TellsShipments,
    Unavailable,
    Unreadable,
)
from crossdock.domain import InventoryLevel, MovementKind, Place, StockModel
from crossdock_warehouseos.inventory.levels import LevelRow
from crossdock_warehouseos.inventory.source import WarehouseOSInventory
from crossdock_warehouseos.listing import as_list, read_row, read_rows
from crossdock_warehouseos.models import renamed
from crossdock_warehouseos.profile import Profile, with_defaults
from crossdock_warehouseos.settings import WarehouseOSSettings

pytestmark = pytest.mark.anyio

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = Profile.model_validate(with_defaults({})).level
ROW = renamed(LevelRow, NAMES.model_dump())
STOCK = {
    "SKU-0001": {"EAST": 7, "WEST": 2},
    "SKU-0002": {"EAST/EAST-01-01": 1},
    "SKU-0003": {"WEST": 40},
}


@pytest.fixture
def inventory(connected_as):
    def connect(tenant, **settings):
        return connected_as(WarehouseOSInventory, tenant, **settings)

    return connect


@pytest.fixture
def stocked(tenant_with):
    return tenant_with(areas=("EAST", "WEST"), stock=STOCK)


def a_level(row):
    return InventoryLevel.model_validate(read_row(ROW, row, "level").told(UTC))


async def every_level(source):
    levels, cursor, more = [], None, True
    while more:
        page = await source.fetch_levels(cursor)
        levels += [level for record in page.records for level in source.read_levels(record)]
        cursor, more = page.cursor, page.more
    return levels


@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_every_level_is_read_once_whatever_the_size_of_a_page(stocked, inventory, size):
    async with inventory(stocked, list_page_size=size) as source:
        assert isinstance(source, InventorySource)
        levels = await every_level(source)
    told = {(level.sku, str(level.place.area), level.quantity) for level in levels}
    assert told == {("SKU-0001", "EAST", 7), ("SKU-0001", "WEST", 2), ("SKU-0002", "EAST", 1), ("SKU-0003", "WEST", 40)}
    assert {level.model for level in levels} == {StockModel.ON_HAND}
    assert all(level.place.location for level in levels)
    assert len(levels) == 4


class Pages:
    """A tenant that tells these pages of levels, one after the other, in lines of their own as people read JSON."""

    def __init__(self, *pages):
        self.pages = [json.dumps({"Inventory": rows}, indent=1).encode() for rows in (*pages, [])]

    async def get(self, path, *, params, raw):
        assert raw
        return httpx.Response(200, content=self.pages[int(params["page"]) - 1])


async def levels_in(*pages, log=None):
    """The ids of the records, and what was told in all, of pages that were read one after the other."""
    told = WarehouseOSSettings(base_url="https://wos.example", api_key="k", list_page_size=len(pages[0]))
    source = WarehouseOSInventory(
        ConnectionContext("warehouse", told, Pages(*pages), log or structlog.get_logger(), None)
    )
    page, pages_read = await source.fetch_levels(None), []
    while page.more:
        pages_read.append(page)
        page = await source.fetch_levels(page.cursor)
    assert (page.records, page.cursor) == ((), None)
    records = [record for each in pages_read for record in each.records]
    return [record.id for record in records], [level for record in records for level in source.read_levels(record)]


def rows(*numbers, more=0):
    return [{"ItemNumber": f"SKU-{n:04}", "Quantity": n + more, "LocationName": "A"} for n in numbers]


async def test_records_are_named_by_page_and_first_row():
    ids, levels = await levels_in(rows(*range(120)), rows(200))
    assert ids == ["1/1", "1/51", "1/101", "2/1"]
    assert [level.quantity for level in levels] == [*range(120), 200]


async def test_rows_that_slipped_to_the_next_page_count_once_and_it_is_told_how_many_they_were():
    log = CapturingLogger()
    _, levels = await levels_in(rows(1, 2, 3), rows(2, 3, 4), rows(5), log=log)
    assert [level.quantity for level in levels] == [1, 2, 3, 4, 5]
    [said] = log.calls
    assert said.args == ("rows of the list of levels that came twice are counted once",)
    assert said.kwargs == {"rows": 2}


async def test_where_no_row_came_twice_nothing_is_told_of_it():
    log = CapturingLogger()
    await levels_in(rows(1, 2), rows(3, 4), log=log)
    assert log.calls == []


async def test_a_row_that_slipped_counts_once_though_its_number_changed_among_the_last_hundred_only():
    before = rows(*range(300))
    _, near = await levels_in(before, rows(299, 300, more=7))
    _, far = await levels_in(before, rows(199, 300, more=7))
    assert [level.quantity for level in near[300:]] == [307]
    assert [level.quantity for level in far[300:]] == [206, 307]


async def test_an_item_that_lies_in_two_locations_is_two_levels():
    elsewhere = [{**row, "LocationName": "B"} for row in rows(2)]
    _, levels = await levels_in(rows(1, 2), elsewhere)
    assert [(level.sku, level.place.location) for level in levels[1:]] == [("SKU-0002", "A"), ("SKU-0002", "B")]


async def test_a_list_that_pays_no_heed_to_pages_is_not_taken_for_all(stocked, inventory):
    async with inventory(stocked, list_page_size=2, profile={"query": {"page": "pageNo"}}) as source:
        with pytest.raises(NeedsConfig, match=r"query\.page"):
            await every_level(source)
    async with inventory(stocked, profile={"query": {"page": "pageNo", "page_size": "size"}}) as source:
        assert len(await every_level(source)) == 4


async def test_the_items_below_a_master_item_are_summed(stocked, inventory):
    items = [{"ItemNumber": number, "MasterItem": "MUG"} for number in ("SKU-0001", "SKU-0002")]
    stocked.http.post("/_items", json=items).raise_for_status()
    async with inventory(stocked) as source:
        assert isinstance(source, SumsStock)
        assert list(await source.stock_under("MUG")) == [
            InventoryLevel(sku="SKU-0001", model=StockModel.ON_HAND, quantity=9, place=Place()),
            InventoryLevel(sku="SKU-0002", model=StockModel.ON_HAND, quantity=1, place=Place()),
        ]
        assert not await source.stock_under("nobody's")


async def test_stock_that_moves_is_told_by_the_same_queue_as_work(stocked, inventory):
    move = {"act": "move", "item": "SKU-0001", "quantity": 2, "origin": "EAST", "destination": "WEST"}
    stocked.http.post("/_floor", json=[move]).raise_for_status()
    async with inventory(stocked) as source:
        for feature in (AcknowledgesRecords, ReceivesRecords, TellsShipments, TellsPutaways):
            assert isinstance(source, feature)
        page = await source.fetch_movements(None)
        movements = [movement for record in page.records if (movement := source.read_movement(record))]
        assert [(each.kind, each.sku, each.quantity) for each in movements] == [(MovementKind.MOVE, "SKU-0001", 2)]
        assert (movements[0].origin.area, movements[0].destination.area) == ("EAST", "WEST")
        assert not any(source.read_shipment(record) or source.read_putaway(record) for record in page.records)
        await source.acknowledge_records([record.id for record in page.records])
        assert not (await source.fetch_movements(None)).records


async def test_a_page_of_something_else_is_not_read_as_no_stock(stocked, inventory):
    async with inventory(stocked) as source:
        stocked.faults(rates={"html": 1.0}, only_paths="GetInventory")
        with pytest.raises(Unavailable, match=r"^WarehouseOS answered the list of levels with .*html"):
            await source.fetch_levels(None)
        with pytest.raises(Unavailable, match=r"^WarehouseOS answered the inventory summary with .*html"):
            await source.stock_under("MUG")
    wrong = {"list_levels": "/api/Nowhere", "get_summary": "/api/Nowhere"}
    async with inventory(stocked, profile={"paths": wrong}) as source:
        with pytest.raises(NeedsConfig, match=r"profile\.paths\.list_levels"):
            await source.fetch_levels(None)
        with pytest.raises(NeedsConfig, match=r"profile\.paths\.get_summary"):
            await source.stock_under("MUG")


async def test_a_sum_that_cannot_be_read_says_below_which_master_item(stocked, inventory):
    items = [{"ItemNumber": "SKU-0001", "MasterItem": "MUG"}]
    stocked.http.post("/_items", json=items).raise_for_status()
    async with inventory(stocked, profile={"summary": {"quantity": "Total"}}) as source:
        with pytest.raises(Unreadable, match=r"^summary of MUG: Total is missing$"):
            await source.stock_under("MUG")


async def test_levels_that_cannot_be_read_say_which_ones_they_are(stocked, inventory):
    async with inventory(stocked) as source:
        with pytest.raises(Unreadable, match=r"^part 3/1 of the levels: row 1, null:"):
            source.read_levels(Record("3/1", b"[null]"))


@calm
@given(
    st.text(min_size=1).filter(str.strip),
    st.integers(-(2**31) + 1, 2**31 - 1),
    st.none() | st.text(),
    st.none() | st.text(),
)
def test_a_level_keeps_item_place_and_quantity(item, quantity, area, location):
    row = {NAMES.item: item, NAMES.quantity: quantity, NAMES.area: area, NAMES.location: location, "More": [1]}
    level = a_level(json.dumps(row).encode("utf-8", "surrogatepass"))
    assert (level.sku, level.quantity, level.model) == (item, quantity, StockModel.ON_HAND)
    assert level.place == Place(area=area or "", location=location or "")


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NAMES.model_dump().values()]), inner),
)


@calm
@given(st.binary(max_size=40) | HOSTILE.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
@example(b'{"ItemNumber": "A", "Quantity": 1.5}')
@example(b'{"ItemNumber": "", "Quantity": 1}')
@example(b'{"ItemNumber": "A", "Quantity": 99999999999999999999}')
@example(b'{"ItemNumber": "\\ud800", "Quantity": 1}')
def test_a_row_is_a_level_or_unreadable(data):
    with suppress(Unreadable):
        assert a_level(data).sku


ROWS = st.lists(
    st.fixed_dictionaries(
        {NAMES.item: st.text(min_size=1) | st.integers(), NAMES.quantity: st.integers() | st.sampled_from(["7", "x"])},
        optional={NAMES.area: st.none() | st.text(), NAMES.allocated: st.integers() | st.text()},
    ).map(lambda row: json.dumps(row).encode())
)


@calm
@given(ROWS)
@example([b'{"ItemNumber": "A", "Quantity": 1}', b'{"ItemNumber": "\xff", "Quantity": 1}'])
def test_rows_that_are_read_together_are_what_they_are_alone(rows):
    def alone():
        return [read_row(ROW, row, "row") for row in rows]

    try:
        expected = alone()
    except Unreadable:
        with pytest.raises(Unreadable):
            read_rows(ROW, as_list(rows))
    else:
        assert read_rows(ROW, as_list(rows)) == expected


def test_among_many_rows_the_one_that_cannot_be_read_is_shown():
    rows = [b'{"ItemNumber": "A", "Quantity": 1}', b'{"ItemNumber": "B", "Quantity": "many"}']
    with pytest.raises(
        Unreadable, match=r'^row 2, {"ItemNumber": "B", "Quantity": "many"}: Quantity is no whole number$'
    ):
        read_rows(ROW, as_list(rows))


def test_what_is_no_list_of_rows_is_not_read_as_no_stock():
    with pytest.raises(Unreadable, match="no list of rows: <html>"):
        read_rows(ROW, b"<html>")
