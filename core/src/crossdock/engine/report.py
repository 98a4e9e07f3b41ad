"""A report on both sides of a pipeline's stock: what differs, by how much, and what it probably comes from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """What a difference probably comes from.

    `unsent`: changes that the cart was to be told of and was not. `in_doubt`: nobody knows whether one of them arrived.
    `sold_meanwhile`: buyers ordered, or people moved, what is not known here yet. `unknown_item`:
    one side does not know the SKU. `unmapped_area`: pieces lie where no rule says where they count. `manual_change`:
    nothing that is known here explains it, so somebody changed a number by hand.
    """

    UNSENT = "unsent"
    IN_DOUBT = "in_doubt"
    SOLD_MEANWHILE = "sold_meanwhile"
    UNKNOWN_ITEM = "unknown_item"
    UNMAPPED_AREA = "unmapped_area"
    MANUAL_CHANGE = "manual_change"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One difference, in pieces: `sku` by the cart's name of it at `center`, `stock_unit` by the warehouse's.

    The cart should have `expected` for sale (None: the warehouse does not know it), which is `on_hand` less what is
    `allocated` and `in_flight` and kept back; it has `at_cart` (None: it does not know it), and what is `on_the_way`
    changes that by so much. `difference` is what it would have to be told: expected - at_cart - on_the_way. `reserved`
    is what the cart has promised to buyers, at all centres together. `because` is the evidence for the cause in words.
    """

    sku: str
    center: str
    stock_unit: str
    cause: Cause
    because: str
    difference: int
    expected: int | None = None
    at_cart: int | None = None
    on_hand: int | None = None
    allocated: int = 0
    in_flight: int = 0
    on_the_way: int = 0
    reserved: int = 0
    product_id: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One comparison of both sides: `compared` products at centres, of which `on_the_way` agree only together with
    what is not settled yet, and the discrepancies."""

    pipeline: str
    began_at: datetime
    ended_at: datetime
    asked_by: str
    compared: int
    on_the_way: int
    discrepancies: tuple[Discrepancy, ...]
