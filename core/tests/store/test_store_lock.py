"""One runner a database."""

import os
import signal
import subprocess
import sys

import pytest

from crossdock.store import AnotherRunner, hold_runner_lock

HOLDER = """
import sys
from crossdock.store import hold_runner_lock
with hold_runner_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _start_holder(url: str) -> subprocess.Popen[bytes]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


def _assert_refused(url: str) -> None:
    said = pytest.raises(AnotherRunner, match=r"another crossdock already runs on the database .*stop it first")
    with said, hold_runner_lock(url):
        pytest.fail("two runners")


def test_second_runner_is_refused_until_the_first_ends(database_url: str) -> None:
    with _start_holder(database_url) as holder:
        _assert_refused(database_url)
        holder.communicate(b"")
    with hold_runner_lock(database_url):
        pass


def test_runner_that_was_killed_holds_nothing(sqlite_url: str) -> None:
    with _start_holder(sqlite_url) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with hold_runner_lock(sqlite_url):
            pass


def test_runners_of_different_databases_do_not_disturb_each_other(sqlite_url: str) -> None:
    with hold_runner_lock(sqlite_url), hold_runner_lock(f"{sqlite_url}.other"), hold_runner_lock("sqlite://"):
        pass


def test_same_process_cannot_hold_it_twice(database_url: str) -> None:
    with hold_runner_lock(database_url), pytest.raises(AnotherRunner), hold_runner_lock(database_url):
        pytest.fail("two runners")
