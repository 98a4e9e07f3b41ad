"""`$batch`: many calls in one request.

A batch saves round trips and nothing else: ChannelAdvisor counts the batch and each of its parts. So a batch of n parts
costs n + 1 calls of the connection's pace, and `parts_at_once` keeps it within every rate of the connection.

`/Orders(ID)/Export` cannot be part of a batch, nor can aliased URLs such as `/Products(ID)/Attributes('Name')`: use the
entity sets with keys, `/AttributeValues(ProductID=1,Name='x')` and its like. In a dry run a batch is a write, whatever
its parts are: it is shown and not sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from crossdock import (
    CrossdockError,
    HttpClient,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.domain import digest
from crossdock_channeladvisor.batch_answer import Reply, read_replies
from crossdock_channeladvisor.errors import explain_error
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

if TYPE_CHECKING:
    import httpx

MOST_PARTS = 100
LARGEST_BODY = 1_000_000  # bytes; no limit is documented
TRIES = 3  # of a batch that ChannelAdvisor refuses as a whole with 406, as happens now and then


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a batch; `url` is a path below the base URL, `repeatable` says that doing it twice does no harm."""

    method: str
    url: str
    content: bytes | None = None
    repeatable: bool = False

    @property
    def may_be_repeated(self) -> bool:
        """Whether it may be sent again when nobody knows what came of it: reads always may."""
        return self.repeatable or self.method == "GET"

    @property
    def name(self) -> str:
        """What to call it in a sentence; the query may hold anybody's data."""
        return f"{self.method} {self.url.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one part: status and body, or the error that follows, as for a call of its own.

    `status` is 0 where no reply to the part came.
    """

    status: int = 0
    body: bytes = b""
    error: CrossdockError | None = None

    def result(self) -> bytes:
        """The body; raises the error if there is one."""
        if self.error is not None:
            raise self.error
        return self.body


Outcome = Reply | CrossdockError | None
"""What is known of a part: the reply to it, the error that the whole request met, or nothing."""

_WHOLE = (NeedsAuth, OutcomeUnknown, Rejected, Throttled, Unavailable)


class Batches:
    """Carries out many calls of one connection with few requests."""

    def __init__(self, http: HttpClient, settings: ChannelAdvisorSettings) -> None:
        self._http = http
        self._base_url = settings.base_url
        self._most = parts_at_once(settings)

    async def carry_out(self, parts: Sequence[Part]) -> list[Answer]:
        """One answer a part and in their order, however many there are; parts fail one by one.

        Raises `NeedsAuth` when not a single part was let in, even with fresh credentials.
        """
        answers: list[Answer] = []
        for group in grouped(parts, self._most):
            outcomes = await self._outcomes(group)
            answers += [answer_of(part, outcome) for part, outcome in zip(group, outcomes, strict=True)]
        errors = [answer.error for answer in answers]
        if errors and isinstance(errors[0], NeedsAuth) and all(isinstance(error, NeedsAuth) for error in errors):
            raise errors[0]
        return answers

    async def _outcomes(self, parts: Sequence[Part]) -> list[Outcome]:
        """What is known of each part; those that were not let in are tried once more with fresh credentials."""
        response, outcomes = await self._attempt(parts)
        denied = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Reply) and outcome.is_denied]
        if response is None or not denied:
            return outcomes
        for place, outcome in zip(denied, await self._again(response, [parts[place] for place in denied]), strict=True):
            outcomes[place] = outcome
        return outcomes

    async def _again(self, refused: "httpx.Response", parts: Sequence[Part]) -> list[Outcome]:
        """What comes of parts that were not let in, with other credentials."""
        try:
            await self._http.renew(refused)
        except _WHOLE as error:
            return [error] * len(parts)
        return (await self._attempt(parts))[1]

    async def _attempt(self, parts: Sequence[Part]) -> tuple["httpx.Response | None", list[Outcome]]:
        """The answer to all parts together, and what it says of each."""
        try:
            response = await (self._post(parts) if len(parts) > 1 else self._call(parts[0]))
        except _WHOLE as error:
            return None, [error] * len(parts)
        if len(parts) == 1:
            return response, [outcome_of(response)]
        return response, outcomes_of(response, len(parts))

    async def _post(self, parts: Sequence[Part]) -> "httpx.Response":
        boundary, body = rendered(parts, self._base_url)
        repeatable = all(part.may_be_repeated for part in parts)
        for _ in range(TRIES):
            response = await self._http.send(
                "POST",
                "/v1/$batch",
                content=body,
                headers={"Content-Type": f"multipart/mixed; boundary={boundary}", "Accept": "application/json"},
                repeatable=repeatable,
                raw=True,
                cost=len(parts) + 1,
            )
            if response.status_code != HTTPStatus.NOT_ACCEPTABLE or not repeatable:
                break
        return response

    async def _call(self, part: Part) -> "httpx.Response":
        if part.method == "GET":
            return await self._http.get(part.url, raw=True)
        return await self._http.send(part.method, part.url, content=part.content, repeatable=part.repeatable, raw=True)


def parts_at_once(settings: ChannelAdvisorSettings) -> int:
    """How many parts a batch may have so that no rate of the connection is overstepped at one blow."""
    slowest = min(settings.requests_per_minute, settings.requests_per_second or MOST_PARTS + 1)
    return max(1, min(MOST_PARTS, slowest - 1))


def grouped(parts: Sequence[Part], most: int) -> Iterator[Sequence[Part]]:
    """The parts in their order, as batches of at most so many parts and of a bearable size."""
    group: list[Part] = []
    size = 0
    for part in parts:
        weight = len(part.content or b"")
        if group and (len(group) == most or size + weight > LARGEST_BODY):
            yield group
            group, size = [], 0
        group.append(part)
        size += weight
    if group:
        yield group


def rendered(parts: Sequence[Part], base_url: str) -> tuple[str, bytes]:
    """The body of a batch and its boundary: a fingerprint of the parts, so that it stands in none of them."""
    contents = [_rendered(number, part, base_url) for number, part in enumerate(parts, start=1)]
    boundary = f"batch_{digest(b''.join(contents)).hex()}"
    lines = [b"--%s\r\n%s\r\n" % (boundary.encode(), content) for content in contents]
    return boundary, b"".join(lines) + f"--{boundary}--\r\n".encode()


def _rendered(number: int, part: Part, base_url: str) -> bytes:
    """One call as a part: an absolute URL, and CR LF at the end of every line, without which nothing is understood."""
    lines = [
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {number}",
        "",
        f"{part.method} {base_url}{part.url} HTTP/1.1",
        *(["Content-Type: application/json"] if part.content is not None else []),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("ascii") + (part.content or b"")


def outcome_of(response: "httpx.Response") -> Outcome:
    """What the answer to a single call says; nothing when it is a web page from somewhere on the way."""
    if response.is_success and response.content.lstrip().startswith(b"<"):
        return None
    return Reply(response.status_code, response.content)


def outcomes_of(response: "httpx.Response", parts: int) -> list[Outcome]:
    """What the answer to a batch says of each part; nothing when it is refused with 406 or makes no sense."""
    if response.status_code == HTTPStatus.NOT_ACCEPTABLE:
        return [None] * parts
    if not response.is_success:
        return [Reply(response.status_code, response.content)] * parts
    try:
        return [*read_replies(response.headers.get("content-type", ""), response.content, parts)]
    except ValueError:
        return [None] * parts


def answer_of(part: Part, outcome: Outcome) -> Answer:
    """The answer that follows from what is known of a part."""
    if not isinstance(outcome, Reply):
        return Answer(error=_without_reply(part, outcome))
    if outcome.status < HTTPStatus.MULTIPLE_CHOICES and not outcome.is_denied:
        return Answer(outcome.status, outcome.body)
    return Answer(outcome.status, outcome.body, _refusal(part, outcome))


def _without_reply(part: Part, error: CrossdockError | None) -> CrossdockError:
    if error is None:
        return _in_doubt(part, "ChannelAdvisor gave no answer to it")
    return _in_doubt(part, str(error)) if isinstance(error, OutcomeUnknown) else error


def _refusal(part: Part, reply: Reply) -> CrossdockError:
    words = explain_error(reply.status, reply.body)
    said = f"{reply.status} {words or 'without a reason'}"
    if reply.is_denied:
        return NeedsAuth(f"{part.name} was refused with fresh credentials; renew the connection's secrets ({said})")
    match reply.status:
        case HTTPStatus.FORBIDDEN:
            return NeedsAuth(f"{part.name} is forbidden to these credentials; grant them the permission ({said})")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Throttled(f"{part.name} was refused because of the rate limit ({said})")
        case status if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _in_doubt(part, said)
        case status if status < HTTPStatus.BAD_REQUEST:
            return NeedsConfig(f"{part.name} led to the wrong place; correct the connection's base_url ({said})")
    return Rejected(words or f"{part.name} was refused with {said}")


def _in_doubt(part: Part, said: str) -> CrossdockError:
    if part.may_be_repeated:
        return Unavailable(f"{part.name} did not get through in a batch ({said})")
    return OutcomeUnknown(f"{part.name} may have been carried out; look it up before it is sent again ({said})")
