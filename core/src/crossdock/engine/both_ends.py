"""Both ends of a pipeline's stock, read and compared: all that the cart has once, what differs a second time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from crossdock.domain import StockItem, StockReading
from crossdock.engine.aliasing import aliases_of
from crossdock.engine.comparison import Comparison, Held, Product, held_of
from crossdock.engine.discrepancies import Circumstances, Judged, circumstances_of, judge
from crossdock.engine.evidence import Evidence
from crossdock.engine.hearing import heard_by
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.positions import StockTaking
from crossdock.engine.reconciliation_ports import AskedProduct
from crossdock.engine.report import Report
from crossdock.hooks.errors import CrossdockError, Unreadable
from crossdock.hooks.features import ListsStock
from crossdock.hooks.roles import InventorySink
from crossdock.mapping import Aliases

READ_AT_ONCE = 100
"""Products of which the cart is asked with one call."""
JUDGED_AT_ONCE = 500
"""Products of which the store is asked with one call."""
SECOND_LOOKS = 500
"""So many products that differ are read at the cart once more; where more differ, it is not because they just moved."""
MOVED = "the cart's numbers changed between two readings"

Suspect = tuple[Product, Held]
Hear = Callable[[], Awaitable[str]]
"""Takes in what the warehouse has told of its work by now; gives why that may not be all, else nothing."""


async def all_heard() -> str:
    """The warehouse is heard by others."""
    return ""


async def compare(pipeline: Pipeline, taking: StockTaking, asked_by: str, hear: Hear = all_heard) -> Report:
    """Compare a stock taking with what the cart has; the warehouse is heard before anything is called a difference."""
    check_age(pipeline, taking)
    cart, aliases = pipeline.need(pipeline.inventory_sink, "inventory sink"), await aliases_of(pipeline)
    comparison = Comparison(pipeline.rules, taking, aliases, await _moving(pipeline, aliases))
    async for reading in _readings(pipeline, cart, comparison):
        comparison.see(reading)
    comparison.miss()
    judged = await _Judging(pipeline, cart, taking, comparison, hear).judged()
    return Report(
        pipeline=pipeline.name,
        began_at=taking.began_at,
        ended_at=pipeline.clock.now(),
        asked_by=asked_by,
        compared=comparison.compared,
        on_the_way=sum(one.on_the_way for one in judged),
        discrepancies=tuple(row for one in judged for row in one.discrepancies),
    )


def check_age(pipeline: Pipeline, taking: StockTaking) -> None:
    """Raise a sentence where the warehouse counted too long ago: its numbers would differ from everything."""
    if taking.began_at - taking.counted_at > pipeline.rules.stock.stale_after:
        source = pipeline.need(pipeline.inventory_source, "inventory source").connection
        raise CrossdockError(
            f"the levels of {source} were counted at {taking.counted_at:%Y-%m-%d %H:%M} UTC, longer ago than "
            "`stock.stale_after` allows: they are used for nothing"
        )


async def _moving(pipeline: Pipeline, aliases: Aliases) -> set[str]:
    """The products, by the cart's names with folded letters, of which something is on the way."""
    subjects, units = await pipeline.store.stock_on_the_way(pipeline.name)
    names = (aliases.name_of(unit) for unit in units)
    return {*subjects, *(name.casefold() for name in names if name is not None)}


async def _readings(
    pipeline: Pipeline, cart: Bound[InventorySink], comparison: Comparison
) -> AsyncIterator[StockReading]:
    """What the cart has of all products: by its list, else of those that are known here."""
    if isinstance(cart.role, ListsStock):
        async for reading in _listed(cart.connection, cart.role):
            yield reading
        return
    known = {name.casefold(): name for name in await pipeline.store.skus_at_cart(pipeline.name, cart.connection)}
    known |= {name.casefold(): name for name in comparison.names}
    names = list(known.values())
    for start in range(0, len(names), READ_AT_ONCE):
        for reading in await _read(cart, names[start : start + READ_AT_ONCE]):
            yield reading


