"""The ways in which a warehouse with stock and its operator are set up, one for each case of a campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

AREAS = {"EAST": "1", "BULK": "1", "WEST": "2"}
"""Where the stock of an area counts; what lies in others is not for sale."""
UNSOLD = ("QUARANTINE",)
LATER_UNSOLD = "RETURNS"
"""An area of which nobody has said where its stock counts, in some ways until the end."""
STOCK = {
    sku: {"EAST": 30, "EAST/EAST-02": 6, "BULK": 40, "WEST": 30, "QUARANTINE": 5}
    for sku in ("SKU-0001", "SKU-0002", "SKU-0003", "SKU-0006")
}
TENANT: Mapping[str, Any] = {
    "areas": [*AREAS, *UNSOLD],
    "locations": [
        {"name": f"{area}-{n:02}", "area": area} for area, n in (*((each, 1) for each in AREAS), ("EAST", 2))
    ],
    "stock": STOCK,
    "redeliver": 0.1,
    "shuffle": True,
}
WORK = ("pick_reset", "box_reset", "order_verified", "putaway", "box_closed", "pick_complete")
MOVED = ("stock_put", "stock_pull", "stock_count", "stock_move")


@dataclass(frozen=True)
class Way:
    """Options of the tenant, settings of its connection, of the cart's and of the pipeline.

    `reports`: whether picked or packed pieces are told to the cart. `resets_some`: people also reset single picks.
    `pushes`: some messages are sent to us instead of being kept. `returns`: there is an area that nobody has mapped.
    """

    name: str
    tenant: Mapping[str, Any] = field(default_factory=dict)
    warehouse: Mapping[str, Any] = field(default_factory=dict)
    cart: Mapping[str, Any] = field(default_factory=dict)
    pipeline: Mapping[str, Any] = field(default_factory=dict)
    reports: str = "packed"
    resets_some: bool = False
    pushes: bool = False
    returns: bool = False

    @property
    def areas(self) -> tuple[str, ...]:
        """Every area of the tenant."""
        return (*AREAS, *UNSOLD, *((LATER_UNSOLD,) if self.returns else ()))

    @property
    def places(self) -> tuple[str, ...]:
        """Where goods lie."""
        return (*self.areas, "EAST/EAST-02")

    def options(self) -> dict[str, Any]:
        """The options of the tenant."""
        return {**TENANT, "areas": list(self.areas), **self.tenant}


REPLACE = {"changes_after_release": "replace"}
WITHOUT_TRACKING = {"confirm_without_tracking": True}
WAYS: Sequence[Way] = (
    Way("a person decides on changes"),
    Way(
        "changes go out by themselves",
        tenant={"locked_answer": "400", "reopened_box": "same", "missing_answer": "null"},
        cart={"retrieval": "updated"},
        pipeline=REPLACE,
    ),
    Way(
        "finished picks are told",
        tenant={"locked_answer": "200", "delete_answer": "200", "duplicate_answer": "200", "missing_answer": "empty"},
        warehouse={"confirm_at": "pick", "queue_page_size": 7},
        pipeline={**REPLACE, **WITHOUT_TRACKING},
        reports="picked",
        resets_some=True,
    ),
    Way(
        "packed lines are told",
        tenant={"locked_answer": "kept", "triggers": [*WORK, *MOVED, "line_packed"]},
        warehouse={"report_by": "line", "queue_page_size": 11},
        pipeline=WITHOUT_TRACKING,
    ),
    Way(
        "picked lines are told",
        tenant={"triggers": [*WORK, *MOVED, "line_picked"], "reset_names_picks": False, "reset_of_packed": "silent"},
        warehouse={"confirm_at": "pick", "report_by": "line"},
        cart={"retrieval": "updated"},
        pipeline={**REPLACE, **WITHOUT_TRACKING},
        reports="picked",
    ),
    Way(
        "stock and boxes are pushed",
        warehouse={"queue_page_size": 20},
        pipeline=REPLACE,
        pushes=True,
    ),
    Way(
        "boxes are opened before a reset",
        tenant={"reset_of_packed": "refused", "document_transactions": False},
        warehouse={"resets_open_boxes": False},
        resets_some=True,
    ),
    Way(
        "nobody has mapped the returns",
        tenant={"reset_of_packed": "silent", "reopened_box": "same"},
        pipeline=REPLACE,
        returns=True,
    ),
)
