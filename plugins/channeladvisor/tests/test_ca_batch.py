"""Many calls in one request to ChannelAdvisor."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock import (
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.batch import (
    LARGEST_BODY,
    MOST_PARTS,
    Answer,
    Batches,
    Part,
    answer_of,
    grouped,
    outcome_of,
    parts_at_once,
    rendered,
)
from crossdock_channeladvisor.batch_answer import Reply, read_replies
from crossdock_channeladvisor.sandbox.odata.batch import read_parts

BASE = "https://api.channeladvisor.com"
READ = Part("GET", "/v1/Products?$filter=Sku%20eq%20'A'")
WRITE = Part("POST", "/v1/Products(7)/UpdateQuantity", b'{"Value":{}}')
AGAIN = Part("PATCH", "/v1/Products(7)", b'{"Title":"T"}', repeatable=True)
DENIED = {"error": {"code": "", "message": "Authorization has been denied for this request."}}

bodies = st.none() | st.binary(max_size=60)
parts = st.builds(Part, st.sampled_from(["GET", "POST", "PATCH"]), st.just("/v1/Products(7)"), bodies)


def test_a_batch_is_written_to_the_letter():
    boundary, body = rendered([READ, AGAIN], BASE)
    assert body.decode() == (
        f"--{boundary}\r\n"
        "Content-Type: application/http\r\n"
        "Content-Transfer-Encoding: binary\r\n"
        "Content-ID: 1\r\n"
        "\r\n"
        "GET https://api.channeladvisor.com/v1/Products?$filter=Sku%20eq%20'A' HTTP/1.1\r\n"
        "\r\n"
        "\r\n"
        f"--{boundary}\r\n"
        "Content-Type: application/http\r\n"
        "Content-Transfer-Encoding: binary\r\n"
        "Content-ID: 2\r\n"
        "\r\n"
        "PATCH https://api.channeladvisor.com/v1/Products(7) HTTP/1.1\r\n"
        "Content-Type: application/json\r\n"
        "\r\n"
        '{"Title":"T"}\r\n'
        f"--{boundary}--\r\n"
    )


@given(st.lists(parts, min_size=1, max_size=5))
def test_what_is_written_is_read_on_the_other_side_as_it_was(wanted):
    boundary, body = rendered(wanted, BASE)
    read = read_parts(body, boundary.encode())
    assert [(part.id, part.method, part.url, part.body) for part in read] == [
        (str(number), part.method, BASE + part.url, part.content or b"") for number, part in enumerate(wanted, start=1)
    ]


@given(st.lists(st.integers(0, LARGEST_BODY + 5), max_size=12), st.integers(1, 4))
def test_batches_keep_the_order_and_are_neither_too_long_nor_too_large(sizes, most):
    wanted = [Part("PATCH", f"/v1/Products({size})", b"x" * size) for size in sizes]
    groups = list(grouped(wanted, most))
    assert [part for group in groups for part in group] == wanted
    assert all(0 < len(group) <= most for group in groups)
    assert all(len(group) == 1 or sum(len(part.content) for part in group) <= LARGEST_BODY for group in groups)


@pytest.mark.parametrize(
    ("pace", "most"),
    [
        ({}, MOST_PARTS),
        ({"requests_per_minute": 30}, 29),
        ({"requests_per_second": 10}, 9),
        ({"requests_per_second": 1}, 1),
        ({"requests_per_second": 5000}, MOST_PARTS),
    ],
)
def test_a_batch_with_its_parts_keeps_within_every_rate(ca_settings, pace, most):
    assert parts_at_once(ca_settings(**pace)) == most


def responses(*rows: tuple[Any, int, Any]) -> bytes:
    return json.dumps(
        {"responses": [{"id": id_, "status": status, "body": body} for id_, status, body in rows]}
    ).encode()


def test_replies_are_matched_by_their_id_and_not_by_their_place():
    body = responses(("3", 204, None), (1, 200, {"ID": 7}), ("2", 429, "Too many requests"))
    assert read_replies("application/json", body, 4) == [
        Reply(200, b'{"ID": 7}'),
        Reply(429, b"Too many requests"),
        Reply(204),
        None,
    ]


def test_a_reply_may_have_no_body_at_all():
    assert read_replies("application/json", b'{"responses":[{"id":"1","status":204}]}', 1) == [Reply(204)]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"Too many requests"),
        ("application/json", b'{"value":[]}'),
        ("application/json", b'{"responses":[{"id":"1"}]}'),
        ("text/html", b"<title>Oops</title>"),
        ("multipart/mixed; boundary=x", b"--x\r\nContent-Type: application/http\r\n\r\nhello\r\n--x--"),
    ],
)
def test_an_answer_that_is_none_to_a_batch_is_not_taken_for_one(kind, body):
    with pytest.raises(ValueError):
        read_replies(kind, body, 1)


def test_a_web_page_in_the_place_of_an_answer_leaves_a_single_call_in_doubt():
    page = outcome_of(httpx.Response(200, html="<!DOCTYPE html><h1>We will be back soon</h1>"))
    assert page is None
    assert isinstance(answer_of(WRITE, page).error, OutcomeUnknown)
    assert outcome_of(httpx.Response(404, html="<h1>Gone</h1>")) == Reply(404, b"<h1>Gone</h1>")
    assert outcome_of(httpx.Response(204)) == Reply(204)


def in_multipart(*rows: tuple[str, int, bytes]) -> bytes:
    """As the protocol writes it; an empty id is left out."""
    text = b""
    for id_, status, body in rows:
        name = f"Content-ID: {id_}\r\n" if id_ else ""
        head = f"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{name}\r\n"
        text += f"{head}HTTP/1.1 {status} Words\r\nContent-Type: application/json\r\n\r\n".encode() + body + b"\r\n"
    return text + b"--b--\r\n"


SAMPLE = in_multipart(("2", 404, b'{"Message":"no"}'), ("<1>", 200, b'{"Title":"T"}'))


def test_a_multipart_answer_is_read_as_well():
    body = in_multipart(("2", 404, b'{"Message":"no"}'), ("<1>", 200, '{"Title":"Käse"}'.encode()))
    assert read_replies("multipart/mixed; boundary=b", body, 3) == [
        Reply(200, '{"Title":"Käse"}'.encode()),
        Reply(404, b'{"Message":"no"}'),
        None,
    ]


def test_replies_without_a_name_stand_in_their_places():
    body = in_multipart(("", 204, b""), ("", 200, b"{}"))
    assert read_replies('multipart/mixed; boundary="b"', body, 2) == [Reply(204), Reply(200, b"{}")]


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=4))
def test_a_multipart_answer_keeps_every_byte(contents):
    rows = [(str(number), 200, content) for number, content in enumerate(contents, start=1)]
    replies = read_replies("multipart/mixed; boundary=b", in_multipart(*rows), len(rows))
    assert replies == [Reply(200, content) for content in contents]


kinds = st.sampled_from(["application/json", "multipart/mixed; boundary=b", "multipart/mixed", "text/html", ""])
torn = st.builds(lambda at, middle: SAMPLE[:at] + middle + SAMPLE[at:], st.integers(0, 400), st.binary(max_size=20))


@given(kinds, st.binary(max_size=80) | torn)
def test_whatever_comes_back_there_is_a_reply_or_none_for_each_part_or_it_is_refused(kind, body):
    try:
        replies = read_replies(kind, body, 2)
    except ValueError:
        return
    assert len(replies) == 2


def failure(part: Part, status: int, body: Any = None) -> CrossdockError | None:
    return answer_of(part, Reply(status, json.dumps(body or {"Message": "said so"}).encode())).error


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_part_that_was_done_has_no_error(status):
    answer = answer_of(WRITE, Reply(status, b"{}"))
    assert (answer.error, answer.result()) == (None, b"{}")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, NeedsConfig),
        (400, Rejected),
        (401, NeedsAuth),
        (403, NeedsAuth),
        (404, Rejected),
        (408, OutcomeUnknown),
        (413, Rejected),
        (429, Throttled),
        (500, OutcomeUnknown),
        (503, OutcomeUnknown),
    ],
)
def test_a_part_fails_as_a_call_of_its_own_would(status, error):
    assert type(failure(WRITE, status)) is error
    assert "said so" in str(failure(WRITE, status))


@pytest.mark.parametrize("status", [408, 500, 502])
@pytest.mark.parametrize("part", [READ, AGAIN])
def test_what_may_be_repeated_is_never_in_doubt(part, status):
    assert type(failure(part, status)) is Unavailable


@pytest.mark.parametrize("status", [200, 500])
def test_a_refusal_of_the_credentials_is_known_by_its_words_too(status):
    assert type(failure(READ, status, DENIED)) is NeedsAuth
    assert failure(READ, 200, {"Title": DENIED["error"]["message"]}) is None


def test_a_part_without_an_answer_is_in_doubt_if_it_writes():
    assert type(answer_of(WRITE, None).error) is OutcomeUnknown
    assert type(answer_of(AGAIN, None).error) is Unavailable
    with pytest.raises(Unavailable, match=r"GET /v1/Products did not get through in a batch"):
        answer_of(READ, OutcomeUnknown("lost")).result()


@dataclass
class Cart:
    """A cart that answers batches as it was told to, and keeps what it was sent."""

    script: list[tuple[int, str, bytes]] = field(default_factory=list)
    batches: list[tuple[str, bytes]] = field(default_factory=list)
    tokens: int = 0
    tokens_left: int = 9
    url: str = ""

    def answers(self, *rows: tuple[Any, int, Any]) -> None:
        self.script.append((200, "application/json", responses(*rows)))

    async def token(self, request: Request) -> Response:
        self.tokens += 1
        self.tokens_left -= 1
        if self.tokens_left < 0:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": f"token-number-{self.tokens}", "expires_in": 3600})

    async def batch(self, request: Request) -> Response:
        self.batches.append((request.headers["authorization"], await request.body()))
        status, kind, body = self.script.pop(0)
        return Response(body, status, media_type=kind)

    def carries_out(self, connect: Any, wanted: list[Part], **settings: Any) -> list[Answer]:
        async def run() -> list[Answer]:
            async with connect(self.url, **settings) as ctx:
                return await Batches(ctx.http, ctx.settings).carry_out(wanted)

        return asyncio.run(run())


@pytest.fixture(scope="module")
def the_cart() -> Iterator[Cart]:
    cart = Cart()
    routes = [
        Route("/oauth2/token", cart.token, methods=["POST"]),
        Route("/v1/$batch", cart.batch, methods=["POST"]),
        Route("/v1/Products(7)", cart.batch, methods=["PATCH"]),
    ]
    with SandboxServer(Starlette(routes=routes)) as server:
        cart.url = server.url
        yield cart


@pytest.fixture
def cart(the_cart: Cart) -> Cart:
    the_cart.script, the_cart.batches, the_cart.tokens, the_cart.tokens_left = [], [], 0, 9
    return the_cart


def test_parts_that_were_not_let_in_are_sent_again_with_a_fresh_token(cart, ca_context):
    cart.answers(("3", 500, DENIED), ("2", 200, {"ID": 2}), ("1", 401, DENIED))
    cart.answers(("1", 200, {"ID": 1}), ("2", 200, {"ID": 3}))
    answers = cart.carries_out(ca_context, [READ, READ, WRITE])
    assert [json.loads(answer.result()) for answer in answers] == [{"ID": 1}, {"ID": 2}, {"ID": 3}]
    assert [token for token, _ in cart.batches] == ["Bearer token-number-1", "Bearer token-number-2"]


def test_credentials_that_are_refused_twice_stop_the_connection(cart, ca_context):
    for _ in range(2):
        cart.answers(("1", 401, DENIED), ("2", 401, DENIED))
    with pytest.raises(NeedsAuth, match="renew the connection's secrets"):
        cart.carries_out(ca_context, [READ, READ])
    assert cart.tokens == 2


def test_what_was_done_is_told_even_if_no_other_token_comes(cart, ca_context):
    cart.answers(("1", 204, None), ("2", 401, DENIED))
    cart.tokens_left = 1
    done, refused = cart.carries_out(ca_context, [WRITE, WRITE])
    assert (done.status, type(refused.error)) == (204, NeedsAuth)


def test_a_part_that_alone_is_refused_does_not_hide_what_was_done(cart, ca_context):
    cart.answers(("1", 204, None), ("2", 401, DENIED), ("3", 401, DENIED))
    cart.answers(("1", 204, None), ("2", 401, DENIED))
    done, again, refused = cart.carries_out(ca_context, [WRITE, WRITE, WRITE])
    assert (done.status, again.status, type(refused.error)) == (204, 204, NeedsAuth)


@pytest.mark.parametrize(
    "script", [(500, "text/plain", b"Oops"), (200, "text/plain", b"hello"), (406, "text/plain", b"")]
)
def test_writes_are_in_doubt_where_the_answer_tells_nothing(cart, ca_context, script):
    cart.script.append(script)
    answers = cart.carries_out(ca_context, [WRITE, AGAIN, READ])
    assert [type(answer.error) for answer in answers] == [OutcomeUnknown, Unavailable, Unavailable]
    assert len(cart.batches) == 1


def test_a_batch_that_is_refused_for_its_form_was_not_carried_out(cart, ca_context):
    cart.script.append((413, "application/json", b'{"error":{"code":"","message":"too large"}}'))
    answers = cart.carries_out(ca_context, [WRITE, WRITE])
    assert [str(answer.error) for answer in answers] == ["too large", "too large"]
    assert all(type(answer.error) is Rejected for answer in answers)


def test_a_single_part_is_sent_as_a_call_of_its_own(cart, ca_context):
    cart.script.append((200, "application/json", b"{}"))
    [answer] = cart.carries_out(ca_context, [AGAIN])
    assert (answer.result(), cart.batches) == (b"{}", [("Bearer token-number-1", b'{"Title":"T"}')])


def test_no_parts_make_no_batch(cart, ca_context):
    assert cart.carries_out(ca_context, []) == []
    assert cart.batches == []


@pytest.fixture
def simulator(ca_server: Callable[..., Any], ca_context: Any) -> Callable[..., Any]:
    """Carries out parts at the simulator with these options; gives the answers and what the simulator counted."""

    @contextmanager
    def serve(**options: Any) -> Iterator[Callable[..., tuple[list[Answer], dict[str, Any]]]]:
        with ca_server(orders=30, **options) as url:

            def carry_out(wanted: list[Part], **settings: Any) -> tuple[list[Answer], dict[str, Any]]:
                answers = Cart(url=url).carries_out(ca_context, wanted, **settings)
                return answers, httpx.get(f"{url}/_truth?touched").json()

            yield carry_out

    return serve


FIRST_ORDER = 555_000_001


def orders(count: int) -> list[Part]:
    return [Part("GET", f"/v1/Orders({FIRST_ORDER + number % 30})") for number in range(count)]


def names(answers: list[Answer]) -> list[int]:
    return [json.loads(answer.result())["ID"] for answer in answers]


def test_many_reads_are_answered_in_their_order(simulator):
    with simulator() as carry_out:
        answers, counted = carry_out(orders(230))
    assert names(answers) == [FIRST_ORDER + number % 30 for number in range(230)]
    assert counted["requests"]["batch"] == 3


def test_parts_fail_one_by_one(simulator):
    missing = Part("GET", "/v1/Orders(1)")
    alone = Part("POST", f"/v1/Orders({FIRST_ORDER})/Export")
    with simulator() as carry_out:
        answers, _ = carry_out([missing, *orders(2), alone])
    assert [answer.status for answer in answers] == [404, 200, 200, 400]
    assert type(answers[0].error) is Rejected
    assert "not supported in a batch" in str(answers[3].error)


def test_a_token_that_dies_in_the_middle_of_a_batch_is_renewed(simulator):
    with simulator(token_calls=7) as carry_out:
        answers, counted = carry_out(orders(10))
    assert names(answers) == [FIRST_ORDER + number for number in range(10)]
    assert (counted["requests"]["batch"], counted["unauthorized"] > 0) == (2, True)


def test_a_batch_of_reads_that_is_refused_as_a_whole_is_sent_again(simulator):
    with simulator(batch_406=0.5) as carry_out:
        answers, counted = carry_out(orders(230))
    assert names(answers) == [FIRST_ORDER + number % 30 for number in range(230)]
    assert counted["requests"]["batch"] > 3


def test_a_batch_that_is_refused_as_a_whole_again_and_again_did_not_get_through(simulator):
    with simulator(batch_406=1) as carry_out:
        answers, counted = carry_out(orders(3))
    assert [type(answer.error) for answer in answers] == [Unavailable] * 3
    assert counted["requests"]["batch"] == 3


def test_the_limit_on_calls_refuses_a_batch_whole_and_nothing_of_it_was_done(simulator):
    with simulator(rate_per_minute=5) as carry_out:
        answers, _ = carry_out(orders(10), retries=0)
    assert [type(answer.error) for answer in answers] == [Throttled] * 10


def test_batches_are_paced_by_their_parts(simulator):
    with simulator(rate_per_second=25) as carry_out:  # so one late batch does no harm, three together do
        answers, counted = carry_out(orders(27), requests_per_second=10, retries=0)
    assert names(answers) == [FIRST_ORDER + number for number in range(27)]
    assert (counted["requests"]["batch"], counted["throttled"]) == (3, 0)