async def _listed(connection: str, cart: ListsStock) -> AsyncIterator[StockReading]:
    cursor = None
    while True:
        page = await cart.fetch_stock(cursor)
        for record in page.records:
            try:
                yield cart.read_listed_stock(record)
            except Exception as error:  # a plugin's bug, too, leaves a hole
                why = str(error) if isinstance(error, CrossdockError) else f"{type(error).__name__}: {error}"
                raise Unreadable(f"the stock {record.id} of {connection} cannot be read: {why}") from error
        if not page.more:
            return
        cursor = page.cursor
        if page.wait:
            await asyncio.sleep(page.wait)


async def _read(cart: Bound[InventorySink], names: Sequence[str]) -> Sequence[StockReading]:
    try:
        readings = await cart.role.read_stock([StockItem(sku=name) for name in names])
        if len(readings) != len(names):
            raise ValueError(f"{len(names)} items were to be read, and {len(readings)} readings came")
    except CrossdockError:
        raise
    except Exception as error:  # a plugin's bug
        raise Unreadable(f"the stock of {cart.connection} cannot be read: {type(error).__name__}: {error}") from error
    return [
        reading.model_copy(update={"item": reading.item.model_copy(update={"sku": name})})
        for name, reading in zip(names, readings, strict=True)
    ]


@dataclass(frozen=True)
class _Judging:
    """Tells of each product that may differ whether it does, and why."""

    pipeline: Pipeline
    cart: Bound[InventorySink]
    taking: StockTaking
    comparison: Comparison
    hear: Hear

    async def judged(self) -> Sequence[Judged]:
        """What became of every suspect; those that differ are judged again by what the warehouse tells now, and most
        of them read at the cart once more."""
        suspects = [(self.comparison.product(subject), held) for subject, held in self.comparison.suspects.items()]
        first = await self._judge(suspects, await self._circumstances())
        differing = [suspect for suspect, one in zip(suspects, first, strict=True) if one.discrepancies]
        agreeing = [one for one in first if not one.discrepancies]
        return [*agreeing, *(await self._second_look(differing) if differing else ())]

    async def _second_look(self, suspects: Sequence[Suspect]) -> Sequence[Judged]:
        around = await self._circumstances(await self.hear())
        looked = await self._look_again(suspects[:SECOND_LOOKS], around)
        return [*looked, *await self._judge(suspects[SECOND_LOOKS:], around)]

    async def _circumstances(self, unheard: str = "") -> Circumstances:
        pipeline, now = self.pipeline, self.pipeline.clock.now()
        standstill = await pipeline.store.standstill(pipeline.name, self.cart.connection, heard_by(pipeline), now=now)
        standstill = replace(standstill, unheard=unheard or standstill.unheard)
        return circumstances_of(pipeline.rules, self.taking, standstill)

    async def _look_again(self, suspects: Sequence[Suspect], around: Circumstances) -> Sequence[Judged]:
        """Read them anew, and judge them by what the cart has now."""
        again: list[Held] = []
        for start in range(0, len(suspects), READ_AT_ONCE):
            some = suspects[start : start + READ_AT_ONCE]
            readings = await _read(self.cart, [product.sku for product, _ in some])
            again += [held_of(reading, self.comparison.centers) for reading in readings]
        moved = {
            product.sku
            for (product, before), now in zip(suspects, again, strict=True)
            if (before.at, before.reserved) != (now.at, now.reserved) and not now.refusal
        }
        products = [product for product, _ in suspects]
        return await self._judge(list(zip(products, again, strict=True)), around, moved)

    async def _judge(
        self, suspects: Sequence[Suspect], around: Circumstances, moved: frozenset[str] | set[str] = frozenset()
    ) -> list[Judged]:
        found: list[Judged] = []
        for start in range(0, len(suspects), JUDGED_AT_ONCE):
            some = suspects[start : start + JUDGED_AT_ONCE]
            known = await self._evidence(some)
            found += [
                judge(product, held, _moved(known[product.sku], product.sku in moved), around) for product, held in some
            ]
        return found

    async def _evidence(self, suspects: Sequence[Suspect]) -> Mapping[str, Evidence]:
        pipeline, products = self.pipeline, [AskedProduct(one.sku, one.stock_unit) for one, _ in suspects]
        return await pipeline.store.evidence(pipeline.name, self.cart.connection, products, since=self.taking.began_at)


def _moved(known: Evidence, at_cart: bool) -> Evidence:
    """With the word that the cart's numbers moved."""
    return replace(known, moved=" and ".join(filter(None, (known.moved, MOVED)))) if at_cart else known
