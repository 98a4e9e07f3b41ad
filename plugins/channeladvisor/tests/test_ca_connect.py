"""How an account lets us in, and how it is called: what the transport makes of ChannelAdvisor's rules."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from crossdock import NeedsAuth, Rejected, Throttled, Unavailable
from crossdock.sandbox import SandboxServer
from crossdock.transport import open_client
from crossdock_channeladvisor.client import endpoint
from crossdock_channeladvisor.connecting import STEPS

REDIRECT_URI = "http://127.0.0.1:8400/callback"
KEYS = {"application_id": "sandbox-application", "shared_secret": "sandbox-secret"}


class Patient:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 1000.0, []

    def time(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class Answers:
    """A server that lets everybody in and gives these answers in turn, the last one for ever."""

    def __init__(self, *answers, at_once=0):
        self.answers, self.asked, self.under_way, self.most = answers, [], 0, 0
        self.gate, self.at_once = asyncio.Event(), at_once

    async def __call__(self, scope, receive, send):
        await receive()
        if scope["path"] == "/oauth2/token":
            await self._give(send, 200, b'{"access_token": "the-access-token", "expires_in": 3600}')
            return
        self.asked.append(scope)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way >= self.at_once:
            self.gate.set()
        await self.gate.wait()
        status, body = self.answers[min(len(self.asked), len(self.answers)) - 1]
        self.under_way -= 1
        await self._give(send, status, body)

    async def _give(self, send, status, body):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def _client(ca_settings, app, timer=None, **changes):
    with SandboxServer(app) as server:
        settings = ca_settings(base_url=server.url, **changes)
        async with open_client("cart", endpoint(settings), timer=timer or Patient()) as client:
            yield client


def test_approval_is_asked_for_so_that_a_refresh_token_comes_of_it(ca_settings):
    url = urlsplit(STEPS.approval_url(ca_settings(), "https://shop.example/back?a=b", "the state"))
    assert (url.scheme, url.netloc, url.path) == ("https", "api.channeladvisor.com", "/oauth2/authorize")
    assert "scope=orders%20inventory" in url.query
    assert {name: value for name, [value] in parse_qs(url.query).items()} == {
        "client_id": "app",
        "response_type": "code",
        "access_type": "offline",
        "scope": "orders inventory",
        "redirect_uri": "https://shop.example/back?a=b",
        "state": "the state",
    }


def _code(settings):
    with httpx.Client() as browser:
        sent = browser.get(STEPS.approval_url(settings, REDIRECT_URI, "s") + "&approve=1").headers["location"]
    return parse_qs(urlsplit(sent).query)["code"][0]


async def _granted(settings, code, redirect_uri=REDIRECT_URI):
    async with open_client("cart", endpoint(settings), secrets=[code]) as client:
        return await STEPS.exchange_code(settings, client.exchange, code, redirect_uri)


def test_code_of_an_approval_gives_a_refresh_token_that_works(ca_server, ca_settings):
    async def scene(url):
        settings = ca_settings(base_url=url, refresh_token="not-granted-yet", **KEYS)
        granted = await _granted(settings, _code(settings))
        settings = settings.model_copy(update={"refresh_token": SecretStr(granted)})
        async with open_client("cart", endpoint(settings)) as http:
            assert (await http.get("/v1/Profiles")).json()["value"][0]["ID"] == 12345678

    with ca_server(orders=0) as url:
        asyncio.run(scene(url))


def test_code_works_once_and_only_for_its_redirect_address(ca_server, ca_settings):
    async def scene(settings):
        code = _code(settings)
        await _granted(settings, code)
        for used, redirect_uri in ((code, REDIRECT_URI), (_code(settings), "https://elsewhere.example")):
            with pytest.raises(NeedsAuth, match="it works once, for five minutes, and with the redirect address"):
                await _granted(settings, used, redirect_uri)

    with ca_server(orders=0) as url:
        asyncio.run(scene(ca_settings(base_url=url, **KEYS)))


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b"Bad Request", NeedsAuth, "compare `application_id` and `shared_secret` with the Developer Console"),
        (400, b'{"error":"invalid_client"}', NeedsAuth, "refuses the application"),
        (429, b"slow down", Throttled, "too many calls"),
        (503, b"<html>down</html>", Unavailable, "failed with status 503"),
        (200, b"<html>welcome</html>", Unavailable, "something else than an access token"),
        (200, b'{"access_token": "a"}', NeedsAuth, "gave no refresh token"),
    ],
)
def test_code_that_brings_no_token_says_what_follows(ca_settings, status, body, kind, words):
    async def exchange(method, url, *, content, headers):
        assert (method, url, b"the-code" in content) == ("POST", "/oauth2/token", True)
        return httpx.Response(status, content=body)

    with pytest.raises(kind, match=words) as caught:
        asyncio.run(STEPS.exchange_code(ca_settings(), exchange, "the-code", REDIRECT_URI))
    assert "the-code" not in str(caught.value)


def test_token_travels_in_the_header_and_spaces_of_a_filter_as_percent_20(ca_settings):
    async def scene():
        app = Answers((200, b"{}"))
        async with _client(ca_settings, app) as client:
            await client.get("/v1/Orders", params={"$filter": "SiteOrderID eq 'O''Neill & Söhne'", "exported": "false"})
        [asked] = app.asked
        headers = {name.decode(): value.decode() for name, value in asked["headers"]}
        assert headers["authorization"] == "Bearer the-access-token"
        query = asked["query_string"].decode()
        assert query == "$filter=SiteOrderID%20eq%20'O''Neill%20%26%20S%C3%B6hne'&exported=false"
        assert "access_token" not in query

    asyncio.run(scene())


def test_five_calls_are_under_way_at_once_and_never_six(ca_settings):
    async def scene():
        app = Answers((200, b"{}"), at_once=5)
        async with _client(ca_settings, app) as client:
            await asyncio.gather(*(client.get(f"/v1/Orders({number})") for number in range(30)))
        assert (app.most, len(app.asked)) == (5, 30)

    asyncio.run(scene())


def test_two_thousand_calls_take_a_minute_though_many_are_parts_of_batches(ca_settings):
    async def scene():
        timer, app = Patient(), Answers((200, b"{}"))
        async with _client(ca_settings, app, timer) as client:
            for _ in range(19):
                await client.send("POST", "/v1/$batch", cost=101)
            for number in range(81):
                await client.get(f"/v1/Orders({number})")
        assert 58 <= sum(timer.slept) <= 63

    asyncio.run(scene())


def test_time_limit_of_a_call_is_ten_minutes_or_as_the_settings_say(ca_settings):
    assert endpoint(ca_settings()).timeout == 600
    assert endpoint(ca_settings(timeout=30)).timeout == 30


def test_throttled_call_without_any_header_waits_longer_each_time(ca_settings):
    async def scene():
        timer, limit = Patient(), (429, b"Too many requests")
        async with _client(ca_settings, Answers(limit, limit, limit, (200, b"{}")), timer) as client:
            assert (await client.get("/v1/Orders")).status_code == 200
        assert sum(timer.slept) >= 3 * 0.5

    asyncio.run(scene())


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":{"code":"","message":"The order is shipped already."}}',
        b'{"$id":"1","Message":"The order is shipped already."}',
        b"The order is shipped already.",
        b"<html><head><title>The order is shipped already.</title></head></html>",
    ],
)
def test_refusal_is_told_in_its_own_words_whatever_its_envelope(ca_settings, body):
    async def scene():
        async with _client(ca_settings, Answers((400, body))) as client:
            with pytest.raises(Rejected) as caught:
                await client.send("POST", "/v1/Orders(1)/Ship", content=b"{}")
            assert caught.value.reasons == ("The order is shipped already.",)

    asyncio.run(scene())
