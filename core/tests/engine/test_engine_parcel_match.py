"""Laws of which parcel is which box's, and what follows when labels are taken back."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Parcel
from crossdock.engine.parcel_match import complete, identified, is_voided, matched, newer, voided_numbers
from crossdock.engine.parcel_ports import StoredParcel
from crossdock.engine.ports import ConfirmCase, ShipmentState, StoredOrder, StoredShipment
from crossdock.hooks.records import Record

from .builders import NOON, a_box, an_order
from .strategies import ROUNDS

NUMBERS, BOXES = ("T1", "T2", "T3"), ("1", "2", "N1/1", "N1/11", "elsewhere")


def a_parcel(id: int, number: str, *, used_for: int | None = None, at: int = 0, **more: object) -> StoredParcel:
    told = Parcel(tracking_number=number, external_id=f"L{id}", reference="N1").model_copy(update=more)
    gone = NOON if told.voided else None
    return StoredParcel(id, told, NOON + timedelta(minutes=at), gone, used_for)


def a_waiting(id: int, key: str, number: str = "", *, request: str = "N1", state: str = "new") -> StoredShipment:
    box = a_box(key, request, ("10", 1), tracking=number)
    return StoredShipment(id, ShipmentState(state), box, NOON)


@st.composite
def boxes(draw: st.DrawFn) -> list[StoredShipment]:
    keys = draw(st.lists(st.sampled_from(BOXES[:4]), unique=True, max_size=4))
    numbers = [draw(st.sampled_from(("", "", *NUMBERS))) for _ in keys]
    requests = [draw(st.sampled_from(("N1", "N1", "N2"))) for _ in keys]
    pairs = zip(keys, numbers, requests, strict=True)
    return [a_waiting(id, key, number, request=request) for id, (key, number, request) in enumerate(pairs, 1)]


@st.composite
def parcels(draw: st.DrawFn) -> list[StoredParcel]:
    made = []
    owners = draw(st.lists(st.sampled_from((1, 2, 3, 4)), unique=True))
    for id in range(1, draw(st.integers(0, 5)) + 1):
        made.append(
            a_parcel(
                id,
                draw(st.sampled_from(("", *NUMBERS))),
                used_for=draw(st.sampled_from((None, None, owners.pop()))) if owners else None,
                box=draw(st.sampled_from(("", "", *BOXES))),
                reference=draw(st.sampled_from(("N1", "N1", "N2"))),
                voided=draw(st.booleans()),
                shipped_at=draw(st.sampled_from((None, NOON, NOON + timedelta(minutes=1)))),
            )
        )
    return made


@ROUNDS
@given(boxes(), parcels())
def test_no_parcel_is_used_twice_and_none_that_was_taken_back(
    shipments: list[StoredShipment], known: list[StoredParcel]
) -> None:
    found = matched(shipments, known)
    ids = [one.id for one in found.values()]
    assert len(ids) == len(set(ids))
    assert not [one for one in found.values() if one.parcel.voided or not one.parcel.tracking_number]
    for id, one in found.items():
        assert one.shipment_id in (None, id)
        assert one.parcel.reference == next(box for box in shipments if box.id == id).shipment.request_number


@ROUNDS
@given(boxes(), parcels())
def test_a_box_gets_no_parcel_that_names_another(shipments: list[StoredShipment], known: list[StoredParcel]) -> None:
    for id, one in matched(shipments, known).items():
        its = next(box for box in shipments if box.id == id)
        others = [box.shipment.external_id for box in shipments if box.id != id and _same(box, its)]
        if one.parcel.box and one.shipment_id is None:
            assert one.parcel.box not in others
            assert f"/{its.shipment.external_id}".endswith(f"/{one.parcel.box}") or (
                its.shipment.package.tracking_number == one.parcel.tracking_number
            )


def _same(one: StoredShipment, other: StoredShipment) -> bool:
    return one.shipment.request_number == other.shipment.request_number


@ROUNDS
@given(boxes(), parcels(), st.integers())
def test_the_order_in_which_they_became_known_does_not_matter(
    shipments: list[StoredShipment], known: list[StoredParcel], seed: int
) -> None:
    found = matched(shipments, known)
    random = Random(seed)
    assert matched(random.sample(shipments, len(shipments)), random.sample(known, len(known))) == found


@ROUNDS
@given(boxes(), parcels())
def test_after_it_was_noted_nothing_changes_any_more(
    shipments: list[StoredShipment], known: list[StoredParcel]
) -> None:
    case = _case(shipments)
    done, uses, _ = complete(case, known)
    owner = {use.parcel_id: use.shipment_id for use in uses}
    noted = [replace(one, shipment_id=owner.get(one.id, one.shipment_id)) for one in known]
    again, more_uses, changed = complete(done, noted)
    assert (again, list(more_uses), list(changed)) == (done, [], [])


@ROUNDS
@given(boxes(), parcels())
def test_no_box_keeps_a_number_that_was_taken_back(shipments: list[StoredShipment], known: list[StoredParcel]) -> None:
    gone = voided_numbers(known)
    done, _, changed = complete(_case(shipments), known)
    before = {box.id: box for box in shipments}
    for box in done.open:
        assert not is_voided(box, gone)
        kept = before[box.id].shipment.package.tracking_number
        assert box.shipment.package.tracking_number == kept or box.id in changed
        if kept and not is_voided(before[box.id], gone):
            assert box.shipment == before[box.id].shipment


def _case(shipments: list[StoredShipment]) -> ConfirmCase:
    return ConfirmCase(StoredOrder(1, "1", an_order("1")), (), (), tuple(shipments))


def test_one_nameless_parcel_for_two_boxes_is_not_guessed() -> None:
    two = [a_waiting(1, "b1"), a_waiting(2, "b2")]
    assert matched(two, [a_parcel(1, "T1")]) == {}
    assert list(matched(two, [a_parcel(1, "T1"), a_parcel(2, "T2", box="b2")])) == [1, 2]


def test_a_number_that_the_warehouse_gave_leaves_the_other_parcel_to_the_other_box() -> None:
    known = [a_parcel(1, "T1"), a_parcel(2, "T2")]
    found = matched([a_waiting(1, "b1", "T1"), a_waiting(2, "b2")], known)
    assert {id: one.parcel.tracking_number for id, one in found.items()} == {1: "T1", 2: "T2"}


def test_boxes_under_one_number_are_used_when_their_parcels_name_them() -> None:
    known = [a_parcel(1, "T", box="b1"), a_parcel(2, "T", box="b2")]
    found = matched([a_waiting(1, "b1"), a_waiting(2, "b2")], known)
    assert {id: one.id for id, one in found.items()} == {1: 1, 2: 2}


def test_a_label_told_under_two_ids_is_no_number_for_two_boxes() -> None:
    known = [a_parcel(1, "T", box="b1"), a_parcel(2, "T")]
    assert list(matched([a_waiting(1, "b1"), a_waiting(2, "b2")], known)) == [1]


def test_of_two_labels_for_one_box_the_one_that_was_made_first_is_used() -> None:
    late, early = (a_parcel(id, f"T{id}", box="b1", shipped_at=NOON - timedelta(hours=id)) for id in (1, 2))
    assert matched([a_waiting(1, "b1")], [late, early]) == {1: early}


def test_an_ambiguous_end_of_a_name_means_no_box() -> None:
    two = [a_waiting(1, "N1/7/1"), a_waiting(2, "N1/8/1")]
    assert matched(two, [a_parcel(1, "T1", box="1")]) == {}
    assert list(matched([*two, a_waiting(3, "1")], [a_parcel(1, "T1", box="1")])) == [3]


@ROUNDS
@given(st.lists(st.builds(Parcel, tracking_number=st.sampled_from(("", "T")), voided=st.booleans()), min_size=1))
def test_what_was_taken_back_stays_so_and_nothing_is_forgotten(told: list[Parcel]) -> None:
    known = told[0]
    for one in told[1:]:
        known = newer(known, one)
        assert newer(known, one) == known
    assert known.voided == any(one.voided for one in told)
    assert bool(known.tracking_number) == any(one.tracking_number for one in told)


def test_a_parcel_without_an_id_goes_by_that_of_its_record() -> None:
    bare = Parcel(tracking_number="T")
    assert identified(bare, Record("7", b"")).external_id == "7"
    assert identified(bare, Record("7", b""), "N1") == bare.model_copy(
        update={"external_id": "N1/7", "reference": "N1"}
    )
    whole = Parcel(tracking_number="T", external_id="L", reference="N2")
    assert identified(whole, Record("7", b""), "N1") == whole
