"""Distance, for measurements."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send


class Latency:
    """Lets every request wait `seconds` before the app sees it; control paths (`/_...`) do not wait."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not scope["path"].startswith("/_"):
            await asyncio.sleep(self._seconds)
        await self._app(scope, receive, send)
