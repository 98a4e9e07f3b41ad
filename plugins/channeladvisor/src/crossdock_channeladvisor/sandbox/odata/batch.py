"""`POST /v1/$batch`: many calls in one, each with a status of its own.

Documented: multipart/mixed with parts of application/http, absolute URLs, CRLF, at most 100 parts, which count against
the limits beside the batch itself; no `/Orders(ID)/Export` and no aliased URLs such as `/Products(ID)/Attributes('x')`.

Seen: the answer as JSON where `Accept` asks for it, 200 around nothing but 401, 406 or 429 (plain text) for the whole.

Assumed: a batch whose parts do not all fit into the minute is 429 as a whole; a part uses the access token of the
batch; the statuses of what cannot be read (400), of calls that may not be in a batch (400), and of more than 100 parts
(option `batch_over_limit`); that exports and uploads of products, which are no OData, are among those; a batch in JSON
is 415; changesets and relative URLs are refused.
"""

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope

from crossdock_channeladvisor.sandbox.access.gate import BATCH, Tokens, bearer_of
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import BadQuery, Refused, odata_error, too_many
from crossdock_channeladvisor.sandbox.odata.listing import encode, json_answer
from crossdock_channeladvisor.sandbox.options import SandboxOptions

_REQUEST_LINE = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.1")
_BOUNDARY = re.compile(r"""^multipart/mixed\s*;\s*boundary=("?)([^"]+)\1\s*$""", re.IGNORECASE)
_NOT_IN_A_BATCH = re.compile(
    r"/v1/(\$batch|ProductExport.*|ProductUpload|Orders\(\d+\)/Export|Products\(\d+\)/\w+\(.*)"
)
_ANSWER_BOUNDARY = "batchresponse"


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a batch."""

    id: str
    method: str
    url: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call."""

    id: str
    status: int
    headers: dict[str, str]
    body: bytes


class Batch:
    """Takes batches apart, makes their calls one after another, and puts the answers together."""

    def __init__(self, seed: int, tokens: Tokens, options: SandboxOptions, counts: Counts) -> None:
        self._dice = random.Random(f"{seed} batch")
        self._tokens = tokens
        self._options = options
        self._counts = counts

    def route(self) -> Route:
        """The path of batches."""
        return self._counts.route("POST", BATCH, "batch", self._answer)

    async def _answer(self, request: Request) -> Response:
        if self._dice.random() < self._options.batch_406:
            return PlainTextResponse("Not Acceptable", status_code=406)
        parts = read_parts(await request.body(), _boundary(request))
        self._check_number(request, len(parts))
        calls = [(part, _scope_of(part, request)) for part in parts]
        answers = [await self._make(part, scope, request.app) for part, scope in calls]
        if self._options.batch_order == "shuffled":
            self._dice.shuffle(answers)
        in_json = "application/json" in request.headers.get("accept", "")
        return _as_json(answers) if in_json else _as_multipart(answers)

    def _check_number(self, request: Request, parts: int) -> None:
        limit = self._options.batch_limit
        if parts > limit:
            message = f"The batch holds {parts} requests; at most {limit} are allowed."
            raise Refused(odata_error(self._options.batch_over_limit, message))
        if not request.scope["quota"].take(time.monotonic(), parts):
            self._counts.throttled += 1
            raise Refused(too_many())

    async def _make(self, part: Part, scope: Scope, app: ASGIApp) -> Answer:
        application = self._tokens.application_of(Request(scope))
        if application is None:
            self._counts.unauthorized += 1
            return _refusal(part, 401, "Authorization has been denied for this request.")
        if _NOT_IN_A_BATCH.fullmatch(scope["path"]):
            return _refusal(part, 400, f"{part.method} {scope['path']} is not supported in a batch.")
        if self._dice.random() < self._options.batch_500:
            return _refusal(part, 500, "An error has occurred.")
        return await _call(app, {**scope, "application": application}, part)


def _boundary(request: Request) -> bytes:
    kind = request.headers.get("content-type", "")
    found = _BOUNDARY.match(kind)
    if found is None:
        raise Refused(odata_error(415, f"A batch is multipart/mixed with a boundary, not '{kind}'."))
    return found[2].encode()


