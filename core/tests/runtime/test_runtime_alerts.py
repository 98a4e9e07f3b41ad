"""Alerts as they go out: over a real mail server and a real listener, each problem once and none forgotten."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from mailserver import MailServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from crossdock.config import load_config
from crossdock.engine.alerts import GATHER, Digest
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.engine.run_ports import RunReport
from crossdock.hooks.errors import CrossdockError
from crossdock.runtime.alerts import Alerts, Delivery, alert_once, alerts_sent
from crossdock.runtime.health import health_of
from crossdock.runtime.host import Host
from crossdock.runtime.receivers import Program, WebhookNotTaken
from crossdock.sandbox import SandboxServer
from crossdock.store import CrossdockStore, open_store
from crossdock.store.alerts import progress_of
from crossdock.store.queries import list_problems

NOON = datetime(2024, 3, 6, 12, tzinfo=UTC)
KEY = "the-key-of-signatures"
CONFIG = """
[alerts]
silence = 5

[alerts.email.ops]
to = ["ada@example.org", "bob@example.org"]
from = "crossdock@example.org"
host = "127.0.0.1"
port = {port}
security = "none"

[alerts.webhook.pager]
url = {{ env = "ALERTS_TEST_URL" }}
secret = {{ env = "ALERTS_TEST_KEY" }}
clients = ["acme"]
every = "1h"

[connections.cart]
connector = "cart"
[connections.warehouse]
connector = "warehouse"

[pipelines.main]
client = "acme"
order_source = "cart"
fulfillment_target = "warehouse"
[pipelines.main.services]
download = "5m"
"""


@dataclass
class StillClock:
    """A clock that a test moves."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class Log:
    said: list[str] = field(default_factory=list)
    both_told: asyncio.Event = field(default_factory=asyncio.Event)

    def info(self, event: str, **details: Any) -> None:
        self.said.append(f"{event} {details}")
        if len([one for one in self.said if one.startswith("alert sent")]) == 2:
            self.both_told.set()

    def warning(self, event: str, **details: Any) -> None:
        self.said.append(f"{event} {details}")


@dataclass
class Pager:
    """A program that is called: it checks every signature, and refuses or hesitates when it is told to."""

    got: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/hooks/{secret}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> PlainTextResponse:
        body = await request.body()
        right = f"sha256={hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()}"
        if not hmac.compare_digest(right, request.headers["X-Crossdock-Signature"]):
            return PlainTextResponse("who are you?", 401)
        if self.status == 200:
            self.got.append(json.loads(body))
        return PlainTextResponse(f"no, {request.url} with {KEY}", self.status)


@dataclass
class Scene:
    """A host with a store, a clock, and two receivers."""

    host: Host
    store: CrossdockStore
    clock: StillClock
    mails: MailServer
    pager: Pager
    log: Log

    async def report(self, subject: str, code: Code = Code.RELEASE_REFUSED, pipeline: str = "main") -> None:
        problem = Problem(code, subject, f"{subject} is refused", action="Correct it.")
        await self.store.report_problems(pipeline, [problem], now=self.clock.now())

    def later(self, **by: float) -> None:
        self.clock.moment += timedelta(**by)

    async def round(self, alerts: Alerts | None = None) -> dict[str, Delivery]:
        return {one.receiver: one for one in await (alerts or Alerts(self.host)).round()}

    async def ran(self, service: str, report: RunReport | None = None) -> None:
        lease = await self.store.begin_run("main", service, now=self.clock.now(), seconds=60)
        assert lease is not None
        await self.store.end_run(lease, report or RunReport(), next_due=None, now=self.clock.now())

    async def open_codes(self) -> list[str]:
        return sorted(one.code for one in await self.store.read(list_problems))


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[Pager, str]]:
    pager = Pager()
    with SandboxServer(pager.app()) as server:
        yield pager, f"{server.url}/hooks/a-secret-of-the-address"


