"""Laws about inventory sources: movements that lose and invent no piece, and levels that say what lies there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import product

from crossdock.domain import InventoryLevel, InventoryMovement, StockModel
from crossdock.hooks.features import AcknowledgesRecords, ListsPlaces
from crossdock.hooks.records import Record
from crossdock.hooks.roles import FulfillmentTarget, InventorySource
from crossdock.sandbox import FaultName
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.laws.stock_held import Held, differences, held_in, is_same
from crossdock.testing.packed import acknowledging
from crossdock.testing.requests import a_line, a_request
from crossdock.testing.scenes import played, settings_in
from crossdock.testing.stage import READS, WRITES, Connected, Stage
from crossdock.testing.subject import Subject
from crossdock.testing.walking import Walk, walk

MORE_THAN_IS_RETRIED = 8
"""So many faults in a row that a call fails for good, and has to be made again by whoever reads."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How much a simulator's clock may be ahead of that of the kit, which stands still."""
PASSING_FAULTS = (
    FaultName.LOST_REPLY,
    FaultName.DROPPED,
    FaultName.ERROR_500,
    FaultName.ERROR_503,
    FaultName.ERROR_502_AFTER,
    FaultName.THROTTLED,
    FaultName.TRUNCATED,
)


@law("stock.movements_conserve", Grade.SILVER, of=InventorySource)
async def movements_lose_nothing(plugin: Subject) -> None:
    """What movements say left and came, by SKU and area, is what the levels have changed by, over any number of pages.

    A movement that is lost at the edge of a page, told with the wrong sign or only at one of its two places, is a
    difference that stays until somebody counts.
    """
    async with played(plugin, "stock", "small_pages") as (stage, connection):
        source, before, seen = connection.role(InventorySource), await held_in(stage), Walk()
        for seed in (1, 2):
            await stage.work(seed)
            seen = await _movements_after(source, seen)
        now = await held_in(stage)
        assert not is_same(before, now), "people moved no stock in `work`: what movements say cannot be judged"
        _check_conserved(before, now, _facts(source, seen.records, stage))


@law("stock.movements_in_any_order", Grade.GOLD, of=InventorySource)
async def movements_in_any_order(plugin: Subject) -> None:
    """A movement keeps its id and what it says, however often it comes and in whatever order; no two share an id.

    What comes again under another id is booked twice, and of two that share one, the second is never booked.
    """
    async with played(plugin, "stock", "disorder", "small_pages") as (stage, connection):
        source, before = connection.role(InventorySource), await held_in(stage)
        await stage.work(3)
        seen = await _movements_after(source, Walk())
        again = [*seen.records, *reversed(seen.records)]
        _check_conserved(before, await held_in(stage), _facts(source, again, stage))


@law("stock.movements_survive_faults", Grade.GOLD, of=InventorySource)
async def movements_survive_faults(plugin: Subject) -> None:
    """Whatever goes wrong while movements are read and acknowledged, each is told, and a broken page is not the end.

    A movement that was lost is a difference that nobody can explain at the next count.
    """
    async with played(plugin, "stock", "small_pages") as (stage, connection):
        source, before, seen = connection.role(InventorySource), await held_in(stage), Walk()
        for seed, (fault, methods) in enumerate(product(PASSING_FAULTS, (READS, WRITES))):
            await stage.work(seed)
            await stage.faults(fault, times=MORE_THAN_IS_RETRIED, only_methods=methods)
            seen = await _movements_after(source, seen, patience=MORE_THAN_IS_RETRIED)
            await stage.faults()
        seen = await _movements_after(source, seen)
        _check_conserved(before, await held_in(stage), _facts(source, seen.records, stage))


