"""What goes wrong ends as a sentence, and a bug as a traceback without secrets."""

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


def test_a_bug_is_told_with_its_place_and_without_secrets(capsys):
    try:
        open_log(["a-very-secret-word"])
        raise ValueError("cannot use a-very-secret-word here")
    except ValueError as error:
        assert explain(error) == 2
    finally:
        structlog.reset_defaults()
    told = capsys.readouterr().err
    assert "please report this" in told
    assert "test_cli_failures.py" in told
    assert "cannot use *** here" in told
    assert "a-very-secret-word" not in told.replace('open_log(["a-very-secret-word"])', "")
