"""`crossdock connect`: from an account to a connection that works, without a secret on the screen."""

import asyncio
import os
import pty
import re
import socket
import stat
import subprocess
import tomllib
import webbrowser
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from typer.testing import CliRunner

from crossdock.cli import app
from crossdock.hooks.context import Scenario
from crossdock.hooks.errors import NeedsAuth
from crossdock.registry import load_plugins
from crossdock.runtime.authorize import Approval, read_redirected, receive_code
from crossdock.sandbox import SandboxServer

SECRET, TOKEN = "a-secret-of-the-application", "a-token-made-by-hand"
ELSEWHERE = "https://shop.example/crossdock"


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Cart:
    """A simulated ChannelAdvisor, and the command line that is to be connected to it."""

    def __init__(self, url, redirect_uri, crossdock):
        self.url, self.redirect_uri, self.crossdock = url, redirect_uri, crossdock
        self.options = ["connect", "channeladvisor", "--name", "cart", "--set", f"base_url={url}"]
        self.options += ["--set", "application_id=an-application"]
        self.environment = {"CHANNELADVISOR_SHARED_SECRET": SECRET}

    @contextmanager
    def connecting(self, *options, **environment):
        """The command at work, and the address that it shows for the approval."""
        command = self.crossdock.command(*self.options, "--redirect-uri", self.redirect_uri, *options)
        given = {**self.crossdock.environment, **self.environment, **environment}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=self.crossdock.folder, env=given, text=True, stdin=pipe, stdout=pipe, stderr=pipe
        ) as process:
            try:
                shown = next((line.strip() for line in process.stdout if line.startswith(self.url)), None)
                yield process, shown
            finally:
                process.kill()

    def run(self, *options, monkeypatch, browse=None, **environment):
        """The command in this process; `browse` is the browser that opens the approval."""
        monkeypatch.chdir(self.crossdock.folder)
        browser = ("--browser", "--redirect-uri", self.redirect_uri) if browse else ()
        with _browser(browse, monkeypatch):
            arguments = [*self.options, *browser, *options]
            return CliRunner().invoke(app, arguments, env=self.environment | environment, input="")

    @property
    def kept(self):
        """The secrets that were written down, by file name."""
        files = sorted((self.crossdock.folder / "secrets").glob("*"))
        return {file.name: file.read_text().strip() for file in files}


@contextmanager
def _browser(browse, monkeypatch):
    """The browser of this machine, for as long as the command runs."""
    with ThreadPoolExecutor(1) as browser:
        visits = []
        monkeypatch.setattr(webbrowser, "_tryorder", ["ours"])
        opened = type("Browser", (), {"open": lambda _, url, *more: visits.append(browser.submit(browse, url))})
        monkeypatch.setitem(webbrowser._browsers, "ours", [None, opened()])
        yield
        for visit in visits:
            visit.result(timeout=60)


@contextmanager
def _cart(crossdock, redirect_uri="", **options):
    redirect_uri = redirect_uri or f"http://127.0.0.1:{_free_port()}/callback"
    access = {"applications": {"an-application": SECRET}, "refresh_token": TOKEN, "redirect_uris": [redirect_uri]}
    scenario = Scenario(orders=0, options=access | options)
    with SandboxServer(load_plugins(["channeladvisor"]).open_sandbox("channeladvisor", scenario)) as server:
        yield Cart(server.url, redirect_uri, crossdock)


@pytest.fixture
def cart(crossdock):
    with _cart(crossdock) as cart:
        yield cart


def _browse(url, approve=1, follow=True):
    with httpx.Client(follow_redirects=follow) as browser:
        return browser.get(f"{url}&approve={approve}")


def _table(output):
    """The part of the output that belongs into the config."""
    return output[output.index("[connections.") :]


def test_approval_in_the_browser_makes_a_connection_that_works(cart, monkeypatch):
    with cart.connecting() as (process, url):
        asked = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        assert (asked["client_id"], asked["redirect_uri"]) == ("an-application", cart.redirect_uri)
        assert (asked["access_type"], asked["scope"]) == ("offline", "orders inventory")
        assert "You can close this window" in _browse(url).text
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert "cart works:" in output
    assert "profile 12345678" in output
    [(name, token)] = cart.kept.items()
    assert name == "cart.refresh_token"
    assert token not in output
    assert SECRET not in output
    file = cart.crossdock.folder / "secrets/cart.refresh_token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert tomllib.loads(_table(output)) == {
        "connections": {
            "cart": {
                "connector": "channeladvisor",
                "application_id": "an-application",
                "shared_secret": {"env": "CHANNELADVISOR_SHARED_SECRET"},
                "refresh_token": {"file": "secrets/cart.refresh_token"},
                "base_url": cart.url,
            }
        }
    }
    (cart.crossdock.folder / "crossdock.toml").write_text(_table(output))
    monkeypatch.chdir(cart.crossdock.folder)
    told = CliRunner().invoke(app, ["check", "--connect"], env=cart.environment)
    assert "ok     cart" in told.stdout, told.output