@law("stock.acknowledged_is_gone", Grade.SILVER, of=InventorySource, feature=AcknowledgesRecords)
async def acknowledging_takes_away_what_it_names(plugin: Subject) -> None:
    """Records that were acknowledged come no more, all others stay, and acknowledging twice does no harm.

    A queue that drops what nobody has saved yet loses it for good.
    """
    async with played(plugin, "stock") as (stage, connection):
        source = connection.role(InventorySource)
        acknowledge = acknowledging(source)
        assert acknowledge is not None
        await stage.work(1)
        first = [record.id for record in (await source.fetch_movements(None)).records]
        assert len(first) > 1, "people moved no stock in `work`: there is nothing to acknowledge"
        again = [record.id for record in (await source.fetch_movements(None)).records]
        assert sorted(again) == sorted(first), "records that nobody acknowledged did not come again"
        named = first[::2]
        for _ in range(2):
            await acknowledge(named)
            left = {record.id for record in (await source.fetch_movements(None)).records}
            assert not left & {*named}, f"{sorted(left & {*named})[0]} was acknowledged and came again"
            lost = {*first[1::2]} - left
            assert not lost, f"{sorted(lost)[0]} was not acknowledged and is gone"


@law("stock.levels_are_whole", Grade.SILVER, of=InventorySource)
async def levels_say_what_lies_there(plugin: Subject) -> None:
    """The levels together say what lies in each area of every SKU, over any number of pages, each with its model.

    A SKU that a level leaves out looks sold out, and one that comes twice is sold twice.
    """
    async with played(plugin, "stock", "small_pages") as (stage, connection):
        await stage.work(1)
        levels = await _levels(connection)
        held = await held_in(stage)
        assert held, "the simulator keeps no stock: tell the scene `stock` how"
        wrong = differences(held, _by_area(levels))
        assert not wrong, f"the levels do not say what lies there: {wrong}"
        for one in levels:
            claimed = one.allocated or 0
            assert 0 <= claimed <= max(one.quantity, 0), (
                f"of {one.quantity} pieces of {one.sku} in '{one.place.area}' orders have claimed {claimed}"
            )


@law("stock.places_are_listed", Grade.SILVER, of=InventorySource, feature=ListsPlaces)
async def levels_lie_in_known_places(plugin: Subject) -> None:
    """Every area and location in which a level lies is among those that are listed.

    An operator maps areas to distribution centres from that list: stock in one that it lacks is told nowhere.
    """
    async with played(plugin, "stock", "small_pages") as (_, connection):
        source = connection.role(InventorySource)
        assert isinstance(source, ListsPlaces)
        areas = {one.name for one in await source.list_areas()}
        locations = {source.read_location(one).name for one in (await walk(source.fetch_locations)).records}
        for one in await _levels(connection):
            assert one.place.area in {"", *areas}, f"{one.sku} lies in '{one.place.area}', of the areas {sorted(areas)}"
            assert one.place.location in {"", *locations}, (
                f"{one.sku} lies in '{one.place.location}', which is unlisted"
            )


@law("stock.levels_follow_their_model", Grade.SILVER, of=InventorySource)
async def levels_follow_their_model(plugin: Subject) -> None:
    """An order that waits takes nothing from levels on hand, is told as allocated where that is told, and is subtracted
    from levels that are available.

    Where one is taken for the other, every open order is subtracted twice, or not at all and sold again. It is tried
    with a warehouse that takes orders too.
    """
    if FulfillmentTarget not in plugin.roles:
        raise NothingToJudge("it takes no orders that could wait")
    async with played(plugin, "stock") as (stage, connection):
        sku, before = stage.rehearsal.skus[0], await _levels(connection)
        area = next(one.place.area for one in before if one.sku == sku and one.quantity > 1)
        order = a_request(stage.rehearsal, area=area, lines=[a_line("1", sku, 2)])
        await connection.role(FulfillmentTarget).submit_order(order)
        for model in StockModel:
            was, now = (_of(levels, sku, area, model) for levels in (before, await _levels(connection)))
            fall = 2 if model is StockModel.AVAILABLE and was else 0
            assert sum(one.quantity for one in was) - sum(one.quantity for one in now) == fall, (
                f"an order over 2 pieces of {sku} waits, and the level, which is {model}, should have fallen by {fall}"
            )
            if was and model is StockModel.ON_HAND and all(one.allocated is not None for one in (*was, *now)):
                claimed = sum(one.allocated or 0 for one in now) - sum(one.allocated or 0 for one in was)
                assert claimed == 2, f"an order over 2 pieces of {sku} waits, and {claimed} are told as allocated"


