"""Laws about steps back: orders that are held for a while, and orders that the warehouse is to forget."""

from crossdock.domain import FulfillmentRequest
from crossdock.hooks.errors import CrossdockError, Rejected
from crossdock.hooks.features import HoldsOrders, WithdrawsOrders
from crossdock.hooks.records import Receipt, Withdrawal
from crossdock.hooks.roles import FulfillmentTarget
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.warehouse import require_once, standing
from crossdock.testing.laws.warehouse_faults import TROUBLES, troubled
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.packed import packages, submit, work_a_while
from crossdock.testing.requests import a_request
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject


@law("warehouse.hold", Grade.SILVER, of=FulfillmentTarget, feature=HoldsOrders)
async def nobody_works_on_a_held_order(plugin: Subject) -> None:
    """Nobody works on an order that is held, once or twice; when it is resumed, once or twice, people go on with it.

    A hold is how an operator stops a fraud or a wrong address; one that is only an answer lets the parcel leave.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target = _holding(connection)
        held, free = await submit(stage, connection, "1001", "1002")
        for _ in range(2):
            assert isinstance(await target.hold_order(held), Receipt), "hold_order gave no receipt"
        await require_once(stage, held, "after it was held")
        packed = {box.of for box in await work_a_while(stage)}
        assert held.key not in packed, f"order {held.number} was held, and people packed it"
        assert free.key in packed, f"only {held.number} was held, and nobody packed {free.number}"
        for _ in range(2):
            assert isinstance(await target.resume_order(held), Receipt), "resume_order gave no receipt"
        packed = {box.of for box in await work_a_while(stage)}
        assert held.key in packed, f"order {held.number} was resumed, and nobody works on it"


@law("warehouse.hold_refused", Grade.SILVER, of=FulfillmentTarget, feature=HoldsOrders)
async def what_cannot_be_held_is_refused(plugin: Subject) -> None:
    """Holding an order that is not there, or a number that is somebody else's, raises Rejected with a reason.

    The order may be packed by then; a person who is told so can still stop the parcel at the door.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target = _holding(connection)
        [theirs] = await submit(stage, connection, "1001")
        stranger = a_request(stage.rehearsal, theirs.number, key="another-order")
        for request, what in ((a_request(stage.rehearsal, "1002"), "is not there"), (stranger, "is somebody else's")):
            outcome = await outcome_of(target.hold_order(request), "hold_order")
            assert isinstance(outcome, Rejected), f"order {request.number} {what}, and hold_order gave {outcome!r}"
            assert str(outcome).strip(), "Rejected gives no reason"
        packed = {box.of for box in await work_a_while(stage)}
        assert theirs.key in packed, f"order {theirs.number} was held through a number that it shares"


@law("warehouse.hold_doubt", Grade.GOLD, of=FulfillmentTarget, feature=HoldsOrders)
async def a_hold_is_claimed_only_when_it_holds(plugin: Subject) -> None:
    """Whatever goes wrong, an order that hold_order gave a receipt for is held.

    Who believes that an order is held changes it, and it leaves as it was.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target, held = _holding(connection), list[FulfillmentRequest]()
        for nth, trouble in enumerate(TROUBLES):
            [request] = await submit(stage, connection, str(1001 + nth))
            async with troubled(stage, trouble):
                outcome = await outcome_of(target.hold_order(request), f"hold_order with {trouble}")
            if isinstance(outcome, Receipt):
                held.append(request)
        packed = {box.of for box in await work_a_while(stage, (1,))}
        wrong = [request.number for request in held if request.key in packed]
        assert not wrong, f"hold_order gave receipts for {', '.join(wrong)}, and people packed them"


@law("warehouse.withdraw", Grade.SILVER, of=FulfillmentTarget, feature=WithdrawsOrders)
async def a_withdrawn_order_is_gone(plugin: Subject) -> None:
    """An order that nobody works on is gone when it was withdrawn; so is one that was never there; twice is no harm.

    Afterwards the same number can be used again. Every other order stays.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        target = _withdrawing(connection)
        request, other = await submit(stage, connection, "1001", "1002")
        for when in ("withdrawn", "withdrawn again"):
            answer = await target.withdraw_order(request)
            assert answer.gone, f"nobody works on order {request.number}, and when {when} it is {answer}"
            assert not await standing(stage, request), f"{answer} was said, and order {request.number} is there"
            found = await connection.role(FulfillmentTarget).find_order(request)
            assert found is None, f"order {request.number} is gone, and find_order gives {found}"
        never = await target.withdraw_order(a_request(stage.rehearsal, "1003"))
        assert never.gone, f"order 1003 never was there, and withdrawing it gave {never}"
        await require_once(stage, other, f"after {request.number} was withdrawn")
        await submit(stage, connection, request.number)
        await require_once(stage, request, "after it was withdrawn and submitted anew")


