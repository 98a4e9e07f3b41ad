"""Parcels: the labels that a shipping system made and took back, whoever wanted them."""

from crossdock.engine.facts import RecordKind
from crossdock.engine.flows.collect import drain
from crossdock.engine.pipeline import Run
from crossdock.hooks.features import ListsParcels
from crossdock.hooks.records import Cursor, Page


async def parcels(run: Run) -> None:
    """Take in every page of parcels; one that is only told by itself is read as it was stored."""
    provider = run.pipeline.need(run.pipeline.shipping_provider, "shipping provider")
    role = provider.role
    await drain(run, provider, RecordKind.PARCEL, role.fetch_parcels if isinstance(role, ListsParcels) else _nothing)


async def _nothing(cursor: Cursor | None) -> Page:
    return Page((), checkpoint=cursor)
