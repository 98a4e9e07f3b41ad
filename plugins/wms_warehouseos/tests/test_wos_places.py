"""The areas and locations of a simulated tenant, over HTTP."""

import pytest

from crossdock import ListsPlaces, Unreadable
from crossdock.domain import Area, BinLocation
from crossdock.hooks.records import Record
from crossdock_warehouseos.inventory.source import WarehouseOSInventory

pytestmark = pytest.mark.anyio

SHELF = {
    "name": "E-01-01",
    "area": "EAST",
    "title": "East, first shelf",
    "kind": "Shelf",
    "zone": "A",
    "pick_sequence": 10,
    "allocation_sequence": 20,
    "putaway_sequence": 30,
}


@pytest.fixture
def tenant(tenant_with):
    return tenant_with(areas=("EAST", "WEST", "DOCK"), locations=[SHELF, {"name": "E-01-02", "area": "EAST"}])


@pytest.fixture
def inventory(connected_as):
    def connect(tenant, **settings):
        return connected_as(WarehouseOSInventory, tenant, **settings)

    return connect


async def every_location(source):
    locations, cursor, more = [], None, True
    while more:
        page = await source.fetch_locations(cursor)
        locations += [source.read_location(record) for record in page.records]
        cursor, more = page.cursor, page.more
    return locations


async def test_all_areas_are_listed_in_the_order_of_the_warehouse(tenant, inventory):
    for size in (1, 2, 1000):
        async with inventory(tenant, list_page_size=size) as source:
            assert isinstance(source, ListsPlaces)
            assert [area.name for area in await source.list_areas()] == ["EAST", "WEST", "DOCK"]
            assert all(isinstance(area, Area) for area in await source.list_areas())


async def test_every_location_is_listed_once_with_all_that_is_known_of_it(tenant, inventory):
    for size in (1, 3, 1000):
        async with inventory(tenant, list_page_size=size) as source:
            locations = await every_location(source)
        assert locations[0] == BinLocation(**SHELF)
        assert sorted(place.name for place in locations) == ["DOCK-01-01", "E-01-01", "E-01-02", "WEST-01-01"]


async def test_a_warehouse_without_areas_lists_none(tenant_with, inventory):
    async with inventory(tenant_with()) as source:
        assert not await source.list_areas()
        assert [(place.name, place.area) for place in await every_location(source)] == [("MAIN-01-01", "")]


async def test_a_location_without_a_name_is_unreadable(tenant, inventory):
    async with inventory(tenant) as source:
        for data in (b'{"AreaName": "EAST"}', b'{"LocationName": " "}', b"[]", b'{"LocationName": "A", "Zone": {}}'):
            with pytest.raises(Unreadable, match=r"^location 1/7 "):
                source.read_location(Record("1/7", data))
        with pytest.raises(Unreadable, match=r"^location 1/7 \(A\): Zone is no text$"):
            source.read_location(Record("1/7", b'{"LocationName": "A", "Zone": {}}'))


async def test_a_place_in_a_sequence_that_is_no_number_hides_no_location(tenant, inventory):
    async with inventory(tenant) as source:
        read = source.read_location(Record("1/7", b'{"LocationName": "A", "PickSequence": "x", "PutawaySequence": 3}'))
    assert (read.name, read.pick_sequence, read.putaway_sequence) == ("A", None, 3)
