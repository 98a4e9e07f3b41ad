"""What the engine needs from the place where things are kept. Every call is one transaction.

Calls that take a `Lease` first check its fence: a run that lost its lease can write nothing (`LeaseLost`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from crossdock.domain import (
    FulfillmentRequest,
    Order,
    Parcel,
    Shipment,
    ShipmentConfirmation,
)
from crossdock.engine.amendment import Amendment, Amendments
from crossdock.engine.claim_ports import StockTakings
from crossdock.engine.edits import Edits
from crossdock.engine.facts import FactSource, ReadRecord
from crossdock.engine.goods_ports import Goods
from crossdock.engine.label_ports import Labels
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Answered, Followed, Kind, NewPromise, Notices, Promise, Settlement
from crossdock.engine.level_ports import Levels
from crossdock.engine.movement_ports import Movements
from crossdock.engine.parcel_ports import Parcels, ParcelUse
from crossdock.engine.problems import Code, Problem
from crossdock.engine.receiving_ports import Receiving
from crossdock.engine.reconciliation_ports import Reconciliations
from crossdock.engine.run_ports import Runs
from crossdock.engine.shortage_ports import Shortages
from crossdock.hooks.records import Cursor, Record
from crossdock.mapping import Saved


class OrderState(StrEnum):
    """Where an order stands with us."""

    UNREADABLE = "unreadable"
    WAITING = "waiting"
    SKIPPED = "skipped"
    READY = "ready"
    HELD = "held"
    RELEASING = "releasing"
    RELEASED = "released"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


BEFORE_RELEASE = (
    OrderState.UNREADABLE,
    OrderState.WAITING,
    OrderState.SKIPPED,
    OrderState.READY,
    OrderState.HELD,
)
"""In these states a newer version of the order replaces the older one; later ones keep what the warehouse was told."""


class ShipmentState(StrEnum):
    """Where a shipment of the warehouse stands with us."""

    NEW = "new"
    AWAITING_TRACKING = "awaiting_tracking"
    AWAITING_ANSWER = "awaiting_answer"
    NOT_TOLD = "not_told"
    HELD = "held"
    PLANNED = "planned"
    UNKNOWN = "unknown"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """What the store holds of a record that came again; `changed_at` is the cart's own word.

    `partly_there`: before its release as a whole, and a warehouse has a part of it.
    """

    digest: bytes
    state: OrderState
    fingerprint: str
    reason: str = ""
    acknowledged: bool = False
    changed_at: datetime | None = None
    edits: Edits = ()
    partly_there: bool = False

    def held_for(self, *reasons: str) -> bool:
        """Whether it is held for one of these reasons."""
        return self.state is OrderState.HELD and self.reason.startswith(reasons)


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """One order of a page: the record, what became of it, and its document unless it was unreadable.

    `before_release`: it was judged as one that the warehouse has not got. `known_as`: the state and the reason that it
    had then, where it was known. `edits` are the corrections that were known, `kept_edits` those that still count.
    """

    record: Record
    digest: bytes
    state: OrderState
    reason: str = ""
    order: Order | None = None
    fingerprint: str = ""
    before_release: bool = False
    known_as: tuple[OrderState, str] | None = None
    edits: Edits = ()
    kept_edits: Edits = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A single order that somebody wants to be fetched; `asked_at` is when it was wanted last."""

    external_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as the store holds it.

    `ready_since` is when it could first have been released. `approved`: a person has let this version of it go.
    """

    id: int
    external_id: str
    order: Order
    ready_since: datetime | None = None
    approved: bool = False


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What is to become of one ready order: its requests, or why it is held, by whom, and until when if that is known.

    `left_out` says which lines are in no request by the operator's rules, and why.
    """

    order_id: int
    requests: tuple[FulfillmentRequest, ...] = ()
    state: OrderState = OrderState.RELEASING
    reason: str = ""
    held_by: str = ""
    held_until: datetime | None = None
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class StoredShipment:
    """A shipment as the store holds it; `unlabelled`: it is without a number, as its label was taken back."""

    id: int
    state: ShipmentState
    shipment: Shipment
    first_seen: datetime
    unlabelled: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmCase:
    """All that is needed to decide what the cart is told about one order; `told` is what it was told, or will be.

    `cancelled`: units by order line that were cancelled at the cart after the warehouse was asked for them; of those
    that are `undecided` the marketplace has not said yet whether they are. `aside` are shipments that are not looked at
    now. `spare` are labels of its order numbers that are no box's.
    """

    order: StoredOrder
    requests: tuple[FulfillmentRequest, ...]
    planned: tuple[StoredShipment, ...]
    open: tuple[StoredShipment, ...]
    told: tuple[ShipmentConfirmation, ...] = ()
    cancelled: Mapping[str, int] = field(default_factory=dict)
    undecided: Mapping[str, int] = field(default_factory=dict)
    aside: tuple[StoredShipment, ...] = ()
    spare: tuple[Parcel, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmPlan:
    """The new state (and perhaps the completed document) of an order's shipments, and what the cart is told.

    `reasons` say why a shipment waits, `uses` which parcels are theirs.

    It rests on shipments as they were `seen`: where one of them has changed since, or a parcel is not free any more,
    nothing of the plan is written.
    """

    order_id: int
    states: Mapping[int, ShipmentState]
    promises: tuple[NewPromise, ...] = ()
    completed: Mapping[int, Shipment] = field(default_factory=dict)
    look_again_at: datetime | None = None
    seen: Mapping[int, ShipmentState] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)
    uses: tuple[ParcelUse, ...] = ()


