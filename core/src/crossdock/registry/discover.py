"""Which plugins are installed; nothing of them is imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from itertools import groupby
from operator import attrgetter

GROUP = "crossdock.plugins"
"""The entry-point group in which plugins announce themselves."""


@dataclass(frozen=True)
class Installed:
    """One entry point of one installed distribution."""

    name: str
    distribution: str
    version: str
    entry_point: EntryPoint

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


def installed_plugins() -> Mapping[str, tuple[Installed, ...]]:
    """Every plugin name with those who offer it; more than one of them is a conflict."""
    offers = sorted(map(_installed, entry_points(group=GROUP)), key=attrgetter("name", "distribution"))
    return {name: tuple(same) for name, same in groupby(offers, key=attrgetter("name"))}


def _installed(entry_point: EntryPoint) -> Installed:
    dist = entry_point.dist
    distribution, version = (dist.name, dist.version) if dist else ("an unknown distribution", "")
    return Installed(entry_point.name, distribution, version, entry_point)
