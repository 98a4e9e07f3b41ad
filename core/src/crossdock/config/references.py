"""References: settings whose value is kept outside of the config, in the environment or in a file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import PlainValidator, WithJsonSchema

from crossdock.hooks.errors import NeedsConfig

ALLOWED = '{ env = "VARIABLE" } or { file = "PATH" }'
REFERENCE_SCHEMA = {
    "title": "Reference",
    "description": "A value that is kept outside of the config: in an environment variable or in a file.",
    "oneOf": [
        {
            "type": "object",
            "properties": {kind: {"type": "string", "minLength": 1}},
            "required": [kind],
            "additionalProperties": False,
        }
        for kind in ("env", "file")
    ],
}


class Unresolved(NeedsConfig):
    """A reference leads nowhere; the message says what was found, `advice` what to do."""

    def __init__(self, found: str, advice: str, nearest: str = "") -> None:
        super().__init__(found)
        self.advice = advice
        self.nearest = nearest


@dataclass(frozen=True)
class Reference:
    """Where a value is kept: an environment variable, or a file below the config's folder."""

    kind: Literal["env", "file"]
    place: str

    def resolve(self, folder: Path) -> str:
        """The value itself; raises `Unresolved` when there is none."""
        return _from_environment(self.place) if self.kind == "env" else _from_file(folder / self.place)

    def __str__(self) -> str:
        return f'{{ {self.kind} = "{self.place}" }}'


def as_reference(value: Any) -> Reference | None:
    """The reference that a TOML value is, or None."""
    if isinstance(value, Mapping) and len(value) == 1:
        [(kind, place)] = value.items()
        if kind in ("env", "file") and isinstance(place, str) and place:
            return Reference(kind, place)
    return None


def text_of(value: str | Reference, folder: Path) -> str:
    """The text itself, whether it stands in the config or elsewhere."""
    return value.resolve(folder) if isinstance(value, Reference) else value


def _text(value: Any) -> str | Reference:
    found = value if isinstance(value, str | Reference) else as_reference(value)
    if found is None:
        raise ValueError(f"text, {ALLOWED}")
    return found


Text = Annotated[
    str | Reference,
    PlainValidator(_text),
    WithJsonSchema({"anyOf": [{"type": "string"}, REFERENCE_SCHEMA]}),
]
"""A text setting that may be a reference."""


def _reference(value: Any) -> Reference:
    found = value if isinstance(value, Reference) else as_reference(value)
    if found is None:
        raise ValueError(ALLOWED)
    return found


SecretText = Annotated[Reference, PlainValidator(_reference), WithJsonSchema(REFERENCE_SCHEMA)]
"""A text setting that must be a reference, because it is a secret."""


def _from_environment(variable: str) -> str:
    if value := os.environ.get(variable):
        return value
    if variable in os.environ:
        raise Unresolved(f"the environment variable {variable} is empty", f"Give {variable} a value.")
    near = get_close_matches(variable, os.environ, n=1)
    raise Unresolved(
        f"the environment variable {variable} is not set",
        f"Set {variable} where crossdock runs.",
        near[0] if near else "",
    )


def _from_file(path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError:
        raise Unresolved(f"there is no file {path}", "Write the value into that file.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Unresolved(f"the file {path} cannot be read: {reason}", "Make it a readable text file.") from None
    if not value:
        raise Unresolved(f"the file {path} is empty", "Write the value into that file.")
    return value
