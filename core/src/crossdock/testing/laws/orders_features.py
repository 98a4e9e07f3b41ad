"""Laws about what only some carts can do: beside the list, beside the mark, after the shipment."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from crossdock.domain import AdjustmentKind, Order, OrderAdjustment, OrderLine, OrderNotice, ShipmentConfirmation
from crossdock.domain.keys import number_of
from crossdock.hooks.errors import AlreadyThere, CrossdockError, Rejected, Unreadable
from crossdock.hooks.features import (
    AdjustsOrders,
    FetchesOrder,
    FollowsShipments,
    HearsEvents,
    NamesCarriers,
    ReachesBack,
    ReceivesHints,
    SweepsOrders,
    UndoesAcknowledgement,
)
from crossdock.hooks.records import AnswerState, FinalAnswer, Receipt, Record
from crossdock.hooks.roles import OrderSource
from crossdock.mapping.carriers import carrier_table
from crossdock.sandbox import EffectKind
from crossdock.testing.documents import numbered, whole_boxes
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.orders import all_orders, read, readable
from crossdock.testing.laws.orders_once import Deed, OnceMachine
from crossdock.testing.laws.orders_paging import follow
from crossdock.testing.laws.orders_writing import sold
from crossdock.testing.machine import play
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.reads import NO_SUCH
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject
from crossdock.testing.walking import walk

F = TypeVar("F")
MOST_HINTS = 10
MARK = frozenset({"acknowledged"})
LATER = timedelta(days=2)
WORD = {AdjustmentKind.CANCELLATION: "cancel", AdjustmentKind.REFUND: "refund"}
NO_HINTS = (b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe", b'"hello"', b"<html></html>")


@law("orders.fetched", Grade.SILVER, of=OrderSource, feature=FetchesOrder)
async def a_single_order_is_as_listed(plugin: Subject) -> None:
    """A single order is what its list says of it, also once it bears our mark; one that is not there raises Rejected.

    It is fetched before goods leave: an order that reads otherwise then is one that changed.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source, single = connection.role(OrderSource), _as(connection, FetchesOrder)
        found = await readable(source)
        await source.acknowledge_order(found[0][1].external_id)
        for record, listed in found:
            fetched = await single.fetch_order(listed.external_id)
            assert fetched.id == record.id, f"order {record.id} was fetched, and {fetched.id} came"
            other = _contradicted(listed, source.read_order(fetched))
            assert not other, f"order {record.id} reads otherwise when it is fetched singly: {', '.join(other)}"
        for order_id in (NO_SUCH, "987654321987"):
            given = await _fetched(single, order_id)
            assert isinstance(given, Rejected), f"there is no order {order_id}, and fetch_order came to {given!r}"


@law("orders.sweep_misses_nothing", Grade.SILVER, of=OrderSource, feature=SweepsOrders)
async def sweeping_misses_nothing(plugin: Subject) -> None:
    """The sweep misses nothing that came in or changed, whatever people do between two pages and between two runs.

    It is what finds cancellations and late imports that the list of orders cannot show.
    """
    for ways in ((), ("ties",)):
        await follow(plugin, "sweep_orders", *ways)


