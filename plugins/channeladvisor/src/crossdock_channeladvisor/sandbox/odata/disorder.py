"""Lists and documents that are not as they should be, where the options of the scenario ask for it."""

import random
from collections.abc import Sequence
from typing import TypeVar

from msgspec import structs

from crossdock_channeladvisor.sandbox.documents import Order
from crossdock_channeladvisor.sandbox.options import SandboxOptions

T = TypeVar("T")
_WORDS = ("CheckoutStatus", "PaymentStatus", "ShippingStatus", "DistributionCenterTypeRollup")


def disordered(rows: Sequence[T], options: SandboxOptions) -> Sequence[T]:
    """The rows of one page, the first of them twice and all of them mixed if so asked."""
    if options.duplicate_rows:
        rows = [*rows, *rows[:1]]
    if options.shuffled_rows:
        rows = random.Random(len(rows)).sample(rows, len(rows))
    return rows


def renamed(order: Order, options: SandboxOptions) -> Order:
    """The order with the words that a newer version of the service would use for its statuses."""
    if not options.renamed_words:
        return order
    words = {name: getattr(order, name) for name in _WORDS}
    return structs.replace(order, **{name: options.renamed_words.get(word, word) for name, word in words.items()})


def drifted(document: bytes, options: SandboxOptions) -> bytes:
    """The document with a member that a newer version of the service would have."""
    return document[:-1] + b',"AddedLater":{"Since":"2.0"}}' if options.unknown_members else document
