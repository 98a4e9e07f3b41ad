"""Secrets do not reach errors, whatever a server echoes and however it spells them."""

import asyncio
import base64
import json
import traceback
from functools import partial
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Credentials, CrossdockError, FixedHeaders
from crossdock.transport.redact import Redactor

SECRET = 'p@ss w/rd&"quoted"+ümlaut'
SPELLINGS = [
    SECRET,
    quote(SECRET),
    quote(SECRET, safe=""),
    quote_plus(SECRET),
    json.dumps(SECRET)[1:-1],
    json.dumps(SECRET, ensure_ascii=False)[1:-1],
    escape(SECRET),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_secret_is_found_in_every_spelling(spelling):
    redactor = Redactor([SECRET])
    assert redactor.text(f"a {spelling} b") == "a *** b"
    assert redactor.body(f"a {spelling} b".encode()) == b"a *** b"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4), st.text(), st.data())
def test_no_secret_survives_anywhere_in_a_text(secrets, text, data):
    spoiled = text + data.draw(st.sampled_from(secrets)) + text
    redacted = Redactor(secrets).text(spoiled)
    assert not any(secret in redacted for secret in secrets if secret not in "***")


def test_secret_inside_a_longer_secret_leaves_no_rest():
    assert Redactor(["token", "token-of-acme"]).text("x token-of-acme y token z") == "x *** y *** z"


def test_text_without_secrets_is_handed_back_as_it_is():
    text, body = "nothing to hide", b"nothing to hide"
    redactor = Redactor(["", "s3cr3t"])
    assert redactor.text(text) is text
    assert redactor.body(body) is body


def test_granted_credentials_are_secret_until_they_are_long_gone():
    redactor = Redactor(["configured"])
    redactor.learn(["Bearer first-token", "2"])
    redactor.learn(["Bearer second-token"])
    assert redactor.text("configured first-token second-token 2") == "*** *** *** 2"
    redactor.learn(["Bearer third-token"])
    assert redactor.text("first-token second-token third-token") == "first-token *** ***"


ECHOES = {
    "400 to a write": ("POST", 400),
    "500 to a write": ("POST", 500),
    "404 to a read": ("GET", 404),
    "403": ("GET", 403),
    "401": ("GET", 401),
    "429": ("POST", 429),
    "301": ("GET", 301),
    "503": ("GET", 503),
}


@pytest.mark.parametrize(("method", "status"), ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize(
    "own_words", [None, lambda status, body: f"it says {body.decode()}"], ids=["plain", "explained"]
)
def test_no_error_and_no_traceback_holds_a_secret(kit, method, status, own_words):
    token = "the-access-token"
    echo = f"you sent {SECRET} with Bearer {token} or {quote(SECRET)}".encode()

    async def scene():
        behave = kit.replies(kit.answer(status, echo, Location=f"/{quote(SECRET)}/x?{token}"))
        options = {"secrets": [SECRET]}
        async with kit.client_for(behave, retries=1, open_with=options, explain_error=own_words) as (client, _):
            call = client.get if method == "GET" else partial(client.send, method, content=b"{}")
            with pytest.raises(CrossdockError) as caught:
                await call(f"/{quote(SECRET)}/list", params={"key": SECRET})
            return caught.value

    error = asyncio.run(scene())
    told = "".join(traceback.format_exception(error)) + repr(error)
    assert "***" in str(error)
    assert not [spelling for spelling in (*SPELLINGS, token) if spelling in told]


def test_errors_of_the_network_hold_no_secret_either(kit):
    async def hangs_up(asked, writer):
        writer.close()

    async def never(asked, writer):
        await asyncio.Event().wait()

    async def scene(behave):
        options = {"secrets": [SECRET]}
        async with kit.client_for(behave, retries=0, timeout=0.05, open_with=options) as (client, _):
            with pytest.raises(CrossdockError) as caught:
                await client.get("/Orders", params={"key": SECRET})
            return "".join(traceback.format_exception(caught.value))

    for behave in (hangs_up, never):
        told = asyncio.run(scene(behave))
        assert not [spelling for spelling in SPELLINGS if spelling in told]


def test_credentials_do_not_show_themselves():
    basic = base64.b64encode(b"id:secret").decode()
    assert basic not in repr(Credentials({"Authorization": basic})) + repr(FixedHeaders({"Authorization": basic}))
