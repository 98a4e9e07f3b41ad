"""What an answer, or the lack of one, says about the request: decided without I/O."""

import os
from enum import Enum, auto

import aiohttp

from crossdock.transport.call import Result


class Outcome(Enum):
    """What became of one request."""

    DONE = auto()  # answered; the caller gets it
    REFUSED = auto()  # understood, and the answer is no
    REFUSED_CREDENTIALS = auto()  # not carried out: we are not known
    FORBIDDEN = auto()  # not carried out: we are known and may not
    THROTTLED = auto()  # not carried out: too many calls
    MISDIRECTED = auto()  # not carried out: this is not the place
    NOT_SENT = auto()  # nothing of it left this machine
    UNKNOWN = auto()  # it may have been carried out


_OUTCOME_OF_STATUS = {
    401: Outcome.REFUSED_CREDENTIALS,
    403: Outcome.FORBIDDEN,
    408: Outcome.UNKNOWN,
    429: Outcome.THROTTLED,
}
_OUTCOME_OF_HUNDRED = {2: Outcome.DONE, 3: Outcome.MISDIRECTED, 4: Outcome.REFUSED}

# Raised while a connection is being made, so before the first byte of a request.
_BEFORE_SENDING = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
_WRONG_ADDRESS = (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)


def outcome_of(result: Result) -> Outcome:
    """What became of the request that ended in this answer or error."""
    if isinstance(result, Exception):
        return outcome_of_error(result)
    return outcome_of_status(result.status_code)


def outcome_of_status(status: int) -> Outcome:
    """What became of a request that was answered with this status."""
    return _OUTCOME_OF_STATUS.get(status) or _OUTCOME_OF_HUNDRED.get(status // 100, Outcome.UNKNOWN)


def outcome_of_error(error: Exception) -> Outcome:
    """What became of a request that got no answer; in doubt it may have been carried out."""
    cause = root_of(error)
    if isinstance(cause, _WRONG_ADDRESS):
        return Outcome.MISDIRECTED
    if isinstance(cause, _BEFORE_SENDING):
        return Outcome.NOT_SENT
    return Outcome.UNKNOWN


def root_of(error: Exception) -> BaseException:
    """The error as aiohttp raised it: to httpx-aiohttp every lost connection is a ConnectTimeout, the cause tells."""
    return error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error


def reason_of(error: Exception) -> str:
    """Why no answer came, in words; never quotes a URL."""
    match root_of(error):
        case aiohttp.ClientConnectorError() as cause:
            return _no_connection(cause)
        case aiohttp.ConnectionTimeoutError():
            return "no connection came about in time"
        case aiohttp.ClientHttpProxyError() as cause:
            return f"the proxy refused the connection with {cause.status}"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return "the address is not a web address"
        case TimeoutError():
            return "no answer came in time"
        case aiohttp.ClientConnectionError() | OSError():
            return "the connection was closed before an answer came"
        case aiohttp.ClientPayloadError():
            return "the connection was closed in the middle of the answer"
        case cause:
            return f"the answer could not be read ({type(cause).__name__})"


def _no_connection(cause: aiohttp.ClientConnectorError) -> str:
    match cause:
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {cause.host} is not trusted"
        case aiohttp.ClientConnectorSSLError():
            return f"{cause.host}:{cause.port} does not speak TLS as it should"
        case aiohttp.ClientConnectorDNSError():
            return f"the host name {cause.host} could not be resolved"
    fault = os.strerror(cause.os_error.errno) if cause.os_error.errno else str(cause.os_error)
    return f"no connection to {cause.host}:{cause.port} ({fault})"
