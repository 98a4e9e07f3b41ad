"""What can still be done with an order that WarehouseOS has: hold it, let it go on, take it back."""

from dataclasses import dataclass

import httpx
import msgspec

from crossdock import ConnectionContext, CrossdockError, NeedsConfig, OutcomeUnknown, Receipt, Rejected, Withdrawal
from crossdock.domain import FulfillmentRequest
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.errors import refusal_of
from crossdock_warehouseos.orders.found import OrderFound, OrderReader
from crossdock_warehouseos.orders.lookup import OrderLookup
from crossdock_warehouseos.settings import WarehouseOSSettings

NO_SUCH_CALL = (404, 405)
TIMED_OUT = 408


@dataclass(frozen=True)
class Said:
    """What WarehouseOS said to a wish: no words are a yes; `doubt` when it did not say anything."""

    words: str = ""
    status: int = 0
    doubt: OutcomeUnknown | None = None


class Interventions:
    """Looks before and after each step: what counts is what the order shows, not what was answered."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings], reader: OrderReader, lookup: OrderLookup) -> None:
        self._http = ctx.http
        self._profile = ctx.settings.profile
        self._reader = reader
        self._lookup = lookup

    async def hold(self, request: FulfillmentRequest) -> Receipt:
        """Put the order on Hold, which WarehouseOS allows until it is complete."""
        before = await self._standing(request)
        if self._reader.is_complete(before):
            raise Rejected(f"order {request.number} can no longer be held: it is {self._reader.state(before)}")
        return await self._turn(request, before, held=True)

    async def resume(self, request: FulfillmentRequest) -> Receipt:
        """Take the order off Hold."""
        return await self._turn(request, await self._standing(request), held=False)

    async def withdraw(self, request: FulfillmentRequest) -> Withdrawal:
        """Delete the order while it is unlocked, and see whether it is gone."""
        before = await self._lookup.standing(request)
        if before is None:
            return Withdrawal(gone=True)
        if self._reader.is_locked(before):
            return Withdrawal(gone=False, words=self._reader.state(before))
        said = await self._delete(request.number)
        left = await self._lookup.standing(request)
        return Withdrawal(gone=True) if left is None else self._still_there(left, said)

    async def _standing(self, request: FulfillmentRequest) -> OrderFound:
        found = await self._lookup.standing(request)
        if found is None:
            raise Rejected(f"there is no order {request.number} in WarehouseOS")
        return found

    async def _turn(self, request: FulfillmentRequest, before: OrderFound, *, held: bool) -> Receipt:
        if self._reader.is_held(before) is held:
            return self._receipt(request, before)
        entry = "hold_order" if held else "release_order"
        said = await self._tell(entry, request.number)
        after = await self._standing(request)
        turned = self._reader.is_held(after)
        if turned is held or (turned is None and not said.words):
            return self._receipt(request, after)
        raise _not_turned(request.number, entry, said, self._reader.state(after))

    def _receipt(self, request: FulfillmentRequest, found: OrderFound) -> Receipt:
        return Receipt(found.id or request.number, self._reader.state(found))

    async def _tell(self, entry: str, number: str) -> Said:
        """A wish that may be said twice."""
        body = msgspec.json.encode({self._profile.order.number: number})
        path = getattr(self._profile.paths, entry)
        return self._said(await self._http.send("POST", path, content=body, repeatable=True, raw=True))

    async def _delete(self, number: str) -> Said:
        query = {self._profile.query.order_number: number}
        try:
            return self._said(await self._http.send("DELETE", self._profile.paths.delete_order, params=query, raw=True))
        except OutcomeUnknown as doubt:
            return Said(str(doubt), doubt=doubt)

    def _said(self, answer: httpx.Response) -> Said:
        words = refusal_of(answer, self._profile.answer)
        is_page = answer.is_success and bool(words) and fields(answer.content) is None
        is_unclear = is_page or answer.is_server_error or answer.status_code == TIMED_OUT
        return Said(words, answer.status_code, OutcomeUnknown(f"WarehouseOS answered {words}") if is_unclear else None)

    def _still_there(self, left: OrderFound, said: Said) -> Withdrawal:
        """An order that stays: locked, refused, or kept in spite of a yes; in doubt nothing is said of an unlocked one.

        A delete of which nothing was heard may yet be carried out after this look.
        """
        state = self._reader.state(left) or "still there"
        if self._reader.is_locked(left):
            return Withdrawal(gone=False, words=state)
        if said.doubt is not None:
            raise said.doubt
        if said.status in NO_SUCH_CALL:
            raise _wrong_path("delete_order", said)
        told = said.words or "it answered that the order was deleted, yet has it"
        return Withdrawal(gone=False, words=f"{state}: {told}")


def _not_turned(number: str, entry: str, said: Said, state: str) -> CrossdockError:
    if said.doubt is not None:
        return said.doubt
    if said.status in NO_SUCH_CALL:
        return _wrong_path(entry, said)
    told = said.words or "WarehouseOS answered that it was done, yet nothing changed"
    return Rejected(f"order {number} is {state or 'there'}: {told}")


def _wrong_path(entry: str, said: Said) -> NeedsConfig:
    return NeedsConfig(
        f"WarehouseOS has the order but answered {said.status} at profile.paths.{entry} ({said.words}); "
        "compare it in the settings with Admin > API Docs of the tenant"
    )
