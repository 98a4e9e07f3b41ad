"""What goes wrong ends as a sentence, and a bug as a traceback without secrets."""

import pytest
import structlog

from crossdock.cli.failure import explain
from crossdock.hooks.errors import Unavailable
from crossdock.runtime.logs import open_log
from crossdock.sandbox import PortInUse


def test_what_was_foreseen_is_its_sentence(capsys):
    assert [explain(Unavailable("the warehouse is not there")), explain(PortInUse(8701))] == [2, 2]
    assert capsys.readouterr().err == (
        "the warehouse is not there\n"
        "port 8701 is in use by another program; choose another one with --port, or stop that program\n"
    )


@pytest.fixture
def _fresh_log():
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_fresh_log")
def test_a_bug_is_told_with_its_place_and_without_secrets(capsys):
    secret = "-".join(["a", "very", "secret", "word"])
    open_log([secret])
    with pytest.raises(ValueError) as raised:
        int(secret)
    assert explain(raised.value) == 2
    told = capsys.readouterr().err
    assert "please report this" in told
    assert "test_cli_failures.py" in told
    assert "invalid literal for int() with base 10: '***'" in told
    assert secret not in told
