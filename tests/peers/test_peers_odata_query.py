"""Our `$filter` beside odata-query's: what we take it takes, and both mean the same rows."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser
from odata_query.visitor import NodeVisitor

from crossdock_channeladvisor.sandbox import SandboxOptions
from crossdock_channeladvisor.sandbox.documents import (
    JOINED,
    NAVIGATIONS,
    NOT_FILTERABLE,
    Fulfillment,
    Order,
    OrderItem,
)
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.odata.filter import compile_filter, kinds
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.products import Product, Products

OPERATORS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{part: lambda moment, part=part: getattr(moment, part) for part in ("year", "month", "day", "hour", "minute")},
    "second": lambda moment: moment.second,
    "floor": math.floor,
    "ceiling": math.ceil,
    "startswith": str.startswith,
}


class Meaning(NodeVisitor):
    """What a filter, as odata-query reads it, says of one row: true, false or (of null) unknown, by OData 4.0."""

    def __init__(self, row: Any, scope: Mapping[str, Any] | None = None) -> None:
        self._row = row
        self._scope = scope or {}

    def visit_Identifier(self, node: ast.Identifier) -> Any:  # noqa: N802 (the name that odata-query calls)
        return value_of(self._row, node.name)

    def visit_Attribute(self, node: ast.Attribute) -> Any:  # noqa: N802
        assert isinstance(node.owner, ast.Identifier)
        return value_of(self._scope[node.owner.name], node.attr)

    def visit_Compare(self, node: ast.Compare) -> bool:  # noqa: N802
        left, right = self.visit(node.left), self.visit(node.right)
        if None in (left, right) and not isinstance(node.comparator, ast.Eq | ast.NotEq):
            return False
        return OPERATORS[type(node.comparator)](left, right)

    def visit_Call(self, node: ast.Call) -> Any:  # noqa: N802
        arguments = [self.visit(argument) for argument in node.args]
        return None if None in arguments else FUNCTIONS[node.func.name](*arguments)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> bool | None:  # noqa: N802
        said = self.visit(node.operand)
        return None if said is None else not said

    def visit_BoolOp(self, node: ast.BoolOp) -> bool | None:  # noqa: N802
        said = {self.visit(node.left), self.visit(node.right)}
        decisive = isinstance(node.op, ast.Or)
        return decisive if decisive in said else None if None in said else not decisive

    def visit_CollectionLambda(self, node: ast.CollectionLambda) -> bool:  # noqa: N802
        assert isinstance(node.operator, ast.Any)
        name = node.lambda_.identifier.name
        rows = getattr(self._row, node.owner.name)
        return any(Meaning(self._row, {name: row}).visit(node.lambda_.expression) is True for row in rows)

    def generic_visit(self, node: Any) -> Any:
        value = node.py_val
        return datetime(value.year, value.month, value.day, tzinfo=UTC) if type(value) is date else value


def value_of(row: Any, name: str) -> Any:
    value = getattr(row, name)
    return datetime.fromisoformat(value) if value is not None and kinds(type(row))[name] == "date" else value


def read_by_odata_query(text: str) -> Any:
    return ODataParser().parse(ODataLexer().tokenize(text))


def documents() -> dict[type[Struct], list[Any]]:
    account = Account(7, 80, SandboxOptions(long_orders=0.05))
    orders = [sale.order for sale in account.sales]
    return {
        Order: orders,
        OrderItem: [item for order in orders for item in order.Items],
        Fulfillment: [row for order in orders for row in order.Fulfillments],
        Product: list(Products(7, account).select()),
    }


ROWS = documents()
# SKUs of products are compared without regard to case, as the service does it and the standard does not.
APART = {Product: {"Sku"}}


def filterable(document: type[Struct]) -> dict[str, str]:
    hidden = APART.get(document, set()) | NOT_FILTERABLE.get(document, frozenset())
    return {name: kind for name, kind in kinds(document).items() if name not in hidden}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literals(document: type[Struct], name: str, kind: str) -> st.SearchStrategy[str]:
    """Literals of the right kind, as often as not ones that a row holds."""
    held = sorted({value for row in ROWS.get(document, ()) if (value := getattr(row, name)) is not None})
    made: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], str]]] = {
        "text": (st.text(max_size=5), quoted),
        "number": (st.decimals(-99, 9999, places=2) | st.integers(-9, 9), lambda number: f"{number:f}"),
        "flag": (st.booleans(), lambda flag: str(flag).lower()),
        "date": (st.dates(date(2024, 1, 1), date(2026, 1, 1)) | moments, str),
    }
    drawn, written = made[kind]
    return (st.sampled_from(held) | drawn if held else drawn).map(
        lambda value: f"{value:.10f}" if isinstance(value, float) else written(value)
    )


moments = st.datetimes(datetime(2025, 1, 6), datetime(2025, 1, 8)).map(lambda moment: moment.isoformat() + "Z")
ORDERED = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])
EQUAL = st.sampled_from(["eq", "ne"])
FUNCTIONS_OF = {"date": ["year", "month", "day", "hour", "minute", "second"], "number": ["floor", "ceiling"]}


@st.composite
def comparisons(draw: st.DrawFn, document: type[Struct], prefix: str) -> str:
    name, kind = draw(st.sampled_from(sorted(filterable(document).items())))
    path = f"{prefix}{name}"
    if draw(st.integers(0, 7)) == 0:
        return f"{path} {draw(ORDERED)} null"
    if kind == "text" and draw(st.booleans()):
        told = draw(st.sampled_from(["", " eq true", " ne true", " eq false", " ne false"]))
        return f"startswith({path},{draw(literals(document, name, kind))}){told}"
    if kind in FUNCTIONS_OF and draw(st.booleans()):
        return f"{draw(st.sampled_from(FUNCTIONS_OF[kind]))}({path}) {draw(ORDERED)} {draw(st.integers(-2, 2030))}"
    return f"{path} {draw(EQUAL if kind == 'flag' else ORDERED)} {draw(literals(document, name, kind))}"


@st.composite
def searches(draw: st.DrawFn, document: type[Struct]) -> str:
    known = {name: rows for name, rows in NAVIGATIONS.get(document, {}).items() if name not in JOINED}
    collection, rows = draw(st.sampled_from(sorted(known.items(), key=str)))
    word = draw(st.sampled_from(["any", "Any"]))
    return f"{collection}/{word}(row: {draw(conditions(rows, 'row/'))})"


def conditions(document: type[Struct], prefix: str = "") -> st.SearchStrategy[str]:
    """Filters of the grammar that the service is known to take."""
    leaves: st.SearchStrategy[str] = comparisons(document, prefix)
    searchable = [name for name in NAVIGATIONS.get(document, {}) if name not in JOINED]
    if not prefix and searchable:
        leaves = leaves | searches(document)

    def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        word = st.sampled_from(["and", "or", "AND", "OR"])
        return st.one_of(
            st.builds("{} {} {}".format, inner, word, inner),
            st.builds("({}) {} ({})".format, inner, word, inner),
            inner.map("not ({})".format),
        )

    return st.recursive(leaves, joined, max_leaves=4)


filters = st.sampled_from(list(ROWS)).flatmap(lambda kind: st.tuples(st.just(kind), conditions(kind)))


@settings(deadline=None, print_blob=True)
@given(filters)
@example((Order, "not startswith(SellerOrderID,'a')"))
@example((Order, "SellerOrderID le null or SellerOrderID ge null"))
@example((Order, "ID eq 1 or PaymentStatus eq 'Cleared' and Items/any(i: i/Quantity gt 1)"))
def test_a_filter_means_the_same_rows_to_both(case: tuple[type[Struct], str]) -> None:
    document, text = case
    ours, theirs = compile_filter(text, document), read_by_odata_query(text)
    for row in ROWS[document][:120]:
        assert ours(row) is (Meaning(row).visit(theirs) is True), row


@pytest.mark.parametrize(
    "text",
    [
        "ID eq",
        "ID 5",
        "(ID eq 5",
        "ID eq 5)",
        "ID eq 5 and",
        "ID eq 5 ID eq 6",
        "not ()",
        "Items/any(i: )",
        "Items/any(i i/ID eq 5)",
        "SiteName eq 'it's'",
        "SiteName eq 'open",
        "startswith(SiteName)",
        "startswith(SiteName,'a'",
    ],
)
def test_what_is_no_filter_is_one_to_neither(text: str) -> None:
    with pytest.raises(BadQuery):
        compile_filter(text, Order)
    with pytest.raises(ODataException):
        read_by_odata_query(text)


@pytest.mark.parametrize(
    "text",
    [
        "contains(Sku,'a')",
        "endswith(Sku,'a')",
        "Sku in ('a', 'b')",
        "Quantity add 1 eq 2",
        "tolower(Sku) eq 'a'",
        "not ProductID eq 5",
        "Promotions/all(p: p/ID eq 1)",
        "5 eq ProductID",
    ],
)
def test_standard_filters_that_the_service_is_not_known_to_take_are_refused(text: str) -> None:
    assert read_by_odata_query(text)
    with pytest.raises(BadQuery):
        compile_filter(text, OrderItem)
