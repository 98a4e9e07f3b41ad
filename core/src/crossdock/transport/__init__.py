"""The one way out of a connection: authentication, pace, safe retries, redaction, request log, dry run."""

from crossdock.transport.capture import Capture, Captured, CapturedCall
from crossdock.transport.client import ConnectionClient, open_client
from crossdock.transport.files import ConnectionFiles, open_files

__all__ = [
    "Capture",
    "Captured",
    "CapturedCall",
    "ConnectionClient",
    "ConnectionFiles",
    "open_client",
    "open_files",
]
