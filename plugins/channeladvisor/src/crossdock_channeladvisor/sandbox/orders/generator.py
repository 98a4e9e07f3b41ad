"""Orders from a seed: order number `index` is the same whatever else a scenario asks for.

Of a hundred orders about 4 are shipped by Amazon (FBA), 1 or 2 are mixed, 3 are not paid yet, 1 is cancelled, and 6 of
the others leave from both of the seller's distribution centres. A few have a repeated SKU, bundles, notes, tags, gift
messages, names in other alphabets, a late import, or more than 20 lines.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from crossdock_channeladvisor.sandbox.catalogue import (
    AMAZON,
    EAST,
    FBA,
    ITEM_SKUS,
    KIT_SKUS,
    KITS,
    SITES,
    WEST,
    Site,
    cents,
    product_id,
    title,
)
from crossdock_channeladvisor.sandbox.documents import (
    BundleComponent,
    CustomField,
    Fulfillment,
    FulfillmentItem,
    Order,
    OrderItem,
    Promotion,
)
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders import people

T = TypeVar("T")

FIRST_ORDER_ID = 555_000_001
LINES_MOST = 64
_SITES, _SITE_WEIGHTS = tuple(SITES), tuple(SITES.values())


def stamp(moment: datetime, fraction: str = "") -> str:
    """A moment as the service writes it: UTC, a `Z`, and 0 to 7 digits of a second."""
    whole = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def stamp_now(skew: float = 0) -> str:
    """This moment by a clock that is `skew` seconds ahead, to the microsecond and without trailing zeros."""
    return stamp_at(datetime.now(UTC) + timedelta(seconds=skew))


def stamp_at(moment: datetime) -> str:
    """A moment to the microsecond and without trailing zeros."""
    return stamp(moment, f"{moment.microsecond:06}".rstrip("0"))


@dataclass(frozen=True, slots=True)
class Ids:
    """Where the ids of one order's rows begin."""

    order: int
    item: int
    fulfillment: int
    fulfillment_item: int

    @classmethod
    def of(cls, index: int) -> "Ids":
        """The ids of the order with this number in the sequence."""
        first_item, first_row = 700_000_000 + index * LINES_MOST, 1_000_000_000 + index * 128
        return cls(FIRST_ORDER_ID + index, first_item, 810_000_000 + index * 8, first_row)


@dataclass(frozen=True, slots=True)
class Fate:
    """What kind of order it is, as its four statuses say."""

    rollup: str = "SellerManaged"
    checkout: str = "Completed"
    payment: str = "Cleared"
    shipping: str = "Unshipped"


FBA_SHIPPED = Fate(rollup="ExternallyManaged", shipping="Shipped")
MIXED = Fate(rollup="Mixed", shipping="PartiallyShipped")
THIRD_PARTY = Fate(shipping="ThirdPartyManaged")
CANCELLED = Fate(checkout="Disabled", shipping="Canceled")
UNPAID = (
    Fate(checkout="NotVisited", payment="NotYetSubmitted"),
    Fate(payment="Submitted"),
    Fate(checkout="OnHold", payment="Submitted"),
)
READY = (
    *[Fate()] * 17,
    *[Fate(checkout="CompletedAndVisited")] * 2,
    Fate(checkout="CompletedOffline"),
)


class Draft:
    """One order in the making: its dice, its ids and the moment it came in."""

    def __init__(self, seed: int, index: int, options: SandboxOptions, ids: Ids | None = None) -> None:
        self.index = index
        self.options = options
        self.ids = ids or Ids.of(index)
        self._dice = random.Random(f"{seed}/{index}")
        self.roll = self._dice.random
        self.profile = options.profiles[index % len(options.profiles)]
        self.imported = options.start + timedelta(seconds=index * options.seconds_between)

    def pick(self, choices: Sequence[T]) -> T:
        """One of several, each as likely."""
        return choices[int(self.roll() * len(choices))]

    def one_in(self, many: float) -> bool:
        """True once in `many` times."""
        return self.roll() * many < 1

    def site(self) -> Site:
        """Where it was sold."""
        return self._dice.choices(_SITES, _SITE_WEIGHTS)[0]

    def fraction(self) -> str:
        """The digits behind the seconds: 0 to 7 of them, as seen in recordings."""
        return self.pick(("", "57", "877", "1233333", "9133333"))


def generate_order(seed: int, index: int, options: SandboxOptions) -> Order:
    """The order with this number in the sequence."""
    draft = Draft(seed, index, options)
    fate = _fate(draft)
    site = AMAZON if fate in (FBA_SHIPPED, MIXED) else draft.site()
    return assemble(draft, site, fate, items(draft, _skus(draft, at_least=2 if fate is MIXED else 1)))


def _fate(draft: Draft) -> Fate:
    roll = draft.roll()
    for limit, fate in ((0.04, FBA_SHIPPED), (0.055, MIXED), (0.065, CANCELLED)):
        if roll < limit:
            return fate
    if roll >= 1 - draft.options.third_party:
        return THIRD_PARTY
    return draft.pick(UNPAID) if roll < 0.095 else draft.pick(READY)


