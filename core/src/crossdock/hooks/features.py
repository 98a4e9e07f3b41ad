"""The features: what only some systems can do, as small protocols beside a role.

The engine asks whether a role object has a feature (`isinstance(target, AcknowledgesRecords)`), never which connector
it belongs to. What a role's methods promise holds here too: reads give raw records, writes carry our key and have a
look-up beside them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from crossdock.domain import (
    Address,
    AddressFinding,
    Area,
    BinLocation,
    BundleComponent,
    FulfillmentRequest,
    InventoryLevel,
    InventoryMovement,
    LabelFormat,
    LabelRequest,
    OrderAdjustment,
    OrderNotice,
    Parcel,
    ProductChange,
    ProductIdentity,
    PurchaseOrder,
    Putaway,
    RequestRefusal,
    Shipment,
    ShipmentConfirmation,
    ShipmentReversal,
    ShippingRate,
    Shortage,
    StockChange,
    StockReading,
)
from crossdock.hooks.records import (
    Cursor,
    FinalAnswer,
    LabelDraft,
    LabelFile,
    OrderField,
    Page,
    ProductAnswer,
    Receipt,
    Record,
    Withdrawal,
)


@runtime_checkable
class AcknowledgesRecords(Protocol):
    """Feature of a role: the remote queue keeps records until they are acknowledged, which is done after the save."""

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        """The records with these ids are safe with us; doing it twice must do no harm."""


@runtime_checkable
class ChecksConnection(Protocol):
    """Feature of a role: it can tell whether the connection works, for `crossdock check --connect`."""

    async def check(self) -> Sequence[str]:
        """A few lines about what was reached (accounts, warehouses); raises the error that follows otherwise."""


@runtime_checkable
class FetchesOrder(Protocol):
    """Feature of an order source: it gives a single order, whatever its state."""

    async def fetch_order(self, order_external_id: str) -> Record:
        """The order as it is now; raises `Rejected` when there is none of that id."""


@runtime_checkable
class SweepsOrders(Protocol):
    """Feature of an order source: a second, slower list that shows what the first one cannot.

    It holds every order that came in or changed lately, also those that bear our mark, and tells by `Record.marked`
    which ones do where the order itself does not (see `Order.acknowledged`): so marks that somebody else set,
    cancellations, moves between distribution centres and late imports are found.
    """

    async def sweep_orders(self, cursor: Cursor | None) -> Page:
        """One page of that list from `cursor` on (None: from as far back as the settings say)."""


@runtime_checkable
class ReachesBack(Protocol):
    """Feature of an order source: its first run can reach back to a moment that the operator names."""

    def cursor_from(self, moment: datetime) -> Cursor:
        """A cursor with which `fetch_orders` begins with the orders of this moment; pure."""


@runtime_checkable
class UndoesAcknowledgement(Protocol):
    """Feature of an order source: it can be told that we do not have an order after all."""

    async def unacknowledge_order(self, order_external_id: str) -> Receipt:
        """Take our mark off the order; doing it twice must have the effect of doing it once."""


@runtime_checkable
class ReceivesHints(Protocol):
    """Feature of an order source: it calls us when something happened.

    What it sends is never trusted: it only says which orders to fetch.
    """

    def read_hint(self, body: bytes) -> Sequence[str]:
        """The ids of the orders to fetch, at most a few; pure; raises `Unreadable` when the body names none."""


@runtime_checkable
class AdjustsOrders(Protocol):
    """Feature of an order source: orders and lines of it can be cancelled and refunded."""

    async def adjust_order(self, adjustment: OrderAdjustment) -> Receipt:
        """Ask the cart for one cancellation or refund; must not happen twice.

        Raises `Rejected` with the reason when the marketplace of the order does not allow it.
        """

    async def find_adjustment(self, adjustment: OrderAdjustment) -> Receipt | None:
        """What the cart knows of this adjustment, or None if it never arrived there."""

    async def adjustment_answers(self, adjustments: Sequence[OrderAdjustment]) -> Mapping[str, FinalAnswer]:
        """By key, what the marketplaces have made of these adjustments so far; one that is missing is pending."""


@runtime_checkable
class FollowsShipments(Protocol):
    """Feature of an order source: it later tells whether the marketplace accepted what the cart accepted."""

    async def shipment_answers(self, confirmations: Sequence[ShipmentConfirmation]) -> Mapping[str, FinalAnswer]:
        """By key, what the marketplaces have made of these shipments so far; one that is missing is pending."""


@runtime_checkable
class NamesCarriers(Protocol):
    """Feature of an order source: it knows by which names its carriers and classes usually go."""

    def carrier_names(self) -> Mapping[str, tuple[str, str]]:
        """By the code of a service (`crossdock carriers show`), the pair of carrier and class that is told there; pure.

        What an account really has may differ: it is a suggestion to the operator.
        """


@runtime_checkable
class HearsEvents(Protocol):
    """Feature of an order source: it hears of events of which there is nothing to settle, such as a release.

    Which ones, its `ConnectorInfo.hears` says.
    """

    async def note_event(self, notice: OrderNotice) -> Receipt:
        """Tell the cart what happened to one order; doing it twice must have the effect of doing it once."""


@runtime_checkable
class PutsProductsInBulk(Protocol):
    """Feature of a catalog sink: a slower way for many products at once, such as a file."""

    def bulk_size(self, waiting: int) -> int:
        """How many products to put at once in this way when so many wait; 0: rather one by one.

        `waiting` is the most that have waited in this run: what begins in bulk ends in bulk.
        """

    async def put_products_in_bulk(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        """As `put_products`, for at most `bulk_size` products.

        What this way refuses (`Rejected`), and where the system does not say which ones it took (`OutcomeUnknown`), is
        put again one by one.
        """


@runtime_checkable
class SetsStockInBulk(Protocol):
    """Feature of an inventory sink: a slower way for many stock levels at once, such as a file."""

    def bulk_size(self, waiting: int) -> int:
        """How many changes to take at once for this way when so many wait; 0: rather one by one."""

    async def set_stock_in_bulk(self, changes: Sequence[StockChange]) -> Sequence[ProductAnswer]:
        """Set the levels of at most `bulk_size` products, one answer a change and in their order.

        No product is among them twice, and no DIFFERENCE. Centres that a change does not name keep what they have.
        What this way refuses (`Rejected`), and where the system does not say which ones it took (`OutcomeUnknown`), is
        set again one by one.
        """


@runtime_checkable
class ListsStock(Protocol):
    """Feature of an inventory sink: it lists what it holds of all products, for a comparison of both sides."""

    async def fetch_stock(self, cursor: Cursor | None) -> Page:
        """One page of what the cart holds now (None: from the beginning of all of it)."""

    def read_listed_stock(self, record: Record) -> StockReading:
        """Translate one raw record, as `read_stock` would give it; pure."""


@runtime_checkable
class ListsProducts(Protocol):
    """Feature of a catalog source: it lists which products there are, and nothing else of them."""

    async def fetch_identities(self, cursor: Cursor | None) -> Page:
        """One page of all products that there are now; a record's id is that of `fetch_products`."""

    def read_identity(self, record: Record) -> ProductIdentity:
        """Translate one raw record; pure."""


