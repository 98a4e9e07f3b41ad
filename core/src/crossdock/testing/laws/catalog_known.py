"""Which products a remote system knows, and the products that the kit puts there."""

from collections.abc import Mapping
from dataclasses import dataclass

from crossdock.domain import Product, ProductChange
from crossdock.sandbox import EffectKind
from crossdock.testing.stage import Stage


@dataclass(frozen=True)
class Known:
    """One SKU in the remote system: how many products bear it, and what is told of the first (`title` and the like)."""

    times: int
    texts: Mapping[str, str]

    def __str__(self) -> str:
        told = ", ".join(f"{name} '{text}'" for name, text in self.texts.items())
        return f"{self.times} product{'' if self.times == 1 else 's'} with {told}"


Catalog = Mapping[str, Known]
"""What is known, by SKU."""


async def known_in(stage: Stage) -> Catalog:
    """What the remote system knows now."""
    found = {one.key: Known(one.times, one.texts) for one in await stage.effects(EffectKind.PRODUCT)}
    assert all("title" in one.texts for one in found.values()), "a product in the effects has no title among its texts"
    return found


def after(before: Catalog, *products: Product) -> Catalog:
    """What is known once these were put, as far as the remote system keeps what it was told."""
    kept = [name for known in before.values() for name in known.texts] or ["title"]
    put = {one.sku: Known(1, {name: str(getattr(one, name)) for name in dict.fromkeys(kept)}) for one in products}
    return {**before, **put}


def differences(expected: Catalog, found: Catalog) -> str:
    """Where two differ, in words; empty where they do not."""
    skus = sorted(sku for sku in {*expected, *found} if expected.get(sku) != found.get(sku))
    told = [f"{sku} is {found.get(sku) or 'unknown'} and should be {expected.get(sku) or 'unknown'}" for sku in skus]
    more = f" (and {len(told) - 4} more)" if len(told) > 4 else ""
    return "; ".join(told[:4]) + more


def product(number: int, title: str = "Lamp") -> Product:
    """A product of the kit's own, with what every system can take."""
    sku = f"KIT-NEW-{number}"
    return Product(external_id=f"K{number}", sku=sku, title=f"{title} {number}", brand="Ada & Sons")


def change_of(product: Product, external_id: str = "", changed: tuple[str, ...] = ()) -> ProductChange:
    """One change, as the engine would ask for it."""
    return ProductChange(key=f"kit-{product.external_id}", product=product, external_id=external_id, changed=changed)
