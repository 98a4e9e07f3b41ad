"""Laws about what a cart is told: orders that we have, and packages that left."""

from collections.abc import Iterable, Sequence
from typing import Any

from crossdock.domain import Order, ShipmentConfirmation
from crossdock.hooks.errors import AlreadyThere, Rejected
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import OrderSource
from crossdock.sandbox import Effect, EffectKind, FaultName
from crossdock.testing.documents import Box, confirmation_of, may_leave, numbered, split_boxes, whole_boxes
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.orders import all_orders, read
from crossdock.testing.laws.orders_once import Deed, OnceMachine
from crossdock.testing.machine import play
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.stage import WRITES, Connected, Stage
from crossdock.testing.subject import Subject

TOLD = ("carrier", "service_level", "distribution_center")
"""What a simulator may keep of a package, by the name it has in the confirmation."""
ON_ACKNOWLEDGING = (FaultName.HTML, FaultName.LOST_REPLY, FaultName.ERROR_503, FaultName.DROPPED)
"""What a call may meet that says yes although nothing was done, or nothing although it was."""


@law("orders.acknowledged_once", Grade.SILVER, of=OrderSource)
async def acknowledging_marks_that_order(plugin: Subject) -> None:
    """To acknowledge an order marks that order and no other, and doing it again changes nothing.

    An order marked that we do not have is never shipped; one that we have and that is not marked comes again.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        first, second, *_ = [order.external_id for order in await sold(source)]
        for order_id, wanted in ((first, {first}), (first, {first}), (second, {first, second})):
            given = await outcome_of(source.acknowledge_order(order_id), f"acknowledge_order({order_id!r})")
            assert isinstance(given, Receipt | AlreadyThere), f"acknowledge_order({order_id!r}) came to {given!r}"
            marks = await stage.effects(EffectKind.ACKNOWLEDGEMENT)
            assert {mark.key for mark in marks} == wanted, f"{order_id} was acknowledged; marked are {_keys(marks)}"
            assert all(mark.times == 1 for mark in marks), f"acknowledging {order_id} again has a second effect"


@law("orders.acknowledged_truly", Grade.GOLD, of=OrderSource)
async def acknowledging_is_not_imagined(plugin: Subject) -> None:
    """Whatever the call that acknowledges an order meets, a receipt means that the order is marked; and once all goes
    well again it can be acknowledged, and bears one mark.

    An order that is called acknowledged and is not comes again with every list, or somebody else ships it, too.
    """
    async with plugin.stage(orders=16) as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        for fault, order in zip(ON_ACKNOWLEDGING, await sold(source), strict=False):
            id = order.external_id
            await stage.faults(fault, times=None, only_methods=WRITES)
            given = await outcome_of(source.acknowledge_order(id), f"acknowledge_order({id!r})")
            await stage.faults()
            claimed = isinstance(given, Receipt | AlreadyThere)
            assert not claimed or await _marks(stage, id), (
                f"acknowledge_order({id!r}) met {fault} and came to {given!r}, and the order bears no mark: look at "
                "the answer (`reading(…, written=True)`), not at its status alone"
            )
            given = await outcome_of(source.acknowledge_order(id), f"acknowledge_order({id!r})")
            assert isinstance(given, Receipt | AlreadyThere), f"after {fault}, acknowledge_order({id!r}) gave {given!r}"
            assert await _marks(stage, id) == 1, f"after {fault}, order {id} bears {await _marks(stage, id)} marks"


async def _marks(stage: Stage, order_id: str) -> int:
    return sum(mark.times for mark in await stage.effects(EffectKind.ACKNOWLEDGEMENT) if mark.key == order_id)


@law("orders.shipment_exact", Grade.SILVER, of=OrderSource)
async def packages_are_told_exactly(plugin: Subject) -> None:
    """A package that left has exactly the effect of its lines: a part of an order, the rest of it, boxes from several
    places, each under its own tracking number, carrier and service.

    An order told as shipped for one of its boxes is paid out, and nobody sends the rest.
    """
    async with plugin.stage(orders=16) as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        for order in await _splittable(source):
            wanted: list[Effect] = []
            for told in _numbered(split_boxes(order), stage, connection):
                given = await outcome_of(source.confirm_shipment(told), f"confirm_shipment of {_shown(told)}")
                assert isinstance(given, Receipt), f"confirm_shipment of {_shown(told)} came to {given!r}"
                wanted.append(_effect(told))
                _check_effects(await _shipments(stage, order), wanted, f"{_shown(told)} was told")


@law("orders.shipment_found", Grade.SILVER, of=OrderSource)
async def packages_are_found(plugin: Subject) -> None:
    """A package is found once it was told, by a program that remembers nothing, and not before; another package of the
    same order is not taken for it; and to look up changes nothing.

    The look-up decides whether a package is told again after a lost answer. One that always says yes loses packages,
    one that always says no sends each twice.
    """
    async with plugin.stage(orders=16) as stage, stage.connect() as connection, stage.connect() as restarted:
        source, fresh = connection.role(OrderSource), restarted.role(OrderSource)
        order = (await _splittable(source))[0]
        packages = _numbered(split_boxes(order), stage, connection)
        for number, package in enumerate(packages):
            await _check_found(fresh, packages, number, stage)
            await source.confirm_shipment(package)
        await _check_found(fresh, packages, len(packages), stage)


async def _check_found(source: OrderSource, packages: Sequence[ShipmentConfirmation], told: int, stage: Stage) -> None:
    """The first so many packages are found, the others are not, and nothing changes."""
    before = await stage.effects(EffectKind.SHIPMENT)
    for number, package in enumerate(packages):
        found = await outcome_of(source.find_shipment(package), f"find_shipment of {_shown(package)}")
        wanted, was = (Receipt, "was told") if number < told else (type(None), "was never told")
        assert isinstance(found, wanted), f"{_shown(package)} {was}, and find_shipment gives {found!r}"
    assert await stage.effects(EffectKind.SHIPMENT) == before, "find_shipment changed what the cart was told"


@law("orders.told_again", Grade.SILVER, of=OrderSource)
async def telling_all_again_changes_nothing(plugin: Subject) -> None:
    """When all of an order was told, to tell a package of it again changes nothing.

    It is AlreadyThere, a refusal, or a receipt of what is there: never a second shipment.
    """
    async with plugin.stage(orders=16) as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        order = (await _splittable(source))[0]
        packages = _numbered(whole_boxes(order), stage, connection)
        for package in packages:
            await source.confirm_shipment(package)
        before = await _shipments(stage, order)
        again = await outcome_of(source.confirm_shipment(packages[0]), "confirm_shipment of a package told before")
        assert isinstance(again, Receipt | AlreadyThere | Rejected), f"{_shown(packages[0])} told again: {again!r}"
        after = await _shipments(stage, order)
        assert after == before, (
            f"{_shown(packages[0])} was told twice, and the cart has {after!r} instead of {before!r}"
        )


@law("orders.impossible_shipment", Grade.SILVER, of=OrderSource)
async def impossible_packages_are_refused(plugin: Subject) -> None:
    """A package with more than was sold, of a line or an order that is not there, raises Rejected and changes nothing.

    Whoever tells something else instead, or swallows the refusal, has told of goods that never left.
    """
    async with plugin.stage(orders=16) as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        order = (await _splittable(source))[0]
        good = _numbered(whole_boxes(order), stage, connection)[0]
        line = good.lines[0]
        other = str(int(order.external_id) + 10**6) if order.external_id.isdecimal() else f"{order.external_id}-no"
        wrong: dict[str, dict[str, Any]] = {
            "more than was sold": {"lines": (line.model_copy(update={"quantity": 1000}),)},
            "a line of no order": {"lines": (line.model_copy(update={"order_line_id": "9" * 9}),)},
            "an order that is not there": {"order_external_id": other},
        }
        for what, change in wrong.items():
            given = await outcome_of(source.confirm_shipment(good.model_copy(update=change)), f"a package of {what}")
            told = await stage.effects(EffectKind.SHIPMENT)
            assert not told, f"a package of {what} was told, and the cart has {told[0]!r}"
            assert isinstance(given, Rejected), f"a package of {what} came to {given!r}; raise Rejected with the reason"


@law("orders.without_tracking", Grade.SILVER, of=OrderSource)
async def tracking_is_as_the_plugin_says(plugin: Subject) -> None:
    """A package without a tracking number is told as any other; a plugin that says `needs_tracking` may refuse it, and
    then nothing takes effect.

    Operators choose by it at which event a cart is told, and whether a package that got no number is told after all.
    """
    async with plugin.stage(orders=16) as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        order = (await _splittable(source))[0]
        now = connection.context.clock.now()
        told = confirmation_of(whole_boxes(order)[0], stage.rehearsal, now, tracking="")
        given = await outcome_of(source.confirm_shipment(told), "confirm_shipment without a tracking number")
        is_refused = plugin.info.needs_tracking and isinstance(given, Rejected)
        assert is_refused or isinstance(given, Receipt), (
            f"a package without a tracking number came to {given!r}: take it, or say `needs_tracking` and refuse"
        )
        wanted = [] if is_refused else [_effect(told)]
        _check_effects(await _shipments(stage, order), wanted, f"a package without a tracking number came to {given!r}")


class ShipmentsUnderFaults(OnceMachine):
    """Packages are told; some answers are lost."""

    kind = EffectKind.SHIPMENT
    orders = 16

    async def deeds(self, source: OrderSource) -> Sequence[Deed]:
        """Two packages of one order, and one of another."""
        first, *others = await _splittable(source)
        boxes = [*split_boxes(first)[:2], *(split_boxes(order)[0] for order in others[:1])]
        return [_telling(told) for told in _numbered(boxes, self.stage, self.connection)]


@law("orders.told_once", Grade.GOLD, of=OrderSource)
def no_package_is_told_twice(plugin: Subject) -> None:
    """Whatever gets lost, no package is told twice: what raised Unavailable, Throttled or Rejected has not happened,
    what may have happened raises OutcomeUnknown, a receipt means done, and `find_shipment` settles every doubt rightly.

    A buyer who gets two parcels was sent two; a parcel that was never told is not paid.
    """
    play(ShipmentsUnderFaults, plugin, steps=6, examples=15)


async def sold(source: OrderSource) -> list[Order]:
    """Every listed order that may leave; raises `AssertionError` if there are fewer than two."""
    orders = [order for record in await all_orders(source) if (order := read(source, record)) and may_leave(order)]
    assert len(orders) > 1, f"the simulator lists {len(orders)} orders that are paid and open; play with more of them"
    return orders


async def _splittable(source: OrderSource) -> list[Order]:
    """The orders with the most boxes that can leave one by one."""
    orders = sorted(await sold(source), key=lambda order: (_repeats(order), len(split_boxes(order))), reverse=True)
    assert len(split_boxes(orders[0])) > 1, "no order of the simulator has two units: nothing can leave in parts"
    return orders[:3]


def _repeats(order: Order) -> bool:
    """Whether a box of a single unit could be told twice, because its line has more units."""
    return any(units > 1 for box in whole_boxes(order) for units in [next(iter(box.units.values()))])


def _telling(told: ShipmentConfirmation) -> Deed:
    return Deed(
        name=_shown(told),
        of=told.order_external_id,
        key=told.tracking_number,
        units=_units(told),
        do=lambda source: source.confirm_shipment(told),
        find=lambda source: source.find_shipment(told),
    )


def _numbered(boxes: Sequence[Box], stage: Stage, connection: Connected) -> list[ShipmentConfirmation]:
    return numbered(boxes, stage.rehearsal, connection.context.clock.now())


async def _shipments(stage: Stage, order: Order) -> list[Effect]:
    return [effect for effect in await stage.effects(EffectKind.SHIPMENT) if effect.of == order.external_id]


def _effect(told: ShipmentConfirmation) -> Effect:
    texts = {name: getattr(told, name) for name in TOLD}
    return Effect(
        kind=EffectKind.SHIPMENT,
        key=told.tracking_number,
        of=told.order_external_id,
        units=_units(told),
        texts=texts,
    )


def _check_effects(found: Sequence[Effect], wanted: Sequence[Effect], when: str) -> None:
    """The same packages, and of their texts those that the simulator keeps."""
    kept = {name for effect in found for name in effect.texts}
    there = sorted(map(_comparable, found))
    due = sorted(_comparable(one.model_copy(update={"texts": _kept(one, kept)})) for one in wanted)
    assert there == due, f"{when}; the cart has {there} and should have {due}"


def _kept(effect: Effect, names: Iterable[str]) -> dict[str, str]:
    return {name: effect.texts[name] for name in names if name in effect.texts}


def _comparable(effect: Effect) -> str:
    texts = {name: effect.texts[name] for name in TOLD if effect.texts.get(name)}
    told = f" {effect.times} times" if effect.times > 1 else ""
    return f"{effect.key!r} told{told} with {dict(sorted(effect.units.items()))} {texts}"


def _units(told: ShipmentConfirmation) -> dict[str, int]:
    return {line.order_line_id: line.quantity for line in told.lines}


def _shown(told: ShipmentConfirmation) -> str:
    return f"package {told.tracking_number} of order {told.order_external_id} with {_units(told)}"


def _keys(effects: Sequence[Effect]) -> str:
    return ", ".join(sorted(effect.key for effect in effects)) or "none"
