"""The laws of warehouses find the bugs of the field, planted one at a time into a real plugin."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from crossdock import (
    AlreadyThere,
    CrossdockError,
    NeedsAuth,
    OutcomeUnknown,
    Page,
    Receipt,
    Rejected,
    Unavailable,
    Withdrawal,
)
from crossdock.domain import FulfillmentRequest, Shipment
from crossdock.testing.kit import try_law
from crossdock.testing.subject import subject
from crossdock_warehouseos.catalog.known_items import KnownItems
from crossdock_warehouseos.inventory.levels import Levels
from crossdock_warehouseos.inventory.places import Places
from crossdock_warehouseos.orders.document import OrderWriter
from crossdock_warehouseos.orders.found import OrderReader
from crossdock_warehouseos.orders.interventions import Interventions
from crossdock_warehouseos.orders.lookup import OrderLookup
from crossdock_warehouseos.orders.target import WarehouseOSOrders
from crossdock_warehouseos.receiving.document import PurchaseOrderWriter
from crossdock_warehouseos.receiving.purchase_orders import PurchaseOrders
from crossdock_warehouseos.work import queue
from crossdock_warehouseos.work.messages import MessageReader
from crossdock_warehouseos.work.queue import HostQueue
from crossdock_warehouseos.work.shipments import ShipmentReader

Plant = Callable[[pytest.MonkeyPatch], None]
BUGS: list[Any] = []
Target = WarehouseOSOrders


def bug(law: str, words: str) -> Callable[[Plant], Plant]:
    """A bug of the field: which law finds it, and with what words."""

    def keep(plant: Plant) -> Plant:
        BUGS.append(pytest.param(law, words, plant, id=plant.__name__))
        return plant

    return keep


@pytest.mark.parametrize(("law", "words", "plant"), BUGS)
def test_the_kit_finds(law: str, words: str, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = subject("warehouseos")
    [wanted] = [one for one in plugin.laws() if one.id == law]
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=words) as caught:
        try_law(wanted, plugin)
    steps = [line for note in caught.value.__notes__ for line in note.splitlines() if line.startswith("state.")]
    assert len(steps) < 10


@bug("warehouse.none_before", "is in the warehouse, and find_order gives None")
def find_order_always_says_none(patch: pytest.MonkeyPatch) -> None:
    async def nothing(self: Target, request: FulfillmentRequest) -> None: ...

    patch.setattr(Target, "find_order", nothing)


@bug("warehouse.none_before", "was our key sent")
def key_not_sent(patch: pytest.MonkeyPatch) -> None:
    def without_key(self: OrderWriter, request: FulfillmentRequest) -> dict[str, Any]:
        return {name: value for name, value in whole(self, request).items() if name != self.key_field}

    whole = OrderWriter.values
    patch.setattr(OrderWriter, "values", without_key)


@bug("warehouse.strangers", "is another order's, and find_order gave Receipt")
def order_of_somebody_else_taken_for_ours(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OrderReader, "stranger", lambda self, found, request: "")


@bug("warehouse.numbers", "has order 10010 alone, and find_order finds")
def order_found_by_the_beginning_of_its_number(patch: pytest.MonkeyPatch) -> None:
    right = Target.find_order

    async def find(self: Target, request: FulfillmentRequest) -> Receipt | None:
        own = request.model_copy(update={"number": "10010", "key": "rehearsal-10010"})
        return await right(self, own if own.number.startswith(request.number) else request)

    patch.setattr(Target, "find_order", find)


def submitting_otherwise(patch: pytest.MonkeyPatch, otherwise: Callable[[Exception], Any]) -> None:
    right = Target.submit_order

    async def submit(self: Target, request: FulfillmentRequest) -> Receipt:
        try:
            return await right(self, request)
        except OutcomeUnknown as doubt:
            if (error := otherwise(doubt)) is not None:
                raise error from None
            return await right(self, request.model_copy(update={"number": f"{request.number}-2"}))

    patch.setattr(Target, "submit_order", submit)


@bug("warehouse.never_twice", "has 2 orders for one request|has the number 100[12]-2 there")
def submitted_again_after_a_lost_reply(patch: pytest.MonkeyPatch) -> None:
    submitting_otherwise(patch, lambda doubt: None)


@bug("warehouse.doubt", "raise OutcomeUnknown where an answer was lost")
def doubt_called_a_failure(patch: pytest.MonkeyPatch) -> None:
    submitting_otherwise(patch, lambda doubt: Unavailable(str(doubt)))


@bug("warehouse.doubt", "is in the warehouse, and find_order gives None with .* at every read")
def failed_look_taken_for_none(patch: pytest.MonkeyPatch) -> None:
    right = OrderLookup.standing

    async def look(self: OrderLookup, request: FulfillmentRequest) -> Any:
        try:
            return await right(self, request)
        except Unavailable:
            return None

    patch.setattr(OrderLookup, "standing", look)


@bug("warehouse.as_asked", r"are \{'SKU-0001': 2\} there, asked for were \{'SKU-0001': 1\}")
def quantity_of_a_line_doubled(patch: pytest.MonkeyPatch) -> None:
    right = OrderWriter._line
    patch.setattr(
        OrderWriter, "_line", lambda self, line: right(self, line.model_copy(update={"quantity": line.quantity * 2}))
    )


@bug("warehouse.as_asked", "'SKU-0001': 2.* asked for were .*'SKU-0001': 5")
def lines_of_one_sku_taken_for_one(patch: pytest.MonkeyPatch) -> None:
    right = OrderWriter.values

    def by_sku(self: OrderWriter, request: FulfillmentRequest) -> dict[str, Any]:
        first = {line.sku: line for line in reversed(request.lines)}
        return right(self, request.model_copy(update={"lines": tuple(first.values())}))

    patch.setattr(OrderWriter, "values", by_sku)


@bug("warehouse.as_asked", "which are known there, it made Rejected")
def sku_mangled_on_the_way_there(patch: pytest.MonkeyPatch) -> None:
    right = OrderWriter._line
    patch.setattr(OrderWriter, "_line", lambda self, line: right(self, line.model_copy(update={"sku": line.sku[:-1]})))


@bug("warehouse.odd_texts", r"says '\?+.* as its ship_to")
def names_written_in_another_alphabet_lost(patch: pytest.MonkeyPatch) -> None:
    right = OrderWriter._address

    def latin(self: OrderWriter, address: Any) -> dict[str, str]:
        told = right(self, address).items()
        return {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in told}

    patch.setattr(OrderWriter, "_address", latin)


@bug("warehouse.unknown_sku", "asked for were .*NO-SUCH")
def unknown_product_left_out(patch: pytest.MonkeyPatch) -> None:
    right = Target.submit_order

    async def submit(self: Target, request: FulfillmentRequest) -> Receipt:
        known = tuple(line for line in request.lines if line.sku.startswith("SKU"))
        return await right(self, request.model_copy(update={"lines": known}))

    patch.setattr(Target, "submit_order", submit)


def reading_otherwise(patch: pytest.MonkeyPatch, otherwise: Callable[[Shipment], Shipment | None]) -> None:
    right = HostQueue.shipment

    def read(self: HostQueue, record: Any) -> Any:
        fact = right(self, record)
        return otherwise(fact) if isinstance(fact, Shipment) else fact

    patch.setattr(HostQueue, "shipment", read)


@bug("warehouse.packages", "people packed .* told was .* in 1 packages")
def split_boxes_taken_for_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ShipmentReader, "_fact_id", lambda self, work, body: work.order_number)


@bug("warehouse.packages", "left in the boxes .* told were")
def tracking_number_of_the_order(patch: pytest.MonkeyPatch) -> None:
    def numbered(shipment: Shipment) -> Shipment:
        package = shipment.package.model_copy(update={"tracking_number": shipment.request_number})
        return shipment.model_copy(update={"package": package})

    reading_otherwise(patch, numbered)


@bug("warehouse.lines_back", "asks for SKU-0001, told is 'sku-0001'")
def sku_mangled_on_the_way_back(patch: pytest.MonkeyPatch) -> None:
    def lower(shipment: Shipment) -> Shipment:
        lines = tuple(line.model_copy(update={"sku": line.sku.lower()}) for line in shipment.package.lines)
        return shipment.model_copy(update={"package": shipment.package.model_copy(update={"lines": lines})})

    reading_otherwise(patch, lower)


def fetching_otherwise(patch: pytest.MonkeyPatch, otherwise: Callable[[HostQueue, Page], Any]) -> None:
    right = HostQueue.fetch

    async def fetch(self: HostQueue) -> Page:
        return await otherwise(self, await right(self))

    patch.setattr(HostQueue, "fetch", fetch)


async def take_first(self: HostQueue, page: Page) -> Page:
    await self.acknowledge([record.id for record in page.records])
    return page


@bug("warehouse.unacknowledged", "read and not acknowledged are gone")
def acknowledged_before_they_were_safe(patch: pytest.MonkeyPatch) -> None:
    fetching_otherwise(patch, take_first)


@bug("warehouse.page_lost", "people packed")
def lost_when_an_acknowledgement_is(patch: pytest.MonkeyPatch) -> None:
    fetching_otherwise(patch, take_first)


@bug("warehouse.pages", "people packed")
def last_record_of_a_page_lost(patch: pytest.MonkeyPatch) -> None:
    async def cut(self: HostQueue, page: Page) -> Page:
        full = len(page.records) == self._settings.queue_page_size
        if full:
            await self.acknowledge([page.records[-1].id])
        return Page(page.records[:-1] if full else page.records, more=page.more)

    fetching_otherwise(patch, cut)


@bug("warehouse.poison", "and the whole page is lost")
def broken_record_loses_its_page(patch: pytest.MonkeyPatch) -> None:
    async def read_all(self: HostQueue, page: Page) -> Page:
        for record in page.records:
            self.shipment(record)
        return page

    fetching_otherwise(patch, read_all)


@bug("warehouse.hold", "was held, and people packed it")
def hold_answered_and_not_done(patch: pytest.MonkeyPatch) -> None:
    async def hold(self: Interventions, request: FulfillmentRequest) -> Receipt:
        return Receipt(request.number)

    patch.setattr(Interventions, "hold", hold)


@bug("warehouse.withdraw_doubt", "still there, and withdraw_order said .*: look before you say so")
def gone_without_a_look(patch: pytest.MonkeyPatch) -> None:
    async def withdraw(self: Interventions, request: FulfillmentRequest) -> Withdrawal:
        await self._delete(request.number)
        return Withdrawal(gone=True)

    patch.setattr(Interventions, "withdraw", withdraw)


@bug("warehouse.withdraw_locked", "that is an answer and not the error")
def locked_is_an_error(patch: pytest.MonkeyPatch) -> None:
    right = Interventions.withdraw

    async def withdraw(self: Interventions, request: FulfillmentRequest) -> Withdrawal:
        answer = await right(self, request)
        if not answer.gone:
            raise Rejected(answer.words)
        return answer

    patch.setattr(Interventions, "withdraw", withdraw)


@bug("warehouse.bundles", "told are {}")
def bundles_not_taken_apart(patch: pytest.MonkeyPatch) -> None:
    async def none(self: KnownItems, skus: Sequence[str]) -> dict[str, Any]:
        return {}

    patch.setattr(KnownItems, "bundle_parts", none)


@bug("warehouse.shortages", "people gave up .* by line, told was")
def short_pick_that_goes_on_told_as_given_up(patch: pytest.MonkeyPatch) -> None:
    right = MessageReader.shortages

    def doubled(self: MessageReader, record: Any) -> Any:
        return [one.model_copy(update={"quantity": one.quantity + 1}) for one in right(self, record)]

    patch.setattr(MessageReader, "shortages", doubled)


@bug("warehouse.movements", "pieces were told as pulled")
def picks_told_twice(patch: pytest.MonkeyPatch) -> None:
    right = MessageReader.movement

    def doubled(self: MessageReader, record: Any) -> Any:
        move = right(self, record)
        return move.model_copy(update={"quantity": move.quantity * 2}) if move and move.order_number else move

    patch.setattr(MessageReader, "movement", doubled)


@bug("warehouse.false_calls", "a call without its proof gave")
def calls_read_without_proof(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue, "require_proof", lambda *what: None)


@bug("warehouse.goods", "the warehouse expects .* told it was")
def goods_added_each_time_they_are_told(patch: pytest.MonkeyPatch) -> None:
    right, times = PurchaseOrderWriter._line, iter(range(1000))

    def under_a_new_id(self: PurchaseOrderWriter, line: Any) -> Any:
        return right(self, line.model_copy(update={"id": f"{line.id}-{next(times)}"}))

    patch.setattr(PurchaseOrderWriter, "_line", under_a_new_id)
    patch.setattr("crossdock_warehouseos.receiving.purchase_orders.differences", lambda order, standing: [])


@bug("warehouse.goods_doubt", "a receipt was given|and the goods are expected|is there 0 times")
def goods_sent_without_reading_back(patch: pytest.MonkeyPatch) -> None:
    async def expect(self: PurchaseOrders, order: Any) -> Receipt:
        await self._send(order, self._writer.document(order, None) or b"")
        return Receipt(order.number)

    patch.setattr(PurchaseOrders, "expect", expect)


@bug("warehouse.places", "are listed, in large ones")
def places_of_the_first_page_alone(patch: pytest.MonkeyPatch) -> None:
    right = Places.fetch_locations

    async def first(self: Places, cursor: Any) -> Page:
        return Page((await right(self, cursor)).records)

    patch.setattr(Places, "fetch_locations", first)


@bug("warehouse.again", "instead of raising AlreadyThere")
def receipt_for_what_was_there(patch: pytest.MonkeyPatch) -> None:
    right = Target.submit_order

    async def submit(self: Target, request: FulfillmentRequest) -> Receipt:
        try:
            return await right(self, request)
        except AlreadyThere as there:
            return Receipt(there.ref)

    patch.setattr(Target, "submit_order", submit)


@bug("warehouse.while_they_work", "people packed")
def more_acknowledged_than_was_given(patch: pytest.MonkeyPatch) -> None:
    right = HostQueue.acknowledge

    async def and_what_follows(self: HostQueue, ids: Sequence[str]) -> None:
        await right(self, ids)
        await right(self, [record.id for record in (await self.fetch()).records])

    patch.setattr(HostQueue, "acknowledge", and_what_follows)


@bug("warehouse.read_again", "was read in two ways")
def id_of_a_package_made_up(patch: pytest.MonkeyPatch) -> None:
    times = iter(range(1000))
    reading_otherwise(patch, lambda fact: fact.model_copy(update={"external_id": f"{fact.external_id}{next(times)}"}))


@bug("warehouse.fields", "notes came as 'x{20}', not")
def notes_cut(patch: pytest.MonkeyPatch) -> None:
    right = OrderWriter.values

    def cut(self: OrderWriter, request: FulfillmentRequest) -> dict[str, Any]:
        return right(self, request.model_copy(update={"notes": request.notes[:20]}))

    patch.setattr(OrderWriter, "values", cut)


@bug("warehouse.withdraw", "nobody works on order 1001, and when withdrawn it is")
def withdrawal_never_done(patch: pytest.MonkeyPatch) -> None:
    async def withdraw(self: Interventions, request: FulfillmentRequest) -> Withdrawal:
        return Withdrawal(gone=False, words="Available")

    patch.setattr(Interventions, "withdraw", withdraw)


@bug("warehouse.withdraw_strangers", "the number is another order's, and withdraw_order gave")
def order_of_somebody_else_withdrawn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OrderReader, "stranger", lambda self, found, request: "")


@bug("warehouse.hold_refused", "is somebody else's, and hold_order gave Receipt")
def order_of_somebody_else_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OrderReader, "stranger", lambda self, found, request: "")


@bug("warehouse.hold_doubt", "gave receipts for .* and people packed them")
def failed_hold_called_done(patch: pytest.MonkeyPatch) -> None:
    right = Interventions.hold

    async def hold(self: Interventions, request: FulfillmentRequest) -> Receipt:
        try:
            return await right(self, request)
        except CrossdockError:
            return Receipt(request.number)

    patch.setattr(Interventions, "hold", hold)


@bug("warehouse.putaways", "people put away .* told was")
def putaways_doubled(patch: pytest.MonkeyPatch) -> None:
    right = MessageReader.putaway

    def doubled(self: MessageReader, record: Any) -> Any:
        fact = right(self, record)
        return fact and fact.model_copy(update={"quantity": fact.quantity * 2})

    patch.setattr(MessageReader, "putaway", doubled)


@bug("warehouse.sums", "below the parent lie .* told was")
def totals_of_one_item_too_few(patch: pytest.MonkeyPatch) -> None:
    right = Levels.under

    async def but_one(self: Levels, master_item: str) -> Any:
        return (await right(self, master_item))[1:]

    patch.setattr(Levels, "under", but_one)


@bug("warehouse.own_calls", "it raised NeedsAuth")
def every_call_refused(patch: pytest.MonkeyPatch) -> None:
    def refuse(*what: Any) -> None:
        raise NeedsAuth("no")

    patch.setattr(queue, "require_proof", refuse)