def _skus(draft: Draft, at_least: int) -> list[str]:
    many = draft.roll() < draft.options.long_orders
    count = 21 + int(draft.roll() * 10) if many else draft.pick((1, 1, 1, 1, 1, 1, 2, 2, 3, 4))
    skus: list[str] = []
    for _ in range(max(count, at_least)):
        if skus and draft.one_in(20):
            skus.append(skus[-1])
        else:
            skus.append(draft.pick(KIT_SKUS if draft.one_in(12) else ITEM_SKUS))
    return skus


def items(draft: Draft, skus: Sequence[str]) -> list[OrderItem]:
    """The lines of an order that sells these SKUs."""
    return [_item(draft, draft.ids.item + number, sku) for number, sku in enumerate(skus)]


def sold(draft: Draft, quantities: Mapping[str, int], now: str) -> Order:
    """A paid order of exactly these SKUs, sold and imported now; raises `BadQuery`."""
    if not 0 < len(quantities) <= LINES_MOST or min(quantities.values()) < 1:
        raise BadQuery(f"An order has 1 to {LINES_MOST} lines of at least one piece.")
    lines = [_item(draft, draft.ids.item + n, sku, pieces) for n, (sku, pieces) in enumerate(quantities.items())]
    order = assemble(draft, draft.site(), Fate(), lines)
    order.CreatedDateUtc = order.ImportDateUtc = order.UpdatedDateUtc = now
    order.CheckoutDateUtc = order.PaymentDateUtc = order.ShippingDateUtc = now
    return order


