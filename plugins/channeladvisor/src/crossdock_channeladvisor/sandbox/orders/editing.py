"""`PATCH /v1/Orders(ID)`: what a seller can change of an order by itself.

The seller's number, notes, instructions, the estimated ship date, the flag and the addresses. The service is documented
to take statuses too; here they are refused, so that nobody ships or cancels past the calls that are made for it.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from crossdock_channeladvisor.sandbox.documents import Text
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.odata.bodies import check_date, given, read_body
from crossdock_channeladvisor.sandbox.orders.account import Account

FLAGS = frozenset({0, 1, 2, 3, 4, 5, 6, 7, -1, -2, -9999})
_ADDRESS = (
    *("Title", "FirstName", "LastName", "Suffix", "CompanyName", "CompanyJobTitle", "DaytimePhone", "EveningPhone"),
    *("AddressLine1", "AddressLine2", "City", "StateOrProvince", "StateOrProvinceName", "PostalCode", "Country"),
)


def _text(longest: int) -> Any:
    return Annotated[str, Meta(max_length=longest)] | None | UnsetType


_FIELDS: dict[str, Any] = {
    "SellerOrderID": _text(25),
    "PublicNotes": _text(4000),
    "PrivateNotes": _text(4000),
    "SpecialInstructions": _text(255),
    "EstimatedShipDateUtc": Text | UnsetType,
    "FlagID": int | UnsetType,
    "FlagDescription": Text | UnsetType,
    **{f"{side}{part}": Text | UnsetType for side in ("Shipping", "Billing") for part in _ADDRESS},
}
OrderEdit: type[Struct] = msgspec.defstruct(
    "OrderEdit", [(name, kind, UNSET) for name, kind in _FIELDS.items()], forbid_unknown_fields=True, kw_only=True
)


def edit_order(account: Account, order_id: int, body: bytes) -> None:
    """Change an order; raises 400 with the reason, having done nothing."""
    sale = account.sale(order_id)
    changes = given(read_body(body, OrderEdit))
    if changes.get("FlagID", 0) not in FLAGS:
        raise BadQuery(f"The request is invalid. There is no flag {changes['FlagID']}.")
    check_date("EstimatedShipDateUtc", changes.get("EstimatedShipDateUtc"))
    for name, value in changes.items():
        setattr(sale.order, name, value)
    account.changed(sale)
