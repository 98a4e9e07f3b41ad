"""What `crossdock campaign` says before it plays, when it is stopped, and of how much a verdict is worth."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from rich.console import Console

from crossdock.cli.campaign_page import page
from crossdock.cli.campaign_screen import Screen, summary, untried
from crossdock.testing.campaign import Campaign, Outcome


@pytest.mark.parametrize(
    ("option", "file", "why"),
    [
        ("--report", "nowhere/campaign.html", "there is no folder nowhere"),
        ("--save-test", "nowhere/test_seed.py", "there is no folder nowhere"),
        ("--report", ".", "it is a folder"),
    ],
)
def test_file_that_cannot_be_written_is_named_before_the_play(crossdock, option: str, file: str, why: str):
    told = crossdock("campaign", option, file)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == f"{file} cannot be written: {why}\n"


def test_test_that_was_saved_earlier_is_not_written_over(crossdock):
    (crossdock.folder / "test_seed.py").write_text("mine")
    told = crossdock("campaign", "--save-test", "test_seed.py")
    assert told.returncode == 2
    assert "test_seed.py is there already; name another file" in " ".join(told.stderr.split())
    assert (crossdock.folder / "test_seed.py").read_text() == "mine"


def test_campaign_that_is_stopped_says_that_nothing_was_judged_and_how_to_play_it_again():
    console = Console(width=100, record=True)
    with pytest.raises(KeyboardInterrupt), Screen(console, Campaign(seed=7)):
        raise KeyboardInterrupt
    told = console.export_text()
    assert "stopped in round 1: nothing was judged, and nothing is written" in told
    assert "play it again  crossdock campaign --seed 7 --rounds 1" in told


def ended(orders: Mapping[str, int]) -> Outcome:
    return Outcome(Campaign(seed=7), {}, (), (), orders, {}, {}, datetime(2026, 3, 1, tzinfo=UTC), 1.0)


def test_verdict_on_orders_of_which_most_stayed_here_is_said_to_be_worth_little():
    little = ended({"held": 11, "skipped": 9, "shipped": 5, "part_shipped": 1})
    assert untried(little).startswith("only 6 of 26 orders went to a warehouse")
    assert untried(little) in page(little)
    assert untried(ended({"held": 5, "released": 1, "shipped": 4})) == untried(ended({})) == ""


def test_one_of_a_kind_is_not_told_as_several():
    assert summary(ended({"shipped": 1})) == (
        "0 rounds, 0 kills, 0 requests that went wrong; 1 order: 1 shipped; open problems: none"
    )
