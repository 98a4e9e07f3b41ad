"""What a simulated tenant can be told to be like."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from crossdock.sandbox import FaultPlan
from crossdock_warehouseos.profile import Profile, with_defaults

Share = Annotated[float, Field(ge=0, le=1)]
TriggerName = Literal[
    "box_closed",
    "pick_complete",
    "line_picked",
    "line_packed",
    "pick_reset",
    "box_reset",
    "order_verified",
    "stock_put",
    "stock_pull",
    "stock_count",
    "stock_move",
    "putaway",
]
WORK_TRIGGERS: tuple[TriggerName, ...] = (
    "box_closed",
    "pick_complete",
    "pick_reset",
    "box_reset",
    "order_verified",
    "putaway",
)
STOCK_TRIGGERS: tuple[TriggerName, ...] = ("stock_put", "stock_pull", "stock_count", "stock_move")


def _default_items() -> tuple[str, ...]:
    return tuple(f"SKU-{number:04}" for number in range(1, 401))


class Shift(BaseModel):
    """How the people of one shift work: shares of lines, orders, boxes and levels to which something happens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    short_picks: Share = 0.0
    over_picks: Share = 0.0
    split_boxes: Share = 0.0
    without_tracking: Share = 0.0
    holds: Share = 0.0
    resets: Share = 0.0
    verifies: Share = 0.0
    counts: Share = 0.0
    moves: Share = 0.0
    limit: NonNegativeInt | None = None


class BinOptions(BaseModel):
    """One location of the scenario."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    area: str = ""
    title: str = ""
    kind: str = "Shelf"
    zone: str = ""
    pick_sequence: int | None = None
    allocation_sequence: int | None = None
    putaway_sequence: int | None = None


class Reasons(BaseModel):
    """The reason codes that people may give beside those that the tenant gives by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    put: tuple[str, ...] = ("RETURN", "FOUND")
    pull: tuple[str, ...] = ("DAMAGE", "LOST", "SAMPLE")
    move: tuple[str, ...] = ("REPLENISH", "TRANSFER")


class PushOptions(BaseModel):
    """Which messages go to a URL instead of the queue; with a secret they are signed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(min_length=1)
    triggers: tuple[TriggerName, ...] = ("box_closed",)
    secret: str | None = None


class AgentOptions(BaseModel):
    """The folder of the host agent with its sub-folders, how flag files are named, and which work it writes down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    orders: str = "orders"
    items: str = "items"
    picks: str = "picks"
    done: str = "done"
    failed: str = "failed"
    flag_suffix: str = Field(default=".flg", min_length=1)
    reports: Literal["box_closed", "pick_complete"] = "box_closed"


class SandboxOptions(BaseModel):
    """Options of a scenario; each one is explained in the docstring of `crossdock_warehouseos.sandbox`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: str = "sandbox-key"
    items: tuple[str, ...] = Field(default_factory=_default_items)
    create_unknown_items: bool = False
    areas: tuple[str, ...] = ()
    key_field: PositiveInt = 3
    duplicate_answer: Literal["409", "200"] = "409"
    locked_answer: Literal["409", "400", "200", "kept"] = "409"
    delete_answer: Literal["404", "200"] = "404"
    missing_answer: Literal["404", "null", "empty"] = "404"
    locations: tuple[BinOptions, ...] = ()
    bundles: dict[str, dict[str, PositiveInt]] = Field(default_factory=dict)
    item_answer: Literal["200", "400", "success"] = "200"
    slow_above: PositiveInt = 200
    slow_seconds: PositiveFloat = 120.0
    putaway_books_put: bool = True
    putaway_tells_put: bool = True
    stock: dict[str, dict[str, PositiveInt]] | None = None
    levels_tell: tuple[Literal["allocated", "counted_at"], ...] = ()
    levels_every: NonNegativeFloat = 0.0
    moves_while_listed: Share = 0.0
    reasons: Reasons = Field(default_factory=Reasons)
    picks_are_pulls: bool = True
    document_transactions: bool = True
    reset_names_picks: bool = True
    reset_of_packed: Literal["boxes", "silent", "refused"] = "boxes"
    reopened_box: Literal["new", "same"] = "new"
    shipping_system: bool = True
    labels: Literal["at_close", "before_packing"] = "at_close"
    pace: PositiveFloat | None = None
    habits: Shift = Field(default_factory=Shift)
    triggers: tuple[TriggerName, ...] | None = None
    redeliver: Share = 0.0
    shuffle: bool = False
    ids: Literal["own", "none"] = "own"
    destructive: bool = False
    push: PushOptions | None = None
    agent: AgentOptions | None = None
    profile: Annotated[Profile, BeforeValidator(with_defaults)] = Field(
        default_factory=lambda: Profile.model_validate(with_defaults({}))
    )
    faults: FaultPlan = Field(default_factory=FaultPlan)
    state_file: Path | None = None

    @model_validator(mode="after")
    def _has_places_in_its_areas(self) -> Self:
        for each in self.locations:
            if each.area not in (self.areas or ("",)):
                raise ValueError(f"location {each.name} lies in an area that does not exist: '{each.area}'")
        return self

    @model_validator(mode="after")
    def _has_stock_of_its_items(self) -> Self:
        if unknown := (self.stock or {}).keys() - set(self.items):
            raise ValueError(f"there is stock of items that do not exist: {', '.join(sorted(unknown))}")
        return self

    @property
    def enabled(self) -> frozenset[TriggerName]:
        """The triggers that are switched on."""
        if self.triggers is not None:
            return frozenset(self.triggers)
        return frozenset((*WORK_TRIGGERS, *(STOCK_TRIGGERS if self.stock is not None else ())))
