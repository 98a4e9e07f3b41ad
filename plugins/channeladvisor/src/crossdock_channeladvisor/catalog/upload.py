"""Many products at once: one file of rows.

A file cannot clear anything, as an empty cell changes nothing, and it says nothing of quantities, ever. Changes that a
file cannot say are put one by one.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from crossdock import ConnectionContext, OutcomeUnknown, ProductAnswer, Rejected
from crossdock.domain import ProductChange, ProductImage
from crossdock_channeladvisor.catalog.writing import check, told, writing_of
from crossdock_channeladvisor.files import SKU, Files, file_of, is_plain
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

COLUMNS = {
    "Title": "Auction Title",
    "Subtitle": "Inventory Subtitle",
    "ShortDescription": "Short Description",
    "Description": "Description",
    "Manufacturer": "Manufacturer",
    "Brand": "Brand",
    "Condition": "Condition",
    "Warranty": "Warranty",
    "Classification": "Classification",
    "ISBN": "ISBN",
    "UPC": "UPC",
    "EAN": "EAN",
    "ASIN": "ASIN",
    "MPN": "MPN",
    "HarmonizedCode": "Harmonized Code",
    "TaxProductCode": "TaxProductCode",
    "Height": "Height",
    "Length": "Length",
    "Width": "Width",
    "Weight": "Weight",
    "Cost": "Seller Cost",
    "RetailPrice": "Retail Price",
    "StartingPrice": "Starting Bid",
    "ReservePrice": "Reserve",
    "BuyItNowPrice": "Buy It Now Price",
    "SecondChancePrice": "Second Chance Offer Price",
    "StorePrice": "ChannelAdvisor Store Price",
    "StoreTitle": "ChannelAdvisor Store Title",
    "StoreDescription": "ChannelAdvisor Store Description",
    "SupplierCode": "Supplier Code",
    "SupplierPO": "Supplier PO",
    "WarehouseLocation": "Warehouse Location",
}
"""The columns of a file, by the field of the API that they stand for (names seen in public files)."""


class ProductUploads:
    """Puts files of products."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._files = Files(ctx, "products")

    def size(self, waiting: int) -> int:
        """How many products to put in one file when so many wait; 0: none."""
        return self._files.size(waiting, self._files.lacking())

    async def put(self, changes: Sequence[ProductChange], profile: int) -> list[ProductAnswer]:
        """Put what a file can say; what it cannot is left in doubt, to be put one by one."""
        answers: list[ProductAnswer | None] = [self._unsuitable(change) for change in changes]
        rows = [row_of(change) for change, answer in zip(changes, answers, strict=True) if answer is None]
        outcome = await self._files.deliver(file_of(rows), profile, self._settings.upload_import_type) if rows else None
        return [
            answer or ProductAnswer(change.external_id, outcome)
            for change, answer in zip(changes, answers, strict=True)
        ]

    def _unsuitable(self, change: ProductChange) -> ProductAnswer | None:
        try:
            check(change, self._settings.measured_in)
        except Rejected as refused:
            return ProductAnswer(change.external_id, refused)
        if not (beyond := beyond_a_file(change)):
            return None
        return ProductAnswer(change.external_id, OutcomeUnknown(f"a file cannot say its {', '.join(beyond)}"))


def beyond_a_file(change: ProductChange) -> list[str]:
    """What a file cannot say of a change; its lists of labels and pictures may replace what is there (assumed)."""
    is_new = not told(change) and (not change.external_id or "sku" in change.changed)
    product, writing = change.product, writing_of(change.product, told(change))
    beyond = [name for name, value in writing.fields.items() if name not in COLUMNS or not is_plain(_cell(value))]
    beyond += [f"attribute {pair[0]}" for pair in writing.attributes.items() if not all(map(is_plain, pair))]
    if writing.relation or writing.components is not None or (product.alias_of and not told(change)):
        beyond.append("relation to other products")
    if writing.labels is not None and (not is_new or any("," in label for label in writing.labels)):
        beyond.append("labels")
    if writing.images is not None and not (is_new and _are_numbered(writing.images)):
        beyond.append("images")
    return beyond


def _are_numbered(images: Sequence[ProductImage]) -> bool:
    """Whether the images are the first ones in a row, as a list of pictures has them."""
    names = [f"ITEMIMAGEURL{number}" for number in range(1, len(images) + 1)]
    return [image.name for image in images] == names and not any("," in image.url for image in images)


def _cell(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value or ""


def row_of(change: ProductChange) -> dict[str, str]:
    """The cells of one product by their columns."""
    writing = writing_of(change.product, told(change))
    row = {SKU: change.product.sku} | {COLUMNS[name]: _cell(value) for name, value in writing.fields.items()}
    for number, (name, value) in enumerate(sorted(writing.attributes.items()), start=1):
        row |= {f"Attribute{number}Name": name, f"Attribute{number}Value": value}
    if writing.labels:
        row["Labels"] = ",".join(writing.labels)
    if writing.images:
        row["Picture URLs"] = ",".join(image.url for image in writing.images)
    return row