@law("orders.sweep_marks", Grade.SILVER, of=OrderSource, feature=SweepsOrders)
async def sweeping_tells_marks(plugin: Subject) -> None:
    """The sweep shows orders that bear our mark, and tells rightly which ones do: by the record, or beside it.

    A mark that somebody took off or set is seen nowhere else. Told wrongly, an order is shipped by nobody, or by two.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source, sweeping = connection.role(OrderSource), _as(connection, SweepsOrders)
        for seed in (1, 2, 3):
            await stage.work(seed)
        swept = (await walk(sweeping.sweep_orders)).records
        assert len(swept) > 1, f"people worked for a while, and the sweep shows {len(swept)} orders"
        ours = swept[0].id
        await source.acknowledge_order(ours)
        after = (await walk(sweeping.sweep_orders)).records
        told = {record.id: _mark_of(source, record) for record in after}
        assert ours in told, f"order {ours} bears our mark, and the sweep does not show it any more"
        marks = {effect.key for effect in await stage.effects(EffectKind.ACKNOWLEDGEMENT)}
        for order_id, mark in told.items():
            assert mark is (order_id in marks), (
                f"the mark of order {order_id} is {order_id in marks}, and told as {mark}"
            )


@law("orders.reaches_back", Grade.SILVER, of=OrderSource, feature=ReachesBack)
async def the_first_run_reaches_back(plugin: Subject) -> None:
    """A list that begins at a moment shows every order placed since, and not those of long before; to make its cursor
    asks nobody.

    The first day with a new cart otherwise ships last year's orders once more.
    """
    async with plugin.stage(orders=20) as stage, stage.connect() as connection:
        source, reaching = connection.role(OrderSource), _as(connection, ReachesBack)
        orders = [order for _, order in await readable(source)]
        placed = sorted(order.placed_at for order in orders)
        before, middle = len(stage.arrived), placed[len(placed) // 2]
        assert reaching.cursor_from(middle) == reaching.cursor_from(middle), "the same moment gives two cursors"
        assert len(stage.arrived) == before, "cursor_from made a request"
        ids = {record.id for record in (await walk(source.fetch_orders, reaching.cursor_from(middle))).records}
        missing = [order.external_id for order in orders if order.placed_at >= middle and order.external_id not in ids]
        assert not missing, f"a list from {middle} on lacks orders that were placed since: {', '.join(missing)}"
        late = max(*placed, *(order.updated_at or placed[-1] for order in orders)) + LATER
        old = (await walk(source.fetch_orders, reaching.cursor_from(late))).records
        assert not old, f"a list from {late} on shows order {old[0].id}, with which nothing happened for two days"


@law("orders.unacknowledged", Grade.SILVER, of=OrderSource, feature=UndoesAcknowledgement)
async def a_mark_is_taken_off(plugin: Subject) -> None:
    """Our mark is taken off that order alone, twice does no harm, and the order is listed again.

    It is how an order goes back to whoever else may ship it.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source, undoing = connection.role(OrderSource), _as(connection, UndoesAcknowledgement)
        first, second, *_ = [order.external_id for order in await sold(source)]
        await source.acknowledge_order(first)
        await source.acknowledge_order(second)
        for _ in range(2):
            given = await outcome_of(undoing.unacknowledge_order(first), f"unacknowledge_order({first!r})")
            assert isinstance(given, Receipt | AlreadyThere), f"unacknowledge_order({first!r}) came to {given!r}"
            marks = {effect.key for effect in await stage.effects(EffectKind.ACKNOWLEDGEMENT)}
            assert marks == {second}, f"the mark of {first} was taken off, {second} keeps its own; marked are {marks}"
        listed = {record.id for record in await all_orders(source)}
        assert first in listed, f"order {first} does not bear our mark any more, and is not listed again"


