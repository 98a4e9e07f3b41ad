"""`python -m crossdock.sandbox MODULE:FUNCTION [--port N] [--scenario JSON]` serves one simulator; prints its port."""

import argparse
import json
import sys
import threading
from contextlib import suppress
from importlib import import_module

from starlette.types import ASGIApp

from crossdock.hooks.context import Scenario
from crossdock.sandbox.server import PortInUse, PromptServer, listen, uvicorn_server


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crossdock.sandbox", description=__doc__)
    parser.add_argument("target", metavar="MODULE:FUNCTION", help="makes the ASGI app from a scenario")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--scenario", default="{}", help='JSON such as {"seed": 1, "orders": 2000, "options": {}}')
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    return parser.parse_args()


def _app(target: str, scenario: str) -> ASGIApp:
    module, _, function = target.partition(":")
    app: ASGIApp = getattr(import_module(module), function)(Scenario(**json.loads(scenario)))
    return app


def _stop_at_end_of_input(server: PromptServer) -> None:
    sys.stdin.read()
    server.end()


def main() -> int:
    """Serve until a signal comes, or with `--with-parent` until the parent is gone."""
    arguments = _arguments()
    try:
        listener = listen("127.0.0.1", arguments.port)
    except PortInUse as error:
        print(error, file=sys.stderr)
        return 1
    server = uvicorn_server(_app(arguments.target, arguments.scenario))
    if arguments.with_parent:
        threading.Thread(target=_stop_at_end_of_input, args=[server], daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
