"""Who a product of the list of all products is, and nothing else of it; pure."""

import json
from typing import Any

from crossdock import Record, Unreadable, error_text
from crossdock.domain import ProductIdentity

SELECT = ("ID", "Sku")
"""Nothing else: then the pages are larger (documented)."""


def read_identity(record: Record) -> ProductIdentity:
    """Who a product of the list is; raises `Unreadable` when that is not told."""
    row = _plain(record.data)
    key, sku = (row.get(name.lower()) for name in SELECT)
    if not record.id.isdecimal() or str(key) != record.id or not isinstance(sku, str) or not sku:
        raise Unreadable(
            f"record {record.id}: ChannelAdvisor lists a product without an ID or a SKU: {error_text(record.data)}"
        )
    return ProductIdentity(external_id=record.id, sku=sku)


def _plain(data: bytes) -> dict[str, Any]:
    """The fields by name in small letters: how an export spells its columns is not documented; none if unreadable."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    fields = document.items() if isinstance(document, dict) else ()
    return {name.replace(" ", "").lower(): value for name, value in fields}
