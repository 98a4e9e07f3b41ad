"""The tables of the config file; the settings of a connection are its connector's own."""

from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, PrivateAttr, model_validator

from crossdock.config.aliases import AliasTable
from crossdock.config.bundles import BundleTable
from crossdock.config.order_options import Fields, Holds, ItemFilters, OrderFilters, StatusEvents
from crossdock.config.references import ALLOWED, Reference, SecretText, Text
from crossdock.config.schedule import Schedule
from crossdock.config.shipping_options import Labels, ShipFrom, Tracking
from crossdock.config.stock_options import Reconcile, Stock
from crossdock.config.table import Table
from crossdock.domain import AdjustmentReason, UtcDatetime
from crossdock.mapping import AreaRule, Areas, contradictions


def check_address(url: str) -> str:
    """The address, if it is one of a database that crossdock can use."""
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    raise ValueError("sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")


def _without_password(url: str | Reference) -> str | Reference:
    if isinstance(url, str) and urlsplit(check_address(url)).password:
        raise ValueError(f"an address without a password; one with a password must be {ALLOWED}")
    return url


class Store(Table):
    """Where everything is kept, and for how long."""

    url: Annotated[Text, AfterValidator(_without_password), Field(repr=False)] = "sqlite:///crossdock.db"
    """SQLAlchemy address of the database: `sqlite:///FILE` (below the folder of this file) or
    `postgresql+psycopg://…`; an address with a password must be a reference."""
    keep_exchanges_days: PositiveInt = 30
    """Days for which requests and answers are kept."""
    keep_buyer_data_days: PositiveInt = 30
    """Days after shipment for which the buyer's data is kept."""
    keep_reports_days: PositiveInt = 365
    """Days for which reports on both sides of the stock are kept."""


class Plugins(Table):
    """Plugins beside the connectors."""

    extra: tuple[str, ...] = ()
    """Names of extensions to load: plugins that decorate connectors or listen."""


def _check_place(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    if host and port.isascii() and port.isdigit() and int(port) < 65536:
        return listen
    raise ValueError("HOST:PORT, such as 127.0.0.1:8095")


class Webhooks(Table):
    """Where carts call crossdock when something has happened, at `/webhooks/CONNECTION/SECRET`; without this table,
    nowhere."""

    listen: Annotated[str, AfterValidator(_check_place)] = "127.0.0.1:8095"
    """Address and port; let a proxy that speaks HTTPS stand before it."""
    secret: SecretText
    """The last part of the address that carts are given: at least 16 letters, digits, - and _."""


class Services(Table):
    """How often each service of a pipeline runs."""

    download: Schedule = Field("5m", validate_default=True)
    """Read orders from the cart."""
    release: Schedule = Field("1m", validate_default=True)
    """Send requests to the warehouse."""
    amend: Schedule = Field("1m", validate_default=True)
    """Take orders back from the warehouse that a person wants back, or that the cart has changed."""
    acknowledge: Schedule = Field("1m", validate_default=True)
    """Tell the cart that we have its orders."""
    collect: Schedule = Field("5m", validate_default=True)
    """Read shipments from the warehouse, and tracking numbers."""
    parcels: Schedule = Field("5m", validate_default=True)
    """Read tracking numbers from the shipping provider, where it lists them."""
    void: Schedule = Field("1m", validate_default=True)
    """Take labels back that a person does not want any more."""
    label: Schedule = Field("1m", validate_default=True)
    """Buy labels for packed boxes, where the pipeline buys them."""
    confirm: Schedule = Field("5m", validate_default=True)
    """Tell the cart what was shipped."""
    fetch: Schedule = Field("1m", validate_default=True)
    """Read single orders that somebody asked for: a person, or the cart by a webhook."""
    sweep: Schedule = Field("6h", validate_default=True)
    """Read everything that came in or changed lately, to find what the first list cannot show."""
    adjust: Schedule = Field("1m", validate_default=True)
    """Ask the cart for cancellations and refunds."""
    notify: Schedule = Field("1m", validate_default=True)
    """Tell the cart of events that are no shipment and no cancellation, where it can hear of them."""
    follow: Schedule = Field("15m", validate_default=True)
    """Ask the cart what the marketplaces made of shipments, cancellations and refunds."""
    levels: Schedule = Field("1h", validate_default=True)
    """Count what lies in the warehouse, and find the levels that are news to the cart, where it is told levels."""
    stock: Schedule = Field("1m", validate_default=True)
    """Tell the cart of changed quantities."""
    movements: Schedule = Field("5m", validate_default=True)
    """Read how stock moved, from an inventory source that tells it by no other way."""
    expect: Schedule = Field("1m", validate_default=True)
    """Tell the warehouse which goods to expect."""
    catalog: Schedule = Field("1h", validate_default=True)
    """Read products."""
    census: Schedule = Field("0 2 * * *", validate_default=True)
    """Compare the products that were read with those that are still there."""
    publish: Schedule = Field("5m", validate_default=True)
    """Put changed products to the catalog sink."""
    reconcile: Schedule = Field("0 3 * * *", validate_default=True)
    """Compare the stock of the warehouse with that of the cart."""


class DistributionCenter(Table):
    """One distribution centre that is ours."""

    fulfillment_target: str | None = None
    """The connection that ships from this centre; without it, the pipeline's."""
    area: str = ""
    """The warehouse's own name for the part of it that ships."""
    stock_areas: tuple[str, ...] | None = None
    """The areas whose stock counts for this centre, exact or as patterns such as `BULK*`; without it, its `area`. The
    empty name is stock without an area."""
    ship_from: ShipFrom | None = None
    """Where its parcels come from; labels are bought for a centre with it only."""

    @property
    def counted_areas(self) -> tuple[str, ...]:
        """The areas whose stock counts for this centre."""
        return self.stock_areas if self.stock_areas is not None else (self.area,) if self.area else ()


class ShipMethod(Table):
    """A carrier and one of its services."""

    carrier: str
    """The carrier."""
    service: str
    """The carrier's service or class."""


class ShipMethodRule(Table):
    """If site, carrier and service fit, take the ship method `to`."""

    site: str = "*"
    """Marketplace or shop: exact text or a pattern such as `Amazon*`."""
    carrier: str = "*"
    """Carrier, exact or as a pattern."""
    service: str = "*"
    """Service or class, exact or as a pattern."""
    to: ShipMethod
    """What to use instead."""


class ShipMethods(Table):
    """How ship methods are translated: an exact rule first, then a pattern, then the rule that takes anything."""

    unmapped: Literal["hold", "pass"] = "hold"
    """An order that no rule fits: `hold` it until there is a rule, or `pass` the cart's own words on."""
    inbound: tuple[ShipMethodRule, ...] = ()
    """What the cart asks for -> what the warehouse is told."""
    outbound: tuple[ShipMethodRule, ...] = ()
    """What the warehouse used -> what the cart is told."""
    known_names: Literal["suggest", "use"] = "suggest"
    """The pairs by which carriers usually go at the cart, where its connector knows them: `suggest` them for what no
    outbound rule fits, or `use` them there."""
    recognise: Literal["suggest", "use"] = "suggest"
    """The carrier that a box is of by the check digit of its tracking number, where the warehouse names none: `suggest`
    it, or `use` it before the outbound rules are asked."""


def _at_midnight(value: Any) -> Any:
    if isinstance(value, str):
        with suppress(ValueError):  # a day between quotation marks; what is no day is a moment, or a mistake
            value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.min, UTC)
    return value


