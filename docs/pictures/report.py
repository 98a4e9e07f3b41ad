"""Writes a page of the report on stock, of invented numbers: `python docs/pictures/report.py FILE`.

`report.png` is the upper part of it, photographed with a browser.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crossdock.cli.reconcile_lines import Sheet
from crossdock.cli.reconcile_page import page
from crossdock.engine.report import Cause, Discrepancy, Report

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
FOUND = (
    ("TEE-RED-M", "0", Cause.MANUAL_CHANGE, 14, 9, "since the last report the cart's number changed by -5"),
    ("TEE-RED-L", "0", Cause.UNSENT, 30, 24, "a change by +6 was refused: the product is blocked"),
    ("MUG-BLUE", "-2", Cause.MANUAL_CHANGE, 3, 11, "since the last report the warehouse's number changed by -8"),
    ("MUG-RED", "-2", Cause.UNMAPPED_AREA, 12, 12 + 4, "4 pieces lie in area 'RETURNS'"),
    ("CAP-S", "0", Cause.SOLD_MEANWHILE, 8, 6, "buyers ordered 2 that are not known here yet"),
    ("CAP-M", "0", Cause.IN_DOUBT, 20, 17, "a change by +3 got no answer"),
    ("SOCKS-39", "0", Cause.MANUAL_CHANGE, 2, 4, "nothing that is known here explains it"),
)


def sample() -> Sheet:
    """One report, with the nights before it."""
    found = tuple(
        Discrepancy(sku, center, sku, cause, because, wanted - held, wanted, held, on_hand=wanted)
        for sku, center, cause, wanted, held, because in FOUND
    )
    report = Report("main", AT, AT + timedelta(minutes=2), "the schedule", 1_204, 9, found)
    earlier = [(AT - timedelta(days=ago), number) for ago, number in ((6, 0), (5, 2), (4, 2), (3, 1), (2, 12), (1, 6))]
    return Sheet(id=17, report=report, earlier=earlier)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page([sample()], AT + timedelta(hours=5)), encoding="utf-8")
