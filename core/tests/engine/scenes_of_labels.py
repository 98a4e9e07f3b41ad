"""How problems of labels end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

from crossdock.domain import Money, Parcel
from crossdock.engine.problems import Code
from crossdock.hooks.records import AnswerState, FinalAnswer
from crossdock.store.label_wishes import approve_label, ask_void

from .builders import HOME
from .closing import LATER, ends, retry
from .selling import LABELS, a_rate, packed_without_number, with_seller
from .world import World


async def labelled_later(world: World) -> None:
    world.clock.advance(LATER)
    await world.cycle(("confirm",))
    await world.flow("label")


@ends(Code.LABEL_REFUSED)
async def somebody_buys_the_label_by_hand(world: World) -> AsyncIterator[None]:
    seller = with_seller(world, labels=replace(LABELS, weight=None))
    await packed_without_number(world, "b1")
    await world.flow("label")
    yield
    seller.by_hand.append(Parcel(tracking_number="HAND", reference="N1", external_id="h1"))
    await labelled_later(world)


@ends(Code.LABEL_REFUSED)
async def the_box_whose_label_was_refused_is_taken_back(world: World) -> AsyncIterator[None]:
    with_seller(world, labels=replace(LABELS, weight=None))
    await packed_without_number(world, "b1")
    await world.flow("label")
    yield
    await world.store.write(lambda conn: conn.exec_driver_sql("UPDATE shipment SET state = 'voided'"))
    await world.flow("label")


@ends(Code.LABEL_TOO_DEAR)
async def the_price_is_approved(world: World) -> AsyncIterator[None]:
    limit = Money(amount=Decimal(1), currency="USD")
    with_seller(world, a_rate(), labels=replace(LABELS, most=limit))
    await packed_without_number(world, "b1")
    await world.flow("label")
    yield
    await world.store.write(approve_label, "N1/b1", by="ada", now=world.clock.now())
    await world.flow("label")


@ends(Code.ADDRESS_REFUSED)
async def the_address_is_approved(world: World) -> AsyncIterator[None]:
    with_seller(world).unreachable.add(HOME.line1)
    await packed_without_number(world, "b1")
    await world.flow("label")
    yield
    await world.store.write(approve_label, "N1/b1", by="ada", now=world.clock.now())
    await world.flow("label")


@ends(Code.VOID_REFUSED)
async def the_label_is_taken_back_after_all(world: World) -> AsyncIterator[None]:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.flow("label")
    seller.answers.append(FinalAnswer(AnswerState.REFUSED, "not now"))
    await world.store.write(ask_void, "T1", again=False, why="torn", by="ada", now=world.clock.now())
    await world.flow("void")
    yield
    await retry(world)
    await world.flow("void")
