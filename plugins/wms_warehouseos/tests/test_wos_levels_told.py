"""What levels tell beside the number, and lists of levels that do not hold still while they are read."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import InventoryLevel
from crossdock_warehouseos.inventory.levels import LevelRow
from crossdock_warehouseos.inventory.source import WarehouseOSInventory
from crossdock_warehouseos.listing import read_row
from crossdock_warehouseos.models import renamed
from crossdock_warehouseos.profile import Profile, with_defaults

pytestmark = pytest.mark.anyio

ROW = renamed(LevelRow, Profile.model_validate(with_defaults({})).level.model_dump())
AREAS = ("EAST", "WEST")
ORDER = {
    "OrderNumber": "1001",
    "pickAreaName": "EAST",
    "Carrier": "UPS",
    "Service": "GROUND",
    "Lines": [{"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 9}],
}


@pytest.fixture
def inventory(connected_as):
    def connect(tenant, **settings):
        return connected_as(WarehouseOSInventory, tenant, **settings)

    return connect


@pytest.fixture
def stocked(tenant_with):
    def start(**options):
        stock = {"SKU-0001": {"EAST": 12, "WEST": 2}, "SKU-0002": {"EAST": 3}, "SKU-0003": {"WEST": 40}}
        return tenant_with(**{"areas": AREAS, "stock": stock, **options})

    return start


def floor(tenant, *script):
    tenant.http.post("/_floor", json=script).raise_for_status()


def show(tenant, **wish):
    tenant.http.post("/_levels", json=wish).raise_for_status()


async def every_level(source, between=lambda: None):
    """All levels that the pages give; `between` happens before each page after the first."""
    page = await source.fetch_levels(None)
    levels = [level for record in page.records for level in source.read_levels(record)]
    while page.more:
        between()
        page = await source.fetch_levels(page.cursor)
        levels += [level for record in page.records for level in source.read_levels(record)]
    return levels


def by_place(levels):
    told = {}
    for level in levels:
        key = (level.sku, level.place.area)
        assert key not in told, f"{key} came twice"
        told[key] = level.quantity
    return told


def read(**fields):
    row = {"ItemNumber": "SKU-0001", "Quantity": 5, **fields}
    told = read_row(ROW, json.dumps(row).encode(), "level").told(timezone(timedelta(hours=2)))
    return InventoryLevel.model_validate(told)


async def test_what_orders_have_claimed_and_when_it_was_true_is_told_where_the_tenant_tells_it(stocked, inventory):
    tenant = stocked(levels_tell=["allocated", "counted_at"])
    tenant.http.post("/api/OrderApi/AddOrder", json=ORDER).raise_for_status()
    before = datetime.now(UTC)
    async with inventory(tenant) as source:
        levels = {(level.sku, level.place.area): level for level in await every_level(source)}
        assert {key: level.allocated for key, level in levels.items() if level.allocated} == {("SKU-0001", "EAST"): 9}
        assert all(before <= level.counted_at <= datetime.now(UTC) for level in levels.values())
        floor(
            tenant, {"act": "batch", "orders": ["1001"]}, {"act": "pick", "order": "1001", "quantity": 4, "line": "L1"}
        )
        later = {(level.sku, level.place.area): level for level in await every_level(source)}
    picked = later["SKU-0001", "EAST"]
    assert (picked.quantity, picked.allocated) == (8, 5)


async def test_a_tenant_that_tells_only_numbers_is_read_as_before(stocked, inventory):
    async with inventory(stocked()) as source:
        levels = await every_level(source)
    assert {(level.allocated, level.counted_at) for level in levels} == {(None, None)}


@pytest.mark.parametrize(
    "written",
    [
        "",
        "n/a",
        "0001-01-01T00:00:00",
        "1999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.9999999-12:00",
        {},
        None,
        [3],
        1772366400,
        "1772366400",
    ],
)
def test_a_moment_that_is_none_is_not_told(written):
    assert read(AsOfDate=written).counted_at is None


@pytest.mark.parametrize("written", ["", "n/a", -3, 2.5, {}, None])
def test_claims_that_are_no_number_are_not_told(written):
    assert (read(AllocatedQuantity=written).allocated, read(AllocatedQuantity=written).quantity) == (None, 5)


def test_a_moment_without_offset_is_one_in_the_tenants_time_zone():
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert read(AsOfDate="2026-03-01T14:00:00").counted_at == noon
    assert read(AsOfDate="2026-03-01T12:00:00Z").counted_at == noon


@settings(deadline=None)
@given(st.integers(0, 2**31 - 1), st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_claims_and_moment_are_kept(claimed, when):
    level = read(AllocatedQuantity=claimed, AsOfDate=when.isoformat())
    assert (level.allocated, level.counted_at) == (claimed, when)


async def test_a_list_that_was_kept_is_told_with_the_moment_at_which_it_was_made(stocked, inventory):
    tenant = stocked(levels_tell=["counted_at"])
    show(tenant, keep=True)
    kept_at = datetime.now(UTC)
    floor(tenant, {"act": "put", "item": "SKU-0002", "quantity": 5, "place": "EAST"})
    async with inventory(tenant) as source:
        assert by_place(await every_level(source))["SKU-0002", "EAST"] == 8
        show(tenant, show="kept")
        old = await every_level(source)
        assert by_place(old)["SKU-0002", "EAST"] == 3
        assert all(level.counted_at <= kept_at for level in old)
        show(tenant, show="now")
        assert by_place(await every_level(source))["SKU-0002", "EAST"] == 8


async def test_a_list_can_be_made_anew_only_now_and_then(stocked, inventory):
    tenant = stocked(levels_every=3600)
    put = {"act": "put", "item": "SKU-0002", "quantity": 5, "place": "EAST"}
    async with inventory(tenant) as source:
        first = await every_level(source)
        floor(tenant, put)
        assert await every_level(source) == first
        tenant.http.post("/_tick", json={"seconds": 3600}).raise_for_status()
        assert by_place(await every_level(source))["SKU-0002", "EAST"] == 8


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_a_row_that_comes_again_because_stock_came_before_it_counts_once(stocked, inventory, size):
    tenant = stocked(stock={"SKU-0001": {"EAST": 1}, "SKU-0002": {"EAST": 3, "WEST": 4}, "SKU-0003": {"EAST": 5}})
    put = {"act": "put", "item": "SKU-0001", "quantity": 7, "place": "WEST"}
    async with inventory(tenant, list_page_size=size) as source:
        before = by_place(await every_level(source))
        came = iter([put])
        during = by_place(await every_level(source, lambda: floor(tenant, *[act for act in [next(came, None)] if act])))
    assert during.items() >= before.items()


async def test_a_row_whose_number_changed_between_two_pages_counts_once(stocked, inventory):
    tenant = stocked(stock={"SKU-0001": {"EAST": 1}, "SKU-0002": {"EAST": 3}, "SKU-0003": {"EAST": 5}})
    acts = [
        {"act": "put", "item": "SKU-0001", "quantity": 7, "place": "WEST"},
        {"act": "pull", "item": "SKU-0002", "quantity": 1, "place": "EAST"},
    ]
    script = iter([acts])
    async with inventory(tenant, list_page_size=2) as source:
        told = by_place(await every_level(source, lambda: floor(tenant, *next(script, []))))
    assert (told["SKU-0002", "EAST"], told["SKU-0003", "EAST"]) == (3, 5)


async def test_rows_that_slip_by_very_many_count_once_where_their_numbers_stay(stocked, inventory):
    items = [f"SKU-{number:04}" for number in range(1, 261)]
    tenant = stocked(items=items, stock={item: {"EAST": 1} for item in items})
    script = iter([[{"act": "put", "item": item, "quantity": 1, "place": "WEST"} for item in items[:130]]])
    async with inventory(tenant, list_page_size=200) as source:
        told = by_place(await every_level(source, lambda: floor(tenant, *next(script, []))))
    assert {item for item, area in told if area == "EAST"} == set(items)


async def test_what_is_carried_elsewhere_while_pages_are_read_is_right_in_the_next_reading(stocked, inventory):
    tenant = stocked(moves_while_listed=1.0)
    async with inventory(tenant, list_page_size=2) as source:
        during = sum(level.quantity for level in await every_level(source))
    truth = tenant.truth()["stock"]
    assert truth["levels"] == truth["sums"]
    assert truth["transactions"] > 4
    async with inventory(tenant, list_page_size=1000) as source:
        after = await every_level(source)
    assert sum(level.quantity for level in after) == 57 != during


async def test_stock_that_is_booked_without_a_word_is_found_in_the_levels_alone(stocked, inventory):
    tenant = stocked()
    floor(
        tenant,
        {"act": "pull", "item": "SKU-0003", "quantity": 15, "place": "WEST", "reason": "LOST", "told": False},
        {"act": "put", "item": "SKU-0002", "quantity": 1, "place": "EAST"},
    )
    async with inventory(tenant) as source:
        page = await source.fetch_movements(None)
        movements = [movement for record in page.records if (movement := source.read_movement(record))]
        assert [movement.sku for movement in movements] == ["SKU-0002"]
        assert by_place(await every_level(source))["SKU-0003", "WEST"] == 25


async def test_an_act_that_is_refused_leaves_the_tenant_talking(stocked, inventory):
    tenant = stocked()
    wrong = {"act": "pull", "item": "SKU-0003", "quantity": 99, "place": "WEST", "told": False}
    assert tenant.http.post("/_floor", json=[wrong]).status_code == 409
    floor(tenant, {"act": "put", "item": "SKU-0002", "quantity": 1, "place": "EAST"})
    async with inventory(tenant) as source:
        assert len((await source.fetch_movements(None)).records) == 1
