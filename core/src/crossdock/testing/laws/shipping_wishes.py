"""What the laws about shipping ask for: labels for boxes of one order, and what a provider knows of an order number."""

from collections.abc import Iterable, Mapping

from crossdock.domain import (
    Address,
    Dimensions,
    LabelFormat,
    LabelLine,
    LabelRequest,
    LengthUnit,
    Parcel,
    Weight,
    WeightUnit,
)
from crossdock.hooks.records import Record
from crossdock.hooks.roles import ShippingProvider
from crossdock.sandbox import Rehearsal

DOCK = Address(
    company="The Dock",
    line1="1 Dock Rd",
    city="Reno",
    region="NV",
    postal_code="89501",
    country="US",
    phone="7755550100",
)
HOME = Address(name="Ada Byron", line1="2 Main St", city="Austin", region="TX", postal_code="73301", country="US")
UNMADE = "8251-0"
"""An order number for which nobody in any simulator makes a label."""


def wish(rehearsal: Rehearsal, box: int, *, again: int = 1, format: LabelFormat = LabelFormat.PDF) -> LabelRequest:
    """The wish for the label of one box of an order for which people make labels, too; `again`: the so-manieth one."""
    number = next(iter(rehearsal.numbers), UNMADE)
    return LabelRequest(
        key=f"{number}/{number}-{box}" + (f"~{again}" if again > 1 else ""),
        reference=number,
        box=f"{number}-{box}",
        ship_from=DOCK,
        ship_to=HOME,
        weight=Weight(value=16, unit=WeightUnit.OUNCE),
        dimensions=Dimensions(length=10, width=8, height=4, unit=LengthUnit.INCH),
        carrier=rehearsal.carrier,
        service_level=rehearsal.service,
        format=format,
        lines=(LabelLine(sku=next(iter(rehearsal.skus), "SKU-1"), quantity=1),),
    )


async def known_of(provider: ShippingProvider, number: str) -> Mapping[str, Parcel]:
    """The labels that are found for an order number, by id."""
    return merged(provider, await provider.find_parcels(number))


def merged(provider: ShippingProvider, records: Iterable[Record]) -> Mapping[str, Parcel]:
    """The labels of which records tell, by id: what comes last counts, and what was taken back stays so."""
    known: dict[str, Parcel] = {}
    for record in records:
        parcel = provider.read_parcel(record)
        id = parcel.external_id or record.id
        was_voided = id in known and known[id].voided
        known[id] = parcel.model_copy(update={"voided": parcel.voided or was_voided})
    return known