class Pipeline(Table):
    """One stream of orders: who sells, who ships, by which rules and how often."""

    client: str = ""
    """Whose pipeline it is: the merchant, for whom lists and alerts can be filtered."""
    order_source: str | None = None
    """The connection that orders come from; with it goes a fulfillment target."""
    fulfillment_target: str | None = None
    """The connection that ships them."""
    shipping_provider: str | None = None
    """The connection that knows the tracking numbers, if the warehouse does not."""
    inventory_sink: str | None = None
    """The connection that is told how much of each product there is."""
    inventory_source: str | None = None
    """The connection that tells how stock moves, and what lies where."""
    catalog_source: str | None = None
    """The connection that products are read from."""
    catalog_sink: str | None = None
    """The connection that changed products are put to."""
    enabled: bool = True
    """Whether the pipeline runs."""
    earliest_order_date: Annotated[UtcDatetime, BeforeValidator(_at_midnight)] | None = None
    """Orders placed before this date (at midnight UTC) or moment are skipped; the first run reaches back to it."""
    order_filters: OrderFilters = ()
    """Conditions on orders; an order that fails one is skipped, with the reason."""
    item_filters: ItemFilters = ()
    """Conditions on lines; a line that fails one is not sent to the warehouse."""
    holds: Holds = Holds()
    """What keeps an order here before its release."""
    fields: Fields = Fields()
    """How the fields of the warehouse's order are made."""
    bundles: str | None = None
    """A CSV file (below the folder of the config) that says what bundles are made of, for SKUs of which the cart does
    not: columns bundle, component, quantity."""
    status_events: StatusEvents = StatusEvents()
    """Of what the cart is told."""
    short_picks: Literal["wait", "ask", "cancel"] = "wait"
    """Units that the warehouse will not ship: `wait` for them, `ask` a person, or `cancel` them at the cart."""
    cancel_reasons: dict[str, AdjustmentReason] = Field(default_factory=dict)
    """The warehouse's reasons -> the reason that the cart is told; without one, `not_available`."""
    acknowledge: Literal["after_release", "after_save"] = "after_release"
    """Tell the cart that we have an order when the warehouse has it, or already when it is saved."""
    changes_after_release: Literal["ask", "replace"] = "ask"
    """An order that the cart changes after its release: `ask` a person, or `replace` it: take it back from the
    warehouse while nobody works on it there, and send the newer version. Where that cannot be, a person is asked."""
    services: Services = Services()
    """How often each service runs."""
    distribution_centers: dict[str, DistributionCenter] = Field(default_factory=dict)
    """The cart's ids of the distribution centres that are ours; what is allocated to others is left alone. Without
    any, every one is ours."""
    default_distribution_center: str | None = None
    """The centre that ships an order of which the cart does not say it."""
    unsold_areas: tuple[str, ...] = ()
    """Areas whose stock counts for no distribution centre, exact or as patterns: quarantine, receiving."""
    stock: Stock = Stock()
    """How the cart is told of stock: differences or levels, and what guards them."""
    reconcile: Reconcile = Reconcile()
    """Which differences of both sides of the stock are corrected without a person."""
    tracking: Tracking = Tracking()
    """How long boxes wait for their tracking numbers, and what follows then."""
    labels: Labels = Labels()
    """Which labels are bought for packed boxes."""
    ship_methods: ShipMethods = ShipMethods()
    """How ship methods are translated."""
    _table: BundleTable = PrivateAttr(default_factory=dict)
    _aliases: AliasTable = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> "Pipeline":
        """A pipeline does something, and what belongs together is there together."""
        if self.catalog_sink and not self.catalog_source:
            raise ValueError("a catalog_sink needs a catalog_source that products come from")
        if self.more_targets and not self.order_source:
            raise ValueError("a distribution centre with a fulfillment_target needs an order_source and its own target")
        if not self.roles:
            raise ValueError(
                "a pipeline needs order_source and fulfillment_target, an inventory_sink or a catalog_source"
            )
        return self

    @model_validator(mode="after")
    def _combines_at_its_own(self) -> "Pipeline":
        """Stock is told together at a centre that is ours."""
        center, known = self.stock.combined_at, self.distribution_centers
        if center is not None and center not in known:
            raise ValueError(f"a `stock.combined_at` among its distribution centres: {', '.join(known) or 'none'}")
        return self

    @model_validator(mode="after")
    def _sells_labels(self) -> "Pipeline":
        """Labels are bought of somebody."""
        if self.labels.buy and not self.shipping_provider:
            raise ValueError("a `shipping_provider` that sells labels, where `labels.buy` is true")
        return self

    @model_validator(mode="after")
    def _knows_aliases(self) -> "Pipeline":
        """Aliases stand in a file, or in the catalogue."""
        if self.stock.alias and not self.stock.aliases and not self.catalog_source:
            raise ValueError("a file of `stock.aliases`, or a catalog_source, where products have the `stock.alias`")
        return self

    @model_validator(mode="after")
    def _counts_once(self) -> "Pipeline":
        """No stock counts at two places."""
        if self.inventory_source and (wrong := contradictions(self.area_rules)):
            raise ValueError("; ".join(wrong))
        return self

    @property
    def area_rules(self) -> tuple[AreaRule, ...]:
        """Where the stock of each area counts, in the order in which patterns are tried: not for sale comes first."""
        sold = [
            AreaRule(area, center) for center, one in self.distribution_centers.items() for area in one.counted_areas
        ]
        return (*(AreaRule(area, None) for area in self.unsold_areas), *sold)

    @property
    def bundle_table(self) -> BundleTable:
        """What the file of bundles says."""
        return self._table

    def with_bundles(self, table: BundleTable) -> "Pipeline":
        """The same pipeline, with what its file of bundles says."""
        knowing = self.model_copy()
        knowing._table = table
        return knowing

    @property
    def alias_table(self) -> AliasTable:
        """What the file of aliases says of the type by which the cart knows the products."""
        return self._aliases

    def with_aliases(self, table: AliasTable) -> "Pipeline":
        """The same pipeline, with what its file of aliases says."""
        knowing = self.model_copy()
        knowing._aliases = table
        return knowing

    @property
    def more_targets(self) -> tuple[str, ...]:
        """The connections that ship from a distribution centre beside the pipeline's own."""
        named = (one.fulfillment_target for one in self.distribution_centers.values())
        return tuple(dict.fromkeys(name for name in named if name and name != self.fulfillment_target))

    @property
    def areas(self) -> Areas:
        """Where the stock of each area counts; without a word on areas, all of the warehouse is the only centre, where
        there is but one."""
        rules, centers = self.area_rules, self.distribution_centers
        silent = not rules and all(one.stock_areas is None for one in centers.values())
        return Areas(rules, everywhere=next(iter(centers)) if silent and len(centers) == 1 else None)

    @property
    def roles(self) -> dict[str, str]:
        """The connection that is bound to each role."""
        bound = {role: getattr(self, role) for role in ROLES}
        return {role: name for role, name in bound.items() if name is not None}


TARGET = "fulfillment_target"
ROAD = ("order_source", TARGET)
"""The two ends of the road of orders: a pipeline has both or neither."""

ROLES = (
    *ROAD,
    "shipping_provider",
    "inventory_sink",
    "inventory_source",
    "catalog_source",
    "catalog_sink",
)
"""The keys of a pipeline that name a connection."""
