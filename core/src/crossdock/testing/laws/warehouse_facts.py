"""Laws about what else a warehouse knows and tells: its fields, bundles, shortages, movements, and calls of its own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from crossdock.domain import FulfillmentRequest, InventoryMovement, ShipmentReversal, Shortage
from crossdock.hooks.errors import CrossdockError, NeedsAuth
from crossdock.hooks.features import DescribesFields, ReceivesRecords, TakesBundlesApart, TellsMovements, TellsShortages
from crossdock.hooks.records import OrderField, Record
from crossdock.hooks.roles import FulfillmentTarget
from crossdock.sandbox import EffectKind, OwnCall
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.warehouse import NO_SUCH_SKU, standing
from crossdock.testing.packed import is_taken_back, submit, told_by, work_a_while
from crossdock.testing.requests import a_line, a_request, text_of
from crossdock.testing.scenes import played
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject

FIELDS = ("notes", "tags", "source", "area", "custom_fields.*")
WILD = frozenset("*?[")


@law("warehouse.fields", Grade.SILVER, of=FulfillmentTarget, feature=DescribesFields)
async def described_fields_take_what_they_promise(plugin: Subject) -> None:
    """Every field is described once, as a field that a request has, and takes a text of the length that it promises.

    The operator's mapping is checked against this list before an order is sent; a promise that does not hold is found
    by the first order that is cut.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target = connection.role(FulfillmentTarget)
        assert isinstance(target, DescribesFields)
        fields, arrived = [*target.order_fields()], len(stage.arrived)
        assert [*target.order_fields()] == fields, "order_fields gives two answers"
        assert len(stage.arrived) == arrived, "order_fields made a request"
        _require_sound(fields)
        request = a_request(stage.rehearsal, **_filled(fields))
        await target.submit_order(request)
        [order] = await standing(stage, request)
        for name, text in order.texts.items():
            assert text == (text_of(request, name) or text), f"{name} came as {text!r}, not {text_of(request, name)!r}"


def _require_sound(fields: Sequence[OrderField]) -> None:
    twice = [name for name, times in Counter(field.name for field in fields).items() if times > 1]
    assert not twice, f"{', '.join(twice)} is described twice"
    for field in fields:
        assert any(fnmatchcase(field.name, known) for known in FIELDS), f"a request has no field {field.name!r}"
        assert field.max_length is None or field.max_length > 0, f"{field.name} takes {field.max_length} characters"
        assert not (field.required and field.refused), f"{field.name} is required, and refused: {field.refused}"


def _filled(fields: Sequence[OrderField]) -> dict[str, Any]:
    """What to say in each field that takes a text and whose name is no pattern."""
    texts = {field.name: "x" * min(field.max_length or 60, 60) for field in fields if not field.refused}
    custom = {name.removeprefix("custom_fields."): text for name, text in texts.items() if _is_custom(name)}
    plain = {name: text for name, text in texts.items() if name in ("notes", "source")}
    return {**plain, "tags": (texts["tags"],) if "tags" in texts else (), "custom_fields": custom}


def _is_custom(name: str) -> bool:
    return name.startswith("custom_fields.") and not WILD & {*name}


@law("warehouse.bundles", Grade.SILVER, of=FulfillmentTarget, feature=TakesBundlesApart)
async def bundles_come_apart_as_they_stand_there(plugin: Subject) -> None:
    """Of the SKUs that stand for several others, and of no other, the parts are told with their numbers of pieces.

    An order for a bundle asks there for exactly its parts. With wrong parts the cart is told of a bundle that is not
    complete, or never of one that is.
    """
    async with played(plugin, "bundles") as (stage, connection):
        target, bundles = connection.role(FulfillmentTarget), stage.rehearsal.bundles
        assert isinstance(target, TakesBundlesApart)
        plain = [*stage.rehearsal.skus, NO_SUCH_SKU]
        told = await target.bundle_parts([*plain, *bundles])
        parts = {sku: {part.sku: part.quantity for part in its} for sku, its in told.items()}
        assert parts == bundles, f"the bundles there are {dict(bundles)}, told are {parts}"
        for nth, (sku, its) in enumerate(bundles.items()):
            request = a_request(stage.rehearsal, str(1001 + nth), lines=[a_line("1", sku, 3)])
            await target.submit_order(request)
            [order] = await standing(stage, request)
            wanted = {part: 3 * pieces for part, pieces in its.items()}
            assert order.units == wanted, f"three of {sku} ask there for {dict(order.units)}, not for {wanted}"
            assert await target.find_order(request) is not None, f"an order for {sku} is there and is not found"


