"""An order as WarehouseOS shows it: whose it is, how far the work is, and what it asks for."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ValidationError, WrapValidator

from crossdock.domain import FulfillmentRequest
from crossdock_warehouseos.errors import not_as_promised
from crossdock_warehouseos.faults import first_fault
from crossdock_warehouseos.models import Told, if_readable, is_word, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings


class FoundLine(Told):
    """A line as the look-up gives it; `host_id` is the id that the order gave to the line."""

    host_id: str | None = None
    item: str | None = None
    quantity: int | None = None


class OrderFound(Told):
    """An order as the look-up gives it; `request_key` is what crossdock wrote into its custom field.

    Without `number` there is no order. `lines` is None where the look-up shows none.
    """

    number: str | None = None
    id: str | None = None
    status: str | None = None
    request_key: str | None = None
    batch: Any = None
    packed: Any = None
    verified: Any = None
    ship_to: Any = None
    lines: tuple[FoundLine, ...] | None = None


class OrderReader:
    """Reads orders under a tenant's names and judges them; pure."""

    def __init__(self, settings: WarehouseOSSettings, key_field: str) -> None:
        profile = settings.profile
        self._key_field = key_field
        self._statuses = profile.statuses
        self._name_of_person = profile.address.name
        line = renamed(FoundLine, profile.line.model_dump())
        lines = Annotated[tuple[line, ...] | None, WrapValidator(if_readable)]  # type: ignore[valid-type]
        names = {**profile.order.model_dump(), "request_key": key_field}
        self._found = renamed(OrderFound, names, lines=(lines, None))

    def read(self, body: bytes) -> OrderFound | None:
        """The order in an answer, or None when the answer holds none; a refusal quotes nothing of it."""
        try:
            found = self._found.model_validate_json(body)
        except ValidationError as error:
            raise not_as_promised("the look-up of an order", first_fault(error, "the answer")) from None
        return found if found.number is not None else None

    def is_held(self, found: OrderFound) -> bool | None:
        """Whether the order is on Hold; None when the look-up does not tell."""
        return None if found.status is None else is_word(found.status, self._statuses.hold)

    def is_complete(self, found: OrderFound) -> bool:
        """Whether everything of it that will be picked is picked."""
        return is_word(found.status, self._statuses.complete)

    def is_locked(self, found: OrderFound) -> bool:
        """Whether work on it has begun, so that WarehouseOS deletes it no more."""
        begun = is_word(found.status, self._statuses.in_process) or self.is_complete(found)
        return begun or _is_batched(found)

    def state(self, found: OrderFound) -> str:
        """How far the work is, in WarehouseOS's own words."""
        parts = (
            found.status or "",
            f"batch {found.batch}" if _is_batched(found) else "",
            "packed" if found.packed is True else "",
            "verified" if found.verified is True else "",
        )
        return ", ".join(part for part in parts if part)

    def stranger(self, found: OrderFound, request: FulfillmentRequest) -> str:
        """Why this order is not the request's, as far as it shows; names no person. Empty if it is."""
        if found.request_key == request.key:
            return ""
        seen = (
            f"its {self._key_field} is '{found.request_key or ''}', ours is '{request.key}'",
            self._difference_in_lines(found, request),
            self._difference_in_name(found, request),
        )
        return ", ".join(words for words in seen if words)

    def _difference_in_lines(self, found: OrderFound, request: FulfillmentRequest) -> str:
        if found.lines is None or len(found.lines) == len(request.lines):
            return ""
        return f"it has {len(found.lines)} lines, ours {len(request.lines)}"

    def _difference_in_name(self, found: OrderFound, request: FulfillmentRequest) -> str:
        told = found.ship_to.get(self._name_of_person) if isinstance(found.ship_to, Mapping) else None
        return "it goes to somebody else" if told and not is_word(str(told), request.ship_to.name) else ""


def _is_batched(found: OrderFound) -> bool:
    return found.batch not in (None, False, "", 0, "0", [], {})
