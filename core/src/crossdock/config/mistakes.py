"""Mistakes in the config as data: where, what was found, what is allowed, and what to do."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crossdock.hooks.errors import NeedsConfig

Key = tuple[str | int, ...]
REACHING = ("connections", "store", "webhooks", "alerts")
"""Tables that say how systems, the store and people are reached."""


@dataclass(frozen=True)
class Mistake:
    """One thing that the operator must change; `nearest` is the valid name that was probably meant."""

    file: Path
    key: str
    found: str
    allowed: str = ""
    nearest: str = ""
    advice: str = ""

    def __str__(self) -> str:
        parts = [f"{self.file}: {self.key}: {self.found}" if self.key else f"{self.file}: {self.found}"]
        parts += [f"allowed: {self.allowed}"] if self.allowed else []
        parts += [f"did you mean '{self.nearest}'?"] if self.nearest else []
        return "; ".join([*parts, *([self.advice] if self.advice else [])])

    @property
    def is_of_rules(self) -> bool:
        """Whether it is in what pipelines say, or in a file of theirs; not in how something is reached."""
        return not self.key.startswith(REACHING)


class ConfigMistakes(NeedsConfig):
    """Everything that is wrong with the config, all at once."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def dotted(key: Iterable[str | int]) -> str:
    """A key path as TOML writes it."""
    parts = [f"[{one}]" if isinstance(one, int) else f".{_quoted(one)}" for one in key]
    return "".join(parts).removeprefix(".")


def nearest(name: object, known: Iterable[str]) -> str:
    """The valid name that was probably meant, or empty text."""
    found = get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return found[0] if found else ""


def mistakes_of(
    error: ValidationError, model: type[BaseModel], *, file: Path, prefix: Sequence[str], silent: Iterable[Key] = ()
) -> Iterator[Mistake]:
    """The mistakes that pydantic found in one table; at the `silent` keys no found value is shown."""
    quiet = tuple(silent)
    for detail in error.errors(include_url=False):
        hidden = any(_within(detail["loc"], key) for key in quiet)
        yield _mistake(detail, model, file, prefix, hidden)


def _mistake(detail: ErrorDetails, model: type[BaseModel], file: Path, prefix: Sequence[str], hidden: bool) -> Mistake:
    place, value = detail["loc"], detail["input"]
    key = dotted((*prefix, *place))
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, place[:-1])
        near = nearest(place[-1], known)
        return Mistake(file, key, "there is no such key", ", ".join(known), near, "Rename it or take it out.")
    if detail["type"] == "missing":
        return Mistake(file, key, "the key is missing", advice=f"Add it{_meaning(model, place)}.")
    allowed = _allowed(detail, hidden)
    choices = re.findall(r"'([^']+)'", allowed)
    near = nearest(value, choices) if isinstance(value, str) and not hidden else ""
    return Mistake(file, key, _shown(value, hidden), allowed, near)


def _allowed(detail: ErrorDetails, hidden: bool) -> str:
    if detail["type"] in ("tuple_type", "list_type"):
        shown = isinstance(detail["input"], str) and not hidden
        return f"a list, such as [{json.dumps(detail['input'], ensure_ascii=False)}]" if shown else "a list"
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return str(detail.get("ctx", {}).get("expected", text))


def _shown(value: Any, hidden: bool) -> str:
    if hidden:
        return "a value that is not shown"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _within(place: Key, key: Key) -> bool:
    return place[: len(key)] == key


def _quoted(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'


def _meaning(model: type[BaseModel], place: Key) -> str:
    owner = _model_at(model, place[:-1])
    field = owner.model_fields.get(str(place[-1])) if owner else None
    return f": {' '.join(field.description.split()).rstrip('.')}" if field and field.description else ""


def _keys_at(model: type[BaseModel], place: Key) -> list[str]:
    owner = _model_at(model, place)
    return [field.alias or name for name, field in owner.model_fields.items()] if owner else []


def _model_at(model: type[BaseModel], place: Key) -> type[BaseModel] | None:
    """The model of the table at a place below `model`; keys and indexes of collections are passed over."""
    for part in place:
        field = model.model_fields.get(str(part))
        if field is not None:
            inner = next(models_in(field.annotation), None)
            if inner is None:
                return None
            model = inner
    return model


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every pydantic model that stands in a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)
