"""Work done comes in once, however often and in whatever order it is told."""

from collections.abc import Mapping, Sequence
from typing import Any

from crossdock.domain import Shipment
from crossdock.engine.facts import FactSource, ReadRecord
from crossdock.engine.lease import Lease
from crossdock.hooks.records import Page, Record

from .builders import a_box, an_order
from .remote import Fault, QueueingWarehouse, Warehouse
from .world import World, played


async def released(world: World, *keys: str) -> None:
    world.cart.sell(*(an_order(key) for key in keys))
    await world.cycle(("download", "release"))


async def boxes_kept(world: World) -> list[tuple[str, str]]:
    return [(key, state) for key, state in await world.select("SELECT external_id, state FROM shipment ORDER BY id")]


class RepeatingWarehouse(Warehouse):
    """Tells everything again with every page, the newest first."""

    def _page(self, offset: int) -> Page:
        records = [Record(box.external_id, box.model_dump_json().encode()) for box in reversed(self.boxes)]
        return Page((*records, *records))


@played
async def test_a_box_that_is_told_twice_is_one_box(world: World) -> None:
    await released(world, "1", "2")
    world.warehouse = RepeatingWarehouse()
    world.warehouse.pack(a_box("b1", "N1", ("10", 1)), a_box("b2", "N2", ("10", 1)))
    first, second = await world.flow("collect"), await world.flow("collect")

    assert first.counts["new shipments"] == 2
    assert "new shipments" not in second.counts
    assert len(await boxes_kept(world)) == 2


@played
async def test_records_are_acknowledged_after_they_are_kept(world: World) -> None:
    await released(world, "1")
    warehouse = world.warehouse = QueueingWarehouse(page_size=2)
    world.warehouse.pack(*(a_box(f"b{number}", "N1", ("10", 1)) for number in range(5)))
    save = world.store.save_facts

    async def save_with_nothing_acknowledged_yet(
        lease: Lease, source: FactSource, read: Sequence[ReadRecord], *args: Any, **kwargs: Any
    ) -> Mapping[str, int]:
        assert not {item.record.id for item in read} & set(warehouse.saved)
        return await save(lease, source, read, *args, **kwargs)

    world.store.save_facts = save_with_nothing_acknowledged_yet  # type: ignore[method-assign]
    await world.flow("collect")
    assert sorted(warehouse.saved) == ["b0", "b1", "b2", "b3", "b4"]


class DeafWarehouse(QueueingWarehouse):
    """Keeps everything in its queue, whatever it is told."""

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        self.saved.clear()


@played
async def test_a_queue_that_never_empties_ends_the_run_and_says_so(world: World) -> None:
    await released(world, "1")
    world.warehouse = DeafWarehouse(page_size=2)
    world.warehouse.pack(*(a_box(f"b{number}", "N1", ("10", 1)) for number in range(5)))
    report = await world.flow("collect")

    assert "gives the same 2 records again and again" in report.error
    assert report.counts["new shipments"] == 2


@played
async def test_a_lost_acknowledgement_brings_the_records_again_and_changes_nothing(world: World) -> None:
    await released(world, "1")
    world.warehouse = QueueingWarehouse()
    world.warehouse.pack(a_box("b1", "N1", ("10", 1)))
    world.warehouse.faults["acknowledge_records"].append(Fault.LOST_BEFORE)
    assert (await world.flow("collect")).error == "the connection broke"
    report = await world.flow("collect")

    assert not report.error
    assert "new shipments" not in report.counts
    assert len(await boxes_kept(world)) == 1


class GarblingWarehouse(Warehouse):
    """Has a plugin that stumbles over one record and knows another to be no shipment."""

    def read_shipment(self, record: Record) -> Shipment | None:
        if record.id == "b1":
            raise KeyError("OrderNumber")
        return None if record.id == "b2" else super().read_shipment(record)


@played
async def test_a_record_that_cannot_be_read_stops_no_other(world: World) -> None:
    await released(world, "1")
    world.warehouse = GarblingWarehouse()
    world.warehouse.pack(*(a_box(f"b{number}", "N1", ("10", 1)) for number in range(1, 4)))
    report = await world.flow("collect")

    assert not report.error
    assert report.counts["unreadable"] == 1
    assert await world.problems() == [("unreadable_shipment", "b1")]
    assert await boxes_kept(world) == [("b3", "new")]


@played
async def test_a_box_of_an_order_that_was_never_sent_there_is_shown_to_a_person(world: World) -> None:
    world.warehouse.pack(a_box("b1", "WALK-IN", ("10", 1)))
    await world.flow("collect")
    await world.flow("confirm")

    assert await world.problems() == [("unknown_shipment", "WALK-IN/b1")]
    assert not world.cart.confirmed


@played
async def test_the_list_is_entered_where_it_was_left(world: World) -> None:
    await released(world, "1")
    world.warehouse.pack(*(a_box(f"b{number}", "N1", ("10", 1)) for number in range(4)))
    await world.flow("collect")
    world.warehouse.pack(a_box("b9", "N1", ("10", 1)))
    report = await world.flow("collect")

    assert report.counts == {"pages": 1, "records": 1, "new shipments": 1}