class Wishes(Protocol):
    """Single orders that somebody asked for; a wish is fulfilled at least once."""

    async def want_orders(self, pipeline: str, external_ids: Collection[str], asked_by: str, *, now: datetime) -> None:
        """Note that these orders are to be fetched, and make the flow due that does it."""

    async def wanted_orders(self, pipeline: str, limit: int) -> Sequence[Wish]:
        """Some orders that are wanted, the oldest wish first."""

    async def settle_wishes(
        self, lease: Lease, wishes: Sequence[Wish], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        """Forget wishes that were fulfilled or refused, unless they were made anew since, and close their problems.

        The problems given are opened.
        """


class Intake(Protocol):
    """Records in: raw stored, translated, deduplicated, the checkpoint moved, in one transaction."""

    async def known_orders(self, pipeline: str, ids: Sequence[str]) -> Mapping[str, KnownOrder]:
        """What is held of these external ids."""

    async def records_to_reread(self, pipeline: str, kind: str, limit: int) -> Sequence[Record]:
        """Raw records of a kind that are to be read (again): a person asked for it, or they came by themselves."""

    async def save_orders(
        self,
        lease: Lease,
        connection: str,
        orders: Sequence[ReadOrder],
        problems: Sequence[Problem],
        checkpoint: Cursor | None,
        *,
        amendments: Mapping[str, Amendment] = MappingProxyType({}),
        now: datetime,
    ) -> None:
        """Keep one page of orders. Orders past release keep their document and state.

        `amendments`: orders (by their ids at the cart) that are to be taken back from the warehouse; where that is
        promised, the problem of the same order is not opened.
        """

    async def save_facts(
        self,
        lease: Lease,
        source: FactSource,
        read: Sequence[ReadRecord],
        problems: Sequence[Problem],
        checkpoint: Cursor | None,
        *,
        now: datetime,
    ) -> Mapping[str, int]:
        """Keep one page of a warehouse's work; facts known already change nothing. Says how many of each were new.

        A shipment whose number belongs to no request of the pipeline is kept as `unknown`, with a problem. Every hearer
        gets each movement, and the flow is made due that tells its cart.
        """


class Orders(Protocol):
    """Orders on their way to the warehouse."""

    async def ready_orders(self, pipeline: str, limit: int, *, after: int = 0) -> Sequence[StoredOrder]:
        """Some orders that are ready to be planned, oldest first; only those behind a certain one.

        Not those which are to be fetched again, or of which a cancellation or refund has not been accepted.
        """

    async def reconsider_held(self, pipeline: str, code: Code, *, now: datetime) -> int:
        """Put back to work what is held for this reason: orders become ready, shipments are looked at. Says how many.

        An order's reason begins with the code; held shipments are those of `UNMAPPED_CARRIER`, movements that wait for
        a rule those of `UNMAPPED_AREA`.
        """

    async def saved_methods(self, pipeline: str) -> Saved:
        """The rules for ship methods that people have saved by now."""

    async def end_holds(self, pipeline: str, *, fetches: bool, now: datetime) -> int:
        """Make ready the orders that were held until now; those that a person held are read again. Says how many.

        With `fetches` each of them is wanted, so that it is fetched before its release.
        """

    async def next_hold_end(self, pipeline: str) -> datetime | None:
        """When the next hold ends by itself."""

    async def save_plans(
        self,
        lease: Lease,
        connection: str,
        plans: Sequence[ReleasePlan],
        problems: Sequence[Problem],
        *,
        elsewhere: Mapping[str, str] = MappingProxyType({}),
        acknowledge_on: str | None,
        methods: Saved | None = None,
        now: datetime,
    ) -> tuple[Sequence[Promise], Collection[int]]:
        """Write the release promises, those to this connection already claimed (`sent`), and the new states.

        `elsewhere`: the connection that ships from a distribution centre, where it may be another one; its own run
        claims what is promised to it.

        `methods`: what people had saved when this was decided; what would be held is left for the next round where they
        have saved something else since.

        Returns the promises and the ids of orders whose number was taken by another order: nothing is written for
        those. `acknowledge_on`: the connection on which an acknowledgement is promised at once.
        """

    async def confirm_cases(self, pipeline: str, limit: int, *, now: datetime) -> Sequence[ConfirmCase]:
        """Orders with shipments that the cart was not told about yet and that are due to be looked at."""

    async def confirm_case(self, order_id: int, *, now: datetime) -> ConfirmCase:
        """The same of one order."""

    async def save_confirmations(
        self,
        lease: Lease,
        plans: Sequence[ConfirmPlan],
        problems: Sequence[Problem],
        *,
        methods: Saved | None = None,
        now: datetime,
    ) -> Sequence[Promise]:
        """Write the confirm promises, already claimed (`sent`), and the shipments' new states; `methods` as above."""


class Ledger(Protocol):
    """Promises on their way to be kept."""

    async def claim(self, lease: Lease, connection: str, kind: Kind, limit: int, *, now: datetime) -> Sequence[Promise]:
        """Take some promises that are due: `due` ones become `sent`, `in_doubt` ones stay and must be looked up."""

    async def settle(
        self,
        lease: Lease,
        settlements: Sequence[Settlement],
        problems: Sequence[Problem],
        *,
        acknowledge_on: str | None,
        notices: Notices | None = None,
        now: datetime,
    ) -> int:
        """Write what became of some attempts, the states of their orders, and the exchanges noted so far.

        A release whose whole order is with the warehouse promises an acknowledgement on `acknowledge_on`. Says how
        many were promised. Problems of promises that are done close. `notices`: who is promised to hear of orders
        that are wholly with the warehouse.
        """

    async def note_waiting(self, lease: Lease, connection: str, kind: Kind, why: str, *, now: datetime) -> None:
        """Say in promises that are due, and in nobody's hands, why they are not kept now."""

    async def to_follow(
        self, pipeline: str, connection: str, kind: Kind, limit: int, *, now: datetime
    ) -> Sequence[Followed]:
        """Some kept promises of which it is time to ask what the marketplace made of them, longest due first."""

    async def note_answers(
        self, lease: Lease, answers: Sequence[Answered], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        """Write what marketplaces answered.

        An order of which something was cancelled or refunded is wanted again, and is held where that was refused.
        """


class Store(
    StockTakings,
    Runs,
    Wishes,
    Intake,
    Orders,
    Amendments,
    Ledger,
    Shortages,
    Goods,
    Labels,
    Levels,
    Movements,
    Parcels,
    Receiving,
    Reconciliations,
    Protocol,
):
    """All of it."""
