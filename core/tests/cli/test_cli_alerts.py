"""`crossdock alerts` and `crossdock health`: who is told, and how crossdock itself is."""

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from mailserver import MailServer

from .conftest import Crossdock, Systems, crossdock_in

ALERTS = """
[alerts.email.ops]
to = ["ada@example.org"]
from = "crossdock@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
"""


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as server:
        yield server


@pytest.fixture
def told(finished: Systems, mails: MailServer, tmp_path: Path) -> Crossdock:
    """The command line beside a copy of the finished database, with one receiver of mails."""
    made = finished.crossdock.folder
    (tmp_path / "crossdock.db").write_bytes((made / "crossdock.db").read_bytes())
    written = (made / "crossdock.toml").read_text() + ALERTS.format(port=mails.port)
    (tmp_path / "crossdock.toml").write_text(written)
    return Crossdock(tmp_path, finished.crossdock.environment)


def in_json(ended: "CompletedProcess[str]") -> object:
    return json.loads(ended.stdout)


def test_a_run_tells_people_what_waits_and_the_list_says_so(told: Crossdock, mails: MailServer) -> None:
    before = told("alerts", "list")
    assert (before.returncode, "email ada@example.org" in before.stdout) == (0, True), before.stderr
    assert told("run", "--once", "--quiet").returncode == 0
    (mail,) = mails.mails
    assert "2 new problems wait for a person." in mail.get_content()
    (row,) = in_json(told("alerts", "list", "--json"))  # type: ignore[misc]
    assert (row["name"], row["kind"], row["fails"], row["error"]) == ("ops", "email", 0, "")
    assert row["last_sent"]
    assert told("run", "--once", "--quiet").returncode == 0
    assert len(mails.mails) == 1
    assert told("alerts", "list", "--csv").stdout.startswith("name,kind,place,every,clients,codes,last_sent,")


def test_what_would_be_sent_can_be_looked_at_and_nothing_is(told: Crossdock, mails: MailServer) -> None:
    shown = told("alerts", "preview")
    assert shown.stdout.startswith("ops:\nSubject: crossdock: ")
    assert "To do:" in shown.stdout
    document = in_json(told("alerts", "preview", "ops", "--json"))
    assert document["ops"]["new_problems"] == 2  # type: ignore[index]
    assert mails.mails == []


def test_a_test_message_says_whether_it_was_taken(told: Crossdock, mails: MailServer) -> None:
    assert told("alerts", "test", "ops").stdout == "ops took it: ada@example.org\n"
    assert mails.mails[0]["Subject"] == "crossdock: a test message"
    mails.answer = "554 not from you"
    refused = told("alerts", "test", "ops")
    assert (refused.returncode, "554 not from you" in refused.stderr) == (1, True)
    unknown = told("alerts", "test", "opps")
    assert (unknown.returncode, "there are: ops" in unknown.stderr) == (2, True)


def test_a_receiver_that_cannot_be_reached_does_not_stop_the_run(told: Crossdock, mails: MailServer) -> None:
    mails.answer = "554 not from you"
    ended = told("run", "--once", "--quiet")
    assert ended.returncode == 0, ended.stderr
    assert "3 problems wait for a person" in ended.stdout
    listed = told("alerts", "list")
    assert (listed.returncode, "554 not from you" in listed.stdout) == (1, True)


def test_a_config_without_alerts_says_that_nobody_is_told(finished: Systems) -> None:
    told = finished.crossdock("alerts", "list").stdout
    assert "Nobody is told: the config has no [alerts.email.NAME] and no [alerts.webhook.NAME]." in told


def test_health_is_zero_when_all_is_well_and_one_when_it_is_not(told: Crossdock) -> None:
    well = told("health", "--within", "1h")
    assert (well.returncode, "All is well." in well.stdout) == (0, True), well.stdout
    assert told("run", "--once", "--quiet", DEMO_WAREHOUSE_KEY="not-the-key-of-it").returncode == 1
    sick = told("health", "--within", "1h", "--json")
    shown = in_json(sick)
    assert (sick.returncode, shown["well"], shown["alive"]) == (1, False, True)  # type: ignore[index]
    assert "connection warehouse is paused" in shown["wrong"][0]  # type: ignore[index]
    assert {one["service"] for one in shown["services"]} >= {"download", "release"}  # type: ignore[index]
    assert told("health", "--within", "1h", "--alive").returncode == 0
    assert told("health", "--within", "often").returncode == 2


def test_health_of_a_crossdock_that_never_ran_is_one_and_makes_no_database(finished: Systems, tmp_path: Path) -> None:
    (tmp_path / "crossdock.toml").write_bytes((finished.crossdock.folder / "crossdock.toml").read_bytes())
    looked = Crossdock(tmp_path, finished.crossdock.environment)("health")
    assert (looked.returncode, "has never run here" in looked.stdout) == (1, True)
    assert not (tmp_path / "crossdock.db").exists()


def test_health_of_a_database_that_cannot_be_used_is_one(finished: Systems, tmp_path: Path) -> None:
    (tmp_path / "crossdock.toml").write_bytes((finished.crossdock.folder / "crossdock.toml").read_bytes())
    (tmp_path / "crossdock.db").write_text("a shopping list, and not a short one" * 100)
    looked = Crossdock(tmp_path, finished.crossdock.environment)("health", "--json")
    assert looked.returncode == 1
    assert in_json(looked)["alive"] is False  # type: ignore[index]


def test_health_without_a_config_could_not_be_found_out(tmp_path: Path) -> None:
    assert crossdock_in(tmp_path)("health").returncode == 2