@law("stock.levels_tell_their_moment", Grade.GOLD, of=InventorySource)
async def levels_are_no_fresher_than_they_are(plugin: Subject) -> None:
    """No level claims to have been true later than when it was asked for, and one that stock has overtaken says since
    when it is old.

    A report of last night that bears the moment of now is told to the cart as news, and undoes what was sold since.
    """
    async with played(plugin, "stock", "stale") as (stage, earlier):
        await _levels(earlier)
        await stage.work(1)
        async with stage.connect(**settings_in(plugin, "stock", "stale")) as connection:
            asked_at = connection.context.clock.now()
            levels, held = await _levels(connection), await held_in(stage)
        told = _by_area(levels)
        for one in levels:
            ahead = one.counted_at is not None and one.counted_at > asked_at + CLOCKS_DIFFER
            assert not ahead, f"asked at {asked_at}, the level of {one.sku} says that it was true at {one.counted_at}"
            area = one.place.area
            if told[one.sku].get(area, 0) != held.get(one.sku, {}).get(area, 0):
                assert (one.counted_at or asked_at) < asked_at, (
                    f"the level of {one.sku} in '{area}' was overtaken by movements before {asked_at}, and says that "
                    f"it was true at {one.counted_at or 'the moment it was asked for'}"
                )


async def _movements_after(source: InventorySource, seen: Walk, *, patience: int = 0) -> Walk:
    """Walk on from a checkpoint; what was seen before comes with it."""
    further = await walk(source.fetch_movements, seen.checkpoint, acknowledge=acknowledging(source), patience=patience)
    return Walk([*seen.records, *further.records], further.pages, further.checkpoint)


def _facts(source: InventorySource, records: Iterable[Record], stage: Stage) -> list[InventoryMovement]:
    """The movements of these records, each once by its id; to read them asks nobody."""
    requests, facts = len(stage.arrived), dict[str, InventoryMovement]()
    for record in records:
        if (told := source.read_movement(record)) is not None:
            known = facts.setdefault(told.external_id, told)
            assert known == told, f"movement {told.external_id} was told in two ways: {known} and {told}"
            assert told == source.read_movement(record), f"movement {told.external_id} was read in two ways"
    assert len(stage.arrived) == requests, "read_movement made a request"
    return [*facts.values()]


def _check_conserved(before: Held, now: Held, facts: Sequence[InventoryMovement]) -> None:
    sums = {sku: Counter(units) for sku, units in before.items()}
    for one in facts:
        at = sums.setdefault(one.sku, Counter())
        if one.origin is not None:
            at[one.origin.area] -= one.quantity
        if one.destination is not None:
            at[one.destination.area] += one.quantity
    wrong = differences(now, sums)
    assert not wrong, f"by what {len(facts)} movements say, {wrong}"


async def _levels(connection: Connected) -> list[InventoryLevel]:
    source = connection.role(InventorySource)
    seen = await walk(source.fetch_levels)
    return [level for record in seen.records for level in source.read_levels(record)]


def _by_area(levels: Iterable[InventoryLevel]) -> Held:
    sums: dict[str, Counter[str]] = {}
    for one in levels:
        sums.setdefault(one.sku, Counter())[one.place.area] += one.quantity
    return sums


def _of(levels: Iterable[InventoryLevel], sku: str, area: str, model: StockModel) -> list[InventoryLevel]:
    return [one for one in levels if (one.sku, one.place.area, one.model) == (sku, area, model)]
