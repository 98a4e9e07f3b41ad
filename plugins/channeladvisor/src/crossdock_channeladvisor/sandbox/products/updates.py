"""Which updates of quantities are refused with 400.

Reported or documented: no update of an externally managed centre, a parent or a bundle; words in their exact case only.
Assumed: none of an alias, of a product whose external quantity is blocked, or to less than nothing. The type
Unconfirmed is refused too: it is a newer one, and what it means is not known.
"""

from collections.abc import Mapping

from crossdock_channeladvisor.sandbox.catalogue import DISTRIBUTION_CENTERS
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.products.documents import Product
from crossdock_channeladvisor.sandbox.products.stock import UPDATE_TYPES, UpdateType
from crossdock_channeladvisor.sandbox.products.writing import BUNDLES

EXTERNAL = frozenset(center.ID for center in DISTRIBUTION_CENTERS.values() if center.IsExternallyManaged)
_ZERO = 0


def checked_update(product: Product, kind: str, numbers: Mapping[int, int], *, center_zero: bool) -> UpdateType:
    """The type of an update that can be done; `center_zero`: whether the account has the centre with that id."""
    check_has_stock(product)
    if kind not in UPDATE_TYPES:
        raise BadQuery(f"The request is invalid. UpdateType '{kind}' is not one of {', '.join(sorted(UPDATE_TYPES))}.")
    for center, number in numbers.items():
        if not (center_zero and center == _ZERO):
            _check_center(center)
        if number < 0 and kind != "Relative":
            raise BadQuery(f"Quantity {number} must not be negative with UpdateType {kind}.")
    return kind  # type: ignore[return-value]  # it is one of the words


def check_has_stock(product: Product) -> None:
    """Refuse a product whose quantity is computed, or blocked."""
    for is_so, what in (
        (product.IsParent, "a parent"),
        (product.BundleType in BUNDLES, "a bundle: its quantity is computed from its components"),
        (product.AliasType == "Alias", f"an alias of {product.ReferenceSku}"),
    ):
        if is_so:
            raise BadQuery(f"The quantity of product {product.ID} cannot be updated: it is {what}.")
    if product.IsExternalQuantityBlocked:
        raise BadQuery(f"The quantity of product {product.ID} is blocked for updates from outside.")


def _check_center(center_id: int) -> None:
    center = DISTRIBUTION_CENTERS.get(center_id)
    if center is None or center.IsDeleted:
        raise BadQuery(f"DistributionCenterID {center_id} does not exist.")
    if center.IsExternallyManaged:
        raise BadQuery(f"Distribution center {center_id} is externally managed; its quantity cannot be updated.")