@law("orders.hints", Grade.SILVER, of=OrderSource, feature=ReceivesHints)
async def hints_name_orders(plugin: Subject) -> None:
    """A call of the cart names orders that are there, at most a few, and asks nobody; a body that names none raises
    Unreadable.

    Anybody can send a hint. It is only ever a reason to look.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        hinted, own = _as(connection, ReceivesHints), stage.rehearsal.own_call
        assert own, "the simulator does not tell how the cart calls: give its Rehearsal an `own_call`"
        there = {record.id for record in await all_orders(connection.role(OrderSource))}
        before, body = len(stage.arrived), own.body.encode()
        ids = [*hinted.read_hint(body)]
        assert ids == [*hinted.read_hint(body)], "the same call was read in two ways"
        assert len(stage.arrived) == before, "read_hint made a request"
        assert 0 < len(ids) <= MOST_HINTS, f"the cart's own call is about one thing, and names {len(ids)} orders"
        assert {*ids} <= there, f"the cart's own call names {ids}, and it has {there}"
        for nothing in NO_HINTS:
            given = _read_hint(hinted, nothing)
            assert isinstance(given, Unreadable), (
                f"the body {nothing!r} names no order, and read_hint came to {given!r}"
            )


@law("orders.adjusted_exact", Grade.SILVER, of=OrderSource, feature=AdjustsOrders)
async def adjustments_are_exact(plugin: Subject) -> None:
    """A cancellation cancels, and a refund refunds, so many units of that line and nothing else; it is found
    afterwards and not before; asked for again it changes nothing; refused, it has changed nothing.

    Money that was paid back twice does not come home.
    """
    async with plugin.stage(orders=16) as stage, stage.connect() as connection:
        source, adjusting = connection.role(OrderSource), _as(connection, AdjustsOrders)
        taken = dict.fromkeys(WORD, 0)
        too_late, orders = (found := await _most_units(source))[:2], found[2:10]
        for order in too_late:
            await _tell_whole(source, order, stage, connection)
            await _adjust(adjusting, _one_unit(order, AdjustmentKind.CANCELLATION), stage)
        for place, order in enumerate(orders):
            kind = AdjustmentKind.REFUND if place % 2 else AdjustmentKind.CANCELLATION
            if kind is AdjustmentKind.REFUND:
                await _tell_whole(source, order, stage, connection)
            taken[kind] += await _adjust(adjusting, _one_unit(order, kind), stage)
        never = [kind.value for kind, times in taken.items() if not times]
        assert not never, f"no order of the simulator took a {' or a '.join(never)}: nothing could be tried"


async def _adjust(adjusting: AdjustsOrders, wanted: OrderAdjustment, stage: Stage) -> bool:
    """Ask for one adjustment, with everything that must hold before and after; whether the cart took it."""
    what = f"{wanted.kind} of {wanted.quantity} of line {wanted.line_id} of order {wanted.order_external_id}"
    before = await stage.effects(EffectKind.ADJUSTMENT)
    assert await adjusting.find_adjustment(wanted) is None, f"a {what} was never asked for, and it is found"
    given = await outcome_of(adjusting.adjust_order(wanted), f"a {what}")
    new = [effect for effect in await stage.effects(EffectKind.ADJUSTMENT) if effect not in before]
    if isinstance(given, Rejected):
        assert not new, f"a {what} was refused, and has the effect {new[0]!r}"
        return False
    assert isinstance(given, Receipt), f"a {what} came to {given!r}"
    told = [(effect.key, effect.of, dict(effect.units), effect.times) for effect in new]
    due = [(WORD[wanted.kind], wanted.order_external_id, {wanted.line_id: wanted.quantity}, 1)]
    assert told == due, f"a {what} has the effects {told}, and should have {due}"
    assert await adjusting.find_adjustment(wanted), f"a {what} was taken, and is not found"
    answers = await adjusting.adjustment_answers([wanted])
    assert {*answers} <= {wanted.key}, f"the answers to {wanted.key} are about {sorted(answers)}"
    again = await outcome_of(adjusting.adjust_order(wanted), f"the same {what} again")
    assert isinstance(again, AlreadyThere | Rejected | Receipt), f"the same {what} again came to {again!r}"
    after = [effect for effect in await stage.effects(EffectKind.ADJUSTMENT) if effect not in before]
    assert after == new, f"the same {what} was asked for again, and has the effects {after} instead of {new}"
    return True


class AdjustmentsUnderFaults(OnceMachine):
    """Cancellations are asked for; some answers are lost."""

    kind = EffectKind.ADJUSTMENT
    may_be_refused = True
    orders = 16

    async def deeds(self, source: OrderSource) -> Sequence[Deed]:
        """One unit of a line of three orders, those with the most units first."""
        orders = (await _most_units(source))[:3]
        return [_adjusting(_one_unit(order, AdjustmentKind.CANCELLATION)) for order in orders]


@law("orders.adjusted_once", Grade.GOLD, of=OrderSource, feature=AdjustsOrders)
def nothing_is_adjusted_twice(plugin: Subject) -> None:
    """Whatever gets lost, nothing is cancelled or refunded twice: doubt is OutcomeUnknown, and the look-up settles it.

    What raised Unavailable, Throttled or Rejected has not happened.
    """
    play(AdjustmentsUnderFaults, plugin, steps=5, examples=8)


@law("orders.followed", Grade.SILVER, of=OrderSource, feature=FollowsShipments)
async def answers_are_about_what_was_asked(plugin: Subject) -> None:
    """What marketplaces made of shipments is told by key, of those that were asked about; of a package that was never
    told there is no acceptance; and to ask changes nothing.

    Accepted by the cart and accepted by the marketplace are two facts. Money follows the second.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source, following = connection.role(OrderSource), _as(connection, FollowsShipments)
        first, second, *_ = await sold(source)
        [*packages] = await _tell_whole(source, first, stage, connection)
        untold = numbered(whole_boxes(second), stage.rehearsal, connection.context.clock.now())
        before = await stage.effects(EffectKind.SHIPMENT)
        answers = await following.shipment_answers([*packages, *untold])
        assert {*answers} <= {one.key for one in (*packages, *untold)}, f"nobody asked about all of {sorted(answers)}"
        assert all(isinstance(answer, FinalAnswer) for answer in answers.values()), f"no answers: {answers}"
        for one in untold:
            answer = answers.get(one.key)
            accepted = answer is not None and answer.state is AnswerState.ACCEPTED
            assert not accepted, f"package {one.tracking_number} was never told, and its answer is {answer!r}"
        alone = await following.shipment_answers(packages[:1])
        assert {*alone} <= {packages[0].key}, f"asked about {packages[0].key}, it answers about {sorted(alone)}"
        assert await stage.effects(EffectKind.SHIPMENT) == before, "shipment_answers changed what the cart was told"
        assert not await following.shipment_answers([]), "asked about nothing, shipment_answers answers"


