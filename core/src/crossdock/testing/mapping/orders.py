"""Orders that aim at one config: what its rules look for, and near it; strangers, other alphabets, odd lengths."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from crossdock.domain import (
    Address,
    AdjustmentKind,
    Allocation,
    BundleComponent,
    ManagedBy,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    PaymentStatus,
    RecordedAdjustment,
)
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction
from crossdock.testing.mapping.patterns import matches, spellings, texts_for
from crossdock.testing.mapping.words import Words

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOME = Address(
    name="Ada Byron", line1="12 Mill Lane", city="Leeds", region="WY", postal_code="LS1", country="GB", phone="0113"
)
STRANGERS = ("", "-", "0012", "Straße", "амазон", "מחזיק", "🧦 red", "e\u0301tage", "x" * 70)
"""Texts that no rule foresees: other alphabets, letters of several characters, and one that is too long for most."""
DOCUMENTS: Mapping[str, type] = MappingProxyType({"ship_to": Address})


def plain_order(rules: PipelineRules, words: Words) -> Order:
    """The simplest order that the rules take, as far as they say what they look for by plain fields."""
    asked = next(iter(words.ways[Direction.INBOUND]), Asked("UPS", "Ground"))
    order = Order(
        external_id="1",
        number="N1",
        site=asked.site,
        placed_at=max(NOON, rules.earliest_order_date or NOON),
        payment=PaymentStatus.PAID,
        status=OrderStatus.OPEN,
        ship_to=HOME,
        requested_carrier=asked.carrier,
        requested_service=asked.service,
        lines=(_plain_line(rules),),
    )
    for one in rules.order_filters:
        if one.rule == "require" and not any(matches(pattern, order.site) for pattern in one.match):
            order = with_value(order, one.field, texts_for(one.match[0])[-1])
    for field in rules.holds.required_fields:
        order = with_value(order, field, "given")
    return order


def _plain_line(rules: PipelineRules) -> OrderLine:
    line = OrderLine(external_id="1", sku="A-1", quantity=2, unit_price=Money(amount="9.40", currency="GBP"))
    for one in rules.item_filters:
        if one.rule == "require":
            line = with_value(line, one.field, texts_for(one.match[0])[-1])
    return line


def with_value(document: Any, path: str, text: str) -> Any:
    """The document with this text in a field; where no text fits in there, the document as it is."""
    name, _, rest = path.partition(".")
    fields = type(document).model_fields
    if name not in fields:
        return document
    held = getattr(document, name)
    if rest:
        return document.model_copy(update={name: _within(held, rest, text)})
    if isinstance(held, tuple) and fields[name].annotation == tuple[str, ...]:
        return document.model_copy(update={name: (text,)})
    return document.model_copy(update={name: text}) if type(held) is str and name not in ("external_id",) else document


def _within(held: Any, rest: str, text: str) -> Any:
    if isinstance(held, dict):
        return {**held, rest: text}
    if isinstance(held, tuple):
        return tuple(_within(one, rest, text) for one in held)
    return with_value(held, rest, text) if hasattr(type(held), "model_fields") else held


def aimed_orders(rules: PipelineRules, words: Words) -> Iterator[Order]:
    """The simplest order, and one for each thing that a rule names or that an order can be, each with that alone."""
    plain = plain_order(rules, words)
    yield plain
    for asked in words.ways[Direction.INBOUND]:
        yield plain.model_copy(update=_asking(asked))
    yield from _placed(plain, words)
    yield from _odd(plain)
    for sku in words.skus:
        yield _with_line(plain, sku=sku)
    for field, texts in words.values.items():
        yield from (with_value(plain, field, text) for text in texts)
    for field, texts in words.line_values.items():
        yield from (plain.model_copy(update={"lines": (*plain.lines, _other(plain, field, text))}) for text in texts)
    for field in words.read:
        yield from (with_value(plain, field, text) for text in ("given", STRANGERS[-1], "  "))
    for amount in words.amounts:
        yield plain.model_copy(update={"total": Money(amount=Decimal(amount), currency="GBP")})
    yield from every_value(plain)


def _asking(asked: Asked) -> dict[str, str]:
    return {"site": asked.site, "requested_carrier": asked.carrier, "requested_service": asked.service}


def every_value(plain: Order) -> Iterator[Order]:
    """The order with each word that an enumeration of it has."""
    for name, words in (("payment", PaymentStatus), ("status", OrderStatus), ("managed_by", ManagedBy)):
        for word in words:
            yield plain.model_copy(update={name: word})


def _placed(plain: Order, words: Words) -> Iterator[Order]:
    """From each centre alone, from two at once, from one that is nobody's, and from one that has shipped its part."""
    centers = (*words.centers, "elsewhere")
    for center in centers:
        yield plain.model_copy(update={"allocations": (_part(center, 2),)})
        yield plain.model_copy(update={"allocations": (_part(center, 1), _part(center, 1, shipped=True))})
    for one, other in pairwise(centers):
        yield plain.model_copy(update={"allocations": (_part(one, 1), _part(other, 1))})


def _odd(plain: Order) -> Iterator[Order]:
    """What happens to orders: cancelled units, refunds, bundles that the cart takes apart, lines without a SKU."""
    line = plain.lines[0]
    for kind in (AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND):
        for more in ({"quantity": 1}, {}, {"quantity": 1, "refused": True}):
            one = RecordedAdjustment(external_id="a1", kind=kind, line_id="1", **more)
            yield plain.model_copy(update={"adjustments": (one,)})
    parts = (BundleComponent(sku="P-1", quantity=2), BundleComponent(sku="P-2", quantity=1))
    yield _with_line(plain, components=parts)
    twice = line.model_copy(update={"external_id": "2", "components": parts})
    yield plain.model_copy(update={"lines": (line, twice)})
    yield plain.model_copy(update={"lines": (line, line)})
    yield plain.model_copy(update={"lines": ()})
    yield _with_line(plain, sku=" ")
    yield plain.model_copy(update={"ship_to": Address()})
    yield plain.model_copy(update={"tags": ("one", "two", "three"), "acknowledged": True, "flag": " "})
    for notes in ("1234e\u0301tage", "123👩\u200d🚀 up", "1234☎\ufe0f x", "e" + "\u0301" * 9, "12345", "123456"):
        yield plain.model_copy(update={"notes": notes})