def read_parts(body: bytes, boundary: bytes) -> list[Part]:
    """The calls of a batch; raises 400 where it is not written to the letter."""
    before, *chunks = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if before or len(chunks) < 2 or chunks.pop() not in (b"--", b"--\r\n"):
        raise BadQuery("The batch does not begin and end with its boundary, on lines that end in CRLF.")
    parts = [_read_part(chunk) for chunk in chunks]
    if len({part.id for part in parts} - {""}) < len(parts):
        raise BadQuery("Every part of a batch needs a Content-ID of its own.")
    return parts


def _read_part(chunk: bytes) -> Part:
    head, _, message = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    about = dict(_read_headers(head))
    kind, coding = about.get(b"content-type"), about.get(b"content-transfer-encoding")
    if not chunk.startswith(b"\r\n") or (kind, coding) != (b"application/http", b"binary"):
        raise BadQuery("Every part of a batch is application/http in binary, in lines that end in CRLF.")
    # A well-known client puts an empty line before the request line.
    head, _, content = message.lstrip(b"\r\n").partition(b"\r\n\r\n")
    line, _, rest = head.removesuffix(b"\r\n").partition(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise BadQuery("Every part of a batch begins with a line such as 'GET https://host/v1/Products HTTP/1.1'.")
    id_ = about.get(b"content-id", b"").decode("latin-1")
    return Part(id_, found[1].decode(), found[2].decode("latin-1"), list(_read_headers(rest)), content)


def _read_headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in filter(None, head.split(b"\r\n")):
        name, colon, value = line.partition(b":")
        if not colon or b"\n" in line:
            raise BadQuery("A header of a part cannot be read; its lines must end in CRLF.")
        yield name.strip().lower(), value.strip()


def _scope_of(part: Part, request: Request) -> Scope:
    """The call as the service would see it by itself, with the credentials of the batch."""
    url = urlsplit(part.url)
    here = f"{request.url.scheme}://{request.url.netloc}/v1/"
    if not part.url.startswith(here):
        raise BadQuery(f"The requests of a batch have absolute URLs that begin with {here}, not '{part.url}'.")
    headers = [(name, value) for name, value in part.headers if name not in (b"authorization", b"host")]
    headers.append((b"host", request.url.netloc.encode()))
    if bearer := bearer_of(request):
        headers.append((b"authorization", f"Bearer {bearer}".encode()))
    return {
        **{name: request.scope[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client")},
        "method": part.method,
        "path": unquote(url.path),
        "raw_path": url.path.encode("latin-1"),
        "query_string": url.query.encode("latin-1"),
        "root_path": "",
        "headers": headers,
    }


async def _call(app: ASGIApp, scope: Scope, part: Part) -> Answer:
    coming = iter([{"type": "http.request", "body": part.body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = Headers(raw=sent[0]["headers"])
    shown = {name: value for name, value in headers.items() if name != "content-length"}
    return Answer(part.id, sent[0]["status"], shown, b"".join(message.get("body", b"") for message in sent))


def _refusal(part: Part, status: int, message: str) -> Answer:
    answer = json_answer(encode({"error": {"code": "", "message": message}}))
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Answer(part.id, status, headers, bytes(answer.body))


def _as_json(answers: list[Answer]) -> Response:
    return json_answer(encode({"responses": [_json_row(answer) for answer in answers]}))


def _json_row(answer: Answer) -> dict[str, Any]:
    row: dict[str, Any] = {"id": answer.id, "status": answer.status, "headers": answer.headers}
    if answer.body:
        is_json = "json" in answer.headers.get("content-type", "")
        row["body"] = msgspec.Raw(answer.body) if is_json else answer.body.decode("utf-8", "replace")
    return row


def _as_multipart(answers: list[Answer]) -> Response:
    body = b"".join(b"--%s\r\n%s\r\n" % (_ANSWER_BOUNDARY.encode(), _multipart_row(answer)) for answer in answers)
    body += b"--%s--\r\n" % _ANSWER_BOUNDARY.encode()
    return Response(body, headers={"OData-Version": "4.0"}, media_type=f"multipart/mixed; boundary={_ANSWER_BOUNDARY}")


def _multipart_row(answer: Answer) -> bytes:
    lines = [
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {answer.id}",
        "",
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + answer.body
