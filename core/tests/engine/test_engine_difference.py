"""What the cart changed, in an operator's words."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Address, Order, OrderStatus
from crossdock.engine.difference import difference
from crossdock.engine.judge import fingerprint

from .builders import HOME, a_line, an_allocation, an_order

TWO = an_order("1", a_line("10", 2), a_line("20", 3, sku="SKU-1"))
SECRETS = ("Grace Hopper", "Navy", "7 Compiler Lane", "Flat 9", "QX77", "grace@example.org", "555-0100")


def changed(**changes: object) -> Order:
    return TWO.model_copy(update=changes)


def moved(**parts: str) -> Address:
    return Address(**HOME.model_dump() | parts)


def at(*centers: tuple[str, int], line: str = "20") -> tuple[object, ...]:
    return tuple(an_allocation(line, center, quantity) for center, quantity in centers)


@pytest.mark.parametrize(
    ("newer", "told"),
    [
        (changed(), ()),
        (changed(notes="ring twice", tags=("gift",)), ()),
        (changed(ship_to=moved(city="York")), ("ship_to.city: London -> York",)),
        (changed(ship_to=moved(region="NY")), ("ship_to.region: (none) -> NY",)),
        (changed(ship_to=moved(name="Grace Hopper")), ("ship_to.name: changed",)),
        (changed(requested_carrier="UPS", requested_service="Air"), ("ship method: (none) -> UPS Air",)),
        (changed(lines=(a_line("10", 2), a_line("20", 2, sku="SKU-1"))), ("line 2 (SKU-1): 3 -> 2",)),
        (changed(lines=(a_line("10", 2), a_line("20", 3, sku="SKU-2"))), ("line 2: SKU SKU-1 -> SKU-2",)),
        (changed(lines=(a_line("20", 3, sku="SKU-1"),)), ("line 1 (SKU-10): taken out, 2 -> 0",)),
        (changed(lines=(*TWO.lines, a_line("30", 4))), ("line 3 (SKU-30): added, 4",)),
        (changed(status=OrderStatus.CANCELLED), ("cancelled at the cart",)),
        (changed(lines=tuple(reversed(TWO.lines))), ()),
        (changed(allocations=at(("5", 3))), ("line 2 (SKU-1): from nowhere -> 3 at 5",)),
    ],
)
def test_what_differs_is_named(newer: Order, told: tuple[str, ...]) -> None:
    assert difference(TWO, newer) == told


def test_a_quantity_is_not_told_a_second_time_as_a_place() -> None:
    before = an_order("1", a_line("20", 3), allocations=at(("5", 3)))  # type: ignore[arg-type]
    fewer = an_order("1", a_line("20", 2), allocations=at(("5", 2)))  # type: ignore[arg-type]
    elsewhere = an_order("1", a_line("20", 3), allocations=at(("5", 1), ("6", 2)))  # type: ignore[arg-type]
    assert difference(before, fewer) == ("line 1 (SKU-20): 3 -> 2",)
    assert difference(before, elsewhere) == ("line 1 (SKU-20): from 3 at 5 -> 1 at 5, 2 at 6",)


def test_of_who_the_buyer_is_nothing_is_said() -> None:
    secret = Address(
        name=SECRETS[0], company=SECRETS[1], line1=SECRETS[2], line2=SECRETS[3], postal_code=SECRETS[4],
        email=SECRETS[5], phone=SECRETS[6], city="York", country="GB",
    )  # fmt: skip
    told = " ".join(difference(TWO, changed(ship_to=secret)))
    assert [one for one in SECRETS if one in told] == []
    assert "ship_to.line1: changed" in told


def test_where_the_buyer_s_data_was_removed_here_the_address_is_not_compared() -> None:
    scrubbed = changed(ship_to=Address(country="GB"))
    assert difference(scrubbed, TWO) == ()


some_orders = st.builds(
    lambda lines, city, carrier, parts: an_order(
        "1",
        *(a_line(str(key), quantity, sku=sku) for key, (quantity, sku) in lines.items()),
        allocations=[an_allocation(str(key), center, pieces) for key, center, pieces in parts],
    ).model_copy(update={"ship_to": moved(city=city), "requested_carrier": carrier}),
    st.dictionaries(st.integers(1, 3), st.tuples(st.integers(1, 3), st.sampled_from("AB")), min_size=1, max_size=3),
    st.sampled_from(("London", "York")),
    st.sampled_from(("", "UPS")),
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from("56"), st.integers(1, 3)), max_size=3),
)


@given(old=some_orders, new=some_orders)
def test_what_looks_the_same_to_a_warehouse_differs_in_nothing(old: Order, new: Order) -> None:
    if fingerprint(old) == fingerprint(new):
        assert difference(old, new) == ()


@given(old=some_orders, new=some_orders)
def test_what_differs_in_nothing_asks_the_warehouse_for_the_same(old: Order, new: Order) -> None:
    if difference(old, new) == ():
        assert {line.external_id: (line.sku, line.quantity) for line in old.lines} == {
            line.external_id: (line.sku, line.quantity) for line in new.lines
        }
        assert (old.ship_to, old.requested_carrier) == (new.ship_to, new.requested_carrier)
        assert pieces(old) == pieces(new)


def pieces(order: Order) -> Counter[tuple[str, str]]:
    """How many of which line leave from where."""
    counted: Counter[tuple[str, str]] = Counter()
    for part in order.allocations:
        if order.line(part.line_id):
            counted[part.line_id, part.distribution_center] += part.quantity
    return counted