@law("warehouse.withdraw_locked", Grade.SILVER, of=FulfillmentTarget, feature=WithdrawsOrders)
async def begun_work_is_not_withdrawn(plugin: Subject) -> None:
    """An order on which work has begun stays, and withdrawing it says so in words; that is an answer, not an error.

    A late cancellation meets people with the goods in their hands; whoever is told "gone" refunds a parcel that leaves.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        [request] = await submit(stage, connection, "1001")
        assert await work_a_while(stage, (1,)), "people worked (POST /_work) and packed nothing"
        for _ in range(2):
            answer = await outcome_of(_withdrawing(connection).withdraw_order(request), "withdraw_order")
            assert isinstance(answer, Withdrawal), f"work has begun; that is an answer and not the error {answer!r}"
            assert not answer.gone, f"people have packed order {request.number}, and it is said to be gone"
            assert answer.words.strip(), "it does not say how far the work is"
            await require_once(stage, request, "after it could not be withdrawn")


@law("warehouse.withdraw_strangers", Grade.SILVER, of=FulfillmentTarget, feature=WithdrawsOrders)
async def nobody_elses_order_is_withdrawn(plugin: Subject) -> None:
    """Withdrawing under a number that is somebody else's raises Rejected, and their order stays.

    Two shops in one warehouse may use the same numbers; one shop's cancellation must not stop the other's parcel.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        [theirs] = await submit(stage, connection, "1001")
        ours = a_request(stage.rehearsal, theirs.number, key="another-order")
        outcome = await outcome_of(_withdrawing(connection).withdraw_order(ours), "withdraw_order")
        assert isinstance(outcome, Rejected), f"the number is another order's, and withdraw_order gave {outcome!r}"
        await require_once(stage, theirs, "after another order of its number was to be withdrawn")


@law("warehouse.withdraw_doubt", Grade.GOLD, of=FulfillmentTarget, feature=WithdrawsOrders)
async def gone_is_said_only_of_what_is_gone(plugin: Subject) -> None:
    """Whatever goes wrong, an order is said to be gone only if it is, to be there only if it is, and again settles it.

    The operator refunds the buyer on this word.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        for nth, trouble in enumerate(TROUBLES):
            [request] = await submit(stage, connection, str(1001 + nth))
            async with troubled(stage, trouble):
                answer = await outcome_of(_withdrawing(connection).withdraw_order(request), "withdraw_order")
            await _require_true(stage, request, answer, f"with {trouble}")
            settled = await _withdrawing(connection).withdraw_order(request)
            assert settled.gone, f"nothing goes wrong any more, and order {request.number} is {settled}"
            await _require_true(stage, request, settled, "when it was withdrawn again")
        assert not await packages(stage), "nobody worked, and there are packages"


async def _require_true(
    stage: Stage, request: FulfillmentRequest, answer: Withdrawal | CrossdockError, when: str
) -> None:
    if isinstance(answer, Withdrawal):
        there = bool(await standing(stage, request))
        assert answer.gone is not there, f"{when}, order {request.number} is {'still ' if there else 'not '}there, " + (
            f"and withdraw_order said {answer}: look before you say so"
        )


def _holding(connection: Connected) -> HoldsOrders:
    target = connection.role(FulfillmentTarget)
    assert isinstance(target, HoldsOrders)
    return target


def _withdrawing(connection: Connected) -> WithdrawsOrders:
    target = connection.role(FulfillmentTarget)
    assert isinstance(target, WithdrawsOrders)
    return target
