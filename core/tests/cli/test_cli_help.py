"""Help: quick, and worth reading."""

import os
import subprocess
import sys

import pytest

HEAVY = ("sqlalchemy", "sqlmodel", "httpx", "aiohttp", "pydantic", "rich", "structlog", "crossdock_channeladvisor")
COMMANDS = (
    "demo",
    "check",
    "preview",
    "run",
    "sandbox",
    "orders list",
    "orders show",
    "orders fetch",
    "orders cancel",
    "orders refund",
    "orders release",
    "orders unacknowledge",
    "orders withdraw",
    "orders replace",
    "orders hold",
    "orders resume",
    "ship-methods list",
    "ship-methods set",
    "ship-methods remove",
    "ship-methods try",
    "ship-methods import",
    "ship-methods export",
    "problems list",
    "problems show",
    "problems retry",
    "problems resolve",
    "services list",
    "services pause",
    "services resume",
    "services run",
    "runs list",
    "audit list",
    "clients list",
)


def test_help_imports_neither_the_store_nor_a_plugin():
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "crossdock", "--help"], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert "crossdock.cli.run" in imported
    assert not {name for name in imported if name.startswith((*HEAVY, "crossdock.store", "crossdock.engine"))}


def test_help_takes_less_than_three_tenths_of_a_second_of_work():
    def seconds_of_work() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "crossdock", "--help"], capture_output=True, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds_of_work() for _ in range(3)) < 0.3


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_shows_how_it_is_called(crossdock, command):
    told = crossdock(*command.split(), "--help")
    assert told.returncode == 0
    assert f"crossdock {command}" in told.stdout.split("Options:")[0].partition("Example")[2]


def test_no_command_is_told_of_in_half_a_sentence(crossdock):
    for group in ("", "orders", "problems", "ship-methods", "stock", "receipts", "services", "mapping"):
        listed = crossdock(*group.split(), "--help").stdout.partition("Commands:")[2]
        assert listed
        assert "..." not in listed


def test_version_is_told(crossdock):
    assert crossdock("--version").stdout.startswith("crossdock 0.")