@pytest.fixture
def pager(listener: tuple[Pager, str], monkeypatch: pytest.MonkeyPatch) -> Pager:
    pager, url = listener
    pager.got, pager.status = [], 200
    monkeypatch.setenv("ALERTS_TEST_URL", url)
    monkeypatch.setenv("ALERTS_TEST_KEY", KEY)
    return pager


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, to copy."""
    file = tmp_path_factory.mktemp("alerts") / "empty.db"

    async def make() -> None:
        async with open_store(f"sqlite:///{file}"):
            pass

    asyncio.run(make())
    return file


@pytest.fixture
def play(
    empty_store: Path, tmp_path: Path, mails: MailServer, pager: Pager
) -> Callable[[Callable[[Scene], Awaitable[None]]], None]:
    """Plays a scene between real servers."""
    (tmp_path / "crossdock.db").write_bytes(empty_store.read_bytes())
    (tmp_path / "crossdock.toml").write_text(CONFIG.format(port=mails.port))
    config = load_config(tmp_path / "crossdock.toml")

    async def run(scene: Callable[[Scene], Awaitable[None]]) -> None:
        clock, log = StillClock(), Log()
        async with open_store(f"sqlite:///{tmp_path / 'crossdock.db'}", clock=clock) as store:
            ends = {role: Bound(name, cast(Any, object())) for role, name in config.pipelines["main"].roles.items()}
            pipeline = Pipeline(PipelineRules("main"), store, clock, log, **ends)
            host = Host(config, cast(Any, None), log, clock, {}, store, {"main": pipeline})
            await scene(Scene(host, store, clock, mails, pager, log))

    return lambda scene: asyncio.run(run(scene))


def test_people_get_one_mail_and_programs_one_call_about_what_is_new(play, mails, pager):
    async def scene(at: Scene) -> None:
        await at.report("N1")
        await at.report("N2")
        at.later(minutes=1)
        told = await at.round()
        assert {name: one.error for name, one in told.items()} == {"ops": "", "pager": ""}
        assert await at.round() == {}

    play(scene)
    (mail,) = mails.mails
    assert mails.to == [["ada@example.org", "bob@example.org"]]
    assert mail["Subject"] == "crossdock [acme]: N1 is refused (and 1 other problem)"
    assert (mail["From"], mail["Auto-Submitted"]) == ("crossdock@example.org", "auto-generated")
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail["Date"].datetime == NOON + timedelta(minutes=1)
    assert "2 new problems wait for a person." in mail.get_content()
    (call,) = pager.got
    assert (call["version"], call["clients"], call["new_problems"]) == (1, ["acme"], 2)


def test_what_comes_together_waits_a_moment_and_what_passes_by_itself_is_not_told(play, mails):
    async def scene(at: Scene) -> None:
        await at.report("N1")
        assert await at.round() == {}
        await at.store.close_problems("main", Code.RELEASE_REFUSED, ["N1"], now=at.clock.now())
        at.later(seconds=GATHER.total_seconds() + 1)
        assert await at.round() == {}

    play(scene)
    assert mails.mails == []


def test_each_receiver_is_told_at_most_as_often_as_it_wants_and_nothing_is_left_out(play, mails, pager):
    async def scene(at: Scene) -> None:
        for number in range(8):  # every ten minutes
            await at.report(f"N{number}")
            at.later(minutes=1)
            await at.round()
            at.later(minutes=9)
        at.later(hours=1)
        await at.round()

    play(scene)
    assert len(mails.mails) == 1 + 3 + 1
    assert len(pager.got) == 3
    assert sum(call["new_problems"] for call in pager.got) == 8


def test_problems_of_other_clients_and_of_no_pipeline_are_not_for_a_receiver_of_one_client(play, pager):
    async def scene(at: Scene) -> None:
        await at.report("N1", pipeline="other")
        await at.report("somebody", Code.ALERT_FAILED, pipeline="")
        at.later(minutes=1)
        assert (await at.round()).keys() == {"ops"}
        await at.report("N2")
        at.later(hours=1)
        assert (await at.round()).keys() == {"ops", "pager"}

    play(scene)
    (call,) = pager.got
    assert [group["example"]["subject"] for group in call["new"]] == ["N2"]


def test_a_receiver_that_refuses_is_a_problem_and_gets_everything_later(play, mails, pager):
    async def scene(at: Scene) -> None:
        pager.status = 500
        await at.report("N1")
        at.later(minutes=1)
        told = await at.round()
        assert told["pager"].error == "it answered 500 no, *** with ***"
        assert (told["ops"].error, await at.open_codes()) == ("", ["alert_failed", "release_refused"])
        assert await at.round() == {}, "it is left alone for a while"
        at.later(minutes=2)
        assert (await at.round()).keys() == {"pager"}
        assert (await at.store.read(progress_of))["pager"].fails == 2

        pager.status = 200
        await at.report("N2")
        at.later(minutes=20)
        await at.round()
        assert await at.open_codes() == ["release_refused", "release_refused"]
        assert (await at.store.read(progress_of))["pager"].fails == 0

    play(scene)
    (call,) = pager.got
    assert call["new_problems"] == 2
    subjects = [mail["Subject"] for mail in mails.mails]
    assert subjects[0] == "crossdock [acme]: N1 is refused"
    assert subjects[1].startswith("crossdock")


def test_the_address_of_a_program_and_its_key_are_in_no_log(play, pager):
    async def scene(at: Scene) -> None:
        pager.status = 403
        await at.report("N1")
        at.later(minutes=1)
        await at.round()
        said = " ".join(at.log.said)
        assert "alert not taken" in said
        assert KEY not in said
        assert "a-secret-of-the-address" not in said

    play(scene)


def test_a_crash_before_it_was_noted_tells_it_again_and_never_not_at_all(play, mails, monkeypatch):
    async def scene(at: Scene) -> None:
        await at.report("N1", pipeline="other")  # of no client: only the mail goes out
        at.later(minutes=1)
        with monkeypatch.context() as patched:
            patched.setattr("crossdock.runtime.alerts.note_taken", _die)
            with pytest.raises(CrossdockError, match="killed"):
                await at.round()
        await at.round()

    play(scene)
    assert [mail["Subject"] for mail in mails.mails] == ["crossdock: N1 is refused"] * 2


def _die(*_: object, **__: object) -> None:
    raise CrossdockError("killed")


def test_an_address_that_is_refused_is_said_and_the_others_are_told_once(play, mails):
    async def scene(at: Scene) -> None:
        mails.refused.add("bob@example.org")
        await at.report("N1")
        at.later(minutes=1)
        told = await at.round()
        assert "550 bob@example.org is nobody here" in told["ops"].warning
        assert "alert_failed" in await at.open_codes()
        at.later(hours=1)
        assert "ops" not in await at.round()

    play(scene)
    assert mails.to == [["ada@example.org"]]


def test_a_program_that_hesitates_is_given_up(play, pager):
    async def scene(at: Scene) -> None:
        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        program = Program(f"http://127.0.0.1:{port}/", "", "a place", seconds=0.05)
        with pytest.raises(WebhookNotTaken, match="no answer came in time"):
            await program.tell(Digest(NOON, ()))
        server.close()

    play(scene)


def test_a_run_that_ends_tells_at_once_and_a_store_that_fails_is_a_line_in_the_log(play, mails):
    async def scene(at: Scene) -> None:
        await at.report("N1")
        assert {one.receiver for one in await alert_once(at.host)} == {"ops", "pager"}
        broken = replace(at.host, store=cast(Any, _BrokenStore()))
        assert await alert_once(broken) == []
        assert "no alert was sent" in at.log.said[-1]

    play(scene)
    assert len(mails.mails) == 1


class _BrokenStore:
    async def read(self, *_: object, **__: object) -> None:
        raise CrossdockError("the disk is full")

    paused_connections = read


def test_alerts_go_out_beside_the_flows_and_stop_with_them(play, mails):
    async def scene(at: Scene) -> None:
        await at.report("N1")
        at.later(minutes=1)
        async with alerts_sent(at.host):
            await asyncio.wait_for(at.log.both_told.wait(), 10)

    play(scene)
    assert len(mails.mails) == 1


def test_a_service_that_does_not_succeed_any_more_is_told_of_and_closes_when_it_does(play, pager):
    async def scene(at: Scene) -> None:
        await at.ran("download")
        alerts = Alerts(at.host, since=at.clock.now())
        at.later(minutes=25)
        await at.round(alerts)
        assert await at.open_codes() == []
        await at.ran("download", RunReport(error="the cart is down"))
        at.later(minutes=1)
        await at.round(alerts)
        assert await at.open_codes() == ["service_silent"]
        at.later(minutes=2)
        assert (await at.round(alerts)).keys() == {"ops", "pager"}
        await at.ran("download")
        at.later(minutes=1)
        await at.round(alerts)
        assert await at.open_codes() == []

    play(scene)
    (call,) = pager.got
    assert call["silent"] == [{"pipeline": "main", "service": "download", "since": "2024-03-06T12:26:00+00:00"}]


def test_a_crossdock_that_was_away_for_long_is_not_silent_when_it_comes_back(play):
    async def scene(at: Scene) -> None:
        await at.ran("download")
        at.later(days=3)
        await at.round(Alerts(at.host, since=at.clock.now()))
        assert await at.open_codes() == []

    play(scene)


def test_who_is_paused_is_not_missed(play):
    async def scene(at: Scene) -> None:
        await at.ran("download")
        await at.ran("release")
        await at.store.pause_connection("cart", "the password is wrong", now=at.clock.now())
        at.later(hours=1)
        await at.round(Alerts(at.host))
        health = await health_of(at.host, database="there")
        assert [one.service for one in health.services if one.wrong] == ["release"]
        assert await at.open_codes() == ["service_silent"]

    play(scene)


def test_what_nobody_watches_any_more_is_no_problem_any_more(play):
    async def scene(at: Scene) -> None:
        await at.report("a-receiver-of-old", Code.ALERT_FAILED, pipeline="")
        await at.report("ops", Code.ALERT_FAILED, pipeline="")
        await at.report("main/download", Code.SERVICE_SILENT)
        await at.report("a-pipeline-of-old/download", Code.SERVICE_SILENT, pipeline="a-pipeline-of-old")
        quiet = at.host.config.alerts.model_copy(update={"silence": 0})
        host = replace(at.host, config=replace(at.host.config, alerts=quiet))
        await Alerts(host).round()
        assert await at.open_codes() == ["alert_failed"]

    play(scene)


def test_a_pipeline_that_could_not_be_opened_is_not_heard_again_for_that(play):
    async def scene(at: Scene) -> None:
        await at.report("main/download", Code.SERVICE_SILENT)
        await at.round(Alerts(replace(at.host, pipelines={})))
        assert await at.open_codes() == ["service_silent"]
        await at.round()
        assert await at.open_codes() == []

    play(scene)


def test_health_says_what_is_wrong_and_nothing_when_all_is_well(play):
    async def scene(at: Scene) -> None:
        assert (await health_of(at.host, database="there")).alive is False
        await at.ran("download")
        await at.report("N1")
        well = await health_of(at.host, database="there")
        assert (well.well, well.alive, well.wrong, well.open_problems) == (True, True, (), 1)
        at.later(hours=1)
        await at.ran("download", RunReport(error="the cart is down"))
        sick = await health_of(at.host, database="there")
        assert (sick.well, sick.alive) == (False, True)
        assert "Order download of pipeline main (download) has not succeeded" in sick.wrong[0]
        at.later(hours=1)
        dead = await health_of(at.host, database="there")
        assert (dead.well, dead.alive) == (False, False)
        assert await at.open_codes() == ["release_refused"], "who looks changes nothing"

    play(scene)
