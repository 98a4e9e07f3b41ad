"""Every way in which a server, or the road to it, can fail: what is said of the request, and how often it was sent."""

import asyncio
import socket
import ssl
import struct
from contextlib import asynccontextmanager, suppress

import pytest

from crossdock import Endpoint, FixedHeaders, NeedsConfig, OutcomeUnknown, Unavailable
from crossdock.transport import open_client
from crossdock.transport.classify import Outcome, outcome_of_status

WRITES = ("POST", "PUT", "PATCH", "DELETE")


async def closes_without_answer(asked, writer):
    writer.close()


async def resets(asked, writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def closes_in_mid_head(asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await writer.drain()
    writer.close()


async def closes_in_mid_body(asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()


async def closes_in_mid_chunk(asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{")
    await writer.drain()
    writer.close()


async def talks_nonsense(asked, writer):
    writer.write(b"220 mail.example.com ESMTP\r\n\r\n")
    await writer.drain()


async def sends_broken_gzip(asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
    await writer.drain()


async def never_answers(asked, writer):
    await asyncio.Event().wait()


async def drips(asked, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def fails(asked, writer):
    writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops")
    await writer.drain()


LOSES_THE_ANSWER = {
    closes_without_answer: "closed before an answer",
    resets: "closed before an answer",
    closes_in_mid_head: "closed before an answer",
    closes_in_mid_body: "in the middle of the answer",
    closes_in_mid_chunk: "in the middle of the answer",
    talks_nonsense: "could not be read",
    sends_broken_gzip: "could not be read",
    never_answers: "no answer came in time",
    drips: "no answer came in time",
    fails: "502 oops",
}


def _timeout(behave):
    return 0.25 if behave in (never_answers, drips) else 30.0


lossy = pytest.mark.parametrize(
    ("behave", "words"), LOSES_THE_ANSWER.items(), ids=lambda value: getattr(value, "__name__", "")
)


@lossy
def test_lost_answer_to_a_write_is_in_doubt_and_sent_once(kit, behave, words):
    async def scene(method):
        async with kit.client_for(behave, timeout=_timeout(behave)) as (client, server):
            with pytest.raises(OutcomeUnknown, match=words) as caught:
                await client.send(method, "/Orders(1)/Ship", content=b'{"x":1}')
            assert server.targets == [f"{method} /Orders(1)/Ship"]
            assert str(caught.value).startswith(f"acme: {method} {server.url}/Orders(1)/Ship may have been carried out")

    for method in WRITES:
        asyncio.run(scene(method))


@lossy
def test_lost_answer_to_a_read_is_asked_for_again(kit, behave, words):
    async def scene():
        async with kit.client_for(behave, timeout=_timeout(behave), retries=1) as (client, server):
            with pytest.raises(Unavailable, match=words):
                await client.get("/Orders")
            assert server.targets == ["GET /Orders"] * 2

    asyncio.run(scene())


@lossy
def test_repeatable_write_is_sent_again_and_ends_as_unavailable(kit, behave, words):
    async def scene():
        async with kit.client_for(behave, timeout=_timeout(behave), retries=1) as (client, server):
            with pytest.raises(Unavailable, match=words):
                await client.send("PUT", "/Stock", content=b"{}", repeatable=True)
            assert server.targets == ["PUT /Stock"] * 2

    asyncio.run(scene())


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("ending", [closes_without_answer, resets], ids=lambda ending: ending.__name__)
def test_write_on_a_kept_connection_that_dies_is_never_repeated_in_silence(kit, method, ending):
    async def behave(asked, writer):
        if asked.number == 1:
            await kit.replies(kit.answer(200))(asked, writer)
        else:
            await ending(asked, writer)

    async def scene():
        async with kit.client_for(behave) as (client, server):
            await client.get("/warm")
            with pytest.raises(OutcomeUnknown, match="closed before an answer"):
                await client.send(method, "/Orders(1)", content=b"{}")
            assert server.targets == ["GET /warm", f"{method} /Orders(1)"]
            assert server.connections == 1

    asyncio.run(scene())


def test_connection_that_the_server_closed_while_idle_is_replaced_before_a_write(kit):
    async def scene():
        closed = asyncio.Event()

        async def behave(asked, writer):
            await kit.replies(kit.answer(200))(asked, writer)
            if asked.number == 1:
                writer.close()
                await writer.wait_closed()
                closed.set()

        async with kit.client_for(behave) as (client, server):
            await client.get("/warm")
            await closed.wait()
            for _ in range(5):  # the close is in our socket; let the event loop read it
                await asyncio.sleep(0)
            assert (await client.send("POST", "/Orders(1)/Ship")).status_code == 200
            assert server.connections == 2

    asyncio.run(scene())


async def _outcomes(url, **endpoint):
    """The errors of a write and of a read where no connection comes about."""
    made = Endpoint(url, FixedHeaders({}), retries=0, **endpoint)
    async with open_client("acme", made) as client:
        errors = []
        for call in (client.send("POST", "/Orders(1)/Ship", content=b"{}"), client.get("/Orders")):
            with pytest.raises((Unavailable, NeedsConfig)) as caught:
                await call
            errors.append(caught.value)
        return errors


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_refused_connection_says_that_nothing_was_done():
    errors = asyncio.run(_outcomes(f"http://127.0.0.1:{_free_port()}"))
    assert [type(error) for error in errors] == [Unavailable, Unavailable]
    assert all("no connection to 127.0.0.1" in str(error) and "refused" in str(error) for error in errors)


def test_unknown_host_name_says_that_nothing_was_done(monkeypatch):
    async def nobody_knows(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", nobody_knows)
    errors = asyncio.run(_outcomes("http://wms.example"))
    assert [type(error) for error in errors] == [Unavailable, Unavailable]
    assert all("the host name wms.example could not be resolved" in str(error) for error in errors)


@asynccontextmanager
async def _full_house():
    """A port where nobody accepts and no one more fits into the queue."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        crowd = [socket.socket() for _ in range(4)]
        for guest in crowd:
            guest.setblocking(False)
            with suppress(BlockingIOError):
                guest.connect(door.getsockname())
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        for guest in crowd:
            guest.close()


def test_connection_that_takes_too_long_says_that_nothing_was_done():
    async def scene():
        async with _full_house() as url:
            return await _outcomes(url, timeout=0.1)

    errors = asyncio.run(scene())
    assert [type(error) for error in errors] == [Unavailable, Unavailable]
    assert all("no connection came about in time" in str(error) for error in errors)


def test_server_that_speaks_no_tls_says_that_nothing_was_done():
    async def greets_in_plain(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async def scene():
        async with await asyncio.start_server(greets_in_plain, "127.0.0.1", 0) as server:
            return await _outcomes(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    errors = asyncio.run(scene())
    assert [type(error) for error in errors] == [Unavailable, Unavailable]
    assert all("does not speak TLS" in str(error) for error in errors)


# Made for this test: it names nobody and opens nothing.
UNTRUSTED = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfNQ8hXegGXafrhQv
GWtyPV9tEACHy/FAcpLiqx3tM5WhRANCAAT4h4J7AeebE/XigFZRQt1tRO7D4d0G
temgpvGZOASQTIziofVDDIEy1g2GRhznBgxJWpFl6w2r9YHW9X3An0Ab
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUQ6DjTQvYh7eW9MkBE10LSuH4C7YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJdW50cnVzdGVkMCAXDTI2MTEyMTIyMzYxMloYDzIxMjYxMDI4
MjIzNjEyWjAUMRIwEAYDVQQDDAl1bnRydXN0ZWQwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT4h4J7AeebE/XigFZRQt1tRO7D4d0GtemgpvGZOASQTIziofVDDIEy
1g2GRhznBgxJWpFl6w2r9YHW9X3An0Abo2QwYjAdBgNVHQ4EFgQUHBOVrlPyok9s
dSWhNnTN/qRuDhYwHwYDVR0jBBgwFoAUHBOVrlPyok9sdSWhNnTN/qRuDhYwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IClEQHKNHAL17+Ke13GeFHG44FycjAjoR+UugKGn/noJAiA4Rte4whhfVy3ot+3/
afYpRyeMf/qlnYU4sDRjm7FKIA==
-----END CERTIFICATE-----
"""


def test_untrusted_certificate_is_a_matter_of_config(kit, tmp_path):
    pem = tmp_path / "untrusted.pem"
    pem.write_text(UNTRUSTED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def scene():
        async with kit.RawServer(never_answers, context) as server:
            return await _outcomes(server.url, timeout=2)

    errors = asyncio.run(scene())
    assert [type(error) for error in errors] == [NeedsConfig, NeedsConfig]
    assert all("the certificate of 127.0.0.1 is not trusted" in str(error) for error in errors)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DONE),
        (204, Outcome.DONE),
        (299, Outcome.DONE),
        (301, Outcome.MISDIRECTED),
        (307, Outcome.MISDIRECTED),
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED_CREDENTIALS),
        (403, Outcome.FORBIDDEN),
        (404, Outcome.REFUSED),
        (408, Outcome.UNKNOWN),
        (409, Outcome.REFUSED),
        (429, Outcome.THROTTLED),
        (500, Outcome.UNKNOWN),
        (503, Outcome.UNKNOWN),
        (520, Outcome.UNKNOWN),
        (600, Outcome.UNKNOWN),
        (101, Outcome.UNKNOWN),
    ],
)
def test_status_says_what_became_of_the_request(status, outcome):
    assert outcome_of_status(status) is outcome
