"""Laws about goods that come in, and about where they lie: purchase orders, putaways, areas, locations, totals."""

from collections import Counter

from crossdock.domain import Product, ProductChange, ProductKind, PurchaseOrder, Putaway
from crossdock.hooks.errors import OutcomeUnknown
from crossdock.hooks.features import ExpectsGoods, ListsPlaces, SumsStock, TellsPutaways
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import CatalogSink, InventorySource
from crossdock.sandbox import EffectKind
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.laws.warehouse_faults import TROUBLES, troubled
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.packed import acknowledging
from crossdock.testing.requests import a_purchase_order
from crossdock.testing.scenes import played
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject
from crossdock.testing.walking import walk


@law("warehouse.goods", Grade.SILVER, of=InventorySource, feature=ExpectsGoods)
async def goods_are_expected_once(plugin: Subject) -> None:
    """A purchase order that is told twice is expected once; one that changed is expected as it is now.

    What is not expected any more is expected 0 times, and no line is taken away.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source = _expecting(connection)
        for pieces in ((3, 2), (3, 2), (5, 2), (5, 0), (5, 0, 4)):
            order = a_purchase_order(stage.rehearsal, "PO-1", pieces)
            assert isinstance(await source.expect_goods(order), Receipt), "expect_goods gave no receipt"
            await _require_expected(stage, order, f"after expect_goods with {pieces}")


@law("warehouse.goods_doubt", Grade.GOLD, of=InventorySource, feature=ExpectsGoods)
async def goods_are_expected_once_whatever_goes_wrong(plugin: Subject) -> None:
    """Whatever goes wrong, goods for which expect_goods gave a receipt are expected, and telling them again settles it.

    An error says that nothing was done, unless it is OutcomeUnknown.
    """
    async with plugin.stage() as stage:
        for nth, trouble in enumerate(TROUBLES):
            order, when = a_purchase_order(stage.rehearsal, f"PO-{nth}", (3, 2)), f"with {trouble}"
            async with stage.connect() as connection:
                async with troubled(stage, trouble):
                    outcome = await outcome_of(_expecting(connection).expect_goods(order), f"expect_goods {when}")
                there = any(goods.key == order.number for goods in await stage.effects(EffectKind.GOODS))
                if isinstance(outcome, Receipt):
                    await _require_expected(stage, order, f"{when}, a receipt was given")
                elif not isinstance(outcome, OutcomeUnknown):
                    assert not there, f"{when}, expect_goods gave {outcome!r}, and the goods are expected"
                await _expecting(connection).expect_goods(order)
                await _require_expected(stage, order, "when they were told again")


@law("warehouse.putaways", Grade.SILVER, of=InventorySource, feature=TellsPutaways)
async def every_putaway_is_told(plugin: Subject) -> None:
    """Every piece that people put away of a purchase order is told, under its SKU and line, and none twice.

    The supplier's invoice is checked against it, and the cart sells what was put away.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source = connection.role(InventorySource)
        if not isinstance(source, ExpectsGoods):
            raise NothingToJudge("it cannot be told to expect goods, so that there are none to put away")
        order = a_purchase_order(stage.rehearsal, "PO-1", (30, 20))
        await source.expect_goods(order)
        for seed in (1, 2, 3):
            await stage.work(seed)
        truth = Counter[str]()
        for put in await stage.effects(EffectKind.PUTAWAY):
            truth.update(put.units if put.of == order.number else {})
        assert truth, "goods are expected, and people (POST /_work) put none away; tell them as effects `putaway`"
        told = Counter[str]()
        for fact in await _putaways(source):
            line = next((line for line in order.lines if line.id == fact.line_id), None)
            assert line, f"putaway {fact.external_id} is of a line {fact.line_id!r} that {order.number} has not"
            assert line.sku == fact.sku, f"line {line.id} expects {line.sku}, the putaway tells {fact.sku}"
            told[fact.sku] += fact.quantity
        assert told == truth, f"people put away {dict(truth)}, told was {dict(told)}"


