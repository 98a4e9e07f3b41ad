"""Laws about catalog sources: every product once, and later what has changed."""

from collections.abc import Iterable

from crossdock.domain import Product
from crossdock.hooks.features import ListsProducts
from crossdock.hooks.records import Record
from crossdock.hooks.roles import CatalogSource
from crossdock.sandbox import FaultName
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.catalog_known import Catalog, known_in
from crossdock.testing.scenes import played
from crossdock.testing.subject import Subject
from crossdock.testing.walking import walk

PASSING_FAULTS = (FaultName.LOST_REPLY, FaultName.ERROR_503, FaultName.THROTTLED, FaultName.TRUNCATED, FaultName.HTML)


@law("catalog.lists_all", Grade.SILVER, of=CatalogSource)
async def the_catalog_is_whole(plugin: Subject) -> None:
    """The catalog holds every product once, over any number of pages, each under its own id.

    A product that is lost between two pages is never put where it is sold or stored, and its orders are held.
    """
    async with played(plugin, "small_pages") as (stage, connection):
        source = connection.role(CatalogSource)
        seen = await walk(source.fetch_products)
        assert seen.pages > 1 or "small_pages" not in plugin.scenes, "the scene `small_pages` showed one page only"
        _check_whole(source, seen.records, await known_in(stage))


@law("catalog.tells_what_changed", Grade.SILVER, of=CatalogSource)
async def changes_are_told(plugin: Subject) -> None:
    """A walk from the checkpoint of the one before holds every product that is new or has changed meanwhile, as it is.

    A cursor that is a minute too late leaves a gap that no later run looks into.
    """
    async with played(plugin, "small_pages", "one_clock") as (stage, connection):
        source = connection.role(CatalogSource)
        first = await walk(source.fetch_products)
        before = await known_in(stage)
        for seed in (1, 2):
            await stage.work(seed)
            now = await known_in(stage)
            changed = {sku: known for sku, known in now.items() if before.get(sku) != known}
            assert changed, "people changed no product in `work`: what a checkpoint is worth cannot be judged"
            later = await walk(source.fetch_products, first.checkpoint)
            told = {one.sku: one for one in map(source.read_product, later.records)}
            for sku, known in changed.items():
                assert sku in told, f"{sku} has changed since the checkpoint, and a walk from there does not show it"
                shown = {name: str(getattr(told[sku], name)) for name in known.texts}
                assert shown == known.texts, f"{sku} is {known} by now, and a walk from the checkpoint shows {shown}"
            first, before = later, now


@law("catalog.identities_agree", Grade.SILVER, of=CatalogSource, feature=ListsProducts)
async def identities_are_those_of_the_products(plugin: Subject) -> None:
    """The list of identities holds the same ids and SKUs as the products themselves, each once.

    What it leaves out is taken for gone.
    """
    async with played(plugin, "small_pages") as (_, connection):
        source = connection.role(CatalogSource)
        assert isinstance(source, ListsProducts)
        products = {one.id: source.read_product(one).sku for one in (await walk(source.fetch_products)).records}
        records = (await walk(source.fetch_identities)).records
        identities = {one.id: source.read_identity(one).sku for one in records}
        assert len(records) == len(identities), f"{len(records) - len(identities)} identities came twice"
        odd = sorted(products.items() ^ identities.items())
        assert not odd, f"of product {odd[0][0]} ('{odd[0][1]}') the two lists do not agree; {len(odd)} such entries"


@law("catalog.survives_faults", Grade.GOLD, of=CatalogSource)
async def the_catalog_survives_faults(plugin: Subject) -> None:
    """Whatever goes wrong while products are read, a broken page is an error, and never the end of the list.

    Products behind a page that was taken for the last one look deleted, and are taken off sale.
    """
    async with played(plugin, "small_pages") as (stage, connection):
        source, expected = connection.role(CatalogSource), await known_in(stage)
        await stage.faults(*PASSING_FAULTS, times=12, only_methods=("GET",))
        seen = await walk(source.fetch_products, patience=20)
        _check_whole(source, seen.records, expected)


def _check_whole(source: CatalogSource, records: Iterable[Record], expected: Catalog) -> None:
    """These records are all products that are known, each once."""
    found: dict[str, Product] = {}
    bearers: dict[str, int] = {}
    for record in records:
        product = source.read_product(record)
        assert product.external_id not in found, f"product {product.external_id} ({product.sku}) came twice"
        found[product.external_id] = product
        bearers[product.sku] = bearers.get(product.sku, 0) + 1
    missing = [sku for sku, known in expected.items() if bearers.get(sku, 0) < known.times]
    assert not missing, f"the catalog has no {', '.join(missing[:5])}: {len(missing)} of {len(expected)} are missing"
    invented = bearers.keys() - expected.keys()
    assert not invented, f"the catalog shows {sorted(invented)[0]}, which nobody knows"
