"""What the operator decided for one pipeline, compiled for the flows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossdock.mapping import Areas, ShipMethods


@dataclass(frozen=True)
class DistributionCenterRule:
    """One of the cart's distribution centres that is ours; `area` is where the warehouse picks for it."""

    area: str = ""


@dataclass(frozen=True)
class PipelineRules:
    """The rules of one pipeline.

    `distribution_centers`: the cart's ids of the centres that are ours; empty means that every one is. `areas`: at
    which of them the stock of a part of the warehouse counts.
    `acknowledge_after`: "release" (the warehouse has it) or "save" (our store has it).
    `changes_after_release`: "ask" (a person) or "replace" (take the order back and send the newer version).
    """

    name: str
    distribution_centers: Mapping[str, DistributionCenterRule] = field(default_factory=dict)
    earliest_order_date: datetime | None = None
    inbound: ShipMethods = field(default_factory=ShipMethods)
    outbound: ShipMethods = field(default_factory=ShipMethods)
    areas: Areas = field(default_factory=Areas)
    acknowledge_after: str = "release"
    changes_after_release: str = "ask"
    confirm_without_tracking: bool = False
    tracking_patience: timedelta = timedelta(hours=24)

    def is_ours(self, distribution_center: str) -> bool:
        """Whether orders at this centre are ours to ship."""
        return not self.distribution_centers or distribution_center in self.distribution_centers

    def area(self, distribution_center: str) -> str:
        """The warehouse area that picks for this centre; empty text if none was given."""
        rule = self.distribution_centers.get(distribution_center)
        return rule.area if rule else ""
