"""Which attributes an item gets, and from which parts of a product."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from crossdock.domain import Product

_TEXTS = frozenset({"title", "description", "brand", "manufacturer", "condition", "relationship", "vary_by"})
_TABLES = frozenset({"attributes", "codes", "details", "measures", "prices", "units"})


class AttributeMap:
    """The attributes of an item by the operator's rules; without rules, all of the product's own."""

    def __init__(self, rules: Mapping[str, str] | None) -> None:
        self._sources = None if rules is None else {name: _Source(text) for name, text in rules.items()}

    @property
    def made_of(self) -> frozenset[str]:
        """The fields of a product that can change them."""
        if self._sources is None:
            return frozenset({"attributes"})
        return frozenset(source.field for source in self._sources.values())

    def of(self, product: Product) -> dict[str, str]:
        """Every attribute that there is a rule for; what the product does not have is empty."""
        if self._sources is None:
            return dict(product.attributes)
        return {name: source.read(product) for name, source in self._sources.items()}


class _Source:
    """A part of a product: a field (`brand`), an entry of one (`codes.UPC`), or an attribute by its own name."""

    def __init__(self, text: str) -> None:
        table, dot, key = text.partition(".")
        self.read: Callable[[Product], str]
        if text in _TEXTS:
            self.field, self.read = text, lambda product: str(getattr(product, text))
        elif dot and table in _TABLES:
            self.field, self.read = table, lambda product: _text(getattr(product, table).get(key, ""))
        else:
            self.field, self.read = "attributes", lambda product: product.attributes.get(text, "")


def _text(value: str | Decimal) -> str:
    return format(value, "f") if isinstance(value, Decimal) else value
