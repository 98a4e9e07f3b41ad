"""Examples beside a config: what once broke a law, or what must come out; tried first in every run.

`crossdock.examples/NAME.json` beside `crossdock.toml` holds one: `pipeline`, `kind` (way, area, order …), what is
`given`, and perhaps what to `expect`. `known.toml` there names laws that are known to be broken, each with the reason.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from crossdock.config import ConfigMistakes, Mistake
from crossdock.config.mistakes import nearest
from crossdock.testing.mapping.kinds import KINDS, Kind

KNOWN = "known.toml"


@dataclass(frozen=True)
class Saved:
    """One example; `expect` is what must come out of it, as far as it says, by name."""

    pipeline: str
    kind: Kind[Any]
    given: Any
    expect: Mapping[str, str] = field(default_factory=dict)
    law: str = ""
    file: str = ""


def folder_of(config: Path) -> Path:
    """Where the examples of a config are: beside it, under its name."""
    return config.with_suffix(".examples")


def examples_of(config: Path, pipelines: Collection[str]) -> Mapping[str, Sequence[Saved]]:
    """By pipeline, its examples; raises `ConfigMistakes` with every file that is none."""
    found, mistakes = defaultdict[str, list[Saved]](list), []
    for file in sorted(folder_of(config).glob("*.json")):
        try:
            one = _read(file, pipelines)
            found[one.pipeline].append(one)
        except (ValueError, KeyError, TypeError) as error:
            advice = "Correct it, or take the file away."
            mistakes.append(Mistake(file, "", f"it is no example: {_first_line(error)}", advice=advice))
    if mistakes:
        raise ConfigMistakes(mistakes)
    return found


def _read(file: Path, pipelines: Collection[str]) -> Saved:
    written = json.loads(file.read_text(encoding="utf-8"))
    pipeline, kind = written["pipeline"], written["kind"]
    if pipeline not in pipelines:
        raise ValueError(f"there is no pipeline '{pipeline}'")
    if kind not in KINDS:
        raise ValueError(f"there is no kind '{kind}'; there are {', '.join(KINDS)}")
    given = KINDS[kind].read(written["given"])
    return Saved(pipeline, KINDS[kind], given, written.get("expect", {}), written.get("law", ""), file.name)


def _first_line(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error).splitlines()[0]


def save(example: Saved, config: Path) -> Path:
    """Write an example beside the config; the same one has the same file. Returns the file."""
    told = {
        "pipeline": example.pipeline,
        "kind": example.kind.name,
        "law": example.law,
        "given": example.kind.written(example.given),
        "expect": dict(example.expect),
    }
    text = json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False, indent=2) + "\n"
    what = example.law.removeprefix("mapping.") or example.kind.name
    file = folder_of(config) / f"{example.pipeline}-{what}-{blake2b(text.encode(), digest_size=4).hexdigest()}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def known_breaches(config: Path, pipelines: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """By pipeline, the laws that it is known to break, each with the reason; raises `ConfigMistakes`."""
    file = folder_of(config) / KNOWN
    if not file.exists():
        return {}
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigMistakes([Mistake(file, "", f"it is no TOML: {error}")]) from None
    if mistakes := [*_wrong(file, written, pipelines)]:
        raise ConfigMistakes(mistakes)
    return written


def _wrong(file: Path, written: Mapping[str, Any], pipelines: Collection[str]) -> Iterator[Mistake]:
    from crossdock.testing.mapping.law import mapping_laws

    laws = {law.id for law in mapping_laws()}
    for name, reasons in written.items():
        if name not in pipelines or not isinstance(reasons, dict):
            yield Mistake(file, name, "this is no pipeline", ", ".join(pipelines))
            continue
        for law, reason in reasons.items():
            if law not in laws:
                advice = "docs/reference/laws.md has all of them, under `mapping`."
                yield Mistake(file, f"{name}.{law}", "there is no such law", nearest=nearest(law, laws), advice=advice)
            elif not isinstance(reason, str) or not reason.strip():
                yield Mistake(file, f"{name}.{law}", "it has no reason", advice="Say why the law may be broken.")
