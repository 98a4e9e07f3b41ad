"""Which promises of the last release are broken, and which grew: sentences that say what to do."""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import griffe
from contracts.schemas import Comparison
from contracts.surface import DOORS, Surface

KEEP = "Keep it and deprecate it (crossdock.deprecation), or raise the major number of API_VERSION"
RAISE = "Raise the minor number of API_VERSION"

Shape = Mapping[str, Any]


def findings(old: Surface, new: Surface) -> list[str]:
    """What keeps this from being published as it is; nothing if the version tells of it."""
    if new["api"][0] > old["api"][0]:
        return []
    told = [f"{break_}. {KEEP}." for break_ in breaks(old, new)]
    if new["api"] <= old["api"]:
        told += [f"{growth}. {RAISE}." for growth in growths(old, new)]
    return told


def breaks(old: Surface, new: Surface) -> Iterator[str]:
    """Everything on which somebody may build and that is not as it was."""
    yield from broken_door(old["door"], new["door"])
    yield from broken_hooks(old["hooks"], new["hooks"])
    for kind in ("roles", "features"):
        yield from broken_protocols(kind.rstrip("s"), old[kind], new[kind])
    for kind, word in (("documents", "document"), ("connectors", "the settings of connector")):
        yield from broken_schemas(word, old[kind], new[kind])
    yield from (f"config: {one}" for one in Comparison(old["config"], new["config"]).findings())
    yield from (f"law {id} is gone, and an `xfail` may name it" for id in sorted({*old["laws"]} - {*new["laws"]}))


def growths(old: Surface, new: Surface) -> Iterator[str]:
    """What plugins written for this version could use and older ones of crossdock do not have."""
    for kind in ("hooks", "roles", "features"):
        yield from (f"{kind.rstrip('s')} {name} is new" for name in sorted(new[kind].keys() - old[kind].keys()))
    for name in old["hooks"].keys() & new["hooks"].keys():
        for argument in sorted({*new["hooks"][name]} - {*old["hooks"][name]}):
            yield f"argument {argument} of hook {name} is new"


def broken_hooks(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Hooks and arguments that are gone; a new argument breaks nobody, since a plugin names those that it wants."""
    for name, arguments in old.items():
        if name not in new:
            yield f"hook {name} is gone"
        yield from (
            f"argument {gone} of hook {name} is gone" for gone in arguments if gone not in new.get(name, [gone])
        )


def broken_protocols(kind: str, old: Mapping[str, Shape], new: Mapping[str, Shape]) -> Iterator[str]:
    """What plugins implement and no longer fits: a new method breaks them as well."""
    for name, before in old.items():
        if name not in new:
            yield f"{kind} {name} is gone"
            continue
        methods = new[name]["methods"]
        for added in sorted(methods.keys() - before["methods"].keys()):
            yield f"{kind} {name} asks for {added}, which no plugin has; make it a feature of its own"
        for method, shape in before["methods"].items():
            if method not in methods:
                yield f"{kind} {name} has no {method} any more"
            elif fault := _misfit(shape, methods[method]):
                yield f"{kind} {name}: {method} {fault}"


def _misfit(old: Shape, new: Shape) -> str:
    if old["async"] != new["async"]:
        return f"is {'' if new['async'] else 'not '}async now"
    if old["takes"] != new["takes"]:
        return f"took ({', '.join(old['takes'])}) and takes ({', '.join(new['takes'])})"
    if not {*old["gives"].split(" | ")} <= {*new["gives"].split(" | ")}:
        return f"gave {old['gives']} and must give {new['gives']}"
    return ""


def broken_schemas(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Documents and settings that no longer take what they took."""
    for name, before in old.items():
        if name in new:
            yield from (f"{kind} {name}: {one}" for one in Comparison(before, new[name]).findings())
        else:
            yield f"{kind} {name} is gone"


def broken_door(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Names and signatures of the public door that are not as they were, as griffe finds them."""
    if old == new:
        return
    with tempfile.TemporaryDirectory() as folder:
        before, after = (_loaded(Path(folder) / name, door) for name, door in (("old", old), ("new", new)))
        found: dict[str, None] = {}
        for door in DOORS:
            inner = door.partition(".")[2]
            pair = (before[inner], after[inner]) if inner else (before, after)
            found |= dict.fromkeys(map(_told, griffe.find_breaking_changes(*pair)))
    yield from sorted(found)


def _loaded(folder: Path, door: Mapping[str, Sequence[str]]) -> Any:
    for path, lines in door.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("\n".join(lines), encoding="utf-8")
        for parent in [*(folder / path).relative_to(folder).parents][:-1]:
            (folder / parent / "__init__.pyi").touch()
    logging.getLogger("griffe").setLevel(logging.ERROR)
    return griffe.load("crossdock", search_paths=[folder], resolve_aliases=True, allow_inspection=False)


def _told(breakage: griffe.Breakage) -> str:
    """`path: what changed`, as griffe puts it."""
    words = breakage.explain(griffe.ExplanationStyle.ONE_LINE).partition(": ")[2]
    return f"{breakage.obj.path}: {' '.join(words.split())}"
