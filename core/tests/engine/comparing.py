"""Both ends of a stock as values, and disturbances of it: what a comparison must find of each is known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crossdock.domain import CenterQuantity, MovementKind, StockChange, StockItem, StockMeaning, StockReading
from crossdock.engine.comparison import Comparison
from crossdock.engine.discrepancies import Judged, circumstances_of, judge
from crossdock.engine.evidence import ALL_RUNS, AskedChange, Evidence, KnownLevel, Standstill
from crossdock.engine.ledger import PromiseState
from crossdock.engine.movement_ports import WaitingMovement
from crossdock.engine.positions import Position, StockTaking
from crossdock.engine.report import Report
from crossdock.engine.rules import PipelineRules
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Aliases

from .builders import NOON
from .counting import own_rules
from .shelf import EAST, WEST

CENTERS = (EAST, WEST)
SETS = StockRules(sets=True, meaning=StockMeaning.SELLABLE)


@dataclass
class Ends:
    """What lies in the warehouse and what the cart has, by SKU and centre, and what is known of each SKU."""

    rules: PipelineRules = field(default_factory=own_rules)
    aliases: Aliases = field(default_factory=Aliases)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    unmapped: dict[tuple[str, str], int] = field(default_factory=dict)
    units_waiting: Counter[str] = field(default_factory=Counter)
    cart: dict[str, Counter[str]] = field(default_factory=dict)
    reserved: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, str] = field(default_factory=dict)
    known: dict[str, Evidence] = field(default_factory=dict)
    moving: set[str] = field(default_factory=set)
    standstill: Standstill = ALL_RUNS
    counted_at: datetime = NOON

    def lie(self, sku: str, center: str, pieces: int) -> None:
        """So many more pieces lie in the warehouse."""
        was = self.positions.get((sku, center), Position())
        self.positions[sku, center] = replace(was, on_hand=was.on_hand + pieces)

    def know(self, sku: str, **news: object) -> None:
        """More is known of a SKU, so that it is among those with something on the way."""
        self.known[sku] = replace(self.known.get(sku, Evidence()), **news)  # type: ignore[arg-type]
        self.moving.add(sku.casefold())

    def readings(self) -> list[StockReading]:
        """What the cart says."""
        return [
            StockReading(
                item=StockItem(sku=sku, product_id=f"P-{sku}"),
                available=tuple(CenterQuantity(distribution_center=at, quantity=n) for at, n in held.items()),
                reserved=self.reserved[sku],
                refusal=self.refusals.get(sku, ""),
            )
            for sku, held in self.cart.items()
        ]

    def taking(self) -> StockTaking:
        return StockTaking(NOON, self.counted_at, self.positions, self.unmapped, self.units_waiting)

    def compared(self, readings: Sequence[StockReading] | None = None) -> Report:
        """The report on both ends as they are."""
        taking = self.taking()
        comparison = Comparison(self.rules, taking, self.aliases, self.moving)
        for reading in self.readings() if readings is None else readings:
            comparison.see(reading)
        comparison.miss()
        around = circumstances_of(self.rules, taking, self.standstill)
        found: list[Judged] = []
        for subject, held in comparison.suspects.items():
            product = comparison.product(subject)
            found.append(judge(product, held, self.known.get(product.sku, Evidence()), around))
        rows = tuple(row for one in found for row in one.discrepancies)
        return Report("main", NOON, NOON, "ada", comparison.compared, sum(one.on_the_way for one in found), rows)

    def tell(self, changes: Sequence[StockChange]) -> None:
        """The cart adds what it is told."""
        for change in changes:
            for one in change.centers:
                self.cart[change.item.sku][one.distribution_center] += one.quantity


def agreeing(numbers: Mapping[tuple[str, str], tuple[int, int]], stock: StockRules | None = None) -> Ends:
    """Both ends in agreement: by SKU and centre, what is free, and how many more lie there that buyers wait for."""
    ends = Ends(rules=own_rules(stock=stock or StockRules()))
    for (sku, center), (free, claimed) in numbers.items():
        ends.positions[sku, center] = Position(free + claimed, allocated=claimed)
        ends.cart.setdefault(sku, Counter())[center] = free
        ends.reserved[sku] += claimed
        ends.units_waiting[sku] += claimed
        if stock and stock.sets:
            told = {**ends.known.get(sku, Evidence()).told, center: KnownLevel(free, NOON, NOON)}
            ends.know(sku, told=told)
            ends.moving.discard(sku.casefold())
    return ends


def an_asked(
    quantity: int,
    state: PromiseState = PromiseState.DUE,
    *,
    sku: str = "A",
    center: str = EAST,
    meaning: StockMeaning = StockMeaning.DIFFERENCE,
    error: str = "",
    sent: bool = False,
    at: datetime = NOON,
) -> AskedChange:
    """A change of one centre, and where it stands; `sent`: the cart was read before it, and it was sent."""
    change = StockChange(
        key=f"change/{sku}/{quantity}",
        item=StockItem(sku=sku),
        meaning=meaning,
        centers=(CenterQuantity(distribution_center=center, quantity=quantity),),
        before=StockReading(item=StockItem(sku=sku)) if sent else None,
        read_at=NOON if sent else None,
    )
    return AskedChange(change, state, at, error)


def a_waiting(quantity: int, origin: str | None, destination: str | None, *, own: bool = False) -> WaitingMovement:
    """Movements of A between two areas, added up."""
    return WaitingMovement(0, "A", MovementKind.MOVE, quantity, origin, destination, "", own)
