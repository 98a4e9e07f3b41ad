"""The Host Agent: it takes files with orders and items out of folders, and leaves files with what was packed.

A file is whole when its flag file (`1001.csv.flg` beside `1001.csv`) is there; what has none is still being written and
left alone. A file that was taken goes to `done` below its folder, with its flag. One in which anything was refused goes
to `failed`, with the reasons beside it (`1001.csv.err`, a line each): an order is taken or refused as a whole, and of a
file with several orders or items the others are taken. Work since the last run is left as one file in `picks`.

The formats of real files are agreed with each customer; these columns are assumed (see `sandbox.agent_files`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from crossdock_warehouseos.sandbox.agent.files import (
    BadFile,
    Document,
    ItemFile,
    OrderFile,
    WorkFile,
    read_rows,
    written,
)
from crossdock_warehouseos.sandbox.front.desk import Desk
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.items.documents import ItemReader, NotTaken
from crossdock_warehouseos.sandbox.items.master import ItemMaster
from crossdock_warehouseos.sandbox.options import AgentOptions, SandboxOptions, TriggerName
from crossdock_warehouseos.sandbox.orders.book import OrderBook
from crossdock_warehouseos.sandbox.telling.queue import HostQueue

Take = Callable[[bytes], Iterator[str]]
"""Takes what a file holds; gives a sentence for each order or item that is refused; raises `BadFile`."""


class HostAgent:
    """Runs when it is told to; orders and items follow the same rules as those that come by the API."""

    def __init__(
        self, options: SandboxOptions, agent: AgentOptions, book: OrderBook, items: ItemMaster, queue: HostQueue
    ) -> None:
        self._agent = agent
        self._book = book
        self._items = items
        self._order_file = OrderFile(options.profile)
        self._item_file = ItemFile(options.profile)
        self._item_reader = ItemReader(options.profile)
        self._work_file = WorkFile(options.profile)
        self._work: list[Document] = []
        self._files_left = 0
        self._in_boxes = {agent.items: self._take_items, agent.orders: self._take_orders}
        self._make_folders()
        queue.outlets.append(self._see)

    def _make_folders(self) -> None:
        agent = self._agent
        for box in (agent.orders, agent.items, agent.picks):
            (agent.folder / box / agent.done).mkdir(parents=True, exist_ok=True)
        for box in (agent.orders, agent.items):
            (agent.folder / box / agent.failed).mkdir(exist_ok=True)

    def _see(self, trigger: TriggerName, body: dict[str, Any]) -> bool:
        """Remember what was done; the message goes its own way."""
        if trigger == self._agent.reports:
            self._work.append(body)
        return False

    def run(self) -> dict[str, int]:
        """Take every whole file, then write down the work since the last run; gives counts."""
        counts: Counter[str] = Counter()
        for box, take in self._in_boxes.items():
            for file in self._whole_files(self._agent.folder / box):
                counts[self._take_in(file, take)] += 1
        return {"done": counts["done"], "failed": counts["failed"], "rows": self._leave_work()}

    def _whole_files(self, folder: Path) -> list[Path]:
        return sorted(file for file in folder.iterdir() if file.is_file() and self._flag(file).exists())

    def _flag(self, file: Path) -> Path:
        return file.with_name(file.name + self._agent.flag_suffix)

    def _take_in(self, file: Path, take: Take) -> str:
        try:
            refused = list(take(file.read_bytes()))
        except BadFile as error:
            refused = [str(error)]
        archive = file.parent / (self._agent.failed if refused else self._agent.done)
        if refused:
            (archive / f"{file.name}.err").write_text("\n".join(refused) + "\n", "utf-8")
        for each in (file, self._flag(file)):
            each.replace(archive / each.name)
        return "failed" if refused else "done"

    def _take_orders(self, content: bytes) -> Iterator[str]:
        for document in list(self._order_file.documents(read_rows(content))):
            try:
                self._book.create(msgspec.json.encode(document))
            except Refused as refusal:
                yield str(refusal)

    def _take_items(self, content: bytes) -> Iterator[str]:
        for row in read_rows(content):
            try:
                self._items.save(self._item_reader.read(self._item_file.document(row)))
            except NotTaken as reason:
                yield f"{reason.number}: {reason}" if reason.number else str(reason)

    def _leave_work(self) -> int:
        rows = [row for message in self._work for row in self._work_file.rows(message)]
        if rows:
            self._files_left += 1
            file = self._agent.folder / self._agent.picks / f"picks-{self._files_left:06}.csv"
            file.write_bytes(written(self._work_file.columns, rows))
            self._flag(file).touch()
        self._work.clear()
        return len(rows)

    def state(self) -> Any:
        """All that `restore` needs."""
        return self._work, self._files_left

    def restore(self, state: Any) -> None:
        """Go on where another agent was."""
        self._work, self._files_left = state


def agent_controls(desk: Desk, agent: HostAgent | None) -> list[Route]:
    """The control call that lets the agent run once."""

    async def run(request: Request) -> Any:
        if agent is None:
            raise Refused(400, "There is no agent in the options.")
        return agent.run()

    return [desk.control("POST", "/_agent", run)]
