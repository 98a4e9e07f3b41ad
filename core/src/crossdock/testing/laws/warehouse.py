"""Laws about fulfillment targets: an order is there once, as it was asked for, and is found again."""

from crossdock.domain import FulfillmentRequest
from crossdock.hooks.errors import AlreadyThere, Rejected
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import FulfillmentTarget
from crossdock.sandbox import Effect, EffectKind
from crossdock.testing.law import Grade, law
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.requests import a_line, a_request, odd_requests, pieces, shapes, text_of
from crossdock.testing.stage import Stage
from crossdock.testing.subject import Subject

NO_SUCH_SKU = "NO-SUCH-SKU-8251"


async def standing(stage: Stage, request: FulfillmentRequest) -> list[Effect]:
    """The orders that the warehouse has under the key of a request."""
    return [order for order in await stage.effects(EffectKind.ORDER) if order.of == request.key]


async def require_once(stage: Stage, request: FulfillmentRequest, when: str) -> Effect:
    """The one order of a request, with exactly its pieces; raises `AssertionError`."""
    orders = await standing(stage, request)
    assert orders, f"{when}, the warehouse has no order under the key {request.key}: was our key sent with it?"
    numbers = [order.key for order in orders for _ in range(order.times)]
    assert len(numbers) == 1, f"{when}, the warehouse has {len(numbers)} orders for one request: {', '.join(numbers)}"
    assert orders[0].key == request.number, f"{when}, order {request.number} has the number {orders[0].key} there"
    told, asked = dict(orders[0].units), pieces(request)
    assert told == asked, f"{when}, the pieces of order {request.number} are {told} there, asked for were {asked}"
    return orders[0]


@law("warehouse.none_before", Grade.SILVER, of=FulfillmentTarget)
async def an_order_is_found_once_it_is_there(plugin: Subject) -> None:
    """An order is not found before it was submitted, and found afterwards, under the reference that submitting gave.

    A look-up that says yes too early loses orders; one that always says no sends them twice.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target, request = connection.role(FulfillmentTarget), a_request(stage.rehearsal)
        early = await target.find_order(request)
        assert early is None, f"nothing was submitted, yet find_order gives {early}"
        receipt = await target.submit_order(request)
        await require_once(stage, request, "after submit_order")
        found = await target.find_order(request)
        assert found is not None, f"order {request.number} is in the warehouse, and find_order gives None"
        assert found.ref == receipt.ref, f"submit_order gave the reference {receipt.ref}, find_order {found.ref}"


@law("warehouse.looks_only", Grade.SILVER, of=FulfillmentTarget)
async def looking_changes_nothing(plugin: Subject) -> None:
    """Looking for orders, whether they are there or not, changes nothing in the warehouse.

    Every doubt is settled by looking, again and again: a look that releases or locks an order would do so at three
    in the morning.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target = connection.role(FulfillmentTarget)
        there, missing = a_request(stage.rehearsal), a_request(stage.rehearsal, "1002")
        await target.submit_order(there)
        before = await stage.effects(EffectKind.ORDER)
        for request in (there, missing, there):
            await target.find_order(request)
        assert await stage.effects(EffectKind.ORDER) == before, "find_order changed the orders of the warehouse"


@law("warehouse.numbers", Grade.SILVER, of=FulfillmentTarget)
async def a_number_is_only_itself(plugin: Subject) -> None:
    """An order is found under its own number, not under one that begins or ends like it.

    Many systems search by parts of a number: order 100 is then taken for order 1001, which was never sent.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target = connection.role(FulfillmentTarget)
        await target.submit_order(a_request(stage.rehearsal, "10010"))
        for number in ("1001", "0010", "100100"):
            found = await target.find_order(a_request(stage.rehearsal, number))
            assert found is None, f"the warehouse has order 10010 alone, and find_order finds {number} as {found}"


@law("warehouse.as_asked", Grade.SILVER, of=FulfillmentTarget)
async def an_order_asks_for_exactly_its_pieces(plugin: Subject) -> None:
    """An order in the warehouse asks for exactly the pieces of its request, whatever shape that has.

    One piece, many lines, the same product on two lines, many pieces: what is merged, cut or rounded here is picked
    wrong, and nobody notices before the buyer does.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target = connection.role(FulfillmentTarget)
        for request in shapes(stage.rehearsal):
            outcome = await outcome_of(target.submit_order(request), "submit_order")
            assert isinstance(outcome, Receipt), f"of {pieces(request)}, which are known there, it made {outcome!r}"
            await require_once(stage, request, f"after submit_order with {len(request.lines)} lines")