@runtime_checkable
class HoldsOrders(Protocol):
    """Feature of a fulfillment target: work on an order can be stopped for a while."""

    async def hold_order(self, request: FulfillmentRequest) -> Receipt:
        """Nobody begins to work on the order; doing it twice must have the effect of doing it once.

        Raises `Rejected` with how far the work is when it cannot be stopped any more, and when there is no such order.
        """

    async def resume_order(self, request: FulfillmentRequest) -> Receipt:
        """Work on the order may begin (again); doing it twice must have the effect of doing it once."""


@runtime_checkable
class WithdrawsOrders(Protocol):
    """Feature of a fulfillment target: it can forget an order that nobody works on yet."""

    async def withdraw_order(self, request: FulfillmentRequest) -> Withdrawal:
        """Take the order back. It is gone only if a look-up afterwards has shown so; one that never was there is gone.

        An order on which work has begun stays: that is an answer, not an error. Doing it twice must have the effect of
        doing it once. Raises `Rejected` if the number is somebody else's.
        """


@runtime_checkable
class DescribesFields(Protocol):
    """Feature of a fulfillment target: it knows which fields its orders have, and what they can hold."""

    def order_fields(self) -> Sequence[OrderField]:
        """All fields that are filled from a request's notes, tags, source, area and custom fields; pure."""


@runtime_checkable
class TakesBundlesApart(Protocol):
    """Feature of a fulfillment target: some SKUs stand there for several others, whatever the cart knows of it."""

    async def bundle_parts(self, skus: Collection[str]) -> Mapping[str, Sequence[BundleComponent]]:
        """The parts of those SKUs that are bundles there; the others are left out.

        Such a SKU is asked for part by part, so that the cart is told of it when all of it is there.
        """