def test_answer_to_somebody_elses_approval_does_not_end_the_wait(cart, monkeypatch):
    def browse(url):
        with httpx.Client() as stranger:
            forged = stranger.get(cart.redirect_uri, params={"code": "of-an-attacker", "state": "guessed"})
            assert (forged.status_code, "not the answer" in forged.text) == (400, True)
            assert stranger.get(cart.redirect_uri, params={"code": "of-an-attacker"}).status_code == 400
            assert stranger.get(cart.redirect_uri.replace("/callback", "/favicon.ico")).status_code == 404
        _browse(url)

    told = cart.run(monkeypatch=monkeypatch, browse=browse)
    assert told.exit_code == 0, told.output
    assert list(cart.kept) == ["cart.refresh_token"]


def test_approval_that_is_refused_is_a_sentence_and_keeps_nothing(cart, monkeypatch):
    told = cart.run(monkeypatch=monkeypatch, browse=lambda url: _browse(url, approve=0))
    assert isinstance(told.exception, NeedsAuth)
    assert str(told.exception) == "the approval was refused in the browser (access_denied); begin again and approve"
    assert cart.kept == {}


def test_answer_at_a_registered_address_elsewhere_is_pasted(crossdock):
    with _cart(crossdock, ELSEWHERE) as cart, cart.connecting() as (process, url):
        sent_to = _browse(url, follow=False).headers["location"]
        assert sent_to.startswith(f"{ELSEWHERE}?code=")
        output, errors = process.communicate(f"  {sent_to} \n", timeout=60)
        assert (process.returncode, errors) == (0, "")
        assert list(cart.kept) == ["cart.refresh_token"]
        assert "cart works:" in output


@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        ({"code_seconds": 1e-6}, {}, "does not take the code of the approval: it works once, for five minutes"),
        ({}, {"CHANNELADVISOR_SHARED_SECRET": "wrong-secret"}, "compare `application_id` and `shared_secret`"),
    ],
)
def test_code_that_is_not_taken_says_what_to_do(crossdock, monkeypatch, options, environment, sentence):
    with _cart(crossdock, **options) as cart:
        told = cart.run(monkeypatch=monkeypatch, browse=_browse, **environment)
    assert isinstance(told.exception, NeedsAuth)
    assert sentence in str(told.exception)
    assert "wrong-secret" not in told.output + str(told.exception)
    assert cart.kept == {}


def test_token_of_the_environment_is_tried_and_left_where_it_is(cart, monkeypatch):
    told = cart.run(CHANNELADVISOR_REFRESH_TOKEN=TOKEN, monkeypatch=monkeypatch)
    assert told.exit_code == 0, told.output
    table = tomllib.loads(_table(told.output))["connections"]["cart"]
    assert table["refresh_token"] == {"env": "CHANNELADVISOR_REFRESH_TOKEN"}
    assert cart.kept == {}
    assert TOKEN not in told.output


def test_secrets_of_files_are_tried_and_left_where_they_are(cart, monkeypatch, tmp_path_factory):
    here, elsewhere = cart.crossdock.folder / "token.txt", tmp_path_factory.mktemp("vault") / "secret.txt"
    here.write_text(f"{TOKEN}\n")
    elsewhere.write_text(SECRET)
    options = ("--file", "refresh_token=token.txt", "--file", f"shared_secret={elsewhere}")
    told = cart.run(*options, "--set", "profile_ids=[12345678]", monkeypatch=monkeypatch)
    assert told.exit_code == 0, told.output
    table = tomllib.loads(_table(told.output))["connections"]["cart"]
    assert table["refresh_token"] == {"file": "token.txt"}
    assert table["shared_secret"] == {"file": str(elsewhere)}
    assert table["profile_ids"] == [12345678]


def test_token_that_is_refused_ends_in_a_sentence(cart, monkeypatch):
    told = cart.run(CHANNELADVISOR_REFRESH_TOKEN="revoked-token", monkeypatch=monkeypatch)
    assert isinstance(told.exception, NeedsAuth)
    assert "create a new `refresh_token`" in str(told.exception)
    assert "connections.cart" not in told.output


