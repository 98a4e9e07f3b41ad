"""What an inventory file does to the products of a profile, however it has arrived.

Documented: csv or text with tabs or pipes, templates that give the columns of the file other names, the import methods,
and that with Detect Dropped the products which a file does not name are set to zero. Assumed: what is wrong with a row
is told in the console and by e-mail only, and does not stop the others; an unknown column is left out; Detect Dropped
leaves externally managed centres alone, and all products of a file that cannot be read.
"""

import asyncio
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from crossdock_channeladvisor.sandbox.bulk.columns import SKU, BadRow, Row, read_row, unknown_columns
from crossdock_channeladvisor.sandbox.bulk.statuses import BulkStatus, ImportMethod
from crossdock_channeladvisor.sandbox.errors import Refused
from crossdock_channeladvisor.sandbox.products.documents import AttributeValue, Image, Product, ProductLabel
from crossdock_channeladvisor.sandbox.products.products import Products
from crossdock_channeladvisor.sandbox.products.writing import check_attribute

_DELIMITERS = "\t|,"
_ROWS_AT_ONCE = 100


class BadFile(Exception):
    """A file of which nothing can be taken; the message says why."""


@dataclass(slots=True)
class Report:
    """What became of one file: people see it, the API never shows it."""

    file: str
    profile: int
    method: ImportMethod
    rows: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    emptied: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    status: BulkStatus = BulkStatus.PENDING

    def complain(self, message: str, row: int | None = None, sku: str | None = None) -> None:
        """Note what is wrong with the file or with one of its rows; the first row under the header is 1."""
        self.errors.append({"row": row, "sku": sku, "message": message})


async def take_in(products: Products, file: Path, template: Mapping[str, str], report: Report) -> None:
    """Apply a file row by row, letting others work meanwhile; the report says how it went."""
    seen: set[str] = set()
    try:
        for number, cells in enumerate(read_cells(file, template, report), 1):
            _apply(products, cells, number, report)
            seen.add(cells.get(SKU, "").strip().lower())
            if number % _ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)
    except BadFile as error:
        report.complain(str(error))
        report.status = BulkStatus.FAILED_VALIDATION
        return
    if report.method is ImportMethod.DETECT_DROPPED:
        await _empty_all_but(seen, products, report)
    report.status = BulkStatus.COMPLETE_WITH_ERRORS if report.errors else BulkStatus.COMPLETE


def read_cells(file: Path, template: Mapping[str, str], report: Report) -> Iterator[dict[str, str]]:
    """The rows of a file by the account's own column names; raises `BadFile`."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            header = text.readline()
            text.seek(0)
            rows = csv.DictReader(text, delimiter=max(_DELIMITERS, key=header.count), restval="")
            names = [template.get(name.strip(), name.strip()) for name in rows.fieldnames or ()]
            if SKU not in names:
                raise BadFile(f"The file has no column {SKU}.")
            for name in unknown_columns(names):
                report.complain(f"The column '{name}' is not known, and was left out.")
            for row in rows:
                yield dict(zip(names, row.values(), strict=False))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"The file cannot be read as text in columns: {error}.") from error


def _apply(products: Products, cells: Mapping[str, str], number: int, report: Report) -> None:
    report.rows += 1
    try:
        row = read_row(cells)
        known = products.by_sku(report.profile, row.sku)
        if report.method is (ImportMethod.UPDATES_ONLY if known is None else ImportMethod.NEW_ONLY):
            report.skipped += 1
        elif known is None:
            _create(products, row, report)
        else:
            _update(products, row, known, report)
    except BadRow as error:
        report.complain(str(error), number, cells.get(SKU))
    except Refused as refusal:
        report.complain(_message(refusal), number, cells.get(SKU))


def _create(products: Products, row: Row, report: Report) -> None:
    collections = {
        "Attributes": [{"Name": name, "Value": value} for name, value in row.attributes.items()],
        "Images": [{"PlacementName": _placement(place), "Url": url} for place, url in enumerate(row.pictures, 1)],
        "Labels": [{"Name": label} for label in row.labels],
    }
    created = products.create({"ProfileID": report.profile, "Sku": row.sku, **row.fields, **collections})
    report.created += 1
    _set_quantities(products, row, created)


def _update(products: Products, row: Row, known: Product, report: Report) -> None:
    if row.fields:
        products.patch(known.ID, row.fields)
    if row.attributes or row.labels or row.pictures:
        products.save(_with_collections(products.change(known.ID), row))
    _set_quantities(products, row, known)
    report.updated += 1


def _with_collections(product: Product, row: Row) -> Product:
    for name, value in row.attributes.items():
        check_attribute(name, value)
    if row.attributes:
        kept = [attribute for attribute in product.Attributes if attribute.Name not in row.attributes]
        product.Attributes = kept + [AttributeValue(Name=name, Value=value) for name, value in row.attributes.items()]
    if row.labels:
        product.Labels = [ProductLabel(Name=label) for label in row.labels]
    if row.pictures:
        product.Images = [Image(PlacementName=_placement(place), Url=url) for place, url in enumerate(row.pictures, 1)]
    return product


def _placement(place: int) -> str:
    return f"ITEMIMAGEURL{place}"


def _set_quantities(products: Products, row: Row, product: Product) -> None:
    if (told := row.quantities) is not None:
        products.set_quantity(product.ID, told.kind, told.by_center, complete=told.complete, cause=f"File, {told.kind}")


async def _empty_all_but(seen: set[str], products: Products, report: Report) -> None:
    for number, product in enumerate(products.select()):
        if product.ProfileID == report.profile and product.TotalQuantity and product.Sku.lower() not in seen:
            _empty(products, product, report)
        if number % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)


def _empty(products: Products, product: Product, report: Report) -> None:
    try:
        products.set_quantity(product.ID, "Absolute", {}, complete=True, cause="File, dropped")
        report.emptied += 1
    except Refused:
        pass  # what is computed from other products is empty when they are


def _message(refusal: Refused) -> str:
    return str(msgspec.json.decode(refusal.answer.body)["error"]["message"])
