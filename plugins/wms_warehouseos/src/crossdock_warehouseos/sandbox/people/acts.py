"""A scripted warehouse shift: what people do, act by act."""

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, TypeAdapter

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.orders.book import Order, Pieces
from crossdock_warehouseos.sandbox.stock.places import Place
from crossdock_warehouseos.sandbox.warehouse import Warehouse


class Act(BaseModel, ABC):
    """Something that a person does; gives what came of it, or raises `Refused` and has changed nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str = ""

    @abstractmethod
    def happen(self, warehouse: Warehouse) -> dict[str, Any]:
        """Do it."""


class OnOrder(Act):
    """An act on one order."""

    order: str

    def happen(self, warehouse: Warehouse) -> dict[str, Any]:
        return self.do(warehouse, warehouse.order(self.order)) or {}

    @abstractmethod
    def do(self, warehouse: Warehouse, order: Order) -> dict[str, Any] | None:
        """Do it with this order."""


class OnLines(OnOrder):
    """An act on an order or on one line of it, named by the host's id, and by the item where that is not enough."""

    line: str | None = None
    item: str | None = None
    quantity: PositiveInt | None = None

    def chosen(self, order: Order) -> list[int]:
        """The lines that are meant; raises `Refused`."""
        if self.line is None and self.item is None:
            if self.quantity is not None:
                raise Refused(400, "A quantity needs a line.")
            return list(range(len(order.lines)))
        found = [
            place
            for place, line in enumerate(order.lines)
            if self.line in (None, line.host_id) and self.item in (None, line.item)
        ]
        if len(found) != 1:
            raise Refused(400, f"Order {order.number} has {len(found)} such lines.")
        return found


class Batch(Act):
    """Orders of one area are put into a batch, and locked."""

    act: Literal["batch"]
    orders: list[str]

    def happen(self, warehouse: Warehouse) -> dict[str, Any]:
        numbers = dict.fromkeys(self.orders)
        return {"batch": warehouse.floor.batch([warehouse.order(number) for number in numbers])}


class Unbatch(OnOrder):
    """An order with which nobody has begun leaves its batch."""

    act: Literal["unbatch"]

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.floor.unbatch(order)


class Download(OnOrder):
    """The lines of an order come to a device."""

    act: Literal["download"]

    def do(self, warehouse: Warehouse, order: Order) -> dict[str, Any]:
        return {"pick": warehouse.floor.download(order).number}


class PickAct(OnLines):
    """So many pieces of a line are picked, or what is left as far as there is stock; the last completes the order."""

    act: Literal["pick"]
    over: bool = False

    def do(self, warehouse: Warehouse, order: Order) -> dict[str, Any]:
        warehouse.floor.require_pickable(order)
        wanted = self._wanted(warehouse, order)
        pick = warehouse.floor.pick(order, wanted, self.user, over=self.over)
        if not order.left:
            warehouse.floor.complete(order)
        return {"pick": pick.number, "pieces": sum(wanted.values())}

    def _wanted(self, warehouse: Warehouse, order: Order) -> Pieces:
        """Exactly the quantity that is given; otherwise what is left, as far as there is stock."""
        chosen = self.chosen(order)
        if self.quantity is not None:
            return {chosen[0]: self.quantity}
        left = {place: order.lines[place].left for place in chosen}
        if not any(left.values()):
            raise Refused(409, f"Nothing of it is left to pick for order {order.number}.")
        return warehouse.floor.obtainable(order, left)


class Complete(OnOrder):
    """A round of picking ends; `short` says that nobody will look for the rest, for this reason."""

    act: Literal["complete"]
    short: bool = False
    reason: str = ""

    def do(self, warehouse: Warehouse, order: Order) -> dict[str, Any]:
        return {"pick": warehouse.floor.complete(order, short=self.short, reason=self.reason)}


class Reset(OnOrder):
    """A supervisor takes picks back, these or all."""

    act: Literal["reset"]
    picks: list[str] | None = None

    def do(self, warehouse: Warehouse, order: Order) -> dict[str, Any]:
        return {"picks": warehouse.floor.reset(order, self.picks, self.user)}


class Pack(OnLines):
    """Picked pieces are put into a box, a new one or the one named; it is closed unless `close` is false."""

    act: Literal["pack"]
    box: str = ""
    close: bool = True
    tracking: str | None = None

    def do(self, warehouse: Warehouse, order: Order) -> dict[str, Any]:
        chosen = self.chosen(order)
        loose = {place: self.quantity or order.lines[place].loose for place in chosen}
        pieces = {place: quantity for place, quantity in loose.items() if quantity}
        box = warehouse.packing.pack(order, pieces, self.box, self.user)
        if self.close:
            warehouse.packing.close(order, box, self.tracking)
        return {"box": box}


