"""The quantities of all products in all distribution centres as one list."""

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from crossdock_channeladvisor.sandbox.odata.filter import compile_filter, possible_values
from crossdock_channeladvisor.sandbox.odata.ordering import Key, in_order
from crossdock_channeladvisor.sandbox.products.documents import DCQuantity
from crossdock_channeladvisor.sandbox.products.products import Products

_LISTS_KEPT = 4


@dataclass(slots=True)
class _Found:
    """Where the rows of one filter stand: product by product, each with its centre; true for one state of the stock."""

    version: object
    positions: "array[int]" = field(default_factory=lambda: array("I"))
    centers: "array[int]" = field(default_factory=lambda: array("i"))


class QuantityList:
    """Rows of a filter, a part at a time; where they stand is remembered for as long as it is true."""

    def __init__(self, products: Products) -> None:
        self._products = products
        self._found: OrderedDict[str, _Found] = OrderedDict()

    def part(
        self, condition: str | None, order_by: Sequence[Key], skip: int, size: int
    ) -> tuple[Iterable[DCQuantity], int]:
        """So many rows after the first `skip`, and how many there are; raises 400 if the filter cannot be read."""
        if order_by or self._ids(condition) is not None:
            rows = in_order(list(self._few(condition)), order_by, DCQuantity)
            return rows[skip : skip + size], len(rows)
        found = self._places(condition or "")
        places = zip(found.positions[skip : skip + size], found.centers[skip : skip + size], strict=True)
        return self._rows(places), len(found.positions)

    def _ids(self, condition: str | None) -> frozenset[int] | None:
        return possible_values(condition, "ProductID") if condition else None

    def _few(self, condition: str | None) -> Iterable[DCQuantity]:
        matches = compile_filter(condition, DCQuantity) if condition else None
        ids = self._ids(condition)
        positions = self._products.positions_of_ids(ids) if ids is not None else self._products.all_positions()
        rows = (row for position in positions for row in self._products.quantities_at(position))
        return rows if matches is None else filter(matches, rows)

    def _places(self, condition: str) -> _Found:
        version = self._products.version(quantities="Available" in condition)
        found = self._found.get(condition)
        if found is None or found.version != version:
            found = self._found[condition] = self._search(condition, version)
            if len(self._found) > _LISTS_KEPT:
                self._found.popitem(last=False)
        return found

    def _search(self, condition: str, version: object) -> _Found:
        found = _Found(version)
        matches = compile_filter(condition, DCQuantity) if condition else None
        for position in self._products.all_positions():
            for row in self._products.quantities_at(position):
                if matches is None or matches(row):
                    found.positions.append(position)
                    found.centers.append(row.DistributionCenterID)
        return found

    def _rows(self, places: Iterable[tuple[int, int]]) -> Iterator[DCQuantity]:
        for position, group in groupby(places, itemgetter(0)):
            rows = {row.DistributionCenterID: row for row in self._products.quantities_at(position)}
            yield from (rows[center] for _, center in group)
