"""What the engine needs of the store for stock that moves; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from crossdock.domain import InventoryMovement, MovementKind, StockChange
from crossdock.engine.lease import Lease
from crossdock.hooks.records import Record
from crossdock.mapping import Areas


class MovementState(StrEnum):
    """Where a movement stands with one pipeline: told as a part of a stock change or by the next level, or of no
    effect, or not yet."""

    WAITING = "waiting"
    PLANNED = "planned"
    LEVEL = "level"
    NOTHING = "nothing"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Hearer:
    """A pipeline that hears of a warehouse's movements; `sells`: it has a cart to tell, else it only keeps them.

    `others` are the areas whose stock is somebody else's.
    """

    pipeline: str
    sells: bool
    others: Areas = field(default_factory=Areas)

    def is_concerned(self, moved: InventoryMovement) -> bool:
        """Whether any end of the movement may be this pipeline's."""
        ends = [place.area for place in (moved.origin, moved.destination) if place is not None]
        return not ends or any(self.others.count(area) is None for area in ends)


@dataclass(frozen=True, slots=True)
class WaitingMovement:
    """A movement that the cart was not told of; `origin` and `destination` are areas, None where there is neither.

    `of_its_order`: it belongs to an order of the very cart that is to be told.
    """

    id: int
    sku: str
    kind: MovementKind
    quantity: int
    origin: str | None
    destination: str | None
    reason: str = ""
    of_its_order: bool = False

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that it touches."""
        return tuple(area for area in (self.origin, self.destination) if area is not None)


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A stock change and the movements that add up to it."""

    change: StockChange
    movements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MovementPlan:
    """What some waiting movements become: changes, nothing, or `unmapped` because nobody says where an area counts.

    `by_level` are told by the next level. `left_out` and `without_alias` change what is for sale, and the cart is told
    nothing of them by the operator's rules; each says why. `known_areas` and `unknown_areas` are the areas that they
    touch.
    """

    changes: tuple[PlannedChange, ...] = ()
    by_level: tuple[int, ...] = ()
    nothing: tuple[int, ...] = ()
    left_out: dict[int, str] = field(default_factory=dict)
    without_alias: dict[int, str] = field(default_factory=dict)
    unmapped: tuple[int, ...] = ()
    known_areas: tuple[str, ...] = ()
    unknown_areas: tuple[str, ...] = ()


class Movements(Protocol):
    """Stock that moved, on its way to carts, and records that a warehouse sends by itself."""

    async def waiting_movements(self, pipeline: str, cart: str, limit: int) -> Sequence[WaitingMovement]:
        """Some movements that were not planned yet, all of each SKU unless one alone has more than `limit`.

        `cart` is the connection that is to be told.
        """

    async def save_movement_plan(self, lease: Lease, cart: str, plan: MovementPlan, *, now: datetime) -> None:
        """Promise the changes and mark the movements.

        Areas that nobody maps become problems; those of areas that are known close.
        """

    async def keep_pushed(self, pipeline: str, flow: str, records: Sequence[Record], *, now: datetime) -> int:
        """Keep records that this flow is to read, and make it due; says how many are new.

        A record that is known changes nothing, whether it was read or not; only of a parcel, what is told last counts.
        """
