"""Stock as ChannelAdvisor shows it and as it is told of it; pure."""

import re
from collections import Counter
from collections.abc import Sequence

from pydantic import Field, ValidationError

from crossdock import Record, Rejected, Unreadable
from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock_channeladvisor.errors import invalid_parts
from crossdock_channeladvisor.inventory.lookup import HEAD, ProductHead
from crossdock_channeladvisor.models import VendorDocument
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

STOCK_QUERY = {
    "$select": f"{HEAD},OpenAllocatedQuantity,PendingCheckoutQuantity,PendingPaymentQuantity,PendingShipmentQuantity",
    "$expand": "DCQuantities",
}
RESERVED = (
    "open_allocated_quantity",
    "pending_checkout_quantity",
    "pending_payment_quantity",
    "pending_shipment_quantity",
)
"""The numbers of a product that make up what is promised to buyers."""
LARGEST = 2**31 - 1
"""Quantities and ids of distribution centres are 32-bit integers."""

_CENTER = re.compile(r"-?[0-9]{1,10}")


class VendorQuantity(VendorDocument):
    """What can still be sold from one distribution centre: reservations are already subtracted."""

    distribution_center_id: int
    available_quantity: int


class StockedProduct(ProductHead):
    """A product with its stock; `more_quantities` is set where ChannelAdvisor cut the list of centres short."""

    open_allocated_quantity: int | None = None
    pending_checkout_quantity: int | None = None
    pending_payment_quantity: int | None = None
    pending_shipment_quantity: int | None = None
    quantities: tuple[VendorQuantity, ...] | None = Field(default=None, alias="DCQuantities")
    more_quantities: str | None = Field(default=None, alias="DCQuantities@odata.nextLink")

    @property
    def reserved(self) -> int:
        """The pieces that lie there and are not for sale any more: what `UnShipped` subtracts.

        A number below zero is no promise, and hides none of the others.
        """
        return sum(max(getattr(self, name) or 0, 0) for name in RESERVED)

    def untold(self) -> str:
        """Why it cannot be said what there is of the product; empty when it can."""
        if self.quantities is None:
            return f"ChannelAdvisor did not show the stock of '{self.sku}'"
        if not self.model_fields_set >= {*RESERVED}:
            return f"ChannelAdvisor did not show what of '{self.sku}' is promised to buyers"
        centers = Counter(row.distribution_center_id for row in self.quantities)
        twice = (center for center, rows in centers.items() if rows > 1)
        return next((f"ChannelAdvisor lists distribution centre {one} twice at '{self.sku}'" for one in twice), "")


class QuantityUpdate(VendorDocument):
    """A number for one distribution centre; what it means says the request."""

    distribution_center_id: int
    quantity: int


class QuantityRequest(VendorDocument):
    """New numbers for some centres of one product; a complete list would presumably empty all others."""

    update_type: str
    updates: tuple[QuantityUpdate, ...]
    complete_dc_list: bool = Field(default=False, alias="CompleteDCList")


class QuantityCall(VendorDocument):
    """The body of the UpdateQuantity action: its one parameter is named `Value`."""

    value: QuantityRequest


def stock_profiles(settings: ChannelAdvisorSettings) -> Sequence[int]:
    """The profiles whose stock is meant; none: every one of the authorization."""
    return settings.profile_ids if settings.stock_profile is None else [settings.stock_profile]


def is_of(product: StockedProduct, item: StockItem, profiles: Sequence[int]) -> bool:
    """Whether a product that was found by the item's id still is what the item means."""
    bears = not item.sku or item.sku.lower() == (product.sku or "").lower()
    return bears and product.is_in(profiles)


def stock_reading(item: StockItem, product: StockedProduct | Rejected) -> StockReading:
    """What the cart holds of an item, or why it cannot be said."""
    if isinstance(product, Rejected):
        return StockReading(item=item, refusal=str(product))
    return StockReading(
        item=StockItem(sku=item.sku, product_id=str(product.id)),
        available=tuple(
            CenterQuantity(distribution_center=str(row.distribution_center_id), quantity=row.available_quantity)
            for row in product.quantities or ()
        ),
        reserved=product.reserved,
        refusal=stock_refusal(product) or product.untold(),
    )


