"""The words that the service knows, by enumeration, each with its number.

The wire carries words only. Their names are those of the service's metadata. The numbers are those that client code
stores where it stores any (checkout, payment, shipping and delivery statuses, reasons, flags, requests); the others,
and those of the delivery statuses that came later, are assumed to count up.
"""

from collections.abc import Mapping
from typing import get_args

from crossdock_channeladvisor.sandbox.orders.fulfillments import External
from crossdock_channeladvisor.sandbox.orders.sites import REASONS
from crossdock_channeladvisor.sandbox.products.stock import UpdateType
from crossdock_channeladvisor.sandbox.webhooks.events import EventType


def _counted(*words: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(words)}


ENUMERATIONS: dict[str, Mapping[str, int]] = {
    "AdjustmentReason": REASONS,
    "AdjustmentSource": _counted("Channel", "UserInterface", "Api", "System"),
    "AdjustmentType": _counted("Refund", "Cancellation"),
    "AliasType": _counted("None", "Reference", "Alias"),
    "AsyncStatus": {
        "SubmittedNotProcessed": 0,
        "NewRma": 1,
        "PendingApproval": 2,
        "ProcessingApproval": 3,
        "ReadyForReturn": 4,
        "PendingReturn": 5,
        "ProcessingReturn": 6,
        "PendingRejection": 7,
        "ProcessingRejection": 8,
        "ProcessedNotAcknowledged": 10,
        "PendingReturnRejection": 11,
        "ProcessingReturnRejection": 12,
        "AcknowledgedPostProcessingNotComplete": 20,
        "PostProcessingComplete": 30,
        "RejectionCompleted": 31,
        "InformationOnly": 32,
        "NoChange": -999,
        "Error": -1,
    },
    "BundleType": _counted("None", "BundleComponent", "BundleItem", "AssemblyBundleItem"),
    "CheckoutStatus": {
        "NotVisited": 0,
        "Completed": 1,
        "Visited": 2,
        "CompletedAndVisited": 3,
        "Disabled": 4,
        "CompletedOffline": 8,
        "OnHold": 16,
    },
    "DeliveryStatus": {
        "NoChange": 1,
        "InTransit": 2,
        "ReadyForPickup": 4,
        "Complete": 8,
        "Canceled": 13,
        "ThirdPartyManaged": 26,
        "Confirmed": 27,
        "PickAndPack": 28,
        "LabelCreated": 29,
        "Held": 30,
    },
    "DistributionCenterRollupType": _counted("SellerManaged", "ExternallyManaged", "Mixed"),
    "DistributionCenterType": _counted("Warehouse", "ExternallyManaged", "DropShip", "RetailStore"),
    "FlagType": {
        "NoFlag": 0,
        "RedFlag": 1,
        "QuestionMark": 2,
        "NotAvailable": 3,
        "Price": 4,
        "YellowFlag": 5,
        "GreenFlag": 6,
        "BlueFlag": 7,
        "ExclamationPoint": -1,
        "ItemCopied": -2,
        "NotSpecified": -9999,
    },
    "FulfillmentItemSiteCommunicationStatus": _counted(
        "Pending", "InProgress", "Complete", "CompletedWithoutNotification", "Failed"
    ),
    "FulfillmentRequestStatus": _counted(*get_args(External)),
    "FulfillmentType": {"Ship": 1, "Pickup": 2, "ShipToStore": 3, "Courier": 4},
    "InventoryItemType": _counted("Item", "Child", "Bundle", "Parent"),
    "PaymentStatus": {"NotYetSubmitted": 0, "Cleared": 1, "Submitted": 2, "Failed": 4, "Deposited": 8},
    "QuantityUpdateType": _counted(*get_args(UpdateType), "Unconfirmed"),
    "ShippingStatus": {
        "Unshipped": 0,
        "Shipped": 1,
        "PartiallyShipped": 2,
        "PendingShipment": 4,
        "Canceled": 8,
        "ThirdPartyManaged": 16,
    },
    "TaxType": _counted("NoTax", "Standard", "ExclusiveVat", "InclusiveVat"),
    "ThroughputLimitUnits": _counted("Minutes", "Hours", "Days"),
    "WebhookEndpointStatus": _counted("Deleted", "Enabled", "Disabled", "Suspended"),
    "WebhookEventType": _counted(*get_args(EventType)),
}
