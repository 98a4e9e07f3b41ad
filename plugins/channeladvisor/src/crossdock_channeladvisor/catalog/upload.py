"""Many products at once: one file of rows between tabs, by a ProductUpload call or by the file server.

The columns are those of ChannelAdvisor's own inventory files, which sellers' programs write too; a template that takes
the file must take them as they are. An empty cell changes nothing (assumed), so a file cannot clear anything, and it
says nothing of quantities, ever. Changes that a file cannot say are put one by one.
"""

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil
from typing import Any

from crossdock import (
    ConnectionContext,
    CrossdockError,
    FileEndpoint,
    NeedsConfig,
    OutcomeUnknown,
    ProductAnswer,
    Rejected,
    Unavailable,
)
from crossdock.domain import ProductChange, ProductImage, digest
from crossdock_channeladvisor.catalog.export import ENDED_BADLY, read_progress
from crossdock_channeladvisor.catalog.writing import check, told, writing_of
from crossdock_channeladvisor.listing import encoded
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

SKU = "Inventory Number"
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

FOLDER, TEMPLATE_FOLDER = "/Inventory", "/Inventory/Transform"
ENDED = ENDED_BADLY | {"Complete"}
LARGEST_FILE = 128 * 1024 * 1024
"""Bytes that one file may have (documented)."""


class ProductUploads:
    """Puts files of products, and waits until ChannelAdvisor has worked them off."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._files = ctx.files
        self._log = ctx.log
        self._warned = False

    def size(self, waiting: int) -> int:
        """How many products to put in one file when so many wait; 0: none."""
        if waiting <= self._settings.bulk_above:
            return 0
        if not (lacking := self._lacking()):
            return self._settings.upload_rows
        if not self._warned:
            self._warned = True
            self._log.warning("many products wait and no files can be sent", waiting=waiting, lacking=lacking)
        return 0

    async def put(self, changes: Sequence[ProductChange], profile: int) -> list[ProductAnswer]:
        """Put what a file can say; what it cannot is left in doubt, to be put one by one."""
        answers: list[ProductAnswer | None] = [self._unsuitable(change) for change in changes]
        rows = [row_of(change) for change, answer in zip(changes, answers, strict=True) if answer is None]
        outcome = await self._deliver(file_of(rows), profile) if rows else None
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

    def _lacking(self) -> str:
        """The setting that is missing before files can be sent."""
        if self._settings.upload_by == "api":
            return "" if self._settings.upload_template else "upload_template"
        return "" if self._files is not None else "ftps_host"

    async def _deliver(self, content: bytes, profile: int) -> CrossdockError | None:
        """What became of a file; None: ChannelAdvisor took all of it."""
        if lacking := self._lacking():
            raise NeedsConfig(f"products cannot be put as files without the setting `{lacking}`")
        if len(content) > LARGEST_FILE:
            raise NeedsConfig(
                f"a file of products has {len(content)} bytes and ChannelAdvisor takes {LARGEST_FILE}: "
                "lower `upload_rows`"
            )
        try:
            if self._settings.upload_by == "api":
                return await self._upload(content, profile)
            return await self._drop(content)
        except (Rejected, OutcomeUnknown) as error:
            return error

    async def _upload(self, content: bytes, profile: int) -> CrossdockError | None:
        query = {
            "profileid": str(profile),
            "templatecode": self._settings.upload_template,
            "importtype": self._settings.upload_import_type,
        }
        answer = await self._http.send(
            "POST",
            f"/v1/ProductUpload?{encoded(query)}",
            content=content,
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
        return await self._followed(read_progress(answer.content, "an upload").token)

    async def _followed(self, token: str) -> CrossdockError | None:
        """How an upload ended, asked again and again until it has or patience is over."""
        status = "nothing heard of it"
        for _ in range(ceil(self._settings.bulk_patience.total_seconds() / self._settings.bulk_poll)):
            await asyncio.sleep(self._settings.bulk_poll)
            try:
                answer = await self._http.get(f"/v1/ProductUpload?{encoded({'token': token})}")
            except (Rejected, Unavailable) as error:
                return OutcomeUnknown(f"ChannelAdvisor does not say what became of the file {token}: {error}")
            status = read_progress(answer.content, "the state of an upload").status
            if status in ENDED:
                return _ended(token, status)
        return OutcomeUnknown(f"the file {token} was not worked off in time (`bulk_patience`): {status}")

    async def _drop(self, content: bytes) -> CrossdockError | None:
        """Deliver to the file server: accepted means delivered, the rows are worked off within the hour."""
        assert self._files is not None
        template = self._settings.upload_template
        folder = TEMPLATE_FOLDER if template else FOLDER
        name = ".".join(part for part in (f"crossdock-{digest(content).hex()}", template, "txt") if part)
        await self._files.put(f"{folder}/{name}", content)
        self._log.info("a file of products lies on the file server; what becomes of its rows is not told", name=name)
        return None


def _ended(token: str, status: str) -> CrossdockError | None:
    """What follows from how an upload ended."""
    if status == "Complete":
        return None
    if status == "FailedValidation":
        return Rejected(
            f"ChannelAdvisor refused the file {token}: compare the columns of the template (`upload_template`) with "
            "those of the plugin's page"
        )
    return OutcomeUnknown(
        f"the file {token} ended with the status {status}, and only ChannelAdvisor's pages tell which rows it took"
    )


def beyond_a_file(change: ProductChange) -> list[str]:
    """What a file cannot say of a change; its lists of labels and pictures may replace what is there (assumed)."""
    is_new = not told(change) and (not change.external_id or "sku" in change.changed)
    product, writing = change.product, writing_of(change.product, told(change))
    beyond = [name for name, value in writing.fields.items() if name not in COLUMNS or not _is_plain(_cell(value))]
    beyond += [f"attribute {pair[0]}" for pair in writing.attributes.items() if not all(map(_is_plain, pair))]
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


def _is_plain(text: str) -> bool:
    """Whether a cell can say this text: neither nothing nor blanks around it."""
    return bool(text) and text == text.strip()


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


def file_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A file of all rows, with every column that one of them needs."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", dialect="excel-tab")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def file_server(settings: ChannelAdvisorSettings) -> FileEndpoint | None:
    """The file server that the settings name."""
    if not settings.ftps_host:
        return None
    return FileEndpoint(
        "ftps",
        settings.ftps_host,
        settings.ftps_user,
        settings.ftps_password.get_secret_value(),
        port=settings.ftps_port,
        trusted=settings.ftps_trusted,
    )
