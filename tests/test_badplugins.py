"""Really installed plugins that go wrong, and one that goes well: each is named, none takes the others down."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from crossdock import AcknowledgesRecords, ConnectionContext, Scenario, SystemClock, Unreadable
from crossdock.cli import main
from crossdock.registry import Check, PluginFault, State, load_plugins

HERE = Path(__file__).parent / "badplugins"
STOPS_AT = {
    "broken_import": (Check.IMPORTED, "a_module_that_nobody_installed"),
    "asserting": (Check.IMPORTED, "the world is not as expected"),
    "exiting": (Check.IMPORTED, "no licence found"),
    "typo": (Check.HOOKS, "'order_source'?"),
    "unmarked": (Check.HOOKS, "@hookimpl"),
    "wrong_signature": (Check.HOOKS, "database"),
    "async_hook": (Check.HOOKS, "async"),
    "raising": (Check.DESCRIBED, "connector does not work"),
    "misnamed": (Check.DESCRIBED, "somebody_else"),
    "future_api": (Check.API, "99.0"),
    "no_settings": (Check.SETTINGS, "dict"),
    "twin": (Check.INSTALLED, "crossdock-twin-one 1.0.0 and crossdock-twin-two 1.0.0"),
}
OPENED_WRONG = """
    [plugins]
    extra = ["hiding"]
    [connections.late]
    connector = "raising_later"
    [connections.half]
    connector = "half_role"
    [connections.plain]
    connector = "plain"
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every distribution of `badplugins` installed from its wheel."""
    target = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-build-isolation", "--target", str(target)]
    projects = sorted(str(path.parent) for path in HERE.glob("*/pyproject.toml"))
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    # uv's cache goes by the time of pyproject.toml and would miss a changed module.
    tool = [uv, "pip", "install", "--offline", "--no-cache", "--python", sys.executable] if uv else []
    tool = tool or [sys.executable, "-m", "pip", "install", "--no-index"]
    done = subprocess.run([*tool, *options, *projects], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, importable in this process."""
    monkeypatch.syspath_prepend(str(site))
    return site


class Lines:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []

    def info(self, event: str, **details: object) -> None:
        self.events.append((event, details))

    warning = info


