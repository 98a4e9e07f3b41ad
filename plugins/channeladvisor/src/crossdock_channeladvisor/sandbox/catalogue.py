"""What the simulated seller sells, where it is kept, and on which sites.

Items are `SKU-0001` to `SKU-0400`. Bundles are `KIT-001` to `KIT-040`: kit k holds 1 piece of item 10k-9, and 2 pieces
of item 10k-4; every third kit also holds 1 piece of item 10k. Nothing here depends on the seed, so that a warehouse
simulator can know the same items by the same rule.

Sites and the (carrier, class) texts that buyers ask for: the site ids and classes are those that integrations report,
which carrier text comes with which site is assumed.
"""

from dataclasses import dataclass

from crossdock_channeladvisor.sandbox.documents import DistributionCenter, Profile, SiteAccount

ITEM_SKUS = tuple(f"SKU-{number:04}" for number in range(1, 401))
KIT_SKUS = tuple(f"KIT-{number:03}" for number in range(1, 41))

_ITEMS = frozenset(ITEM_SKUS)

EAST, WEST, FBA = 1, 2, -2
CLOSED_CENTER = 3

_KINDS = ("Mug", "Kettle", "Lamp", "Blanket", "Notebook", "Backpack", "Water bottle", "Cutting board")
_COLOURS = ("black", "white", "navy", "olive", "terracotta")


@dataclass(frozen=True, slots=True)
class Component:
    """`quantity` pieces of an item in one kit."""

    sku: str
    quantity: int


def kit_components(kit: str) -> tuple[Component, ...]:
    """What one kit holds."""
    number = int(kit.removeprefix("KIT-"))
    pair = Component(ITEM_SKUS[10 * number - 10], 1), Component(ITEM_SKUS[10 * number - 5], 2)
    return (*pair, Component(ITEM_SKUS[10 * number - 1], 1)) if number % 3 == 0 else pair


KITS = {kit: kit_components(kit) for kit in KIT_SKUS}


def product_id(sku: str) -> int:
    """The id of a product: 9001 and up for items, 9501 and up for kits, 0 for what is not sold here."""
    kind, _, number = sku.partition("-")
    known = sku in KITS or sku in _ITEMS
    return (9500 if kind == "KIT" else 9000) + int(number) if known else 0


def title(sku: str) -> str:
    """What a buyer reads."""
    number = product_id(sku)
    kind, colour = _KINDS[number % len(_KINDS)], _COLOURS[number % len(_COLOURS)]
    return f"Gift set {kind.lower()} and more, {colour}" if sku in KITS else f"{kind}, {colour}"


def cents(sku: str) -> int:
    """The price of one piece."""
    return 499 + product_id(sku) * 37 % 5000


@dataclass(frozen=True, slots=True)
class Site:
    """A marketplace: how its order numbers look, who takes the money, and what buyers ask for."""

    id: int
    name: str
    number: str
    payment_method: str
    requested: tuple[tuple[str | None, str], ...]


AMAZON = Site(
    640,
    "Amazon Seller Central - US",
    "{0:03}-{1:07}-{2:07}",
    "Amazon",
    (("Amazon", "Standard"), ("Amazon", "Expedited"), ("Amazon", "SecondDay"), ("Amazon", "NextDay")),
)
EBAY = Site(
    576,
    "eBay Fixed Price US",
    "{0:02}-{2:05}-{1:05}",
    "eBay",
    (("USPS", "Priority"), ("UPS", "UPSGround"), ("FedEx", "FedEx2Day"), (None, "ShippingMethodStandard")),
)
WALMART = Site(
    996, "Walmart Marketplace", "2{2:07}{1:07}", "Walmart", (("Walmart", "Standard"), ("Walmart", "Expedited"))
)
SHOPIFY = Site(862, "Shopify", "#{2}", "Shopify Payments", (("Shopify", "Standard"), ("Shopify", "Priority")))

SITES = {AMAZON: 50, EBAY: 20, WALMART: 18, SHOPIFY: 12}
"""The sites, and how many of a hundred orders each of them brings."""


def _center(number: int, code: str, city: str, region: str, postal_code: str) -> DistributionCenter:
    return DistributionCenter(
        ID=number,
        Name=f"{code} warehouse",
        Code=code,
        Type="ExternallyManaged" if number == FBA else "Warehouse",
        IsExternallyManaged=number == FBA,
        IsDeleted=number == CLOSED_CENTER,
        DeletedDateUtc="2024-03-31T12:00:00Z" if number == CLOSED_CENTER else None,
        City=city,
        StateOrProvince=region,
        Country="US",
        PostalCode=postal_code,
    )


DISTRIBUTION_CENTERS = {
    center.ID: center
    for center in (
        _center(EAST, "EAST", "Raleigh", "NC", "27601"),
        _center(WEST, "WEST", "Reno", "NV", "89501"),
        _center(FBA, "FBA", "Seattle", "WA", "98101"),
        _center(CLOSED_CENTER, "OLD", "Fargo", "ND", "58102"),
    )
}
"""Where goods leave from, by id. The one that is deleted stands in no list, but is still found by its id."""


def profile(profile_id: int) -> Profile:
    """One of the seller's accounts."""
    return Profile(
        ID=profile_id,
        AccountName="Sandbox seller",
        CompanyName="Sandbox Trading LLC",
        CurrencyCode="USD",
        TimeZoneRegion="America/New_York",
        TimeZoneDescription="Eastern Time",
        DefaultDistributionCenterID=EAST,
        SiteAccounts=[
            SiteAccount(ID=4000 + site.id, SiteAccountName=site.name, SiteID=site.id, SiteName=site.name)
            for site in SITES
        ],
    )
