"""What the engine needs of the store for parcels; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crossdock.domain import Parcel
from crossdock.engine.lease import Lease


@dataclass(frozen=True, slots=True)
class StoredParcel:
    """A parcel as the store holds it; `shipment_id` is the shipment that it was used for, and that still counts.

    `voided_at` is when we heard that its label was taken back.
    """

    id: int
    parcel: Parcel
    first_seen: datetime
    voided_at: datetime | None = None
    shipment_id: int | None = None


@dataclass(frozen=True, slots=True)
class ParcelUse:
    """A parcel is this shipment's; `carrier` and `service_level` are what the warehouse had said of that one."""

    parcel_id: int
    shipment_id: int
    carrier: str = ""
    service_level: str = ""


class Parcels(Protocol):
    """Parcels that shipping providers told of, looked up or sold."""

    async def save_parcels(
        self, lease: Lease | None, connection: str, pipeline: str, found: Sequence[Parcel], *, now: datetime
    ) -> int:
        """Keep parcels of a provider; says how many were new. One that is known and tells nothing new changes nothing.

        What waits for such a parcel is looked at now. One that was taken back is taken off its shipment where the cart
        was surely not told of it; else that becomes a problem.
        """

    async def parcels_of(self, connection: str, references: Collection[str]) -> Sequence[StoredParcel]:
        """The parcels of a provider that were made for these order numbers of warehouses, voided ones too."""

    async def settle_voided(self, lease: Lease, *, now: datetime) -> None:
        """Take labels that were taken back off shipments of which the cart was surely not told after all."""
