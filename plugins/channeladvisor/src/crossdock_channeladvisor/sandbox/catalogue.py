"""What the simulated seller sells, where it is kept, and on which sites.

Items are `SKU-0001` to `SKU-0400`. Bundles are `KIT-001` to `KIT-040`: kit k holds 1 piece of item 10k-9, and 2 pieces
of item 10k-4; every third kit also holds 1 piece of item 10k. Nothing here depends on the seed, so that a warehouse
simulator can know the same items by the same rule.

Sites and the (carrier, class) texts that buyers ask for: the site ids and classes are those that integrations report,
which carrier text comes with which site is assumed.
"""

from dataclasses import dataclass

ITEM_SKUS = tuple(f"SKU-{number:04}" for number in range(1, 401))
KIT_SKUS = tuple(f"KIT-{number:03}" for number in range(1, 41))

EAST, WEST, FBA = 1, 2, -2

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
    """The id of a product: 9001 and up for items, 9501 and up for kits."""
    kind, _, number = sku.partition("-")
    return (9500 if kind == "KIT" else 9000) + int(number)


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

DISTRIBUTION_CENTERS = [
    {
        "ID": number,
        "Name": f"{code} warehouse",
        "Code": code,
        "FulfillmentPartnerName": "None",
        "Type": "ExternallyManaged" if number == FBA else "Warehouse",
        "IsExternallyManaged": number == FBA,
        "IsDeleted": False,
        "DeletedDateUtc": None,
        "City": city,
        "StateOrProvince": region,
        "Country": "US",
        "PostalCode": postal_code,
    }
    for number, code, city, region, postal_code in (
        (EAST, "EAST", "Raleigh", "NC", "27601"),
        (WEST, "WEST", "Reno", "NV", "89501"),
        (FBA, "FBA", "Seattle", "WA", "98101"),
    )
]


def profile(profile_id: int) -> dict[str, object]:
    """The seller's account."""
    return {
        "ID": profile_id,
        "AccountName": "Sandbox seller",
        "CompanyName": "Sandbox Trading LLC",
        "CurrencyCode": "USD",
        "TimeZoneRegion": "America/New_York",
        "TimeZoneDescription": "Eastern Time",
        "DefaultDistributionCenterID": EAST,
    }
