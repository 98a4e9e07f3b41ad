"""What WarehouseOS tells, in our words; a tenant's own words are put on by `renamed`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

M = TypeVar("M", bound=BaseModel)


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


class OrderFound(Told):
    """An order as the look-up gives it; `request_key` is what crossdock wrote into its custom field."""

    number: str | None = None
    id: str | None = None
    status: str | None = None
    request_key: str | None = None


class WorkLine(Told):
    """So many pieces of one order line; `host_id` is the id that the order gave to the line."""

    host_id: str = Field(min_length=1)
    item: str
    quantity: int


class WorkDone(Told):
    """A closed box or a finished pick; `id` is the number of the box or the pick."""

    order_number: str = Field(min_length=1)
    id: str | None = None
    at: datetime
    carrier: str | None = None
    service: str | None = None
    tracking_number: str | None = None
    lines: tuple[WorkLine, ...]


def renamed(model: type[M], names: Mapping[str, str], **inner: Any) -> type[M]:
    """The model under a tenant's field names; `inner` gives type and default of fields that hold renamed models."""

    def alias(field: str) -> str:
        return names.get(field, field)

    return create_model(model.__name__, __base__=model, __cls_kwargs__={"alias_generator": alias}, **inner)
