"""Asks for one piece of each part of a bundle, whatever the bundle holds."""

from collections.abc import Collection, Mapping, Sequence

from crossdock import FulfillmentTarget
from crossdock.domain import BundleComponent
from crossdock_liars.bent import Bent, bent_by


class OneOfEach(Bent[FulfillmentTarget]):
    """Overlooks the column with the numbers."""

    async def bundle_parts(self, skus: Collection[str]) -> Mapping[str, Sequence[BundleComponent]]:
        found = await self.right.bundle_parts(skus)  # type: ignore[attr-defined] # a feature of what it decorates
        return {sku: [part.model_copy(update={"quantity": 1}) for part in parts] for sku, parts in found.items()}


fulfillment_target = bent_by(OneOfEach)
