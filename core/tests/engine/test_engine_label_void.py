"""Labels are taken back, and bought again only where a person wants it: never two for one box."""

from datetime import timedelta

import pytest

from crossdock.domain import Parcel
from crossdock.hooks.records import AnswerState, FinalAnswer
from crossdock.store.audit import list_deeds
from crossdock.store.deciding import NotPossible
from crossdock.store.errors import NotFound
from crossdock.store.label_views import list_labels
from crossdock.store.label_wishes import ask_void

from .remote import Fault
from .selling import bought_and_taken_back_unseen, packed_without_number, with_seller
from .test_engine_label import labels, reasons, retry, told
from .world import World, played

LATER = timedelta(minutes=20)


async def take_back(world: World, reference: str, *, again: bool = False) -> str:
    asked = await world.store.write(ask_void, reference, again=again, why="torn", by="ada", now=world.clock.now())
    return asked.next_key


@played
async def test_a_label_is_taken_back_and_the_box_waits_for_one_by_hand(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.flow("label")
    await take_back(world, "N1/b1")
    await world.cycle(("void", "label", "confirm"))
    world.clock.advance(LATER)
    await world.cycle(("void", "label", "confirm"))
    assert (len(seller.sold), seller.calls["void_label"], told(world)) == (1, 1, [])

    seller.by_hand.append(Parcel(tracking_number="HAND", reference="N1", external_id="h1"))
    world.clock.advance(LATER)
    await world.cycle(("label", "confirm"))
    assert told(world) == ["HAND"]
    assert len(seller.sold) == 1


@played
async def test_a_label_that_is_voided_and_bought_again_has_another_key_and_number(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.flow("label")
    assert await take_back(world, "T1", again=True) == "N1/b1~2"
    await world.cycle(("void", "label", "confirm"))
    assert [sale.key for sale in seller.sold] == ["N1/b1", "N1/b1~2"]
    assert told(world) == ["T2"]
    deeds = await world.store.read(list_deeds)
    assert [(one.by, one.action, one.note) for one in deeds] == [("ada", "void label", "torn")]

    assert await take_back(world, "N1/b1~2", again=True) == "N1/b1~3"


@played
async def test_a_label_of_which_the_cart_was_told_is_bought_again_and_a_person_corrects_the_cart(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.cycle(("label", "confirm"))
    await take_back(world, "T1", again=True)
    await world.cycle(("void", "label", "confirm"))
    assert len(seller.sold) == 2
    assert told(world) == ["T1"]
    assert [code for code, _ in await world.problems()] == ["label_voided"]


@played
async def test_a_label_that_its_box_does_not_need_is_taken_back_and_not_bought_again(world: World) -> None:
    seller = with_seller(world, late=LATER)
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].append(Fault.LOST_AFTER)
    await world.flow("label")
    seller.by_hand.append(Parcel(tracking_number="HAND", reference="N1", external_id="h1"))
    await world.flow("confirm")
    world.clock.advance(2 * LATER)
    await world.flow("label")
    assert told(world) == ["HAND"]

    with pytest.raises(NotPossible, match="travels with HAND"):
        await take_back(world, "T1", again=True)
    asked = await world.store.write(ask_void, "T1", again=False, why="", by="ada", now=world.clock.now())
    assert asked.travels_as == "HAND"
    await world.cycle(("void", "label", "confirm"))
    assert len(seller.sold) == 1
    assert await world.problems() == []


@played
async def test_a_carrier_that_decides_later_is_asked_again_and_nothing_is_bought_before(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.flow("label")
    seller.answers.append(FinalAnswer(AnswerState.PENDING, "submitted"))
    await take_back(world, "T1", again=True)
    await world.cycle(("void", "label"))
    assert await labels(world) == {"label done": 1, "void due": 1}

    world.clock.advance(LATER)
    await world.cycle(("void", "label"))
    assert await labels(world) == {"label done": 2, "void done": 1}
    assert len(seller.sold) == 2


@played
async def test_a_label_that_stays_is_a_problem_that_a_retry_asks_again(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.flow("label")
    seller.answers.append(FinalAnswer(AnswerState.REFUSED, "it was scanned"))
    await take_back(world, "T1")
    await world.flow("void")
    assert await reasons(world) == ["The label T1 was not taken back: it was scanned"]

    await retry(world)
    await world.flow("void")
    assert await world.problems() == []
    assert seller.calls["void_label"] == 2


@played
async def test_a_lost_answer_to_a_void_is_asked_again_and_one_label_is_bought_in_its_place(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.flow("label")
    seller.faults["void_label"].append(Fault.LOST_AFTER)
    await take_back(world, "T1", again=True)
    for _ in range(3):
        await world.cycle(("void", "label"))
        world.clock.advance(LATER)
    assert len(seller.sold) == 2
    assert await labels(world) == {"label done": 2, "void done": 1}


@played
async def test_a_label_that_was_taken_back_before_it_was_seen_is_bought_again_as_its_problem_says(world: World) -> None:
    seller = with_seller(world)
    await bought_and_taken_back_unseen(world, seller)
    world.clock.advance(LATER)
    await world.flow("label")
    assert await world.problems() == [("label_refused", "N1/b1")]

    assert await take_back(world, "N1/b1", again=True) == "N1/b1~2"
    assert await world.problems() == []
    assert [one.state for one in await world.store.read(list_labels)] == ["waiting", "voided"]
    for _ in range(2):
        await world.cycle(("void", "label", "confirm"))
    assert [sale.key for sale in seller.sold] == ["N1/b1", "N1/b1~2"]
    assert told(world) == ["T2"]
    assert await world.problems() == []


@played
async def test_a_label_bought_by_hand_can_be_replaced_by_one_of_ours(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.by_hand.append(Parcel(tracking_number="HAND", reference="N1", external_id="h1"))
    await world.cycle(("label", "confirm"))
    assert await take_back(world, "HAND", again=True) == "N1/b1"
    await world.cycle(("void", "label"))
    world.clock.advance(LATER)
    await world.cycle(("label", "confirm"))
    assert [sale.key for sale in seller.sold] == ["N1/b1"]


@played
async def test_what_cannot_be_taken_back_is_a_sentence(world: World) -> None:
    with_seller(world)
    await packed_without_number(world, "b1")
    await world.flow("label")
    with pytest.raises(NotFound, match="no label is known as 'T9'"):
        await take_back(world, "T9")
    await take_back(world, "T1", again=True)
    with pytest.raises(NotPossible, match="is being taken back already"):
        await take_back(world, "T1", again=True)
    await world.flow("void")
    assert await take_back(world, "N1/b1", again=True) == "N1/b1~2"
    with pytest.raises(NotPossible, match="was taken back already"):
        await take_back(world, "T1")