def _part(center: str, quantity: int, *, shipped: bool = False) -> Allocation:
    return Allocation(line_id="1", distribution_center=center, quantity=quantity, shipped=shipped)


def _with_line(plain: Order, **fields: Any) -> Order:
    return plain.model_copy(update={"lines": (plain.lines[0].model_copy(update=fields),)})


def _other(plain: Order, field: str, text: str) -> Any:
    return with_value(plain.lines[0].model_copy(update={"external_id": "2", "sku": "B-2"}), field, text)


def texts(*known: str) -> st.SearchStrategy[str]:
    """What a config names, its misspellings, strangers, and anything."""
    named = [spelled for one in known for spelled in spellings(one)]
    return st.one_of(st.sampled_from([*known, *named, *STRANGERS]), st.text(max_size=6))


@st.composite
def drawn_orders(draw: st.DrawFn, rules: PipelineRules, words: Words) -> Order:
    """An order of several lines, bundles and centres, most often one that can be released."""
    asked = draw(st.sampled_from([*words.ways[Direction.INBOUND], None]))
    order = plain_order(rules, words).model_copy(
        update={
            "external_id": draw(st.integers(1, 9).map(str)),
            "lines": (lines := draw(_lines(words))),
            "allocations": draw(_allocations(lines, (*words.centers, "elsewhere"))),
            "adjustments": draw(_adjustments(lines)),
            **draw(st.fixed_dictionaries({}, optional=_words(words))),
            **(
                {"requested_carrier": asked.carrier, "requested_service": asked.service, "site": asked.site}
                if asked
                else {}
            ),
        }
    )
    for field in (*words.values, *words.read):
        if draw(st.integers(0, 3)) == 0:
            order = with_value(order, field, draw(texts(*words.values.get(field, ()))))
    return order


def _words(words: Words) -> dict[str, st.SearchStrategy[Any]]:
    """What an order may say otherwise than the simplest one."""
    return {
        "site": texts(*words.sites),
        "requested_carrier": texts(*words.carriers),
        "requested_service": texts(*words.services),
        "payment": st.sampled_from(PaymentStatus),
        "status": st.sampled_from(OrderStatus),
        "managed_by": st.sampled_from(ManagedBy),
        "tags": st.lists(texts(*words.values.get("tags", ())), max_size=3).map(tuple),
        "notes": texts(),
        "flag": texts(*words.values.get("flag", ())),
        "custom_fields": st.dictionaries(st.sampled_from(("department", "PO", "x")), texts(), max_size=2),
        "placed_at": st.integers(-400, 400).map(lambda days: NOON + timedelta(days=days)),
        "total": st.decimals("0", "9999.99", places=2).map(lambda amount: Money(amount=amount, currency="GBP")),
        "ship_to": st.sampled_from((HOME, Address(), HOME.model_copy(update={"country": "US", "region": ""}))),
    }


@st.composite
def _lines(draw: st.DrawFn, words: Words) -> tuple[OrderLine, ...]:
    """Lines with keys of their own; SKUs repeat, on lines and in bundles."""
    skus = st.sampled_from((*words.skus, "A-1", "a-1", "מחזיק", ""))
    fields = {field: st.sampled_from((*values, "")) for field, values in words.line_values.items()}
    found = []
    for key in range(1, draw(st.integers(1, 3)) + 1):
        line = OrderLine(
            external_id=str(key), sku=draw(skus), quantity=draw(st.integers(1, 6)), components=draw(_parts())
        )
        for field in fields:
            line = with_value(line, field, draw(fields[field]))
        found.append(line)
    return tuple(found)


def _parts() -> st.SearchStrategy[tuple[BundleComponent, ...]]:
    part = st.builds(BundleComponent, sku=st.sampled_from(("A-1", "P-1", "P-2")), quantity=st.integers(1, 3))
    return st.one_of(st.just(()), st.just(()), st.lists(part, min_size=1, max_size=2).map(tuple))


@st.composite
def _allocations(draw: st.DrawFn, lines: tuple[OrderLine, ...], centers: tuple[str, ...]) -> tuple[Allocation, ...]:
    """Lines split over centres, some parts gone; or a cart that says nothing of centres."""
    parts: list[Allocation] = []
    for line in lines if draw(st.booleans()) else ():
        left = line.quantity
        while left:
            pieces = draw(st.integers(1, left))
            where = {"distribution_center": draw(st.sampled_from(centers)), "shipped": draw(st.integers(0, 4)) == 4}
            parts.append(Allocation(line_id=line.external_id, quantity=pieces, **where))
            left -= pieces
    return tuple(parts)


@st.composite
def _adjustments(draw: st.DrawFn, lines: tuple[OrderLine, ...]) -> tuple[RecordedAdjustment, ...]:
    """Now and then a line of which some, or all, was cancelled; or a refund, which cancels nothing."""
    if draw(st.integers(0, 5)):
        return ()
    line = draw(st.sampled_from(lines))
    return (
        RecordedAdjustment(
            external_id="a1",
            kind=draw(st.sampled_from((AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND))),
            line_id=line.external_id,
            quantity=draw(st.none() | st.integers(1, line.quantity)),
            refused=draw(st.booleans()),
        ),
    )
