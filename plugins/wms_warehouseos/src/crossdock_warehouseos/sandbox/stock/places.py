"""The areas and locations of a simulated tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crossdock_warehouseos.profile import LocationNames
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import BinOptions, SandboxOptions


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A location in its area; where areas are not in use, the area is empty."""

    area: str
    location: str

    def __str__(self) -> str:
        return f"{self.area}/{self.location}" if self.area else self.location


class Places:
    """Every area has at least one location; orders of an area are picked from its locations alone."""

    def __init__(self, options: SandboxOptions) -> None:
        self.areas = options.areas
        bins = [*options.locations, *_missing(options)]
        self.bins = {Place(each.area, each.name): each for each in bins}
        self._locations = {each.name: Place(each.area, each.name) for each in reversed(bins)}
        self._to_allocate = sorted(self.bins, key=lambda place: _rank(self.bins[place].allocation_sequence))
        self._to_put_away = sorted(self.bins, key=lambda place: _rank(self.bins[place].putaway_sequence))

    def find(self, told: str) -> Place:
        """The place of "AREA/LOCATION", of a location, or the first one of an area; raises `Refused`."""
        area, slash, location = told.partition("/")
        if slash and (place := Place(area, location)) in self.bins:
            return place
        if told in self._locations:
            return self._locations[told]
        if not slash and (first := [place for place in self._to_put_away if place.area == told]):
            return first[0]
        raise Refused(400, f"There is no place '{told}'.")

    def require_area(self, area: str) -> None:
        """Raises `Refused` where areas are in use and this is none of them."""
        if area and self.areas and area not in self.areas:
            raise Refused(400, f"Area '{area}' does not exist.")

    def to_pick_from(self, area: str) -> Sequence[Place]:
        """The locations that an order of an area takes its pieces from, in their order; without an area all."""
        return [place for place in self._to_allocate if not area or not self.areas or place.area == area]

    def told(self, place: Place, names: LocationNames) -> dict[str, Any]:
        """A location as the API shows it."""
        here = self.bins[place]
        return {getattr(names, name): value for name, value in here.model_dump().items()}


def _missing(options: SandboxOptions) -> list[BinOptions]:
    """One location for each area that has none."""
    used = {each.area for each in options.locations}
    wanted = options.areas or ("",)
    return [BinOptions(name=f"{area or 'MAIN'}-01-01", area=area) for area in wanted if area not in used]


def _rank(sequence: int | None) -> float:
    return float("inf") if sequence is None else sequence
