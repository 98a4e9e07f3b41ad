"""What is tried again, when, and how the errors read when it is not."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crossdock import NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected, Throttled, Unavailable
from crossdock.transport.classify import Outcome
from crossdock.transport.retry import decide, retry_after

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class FixedClock:
    def now(self):
        return NOW


def _decide(outcome, *, repeatable=False, attempt=0, retries=4, asked=None):
    return decide(
        outcome, attempt=attempt, retries=retries, repeatable=repeatable, asked=asked, draw=lambda low, high: high
    )


def test_write_of_unknown_outcome_is_never_tried_again():
    assert not _decide(Outcome.UNKNOWN).again
    assert not _decide(Outcome.UNKNOWN, asked=1.0).again


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.NOT_SENT])
def test_repeatable_call_is_tried_again_until_the_retries_are_used_up(outcome):
    assert [_decide(outcome, repeatable=True, attempt=n, retries=2).again for n in range(4)] == [
        True,
        True,
        False,
        False,
    ]


def test_throttled_call_is_tried_again_even_when_it_is_not_repeatable():
    assert _decide(Outcome.THROTTLED).again


@pytest.mark.parametrize(
    "outcome", [Outcome.REFUSED, Outcome.FORBIDDEN, Outcome.REFUSED_CREDENTIALS, Outcome.MISDIRECTED]
)
def test_plain_no_is_never_tried_again(outcome):
    assert not _decide(outcome, repeatable=True).again


def test_waits_double_up_to_a_minute():
    waits = [_decide(Outcome.UNKNOWN, repeatable=True, attempt=n, retries=99).after for n in range(9)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_throttled_call_waits_though_the_draw_is_low():
    decision = decide(Outcome.THROTTLED, attempt=3, retries=4, repeatable=True, asked=None, draw=lambda low, high: low)
    assert decision.after == 0.5


def test_wait_that_the_system_asks_for_wins_over_ours():
    assert _decide(Outcome.THROTTLED, asked=7.0).after == 7.0


def test_call_gives_up_at_once_when_the_system_asks_for_more_than_a_minute():
    assert not _decide(Outcome.THROTTLED, asked=61.0).again


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0.25", 0.25),
        ("0", None),
        ("-3", None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (format_datetime(NOW + timedelta(seconds=9), usegmt=True), 9.0),
        (format_datetime(NOW - timedelta(seconds=9), usegmt=True), None),
        ("Sat, 21 Nov 2026 12:00:09 -0000", 9.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(header, seconds):
    assert retry_after(header, now=NOW) == seconds


def _waiting(kit):
    timer = kit.PatientTimer()
    return timer, {"timer": timer, "clock": FixedClock()}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_read_survives_a_system_that_is_down_for_a_while(kit, status):
    timer, open_with = _waiting(kit)

    async def scene():
        behave = kit.replies(kit.answer(status), kit.answer(status), kit.answer(200, b"[1]"))
        async with kit.client_for(behave, open_with=open_with) as (client, server):
            assert (await client.get("/Orders")).content == b"[1]"
            assert len(server.asked) == 3

    asyncio.run(scene())
    assert timer.slept == [0.5, 1.0]


@pytest.mark.parametrize("header", ["7", format_datetime(NOW + timedelta(seconds=7), usegmt=True)])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(kit, status, header):
    timer, open_with = _waiting(kit)

    async def scene():
        behave = kit.replies(kit.answer(status, Retry_After=header), kit.answer(200))
        async with kit.client_for(behave, open_with=open_with) as (client, _):
            await client.get("/Orders")

    asyncio.run(scene())
    assert sum(timer.slept) == pytest.approx(7.0)


def test_throttled_write_was_not_done_and_is_sent_again(kit):
    timer, open_with = _waiting(kit)

    async def scene():
        behave = kit.replies(kit.answer(429, Retry_After="3"), kit.answer(204, b""))
        async with kit.client_for(behave, open_with=open_with) as (client, server):
            assert (await client.send("POST", "/Orders(1)/Ship", content=b'{"x":1}')).status_code == 204
            assert [asked.body for asked in server.asked] == [b'{"x":1}'] * 2

    asyncio.run(scene())
    assert sum(timer.slept) == pytest.approx(3.0)


def test_call_that_stays_throttled_says_so_and_when_to_come_back(kit):
    async def scene():
        behave = kit.replies(kit.answer(429, b"slow down", Retry_After="5"))
        async with kit.client_for(behave, retries=2) as (client, server):
            with pytest.raises(
                Throttled, match=r"acme: POST .*/Ship was refused because of the rate limit .*slow"
            ) as no:
                await client.send("POST", "/Ship", raw=True)
            assert no.value.retry_after == 5.0
            assert len(server.asked) == 3

    asyncio.run(scene())


def test_throttled_call_holds_every_other_call_of_the_connection(kit):
    timer, open_with = _waiting(kit)
    arrived = []

    async def behave(asked, writer):
        arrived.append((asked.target, timer.now - 1000.0))
        await kit.replies(kit.answer(429, Retry_After="20"), kit.answer(200))(asked, writer)

    async def scene():
        async with kit.client_for(behave, open_with=open_with) as (client, _):
            first = asyncio.create_task(client.get("/first"))
            await timer.was_asleep.wait()
            await client.get("/second")
            await first

    asyncio.run(scene())
    assert [when for _, when in arrived] == [0.0, 20.0, 20.0]


def test_system_that_wants_an_hour_of_silence_gets_it(kit):
    timer, open_with = _waiting(kit)

    async def scene():
        behave = kit.replies(kit.answer(429, Retry_After="3600"), kit.answer(200))
        async with kit.client_for(behave, open_with=open_with) as (client, server):
            with pytest.raises(Throttled) as first:
                await client.get("/Orders")
            with pytest.raises(Throttled, match="send nothing for another 3600 s") as second:
                await client.get("/Orders")
            assert first.value.retry_after == second.value.retry_after == 3600.0
            assert len(server.asked) == 1
            timer.now += 3600
            await client.get("/Orders")

    asyncio.run(scene())
    assert timer.slept == []


async def _error_of(kit, reply, call, **endpoint):
    async with kit.client_for(kit.replies(reply), **endpoint) as (client, server):
        with pytest.raises(Exception) as caught:
            await call(client)
        assert len(server.asked) == 1
        return caught.value


def test_refusal_is_told_in_the_words_of_the_remote_system(kit):
    def explain(status, body):
        return f"order is locked, says {status} {body.decode()}"

    async def ship(client):
        await client.send("POST", "/Ship")

    error = asyncio.run(_error_of(kit, kit.answer(422, b"L7"), ship, explain_error=explain))
    assert type(error) is Rejected
    assert error.reasons == ("order is locked, says 422 L7",)


def test_refusal_without_an_explanation_quotes_the_body(kit):
    error = asyncio.run(_error_of(kit, kit.answer(404, b"no such\n order"), lambda client: client.get("/Orders(1)")))
    assert type(error) is Rejected
    assert error.reasons == ("no such order",)


def test_refusal_without_a_word_names_call_and_status(kit):
    error = asyncio.run(_error_of(kit, kit.answer(404, b""), lambda client: client.get("/Orders(1)?token=x")))
    assert str(error).startswith("acme: GET http://127.0.0.1:")
    assert str(error).endswith("/Orders(1) was refused with 404 without a reason")


def test_explanation_that_fails_does_not_hide_a_write_in_doubt(kit):
    def explain(status, body):
        raise KeyError("Message")

    error = asyncio.run(
        _error_of(kit, kit.answer(500, b"<html>"), lambda client: client.send("POST", "/Ship"), explain_error=explain)
    )
    assert type(error) is OutcomeUnknown
    assert "500 <html>" in str(error)


def test_missing_permission_needs_a_person(kit):
    error = asyncio.run(_error_of(kit, kit.answer(403, b"scope"), lambda client: client.get("/Orders")))
    assert type(error) is NeedsAuth
    assert "grant them the permission (403 scope)" in str(error)


def test_redirect_says_where_to_and_what_to_correct(kit):
    reply = kit.answer(301, b"", Location="https://elsewhere.example/v2?key=1")
    error = asyncio.run(_error_of(kit, reply, lambda client: client.get("/Orders")))
    assert type(error) is NeedsConfig
    assert str(error).endswith("correct the connection's base_url (301, redirected to https://elsewhere.example/v2)")


@pytest.mark.parametrize("status", [302, 403, 404, 409, 500, 503])
def test_raw_write_gets_answers_of_every_status(kit, status):
    async def scene():
        async with kit.client_for(kit.replies(kit.answer(status, b"why"))) as (client, server):
            response = await client.send("POST", "/Ship", raw=True)
            assert (response.status_code, response.content, len(server.asked)) == (status, b"why", 1)

    asyncio.run(scene())


def test_raw_read_gets_the_last_answer_of_a_system_that_stays_down(kit):
    async def scene():
        async with kit.client_for(kit.replies(kit.answer(503)), retries=2) as (client, server):
            assert (await client.get("/Orders", raw=True)).status_code == 503
            assert len(server.asked) == 3

    asyncio.run(scene())


def test_raw_read_without_any_answer_is_unavailable(kit):
    async def hangs_up(asked, writer):
        writer.close()

    async def scene():
        async with kit.client_for(hangs_up, retries=0) as (client, _):
            with pytest.raises(Unavailable):
                await client.get("/Orders", raw=True)

    asyncio.run(scene())
