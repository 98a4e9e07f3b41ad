"""What a sink must be told of a product, and what hinders that: pure comparisons."""

from hashlib import blake2b

from crossdock.domain import Product
from crossdock.engine.goods_ports import StoredProduct
from crossdock.engine.problems import Code, Problem

PASSED_OVER = frozenset({"external_id", "profile", "updated_at"})
"""What differs between two systems by nature, or says only when something changed."""


def fingerprint(product: Product) -> str:
    """A short text that changes with everything that a sink may be told."""
    seen = product.model_dump_json(exclude=set(PASSED_OVER), exclude_defaults=True).encode()
    return blake2b(seen, digest_size=12).hexdigest()


def changed_fields(before: Product | None, after: Product) -> tuple[str, ...]:
    """The fields that differ from what the sink accepted last; all of them where it accepted nothing yet."""
    names = [name for name in Product.model_fields if name not in PASSED_OVER]
    if before is None:
        return tuple(names)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def hindrance(item: StoredProduct) -> Problem | None:
    """Why a product must not be put although it changed; a sink knows it by its SKU, whatever the case of letters."""
    sku, known_as, external_id = item.product.sku, item.known_as, item.product.external_id
    if item.namesakes:
        ids = ", ".join(sorted((external_id, *item.namesakes)))
        return Problem(
            Code.DUPLICATE_SKU,
            sku.casefold(),
            f"The SKU {sku} is that of several products at their source: {ids}",
            action="Give all but one another SKU there, or delete them; they are looked at again by themselves.",
        )
    if known_as not in ("", sku):
        return Problem(
            Code.SKU_RENAMED,
            external_id,
            f"Product {external_id} was put under the SKU {known_as}, and bears {sku} now",
            action=f"Rename {known_as} in the other system, or give the product its old SKU back; `crossdock problems "
            f"retry` puts it as {sku} and leaves what is there under {known_as}.",
        )
    return None


def gone_from_source(external_id: str, known_as: str) -> Problem:
    """A product that was put to a sink is at its source no more."""
    return Problem(
        Code.PRODUCT_GONE,
        external_id,
        f"Product {known_as} ({external_id}) is not at its source any more",
        action=f"Where nobody wants {known_as} in the other system any more, take it out there by hand; then resolve "
        "this problem.",
    )
