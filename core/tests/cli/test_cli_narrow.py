"""Tables on screens of every width: no name is broken, no word is lost."""

import io

import pytest
from rich.console import Console

from crossdock.cli.screen import open_table

NUMBER = "113-0082699-0001126"
WHY = "SKU-9999 is not an item in the warehouse, nor an alias or a bundle; [red]add it there[/], then retry"


def shown(width: int) -> str:
    table = open_table("number", "site", "why", sentences=True)
    table.add_row(NUMBER, "Amazon Seller Central - US", WHY)
    table.add_row("A-2", "eBay", "")
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(table)
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 300])
def test_no_name_is_broken_and_no_word_is_lost_on_any_screen(width):
    told = shown(width)
    assert NUMBER in told
    assert "Amazon Seller Central - US" in told
    assert "eBay" in told
    for word in WHY.replace("[red]", "").replace("[/]", "").split():
        assert word in told


def test_sentences_stand_beside_their_row_where_there_is_room_and_else_below_it():
    wide, narrow = (shown(width).splitlines() for width in (160, 80))
    assert any(NUMBER in line and "then retry" in line for line in wide)
    place = next(place for place, line in enumerate(narrow) if NUMBER in line)
    assert narrow[place + 1].startswith("     SKU-9999 is not an item")
    assert "why" not in " ".join(narrow)
    assert narrow[place + 3].split() == ["A-2", "eBay"]


def test_short_sentences_stay_beside_their_row():
    table = open_table("number", "why", sentences=True)
    table.add_row(NUMBER, "no")
    out = io.StringIO()
    Console(file=out, width=40).print(table)
    assert any(NUMBER in line and "no" in line for line in out.getvalue().splitlines())


def test_where_not_even_the_names_fit_lines_end_between_words():
    table = open_table("service", "what it is", "last success (UTC)", "why", sentences=True)
    table.add_row(
        "acknowledge", "acknowledgement", "2026-11-22 12:09", "connection cart has no way to do it at all, now"
    )
    table.add_row("adjust", "cancellations and refunds", "2026-11-22 12:09", "")
    table.add_row("sweep", "order sweep", "", WHY)
    out = io.StringIO()
    Console(file=out, width=50, highlight=False).print(table)
    lines = out.getvalue().splitlines()
    assert all(len(line) <= 50 for line in lines)
    for word in ("acknowledge", "acknowledgement", "2026-11-22", "cancellations", "refunds", "sweep"):
        assert any(word in line for line in lines)
    below = {line.split()[0]: lines[place + 1].strip() for place, line in enumerate(lines[:-1]) if line.strip()}
    assert below["sweep"].startswith("SKU-9999 is not an item")