def read_listed(record: Record) -> StockReading:
    """What the cart holds of one product of the list; raises `Unreadable` with what is wrong with it."""
    try:
        product = StockedProduct.model_validate_json(record.data)
    except ValidationError as error:
        raise _unreadable(record, invalid_parts(error)) from error
    if not product.sku:
        raise _unreadable(record, "it has no SKU")
    return stock_reading(StockItem(sku=product.sku), product)


def _unreadable(record: Record, reason: str) -> Unreadable:
    return Unreadable(f"the stock of ChannelAdvisor product {record.id} cannot be read: {reason}")


def stock_refusal(product: ProductHead) -> str:
    """Why the stock of a product cannot be changed; empty when it can."""
    if product.groups_others:
        return f"'{product.sku}' is a parent product of ChannelAdvisor: only its children have stock"
    if product.is_bundle:
        return f"'{product.sku}' is a bundle: ChannelAdvisor computes its stock from that of its components"
    if product.alias_type == "Alias":
        stands_for = f"'{product.reference_sku}'," if product.reference_sku else "the product"
        return f"'{product.sku}' is an alias: change the stock of {stands_for} for which it stands"
    if product.is_external_quantity_blocked:
        return f"ChannelAdvisor does not let others change the quantity of '{product.sku}': unblock it at the product"
    return ""


def quantity_call(change: StockChange, settings: ChannelAdvisorSettings) -> bytes:
    """The body that changes the quantities of one product at all centres of the change."""
    if not (change.item.sku or change.item.product_id):
        raise Rejected("the change names neither a SKU nor a product: say whose stock it is")
    request = QuantityRequest(
        update_type=update_type(change.meaning, settings),
        updates=tuple(
            QuantityUpdate(distribution_center_id=center, quantity=quantity)
            for center, quantity in numbers_of(change, settings).items()
        ),
    )
    return QuantityCall(value=request).model_dump_json(by_alias=True).encode()


def update_type(meaning: StockMeaning, settings: ChannelAdvisorSettings) -> str:
    """ChannelAdvisor's word for what the numbers of a change mean."""
    match meaning:
        case StockMeaning.DIFFERENCE:
            return "Relative"
        case StockMeaning.SELLABLE:
            return "Absolute"
        case StockMeaning.ON_HAND:
            return settings.on_hand_update_type


def numbers_of(change: StockChange, settings: ChannelAdvisorSettings) -> dict[int, int]:
    """The number for each centre: differences of one centre are added up, a second level of one is a contradiction."""
    centers = [_center(entry.distribution_center, settings) for entry in change.centers]
    numbers: Counter[int] = Counter()
    for center, entry in zip(centers, change.centers, strict=True):
        numbers[center] += entry.quantity
    if change.meaning is not StockMeaning.DIFFERENCE:
        _check_levels(change, numbers, centers)
    if any(abs(number) > LARGEST for number in numbers.values()):
        raise Rejected(f"the quantity of '{change.item.sku}' is larger than ChannelAdvisor can count ({LARGEST})")
    return dict(numbers)


def _check_levels(change: StockChange, numbers: Counter[int], centers: Sequence[int]) -> None:
    if len(numbers) < len(centers):
        raise Rejected(f"the change of '{change.item.sku}' names a level of one distribution centre twice")
    if below := [center for center, number in numbers.items() if number < 0]:
        raise Rejected(f"the level of '{change.item.sku}' at distribution centre {below[0]} is below zero")


def _center(text: str, settings: ChannelAdvisorSettings) -> int:
    """The id of a centre, which may be 0 or negative."""
    if not _CENTER.fullmatch(text) or abs(center := int(text)) > LARGEST:
        raise Rejected(
            f"'{text}' is no distribution centre of ChannelAdvisor, where they are numbers: "
            "`crossdock check --connect` lists them"
        )
    if center in settings.externally_managed_centers:
        raise Rejected(
            f"distribution centre {center} is managed by others (setting `externally_managed_centers`): its stock "
            "cannot be changed by us"
        )
    return center
