"""What the seller sells from the beginning. A product is made when it is asked for and not kept: 250,000 cost nothing.

In every profile: the items and kits of orders, and beside them
    ALT-0001 to ALT-0020    aliases of the first twenty items
    STYLE-01 to STYLE-10    parents of four items each, SKU-0301 to SKU-0340, that vary by colour
    NEW-0001                a product that was never in any distribution centre: its quantity is null
In the first profile also `GEN-0000001` and on, as many as the option `products` says; one in fifty was never in stock.

Items lie in both of the seller's centres, one in twenty with nothing there, one in ten at the external one too. With
more than fifty orders each centre has one piece more for every fifty of them, so that big scenarios are not sold out.

Assumed: an item that is part of a kit has the bundle type BundleComponent, one that has aliases the alias type
Reference.
"""

from collections.abc import Iterator
from datetime import timedelta

from crossdock_channeladvisor.sandbox.catalogue import (
    EAST,
    FBA,
    ITEM_SKUS,
    KIT_SKUS,
    KITS,
    WEST,
    cents,
    product_id,
    title,
)
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.generator import stamp
from crossdock_channeladvisor.sandbox.products.documents import (
    AliasRelationship,
    AttributeValue,
    ChildRelationship,
    Image,
    Product,
    ProductBundleComponent,
    ProductLabel,
)

ALIASES = {f"ALT-{number:04}": ITEM_SKUS[number - 1] for number in range(1, 21)}
STYLES = {f"STYLE-{number:02}": ITEM_SKUS[296 + 4 * number : 300 + 4 * number] for number in range(1, 11)}
UNSTOCKED_SKU = "NEW-0001"
VARIES_BY = "Colour"

_IDS = {
    **{sku: product_id(sku) for sku in (*ITEM_SKUS, *KIT_SKUS)},
    **{alias: 9700 + number for number, alias in enumerate(ALIASES, 1)},
    **{style: 9800 + number for number, style in enumerate(STYLES, 1)},
    UNSTOCKED_SKU: 9900,
}
_SKUS = tuple(_IDS)
_PLACES = {sku.lower(): place for place, sku in enumerate(_SKUS)}
_PLACES_OF_IDS = {id_: place for place, id_ in enumerate(_IDS.values())}
_PARENTS = {child: style for style, children in STYLES.items() for child in children}
_ALIASES_OF = {reference: alias for alias, reference in ALIASES.items()}
_COMPONENTS = {component.sku for components in KITS.values() for component in components}
_IDS_PER_PROFILE = 100_000_000
_FIRST_GENERATED_ID = 10_000_001
FIRST_CREATED_ID = 90_000_001

_BRANDS = ("Northbeam", "Plainfold", "Harbour & Co", "Tallgrass", "O'Neill Works", "Quiet Oak")
_GOODS = ("Towel", "Candle", "Cable", "Planter", "Cushion", "Organiser", "Bowl", "Frame", "Clock", "Apron")
_MATERIALS = ("cotton", "steel", "oak", "glass", "recycled PET", "wool")
_COUNTRIES = ("US", "PT", "VN", "MX", "TR")
_LABELS = ("Amazon Seller Central - US", "eBay Fixed Price US", "Walmart Marketplace", "Clearance")
_FRACTIONS = ("", "57", "8133333", "9133333")
_MASK = (1 << 64) - 1