def _item(draft: Draft, item_id: int, sku: str, pieces: int | None = None) -> OrderItem:
    quantity = pieces or draft.pick((1, 1, 1, 1, 1, 1, 1, 1, 2, 3))
    price = cents(sku)
    item = OrderItem(
        ID=item_id,
        ProfileID=draft.profile,
        OrderID=draft.ids.order,
        ProductID=product_id(sku),
        SiteOrderItemID=f"site-{item_id}",
        SiteListingID=f"B00{product_id(sku):07}",
        Sku=sku,
        Title=title(sku),
        Quantity=quantity,
        UnitPrice=price / 100,
        TaxPrice=price * quantity * 6 // 100 / 100,
        IsBundle=sku in KITS,
    )
    if draft.one_in(30):
        item.GiftMessage = draft.pick(people.GIFT_MESSAGES)
    if draft.one_in(25):
        item.Promotions = [Promotion(ID=item_id, Code="SPRING", Amount=-price // 10 / 100)]
    if item.IsBundle:
        item.BundleComponents = _components(draft, item, sku)
    return item


def _components(draft: Draft, item: OrderItem, kit: str) -> list[BundleComponent]:
    times = item.Quantity if draft.options.bundle_quantity == "multiplied" else 1
    return [
        BundleComponent(
            OrderID=item.OrderID,
            OrderItemID=item.ID,
            ProductID=product_id(component.sku),
            ProfileID=item.ProfileID,
            BundleProductID=item.ProductID,
            Sku=component.sku,
            BundleSku=kit,
            Title=title(component.sku),
            Quantity=component.quantity * times,
        )
        for component in KITS[kit]
    ]


def assemble(draft: Draft, site: Site, fate: Fate, lines: list[OrderItem]) -> Order:
    """The whole order: lines, fulfillments, money, dates and a buyer."""
    imported = stamp(draft.imported, draft.fraction())
    created = stamp(draft.imported - timedelta(hours=7 if draft.one_in(100) else 0, minutes=41))
    carrier, service = draft.pick(site.requested)
    order = Order(
        ID=draft.ids.order,
        ProfileID=draft.profile,
        SiteID=site.id,
        SiteName=site.name,
        SiteAccountID=4000 + site.id,
        SiteOrderID=site.number.format(100 + draft.index % 16, int(draft.roll() * 100_000), draft.index + 1001),
        CreatedDateUtc=created,
        ImportDateUtc=imported,
        UpdatedDateUtc=imported,
        CheckoutDateUtc=created,
        PaymentDateUtc=created,
        ShippingDateUtc=created,
        EstimatedShipDateUtc=stamp(draft.imported + timedelta(days=2)),
        DeliverByDateUtc=stamp(draft.imported + timedelta(days=7)),
        RequestedShippingCarrier=carrier,
        RequestedShippingClass=service,
        DistributionCenterTypeRollup=fate.rollup,
        CheckoutStatus=fate.checkout,
        PaymentStatus=fate.payment,
        ShippingStatus=fate.shipping,
        PaymentMethod=site.payment_method,
        Items=lines,
    )
    _price(draft, order)
    _address(draft, order)
    _remark(draft, order)
    order.Fulfillments = list(_fulfillments(draft, order, created))
    return order


def _price(draft: Draft, order: Order) -> None:
    if order.Items:
        order.Items[0].ShippingPrice = draft.pick((0.0, 0.0, 4.95, 7.95))
    goods = sum(round((item.UnitPrice or 0) * 100) * item.Quantity for item in order.Items)
    tax = sum(round(item.TaxPrice * 100) for item in order.Items)
    shipping = sum(round(item.ShippingPrice * 100) for item in order.Items)
    discount = sum(round(promotion.Amount * 100) for item in order.Items for promotion in item.Promotions)
    order.TotalTaxPrice, order.TotalShippingPrice = tax / 100, shipping / 100
    order.PromotionAmount = discount / 100
    order.TotalPrice = (goods + tax + shipping + discount) / 100


def _address(draft: Draft, order: Order) -> None:
    unusual = draft.one_in(40)
    order.ShippingFirstName, order.ShippingLastName = (
        draft.pick(people.UNUSUAL_NAMES) if unusual else (draft.pick(people.FIRST_NAMES), draft.pick(people.LAST_NAMES))
    )
    city, region, region_name, postal_code = draft.pick(people.CITIES)
    order.ShippingAddressLine1 = f"{1 + int(draft.roll() * 9999)} {draft.pick(people.STREETS)}"
    order.ShippingAddressLine2 = f"Apt {draft.index % 90 + 1}" if draft.one_in(5) else None
    order.ShippingCompanyName = "Example Traders" if draft.one_in(15) else None
    order.ShippingCity, order.ShippingPostalCode, order.ShippingCountry = city, postal_code, "US"
    order.ShippingStateOrProvince, order.ShippingStateOrProvinceName = region, region_name
    order.ShippingDaytimePhone = f"555-01{draft.index % 100:02}"
    order.BuyerUserId = order.BuyerEmailAddress = f"buyer-{draft.index + 1}@example.invalid"


def _remark(draft: Draft, order: Order) -> None:
    if draft.one_in(10):
        order.OrderTags = draft.pick(people.TAGS)
    if draft.one_in(12):
        order.PublicNotes = draft.pick(people.NOTES)
    if draft.one_in(50):
        row = CustomField(FieldID=1, OrderID=order.ID, ProfileID=order.ProfileID, Value="channel campaign 7")
        order.CustomFields = [row]


def _fulfillments(draft: Draft, order: Order, created: str) -> Iterator[Fulfillment]:
    row_id = draft.ids.fulfillment_item
    for number, (center, shares) in enumerate(_shares(draft, order).items()):
        fulfillment = _fulfillment(draft, order, draft.ids.fulfillment + number, center)
        fulfillment.CreatedDateUtc = fulfillment.UpdatedDateUtc = created
        for item, quantity in shares:
            fulfillment.Items.append(fulfillment_item(row_id, fulfillment, item, quantity))
            row_id += 1
        yield fulfillment


def _fulfillment(draft: Draft, order: Order, fulfillment_id: int, center: int) -> Fulfillment:
    fulfillment = Fulfillment(
        ID=fulfillment_id, ProfileID=order.ProfileID, OrderID=order.ID, DistributionCenterID=center
    )
    fulfillment.ShippingCarrier, fulfillment.ShippingClass = draft.pick((("UPS", "GROUND"), ("USPS", "PRIORITY")))
    if order.ShippingStatus in ("Canceled", "ThirdPartyManaged"):
        fulfillment.DeliveryStatus = order.ShippingStatus
    if center == FBA:
        fulfillment.DeliveryStatus, fulfillment.ExternalFulfillmentStatus = "Complete", "Complete"
        fulfillment.TrackingNumber = f"TBA{order.ID:012}"
        fulfillment.ShippingCarrier, fulfillment.ShippingClass = "AMZN_US", None
        fulfillment.ShippedDateUtc = stamp(draft.imported)
    return fulfillment


def fulfillment_item(row_id: int, fulfillment: Fulfillment, item: OrderItem, quantity: int) -> FulfillmentItem:
    """So many pieces of a line in a fulfillment."""
    return FulfillmentItem(
        ID=row_id,
        ProfileID=item.ProfileID,
        FulfillmentID=fulfillment.ID,
        OrderID=item.OrderID,
        OrderItemID=item.ID,
        ProductID=item.ProductID,
        Sku=item.Sku,
        Quantity=quantity,
        MarketplaceShippingStatus="Complete" if fulfillment.DeliveryStatus == "Complete" else "Pending",
    )


def _shares(draft: Draft, order: Order) -> dict[int, list[tuple[OrderItem, int]]]:
    """Which pieces leave from which distribution centre; every order has at least one fulfillment."""
    home = EAST if draft.roll() < 0.6 else WEST
    whole = [(item, item.Quantity) for item in order.Items]
    if order.DistributionCenterTypeRollup == "ExternallyManaged":
        return {FBA: whole}
    if order.DistributionCenterTypeRollup == "Mixed":
        return _split(whole, FBA, home)
    return _split(whole, home, WEST if home == EAST else EAST) if draft.one_in(16) else {home: whole}


def _split(whole: list[tuple[OrderItem, int]], first: int, second: int) -> dict[int, list[tuple[OrderItem, int]]]:
    """Halve the lines, or the quantity of a single line; what cannot be halved leaves from the second centre."""
    if len(whole) == 1:
        item, quantity = whole[0]
        half = quantity // 2
        return {first: [(item, half)], second: [(item, quantity - half)]} if half else {second: whole}
    half = len(whole) // 2
    return {first: whole[:half], second: whole[half:]}
