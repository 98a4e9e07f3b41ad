"""What of the public contract will be gone one day: it still works, and a sentence says what to take instead.

A hook's argument is deprecated where it is declared: `@hookspec(warn_on_impl_args={"name": Deprecated(…)})`. A name of
the public door is taken out of its `__all__` and written into `FORMER_NAMES`.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

Version = tuple[int, int]


class Deprecated(DeprecationWarning):
    """One thing of the contract that goes: since and until which version of it, and what to take instead."""

    def __init__(self, what: str, *, since: Version, until: Version, instead: str) -> None:
        super().__init__(f"{what} is deprecated since {_dotted(since)} and gone in {_dotted(until)}: {instead}")
        self.what = what
        self.since = _dotted(since)
        self.until = _dotted(until)
        self.instead = instead


FORMER_NAMES: dict[str, tuple[str, Deprecated]] = {}
"""By the path of a former name of the door (`crossdock.OldName`): where it is found now, and what is said of it."""


def former_name(door: str, name: str) -> Any:
    """What a former name of a door stands for, with a warning; raises `AttributeError` if it never was one."""
    if (path := f"{door}.{name}") not in FORMER_NAMES:
        raise AttributeError(f"module '{door}' has no attribute '{name}'")
    home, deprecated = FORMER_NAMES[path]
    warnings.warn(deprecated, stacklevel=3)
    module, _, found = home.rpartition(".")
    return getattr(import_module(module), found)


@contextmanager
def deprecations_used() -> Iterator[list[str]]:
    """The sentences about what is used within the block, each once; filters that make errors of them do not hold here.

    Other warnings go where they would have gone.
    """
    told: list[str] = []
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", Deprecated)
        try:
            yield told
        finally:
            told += dict.fromkeys(str(one.message) for one in seen if isinstance(one.message, Deprecated))
    for one in seen:
        if not isinstance(one.message, Deprecated):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno, source=one.source)


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))
