"""Laws about inventory sinks: what is read, what a change does, and what it leaves alone."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.hooks.errors import CrossdockError, Rejected
from crossdock.hooks.features import ListsStock, SetsStockInBulk
from crossdock.hooks.roles import InventorySink
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.laws.stock_held import Held, breach, differences, held_in, is_same, shown
from crossdock.testing.reads import NO_SUCH
from crossdock.testing.scenes import played
from crossdock.testing.stage import Stage
from crossdock.testing.subject import Subject
from crossdock.testing.walking import walk


def change_of(item: StockItem, meaning: StockMeaning, numbers: Mapping[str, int], key: str = "kit-1") -> StockChange:
    """One change of one item, as the engine would ask for it."""
    centers = tuple(CenterQuantity(distribution_center=center, quantity=n) for center, n in numbers.items())
    return StockChange(key=key, item=item, meaning=meaning, centers=centers)


async def attempt(sink: InventorySink, change: StockChange) -> CrossdockError | None:
    """Send one change; gives the error that it met."""
    try:
        await sink.change_stock(change)
    except CrossdockError as error:
        return error
    return None


@law("stock.reads_what_is_there", Grade.SILVER, of=InventorySink)
async def readings_are_true(plugin: Subject) -> None:
    """Reading stock gives one reading an item, in the order of the items, with what may be sold at each centre.

    A number that still counts what is promised to buyers is sold a second time.
    """
    async with played(plugin, orders=60) as (stage, connection):
        held = await held_in(stage)
        wanted = [*reversed([*held][:60]), NO_SUCH, *_known(stage)]
        readings = await _read(connection.role(InventorySink), wanted)
        told = [one.item.sku for one in readings]
        for place, (sku, given) in enumerate(zip_longest(wanted, told), 1):
            assert given == sku, f"asked for {len(wanted)} items, of which no. {place} is {sku}, it gave there {given}"
        for reading in readings:
            if reading.item.sku in _known(stage) or not reading.refusal:
                _check_reading(reading, held)


@law("stock.refuses_what_is_unknown", Grade.SILVER, of=InventorySink)
async def unknown_items_are_refused(plugin: Subject) -> None:
    """An item whose SKU no product bears has a reading with a refusal, and a change of it is rejected and does nothing.

    A SKU that only begins like another one is another product: to guess sells goods that are not there.
    """
    async with played(plugin) as (stage, connection):
        sink, before = connection.role(InventorySink), await held_in(stage)
        known = _known(stage)[0]
        bears = {sku.lower() for sku in before}
        strange = [sku for sku in (NO_SUCH, known[:-1], f"{known}0", f"{known}*") if sku.lower() not in bears]
        readings = await _read(sink, [known, *strange])
        assert not readings[0].refusal, f"beside unknown items {known} is refused as well: {readings[0].refusal}"
        for sku, reading in zip(strange, readings[1:], strict=True):
            assert reading.refusal, (
                f"nobody bears the SKU '{sku}', and it was read as product {reading.item.product_id}"
            )
            change = change_of(StockItem(sku=sku), StockMeaning.SELLABLE, {_centers(stage)[0]: 3})
            error = await attempt(sink, change)
            assert isinstance(error, Rejected), f"{shown(change)}: nobody bears this SKU, and it gave {error!r}"
        _check_nothing_moved(before, await held_in(stage))


@law("stock.letters_name_one_product", Grade.SILVER, of=InventorySink)
async def letters_do_not_make_another_product(plugin: Subject) -> None:
    """A SKU in other letters is either that of the same product, with the same stock, or that of none.

    One end folds letters and the other does not: the stock of `abc` would be told of `ABC`.
    """
    async with played(plugin) as (stage, connection):
        sku = _known(stage)[0]
        plain, swapped = await _read(connection.role(InventorySink), [sku, sku.swapcase()])
        if not swapped.refusal and sku != sku.swapcase():
            assert (swapped.item.product_id, swapped.available) == (plain.item.product_id, plain.available), (
                f"'{sku}' is product {plain.item.product_id} and '{sku.swapcase()}' product {swapped.item.product_id}"
            )


@law("stock.refuses_twins", Grade.GOLD, of=InventorySink)
async def a_sku_of_two_products_is_refused(plugin: Subject) -> None:
    """Where a SKU stands for two products, it has a reading with a refusal, and a change of it is rejected.

    Whoever takes the first one tells one product's stock of the other, and sells what is not there.
    """
    if "twins" not in plugin.scenes:
        raise NothingToJudge("its simulator has no scene `twins`")
    async with played(plugin, "twins") as (stage, connection):
        sink, before, skus = connection.role(InventorySink), await held_in(stage), _known(stage)[:3]
        for reading in await _read(sink, skus):
            assert reading.refusal, f"two products bear {reading.item.sku}, and it was read as one of them"
        for sku in skus:
            error = await attempt(sink, change_of(StockItem(sku=sku), StockMeaning.SELLABLE, {_centers(stage)[0]: 9}))
            assert isinstance(error, Rejected), f"two products bear {sku}, and a change of it gave {error!r}"
        _check_nothing_moved(before, await held_in(stage))


@law("stock.changes_exactly", Grade.SILVER, of=InventorySink)
async def changes_do_what_they_say(plugin: Subject) -> None:
    """A level is set, and a difference added, at exactly the centres that the change names, and at no other.

    A centre that is not named keeps what it has: another warehouse tells it, or nobody does.
    """
    async with played(plugin) as (stage, connection):
        sink, (first, *others) = connection.role(InventorySink), _centers(stage)
        sets: list[Mapping[str, int]] = [{first: 17}, {first: 0}, {other: n for n, other in enumerate(others, 5)}]
        moves: list[Mapping[str, int]] = [{first: 4}, {first: -1}, {first: 2, **dict.fromkeys(others[:1], -2)}]
        asked = [(StockMeaning.SELLABLE, one) for one in sets] + [(StockMeaning.DIFFERENCE, one) for one in moves]
        for number, (meaning, numbers) in enumerate(asked):
            [reading] = await _read(sink, _known(stage)[:1])
            for item in (reading.item, StockItem(sku=reading.item.sku)) if numbers else ():
                before, change = await held_in(stage), change_of(item, meaning, numbers, f"kit-{number}")
                error = await attempt(sink, change)
                assert error is None, f"{shown(change)}: refused, {error!r}"
                found = breach(change, before, await held_in(stage), None)
                assert not found, found


@law("stock.no_negative_level", Grade.SILVER, of=InventorySink)
async def levels_below_nothing_are_rejected(plugin: Subject) -> None:
    """A level below zero is rejected, and nothing is changed.

    Carts take it for a debt, for nothing, or for four billion pieces.
    """
    async with played(plugin) as (stage, connection):
        [reading] = await _read(connection.role(InventorySink), _known(stage)[:1])
        for meaning in (StockMeaning.SELLABLE, StockMeaning.ON_HAND):
            before = await held_in(stage)
            change = change_of(reading.item, meaning, {_centers(stage)[0]: -1})
            error = await attempt(connection.role(InventorySink), change)
            assert isinstance(error, Rejected), f"{shown(change)}: it should be rejected, and gave {error!r}"
            _check_nothing_moved(before, await held_in(stage))


@law("stock.on_hand_keeps_promises", Grade.SILVER, of=InventorySink)
async def what_is_promised_is_not_for_sale(plugin: Subject) -> None:
    """After a level ON_HAND, what may be sold is what lies there without what the reading calls reserved.

    A warehouse that counts what lies on the shelf knows nothing of orders that have not reached it: whoever offers all
    of it sells twice.
    """
    async with played(plugin, orders=60) as (stage, connection):
        sink, centers = connection.role(InventorySink), _centers(stage)
        for reading in await _read(sink, [*await held_in(stage)][:40]):
            elsewhere = {one.distribution_center for one in reading.available} - {*centers}
            if reading.refusal or elsewhere:
                continue
            level = 50 + reading.reserved
            change = change_of(reading.item, StockMeaning.ON_HAND, dict.fromkeys(centers, level))
            error = await attempt(sink, change)
            assert error is None, f"{shown(change)}: refused, {error!r}"
            sold = level * len(centers) - sum((await held_in(stage))[reading.item.sku].values())
            assert sold == reading.reserved, (
                f"{shown(change)}: {reading.reserved} pieces are promised to buyers, and {sold} are kept for them"
            )


@law("stock.bulk_is_as_one_by_one", Grade.SILVER, feature=SetsStockInBulk)
async def bulk_does_the_same(plugin: Subject) -> None:
    """Levels that are set in bulk have one answer a change, in order; each does what it would do alone, or is refused.

    Centres that a change does not name keep what they have, and one change that is refused leaves the others alone.
    """
    async with played(plugin, "bulk") as (stage, connection):
        sink = _bulk(connection.role(InventorySink))
        center, before = _centers(stage)[0], await held_in(stage)
        readings = await _read(connection.role(InventorySink), _known(stage)[:6])
        levels = [40, 0, -1, 7, 8, 9]
        changes = [
            change_of(one.item, StockMeaning.SELLABLE, {center: level}, f"kit-{level}")
            for one, level in zip(readings, levels, strict=True)
        ]
        size = sink.bulk_size(1_000_000)
        assert size >= len(changes), f"a million levels wait, and the bulk way takes {size}: does `bulk` open it?"
        answers = await sink.set_stock_in_bulk(changes)
        assert len(answers) == len(changes), f"{len(changes)} changes have {len(answers)} answers"
        now = await held_in(stage)
        for change, answer in zip(changes, answers, strict=True):
            if change.centers[0].quantity < 0:
                assert isinstance(answer.error, Rejected), f"{shown(change)}: it gave {answer.error!r}"
            sku = change.item.sku
            found = breach(change, {sku: before[sku]}, {sku: now[sku]}, answer.error)
            assert not found, found
        assert any(answer.error is None for answer in answers), f"no level was set in bulk: {answers[0].error!r}"
        others = {sku: units for sku, units in before.items() if sku not in {one.item.sku for one in changes}}
        _check_nothing_moved(others, {sku: now.get(sku, {}) for sku in others})


@law("stock.lists_all", Grade.SILVER, feature=ListsStock)
async def the_list_is_whole(plugin: Subject) -> None:
    """The list of stock holds every product once, with the numbers that a reading of it gives.

    What the list leaves out looks like a product that the cart does not have.
    """
    async with played(plugin, "small_pages") as (stage, connection):
        sink, held = connection.role(InventorySink), await held_in(stage)
        assert isinstance(sink, ListsStock)
        seen = await walk(sink.fetch_stock)
        listed = [sink.read_listed_stock(record) for record in seen.records]
        ids = [record.id for record in seen.records]
        assert len(ids) == len({*ids}), f"of {len(ids)} products of the list, {len(ids) - len({*ids})} came twice"
        told = {one.item.sku: one for one in listed if not one.refusal}
        missing = sorted(held.keys() - {one.item.sku for one in listed})
        assert not missing, f"the list has no {', '.join(missing[:5])}: {len(missing)} products are missing"
        for reading in told.values():
            _check_reading(reading, held)
        for reading in await _read(sink, _known(stage)):
            assert reading == told.get(reading.item.sku), (
                f"of {reading.item.sku} the list says {told.get(reading.item.sku)}, and a reading {reading}"
            )


def _bulk(sink: InventorySink) -> SetsStockInBulk:
    assert isinstance(sink, SetsStockInBulk)
    return sink


async def _read(sink: InventorySink, skus: Sequence[str]) -> Sequence[StockReading]:
    return await sink.read_stock([StockItem(sku=sku) for sku in skus])


def _check_reading(reading: StockReading, held: Held) -> None:
    """A reading says what is held, at every centre."""
    sku = reading.item.sku
    assert not reading.refusal, f"{sku} is a plain product, and its reading is refused: {reading.refusal}"
    assert reading.item.product_id, f"the reading of {sku} has no id of the cart's product"
    told = {sku: {one.distribution_center: one.quantity for one in reading.available}}
    wrong = differences({sku: held.get(sku, {})}, told)
    assert not wrong, f"the reading of {sku} does not say what may be sold: {wrong}"


def _check_nothing_moved(before: Held, now: Held) -> None:
    assert is_same(before, now), f"nothing was to change, but {differences(before, now)}"


def _known(stage: Stage) -> tuple[str, ...]:
    assert stage.rehearsal.skus, "the rehearsal names no `skus` that the simulator knows"
    return stage.rehearsal.skus


def _centers(stage: Stage) -> tuple[str, ...]:
    assert stage.rehearsal.centers, "the rehearsal names no `centers` whose stock can be changed"
    return stage.rehearsal.centers
