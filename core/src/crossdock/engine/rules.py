"""What the operator decided for one pipeline, compiled for the flows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crossdock.domain import AdjustmentReason
from crossdock.engine.bundles import Bundles
from crossdock.engine.holding import HoldRules
from crossdock.engine.label_rules import LabelRules
from crossdock.engine.stock_rules import RepairRules, StockRules
from crossdock.hooks.records import OrderField
from crossdock.mapping import Areas, Direction, FieldRules, Filter, Saved, ShipMethods, StatusEvents


@dataclass(frozen=True)
class DistributionCenterRule:
    """One of the cart's distribution centres that is ours: the connection that ships from it (empty: the pipeline's),
    and the area in which that warehouse picks for it."""

    area: str = ""
    fulfillment_target: str = ""


@dataclass(frozen=True)
class PipelineRules:
    """The rules of one pipeline.

    `distribution_centers`: the cart's ids of the centres that are ours; empty means that every one is.
    `default_distribution_center` ships an order of which the cart does not say it. `areas`: at which of them the stock
    of a part of the warehouse counts. `bundles`: what bundles are made of that the cart does not take apart.
    `order_fields`: by connection, which fields the orders of a warehouse have, as far as it says; "" is the pipeline's.
    `order_filters` and `item_filters` say which orders and lines are taken, `holds` what keeps orders here.
    `acknowledge_after`: "release" (the warehouse has it) or "save" (our store has it).
    `changes_after_release`: "ask" (a person) or "replace" (take the order back and send the newer version).
    `short_picks`: what follows when a warehouse will not ship some pieces: "wait", "ask" (a person) or "cancel" (them
    at the cart). `cancel_reasons`: the warehouse's words for why, with letters folded -> the reason that the cart is
    told. `stock`: how the cart is told of stock, `repair`: which differences of both sides are corrected without a
    person. `tracking_patience`: how long a box waits for its number, which is looked for every `tracking_look_again`;
    `tells_untracked`: then the cart is told without one. `look_up_after`: a box that has waited so long is looked up by
    its order number, also where the provider lists its parcels. `fetches`: single orders are fetched when they are
    wanted. `labels`: which labels are bought. `recognises`: a box without a carrier is of that whose number it bears.
    """

    name: str
    distribution_centers: Mapping[str, DistributionCenterRule] = field(default_factory=dict)
    default_distribution_center: str = ""
    earliest_order_date: datetime | None = None
    order_filters: tuple[Filter, ...] = ()
    item_filters: tuple[Filter, ...] = ()
    holds: HoldRules = field(default_factory=HoldRules)
    inbound: ShipMethods = field(default_factory=ShipMethods)
    outbound: ShipMethods = field(default_factory=ShipMethods)
    areas: Areas = field(default_factory=Areas)
    bundles: Bundles = field(default_factory=dict)
    fields: FieldRules = field(default_factory=FieldRules)
    order_fields: Mapping[str, Sequence[OrderField]] = field(default_factory=dict)
    acknowledge_after: str = "release"
    changes_after_release: str = "ask"
    status_events: StatusEvents = field(default_factory=StatusEvents)
    short_picks: str = "wait"
    cancel_reasons: Mapping[str, AdjustmentReason] = field(default_factory=dict)
    stock: StockRules = field(default_factory=StockRules)
    repair: RepairRules = field(default_factory=RepairRules)
    tracking_patience: timedelta = timedelta(hours=24)
    tracking_look_again: timedelta = timedelta(minutes=5)
    tells_untracked: bool = False
    look_up_after: timedelta = timedelta(hours=12)
    fetches: bool = True
    labels: LabelRules = field(default_factory=LabelRules)
    recognises: bool = False

    @property
    def ship_methods(self) -> Mapping[Direction, ShipMethods]:
        """The ship methods of each direction."""
        return {Direction.INBOUND: self.inbound, Direction.OUTBOUND: self.outbound}

    @property
    def saved_methods(self) -> Saved:
        """The ship methods among them that people saved."""
        return {one: methods.saved for one, methods in self.ship_methods.items()}

    def with_saved(self, saved: Saved) -> "PipelineRules":
        """The same rules with the ship methods that people have saved by now."""
        now = {one: methods.with_saved(saved.get(one, ())) for one, methods in self.ship_methods.items()}
        if now == self.ship_methods:
            return self
        return replace(self, inbound=now[Direction.INBOUND], outbound=now[Direction.OUTBOUND])

    def is_ours(self, distribution_center: str) -> bool:
        """Whether orders at this centre are ours to ship."""
        return not self.distribution_centers or distribution_center in self.distribution_centers

    def area(self, distribution_center: str) -> str:
        """The warehouse area that picks for this centre; empty text if none was given."""
        rule = self.distribution_centers.get(distribution_center)
        return rule.area if rule else ""

    def warehouse(self, distribution_center: str) -> str:
        """The connection that ships from this centre; empty text where it is the pipeline's."""
        rule = self.distribution_centers.get(distribution_center)
        return rule.fulfillment_target if rule else ""

    @property
    def warehouses(self) -> Mapping[str, str]:
        """The connection that ships from each centre, where one was named."""
        named = {center: rule.fulfillment_target for center, rule in self.distribution_centers.items()}
        return {center: connection for center, connection in named.items() if connection}

    def fields_at(self, distribution_center: str) -> Sequence[OrderField]:
        """Which fields the orders of the warehouse have that ships from a centre; nothing where it does not say."""
        return self.order_fields.get(self.warehouses.get(distribution_center, ""), ())

    @property
    def assumed_center(self) -> str | None:
        """The centre that ships an order of which the cart does not say it; None where that is not known."""
        if self.default_distribution_center or len(self.distribution_centers) < 2:
            return self.default_distribution_center or next(iter(self.distribution_centers), "")
        return None