@runtime_checkable
class TellsMovements(Protocol):
    """Feature of a fulfillment target: among its records of work done are those of stock that moved."""

    def read_movement(self, record: Record) -> InventoryMovement | None:
        """Translate one raw record; None if it is of a kind that moved no stock; pure."""


@runtime_checkable
class TellsShipments(Protocol):
    """Feature of an inventory source: among its records of stock that moved are those of picked and packed work."""

    def read_shipment(self, record: Record) -> Shipment | ShipmentReversal | RequestRefusal | None:
        """Translate one raw record; None if it is of a kind that reports no shipment; pure."""


@runtime_checkable
class TellsShortages(Protocol):
    """Feature of a fulfillment target or an inventory source: among its records are those of pieces that it will not
    ship."""

    def read_shortages(self, record: Record) -> Sequence[Shortage]:
        """Translate one raw record; nothing if it is of a kind that reports no shortage; pure."""


@runtime_checkable
class TellsPutaways(Protocol):
    """Feature of a fulfillment target or an inventory source: among its records are those of received goods."""

    def read_putaway(self, record: Record) -> Putaway | None:
        """Translate one raw record; None if it is of a kind that reports no putaway; pure."""


@runtime_checkable
class ExpectsGoods(Protocol):
    """Feature of an inventory source: it can be told which goods to expect."""

    async def expect_goods(self, order: PurchaseOrder) -> Receipt:
        """Create or update one purchase order; doing it twice must have the effect of doing it once.

        Lines that the warehouse does not have are added, quantities that differ are set, none is taken away.
        """


@runtime_checkable
class ListsPlaces(Protocol):
    """Feature of an inventory source: it tells its areas and locations."""

    async def list_areas(self) -> Sequence[Area]:
        """All areas, in the warehouse's own order."""

    async def fetch_locations(self, cursor: Cursor | None) -> Page:
        """One page of locations."""

    def read_location(self, record: Record) -> BinLocation:
        """Translate one raw location; pure."""


@runtime_checkable
class SumsStock(Protocol):
    """Feature of an inventory source: it sums what there is of every item below one parent."""

    async def stock_under(self, master_item: str) -> Sequence[InventoryLevel]:
        """The total of each item below this parent, wherever it lies; none below one that is not known."""


@runtime_checkable
class ReceivesRecords(Protocol):
    """Feature of a fulfillment target, an inventory source or a shipping provider: it sends us its records by
    itself, and only once.

    They are stored before the call is answered, and read like those that were fetched.
    """

    def read_push(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Record]:
        """The records in one call (header names in lower case), at most a few, none of what is not ours; pure.

        Raises `NeedsAuth` when the call does not prove where it comes from or is too old, `Unreadable` when its body
        holds no record.
        """


@runtime_checkable
class ListsParcels(Protocol):
    """Feature of a shipping provider: it lists labels as they are made and taken back, whoever bought them."""

    async def fetch_parcels(self, cursor: Cursor | None) -> Page:
        """One page of raw parcels from `cursor` on (None: from as far back as the settings say).

        The same label may come again, in any order. A checkpoint reaches back over what that system may show late.
        """


@runtime_checkable
class BuysLabels(Protocol):
    """Feature of a shipping provider: it sells labels, in steps of which only one costs money.

    A draft is found under our key, or made; one of its rates is bought; what was bought is found under the same key.
    A draft can be bought once only, so that a lost answer is settled by looking, never by buying again.
    """

    async def find_label(self, wanted: LabelRequest) -> LabelDraft | None:
        """What there is under this key: a draft with its rates, or what was bought; None if there is nothing."""

    async def draft_label(self, wanted: LabelRequest) -> LabelDraft:
        """Make a draft under this key; it costs nothing. Raises `Rejected` when the wish cannot be fulfilled."""

    async def buy_label(self, wanted: LabelRequest, draft: LabelDraft, rate: ShippingRate) -> Receipt:
        """Buy one rate of a draft; must not happen twice. Raises `AlreadyThere` when this draft was bought before."""

    async def fetch_label(self, parcel: Parcel, format: LabelFormat) -> LabelFile:
        """The file that the label of a bought parcel is printed from; another format where this one is not made."""

    async def void_label(self, parcel: Parcel) -> FinalAnswer:
        """Take a bought label back; PENDING when the carrier decides later. Doing it twice must do no harm."""


@runtime_checkable
class ChecksAddresses(Protocol):
    """Feature of a shipping provider: it can say whether an address can be delivered to."""

    async def check_address(self, address: Address) -> AddressFinding:
        """What it thinks of an address; nothing is kept there."""