class Close(OnOrder):
    """A box is closed, with this tracking number or one of the shipping system."""

    act: Literal["close"]
    box: str
    tracking: str | None = None

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.packing.close(order, self.box, self.tracking)


class Reopen(OnOrder):
    """A closed box is opened, and what was in it is loose again."""

    act: Literal["reopen"]
    box: str

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.packing.reopen(order, self.box, self.user)


class Verify(OnOrder):
    """Somebody looks whether everything is in the boxes."""

    act: Literal["verify"]

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.packing.verify(order, self.user)


class Hold(OnOrder):
    """Nobody works on an order until it is released."""

    act: Literal["hold"]

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.book.hold(order)


class Release(OnOrder):
    """Work on an order may go on."""

    act: Literal["release"]

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.book.release(order)


class Delete(OnOrder):
    """A person deletes an order of which nothing is picked."""

    act: Literal["delete"]

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.floor.delete(order)


class SetArea(OnOrder):
    """An order that is in no batch is picked in another area."""

    act: Literal["set_area"]
    area: str

    def do(self, warehouse: Warehouse, order: Order) -> None:
        warehouse.floor.set_area(order, self.area)


class OnStock(Act):
    """An act on what lies somewhere; a place is "AREA/LOCATION", a location, or an area with its first location.

    `told`: the host hears of it; otherwise the message is lost.
    """

    item: str
    told: bool = True

    def happen(self, warehouse: Warehouse) -> dict[str, Any]:
        if self.item not in warehouse.items:
            raise Refused(400, f"Item {self.item} does not exist.")
        with nullcontext() if self.told else warehouse.stock.unheard():
            return {"transaction": self.do(warehouse)}

    @abstractmethod
    def do(self, warehouse: Warehouse) -> str | None:
        """Do it; gives the number of the transaction."""


class Put(OnStock):
    """Pieces come in."""

    act: Literal["put"]
    quantity: PositiveInt
    place: str = ""
    reason: str = "FOUND"

    def do(self, warehouse: Warehouse) -> str:
        return warehouse.stock.put(self.item, self.quantity, _at(warehouse, self.place), self.reason, self.user).id


class Pull(OnStock):
    """Pieces go out, for no order."""

    act: Literal["pull"]
    quantity: PositiveInt
    place: str = ""
    reason: str = "DAMAGE"

    def do(self, warehouse: Warehouse) -> str:
        return warehouse.stock.pull(self.item, self.quantity, _at(warehouse, self.place), self.reason, self.user).id


class Count(OnStock):
    """Somebody counts a place; the difference is booked."""

    act: Literal["count"]
    found: NonNegativeInt
    place: str = ""

    def do(self, warehouse: Warehouse) -> str | None:
        counted = warehouse.stock.count(self.item, self.found, _at(warehouse, self.place), self.user)
        return counted.id if counted else None


class Move(OnStock):
    """Pieces are carried from one place to another."""

    act: Literal["move"]
    quantity: PositiveInt
    origin: str
    destination: str
    reason: str = "TRANSFER"

    def do(self, warehouse: Warehouse) -> str:
        origin, destination = _at(warehouse, self.origin), _at(warehouse, self.destination)
        return warehouse.stock.move(self.item, self.quantity, origin, destination, self.reason, self.user).id


def _at(warehouse: Warehouse, told: str) -> Place:
    return warehouse.places.find(told)


AnyAct = Annotated[
    Batch
    | Unbatch
    | Download
    | PickAct
    | Complete
    | Reset
    | Pack
    | Close
    | Reopen
    | Verify
    | Hold
    | Release
    | Delete
    | SetArea
    | Put
    | Pull
    | Count
    | Move,
    Field(discriminator="act"),
]
SCRIPT = TypeAdapter(list[AnyAct])


def play(warehouse: Warehouse, script: list[AnyAct]) -> list[dict[str, Any]]:
    """Let the acts happen one after the other; at the first that is refused it ends, and those before it stand."""
    done = []
    for place, act in enumerate(script, 1):
        try:
            done.append(act.happen(warehouse))
        except Refused as refusal:
            raise Refused(409, f"Act {place}, {act.act}: {refusal}") from None
    return done
