"""Fields: how the fields of the warehouse's order are made from the cart's order.

A rule is an expression over the order. What it gives becomes text: a list its parts with ", " between them, a number as
it is written, yes or no. What is left out of the order, empty or blank is no value: then the default is taken. A value
that cannot be worked out, is missing although it is required, or is too long is a flaw, and the caller's to hold.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from crossdock.mapping.expressions import Expression

CUSTOM = "custom_fields."
"""How the target of a custom field begins; its name follows."""
TAGS = "tags"
"""The target that takes several texts."""
SEPARATOR = ", "
JOINERS = frozenset("\u200d\ufe0e\ufe0f")
"""What holds several characters together that people see as one."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where the value of one field comes from; a longer value than fits is cut, or else a flaw."""

    target: str
    source: Expression
    default: str = ""
    required: bool = False
    max_length: int | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class MappedField:
    """What a rule gave: a text (for tags, several), where it comes from, and what is wrong with it."""

    target: str
    texts: tuple[str, ...] = ()
    because: str = ""
    flaw: str = ""

    @property
    def text(self) -> str:
        """The value as one text."""
        return SEPARATOR.join(self.texts)


@dataclass(frozen=True)
class MappedFields:
    """What the rules gave for one order."""

    fields: tuple[MappedField, ...] = ()

    @cached_property
    def by_target(self) -> Mapping[str, MappedField]:
        """The fields that have a rule."""
        return {field.target: field for field in self.fields}

    @property
    def custom_fields(self) -> Mapping[str, str]:
        """The custom fields that have a rule, by name; what was given no value is empty."""
        return {
            field.target.removeprefix(CUSTOM): field.text for field in self.fields if field.target.startswith(CUSTOM)
        }

    @property
    def flawed(self) -> tuple[MappedField, ...]:
        """The fields with which the order cannot go out."""
        return tuple(field for field in self.fields if field.flaw)


NO_FIELDS = MappedFields()


@dataclass(frozen=True)
class FieldRules:
    """All rules of one pipeline, at most one for a field."""

    rules: tuple[FieldRule, ...] = ()

    def map_fields(self, order: Mapping[str, Any]) -> MappedFields:
        """The value of each field, for an order as a document; whatever the order holds, nothing is raised."""
        return MappedFields(tuple(_mapped(rule, order) for rule in self.rules))

    @cached_property
    def reads(self) -> frozenset[str]:
        """The fields of an order that a rule looks at."""
        return frozenset[str]().union(*(rule.source.reads for rule in self.rules))


def _mapped(rule: FieldRule, order: Mapping[str, Any]) -> MappedField:
    found = rule.source.search(order)
    if found.flaw:
        return MappedField(rule.target, flaw=f"{rule.target}: {found.flaw}")
    try:
        texts = tuple(_texts(found.value))
    except ValueError as error:
        return MappedField(rule.target, flaw=f"{rule.target}: `{rule.source.text}` gives {error}")
    if texts:
        field = MappedField(rule.target, _shaped(rule, texts), f"`{rule.source.text}`")
    elif rule.default:
        field = MappedField(rule.target, (rule.default,), f"default, since `{rule.source.text}` gives nothing")
    else:
        flaw = f"{rule.target} has no value: `{rule.source.text}` gives nothing" if rule.required else ""
        return MappedField(rule.target, because=f"`{rule.source.text}` gives nothing", flaw=flaw)
    return _fitted(rule, field)


def _shaped(rule: FieldRule, texts: tuple[str, ...]) -> tuple[str, ...]:
    return texts if rule.target == TAGS else (SEPARATOR.join(texts),)


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value, none of them blank; raises `ValueError` for what is no text."""
    match value:
        case None:
            return
        case list():
            for part in value:
                yield from _texts(part)
        case dict():
            raise ValueError(f"an object; name one of its fields: {', '.join(value) or 'it has none'}")
        case str() if not value.strip():
            return
        case str() | bool() | int() | float():
            yield _text(value)
        case _:
            raise ValueError("no text")


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _fitted(rule: FieldRule, field: MappedField) -> MappedField:
    size = len(field.text)
    if rule.max_length is None or size <= rule.max_length:
        return field
    if not rule.cut:
        return replace(field, flaw=f"{rule.target} has {size} characters, and {rule.max_length} fit")
    because = f"{field.because}, cut from {size} to {rule.max_length} characters"
    return replace(field, texts=_cut_texts(field.texts, rule.max_length), because=because)


def _cut_texts(texts: tuple[str, ...], length: int) -> tuple[str, ...]:
    """As many whole texts as fit together; of the first one at least its beginning."""
    kept = texts
    while len(kept) > 1 and len(SEPARATOR.join(kept)) > length:
        kept = kept[:-1]
    return (_cut(kept[0], length),) if len(kept) == 1 else kept


def _cut(text: str, length: int) -> str:
    """The beginning of a text; what people see as one character is not cut apart, unless nothing else were left."""
    end = min(length, len(text))
    while 0 < end < len(text) and _belongs(text, end):
        end -= 1
    return text[: end or length]


def _belongs(text: str, place: int) -> bool:
    """Whether the character at this place is seen as one with that before it."""
    here, before = text[place], text[place - 1]
    return bool(unicodedata.combining(here)) or here in JOINERS or before == "\u200d"
