"""The words of the bulk ways."""

from enum import StrEnum


class BulkStatus(StrEnum):
    """Where an export or an upload stands."""

    ABORTED = "Aborted"
    ABORTED_ACKNOWLEDGED = "AbortedAcknowledged"
    ACKNOWLEDGED_NOT_VISIBLE = "AcknowledgedNotVisible"
    COMPLETE = "Complete"
    COMPLETE_WITH_ERRORS = "CompleteWithErrors"
    COMPLETE_WITH_SYSTEMIC_ERRORS = "CompleteWithSystemicErrors"
    DELETED_READY_FOR_REMOVAL = "DeletedReadyForRemoval"
    FAILED_VALIDATION = "FailedValidation"
    IN_PROGRESS = "InProgress"
    IN_PROGRESS_PARTITIONING = "InProgressPartitioning"
    IN_PROGRESS_PROCESSING = "InProgressProcessing"
    IN_PROGRESS_QUEUED = "InProgressQueuedforProcessing"
    IN_PROGRESS_VALIDATION = "InProgressValidation"
    PENDING = "Pending"
    PENDING_PARTITIONING = "PendingPartitioning"
    REQUEUE = "Requeue"
    SELECTED_FOR_PARTITIONING = "SelectedForPartitioning"
    SYSTEMIC_FAILURE = "SystemicFailure"


class ImportMethod(StrEnum):
    """Which rows of a file are taken, and what becomes of products that it does not name."""

    ALL = "All"
    NEW_ONLY = "New Only"
    UPDATES_ONLY = "Updates Only"
    DETECT_DROPPED = "Detect Dropped"
