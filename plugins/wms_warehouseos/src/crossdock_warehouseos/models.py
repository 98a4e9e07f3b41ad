"""What WarehouseOS tells, in our words; a tenant's own words are put on by `renamed`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from crossdock.domain import Place, WrittenDatetime

M = TypeVar("M", bound=BaseModel)
MOST_PIECES = 2**31 - 1

YEARS = range(2000, 9999)
"""A moment before or after is none: systems write the beginning or the end of their calendar for "never"."""

NOUGHT = "0-{} "
"""What a number that stands for none is made of: `0`, or an identifier of noughts only."""


def _no_yes_or_no(told: Any) -> Any:
    """A quantity; `true` would be taken for 1."""
    if isinstance(told, bool):
        raise PydanticCustomError("int_type", "no whole number")
    return told


def _in_our_time(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError(f"a date of the year {at.year} stands for no date at all")
    return at


def _none_if_blank(told: Any) -> Any:
    return None if isinstance(told, str) and not told.strip() else told


def _none_if_nought(told: Any) -> Any:
    return None if isinstance(told, str | int) and not str(told).strip(NOUGHT) else told


def _as_list(told: Any) -> Any:
    """One number may stand where several could; where all are empty there is none."""
    numbers = told if isinstance(told, list) else [told]
    return () if all(_none_if_blank(number) is None for number in numbers) else numbers


Pieces = Annotated[int, BeforeValidator(_no_yes_or_no), Field(ge=0, le=MOST_PIECES)]
Difference = Annotated[int, BeforeValidator(_no_yes_or_no), Field(ge=-MOST_PIECES, le=MOST_PIECES)]
Filled = Annotated[str, Field(pattern=r"\S")]
"""A text that is not blank."""
IfFilled = Annotated[str | None, BeforeValidator(_none_if_blank)]
"""A text, or None where it is blank."""
TransactionNumber = Annotated[str | None, BeforeValidator(_none_if_nought)]
"""The number of a transaction, or None where it has none, or one that stands for none."""
Moment = Annotated[WrittenDatetime, AfterValidator(_in_our_time)]
"""When something happened, with or without an offset."""


class Told(BaseModel):
    """A document of WarehouseOS, or as much of it as matters here; numbers may stand where text is expected."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Alias(Told):
    """Another number that can be scanned for an item."""

    alias: str


class Item(Told):
    """A stock unit."""

    number: str
    aliases: tuple[Alias, ...] | None = None


class BundlePart(Told):
    """So many pieces of one item in one bundle."""

    item: Filled
    quantity: int = Field(ge=1, le=MOST_PIECES)


class Bundle(Told):
    """A number that stands for several items; `components` is None where they are not shown."""

    number: str
    components: tuple[BundlePart, ...] | None = None


class WorkLine(Told):
    """So many pieces of one order line; `host_id` is the id that the order gave to the line."""

    host_id: Filled
    item: Filled
    quantity: Pieces


class WorkHead(Told):
    """Whose work was done, when, and how it travels; `unit` is the number of the box or the pick."""

    order_number: Filled
    unit: IfFilled = None
    transaction: TransactionNumber = None
    at: Moment
    carrier: str | None = None
    service: str | None = None
    tracking_number: str | None = None


class WorkDone(WorkHead):
    """A closed box or a finished pick."""

    lines: tuple[WorkLine, ...]


class LineDone(WorkHead, WorkLine):
    """One line that was picked or packed."""


class ShortLine(Told):
    """So many pieces of one order line that were not found."""

    host_id: Filled
    item: str | None = None
    short: Pieces | None = None


class PickEnded(Told):
    """A finished pick, for what was not found in it."""

    order_number: Filled
    transaction: TransactionNumber = None
    at: Moment
    status: str | None = None
    short_reason: str | None = None
    lines: tuple[ShortLine, ...] = ()


class WorkTakenBack(Told):
    """Picks that were reset or a box that was opened again: the numbers of those, as far as they are told."""

    order_number: Filled
    transaction: TransactionNumber = None
    at: Moment
    units: Annotated[tuple[Filled, ...], BeforeValidator(_as_list)] = ()


class StockMoved(Told):
    """One transaction of stock."""

    id: TransactionNumber = None
    item: Filled
    quantity: Pieces
    from_area: str | None = None
    from_location: str | None = None
    to_area: str | None = None
    to_location: str | None = None
    reason: str | None = None
    order_number: IfFilled = None
    user: str | None = None
    at: Moment

    @property
    def from_place(self) -> Place:
        """Where the pieces were."""
        return Place(area=self.from_area or "", location=self.from_location or "")

    @property
    def to_place(self) -> Place:
        """Where the pieces are now."""
        return Place(area=self.to_area or "", location=self.to_location or "")


class StockCounted(StockMoved):
    """One count; the quantity is what it changed, with a sign."""

    quantity: Difference


class GoodsPutAway(Told):
    """One putaway; `number` is that of the purchase order, `host_id` the id that we gave to its line."""

    id: TransactionNumber = None
    number: Filled
    host_id: IfFilled = None
    item: Filled
    quantity: Pieces
    area: str | None = None
    location: str | None = None
    user: str | None = None
    at: Moment


def is_word(told: str | None, word: str) -> bool:
    """Whether WarehouseOS told this word, however its letters are written."""
    return told is not None and told.strip().casefold() == word.strip().casefold()


def if_readable(value: Any, read: Callable[[Any], Any]) -> Any:
    """Validates as usual, but what looks otherwise than assumed is as good as not shown."""
    try:
        return read(value)
    except ValidationError:
        return None


def renamed(model: type[M], names: Mapping[str, str], **inner: Any) -> type[M]:
    """The model under a tenant's field names; `inner` gives type and default of fields that hold renamed models."""
    made: type[M] = _renamed(model, tuple(names.items()), tuple(inner.items()))
    return made


@lru_cache(256)  # pydantic takes a millisecond for each, and most tenants use the same names
def _renamed(model: type[BaseModel], names: tuple[tuple[str, str], ...], inner: tuple[tuple[str, Any], ...]) -> Any:
    aliases = dict(names)
    generator = {"alias_generator": lambda field: aliases.get(field, field)}
    return create_model(model.__name__, __base__=model, __cls_kwargs__=generator, **dict(inner))
