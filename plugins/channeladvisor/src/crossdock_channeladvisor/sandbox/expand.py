"""`$expand`: which collections of a document are shown, how deep, and where a list cuts them."""

from typing import Any, TypeVar

import lark
from msgspec import UNSET, Struct, structs

from crossdock_channeladvisor.sandbox.documents import NAVIGATIONS, Fulfillment, Order, OrderItem
from crossdock_channeladvisor.sandbox.errors import BadQuery

Shape = dict[str, "Shape"]
Row = TypeVar("Row", bound=Struct)

_PARSER = lark.Lark(
    r"""
    start: path ("," path)*
    path: NAME ["(" "$expand" "=" start ")"]
    NAME: /[A-Za-z_][A-Za-z0-9_]*/
    %ignore /\s+/
    """,
    parser="lalr",
    maybe_placeholders=True,
)
ENTITY_SETS: dict[type[Struct], str] = {Order: "Orders", OrderItem: "OrderItems", Fulfillment: "Fulfillments"}


def read_expand(text: str | None, document: type[Struct]) -> Shape:
    """What an `$expand` asks to see of this kind of document; raises `BadQuery`."""
    if not text:
        return {}
    try:
        tree = _PARSER.parse(text)
    except lark.exceptions.UnexpectedInput as error:
        raise BadQuery(f"The $expand '{text}' cannot be read; nested $expand is the only option known here.") from error
    return _shape(tree, document)


def _shape(tree: Any, document: type[Struct]) -> Shape:
    return dict(_branch(path.children, document) for path in tree.children)


def _branch(parts: list[Any], document: type[Struct]) -> tuple[str, Shape]:
    name, nested = str(parts[0]), parts[1]
    known = NAVIGATIONS.get(document, {})
    if name not in known:
        raise BadQuery(
            f"Could not find a property named '{name}' on type "
            f"'ChannelAdvisor.RestApi.V1.Models.{document.__name__}' to expand."
        )
    rows = known[name]
    return name, {} if nested is None or rows is None else _shape(nested, rows)


def expand_text(shape: Shape) -> str:
    """The `$expand` that asks for this shape."""
    return ",".join(f"{name}($expand={expand_text(nested)})" if nested else name for name, nested in shape.items())


def shaped(row: Row, shape: Shape, cut: int | None, base: str) -> Row:
    """A copy of a document that shows what was asked for, its collections cut after `cut` rows (None: nowhere).

    A collection that was cut is followed by an absolute link to its other rows.
    """
    changes: dict[str, Any] = {}
    for name in NAVIGATIONS.get(type(row), ()):
        if name not in shape:
            changes[name] = UNSET
            continue
        rows, nested = getattr(row, name), shape[name]
        if cut is not None and len(rows) > cut:
            changes[f"{name}Next"] = _link_to_rest(row, name, nested, cut, base)
            rows = rows[:cut]
        changes[name] = [shaped(each, nested, cut, base) for each in rows]
    return structs.replace(row, **changes) if changes else row


def _link_to_rest(row: Any, name: str, nested: Shape, cut: int, base: str) -> str:
    link = f"{base}/{ENTITY_SETS[type(row)]}({row.ID})/{name}?$skip={cut}"
    return f"{link}&$expand={expand_text(nested)}" if nested else link
