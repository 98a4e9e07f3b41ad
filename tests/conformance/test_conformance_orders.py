"""The laws of order sources find the bugs of the field, planted one at a time into a real plugin."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crossdock import AnswerState, FinalAnswer, OutcomeUnknown, Page, Receipt, Record, Unavailable
from crossdock.domain import (
    ManagedBy,
    Order,
    OrderAdjustment,
    OrderEvent,
    OrderNotice,
    OrderStatus,
    PaymentStatus,
    ShipmentConfirmation,
)
from crossdock.hooks.features import HearsEvents
from crossdock.hooks.roles import OrderSource
from crossdock.sandbox import FaultName
from crossdock.testing.kit import try_law
from crossdock.testing.law import Law, all_laws
from crossdock.testing.laws.orders_features import AdjustmentsUnderFaults
from crossdock.testing.laws.orders_writing import ShipmentsUnderFaults
from crossdock.testing.subject import subject
from crossdock_channeladvisor.adjustments import adjustments
from crossdock_channeladvisor.adjustments.adjustments import Adjustments
from crossdock_channeladvisor.listing import Place
from crossdock_channeladvisor.orders import walk
from crossdock_channeladvisor.orders.marks import ExportMarks
from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders
from crossdock_channeladvisor.shipments import shipments
from crossdock_channeladvisor.shipments.shipments import Shipments

CART = "channeladvisor"
Plant = Callable[[pytest.MonkeyPatch], None]
BUGS: list[Any] = []


def bug(law: str, words: str, *, slow: bool = False) -> Callable[[Plant], Plant]:
    """A bug of the field: which law finds it, and with what words."""

    def keep(plant: Plant) -> Plant:
        marks = [pytest.mark.slow] if slow else []
        BUGS.append(pytest.param(law, words, plant, id=plant.__name__, marks=marks))
        return plant

    return keep


def law_of(id_: str) -> Law:
    return next(law for law in all_laws() if law.id == id_)


@pytest.mark.parametrize(("law", "words", "plant"), BUGS)
def test_the_kit_finds_in_an_order_source(law: str, words: str, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = subject(CART)
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=words) as caught:
        try_law(law_of(law), found)
    steps = [line for note in caught.value.__notes__ for line in note.splitlines() if line.startswith("state.")]
    assert len(steps) < 10


def reads(patch: pytest.MonkeyPatch, change: Callable[[Any, Order], Order]) -> None:
    """From now on orders are read, then changed like this."""
    well = ChannelAdvisorOrders.read_order
    patch.setattr(ChannelAdvisorOrders, "read_order", lambda self, record: change(self, well(self, record)))


def lists(patch: pytest.MonkeyPatch, change: Callable[[Any, Page], Page], method: str = "fetch_orders") -> None:
    """From now on pages come changed like this."""
    well = getattr(ChannelAdvisorOrders, method)

    async def fetch(self: Any, cursor: str | None) -> Page:
        return change(self, await well(self, cursor))

    patch.setattr(ChannelAdvisorOrders, method, fetch)


def spelled(order: Order, spell: Callable[[str], str]) -> Order:
    return order.model_copy(
        update={"lines": tuple(line.model_copy(update={"sku": spell(line.sku)}) for line in order.lines)}
    )


@bug("orders.ids_stay", "after a restart the orders are called")
def ids_that_change_with_every_start(patch):
    reads(patch, lambda self, order: order.model_copy(update={"external_id": f"{order.external_id}-{id(self)}"}))


@bug("orders.poison", "the whole list fails with Unreadable")
def one_broken_order_that_ends_the_page(patch):
    def read_all(self: Any, page: Page) -> Page:
        for record in page.records:
            self.read_order(record)
        return page

    lists(patch, read_all)


@bug("orders.poison", "the list lacks orders")
def a_broken_order_left_out_in_silence(patch):
    def whole(page: Page) -> Page:
        return replace(page, records=tuple(one for one in page.records if json.loads(one.data).get("Items")))

    lists(patch, lambda self, page: whole(page))


@bug("orders.unknown_wish", "is read as 'Standard'")
def an_unknown_ship_method_made_a_usual_one(patch):
    known = {"Standard", "Expedited", "SecondDay", "NextDay", "GROUND"}
    usual = {"requested_service": "Standard"}
    reads(patch, lambda self, one: one if one.requested_service in known else one.model_copy(update=usual))


@bug("orders.unknown_status", "may leave although")
def unknown_words_taken_for_paid(patch):
    paid = {"payment": PaymentStatus.PAID, "status": OrderStatus.OPEN, "managed_by": ManagedBy.SELLER}
    reads(patch, lambda self, order: order.model_copy(update=paid))


@bug("orders.sku_verbatim", "is read as 'SKU-A.B/C'")
def skus_in_capitals(patch):
    reads(patch, lambda self, order: spelled(order, str.upper))


@bug("orders.sku_verbatim", "is read as 'two blanks before'")
def skus_without_their_blanks(patch):
    reads(patch, lambda self, order: spelled(order, str.strip))


@bug("orders.verbatim", "stands nowhere in its record")
def numbers_with_a_prefix(patch):
    reads(patch, lambda self, order: order.model_copy(update={"number": f"CA-{order.number}"}))


@bug("orders.moments", "a moment that its record does not hold")
def moments_in_the_wrong_zone(patch):
    shifted = timedelta(hours=7)
    reads(patch, lambda self, order: order.model_copy(update={"placed_at": order.placed_at + shifted}))


@bug("orders.listed", "stands on no page of the list")
def an_order_lost_at_the_edge_of_a_page(patch):
    lists(patch, lambda self, page: replace(page, records=page.records[:-1]) if page.more else page)


@bug("orders.nothing_missed", "was missed")
def later_than_the_last_one_seen_instead_of_from_it_on(patch):
    well = walk.first_page
    patch.setattr(walk, "first_page", lambda *given: well(*given).replace("UpdatedDateUtc%20ge", "UpdatedDateUtc%20gt"))


@bug("orders.nothing_missed", "was missed")
def a_checkpoint_behind_what_was_seen(patch):
    def too_far(self: Place) -> str | None:
        ends = [end for end in (self.highest, self.began) if end]
        return Place(since=min(ends) + timedelta(seconds=1)).cursor()

    patch.setattr(Place, "final_checkpoint", too_far)


@bug("orders.shipment_exact", "should have")
def the_whole_order_told_for_a_box(patch):
    well = shipments.ship_call

    def all_of_it(*given: Any) -> bytes:
        call = json.loads(well(*given))
        del call["Value"]["Items"]
        return json.dumps(call).encode()

    patch.setattr(shipments, "ship_call", all_of_it)


@bug("orders.shipment_found", "was never told, and find_shipment gives Receipt")
def a_look_up_that_always_says_yes(patch):
    patch.setattr(Shipments, "find", finds(Receipt("1")))


@bug("orders.shipment_found", "was told, and find_shipment gives None")
def a_look_up_that_never_finds(patch):
    patch.setattr(Shipments, "find", finds(None))


def finds(answer: Receipt | None) -> Callable[..., Any]:
    async def find(self: Any, confirmation: ShipmentConfirmation) -> Receipt | None:
        return answer

    return find


@bug("orders.acknowledged_once", "marked are")
def another_order_marked(patch):
    well = ExportMarks.put

    async def put(self: Any, order_id: str) -> Receipt:
        return await well(self, str(int(order_id) + 1))

    patch.setattr(ExportMarks, "put", put)


@bug("orders.impossible_shipment", "came to Receipt")
def a_refusal_swallowed(patch):
    async def ship(self: Any, *given: Any) -> None:
        return None

    patch.setattr(Shipments, "_ship", ship)


@bug("orders.told_once", "has happened", slow=True)
def a_shipment_sent_again_after_a_lost_reply(patch):
    async def ship(self: Any, told: ShipmentConfirmation, order: Any) -> None:
        body = shipments.ship_call(told, self._settings, self._clock.now(), None)
        await self._http.send("POST", f"/v1/Orders({told.order_external_id})/Ship", content=body, repeatable=True)

    patch.setattr(Shipments, "_ship", ship)


@bug("orders.told_once", "which says that nothing was done, and it has happened", slow=True)
def doubt_taken_for_a_failure(patch):
    well = Shipments.confirm

    async def confirm(self: Any, told: ShipmentConfirmation) -> Receipt:
        try:
            return await well(self, told)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from error

    patch.setattr(Shipments, "confirm", confirm)


@bug("orders.told_once", "and nothing has happened in the remote system", slow=True)
def a_web_page_taken_for_an_answer(patch):
    patch.setattr(shipments, "check_written", lambda *given, **more: None)


@bug("orders.adjusted_exact", "should have")
def all_of_a_line_adjusted_for_a_piece(patch):
    well = adjustments.adjust_call

    def all_of_it(wanted: OrderAdjustment, settings: Any) -> bytes:
        return well(wanted.model_copy(update={"quantity": None}), settings)

    patch.setattr(adjustments, "adjust_call", all_of_it)


@bug("orders.adjusted_once", "met", slow=True)
def doubt_about_an_adjustment_taken_for_a_failure(patch):
    well = Adjustments.adjust

    async def adjust(self: Any, wanted: OrderAdjustment) -> Receipt:
        try:
            return await well(self, wanted)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from error

    patch.setattr(Adjustments, "adjust", adjust)


@bug("orders.sweep_marks", "and told as")
def marks_told_the_wrong_way_round(patch):
    def turned(record: Record) -> Record:
        return replace(record, marked=not record.marked)

    lists(patch, lambda self, page: replace(page, records=tuple(map(turned, page.records))), "sweep_orders")


@bug("orders.reaches_back", "nothing happened for two days")
def a_beginning_that_is_not_heeded(patch):
    patch.setattr(ChannelAdvisorOrders, "cursor_from", lambda self, moment: Place().cursor())


@bug("orders.unacknowledged", "marked are")
def a_mark_that_stays(patch):
    async def take_off(self: Any, order_id: str) -> Receipt:
        return Receipt(order_id)

    patch.setattr(ExportMarks, "take_off", take_off)


@bug("orders.fetched", "reads otherwise when it is fetched singly")
def a_single_order_without_its_wishes(patch):
    well = ChannelAdvisorOrders.fetch_order

    async def fetch(self: Any, order_id: str) -> Record:
        record = await well(self, order_id)
        return replace(record, data=json.dumps({**json.loads(record.data), "RequestedShippingClass": None}).encode())

    patch.setattr(ChannelAdvisorOrders, "fetch_order", fetch)


@bug("orders.hints", "read_hint came to")
def a_hint_that_names_nothing_taken_for_quiet(patch):
    well = ChannelAdvisorOrders.read_hint
    patch.setattr(ChannelAdvisorOrders, "read_hint", lambda self, body: well(self, body) if len(body) > 100 else ())


@bug("orders.followed", "was never told, and its answer is")
def accepted_before_it_was_told(patch):
    async def answers(self: Any, confirmations: Any) -> Any:
        return {one.key: FinalAnswer(AnswerState.ACCEPTED) for one in confirmations}

    patch.setattr(Shipments, "answers", answers)


STEPS = [
    (ShipmentsUnderFaults, a_shipment_sent_again_after_a_lost_reply, FaultName.LOST_REPLY, "has happened"),
    (ShipmentsUnderFaults, doubt_taken_for_a_failure, FaultName.ERROR_502_AFTER, "and it has happened"),
    (ShipmentsUnderFaults, a_web_page_taken_for_an_answer, FaultName.HTML, "nothing has happened"),
    (AdjustmentsUnderFaults, doubt_about_an_adjustment_taken_for_a_failure, FaultName.LOST_REPLY, "it has happened"),
]


@pytest.mark.parametrize(("machine", "plant", "fault", "words"), STEPS)
def test_a_machine_needs_one_step_to_see_it(machine, plant, fault, words, monkeypatch):
    plant(monkeypatch)
    play = type("Play", (machine,), {"subject": subject(CART)})()
    try:
        with pytest.raises(AssertionError, match=words):
            play.do(0, fault, lasting=False)
    finally:
        play.teardown()


@pytest.mark.parametrize("is_repeatable", [True, False])
def test_an_event_that_is_told_twice_must_not_have_a_second_effect(is_repeatable, monkeypatch):
    found, told = subject(CART), set[str]()

    async def note_event(self: Any, notice: OrderNotice) -> Receipt:
        again = notice.key in told
        told.add(notice.key)
        return await (self.acknowledge_order if is_repeatable or not again else self.unacknowledge_order)(
            notice.order_external_id
        )

    monkeypatch.setattr(ChannelAdvisorOrders, "note_event", note_event, raising=False)
    hearing = replace(found.info, hears=frozenset({OrderEvent.PICKED}))
    monkeypatch.setitem(found.registry.connectors, CART, hearing)
    monkeypatch.setitem(found.features, OrderSource, found.features[OrderSource] | {HearsEvents})
    law = next(law for law in found.laws() if law.id == "orders.events")
    if is_repeatable:
        try_law(law, found)
    else:
        with pytest.raises(AssertionError, match="was told again, and has a second effect"):
            try_law(law, found)
