"""What an operator wants of stock on its way to a cart: differences or levels, guards, aliases, repairs."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from crossdock.config.order_options import Interval
from crossdock.config.schedule import Every
from crossdock.config.table import Table

DAY = 86_400

Cause = Literal["unsent", "in_doubt", "sold_meanwhile", "unknown_item", "unmapped_area", "manual_change"]
"""What a discrepancy probably comes from."""


class Stock(Table):
    """How the cart is told of the warehouse's stock."""

    send: Literal["adjust", "set"] = "adjust"
    """`adjust`: the cart is told by how much stock moved. `set`: it is told how much there is, level by level."""
    meaning: Literal["on_hand", "sellable"] = "on_hand"
    """What a level means: what lies there, from which the cart subtracts what it has promised to its buyers, or what
    may be sold, from which crossdock has subtracted it."""
    buffer: NonNegativeInt = 0
    """Pieces of every SKU that are kept back at every centre."""
    minimum: NonNegativeInt = 0
    """A level below this is told as zero."""
    combined_at: str | None = None
    """The centre at which the stock of all centres is told as one, and none at the others; without it, each centre's at
    its own."""
    alias: str | None = None
    """The type of alias by which the cart knows the products, such as `UPC`; without it, they go by SKU. Products
    without that alias are left out, and counted."""
    aliases: str | None = None
    """A CSV file (below the folder of the config) with the columns sku, type, alias; without it, the codes of the
    products in the pipeline's catalogue."""
    leave_out: tuple[str, ...] = ()
    """SKUs of the warehouse of which the cart is told nothing: exact or patterns."""
    stale_after: Interval = Every(DAY)
    """Levels that the warehouse counted longer ago are not used."""
    first_sync: Literal["ask", "send"] = "ask"
    """The first levels of a pipeline: `ask` a person who has seen the plan, or `send` them."""
    ask_above: Annotated[int, Field(ge=0, le=100)] = 20
    """A run that would change, or set to zero, more than so many percent of all levels asks a person first; 100: it
    never asks."""

    @model_validator(mode="after")
    def _belongs_together(self) -> "Stock":
        """A difference knows no level; a file of aliases needs a type to look for."""
        levels_only = [key for key in ("buffer", "minimum") if getattr(self, key)]
        if self.send == "adjust" and levels_only:
            raise ValueError(f'{" and ".join(levels_only)} with send = "set": a difference knows no level')
        if self.aliases and not self.alias:
            raise ValueError("an `alias` that names the type to take from the file of `aliases`")
        return self


class Reconcile(Table):
    """What follows when both sides of the stock differ."""

    repair: Literal["ask", "small"] = "ask"
    """`ask`: only a person corrects differences. `small`: small ones that two reports in a row have shown are corrected
    by themselves, within the limits below."""
    most_units: PositiveInt = 5
    """The largest difference of a SKU at a centre that is corrected by itself."""
    most_rows: PositiveInt = 50
    """How many differences one report may correct by itself; where there are more, a person decides on all."""
    causes: tuple[Cause, ...] = ("unsent", "manual_change")
    """The likely causes of differences that may be corrected by themselves."""