@law("warehouse.places", Grade.SILVER, of=InventorySource, feature=ListsPlaces)
async def every_place_is_listed(plugin: Subject) -> None:
    """Areas and locations are listed completely and once each, also in small pages, and every location lies in an area
    that is listed.

    The operator maps areas from this list: one that is missing is mapped by nobody, and its stock is not sold.
    """
    async with played(plugin, "stock") as (_, connection):
        areas, large = await _places(connection)
    async with played(plugin, "stock", "small_pages") as (stage, connection):
        again, small = await _places(connection)
        assert (again, small) == (areas, large), f"in small pages {small} are listed, in large ones {large}"
        assert {*stage.rehearsal.centers} <= {*areas}, f"the areas are {stage.rehearsal.centers}, listed are {areas}"
        assert large, "no location is listed"


async def _places(connection: Connected) -> tuple[list[str], list[tuple[str, str]]]:
    """The names of all areas, and all locations with their areas; raises `AssertionError` if one is there twice."""
    source = connection.role(InventorySource)
    assert isinstance(source, ListsPlaces)
    areas = [area.name for area in await source.list_areas()]
    records = (await walk(source.fetch_locations)).records
    locations = [source.read_location(record) for record in records]
    assert locations == [source.read_location(record) for record in records], "a location was read in two ways"
    places = [(place.area, place.name) for place in locations]
    twice = [name for name, times in Counter([*areas, *places]).items() if times > 1]
    assert not twice, f"{twice[0]} is listed twice"
    lost = {area for area, _ in places if area} - {*areas}
    assert not lost, f"locations lie in areas that are not listed: {', '.join(sorted(lost))}"
    return areas, places


@law("warehouse.sums", Grade.SILVER, of=InventorySource, feature=SumsStock)
async def stock_is_summed_by_item(plugin: Subject) -> None:
    """Below a parent that nobody knows there is nothing; below one that is known, each item's pieces in all places.

    A sum with a piece too many is sold, and one with a piece too few is not.
    """
    async with played(plugin, "stock") as (stage, connection):
        source = connection.role(InventorySource)
        assert isinstance(source, SumsStock)
        unknown = await source.stock_under("NO-SUCH-PARENT")
        assert not unknown, f"nobody knows the parent, and {unknown[0].sku} lies below it"
        if CatalogSink not in plugin.roles:
            raise NothingToJudge("it takes no products, so that there is no parent to ask for")
        children = stage.rehearsal.skus[:3]
        await connection.role(CatalogSink).put_products([_child(sku) for sku in children])
        told = {level.sku: level.quantity for level in await source.stock_under("REHEARSED-PARENT")}
        stock = {one.key: sum(one.units.values()) for one in await stage.effects(EffectKind.STOCK)}
        truth = {sku: stock.get(sku, 0) for sku in children}
        assert told == truth, f"below the parent lie {truth}, told was {told}"


def _child(sku: str) -> ProductChange:
    product = Product(external_id=sku, sku=sku, kind=ProductKind.CHILD, title=sku, parent_sku="REHEARSED-PARENT")
    return ProductChange(key=f"rehearsal-{sku}", product=product)


async def _require_expected(stage: Stage, order: PurchaseOrder, when: str) -> None:
    told = [goods for goods in await stage.effects(EffectKind.GOODS) if goods.key == order.number]
    assert sum(goods.times for goods in told) == 1, f"{when}, purchase order {order.number} is there {len(told)} times"
    units = {sku: pieces for sku, pieces in told[0].units.items() if pieces}
    wanted = {line.sku: line.quantity for line in order.lines if line.quantity}
    assert units == wanted, f"{when}, the warehouse expects {units}, told it was {wanted}"


async def _putaways(source: InventorySource) -> list[Putaway]:
    """Every putaway that is told, each fact once."""
    assert isinstance(source, TellsPutaways)
    records = (await walk(source.fetch_movements, acknowledge=acknowledging(source))).records
    facts = [(source.read_putaway(record), record) for record in records]
    assert all(fact == source.read_putaway(record) for fact, record in facts), "a putaway was read in two ways"
    return [*{fact.external_id: fact for fact, _ in facts if fact}.values()]


def _expecting(connection: Connected) -> ExpectsGoods:
    source = connection.role(InventorySource)
    assert isinstance(source, ExpectsGoods)
    return source
