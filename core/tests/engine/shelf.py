"""A cart's stock in memory: it adds what it is told as often as it is told, while buyers buy from it."""

from collections import Counter
from collections.abc import Callable, Sequence

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.engine.pipeline import Bound
from crossdock.hooks.records import Receipt

from .remote import Remote
from .world import World

EAST, WEST = "0", "-2"


class Shelf(Remote):
    """Products by SKU (the id is the SKU with a P before it), what may be sold of them by centre, what is reserved."""

    def __init__(self, *skus: str) -> None:
        super().__init__()
        self.available: dict[str, Counter[str]] = {sku: Counter({EAST: 10, WEST: 10}) for sku in skus}
        self.reserved: Counter[str] = Counter()
        self.applied: list[StockChange] = []
        self.generation: Counter[str] = Counter()
        self.while_reading: Callable[[], None] = lambda: None

    def sell(self, sku: str, quantity: int, center: str = EAST) -> None:
        """A buyer orders."""
        self.available[sku][center] -= quantity
        self.reserved[sku] += quantity

    def ship(self, sku: str, quantity: int) -> None:
        """What a buyer ordered has left."""
        self.reserved[sku] -= quantity

    def product_id(self, sku: str) -> str:
        return f"P{sku}.{self.generation[sku]}"

    async def read_stock(self, items: Sequence[StockItem]) -> Sequence[StockReading]:
        self.while_reading()
        return await self._carry_out("read_stock", lambda: [self._reading(item) for item in items])

    def _reading(self, item: StockItem) -> StockReading:
        if item.sku not in self.available:
            return StockReading(item=item, refusal=f"there is no product {item.sku}")
        held = self.available[item.sku]
        return StockReading(
            item=StockItem(sku=item.sku, product_id=self.product_id(item.sku)),
            available=tuple(CenterQuantity(distribution_center=at, quantity=held[at]) for at in sorted(held)),
            reserved=self.reserved[item.sku],
        )

    async def change_stock(self, change: StockChange) -> Receipt:
        return await self._carry_out("change_stock", lambda: self._change(change))

    def _change(self, change: StockChange) -> Receipt:
        self.applied.append(change)
        held = self.available[change.item.sku]
        for one in change.centers:
            before = held[one.distribution_center] if change.meaning is StockMeaning.DIFFERENCE else 0
            held[one.distribution_center] = before + one.quantity
        return Receipt(change.item.product_id)


def a_change(key: str, sku: str = "A", meaning: StockMeaning = StockMeaning.DIFFERENCE, **centers: int) -> StockChange:
    """A change of some centres: `EAST=3, WEST=-1`."""
    ids = {"EAST": EAST, "WEST": WEST}
    quantities = tuple(CenterQuantity(distribution_center=ids[name], quantity=n) for name, n in centers.items())
    return StockChange(key=key, item=StockItem(sku=sku), meaning=meaning, centers=quantities)


def with_shelf(world: World, *skus: str, kind: type[Shelf] = Shelf) -> Shelf:
    """The world's pipeline tells this shelf of stock."""
    shelf = kind(*skus)
    world.changes["inventory_sink"] = Bound("shop", shelf, 4)
    world.others.append(shelf)
    return shelf


async def promise(world: World, *changes: StockChange) -> int:
    """Promise these changes as a person's command does."""
    return await world.store.promise_stock("main", "shop", changes, now=world.clock.now())
