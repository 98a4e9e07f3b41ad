"""How a new connection gets its credentials: what a plugin tells `crossdock connect` about its remote system."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from crossdock.hooks.http import Exchange


@dataclass(frozen=True)
class ConnectSteps:
    """How a person lets us in: by approval in a browser (OAuth 2.0, authorization code), or with a token made by hand.

    `grants` is the secret setting that this gives; every other setting is known before, and the `settings` below are
    valid but for it. `approval_url(settings, redirect_uri, state)` is the page to open; it sends the browser on to
    `redirect_uri` with a `code`, or an `error`, and the `state`.
    `exchange_code(settings, exchange, code, redirect_uri)` makes the value of the setting out of the code; it raises
    `NeedsAuth` with what to do when it is refused. `by_hand` says where a person makes the value without us,
    `redirect_note` what the system asks of a redirect_uri.
    """

    grants: str
    approval_url: Callable[[Any, str, str], str]
    exchange_code: Callable[[Any, Exchange, str, str], Awaitable[str]]
    by_hand: str
    redirect_note: str = ""
