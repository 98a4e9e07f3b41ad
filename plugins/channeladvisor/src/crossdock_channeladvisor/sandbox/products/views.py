"""Lists of products that stay true while the products change."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crossdock_channeladvisor.sandbox.odata.filter import Predicate, compile_filter
from crossdock_channeladvisor.sandbox.odata.ordering import Key, in_order
from crossdock_channeladvisor.sandbox.products.documents import Product

Read = Callable[[int], Product]
_QUANTITIES = "Quantit"


@dataclass(frozen=True, slots=True)
class ProductSelection:
    """Which products a list shows, and by which keys it is sorted (none: the oldest first)."""

    filter: str | None = None
    order_by: tuple[Key, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out or moved."""
        return not self.filter and not self.order_by

    @property
    def needs_quantities(self) -> bool:
        """Whether a product must know its quantities to be found."""
        return _QUANTITIES in (self.filter or "") or any(_QUANTITIES in name for name, _ in self.order_by)

    @property
    def needs_collections(self) -> bool:
        """Whether a product must know its collections to be found."""
        return "/" in (self.filter or "")

    def predicate(self) -> Predicate:
        """Whether a product belongs to it; raises 400 if the filter cannot be read."""
        return compile_filter(self.filter, Product) if self.filter else lambda product: True

    def sorted(self, positions: Sequence[int], read: Read) -> Sequence[int]:
        """These positions in the order of the list."""
        return in_order(positions, self.order_by, Product, read) if self.order_by else positions


class ProductView:
    """The positions of the products of one selection, kept true one change at a time."""

    def __init__(self, selection: ProductSelection, positions: Sequence[int], read: Read) -> None:
        self.selection = selection
        self._read = read
        self._matches = selection.predicate()
        found = array("I", (position for position in positions if self._matches(read(position))))
        self.positions = selection.sorted(found, read)
        # Numbers of one product follow from those of another, and sorted lists cannot be mended in one place.
        self.lasts = not selection.order_by and not selection.needs_quantities

    def refresh(self, position: int, present: bool) -> None:
        """Take in or leave out one product that was changed, or is there no more; only if the view `lasts`."""
        positions = self.positions
        assert isinstance(positions, array)
        place = bisect_left(positions, position)
        listed = place < len(positions) and positions[place] == position
        if (wanted := present and self._matches(self._read(position))) and not listed:
            positions.insert(place, position)
        elif listed and not wanted:
            del positions[place]
