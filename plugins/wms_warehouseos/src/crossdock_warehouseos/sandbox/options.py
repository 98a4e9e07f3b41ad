"""What a simulated tenant can be told to be like."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeInt, PositiveInt

from crossdock.sandbox import FaultPlan
from crossdock_warehouseos.profile import Profile, with_defaults

Share = Annotated[float, Field(ge=0, le=1)]
TriggerName = Literal["box_closed", "pick_complete"]


def _default_items() -> tuple[str, ...]:
    return tuple(f"SKU-{number:04}" for number in range(1, 401))


class SandboxOptions(BaseModel):
    """Options of a scenario; each one is explained in the docstring of `crossdock_warehouseos.sandbox`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: str = "sandbox-key"
    items: tuple[str, ...] = Field(default_factory=_default_items)
    create_unknown_items: bool = False
    areas: tuple[str, ...] = ()
    key_field: PositiveInt = 3
    duplicate_answer: Literal["409", "200"] = "409"
    locked_answer: Literal["409", "400", "200"] = "409"
    triggers: tuple[TriggerName, ...] = ("box_closed", "pick_complete")
    redeliver: Share = 0.0
    shuffle: bool = False
    profile: Annotated[Profile, BeforeValidator(with_defaults)] = Field(
        default_factory=lambda: Profile.model_validate(with_defaults({}))
    )
    faults: FaultPlan = Field(default_factory=FaultPlan)
    state_file: Path | None = None


class Shift(BaseModel):
    """How the people of one shift work: shares of lines short or over, of orders split, of boxes without tracking."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    short_picks: Share = 0.0
    over_picks: Share = 0.0
    split_boxes: Share = 0.0
    without_tracking: Share = 0.0
    limit: NonNegativeInt | None = None
