"""Items as files for the Host Agent."""

from collections.abc import Sequence

from crossdock import ConnectionContext, CrossdockError, ProductAnswer, Rejected
from crossdock.domain import ProductChange, digest
from crossdock_warehouseos.catalog.document import ItemWriter
from crossdock_warehouseos.catalog.planning import Put, done, plan
from crossdock_warehouseos.files.agent_folder import AgentFolder
from crossdock_warehouseos.files.box import SUFFIX
from crossdock_warehouseos.files.item_rows import ItemRows, files_of
from crossdock_warehouseos.files.table import Row
from crossdock_warehouseos.settings import WarehouseOSSettings


class WarehouseOSFileItems:
    """The items of one tenant, reached by files; fulfils `CatalogSink`.

    A product is answered as done when its file and flag lie there. What the agent makes of it is not told at once: a
    refusal lies in `failed`, is warned of before the next put, and comes as a problem where the connection is the
    warehouse of a pipeline, too. Whether a number belongs to another product cannot be looked up. The agent is taken
    to work files off in the order of their names (assumed), so names begin with the time.
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._ctx = ctx
        self._box = AgentFolder(ctx).items
        self._rules = ctx.settings.items
        self._writer = ItemWriter(ctx.settings)
        self._rows = ItemRows(ctx.settings.profile.item)
        self._warned: set[str] = set()

    async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        await self._warn_of_refusals()
        puts, refused = plan(changes, self._writer, self._rules)
        errors: dict[int, CrossdockError] = {**refused}
        written: list[tuple[Put, Row]] = []
        for put in puts:
            try:
                written.append((put, self._rows.row(put.item)))
            except Rejected as refusal:
                errors[put.place] = refusal
        errors |= await self._leave(written)
        numbers = {put.place: put.number for put in puts}
        return [
            ProductAnswer(error=errors[place]) if place in errors else done(change, numbers.get(place, ""), self._rules)
            for place, change in enumerate(changes)
        ]

    async def _leave(self, written: Sequence[tuple[Put, Row]]) -> dict[int, CrossdockError]:
        """Hand the files over; what became of those products whose file is not there for certain."""
        errors: dict[int, CrossdockError] = {}
        for file, (content, places) in enumerate(files_of([row for _, row in written]), 1):
            try:
                await self._hand_over(file, content)
            except CrossdockError as error:
                errors |= {written[place][0].place: error for place in places}
        return errors

    async def _hand_over(self, file: int, content: bytes) -> None:
        """Leave a file, unless it is the one that lies there as the last."""
        mark = f"-{digest(content).hex()}{SUFFIX}"
        lying = list(await self._box.files())
        if lying and lying[-1].endswith(mark):
            await self._box.raise_flag(lying[-1])
        else:
            await self._box.hand_over(f"items-{self._ctx.clock.now():%Y%m%dT%H%M%S%f}-{file:03}{mark}", content)

    async def _warn_of_refusals(self) -> None:
        for name in await self._box.refused():
            if name not in self._warned:
                self._warned.add(name)
                said = await self._box.words(name)
                self._ctx.log.warning(
                    "the host agent refused a file of items", connection=self._ctx.name, file=name, said=said
                )
