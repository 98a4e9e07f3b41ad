"""Writes the page of an invented campaign: `python docs/pictures/campaign.py FILE`.

`campaign.png` is the upper part of it, photographed with a browser.
"""

import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from crossdock.cli.campaign_page import page
from crossdock.testing.campaign import Campaign, Outcome
from crossdock.testing.campaign.invariants import INVARIANTS, Verdict
from crossdock.testing.campaign.lives import Life
from crossdock.testing.campaign.plan import Round, round_of
from crossdock.testing.campaign.story import Played

CONNECTIONS = {"cart": "channeladvisor", "warehouse": "warehouseos"}
FOUND = {
    "effects.once": "cart: shipment 1Z98QA5C0388298762 of 555000012 took effect 2 times",
    "shipments.packed": "cart: order 101-01002-37959, line 700000065: 1 packed, the cart was told of 2",
}


def sample() -> Outcome:
    """Two invariants are broken."""
    dice = random.Random(7)
    rounds = tuple(_played(round_of(7, number, [*CONNECTIONS]), dice) for number in range(1, 25))
    verdicts = tuple(_verdict(id) for id in INVARIANTS)
    return Outcome(
        Campaign(Path("crossdock.toml"), "main", 7),
        CONNECTIONS,
        rounds,
        verdicts,
        orders={"shipped": 58, "part_shipped": 4, "held": 3},
        problems={"confirm_refused": 2},
        effects={"cart": {"shipment": 71}, "warehouse": {"order": 66}},
        began_at=datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
        seconds=48.0,
    )


def _played(planned: Round, dice: random.Random) -> Played:
    plans = planned.faults.items()
    faults = {name: {fault.value: dice.randint(1, 7) for fault in plan.rates} for name, plan in plans}
    work = {"cart": {"bought": dice.randint(1, 3)}, "warehouse": {"orders": 4, "boxes": dice.randint(4, 7)}}
    did = {name: work[name] for name in planned.people}
    return Played(planned, did, Life(died=planned.death is not None), faults, dice.uniform(0.3, 1.4))


def _verdict(id: str) -> Verdict:
    verdict = Verdict(id, INVARIANTS[id].sentence)
    return replace(verdict, broken=1, findings=(FOUND[id],)) if id in FOUND else verdict


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(sample()), encoding="utf-8")
