"""Filters: what is taken, what is left out, and why."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Address, Allocation, Money, Order, OrderLine, OrderStatus, PaymentStatus
from crossdock.mapping import Filter, objection_to, take_lines

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def an_order(*skus: str, **fields: object) -> Order:
    lines = tuple(OrderLine(external_id=str(n), sku=sku, quantity=1) for n, sku in enumerate(skus or ("A",), start=1))
    order = Order(
        external_id="1",
        number="N1",
        site="Amazon US",
        placed_at=NOON,
        payment=PaymentStatus.PAID,
        status=OrderStatus.OPEN,
        ship_to=Address(name="Ada", line1="12 Byron Street", city="London", country="GB"),
        lines=lines,
    )
    return order.model_copy(update=fields)


def against(order: Order, *filters: Filter) -> str:
    found = objection_to(order, filters)
    return found.reason if found else ""


@pytest.mark.parametrize(
    ("filter_", "fields", "reason"),
    [
        (Filter("site", ("Amazon*",)), {}, ""),
        (Filter("site", ("amazon us",)), {}, ""),
        (Filter("site", ("eBay", "Web*")), {}, "site is 'Amazon US', required is one of 'eBay', 'Web*'"),
        (Filter("site", ("Amazon*",), "restrict"), {}, "site is 'Amazon US', left out is 'Amazon*'"),
        (Filter("site", ("eBay",), "restrict"), {}, ""),
        (Filter("site", ("?*",)), {"site": ""}, "site is empty, required is '?*'"),
        (Filter("flag", ("",)), {}, ""),
        (Filter("tags", ("vip",)), {"tags": ("new", "VIP")}, ""),
        (Filter("tags", ("test*",), "restrict"), {"tags": ("vip", "test-1")}, "tags is 'test-1', left out is 'test*'"),
        (Filter("tags", ("",), "restrict"), {}, "tags is empty, left out is ''"),
        (Filter("lines[].quantity", ("1",)), {}, ""),
        (Filter("total.amount", ("5.00",)), {"total": Money(amount="5.00", currency="EUR")}, ""),
        (Filter("contains(tags, 'x')", ("false",)), {}, ""),
        (Filter("contains(tags, 'x')", ("yes",)), {}, "contains(tags, 'x') is 'false', required is 'yes'"),
        (Filter("avg(lines[].quantity)", ("2",)), {}, "avg(lines[].quantity) is '1', required is '2'"),
        (Filter("avg(`[1, 2]`)", ("1.5",)), {}, ""),
        (Filter("avg(`[1, 3]`)", ("2",)), {}, ""),
        (
            Filter("[source_status.none, site]", ("",), "restrict"),
            {},
            "[source_status.none, site] is empty, left out is ''",
        ),
        (Filter("ship_to", ("?*",)), {}, "ship_to does not fit, required is '?*'"),
    ],
    ids=str,
)
def test_what_a_filter_takes_and_why_not(filter_: Filter, fields: dict[str, object], reason: str) -> None:
    assert against(an_order(**fields), filter_) == reason


def test_a_reason_never_tells_who_the_buyer_is() -> None:
    order = an_order(notes="ring twice", custom_fields={"engraving": "Dear Mary"})
    for field in (
        "ship_to.name",
        "notes",
        "to_string(@)",
        "to_string(lines[0])",
        "custom_fields.engraving",
        "join(' ', [ship_to.city, ship_to.line1])",
    ):
        assert against(order, Filter(field, ("nobody",))) == f"{field} does not fit, required is 'nobody'"
        assert against(order, Filter(field, ("*",), "restrict")) == f"{field} fits, left out is '*'"
    assert "'GB'" in against(order, Filter("ship_to.country", ("US",)))


def test_every_filter_counts_and_the_first_objection_is_told() -> None:
    filters = (Filter("site", ("Amazon*",)), Filter("ship_to.country", ("US",)), Filter("number", ("X*",)))
    assert against(an_order(), *filters).startswith("ship_to.country is 'GB'")


@pytest.mark.parametrize("rule", ["require", "restrict"])
def test_what_cannot_be_worked_out_is_not_taken(rule: str) -> None:
    objection = Filter("starts_with(custom_fields.po, 'A')", ("true",), rule).objection({"custom_fields": {}})
    assert objection is not None
    assert objection.doubtful
    assert "cannot be worked out" in objection.reason


def test_a_line_that_is_left_out_is_named_with_its_reason() -> None:
    taken = take_lines(an_order("A", "GIFT-1"), [Filter("sku", ("gift*",), "restrict")])
    assert [line.sku for line in taken.order.lines] == ["A"]
    assert [str(one) for one in taken.left_out] == ["line 2 (GIFT-1, 1): sku is 'GIFT-1', left out is 'gift*'"]


def test_a_line_of_which_it_cannot_be_worked_out_stays_in_with_the_doubt() -> None:
    taken = take_lines(an_order("A"), [Filter("starts_with(unit_price, 'A')", ("true",), "restrict")])
    assert [line.sku for line in taken.order.lines] == ["A"]
    assert taken.doubt.startswith("line 1: `starts_with(unit_price, 'A')` cannot be worked out")


def test_the_place_of_a_line_that_is_left_out_ships_nothing_and_is_not_forgotten() -> None:
    places = (Allocation(line_id="2", distribution_center="5", quantity=1),)
    taken = take_lines(an_order("A", "GIFT-1", allocations=places), [Filter("sku", ("GIFT*",), "restrict")])
    assert [(part.line_id, part.shipped) for part in taken.order.allocations] == [("2", True)]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3).map(tuple), st.lists(TEXTS, max_size=3).map(tuple))
def test_a_filter_and_its_opposite_never_agree(site: str, match: tuple[str, ...], tags: tuple[str, ...]) -> None:
    order = an_order(site=site, tags=tags)
    for field in ("site", "tags", "custom_fields.none"):
        takes = not against(order, Filter(field, match))
        assert takes is bool(against(order, Filter(field, match, "restrict")))