@law("orders.carrier_names", Grade.BRONZE, of=OrderSource, feature=NamesCarriers)
async def carrier_names_are_of_known_services(plugin: Subject) -> None:
    """The names of carriers are by codes of services that crossdock knows, none is empty, and to tell them asks nobody.

    A name under a wrong code tells the marketplace of another carrier than the one that has the parcel.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        naming, before = _as(connection, NamesCarriers), len(stage.arrived)
        names = naming.carrier_names()
        assert names == naming.carrier_names(), "carrier_names gives other names the second time"
        assert len(stage.arrived) == before, "carrier_names made a request"
        known = {service.code for carrier in carrier_table().carriers.values() for service in carrier.services}
        strange = sorted({*names} - known)
        assert not strange, f"{', '.join(strange)} are codes of no service; `crossdock carriers show` lists them"
        empty = sorted(code for code, pair in names.items() if not all(pair) or len(pair) != 2)
        assert not empty, f"{', '.join(empty)} have no pair of a carrier and a class"


@law("orders.events", Grade.SILVER, of=OrderSource, feature=HearsEvents)
async def events_are_heard(plugin: Subject) -> None:
    """Every event that the plugin says it `hears` is taken, and telling it twice has the effect of telling it once.

    An event is told again after a lost answer without a look-up: nothing is to settle there.
    """
    assert plugin.info.hears, "the plugin has note_event, and its ConnectorInfo says that it hears nothing"
    async with plugin.stage() as stage, stage.connect() as connection:
        source, hearing = connection.role(OrderSource), _as(connection, HearsEvents)
        order = (await sold(source))[0]
        for event in sorted(plugin.info.hears):
            notice = OrderNotice(
                key=f"kit:{order.external_id}:{event}",
                order_external_id=order.external_id,
                order_number=order.number,
                event=event,
                happened_at=connection.context.clock.now(),
            )
            after: list[object] = []
            for _ in range(2):
                given = await outcome_of(hearing.note_event(notice), f"note_event({event})")
                assert isinstance(given, Receipt | AlreadyThere), f"note_event({event}) came to {given!r}"
                after.append(await stage.effects())
            assert after[0] == after[1], f"the event {event} was told again, and has a second effect"


def _as(connection: Connected, feature: type[F]) -> F:
    """The order source by what else it can do."""
    source = connection.role(OrderSource)
    assert isinstance(source, feature)
    return source


async def _fetched(single: FetchesOrder, order_id: str) -> object:
    try:
        return await single.fetch_order(order_id)
    except CrossdockError as error:
        return error


def _read_hint(hinted: ReceivesHints, body: bytes) -> object:
    try:
        return hinted.read_hint(body)
    except Exception as error:
        return error


def _contradicted(listed: Order, fetched: Order) -> list[str]:
    """The fields in which the list says something, and the single order something else."""
    names = [name for name in Order.model_fields if name not in MARK and getattr(listed, name)]
    return [name for name in names if getattr(listed, name) != getattr(fetched, name)]


def _mark_of(source: OrderSource, record: Record) -> bool | None:
    """Whether the order bears our mark: as its record says, or else as the list does."""
    order = read(source, record)
    return record.marked if order is None or order.acknowledged is None else order.acknowledged


async def _tell_whole(
    source: OrderSource, order: Order, stage: Stage, connection: Connected
) -> Sequence[ShipmentConfirmation]:
    """Tell of everything that is still open of an order."""
    packages = numbered(whole_boxes(order), stage.rehearsal, connection.context.clock.now())
    for package in packages:
        await outcome_of(source.confirm_shipment(package), "confirm_shipment")
    return packages


async def _most_units(source: OrderSource) -> list[Order]:
    """The orders that may leave, those with the most units of one line first."""
    return sorted(await sold(source), key=lambda order: _largest(order).quantity, reverse=True)


def _largest(order: Order) -> OrderLine:
    return max(order.lines, key=lambda line: line.quantity)


def _one_unit(order: Order, kind: AdjustmentKind) -> OrderAdjustment:
    """One unit of the line with the most."""
    key = f"kit:{order.external_id}:{kind}"
    return OrderAdjustment(
        key=key,
        number=number_of(key),
        order_external_id=order.external_id,
        order_number=order.number,
        kind=kind,
        line_id=_largest(order).external_id,
        quantity=1,
    )


def _adjusting(wanted: OrderAdjustment) -> Deed:
    async def do(source: OrderSource) -> Receipt:
        assert isinstance(source, AdjustsOrders)
        return await source.adjust_order(wanted)

    async def find(source: OrderSource) -> Receipt | None:
        assert isinstance(source, AdjustsOrders)
        return await source.find_adjustment(wanted)

    units = {wanted.line_id: wanted.quantity or 0}
    what = f"{wanted.kind} of {wanted.quantity} of line {wanted.line_id} of order {wanted.order_external_id}"
    return Deed(what, wanted.order_external_id, WORD[wanted.kind], units, do, find)
