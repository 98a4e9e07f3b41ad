"""crossdock connects any cart to any warehouse, through config. This module is the door for plugin authors."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.hooks.connecting import ConnectSteps
    from crossdock.hooks.context import Clock, ConnectionContext, ConnectorInfo, Logger, Scenario, SystemClock
    from crossdock.hooks.errors import (
        AlreadyThere,
        CrossdockError,
        NeedsAuth,
        NeedsConfig,
        OutcomeUnknown,
        Rejected,
        Throttled,
        Unavailable,
        Unreadable,
        Unsupported,
    )
    from crossdock.hooks.features import (
        AcknowledgesRecords,
        AdjustsOrders,
        BuysLabels,
        ChecksAddresses,
        ChecksConnection,
        DescribesFields,
        ExpectsGoods,
        FetchesOrder,
        FollowsShipments,
        HearsEvents,
        HoldsOrders,
        ListsParcels,
        ListsPlaces,
        ListsProducts,
        ListsStock,
        NamesCarriers,
        PutsProductsInBulk,
        ReachesBack,
        ReceivesHints,
        ReceivesRecords,
        SetsStockInBulk,
        SumsStock,
        SweepsOrders,
        TakesBundlesApart,
        TellsMovements,
        TellsPutaways,
        TellsShipments,
        TellsShortages,
        UndoesAcknowledgement,
        WithdrawsOrders,
    )
    from crossdock.hooks.files import FileDrop, FileEndpoint
    from crossdock.hooks.http import (
        Authentication,
        Credentials,
        Endpoint,
        Exchange,
        FixedHeaders,
        HttpClient,
        Rate,
        error_text,
    )
    from crossdock.hooks.records import (
        AnswerState,
        Cursor,
        FinalAnswer,
        LabelDraft,
        LabelFile,
        OrderField,
        Page,
        ProductAnswer,
        Receipt,
        Record,
        Withdrawal,
        reading,
    )
    from crossdock.hooks.roles import (
        CatalogSink,
        CatalogSource,
        FulfillmentTarget,
        InventorySink,
        InventorySource,
        OrderSource,
        ShippingProvider,
    )
    from crossdock.hooks.specs import API_VERSION, hookimpl

_HOME = {
    "crossdock.hooks.connecting": ("ConnectSteps",),
    "crossdock.hooks.context": (
        "Clock", "ConnectionContext", "ConnectorInfo", "Logger", "Scenario", "SystemClock",
    ),
    "crossdock.hooks.errors": (
        "AlreadyThere", "CrossdockError", "NeedsAuth", "NeedsConfig", "OutcomeUnknown", "Rejected", "Throttled",
        "Unavailable", "Unreadable", "Unsupported",
    ),
    "crossdock.hooks.http": (
        "Authentication", "Credentials", "Endpoint", "Exchange", "FixedHeaders", "HttpClient", "Rate", "error_text",
    ),
    "crossdock.hooks.features": (
        "AcknowledgesRecords", "AdjustsOrders", "BuysLabels", "ChecksAddresses", "ChecksConnection", "DescribesFields",
        "ExpectsGoods", "FetchesOrder", "FollowsShipments", "HearsEvents", "HoldsOrders", "ListsParcels", "ListsPlaces",
        "ListsProducts", "ListsStock", "NamesCarriers", "PutsProductsInBulk", "ReachesBack", "ReceivesHints",
        "ReceivesRecords", "SetsStockInBulk", "SumsStock", "SweepsOrders", "TakesBundlesApart", "TellsMovements",
        "TellsPutaways", "TellsShipments", "TellsShortages", "UndoesAcknowledgement", "WithdrawsOrders",
    ),
    "crossdock.hooks.files": ("FileDrop", "FileEndpoint"),
    "crossdock.hooks.records": (
        "AnswerState", "Cursor", "FinalAnswer", "LabelDraft", "LabelFile", "OrderField", "Page", "ProductAnswer",
        "Receipt", "Record", "Withdrawal", "reading",
    ),
    "crossdock.hooks.roles": (
        "CatalogSink", "CatalogSource", "FulfillmentTarget", "InventorySink", "InventorySource", "OrderSource",
        "ShippingProvider",
    ),
    "crossdock.hooks.specs": ("API_VERSION", "hookimpl"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "API_VERSION", "AcknowledgesRecords", "AdjustsOrders", "AlreadyThere", "AnswerState", "Authentication",
    "BuysLabels", "CatalogSink", "CatalogSource", "ChecksAddresses", "ChecksConnection", "Clock", "ConnectSteps",
    "ConnectionContext", "ConnectorInfo", "Credentials", "CrossdockError", "Cursor", "DescribesFields", "Endpoint",
    "Exchange", "ExpectsGoods", "FetchesOrder", "FileDrop", "FileEndpoint", "FinalAnswer", "FixedHeaders",
    "FollowsShipments", "FulfillmentTarget", "HearsEvents", "HoldsOrders", "HttpClient", "InventorySink",
    "InventorySource", "LabelDraft", "LabelFile", "ListsParcels", "ListsPlaces", "ListsProducts", "ListsStock",
    "Logger", "NamesCarriers", "NeedsAuth", "NeedsConfig", "OrderField", "OrderSource", "OutcomeUnknown", "Page",
    "ProductAnswer", "PutsProductsInBulk", "Rate", "ReachesBack", "Receipt", "ReceivesHints", "ReceivesRecords",
    "Record", "Rejected", "Scenario", "SetsStockInBulk", "ShippingProvider", "SumsStock", "SweepsOrders", "SystemClock",
    "TakesBundlesApart", "TellsMovements", "TellsPutaways", "TellsShipments", "TellsShortages", "Throttled",
    "Unavailable", "UndoesAcknowledgement", "Unreadable", "Unsupported", "Withdrawal", "WithdrawsOrders", "error_text",
    "hookimpl", "reading",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `crossdock --help` pays for none of them."""
    if name not in _MODULE_OF:
        return import_module("crossdock.deprecation").former_name(__name__, name)
    return getattr(import_module(_MODULE_OF[name]), name)
