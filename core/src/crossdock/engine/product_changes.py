"""What a sink must be told of a product: a pure comparison."""

from hashlib import blake2b

from crossdock.domain import Product

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