def test_connection_that_cannot_be_tried_now_is_shown_all_the_same(cart, monkeypatch):
    there = f"base_url=http://127.0.0.1:{_free_port()}"
    told = cart.run("--set", there, CHANNELADVISOR_REFRESH_TOKEN=TOKEN, monkeypatch=monkeypatch)
    assert told.exit_code == 1
    assert "did not get through" in told.stderr
    assert "connections.cart" in told.output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--set", "shared_secret=in-the-clear"], "shared_secret is a secret and would stay in the shell's history"),
        (["--set", "colour=blue"], "channeladvisor has no setting colour; it has application_id"),
        (["--set", "timeout=soon"], "these settings cannot be used: timeout: Input should be a valid number"),
        (["--file", "refresh_token=nowhere.txt"], "there is no file"),
        (["--by-hand"], "refresh_token is missing: give it with --file refresh_token=… or in the environment as"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_asked_of_anybody(cart, monkeypatch, options, sentence):
    told = cart.run(*options, monkeypatch=monkeypatch)
    assert sentence in str(told.exception)
    assert "in-the-clear" not in told.output + str(told.exception)
    assert "/oauth2/authorize" not in told.output


def test_port_of_the_redirect_address_that_is_taken_is_named(cart, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = cart.run("--redirect-uri", f"http://127.0.0.1:{port}/callback", monkeypatch=monkeypatch)
    assert f"port {port} of http://127.0.0.1:{port}/callback is in use" in str(told.exception)
    assert "/oauth2/authorize" not in told.output


def test_secret_that_is_kept_already_is_replaced_only_on_a_word(cart, monkeypatch):
    file = cart.crossdock.folder / "secrets/cart.refresh_token"
    file.parent.mkdir()
    file.write_text("of-yesterday")
    told = cart.run(monkeypatch=monkeypatch)
    assert "secrets/cart.refresh_token is there already: say --replace" in str(told.exception)
    assert cart.run("--replace", monkeypatch=monkeypatch, browse=_browse).exit_code == 0
    assert cart.kept["cart.refresh_token"] != "of-yesterday"


def test_connector_without_steps_is_tried_with_what_is_given(crossdock, monkeypatch):
    registry = load_plugins(["warehouseos"])
    with SandboxServer(registry.open_sandbox("warehouseos", Scenario(orders=0))) as server:
        monkeypatch.chdir(crossdock.folder)
        environment = {"WAREHOUSEOS_API_KEY": "not-the-key", "WAREHOUSEOS_BASE_URL": server.url}
        told = CliRunner().invoke(app, ["connect", "warehouseos"], env=environment, input="")
    assert isinstance(told.exception, NeedsAuth), told.output


def test_secret_typed_at_a_terminal_is_not_shown(cart):
    ours, theirs = pty.openpty()
    command = cart.crossdock.command(*cart.options, "--by-hand")
    environment = cart.crossdock.environment
    with subprocess.Popen(
        command, cwd=cart.crossdock.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        screen = _typed(ours, {b"shared_secret: ": SECRET, b"refresh_token: ": TOKEN})
        process.wait(timeout=60)
    os.close(ours)
    assert process.returncode == 0, screen
    assert "Developer Console" in screen
    assert "cart works:" in screen
    assert not {SECRET, TOKEN} & set(re.findall(r"[\w-]+", screen))
    assert cart.kept == {"cart.refresh_token": TOKEN, "cart.shared_secret": SECRET}


def _typed(terminal, answers):
    """Type each answer when its question stands on the screen; gives all that was shown."""
    screen, answers = b"", dict(answers)
    while True:
        try:
            screen += os.read(terminal, 4096)
        except OSError:  # the other end was closed: the command has ended
            return screen.decode()
        for question in [one for one in answers if screen.endswith(one)]:
            os.write(terminal, answers.pop(question).encode() + b"\n")


APPROVAL = Approval("https://cart.example/authorize", ELSEWHERE, "the-state")


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        (f"{ELSEWHERE}?code=c&state=of-another-one", "the answer to another approval"),
        (f"{ELSEWHERE}?error=access_denied&error_description=no%0Away", r"\(access_denied no way\)"),
        (f"{ELSEWHERE}?state=the-state", "holds no code"),
        ("", "holds no code"),
        ("nonsense", "holds no code"),
    ],
)
def test_pasted_address_that_is_no_answer_says_why(pasted, sentence):
    with pytest.raises(NeedsAuth, match=sentence):
        read_redirected(pasted, APPROVAL)


def test_pasted_address_gives_its_code_even_where_no_state_came_back():
    assert read_redirected(f"{ELSEWHERE}?code=a%2Bb&state=the-state#top", APPROVAL) == "a+b"
    assert read_redirected(f"{ELSEWHERE}?code=a%2Bb", APPROVAL) == "a+b"


def test_wait_for_an_approval_ends():
    approval = Approval("https://cart.example/authorize", f"http://127.0.0.1:{_free_port()}/", "the-state")
    with pytest.raises(NeedsAuth, match=r"no approval came within 0.05 s"):
        asyncio.run(receive_code(approval, seconds=0.05, ready=lambda: None))
