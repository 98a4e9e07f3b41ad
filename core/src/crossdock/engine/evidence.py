"""What is known here of one product beside what both sides say of it: what the cart was told, and is to be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crossdock.domain import StockChange, StockMeaning
from crossdock.engine.ledger import PromiseState
from crossdock.engine.movement_ports import WaitingMovement

NOBODY_KNOWS = ("nobody can tell", "still without an answer", "given up after")
"""How the reason begins for which a change was given up of which nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class AskedChange:
    """A stock change, and where it stands; `error` is why it is not further, `failed`: the plugin broke off."""

    change: StockChange
    state: PromiseState
    asked_at: datetime
    error: str = ""
    failed: bool = False

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody knows if it arrived; a level is simply set again."""
        if self.change.meaning is not StockMeaning.DIFFERENCE or self.change.before is None:
            return False
        given_up = self.failed or self.error.startswith(NOBODY_KNOWS)
        return self.state is not PromiseState.DUE and (self.state is not PromiseState.REJECTED or given_up)

    @property
    def is_refused(self) -> bool:
        """Whether the cart was not told of it, and will not be without a person's word."""
        return self.state is PromiseState.REJECTED and not self.is_doubtful

    def at(self, center: str) -> int | None:
        """Its number for a centre; None where it names none."""
        numbers = [one.quantity for one in self.change.centers if one.distribution_center == center]
        return sum(numbers) if numbers else None

    def words(self, center: str) -> str:
        """What it says of a centre, for a person."""
        number = self.at(center) or 0
        if self.change.meaning is StockMeaning.DIFFERENCE:
            return f"{number:+,}"
        return f"{'on hand' if self.change.meaning is StockMeaning.ON_HAND else 'for sale'} {number:,}"


@dataclass(frozen=True, slots=True)
class KnownLevel:
    """A number that was told or read at a moment; `counted_at` is when the warehouse counted what it was made of."""

    quantity: int
    at: datetime
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BoxTakenBack:
    """Pieces of one product in a box of a centre that the warehouse took back after the cart was told that it left.

    `key` is the subject of its problem: nobody has settled yet what becomes of the box.
    """

    key: str
    center: str
    pieces: int


@dataclass(frozen=True)
class Evidence:
    """What is known of one product.

    `changes` are those that are not settled, in the order of their promises, with those that were given up and of which
    nobody has said what became of them; `last` is the one that the cart took last. Movements are added up by their
    areas: those `waiting` to be told, those of areas that are `unmapped`, and picks `in_work`, for orders of which no
    box is known yet, so that they still ask for what was picked. Pieces that were `taken_back` count as gone at the
    cart. By centre: the level that was `told`, and what was
    read before `at_cart` and `on_hand` in the warehouse. `moved`: what happened to it while both sides were read, in
    words. `heard_of`: it has moved in the warehouse, or the cart was told a level of it.
    """

    changes: tuple[AskedChange, ...] = ()
    last: AskedChange | None = None
    waiting: tuple[WaitingMovement, ...] = ()
    unmapped: tuple[WaitingMovement, ...] = ()
    in_work: tuple[WaitingMovement, ...] = ()
    taken_back: tuple[BoxTakenBack, ...] = ()
    told: Mapping[str, KnownLevel] = field(default_factory=dict)
    at_cart: Mapping[str, KnownLevel] = field(default_factory=dict)
    on_hand: Mapping[str, KnownLevel] = field(default_factory=dict)
    moved: str = ""
    heard_of: bool = False


@dataclass(frozen=True, slots=True)
class Standstill:
    """Why `changes` are not sent at this moment, why no new `levels` are told, and why what moved in the warehouse may
    be `unheard` of; empty where all runs."""

    changes: str = ""
    levels: str = ""
    unheard: str = ""


ALL_RUNS = Standstill()
