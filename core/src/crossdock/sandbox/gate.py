"""The door of a simulated API that asks for a key."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class KeyGate:
    """Wraps an app and refuses with 401 what does not bear the key in this header; control paths (`/_...`) are open."""

    def __init__(self, app: ASGIApp, header: str, key: str) -> None:
        self._app = app
        self._header = header
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or not."""
        known = Headers(scope=scope).get(self._header) == self._key
        refused = JSONResponse({"error": "this key is not known"}, 401)
        await (self._app if known or scope["path"].startswith("/_") else refused)(scope, receive, send)
