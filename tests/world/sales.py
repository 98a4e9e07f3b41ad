"""What buyers order, as the cart's simulator takes it."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from crossdock_channeladvisor.sandbox import KITS

EAST, WEST, FBA = 1, 2, -2
SET = "SET-001"
BUNDLES = {**KITS, SET: KITS["KIT-001"]}
"""What every bundle is made of; of a set the cart does not say it, only a table of the operator does."""
_IDS = count(1001)


class Line(NamedTuple):
    """So many units of one SKU; a KIT-… is a bundle."""

    sku: str
    quantity: int = 1


def sale(
    number: str,
    *lines: Line | tuple[str, int],
    order_id: int | None = None,
    leaves_from: Mapping[int, Sequence[int]] | int = EAST,
    **fields: Any,
) -> dict[str, Any]:
    """The fields of one paid order.

    `leaves_from`: the distribution centre of everything, or per centre how many units of each line. Line n of order i
    has the id i * 100 + n, counted from 1.
    """
    order_id = order_id or next(_IDS)
    items = [_item(order_id, position, Line(*line)) for position, line in enumerate(lines, start=1)]
    shares = leaves_from if isinstance(leaves_from, Mapping) else {leaves_from: [item["Quantity"] for item in items]}
    return {
        "ID": order_id,
        "SiteID": 996,
        "SiteName": "Walmart Marketplace",
        "SiteOrderID": number,
        "DistributionCenterTypeRollup": "SellerManaged",
        "CheckoutStatus": "Completed",
        "PaymentStatus": "Cleared",
        "ShippingStatus": "Unshipped",
        "RequestedShippingCarrier": "Walmart",
        "RequestedShippingClass": "Standard",
        "Items": items,
        "Fulfillments": [_fulfillment(order_id, center, items, units) for center, units in shares.items()],
        **fields,
    }


def line_id(order_id: int, position: int) -> str:
    """The cart's id of a line of a `sale`."""
    return str(order_id * 100 + position)


def _item(order_id: int, position: int, line: Line) -> dict[str, Any]:
    components = KITS.get(line.sku, ())
    return {
        "ID": int(line_id(order_id, position)),
        "ProfileID": 12345678,
        "OrderID": order_id,
        "ProductID": 9000 + position,
        "Sku": line.sku,
        "Title": f"A fine {line.sku}",
        "Quantity": line.quantity,
        "UnitPrice": 9.95,
        "IsBundle": bool(components),
        "BundleComponents": [
            {
                "OrderID": order_id,
                "ProductID": 9100 + number,
                "Sku": part.sku,
                "BundleSku": line.sku,
                "Quantity": part.quantity * line.quantity,
            }
            for number, part in enumerate(components)
        ],
    }


def _fulfillment(order_id: int, center: int, items: list[dict[str, Any]], units: Sequence[int]) -> dict[str, Any]:
    fulfillment_id = order_id * 10 + center + 5
    return {
        "ID": fulfillment_id,
        "ProfileID": 12345678,
        "OrderID": order_id,
        "DistributionCenterID": center,
        "Items": [
            {
                "ID": fulfillment_id * 100 + position,
                "ProfileID": 12345678,
                "FulfillmentID": fulfillment_id,
                "OrderID": order_id,
                "OrderItemID": item["ID"],
                "ProductID": item["ProductID"],
                "Sku": item["Sku"],
                "Quantity": quantity,
            }
            for position, (item, quantity) in enumerate(zip(items, units, strict=True))
            if quantity
        ],
    }
