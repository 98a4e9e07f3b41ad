"""How long a URL may be."""

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class UrlLimit:
    """Refuses longer URLs with 414 in HTML (the status is documented; the limit and the body are assumed)."""

    def __init__(self, app: ASGIApp, longest: int) -> None:
        self._app = app
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if len(scope.get("raw_path") or scope["path"]) + 1 + len(scope["query_string"]) > self._longest:
            answer = HTMLResponse("<h2>HTTP Error 414. The request URL is too long.</h2>", status_code=414)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)
