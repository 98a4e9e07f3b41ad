"""Credentials are asked for once, renewed in time, and a refused call is repeated once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crossdock import Credentials, NeedsAuth, Unavailable


class TokenByRefresh:
    """Asks the server under test for a token, like an OAuth refresh; counts how often."""

    def __init__(self, *, life=None, clock=None, url="/oauth2/token"):
        self.asked = 0
        self.life, self.clock, self.url = life, clock, url

    async def authenticate(self, exchange):
        self.asked += 1
        response = await exchange(
            "POST", self.url, content=b"refresh_token=very-secret", headers={"Authorization": "Basic c2VjcmV0czE="}
        )
        if response.status_code != 200:
            raise NeedsAuth(f"acme: the token was refused: {response.text}")
        expires_at = self.clock.now() + self.life if self.life else None
        return Credentials({"Authorization": f"Bearer {response.text}"}, expires_at)


class SetClock:
    def __init__(self):
        self.moment = datetime(2026, 11, 21, tzinfo=UTC)

    def now(self):
        return self.moment


class Office:
    """Hands out numbered tokens and lets in only those not revoked."""

    def __init__(self, kit):
        self.kit = kit
        self.issued = 0
        self.revoked = set()
        self.token_status = 200
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, asked, writer):
        status, body = 200, b"{}"
        if asked.target == "/oauth2/token":
            await self.gate.wait()
            self.issued += 1
            status, body = self.token_status, f"token-number-{self.issued}".encode()
        else:
            token = asked.headers.get("authorization", "").removeprefix("Bearer token-number-")
            if not token or int(token) in self.revoked:
                status, body = 401, b"Authorization has been denied"
        writer.write(self.kit.answer(status, body))
        await writer.drain()


def test_many_first_calls_ask_for_one_token(kit):
    async def scene():
        office, tokens = Office(kit), TokenByRefresh()
        async with kit.client_for(office, authentication=tokens, concurrency=20) as (client, server):
            await asyncio.gather(*(client.get(f"/{n}") for n in range(20)))
            assert (tokens.asked, office.issued, len(server.asked)) == (1, 1, 21)

    asyncio.run(scene())


def test_many_calls_refused_at_once_share_one_renewal(kit):
    async def scene():
        office, tokens = Office(kit), TokenByRefresh()
        async with kit.client_for(office, authentication=tokens, concurrency=10) as (client, server):
            await client.get("/warm")
            office.revoked.add(1)
            await asyncio.gather(*(client.send("POST", f"/{n}") for n in range(30)))
            assert tokens.asked == 2
            sent = [asked.target for asked in server.asked if asked.method == "POST" and "oauth" not in asked.target]
            assert all(1 <= sent.count(f"/{n}") <= 2 for n in range(30))
            assert 31 <= len(sent) <= 40

    asyncio.run(scene())


def test_refusal_of_a_token_that_was_replaced_meanwhile_renews_nothing(kit):
    async def scene():
        office, tokens, straggler = Office(kit), TokenByRefresh(), asyncio.Event()

        async def behave(asked, writer):
            late = asked.target == "/late" and asked.headers["authorization"].endswith("-1")
            if late:
                await straggler.wait()
            await office(asked, writer)

        async with kit.client_for(behave, authentication=tokens) as (client, _):
            await client.get("/warm")
            office.revoked.add(1)
            late = asyncio.create_task(client.get("/late"))
            await client.get("/early")
            straggler.set()
            assert (await late).status_code == 200
            assert tokens.asked == 2

    asyncio.run(scene())


def test_write_refused_for_its_token_is_repeated_with_the_same_body(kit):
    async def scene():
        office = Office(kit)
        async with kit.client_for(office, authentication=TokenByRefresh()) as (client, server):
            office.revoked.add(1)
            await client.send("POST", "/Ship", content=b'{"x":1}')
            ships = [asked for asked in server.asked if asked.target == "/Ship"]
            assert [ship.body for ship in ships] == [b'{"x":1}'] * 2
            assert [ship.headers["authorization"][-1] for ship in ships] == ["1", "2"]

    asyncio.run(scene())


@pytest.mark.parametrize("raw", [False, True])
def test_second_refusal_needs_a_person(kit, raw):
    async def scene():
        office, tokens = Office(kit), TokenByRefresh()
        office.revoked = {1, 2}
        async with kit.client_for(office, authentication=tokens) as (client, server):
            with pytest.raises(NeedsAuth, match=r"renew the connection's secrets .401 Authorization has been denied"):
                await client.get("/Orders", raw=raw)
            assert server.targets == ["POST /oauth2/token", "GET /Orders"] * 2

    asyncio.run(scene())


def test_token_is_renewed_shortly_before_it_expires(kit):
    async def scene():
        clock = SetClock()
        tokens = TokenByRefresh(life=timedelta(hours=1), clock=clock)
        async with kit.client_for(Office(kit), authentication=tokens, open_with={"clock": clock}) as (client, _):
            for minutes, asked in ((0, 1), (59, 1), (59.6, 2), (60, 2), (120, 3)):
                clock.moment = SetClock().moment + timedelta(minutes=minutes)
                await client.get("/Orders")
                assert tokens.asked == asked

    asyncio.run(scene())


def test_token_of_a_few_seconds_is_still_used_more_than_once(kit):
    async def scene():
        clock = SetClock()
        tokens = TokenByRefresh(life=timedelta(seconds=10), clock=clock)
        async with kit.client_for(Office(kit), authentication=tokens, open_with={"clock": clock}) as (client, _):
            for seconds, asked in ((0, 1), (8.9, 1), (9.1, 2)):
                clock.moment = SetClock().moment + timedelta(seconds=seconds)
                await client.get("/Orders")
                assert tokens.asked == asked

    asyncio.run(scene())


def test_calls_that_wait_for_a_renewal_share_its_failure(kit):
    async def scene():
        office, tokens = Office(kit), TokenByRefresh()
        office.token_status = 400
        async with kit.client_for(office, authentication=tokens, concurrency=10) as (client, server):
            errors = await asyncio.gather(*(client.get(f"/{n}") for n in range(10)), return_exceptions=True)
            assert {type(error) for error in errors} == {NeedsAuth}
            assert server.targets == ["POST /oauth2/token"]

    asyncio.run(scene())


def test_answer_that_refuses_credentials_in_its_body_can_ask_for_others(kit):
    async def scene():
        office, tokens = Office(kit), TokenByRefresh()
        async with kit.client_for(office, authentication=tokens) as (client, server):
            refused = await client.send("POST", "/$batch")
            await client.renew(refused)
            await client.send("POST", "/$batch")
            asked = [asked.headers["authorization"][-1] for asked in server.asked if asked.target == "/$batch"]
            assert (asked, tokens.asked) == (["1", "2"], 2)

    asyncio.run(scene())


def test_many_answers_that_refuse_the_same_credentials_share_one_renewal(kit):
    async def scene():
        tokens = TokenByRefresh()
        async with kit.client_for(Office(kit), authentication=tokens) as (client, _):
            refused = await asyncio.gather(*(client.send("POST", "/$batch", raw=True) for _ in range(5)))
            await asyncio.gather(*(client.renew(one) for one in refused[:4]))
            await client.renew(refused[4])
            assert tokens.asked == 2

    asyncio.run(scene())


def test_raw_refusal_whose_words_were_cleaned_still_tells_which_credentials_it_refuses(kit):
    async def scene():
        tokens = TokenByRefresh()

        async def behave(asked, writer):
            body = b"token-number-1" if asked.target == "/oauth2/token" else b"token-number-1 is not known here"
            await kit.replies(kit.answer(200 if asked.target == "/oauth2/token" else 500, body))(asked, writer)

        async with kit.client_for(behave, authentication=tokens) as (client, _):
            refused = await client.send("POST", "/$batch", raw=True)
            assert refused.text == "*** is not known here"
            await client.renew(refused)
            assert tokens.asked == 2

    asyncio.run(scene())


def test_renewal_that_is_asked_for_and_refused_needs_a_person(kit):
    async def scene():
        office = Office(kit)
        async with kit.client_for(office, authentication=TokenByRefresh()) as (client, _):
            refused = await client.send("POST", "/$batch")
            office.token_status = 400
            with pytest.raises(NeedsAuth):
                await client.renew(refused)

    asyncio.run(scene())


def test_call_after_a_failed_renewal_tries_anew(kit):
    async def scene():
        office = Office(kit)
        office.token_status = 400
        async with kit.client_for(office, authentication=TokenByRefresh()) as (client, _):
            with pytest.raises(NeedsAuth):
                await client.get("/Orders")
            office.token_status = 200
            assert (await client.get("/Orders")).status_code == 200

    asyncio.run(scene())


def test_caller_that_gives_up_does_not_stop_the_renewal_for_others(kit):
    async def scene():
        office, tokens = Office(kit), TokenByRefresh()
        office.gate.clear()
        async with kit.client_for(office, authentication=tokens) as (client, server):
            impatient, patient = (asyncio.create_task(client.get(f"/{name}")) for name in ("impatient", "patient"))
            await server.was_asked.wait()
            impatient.cancel()
            office.gate.set()
            assert (await patient).status_code == 200
            assert tokens.asked == 1
            with pytest.raises(asyncio.CancelledError):
                await impatient

    asyncio.run(scene())


def test_client_closes_while_a_renewal_is_under_way(kit):
    async def scene():
        office = Office(kit)
        office.gate.clear()
        async with kit.client_for(office, authentication=TokenByRefresh()) as (client, server):
            call = asyncio.create_task(client.get("/Orders"))
            await server.was_asked.wait()
            await client.aclose()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(scene())


def test_token_call_carries_only_what_the_plugin_gives(kit):
    async def scene():
        keys = {"X-Developer-Key": "developer-key"}
        async with kit.client_for(Office(kit), authentication=TokenByRefresh(), headers=keys) as (client, server):
            await client.get("/Orders")
            token_call, order_call = server.asked
            assert token_call.headers["authorization"] == "Basic c2VjcmV0czE="
            assert "x-developer-key" not in token_call.headers
            assert order_call.headers["x-developer-key"] == "developer-key"
            assert order_call.headers["authorization"] == "Bearer token-number-1"

    asyncio.run(scene())


def test_token_may_come_from_another_host(kit):
    async def scene():
        async with kit.RawServer(Office(kit)) as other:
            tokens = TokenByRefresh(url=f"{other.url}/oauth2/token")
            async with kit.client_for(kit.replies(kit.answer(200)), authentication=tokens) as (client, server):
                await client.get("/Orders")
                assert (other.targets, server.targets) == (["POST /oauth2/token"], ["GET /Orders"])

    asyncio.run(scene())


def test_unreachable_token_host_is_unavailable_even_for_a_write(kit):
    async def hangs_up(asked, writer):
        writer.close()

    async def scene():
        async with kit.client_for(hangs_up, authentication=TokenByRefresh()) as (client, server):
            with pytest.raises(Unavailable, match="oauth2/token did not get through"):
                await client.send("POST", "/Ship")
            assert server.targets == ["POST /oauth2/token"]

    asyncio.run(scene())


def test_plugin_error_that_quotes_a_secret_is_cleaned(kit):
    class Careless:
        async def authenticate(self, exchange):
            raise NeedsAuth("acme: the secret s3cr3t-value was refused")

    async def scene():
        options = {"secrets": ["s3cr3t-value"]}
        async with kit.client_for(kit.replies(kit.answer(200)), authentication=Careless(), open_with=options) as (c, _):
            with pytest.raises(NeedsAuth, match=r"the secret \*\*\* was refused"):
                await c.get("/Orders")

    asyncio.run(scene())
