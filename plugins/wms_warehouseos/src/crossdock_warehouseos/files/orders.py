"""Orders as files for the Host Agent, packed boxes out of those that it leaves."""

from collections.abc import Sequence

from crossdock import AlreadyThere, ConnectionContext, Cursor, OrderField, Page, Receipt, Record, Rejected
from crossdock.domain import FulfillmentRequest, RequestRefusal, Shipment, ShipmentReversal
from crossdock_warehouseos.files.agent_folder import AgentFolder
from crossdock_warehouseos.files.box import Box
from crossdock_warehouseos.files.order_rows import OrderFiles
from crossdock_warehouseos.files.picks import Kind, PickReader, Told, told_by
from crossdock_warehouseos.files.table import file_name
from crossdock_warehouseos.orders.document import require_clear
from crossdock_warehouseos.orders.order_fields import order_fields
from crossdock_warehouseos.settings import WarehouseOSSettings

WAITS, TAKEN = "waits for the host agent", "taken by the host agent"


class WarehouseOSFileOrders:
    """One tenant as a fulfillment target that is reached by files.

    An order is one file, named after its number, so that sending it twice writes the same file twice. That the agent
    took it is not known when it was handed over: what it refuses comes back later among the records of work done, with
    the agent's words. The agent is taken to move a file and its flag, after its work,
    to `done` or `failed`, and to write the words of a refusal beside it, under the file's name and `.err` (assumed).
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        agent = AgentFolder(ctx)
        self._drop, self._orders, self._items, self._picks = agent.drop, agent.orders, agent.items, agent.picks
        self._refusing: dict[Kind, Box] = {Kind.ORDERS: self._orders, Kind.ITEMS: self._items}
        self._settings = ctx.settings
        self._files = OrderFiles(ctx.settings)
        self._reader = PickReader(ctx.settings)

    def order_fields(self) -> Sequence[OrderField]:
        return order_fields(self._settings)

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        require_clear(request)
        if standing := await self._standing(request):
            raise AlreadyThere(standing.ref)
        await self._orders.hand_over(file_name(request.number), self._files.content(request))
        return Receipt(request.number, WAITS)

    async def find_order(self, request: FulfillmentRequest) -> Receipt | None:
        return await self._standing(request)

    async def _standing(self, request: FulfillmentRequest) -> Receipt | None:
        """Where the order is, unless it is nowhere, refused (so that it may be sent again), or handed over by half.

        The agent may be at work meanwhile: a file that is gone from its place is looked for where the agent moves it.
        """
        name = file_name(request.number)
        whole = await self._orders.has_flag(name)
        if await self._lies(request, f"{self._orders.folder}/{name}"):
            return Receipt(request.number, WAITS) if whole else None
        if await self._lies(request, f"{self._orders.done}/{name}"):
            return Receipt(request.number, TAKEN)
        return None

    async def _lies(self, request: FulfillmentRequest, path: str) -> bool:
        """Whether the order's file is there; raises `Rejected` if it is another's."""
        content = await self._drop.find(path)
        if content is None:
            return False
        number, key = self._files.owner(content)
        if (number, key) != (request.number, request.key):
            raise Rejected(
                f"the file {path} of order {request.number} belongs to another order: its {self._files.key_field} is "
                f"'{key}', ours is '{request.key}'; renumber one of them, or take the file away, then retry"
            )
        return True

    async def fetch_shipments(self, cursor: Cursor | None) -> Page:
        """One file a page, and what the agent refused on the last one."""
        waiting = [name for name, whole in (await self._picks.files()).items() if whole and name > (cursor or "")]
        if not waiting:
            return Page(await self._refusals())
        content = await self._picks.find(waiting[0])
        records = () if content is None else self._reader.records(waiting[0], content)
        return Page(records, cursor=waiting[0], more=True)

    async def _refusals(self) -> tuple[Record, ...]:
        records = [
            self._reader.refusal(kind, name, await box.words(name), await self._order_in(box, name))
            for kind, box in self._refusing.items()
            for name in await box.refused()
        ]
        return tuple(records)

    async def _order_in(self, box: Box, name: str) -> str:
        """The number of the order in a refused file; empty if there is none to be read."""
        content = await self._drop.find(f"{box.failed}/{name}") if box is self._orders else None
        return self._files.owner(content)[0] if content else ""

    def read_shipment(self, record: Record) -> Shipment | ShipmentReversal | RequestRefusal | None:
        return self._reader.shipment(record)

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        by_file: dict[Told, set[str]] = {}
        for id_ in ids:
            by_file.setdefault(told_by(id_), set()).add(id_)
        for told, known in by_file.items():
            await self._acknowledge(told, known)

    async def _acknowledge(self, told: Told, known: set[str]) -> None:
        if box := self._refusing.get(told.kind):
            return await box.note_refusal(told.file)
        content = await self._picks.find(told.file)
        if content is not None and {record.id for record in self._reader.records(told.file, content)} <= known:
            await self._picks.put_away(told.file)
        return None

    async def check(self) -> Sequence[str]:
        lines = [await self._state(box) for box in (self._orders, self._items, self._picks)]
        refused = [f"{box.failed}/{name}" for box in self._refusing.values() for name in await box.refused()]
        return [*lines, f"the host agent refused {', '.join(refused) or 'nothing new'}"]

    async def _state(self, box: Box) -> str:
        """What lies in a folder; raises what follows if it, or the one for what is done, is not there."""
        files = await box.files()
        await self._drop.list(box.done)
        whole = sum(files.values())
        return f"{box.folder} has {whole} files that wait, and {len(files) - whole} without a flag"