@pytest.fixture
def plugins(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """`crossdock plugins …` in this process and in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CROSSDOCK_CONFIG", raising=False)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["crossdock", "plugins", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return subprocess.CompletedProcess(arguments, ended.value.code, *capsys.readouterr())

    return run


def table(output: str) -> list[list[str]]:
    """The rows of the table that was printed, with the lines of each cell put together again."""
    head, _, *lines = output.strip("\n ").splitlines()
    starts = [0, *(found.start() + 1 for found in re.finditer("(?<=  )[a-z]", head))]
    rows: list[list[str]] = []
    for line in takewhile(str.strip, lines):
        cells = [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [f"{above} {below}".strip() for above, below in zip(rows[-1], cells, strict=True)]
    return rows


def failed(output: str) -> list[list[str]]:
    """The checks that failed: check, state, what was found, what to do."""
    return [row for row in table(output) if row[1] == State.FAILED]


def context(log: Lines | None = None) -> ConnectionContext:
    return ConnectionContext("cart", None, None, log or Lines(), SystemClock())


@pytest.mark.parametrize("name", STOPS_AT)
def test_why_names_the_step_and_what_to_do(plugins, name):
    done = plugins("why", name)
    check, told = STOPS_AT[name]
    [(stopped, _, found, to_do)] = failed(done.stdout)
    assert stopped == check
    assert told in found
    assert to_do
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("raising_later", "fulfillment_target does not work"),
        ("raising_later", "shipping_provider: it returned nothing"),
        ("half_role", "find_shipment(confirmation) is missing"),
        ("half_role", "fetch_orders takes () -> Any and must take (cursor)"),
        ("hiding", "hides AcknowledgesRecords"),
        ("plain", "broken by hiding"),
    ],
)
def test_why_opens_the_roles_that_the_config_names(plugins, tmp_path, name, told):
    (tmp_path / "crossdock.toml").write_text(OPENED_WRONG)
    done = plugins("why", name)
    assert any(told in found for _, _, found, _ in failed(done.stdout))
    assert done.returncode == 1


@pytest.mark.parametrize("name", ["plain", "audit", "slow"])
def test_why_is_content_with_good_plugins(plugins, name):
    done = plugins("why", name)
    assert done.returncode == 0, done.stdout
    assert not failed(done.stdout)


def test_why_does_not_import_what_the_config_does_not_name(plugins, tmp_path):
    (tmp_path / "crossdock.toml").write_text("[connections.cart]\nconnector = 'plain'\n")
    done = plugins("why", "broken_import")
    assert done.returncode == 1
    assert "the config does not name it" in done.stdout
    assert "a_module_that_nobody_installed" not in done.stdout


def test_list_shows_the_ready_the_broken_and_the_idle(plugins, tmp_path):
    config = tmp_path / "other.toml"
    config.write_text("[connections.a]\nconnector = 'plain'\n[connections.b]\nconnector = 'typo'\n")
    done = plugins("list", "--config", str(config))
    rows = {row[0]: row[1:] for row in table(done.stdout)}
    assert done.returncode == 1
    ungraded = "not put to the test"
    assert rows["plain"] == ["The plain plugin", "crossdock-badplugins", "0.3.0", "order_source", ungraded, "ready"]
    assert rows["typo"][-1] == "quarantined at 'hooks valid'"
    assert rows["raising"][-1] == "not named by the config"
    assert rows["twin"][1:3] == ["crossdock-twin-one crossdock-twin-two", "1.0.0 1.0.0"]


def test_list_without_a_config_imports_nothing_and_is_content(plugins):
    done = plugins("list")
    assert done.returncode == 0
    assert "nothing was imported" in done.stdout
    assert {row[-1] for row in table(done.stdout)} == {"not named by the config"}


def test_list_with_a_config_that_is_not_there_says_so(plugins):
    done = plugins("list", "--config", "nowhere.toml")
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_bad_plugins_together_leave_the_good_ones_working(installed):
    with capture_logs() as logs:
        registry = load_plugins([*STOPS_AT, "raising_later", "half_role", "slow", "plain", "audit"])
    assert registry.quarantined.keys() == STOPS_AT.keys() == {entry["plugin"] for entry in logs}
    source = registry.open_role("plain", "order_source", context())
    assert len(asyncio.run(source.fetch_orders(None)).records) == 1


def test_a_third_party_decorates_every_order_source_and_hides_nothing(installed):
    registry, log = load_plugins(["plain", "audit"]), Lines()
    source = registry.open_role("plain", "order_source", context(log))

    async def read_all() -> list[str]:
        first = await source.fetch_orders(None)
        second = await source.fetch_orders(first.cursor)
        await source.acknowledge_records([one.id for one in (*first.records, *second.records)])
        return [source.read_order(one).number for one in (*first.records, *second.records)]

    assert asyncio.run(read_all()) == ["P-1", "P-2"]
    assert dict(source.calls) == {"fetch_orders": 2, "acknowledge_records": 1, "read_order": 2}
    assert isinstance(source, AcknowledgesRecords)
    assert log.events == [("order source audited", {"connection": "cart"})]


def test_a_plugin_that_raises_everywhere_never_takes_the_host_down(installed):
    registry = load_plugins(["raising_later", "plain"])
    order = registry.open_role("plain", "order_source", context()).read_order(
        asyncio.run(registry.open_role("plain", "order_source", context()).fetch_orders(None)).records[0]
    )
    with capture_logs() as logs:
        registry.pipeline_opened("main")
        registry.connection_paused("cart", "wrong key")
        with pytest.raises(Unreadable, match="'raising_later' could not say whether to take order P-1"):
            registry.order_received("main", order)
        for attempt in (
            lambda: registry.open_role("raising_later", "fulfillment_target", context()),
            lambda: registry.open_role("raising_later", "shipping_provider", context()),
            lambda: registry.open_sandbox("raising_later", Scenario()),
        ):
            with pytest.raises(PluginFault, match="raising_later"):
                attempt()
    assert len(logs) == 6


def test_a_slow_import_is_a_warning_that_names_the_time(installed):
    sys.modules.pop("crossdock_badplugins.slow", None)
    registry = load_plugins(["slow"], slow_after=0.04)
    [warned] = [step for step in registry.why("slow") if step.state is State.WARNED]
    assert warned.check is Check.IMPORTED
    assert "took 0." in warned.detail
    assert "slow" in registry.connectors
