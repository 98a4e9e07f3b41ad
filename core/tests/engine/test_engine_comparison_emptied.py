"""What the warehouse does not list where it counts is neither blamed on the cart nor said to be nowhere."""

from collections import Counter

from crossdock.engine.evidence import Evidence, KnownLevel, Standstill
from crossdock.engine.report import Cause
from crossdock.mapping import Aliases

from .builders import NOON
from .comparing import SETS, Ends, agreeing
from .counting import own_rules
from .shelf import EAST


def emptied() -> Ends:
    """The cart was told 20 pieces; the last of them left the warehouse, which lists the SKU no more."""
    ends = agreeing({("A", EAST): (20, 0), ("B", EAST): (5, 0)}, SETS)
    del ends.positions["A", EAST]
    ends.known["A"] = Evidence(told={EAST: KnownLevel(20, NOON, NOON)}, heard_of=True)
    return ends


def test_a_sku_that_ran_out_is_on_its_way_to_zero_where_levels_are_told() -> None:
    report = emptied().compared()
    assert (report.on_the_way, report.discrepancies) == (1, ())


def test_a_sku_that_ran_out_is_unsent_where_no_levels_are_told_any_more() -> None:
    ends = emptied()
    ends.standstill = Standstill(levels="the service levels is paused")
    (row,) = ends.compared().discrepancies
    assert (row.cause, row.difference) == (Cause.UNSENT, -20)
    assert row.because == "The cart was not told that there are 0 now: the service levels is paused."


def test_what_has_no_name_any_more_keeps_the_level_that_it_was_told_and_says_so() -> None:
    ends = agreeing({("A", EAST): (20, 0)}, SETS)
    ends.known["A"] = Evidence(told={EAST: KnownLevel(20, NOON, NOON)}, heard_of=True)
    ends.aliases = Aliases.from_pairs("UPC", [("B", "800")])
    (row,) = ends.compared().discrepancies
    assert row.difference == -20
    assert row.because == (
        f"The cart has the 20 that it was told on {NOON:%Y-%m-%d %H:%M} UTC, and the warehouse has no product of that "
        "name any more."
    )


def test_pieces_that_lie_in_unmapped_areas_alone_are_not_said_to_be_nowhere() -> None:
    ends = Ends(rules=own_rules(), unmapped={("A", "DOCK"): 7})
    ends.cart["A"] = Counter({EAST: 196})
    (row,) = ends.compared().discrepancies
    assert (row.cause, row.expected, row.difference) == (Cause.UNMAPPED_AREA, 0, -196)
    assert row.because == "It lies in area 'DOCK' alone (7 pieces), and nobody says where that counts."
