"""The ways in which a warehouse with stock and its operator are set up, one for each case of a campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from world.sales import SET

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
    `bundle`: what is sold of the bundles: one that the cart takes apart, or the set of a table of the operator.
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
    bundle: str = "KIT-001"
    returns: bool = False

    @property
    def short_picks(self) -> str:
        """What becomes of pieces that people give up."""
        return str(self.pipeline.get("short_picks", "wait"))

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
LABELS_FIRST = {"labels": "before_packing"}
"""Picks and packed lines have a tracking number, without which the cart takes nothing."""
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
        tenant={
            "locked_answer": "200",
            "delete_answer": "200",
            "duplicate_answer": "200",
            "missing_answer": "empty",
            **LABELS_FIRST,
        },
        warehouse={"confirm_at": "pick", "queue_page_size": 7},
        pipeline=REPLACE,
        reports="picked",
        resets_some=True,
    ),
    Way(
        "packed lines are told",
        tenant={"locked_answer": "kept", "triggers": [*WORK, *MOVED, "line_packed"], **LABELS_FIRST},
        warehouse={"report_by": "line", "queue_page_size": 11},
    ),
    Way(
        "picked lines are told",
        tenant={
            "triggers": [*WORK, *MOVED, "line_picked"],
            "reset_names_picks": False,
            "reset_of_packed": "silent",
            **LABELS_FIRST,
        },
        warehouse={"confirm_at": "pick", "report_by": "line"},
        cart={"retrieval": "updated"},
        pipeline=REPLACE,
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
    Way(
        "what is given up is cancelled",
        pipeline={"short_picks": "cancel", "cancel_reasons": {"DAMAGED": "could_not_ship"}},
    ),
    Way(
        "a person is asked about what is given up",
        tenant={"reset_of_packed": "silent"},
        pipeline={"short_picks": "ask", **REPLACE},
    ),
    Way(
        "a table takes bundles apart",
        tenant={"locked_answer": "400"},
        cart={"retrieval": "updated"},
        pipeline={"short_picks": "cancel", "bundles": "bundles.csv", **REPLACE},
        bundle=SET,
    ),
    Way(
        "what is given up is cancelled when picks are told",
        tenant=LABELS_FIRST,
        warehouse={"confirm_at": "pick"},
        pipeline={"short_picks": "cancel"},
        reports="picked",
        resets_some=True,
    ),
)
