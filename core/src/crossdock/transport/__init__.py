"""The one way out of a connection: authentication, pace, safe retries, redaction, request log, dry run."""

from crossdock.transport.capture import Capture, Captured, CapturedCall
from crossdock.transport.client import ConnectionClient, open_client

__all__ = ["Capture", "Captured", "CapturedCall", "ConnectionClient", "open_client"]
