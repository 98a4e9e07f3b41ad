"""Items on their way into WarehouseOS, as many in a call as it takes."""

from collections.abc import Iterator, Mapping

import msgspec

from crossdock import (
    ConnectionContext,
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    error_text,
)
from crossdock_warehouseos.catalog.document import Item
from crossdock_warehouseos.catalog.held import HeldItems
from crossdock_warehouseos.catalog.shown import shows
from crossdock_warehouseos.catalog.verdict import Verdict, verdict_of
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.writing import write

Items = Mapping[str, Item]
"""Item documents by number."""

Outcomes = dict[str, CrossdockError | None]
"""What became of each item, by number: None, or the error that it met."""

_ENDS_ALL = (NeedsAuth, NeedsConfig, Throttled, Unavailable)
_json = msgspec.json.Encoder(decimal_format="number")


class ItemCalls:
    """Writes items and finds out what became of each one.

    A write is an upsert, so it may be done again. That settles a call that was refused because of some items: the
    others go once more without them, or in halves where the answer names none. A call without an answer may still be
    worked on (large sets are answered too late): its items are looked up, and those that show what was written are
    done.
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings], held: HeldItems) -> None:
        self._http = ctx.http
        self._profile = ctx.settings.profile
        self._rules = ctx.settings.items
        self._held = held

    async def put(self, items: Items) -> Outcomes:
        """Create or update these items."""
        outcomes: Outcomes = {}
        for batch in _batches(items, self._rules.batch):
            ended = next((error for error in outcomes.values() if isinstance(error, _ENDS_ALL)), None)
            outcomes |= await self._put(batch) if ended is None else dict.fromkeys(batch, ended)
        return outcomes

    async def _put(self, items: Items) -> Outcomes:
        try:
            verdict = await self._send(items)
        except OutcomeUnknown as lost:
            return await self._look_up(items, lost)
        except CrossdockError as error:
            return dict.fromkeys(items, error)
        return await self._settle(items, verdict)

    async def _send(self, items: Items) -> Verdict:
        documents = list(items.values())
        body = documents if self._rules.body == "list" else {self._profile.item.list: documents}
        answer = await write(self._http, self._profile.paths.save_items, _json.encode(body), "paths.save_items")
        verdict = verdict_of(answer.status_code, answer.content, items, self._profile.item, self._profile.answer)
        if verdict is None:
            raise OutcomeUnknown(
                "WarehouseOS answered the items with something unexpected: "
                f"{error_text(answer.content, 120) or 'nothing'}"
            )
        return verdict

    async def _settle(self, items: Items, verdict: Verdict) -> Outcomes:
        refused: Outcomes = {number: Rejected(words) for number, words in verdict.refused.items()}
        others = {number: item for number, item in items.items() if number not in refused}
        if verdict.taken or not others:
            return refused | dict.fromkeys(others)
        if refused:
            return refused | await self._put(others)
        if len(others) == 1:
            return dict.fromkeys(others, Rejected(verdict.words))
        return await self._put_halves(others)

    async def _put_halves(self, items: Items) -> Outcomes:
        outcomes: Outcomes = {}
        for half in _batches(items, (len(items) + 1) // 2):
            outcomes |= await self._put(half)
        return outcomes

    async def _look_up(self, items: Items, lost: OutcomeUnknown) -> Outcomes:
        """What became of items whose call had no answer; nothing more is asked after a look-up that fails."""
        outcomes: Outcomes = dict.fromkeys(items, lost)
        for number, item in items.items():
            try:
                held = await self._held.item(number)
            except CrossdockError:
                break
            if held is not None and shows(item, held, self._profile.item):
                outcomes[number] = None
        return outcomes


def _batches(items: Items, size: int) -> Iterator[Items]:
    rows = list(items.items())
    for start in range(0, len(rows), size):
        yield dict(rows[start : start + size])
