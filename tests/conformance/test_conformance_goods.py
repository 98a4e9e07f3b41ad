"""The laws of stock and catalogue find the bugs of the field, planted one at a time into real plugins."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from crossdock import CrossdockError, Page, ProductAnswer, Record, Unavailable
from crossdock.domain import StockChange, StockItem, StockReading
from crossdock.sandbox import FaultName
from crossdock.testing.kit import try_law
from crossdock.testing.law import Law
from crossdock.testing.laws.catalog_sink import ProductsUnderFaults
from crossdock.testing.laws.stock_doubt import StockUnderFaults
from crossdock.testing.machine import RoleMachine
from crossdock.testing.subject import subject
from crossdock_channeladvisor.catalog import source as catalog_source
from crossdock_channeladvisor.catalog.sink import ChannelAdvisorCatalogSink
from crossdock_channeladvisor.catalog.source import ChannelAdvisorCatalog
from crossdock_channeladvisor.files import Files
from crossdock_channeladvisor.inventory import levels_file, sink, stock
from crossdock_channeladvisor.inventory.listed import StockList
from crossdock_channeladvisor.inventory.sink import ChannelAdvisorStock
from crossdock_warehouseos.inventory.levels import LevelRow, Levels
from crossdock_warehouseos.inventory.source import WarehouseOSInventory
from crossdock_warehouseos.work.movements import MovementReader
from crossdock_warehouseos.work.queue import HostQueue

Plant = Callable[[pytest.MonkeyPatch], None]
BUGS: list[Any] = []


def bug(plugin: str, law: str, words: str, *, slow: bool = False) -> Callable[[Plant], Plant]:
    """A bug of the field: which law finds it in which plugin, and with what words."""

    def keep(plant: Plant) -> Plant:
        marks = [pytest.mark.slow] if slow else []
        BUGS.append(pytest.param(plugin, law, words, plant, id=plant.__name__, marks=marks))
        return plant

    return keep


def law_of(plugin: str, id_: str) -> Law:
    return next(law for law in subject(plugin).laws() if law.id == id_)


@pytest.mark.parametrize(("plugin", "law", "words", "plant"), BUGS)
def test_the_kit_finds(plugin: str, law: str, words: str, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = subject(plugin)
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=words) as caught:
        try_law(law_of(plugin, law), found)
    steps = [line for note in caught.value.__notes__ for line in note.splitlines() if line.startswith("state.")]
    assert len(steps) < 10


CART, HOUSE = "channeladvisor", "warehouseos"


@bug(CART, "stock.reads_what_is_there", r"does not say what may be sold: SKU-\d+ at '1' is")
def on_hand_told_as_available(patch: pytest.MonkeyPatch) -> None:
    def with_reserved(item: StockItem, product: Any) -> StockReading:
        told = stock.stock_reading(item, product)
        first = [one.model_copy(update={"quantity": one.quantity + told.reserved}) for one in told.available[:1]]
        return told.model_copy(update={"available": (*first, *told.available[1:])})

    patch.setattr(sink, "stock_reading", with_reserved)


@bug(CART, "stock.on_hand_keeps_promises", "pieces are promised to buyers, and 0 are kept for them")
def reserved_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stock, "update_type", lambda meaning, settings: "Absolute")


@bug(CART, "stock.no_change_twice", "answered with success, but SKU-0001", slow=True)
def difference_repeated_after_a_lost_reply(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorStock._update
    patch.setattr(
        ChannelAdvisorStock, "_update", lambda self, id_, body, repeatable: right(self, id_, body, repeatable=True)
    )


@bug(CART, "stock.changes_exactly", r"SKU-0001 at '2' is 0 and should be \d+")
def other_centres_zeroed(patch: pytest.MonkeyPatch) -> None:
    right = stock.quantity_call
    patch.setattr(sink, "quantity_call", lambda change, settings: right(change, settings).replace(b"false", b"true"))


@bug(CART, "stock.bulk_is_as_one_by_one", r"at '2' is 0 and should be \d+")
def other_centres_zeroed_by_a_file(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(levels_file, "PARTIAL", "completedclist")


@bug(CART, "stock.refuses_what_is_unknown", "nobody bears the SKU 'SKU-00010', and it was read as product 9001")
def sku_matched_by_its_beginning(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorStock.read_stock

    async def cut(self: ChannelAdvisorStock, items: Sequence[StockItem]) -> Sequence[StockReading]:
        return await right(self, [one.model_copy(update={"sku": one.sku[:8]}) for one in items])

    patch.setattr(ChannelAdvisorStock, "read_stock", cut)


@bug(CART, "stock.refuses_twins", "two products bear SKU-0001, and it was read as one of them")
def twins_answered_with_the_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sink, "the_one", lambda sku, by_sku: by_sku[sku.lower()][0])


@bug(CART, "stock.lists_all", r"the list has no SKU-\d+")
def list_ends_at_a_full_page(patch: pytest.MonkeyPatch) -> None:
    right = StockList.page

    async def short(self: StockList, cursor: str | None) -> Page:
        page = await right(self, cursor)
        return replace(page, records=page.records[:19])

    patch.setattr(StockList, "page", short)


@bug(CART, "catalog.lists_all", "the catalog has no SKU-0020")
def product_lost_at_a_pages_edge(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorCatalog.fetch_products

    async def short(self: ChannelAdvisorCatalog, cursor: str | None) -> Page:
        page = await right(self, cursor)
        return replace(page, records=page.records[:19])

    patch.setattr(ChannelAdvisorCatalog, "fetch_products", short)


@bug(CART, "catalog.tells_what_changed", "has changed since the checkpoint, and a walk from there does not show it")
def checkpoint_in_another_time_zone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(catalog_source, "moment", lambda when: f"{when.replace(hour=23):%Y-%m-%dT%H:%M:%SZ}")


@bug(CART, "catalog.one_bad_product", "the others met")
def one_bad_product_fails_the_batch(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorCatalogSink.put_products

    async def all_or_none(self: ChannelAdvisorCatalogSink, changes: Sequence[Any]) -> Sequence[ProductAnswer]:
        answers = await right(self, changes)
        first = next((one.error for one in answers if one.error), None)
        return [replace(one, error=first) for one in answers]

    patch.setattr(ChannelAdvisorCatalogSink, "put_products", all_or_none)


@bug(CART, "catalog.answers_in_order", "KIT-NEW-3 is")
def answers_sorted_by_sku(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorCatalogSink.put_products

    async def by_sku(self: ChannelAdvisorCatalogSink, changes: Sequence[Any]) -> Sequence[ProductAnswer]:
        return await right(self, sorted(changes, key=lambda change: change.product.sku))

    patch.setattr(ChannelAdvisorCatalogSink, "put_products", by_sku)


@bug(CART, "catalog.changes_only_what_changed", "KIT-NEW-1 is 1 product with title '', brand 'Byron Ltd'")
def what_did_not_change_is_cleared(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorCatalogSink.put_products

    async def only(self: ChannelAdvisorCatalogSink, changes: Sequence[Any]) -> Sequence[ProductAnswer]:
        emptied = [
            one.model_copy(
                update={"product": one.product.model_copy(update={"title": ""}), "changed": ("brand", "title")}
            )
            if one.changed == ("brand",)
            else one
            for one in changes
        ]
        return await right(self, emptied)

    patch.setattr(ChannelAdvisorCatalogSink, "put_products", only)


@bug(CART, "catalog.puts_once", "KIT-NEW-1 is unknown and should be 1 product with title 'Lamp 1'")
def says_done_and_did_nothing(patch: pytest.MonkeyPatch) -> None:
    async def nothing(self: ChannelAdvisorCatalogSink, changes: Sequence[Any]) -> Sequence[ProductAnswer]:
        return [ProductAnswer(str(number)) for number, _ in enumerate(changes)]

    patch.setattr(ChannelAdvisorCatalogSink, "put_products", nothing)


@bug(CART, "catalog.no_second_product", r"was put as '\w+ \d'", slow=True)
def doubt_told_as_success(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorCatalogSink.put_products

    async def hopeful(self: ChannelAdvisorCatalogSink, changes: Sequence[Any]) -> Sequence[ProductAnswer]:
        try:
            return [replace(one, error=None) for one in await right(self, changes)]
        except CrossdockError:
            return [ProductAnswer("1") for _ in changes]

    patch.setattr(ChannelAdvisorCatalogSink, "put_products", hopeful)


@bug(HOUSE, "stock.levels_tell_their_moment", "was overtaken by movements before")
def moment_of_a_snapshot_replaced_by_now(patch: pytest.MonkeyPatch) -> None:
    right = WarehouseOSInventory.read_levels

    def fresh(self: WarehouseOSInventory, record: Record) -> Sequence[Any]:
        now = self._ctx.clock.now()
        return [one.model_copy(update={"counted_at": now}) for one in right(self, record)]

    patch.setattr(WarehouseOSInventory, "read_levels", fresh)


@bug(HOUSE, "stock.levels_follow_their_model", "should have fallen by 0")
def available_told_as_on_hand(patch: pytest.MonkeyPatch) -> None:
    right = LevelRow.told
    patch.setattr(
        LevelRow, "told", lambda self, zone: {**right(self, zone), "quantity": self.quantity - (self.allocated or 0)}
    )


@bug(HOUSE, "stock.levels_are_whole", "the levels do not say what lies there")
def level_lost_at_a_pages_edge(patch: pytest.MonkeyPatch) -> None:
    right = Levels._new
    patch.setattr(Levels, "_new", lambda self, rows, before: right(self, rows, before)[1:])


@bug(HOUSE, "stock.movements_conserve", r"by what \d+ movements say")
def movement_lost_at_a_pages_edge(patch: pytest.MonkeyPatch) -> None:
    right = HostQueue.fetch

    async def short(self: HostQueue) -> Page:
        page = await right(self)
        if page.more:
            await HostQueue.acknowledge(self, [page.records[-1].id])
        return replace(page, records=page.records[:-1] if page.more else page.records)

    patch.setattr(HostQueue, "fetch", short)


@bug(HOUSE, "stock.movements_conserve", r"by what \d+ movements say")
def move_told_at_one_place_only(patch: pytest.MonkeyPatch) -> None:
    right = MovementReader._movement

    def half(self: MovementReader, kind: Any, told: Any, body: bytes, origin: Any, destination: Any) -> Any:
        fact = right(self, kind, told, body, origin, destination)
        return fact and fact.model_copy(update={"origin": None if destination else origin})

    patch.setattr(MovementReader, "_movement", half)


@bug(HOUSE, "stock.movements_in_any_order", "was told in two ways|movements say")
def two_movements_of_one_id(patch: pytest.MonkeyPatch) -> None:
    right = MovementReader._movement

    def shared(self: MovementReader, *given: Any) -> Any:
        fact = right(self, *given)
        return fact and fact.model_copy(update={"external_id": fact.sku})

    patch.setattr(MovementReader, "_movement", shared)


@bug(HOUSE, "stock.acknowledged_is_gone", "was not acknowledged and is gone")
def everything_acknowledged(patch: pytest.MonkeyPatch) -> None:
    right = HostQueue.acknowledge

    async def all_of_it(self: HostQueue, ids: Sequence[str]) -> None:
        await right(self, [record.id for record in (await self.fetch()).records])

    patch.setattr(HostQueue, "acknowledge", all_of_it)


@bug(CART, "stock.letters_name_one_product", "'SKU-0001' is product 9001 and 'sku-0001' product 9002")
def letters_lead_to_another_product(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorStock.read_stock

    async def other(self: ChannelAdvisorStock, items: Sequence[StockItem]) -> Sequence[StockReading]:
        return await right(self, [one if one.sku.isupper() else StockItem(sku="SKU-0002") for one in items])

    patch.setattr(ChannelAdvisorStock, "read_stock", other)


@bug(CART, "stock.no_negative_level", "it should be rejected, and gave None")
def negative_level_told_as_zero(patch: pytest.MonkeyPatch) -> None:
    right = stock.quantity_call
    patch.setattr(sink, "quantity_call", lambda change, settings: right(_not_below_zero(change), settings))


def _not_below_zero(change: StockChange) -> StockChange:
    centers = tuple(one.model_copy(update={"quantity": max(0, one.quantity)}) for one in change.centers)
    return change.model_copy(update={"centers": centers})


@bug(CART, "catalog.bulk_is_as_one_by_one", "KIT-NEW-1 is unknown")
def a_file_that_nobody_took_counts_as_done(patch: pytest.MonkeyPatch) -> None:
    async def delivered(self: Files, content: bytes, profile: int, import_type: str) -> None:
        return None

    patch.setattr(Files, "deliver", delivered)


@bug(CART, "catalog.identities_agree", "the two lists do not agree")
def identities_cut_short(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorCatalog.fetch_identities

    async def short(self: ChannelAdvisorCatalog, cursor: str | None) -> Page:
        return replace(await right(self, cursor), more=False)

    patch.setattr(ChannelAdvisorCatalog, "fetch_identities", short)


@bug(CART, "catalog.survives_faults", "the catalog has no SKU-0001")
def a_broken_page_ends_the_list(patch: pytest.MonkeyPatch) -> None:
    right = ChannelAdvisorCatalog.fetch_products

    async def ended(self: ChannelAdvisorCatalog, cursor: str | None) -> Page:
        try:
            return await right(self, cursor)
        except Unavailable:
            return Page(())

    patch.setattr(ChannelAdvisorCatalog, "fetch_products", ended)


@bug(HOUSE, "stock.places_are_listed", "lies in 'EAST', of the areas")
def an_area_left_out(patch: pytest.MonkeyPatch) -> None:
    right = WarehouseOSInventory.list_areas

    async def some(self: WarehouseOSInventory) -> Sequence[Any]:
        return (await right(self))[1:]

    patch.setattr(WarehouseOSInventory, "list_areas", some)


@bug(HOUSE, "stock.movements_survive_faults", r"by what \d+ movements say")
def acknowledged_before_it_is_saved(patch: pytest.MonkeyPatch) -> None:
    right = HostQueue.fetch

    async def hasty(self: HostQueue) -> Page:
        page = await right(self)
        await self.acknowledge([record.id for record in page.records])
        return page

    patch.setattr(HostQueue, "fetch", hasty)


def play_one(machine: type[RoleMachine], step: str, **given: Any) -> None:
    """One step of a machine against the cart."""
    played = type(machine.__name__, (machine,), {"subject": subject(CART)})()
    try:
        getattr(played, step)(**given)
    finally:
        played.teardown()


def test_one_step_shows_a_difference_that_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    lost: dict[str, Any] = {"item": 0, "center": 0, "pieces": 7, "fault": FaultName.LOST_REPLY}
    play_one(StockUnderFaults, "add", **lost)
    difference_repeated_after_a_lost_reply(monkeypatch)
    with pytest.raises(AssertionError, match=r"7 at '1': it was answered with success, but SKU-0001 at '1' is 160"):
        play_one(StockUnderFaults, "add", **lost)


def test_one_step_shows_doubt_that_is_told_as_success(monkeypatch: pytest.MonkeyPatch) -> None:
    down: dict[str, Any] = {"number": 1, "title": "Lamp", "fault": FaultName.ERROR_503}
    play_one(ProductsUnderFaults, "put", **down)
    doubt_told_as_success(monkeypatch)
    with pytest.raises(AssertionError, match="was put as 'Lamp 1', but KIT-NEW-1 is unknown"):
        play_one(ProductsUnderFaults, "put", **down)


def test_every_law_about_goods_has_its_bug() -> None:
    laws = {
        law.id for name in (CART, HOUSE) for law in subject(name).laws() if law.id.startswith(("stock.", "catalog."))
    }
    assert laws == {param.values[1] for param in BUGS}