class Dice:
    """A cheap row of numbers that is the same for the same seed and product."""

    def __init__(self, seed: int, product: int) -> None:
        self._state = (seed * 0xBF58476D1CE4E5B9 + product * 0x9E3779B97F4A7C15 + 1) & _MASK
        self.roll(2)

    def roll(self, sides: int) -> int:
        """A number from 0 up to, not including, `sides`."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (self._state >> 33) % sides


class Assortment:
    """The products of the beginning by position, by id and by SKU; none of them is kept."""

    def __init__(self, seed: int, orders: int, options: SandboxOptions) -> None:
        self._seed = seed
        self._start = options.start
        self._pieces_more = orders // 50
        self._profiles = options.profiles
        self._listed = len(_SKUS) * len(self._profiles)
        self._generated = options.products

    def __len__(self) -> int:
        return self._listed + self._generated

    def position_of(self, wanted_id: int) -> int | None:
        """Where the product with this id stands."""
        if _FIRST_GENERATED_ID <= wanted_id < _FIRST_GENERATED_ID + self._generated:
            return self._listed + wanted_id - _FIRST_GENERATED_ID
        number, own_id = divmod(wanted_id, _IDS_PER_PROFILE)
        known = own_id in _PLACES_OF_IDS and 0 <= number < len(self._profiles)
        return number * len(_SKUS) + _PLACES_OF_IDS[own_id] if known else None

    def position_of_sku(self, profile: int, sku: str) -> int | None:
        """Where the product with this SKU stands, written in capitals or not."""
        text = sku.lower()
        if profile not in self._profiles:
            return None
        if text in _PLACES:
            return self._profiles.index(profile) * len(_SKUS) + _PLACES[text]
        number = int(text[4:]) if text.startswith("gen-") and text[4:].isdecimal() and len(text) == 11 else 0
        in_range = profile == self._profiles[0] and 0 < number <= self._generated
        return self._listed + number - 1 if in_range else None

    def id_at(self, position: int) -> int:
        """The id of the product at this position."""
        if position >= self._listed:
            return _FIRST_GENERATED_ID + position - self._listed
        number, place = divmod(position, len(_SKUS))
        return number * _IDS_PER_PROFILE + _IDS[_SKUS[place]]

    def product(self, position: int, *, collections: bool = True) -> Product:
        """The product at this position, without its quantities and if wanted without its collections."""
        product = self._from_the_seed(position) if position >= self._listed else self._from_the_list(position)
        if collections:
            self._furnish(product, Dice(self._seed, -product.ID))
        return product

    def on_hand(self, wanted_id: int) -> dict[int, int]:
        """What lies in which distribution centre at the beginning; empty for what never lay anywhere."""
        if self.position_of(wanted_id) is None:
            return {}
        dice, own_id = Dice(self._seed, wanted_id), wanted_id % _IDS_PER_PROFILE
        generated = own_id >= _FIRST_GENERATED_ID
        if not generated and _SKUS[_PLACES_OF_IDS[own_id]] not in ITEM_SKUS:
            return {}
        if generated and dice.roll(50) == 0:
            return {}
        empty, external = dice.roll(20) == 0, dice.roll(10) == 0
        pieces = {EAST: dice.roll(200) + 20, WEST: dice.roll(120)}
        level = {center: 0 if empty else number + self._pieces_more for center, number in pieces.items()}
        return level | {FBA: dice.roll(60)} if external else level

    def _from_the_seed(self, position: int) -> Product:
        number = position - self._listed
        product = Product(ID=_FIRST_GENERATED_ID + number, ProfileID=self._profiles[0], Sku=f"GEN-{number + 1:07}")
        dice = self._describe(product)
        product.Title = f"{_GOODS[dice.roll(len(_GOODS))]}, {_MATERIALS[dice.roll(len(_MATERIALS))]}, no. {number + 1}"
        self._price(product, 299 + dice.roll(9000))
        _tell(product)
        return product

    def _from_the_list(self, position: int) -> Product:
        number, place = divmod(position, len(_SKUS))
        sku = _SKUS[place]
        known = ALIASES.get(sku, STYLES.get(sku, (sku,))[0])
        product = Product(ID=self.id_at(position), ProfileID=self._profiles[number], Sku=sku)
        self._describe(product)
        product.Title = title(known) if known in _IDS and known != UNSTOCKED_SKU else "Something new"
        self._price(product, cents(known) if known != UNSTOCKED_SKU else 1999)
        self._relate(product, number * _IDS_PER_PROFILE)
        _tell(product)
        return product

    def _describe(self, product: Product) -> Dice:
        dice = Dice(self._seed, -product.ID)
        created = self._start - timedelta(days=400 - dice.roll(300), seconds=dice.roll(86_400))
        updated = created + timedelta(minutes=dice.roll(140_000))
        product.CreateDateUtc = stamp(created, _FRACTIONS[dice.roll(4)])
        product.UpdateDateUtc = product.QuantityUpdateDateUtc = stamp(updated, _FRACTIONS[dice.roll(4)])
        product.Brand = product.Manufacturer = _BRANDS[dice.roll(len(_BRANDS))]
        product.Condition = "NEW"
        product.UPC = upc(product.ID)
        product.MPN = f"M-{product.ID}"
        product.Weight = (dice.roll(120) + 5) / 20
        product.Height, product.Length, product.Width = dice.roll(12) + 1.0, dice.roll(20) + 2.0, dice.roll(15) + 1.5
        product.WarehouseLocation = f"{'ABCDEF'[dice.roll(6)]}-{dice.roll(40) + 1:02}-{dice.roll(8) + 1}"
        product.HarmonizedCode = f"{4000 + dice.roll(5000)}.{dice.roll(90) + 10}"
        return dice

    def _price(self, product: Product, price: int) -> None:
        product.BuyItNowPrice = product.StorePrice = price / 100
        product.RetailPrice = price * 5 // 4 / 100
        product.Cost = price // 2 / 100

    def _relate(self, product: Product, first: int) -> None:
        sku = product.Sku
        if sku in KITS:
            product.BundleType, product.ProductType = "BundleItem", "Bundle"
        elif sku in _COMPONENTS:
            product.BundleType = "BundleComponent"
        if sku in ALIASES:
            product.AliasType, product.ReferenceSku = "Alias", ALIASES[sku]
            product.ReferenceProductID = first + _IDS[ALIASES[sku]]
        elif sku in _ALIASES_OF:
            product.AliasType = "Reference"
        if sku in STYLES:
            product.IsParent, product.ProductType = True, "Parent"
        elif sku in _PARENTS:
            product.ParentSku, product.ProductType = _PARENTS[sku], "Child"
            product.ParentProductID = first + _IDS[_PARENTS[sku]]
        if product.IsParent or product.ParentSku:
            product.IsInRelationship, product.RelationshipName, product.VaryBy = True, VARIES_BY, VARIES_BY

    def _furnish(self, product: Product, dice: Dice) -> None:
        own = {"ProductID": product.ID, "ProfileID": product.ProfileID}
        values = {
            "Material": _MATERIALS[dice.roll(len(_MATERIALS))],
            "Country of origin": _COUNTRIES[dice.roll(len(_COUNTRIES))],
            "Case size/inner": str(dice.roll(4) * 6 + 6),
            "inventory_status": "True" if dice.roll(9) else "False",
        }
        if product.VaryBy:
            values[VARIES_BY] = (product.Title or "").rpartition(", ")[2]
        product.Attributes = [AttributeValue(Name=name, Value=value, **own) for name, value in values.items()]
        product.Images = [_image(product, number) for number in range(1, 2 + dice.roll(3))]
        product.Labels = [ProductLabel(Name=label, **own) for label in _LABELS if dice.roll(3) == 0]
        if product.Sku in _IDS:
            self._connect(product)

    def _connect(self, product: Product) -> None:
        first, profile = product.ID - _IDS[product.Sku], product.ProfileID
        product.BundleComponents = list(_parts(product, first)) if product.Sku in KITS else []
        product.Children = [
            ChildRelationship(ParentProductID=product.ID, ProfileID=profile, ChildProductID=first + _IDS[child])
            for child in STYLES.get(product.Sku, ())
        ]
        if (alias := _ALIASES_OF.get(product.Sku)) is not None:
            row = AliasRelationship(ProfileID=profile, ReferenceProductID=product.ID, AliasProductSku=alias)
            row.AliasProductID = first + _IDS[alias]
            product.AliasRelationships = [row]


def _tell(product: Product) -> None:
    product.ShortDescription = f"{product.Title} by {product.Brand}"
    product.Description = f"<h3>{product.Title}</h3><p>Made by {product.Brand}.</p>"


def _parts(kit: Product, first: int) -> Iterator[ProductBundleComponent]:
    for component in KITS[kit.Sku]:
        yield ProductBundleComponent(
            ProductID=kit.ID,
            ComponentID=first + _IDS[component.sku],
            ProfileID=kit.ProfileID,
            ComponentSku=component.sku,
            Quantity=component.quantity,
        )


def _image(product: Product, number: int) -> Image:
    return Image(
        ProductID=product.ID,
        ProfileID=product.ProfileID,
        PlacementName=f"ITEMIMAGEURL{number}",
        Abbreviation=f"ITEM{number}",
        Url=f"https://images.example.invalid/{product.Sku}/{number}.jpg",
    )


def upc(number: int) -> str:
    """A twelve-digit code with a right check digit."""
    digits = f"8{number:010}"[-11:]
    total = 3 * sum(map(int, digits[::2])) + sum(map(int, digits[1::2]))
    return f"{digits}{-total % 10}"
