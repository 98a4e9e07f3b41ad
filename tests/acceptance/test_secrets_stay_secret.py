"""No secret reaches a log, the database, a trace, an error or a screen, whatever goes wrong on the way."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from world import Finished, Line, World
from world.settings import write_secrets

SHARED = "Shared+Secret/0123456789=&%"
REFRESH = "Refresh Token:9876543210~ü"
WAREHOUSE_KEY = 'Warehouse"Key\\<0123456789>'
PARCELS_KEY = "Parcels-Key-0123456789"
WRONG = "Wrong+Secret/9999999999"
STATUSES = (400, 401, 403, 409, 422, 500)


class Echo:
    """A remote end that answers every third call with an error which quotes the whole request, as gateways do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls = 0
        self.echoed = 0
        self.on = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._calls += 1
        if self.on and self._calls % 3 == 0 and not scope["path"].startswith("/_"):
            await (await self._quote(Request(scope, receive)))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _quote(self, request: Request) -> PlainTextResponse:
        self.echoed += 1
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        body = (await request.body()).decode("utf-8", "replace")
        told = f"{request.method} {request.url}\n{headers}\n\n{body}"
        return PlainTextResponse(told, STATUSES[self.echoed % len(STATUSES)])


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every access token that the simulated cart gives out."""
    given: list[str] = []
    make = secrets.token_urlsafe

    def remembered(size: int | None = None) -> str:
        given.append(make(size))
        return given[-1]

    monkeypatch.setattr("crossdock_channeladvisor.sandbox.access.gate.secrets.token_urlsafe", remembered)
    return given


def test_no_secret_is_ever_written_down(
    new_world: Callable[..., World], tokens: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    echoes: list[Echo] = []

    def around(app: ASGIApp) -> ASGIApp:
        echoes.append(Echo(app))
        return echoes[-1]

    world = new_world(
        orders=40,
        cart={"applications": {"sandbox-application": SHARED}, "refresh_token": REFRESH, "token_calls": 15},
        warehouse={"api_key": WAREHOUSE_KEY},
        parcels={"api_key": PARCELS_KEY},
        around=around,
    )
    said = [*_everything_goes_wrong(world, echoes)]

    assert len(tokens) > 5, "the cart must have given out several access tokens"
    assert sum(echo.echoed for echo in echoes) > 20, "errors that quote secrets must have come"
    kept = [*world.books.everything()]
    assert any(b"authorization: ***" in value for value in kept), "what was quoted must be in the request log, masked"
    captured = capfd.readouterr()
    told = [*kept, *_files(world.folder), captured.out.encode(), captured.err.encode()]
    told += [text.encode() for finished in said for text in (finished.out, finished.err)]
    for secret in _spelled([SHARED, REFRESH, WAREHOUSE_KEY, PARCELS_KEY, WRONG, *tokens]):
        assert [_around(secret, text) for text in told if secret.encode() in text] == []


def _everything_goes_wrong(world: World, echoes: list[Echo]) -> Iterator[Finished]:
    """Wrong secrets, refused orders, errors that quote the request, every command an operator would then use."""
    world.connections["cart"]["retries"] = 0
    write_secrets(world.folder, shared_secret=WRONG, refresh_token=REFRESH)
    write_secrets(world.folder, warehouse_key=WAREHOUSE_KEY, parcels_key=PARCELS_KEY)
    yield world.says("check", "--connect")
    yield world.command("run", "--once", "--json-log")
    write_secrets(world.folder, shared_secret=SHARED, warehouse_key=WRONG)
    yield world.command("run", "--once")
    write_secrets(world.folder, warehouse_key=WAREHOUSE_KEY)

    world.cart.sells("REFUSED", Line("SKU-9999"))
    for echo in echoes:
        echo.on = True
    for _ in range(4):
        world.run()
        world.warehouse.works(split_boxes=0.5, without_tracking=0.5)
    yield world.command("run", "--once")
    yield world.says("preview", "--limit", "3")
    yield world.says("problems", "list")
    yield world.says("orders", "show", "REFUSED")


def _around(secret: str, text: bytes) -> bytes:
    """The place of a leak, to find it by."""
    place = text.index(secret.encode())
    return text[max(0, place - 200) : place + 200]


def _files(folder: Path) -> Iterator[bytes]:
    """Every file of the world but those that hold the secrets on purpose."""
    for path in folder.rglob("*"):
        if path.is_file() and path.parent.name != "secrets":
            yield path.read_bytes()


def _spelled(words: list[str]) -> set[str]:
    """Each secret as URLs, forms, headers, JSON and Python write it; of Basic credentials the base64 too."""
    spellings = set()
    for word in words:
        pair = b64encode(f"sandbox-application:{word}".encode()).decode()
        spellings |= {word, quote(word), quote(word, safe=""), quote_plus(word), repr(word)[1:-1], pair}
    return spellings