@law("warehouse.shortages", Grade.SILVER, of=FulfillmentTarget, feature=TellsShortages)
async def what_will_not_be_shipped_is_told(plugin: Subject) -> None:
    """Of the pieces that people gave up, and of no others, a shortage is told, line by line.

    Without it the rest of an order waits for ever, and its buyer with it; one too many refunds what is on its way.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        requests = await submit(stage, connection, *map(str, range(1001, 1013)))
        await work_a_while(stage)
        truth = await stage.effects(EffectKind.SHORTAGE)
        assert truth, "people worked (POST /_work) on 12 orders and gave no piece up: let them, as effects `shortage`"
        target = connection.role(FulfillmentTarget)
        told = _shortages(target, (await told_by(target)).records)
        for request in requests:
            mine = _short(told, request)
            really = {line: pieces for one in truth if one.of == request.key for line, pieces in one.units.items()}
            assert mine == really, f"of order {request.number} people gave up {really} by line, told was {mine}"


def _shortages(target: FulfillmentTarget, records: Sequence[Record]) -> list[Shortage]:
    """The shortages that stand, each fact once."""
    assert isinstance(target, TellsShortages)
    found = {fact.external_id: fact for record in records for fact in target.read_shortages(record)}
    facts = [target.read_shipment(record) for record in records]
    back = [fact for fact in facts if isinstance(fact, ShipmentReversal)]
    return [one for one in found.values() if not is_taken_back(one, one.noticed_at, back)]


def _short(told: Sequence[Shortage], request: FulfillmentRequest) -> dict[str, int]:
    pieces: Counter[str] = Counter()
    for shortage in told:
        if shortage.request_number == request.number:
            pieces[shortage.line_id] += shortage.quantity
    return dict(pieces)


@law("warehouse.movements", Grade.SILVER, of=FulfillmentTarget, feature=TellsMovements)
async def picks_move_stock_once(plugin: Subject) -> None:
    """Records of work tell each movement of stock once, under an id of its own, and for an order as many pieces as were
    packed.

    A pick that is told twice, or not at all, is stock that the cart sells and nobody has.
    """
    async with played(plugin, "stock") as (stage, connection):
        requests = await submit(stage, connection, "1001", "1002", "1003")
        packed = Counter[str]()
        for box in await work_a_while(stage):
            packed[box.of] += sum(box.units.values())
        assert packed, "people worked where stock is kept, and packed nothing"
        target = connection.role(FulfillmentTarget)
        assert isinstance(target, TellsMovements)
        moves = dict[str, InventoryMovement]()
        for record in {record.id: record for record in (await told_by(target)).records}.values():
            if (move := target.read_movement(record)) is not None:
                assert move == target.read_movement(record), f"record {record.id} was read in two ways"
                assert move.external_id not in moves, f"two records are both the movement {move.external_id}"
                moves[move.external_id] = move
        assert moves, "people worked where stock is kept, and no record tells a movement"
        for request in requests:
            _require_left(request, [move for move in moves.values() if move.order_number == request.number], packed)


def _require_left(request: FulfillmentRequest, moves: Sequence[InventoryMovement], packed: Counter[str]) -> None:
    """Where the movements of an order are told, they are its pieces."""
    out = sum(move.quantity for move in moves if move.destination is None)
    back = sum(move.quantity for move in moves if move.origin is None)
    assert not moves or out - back == packed[request.key], (
        f"for order {request.number} {out} pieces were told as pulled and {back} as put back, packed were "
        f"{packed[request.key]}"
    )


@law("warehouse.own_calls", Grade.SILVER, of=FulfillmentTarget, feature=ReceivesRecords)
async def a_proven_call_is_read(plugin: Subject) -> None:
    """A call that the warehouse makes by itself and proves is read into records, the same ones however often.

    A call that is told twice must be known again by its id, or the same box is reported twice.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target, call, now = _receiving(connection), _own_call(stage), connection.context.clock.now()
        arrived = len(stage.arrived)
        records = [*target.read_push(call.headers, call.body.encode(), now)]
        assert records, "a proven call was read into no record"
        assert [*target.read_push(call.headers, call.body.encode(), now)] == records, "a call was read in two ways"
        for record in records:
            connection.role(FulfillmentTarget).read_shipment(record)
        assert len(stage.arrived) == arrived, "read_push made a request"


@law("warehouse.false_calls", Grade.SILVER, of=FulfillmentTarget, feature=ReceivesRecords)
async def an_unproven_call_is_refused(plugin: Subject) -> None:
    """A call without its proof, with another body, or told again a day later raises NeedsAuth.

    Whoever knows the address could otherwise tell that parcels left.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target, now = _receiving(connection), connection.context.clock.now()
        for what, call, at in _false_calls(_own_call(stage), now):
            try:
                outcome: object = target.read_push(call.headers, call.body.encode(), at)
            except CrossdockError as error:
                outcome = error
            assert isinstance(outcome, NeedsAuth), f"a call {what} gave {outcome!r}; raise NeedsAuth"


def _false_calls(call: OwnCall, now: datetime) -> Iterator[tuple[str, OwnCall, datetime]]:
    """Calls that prove nothing, each with what is wrong with it."""
    yield "without its proof", call.model_copy(update={"headers": {}}), now
    for name, value in call.headers.items():
        other = value[:-1] + ("1" if value[-1:] != "1" else "2")
        yield f"with another {name}", call.model_copy(update={"headers": {**call.headers, name: other}}), now
    if not call.names_sender_only:
        yield "with another body", call.model_copy(update={"body": f"{call.body} "}), now
        yield "told again a day later", call, now + timedelta(days=1)


def _receiving(connection: Connected) -> ReceivesRecords:
    target = connection.role(FulfillmentTarget)
    assert isinstance(target, ReceivesRecords)
    return target


def _own_call(stage: Stage) -> OwnCall:
    call = stage.rehearsal.own_call
    assert call, "the plugin reads calls of the warehouse, and its rehearsal names none (`Rehearsal.own_call`)"
    return call
