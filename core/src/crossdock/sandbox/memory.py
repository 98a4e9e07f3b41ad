"""What a simulator tells of itself, and its memory: its state in a file, from one process to the next."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Memory:
    """The file in which a simulator keeps its state; without one it forgets everything when it ends."""

    file: Path | None = None

    def recall(self) -> Any:
        """The state that was saved last; None if there is none."""
        if self.file is None or not self.file.exists():
            return None
        return pickle.loads(self.file.read_bytes())  # noqa: S301 (the simulator's own file)

    def route(self, state: Callable[[], object]) -> Route:
        """`POST /_save` writes the state down."""

        async def save(request: Request) -> Response:
            if self.file is None:
                return JSONResponse({"error": "There is no state_file in the options."}, 400)
            fresh = self.file.with_suffix(".new")
            fresh.write_bytes(pickle.dumps(state()))
            fresh.replace(self.file)
            return JSONResponse({"saved": str(self.file)})

        return Route("/_save", save, methods=["POST"])


def about_route(text: str) -> Route:
    """`GET /_about` says how to get in; `{url}` in the text becomes the address at which it was asked."""

    async def about(request: Request) -> Response:
        return PlainTextResponse(text.replace("{url}", str(request.base_url).rstrip("/")))

    return Route("/_about", about)
