"""What a JSON Schema took and takes no longer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Two schemas of one thing; `findings` are sentences about what is narrower in the new one."""

    old: Schema
    new: Schema
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def findings(self) -> list[str]:
        """Every key, type and value that was taken and is no longer, and every key that is now required."""
        self._seen.clear()
        return [*self._narrower(self.old, self.new, "")]

    def _narrower(self, old: Any, new: Any, at: str) -> Iterator[str]:
        if isinstance(old, bool) or isinstance(new, bool):
            if new is False and old is not False:
                yield f"{at or 'it'} takes nothing more"
            return
        pair = (str(old.get("$ref", at)), str(new.get("$ref", at)))
        if "$ref" in old or "$ref" in new:
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolved(old, self.old), _resolved(new, self.new)
        if "anyOf" in old or "anyOf" in new:
            yield from self._fewer_choices(old, new, at)
            return
        yield from _narrower_values(old, new, at)
        yield from self._narrower_keys(old, new, at)
        if "items" in old and "items" in new:
            yield from self._narrower(old["items"], new["items"], f"{at}[]")

    def _fewer_choices(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        choices = new.get("anyOf", [new])
        for one in old.get("anyOf", [old]):
            found = [[*Comparison(self.old, self.new, set(self._seen))._narrower(one, other, at)] for other in choices]
            if all(found):
                nearest = min(found, key=len)
                yield nearest[0] if len(choices) == 1 else f"{at or 'it'} no longer takes {_kind(one)}: {nearest[0]}"

    def _narrower_keys(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for key, one in before.items():
            place = f"{at}.{key}".lstrip(".")
            if key in after:
                yield from self._narrower(one, after[key], place)
            else:
                yield f"{place} is gone"
        for key in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{at}.{key} is required now".lstrip(".")
        if "additionalProperties" in new and not (before and "additionalProperties" not in old):
            yield from self._narrower(old.get("additionalProperties", True), new["additionalProperties"], f"{at}.NAME")


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _narrower_values(old: Schema, new: Schema, at: str) -> Iterator[str]:
    types = (old.get("type"), new.get("type"))
    if types[1] not in (None, types[0]) and types != ("integer", "number"):
        yield f"{at or 'it'} was {types[0] or 'anything'} and is {types[1]}"
    words, left = _words(old), _words(new)
    if left is not None and (words is None or words - left):
        gone = ", ".join(sorted(map(repr, words - left))) if words else "all but some words"
        yield f"{at or 'it'} no longer takes {gone}"
    for limit in (*LOWER, *UPPER):
        if limit in new and _is_tighter(limit, old.get(limit), new[limit]):
            yield f"{at or 'it'} has {limit} {new[limit]} where it was {old.get(limit, 'free')}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{at or 'it'} must match {new['pattern']}"


def _words(schema: Schema) -> frozenset[Any] | None:
    if "const" in schema:
        return frozenset([schema["const"]])
    return frozenset(schema["enum"]) if "enum" in schema else None


def _is_tighter(limit: str, old: Any, new: Any) -> bool:
    if old is None:
        return True
    return bool(new > old if limit in LOWER else new < old)


def _kind(schema: Schema) -> str:
    return str(schema.get("const") or schema.get("type") or schema.get("$ref", "what it took").rpartition("/")[2])
