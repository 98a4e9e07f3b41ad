"""What a shipping system was paid for, by its own word, whoever bought it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from world.label_ends import Seller


@dataclass(frozen=True)
class Paid:
    """A label that was bought: under our key, or by a person, who has none."""

    id: str
    key: str
    tracking: str
    cost: Decimal
    voided: bool


def paid(seller: Seller) -> list[Paid]:
    """Every label that was ever bought, the oldest first."""
    return _READERS[seller.kind](seller.truth())


def _of_karrio(truth: Mapping[str, Any]) -> list[Paid]:
    gone = {id for id, status in truth["shipments"].items() if status == "cancelled"}
    return [
        Paid(one["shipment"], one["key"], one["tracking_number"], Decimal(one["price"]), one["shipment"] in gone)
        for one in truth["labels"]
    ]


def _of_easypost(truth: Mapping[str, Any]) -> list[Paid]:
    return [
        Paid(
            one["id"], _easypost_key(one["reference"]), one["tracking_code"], Decimal(one["cost"]), bool(one["refund"])
        )
        for one in truth["labels"]
    ]


def _easypost_key(reference: str) -> str:
    ours = reference.startswith("crossdock-")
    return unquote(reference.removeprefix("crossdock-").replace("_", "%")) if ours else ""


def _of_shipstation(truth: Mapping[str, Any]) -> list[Paid]:
    fields = {one["shipment_id"]: one.get("advanced_options", {}) for one in truth["shipments"]}
    return [
        Paid(
            one["label_id"],
            fields[one["shipment_id"]].get("custom_field1", ""),
            one["tracking_number"],
            Decimal(str(one["shipment_cost"]["amount"])),
            one["voided"],
        )
        for one in truth["labels"]
    ]


_READERS = {"karrio": _of_karrio, "easypost": _of_easypost, "shipstation": _of_shipstation}