@law("warehouse.again", Grade.SILVER, of=FulfillmentTarget)
async def submitting_again_is_already_there(plugin: Subject) -> None:
    """Submitting a request again raises AlreadyThere with the same reference, also after a restart; nothing is doubled.

    Every lost answer and every restart leads here. A second order is goods that leave twice.
    """
    async with plugin.stage() as stage:
        request = a_request(stage.rehearsal)
        async with stage.connect() as connection:
            target = connection.role(FulfillmentTarget)
            first = await target.submit_order(request)
            await _is_already_there(stage, target, request, first.ref)
        async with stage.connect() as later:
            await _is_already_there(stage, later.role(FulfillmentTarget), request, first.ref)


async def _is_already_there(stage: Stage, target: FulfillmentTarget, request: FulfillmentRequest, ref: str) -> None:
    outcome = await outcome_of(target.submit_order(request), "submit_order")
    assert isinstance(outcome, AlreadyThere), f"submitting again gave {outcome!r} instead of raising AlreadyThere"
    assert outcome.ref == ref, (
        f"the order was made as {ref!r}, AlreadyThere says {outcome.ref!r}: `AlreadyThere(ref)` takes nothing else"
    )
    await require_once(stage, request, "after it was submitted again")


@law("warehouse.strangers", Grade.SILVER, of=FulfillmentTarget)
async def a_number_of_somebody_else_is_refused(plugin: Subject) -> None:
    """A number that belongs to another order is refused with a reason, by submitting and by looking.

    Two shops of one warehouse count from 1000 both. Taken for ours, somebody else's parcel is told to our buyer, and
    our own order is never sent.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target, theirs = connection.role(FulfillmentTarget), a_request(stage.rehearsal)
        await target.submit_order(theirs)
        ours = a_request(stage.rehearsal, key="another-order")
        before = await stage.effects(EffectKind.ORDER)
        for name, wish in (("find_order", target.find_order), ("submit_order", target.submit_order)):
            _require_refusal(await outcome_of(wish(ours), name), f"number {ours.number} is another order's, and {name}")
        assert await stage.effects(EffectKind.ORDER) == before, "the other order was changed"


@law("warehouse.odd_texts", Grade.GOLD, of=FulfillmentTarget)
async def odd_texts_survive_or_are_refused(plugin: Subject) -> None:
    """Other alphabets, quotes, long texts and empty fields arrive as they are, or the order is refused with a reason.

    A name that became question marks is a parcel that comes back; a text that ends early hides the flat's number.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target, plain = connection.role(FulfillmentTarget), a_request(stage.rehearsal)
        await target.submit_order(plain)
        kept = (await require_once(stage, plain, "after submit_order")).texts
        for request in odd_requests(stage.rehearsal):
            outcome = await outcome_of(target.submit_order(request), "submit_order")
            if not isinstance(outcome, Receipt):
                _require_refusal(outcome, f"submit_order with {request.ship_to.name[:20]!r}")
                assert not await standing(stage, request), f"order {request.number} was refused, and is there"
                continue
            order = await require_once(stage, request, f"after submit_order with {request.ship_to.name[:20]!r}")
            _require_texts(request, order, [name for name in kept if text_of(request, name)])
            assert await target.find_order(request) is not None, f"order {request.number} is there and is not found"


@law("warehouse.unknown_sku", Grade.GOLD, of=FulfillmentTarget)
async def an_unknown_product_makes_no_half_order(plugin: Subject) -> None:
    """An order with a product that the warehouse does not know is refused as a whole, or taken as a whole.

    A line that was skipped in silence is missing in the parcel.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target, known = connection.role(FulfillmentTarget), a_line("1", stage.rehearsal.skus[0], 2)
        request = a_request(stage.rehearsal, lines=[known, a_line("2", NO_SUCH_SKU)])
        outcome = await outcome_of(target.submit_order(request), "submit_order")
        if isinstance(outcome, Receipt):
            await require_once(stage, request, f"after an order with {NO_SUCH_SKU} was taken")
            return
        assert str(outcome).strip(), f"{outcome!r} says nothing of why"
        left = await standing(stage, request)
        assert not left, f"the order was refused ({outcome}), and the warehouse has it with {dict(left[0].units)}"


def _require_refusal(outcome: object, what: str) -> None:
    assert isinstance(outcome, Rejected), f"{what} gave {outcome!r}, not Rejected"
    assert any(reason.strip() for reason in outcome.reasons), f"{what} was rejected without a reason to act on"


def _require_texts(request: FulfillmentRequest, order: Effect, names: list[str]) -> None:
    for name in names:
        asked, told = text_of(request, name), order.texts.get(name, "")
        assert told == asked, f"order {request.number} says {told!r} as its {name}, asked for was {asked!r}"
