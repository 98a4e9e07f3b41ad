"""The sites, and what the marketplace behind each lets a seller do after the sale.

The names of the flags are those of the service's metadata, which has none for a part of a line's quantity: a site that
takes only whole lines says so when it refuses. Which site can do what is assumed; `site_abilities` decides it.
"""

from msgspec import Struct

from crossdock_channeladvisor.sandbox.catalogue import SITES
from crossdock_channeladvisor.sandbox.documents import Text
from crossdock_channeladvisor.sandbox.options import SandboxOptions, SiteAbilities

REASONS = {
    "GeneralAdjustment": 100,
    "ItemNotAvailable": 101,
    "CustomerReturnedItem": 102,
    "CouldNotShip": 103,
    "AlternateItemProvided": 104,
    "BuyerCancelled": 105,
    "CustomerExchange": 106,
    "MerchandiseNotReceived": 107,
    "ShippingAddressUndeliverable": 108,
}


class CodeDescription(Struct):
    """A reason for an adjustment."""

    Code: int
    Description: Text = None


class CancellationConfiguration(Struct, kw_only=True):
    """Which cancellations a site takes."""

    SupportsOrderCancellations: bool
    SupportsOrderItemCancellations: bool
    SupportsOrderItemRMACancellations: bool


class RefundConfiguration(Struct, kw_only=True):
    """Which refunds a site takes."""

    SupportsOrderRefunds: bool
    SupportsOrderItemRefunds: bool
    SupportsOrderItemRMARefunds: bool


class SiteDocument(Struct, kw_only=True):
    """One site as the API shows it."""

    ID: int
    SiteName: Text
    SiteCategoryID: int | None = None
    SiteCategoryName: Text = None
    CancellationConfiguration: CancellationConfiguration
    RefundConfiguration: RefundConfiguration
    AdjustmentReasons: list[CodeDescription]


def site_documents(options: SandboxOptions) -> dict[int, SiteDocument]:
    """Every site, by id."""
    return {site.id: _document(site.id, site.name, abilities_of(site.id, options)) for site in SITES}


def abilities_of(site_id: int, options: SandboxOptions) -> SiteAbilities:
    """What a site can do."""
    return options.site_abilities.get(site_id, SiteAbilities())


def _document(site_id: int, name: str, able: SiteAbilities) -> SiteDocument:
    return SiteDocument(
        ID=site_id,
        SiteName=name,
        CancellationConfiguration=CancellationConfiguration(
            SupportsOrderCancellations=able.order_cancellations,
            SupportsOrderItemCancellations=able.item_cancellations,
            SupportsOrderItemRMACancellations=able.rma_cancellations,
        ),
        RefundConfiguration=RefundConfiguration(
            SupportsOrderRefunds=able.order_refunds,
            SupportsOrderItemRefunds=able.item_refunds,
            SupportsOrderItemRMARefunds=able.rma_refunds,
        ),
        AdjustmentReasons=[CodeDescription(code, reason) for reason, code in REASONS.items()],
    )
