"""A simulated tenant as a whole: its rooms, and what it keeps from one process to the next."""

from collections import Counter
from typing import Any, Protocol

from crossdock_warehouseos.sandbox.agent.run import HostAgent
from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.items.master import ItemMaster
from crossdock_warehouseos.sandbox.numbering import Numbering
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.orders.book import Order, OrderBook
from crossdock_warehouseos.sandbox.people.floor import Floor
from crossdock_warehouseos.sandbox.people.packing import Packing
from crossdock_warehouseos.sandbox.receiving.purchase_orders import Receiving
from crossdock_warehouseos.sandbox.stock.ledger import Stock
from crossdock_warehouseos.sandbox.stock.listed import LevelList
from crossdock_warehouseos.sandbox.stock.places import Places
from crossdock_warehouseos.sandbox.telling.push import Pushes
from crossdock_warehouseos.sandbox.telling.queue import HostQueue
from crossdock_warehouseos.sandbox.telling.work import WorkMessages


class Room(Protocol):
    """A part of the tenant that goes on where it was when the state was saved."""

    def state(self) -> Any: ...
    def restore(self, state: Any) -> None: ...


class Warehouse:
    """One tenant: orders, items, stock, people and messages, each with its rules."""

    def __init__(self, options: SandboxOptions, seed: int) -> None:
        self.options = options
        self.profile = options.profile
        self.counts: Counter[str] = Counter()
        self.clock = Clock()
        self.numbering = Numbering()
        self.items = ItemMaster(options, self.counts)
        self.places = Places(options)
        self.queue = HostQueue(options, seed, self.clock)
        self.stock = Stock(options, self.places, self.queue, self.clock, self.numbering)
        self.book = OrderBook(options, self.places, self.items.match, self.counts, self.clock)
        self.levels = LevelList(options, self.stock, self.places, self.book, self.clock, seed)
        self.messages = WorkMessages(options, self.queue, self.clock, self.numbering)
        self.packing = Packing(options, self.book, self.messages)
        self.floor = Floor(options, self.places, self.book, self.stock, self.packing, self.messages, self.numbering)
        self.receiving = Receiving(options, self.items, self.places, self.stock, self.queue, self.clock, self.numbering)
        self.pushes = Pushes(options, options.push, self.queue, self.counts) if options.push else None
        self.agent = HostAgent(options, options.agent, self.book, self.items, self.queue) if options.agent else None
        self._rooms: dict[str, Room] = {
            "clock": self.clock,
            "numbering": self.numbering,
            "queue": self.queue,
            "items": self.items,
            "stock": self.stock,
            "levels": self.levels,
            "book": self.book,
            "receiving": self.receiving,
            **({"agent": self.agent} if self.agent else {}),
        }

    @property
    def orders(self) -> dict[str, Order]:
        """Every order by its number."""
        return self.book.orders

    def create(self, document: bytes) -> Order:
        """Take a new order; raises `Refused`."""
        return self.book.create(document)

    def order(self, number: str) -> Order:
        """The order with this number; raises `Refused`."""
        return self.book.find(number)

    def state(self) -> dict[str, Any]:
        """All that `restore` needs."""
        return {
            "counts": self.counts,
            **{name: room.state() for name, room in self._rooms.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where another warehouse was."""
        self.counts.update(state["counts"])
        for name, room in self._rooms.items():
            if name in state:
                room.restore(state[name])
