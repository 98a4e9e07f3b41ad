"""The ways in which a cart is told of a warehouse's stock, one for each case of a campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from world.floor_ways import LABELS_FIRST, REPLACE, Way
from world.sales import EAST, SET, WEST

CENTER_OF = {"EAST": EAST, "BULK": EAST, "WEST": WEST}
"""At which centre the stock of an area counts."""
NOT_SOLD = (
    *(f"SKU-{number:04}" for number in (4, 5, 7, 8, 9)),
    *(f"SKU-00{tens}?" for tens in range(1, 10)),
    *(f"SKU-0{hundreds}??" for hundreds in range(1, 10)),
    "NEW-*",
)
"""What the cart has and no warehouse of this trade."""


@dataclass(frozen=True)
class StockWay(Way):
    """A way of the floor with the options of the pipeline's `stock`.

    `silent`: people also change things of which nobody is told: the warehouse loses transactions, and numbers are typed
    in at the cart. `ages`: the warehouse may show a list of levels that it has made earlier, and says when.
    """

    stock: tuple[tuple[str, Any], ...] = ()
    silent: bool = False
    ages: bool = False

    @property
    def told(self) -> Mapping[str, Any]:
        """The `stock` of the pipeline, as far as the operator has written it."""
        return dict(self.stock)

    @property
    def sets(self) -> bool:
        """Whether the cart is told levels."""
        return self.told.get("send") == "set"

    @property
    def is_sellable(self) -> bool:
        """Whether the cart is told what may be sold."""
        return self.told.get("meaning") == "sellable"

    @property
    def centers(self) -> tuple[int, ...]:
        """The centres at which the cart is told of stock."""
        combined = self.told.get("combined_at")
        return (EAST, WEST) if combined is None else (int(combined),)

    @property
    def names(self) -> tuple[str, ...]:
        """What the cart is told of besides the goods."""
        return (SET,) if self.bundle == SET and self.sets else ()


def _levels(**stock: Any) -> tuple[tuple[str, Any], ...]:
    return tuple({"send": "set", "first_sync": "send", **stock}.items())


AGED = {"levels_tell": ["counted_at", "allocated"]}
ADJUST: Sequence[StockWay] = (
    StockWay("differences"),
    StockWay("differences, and changes go out by themselves", cart={"retrieval": "updated"}, pipeline=REPLACE),
    StockWay("differences, of picks", tenant=LABELS_FIRST, warehouse={"confirm_at": "pick"}, reports="picked"),
    StockWay("differences, and what is given up is cancelled", pipeline={"short_picks": "cancel"}),
    StockWay("differences, and nobody has mapped the returns", returns=True),
    StockWay("differences, and not all is told", silent=True),
    StockWay("differences, and lists may be old", tenant=AGED, ages=True),
)
SET_WAYS: Sequence[StockWay] = (
    StockWay("levels", stock=_levels(first_sync="ask")),
    StockWay("what may be sold", stock=_levels(meaning="sellable", buffer=2, minimum=5)),
    StockWay("levels, and changes go out by themselves", pipeline=REPLACE, stock=_levels(buffer=1)),
    StockWay(
        "levels, of picks", tenant=LABELS_FIRST, warehouse={"confirm_at": "pick"}, reports="picked", stock=_levels()
    ),
    StockWay("bundles of a table", bundle=SET, pipeline={"bundles": "bundles.csv"}, stock=_levels()),
    StockWay("levels, and nobody has mapped the returns", returns=True, stock=_levels()),
    StockWay("levels, and not all is told", silent=True, stock=_levels()),
    StockWay("levels, and lists may be old", tenant=AGED, ages=True, stock=_levels()),
    StockWay("levels, and what is given up is cancelled", pipeline={"short_picks": "cancel"}, stock=_levels()),
)
"""All that an operator can choose."""
