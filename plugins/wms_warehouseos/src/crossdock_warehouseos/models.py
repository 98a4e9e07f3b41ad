"""What WarehouseOS tells, in our words; a tenant's own words are put on by `renamed`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from crossdock.domain import Place

M = TypeVar("M", bound=BaseModel)
MOST_PIECES = 2**31 - 1
Pieces = Annotated[int, Field(ge=0, le=MOST_PIECES)]
Difference = Annotated[int, Field(ge=-MOST_PIECES, le=MOST_PIECES)]


def _as_list(told: Any) -> Any:
    """One number may stand where several could."""
    if told is None or told == "":
        return ()
    return told if isinstance(told, list) else (told,)


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

    item: str = Field(min_length=1)
    quantity: int = Field(ge=1, le=MOST_PIECES)


class Bundle(Told):
    """A number that stands for several items; `components` is None where they are not shown."""

    number: str
    components: tuple[BundlePart, ...] | None = None


class WorkLine(Told):
    """So many pieces of one order line; `host_id` is the id that the order gave to the line."""

    host_id: str = Field(min_length=1)
    item: str
    quantity: Pieces


class WorkHead(Told):
    """Whose work was done, when, and how it travels; `unit` is the number of the box or the pick."""

    order_number: str = Field(min_length=1)
    unit: str | None = None
    transaction: str | None = None
    at: datetime
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

    host_id: str = Field(min_length=1)
    short: Pieces | None = None


class PickEnded(Told):
    """A finished pick, for what was not found in it."""

    order_number: str = Field(min_length=1)
    transaction: str | None = None
    at: datetime
    status: str | None = None
    short_reason: str | None = None
    lines: tuple[ShortLine, ...] = ()


class WorkTakenBack(Told):
    """Picks that were reset or a box that was opened again: the numbers of those, as far as they are told."""

    order_number: str = Field(min_length=1)
    transaction: str | None = None
    at: datetime
    units: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()


class StockMoved(Told):
    """One transaction of stock."""

    id: str | None = None
    item: str = Field(min_length=1)
    quantity: Pieces
    from_area: str | None = None
    from_location: str | None = None
    to_area: str | None = None
    to_location: str | None = None
    reason: str | None = None
    order_number: str | None = None
    user: str | None = None
    at: datetime

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

    id: str | None = None
    number: str = Field(min_length=1)
    host_id: str | None = None
    item: str = Field(min_length=1)
    quantity: Pieces
    area: str | None = None
    location: str | None = None
    user: str | None = None
    at: datetime


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
