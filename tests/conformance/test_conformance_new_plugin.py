"""What `crossdock new-plugin` writes installs, keeps the laws about plugins as such, and breaks those of its roles."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from crossdock.registry.contract import ROLES
from crossdock.testing.kit import try_law
from crossdock.testing.law import Law
from crossdock.testing.scaffold import draft, write
from crossdock.testing.subject import Subject, subject

PLUGINS: Mapping[str, tuple[str, ...]] = {**{f"new_{role}": (role,) for role in ROLES}, "new_all": tuple(ROLES)}
READS = {"order_source", "fulfillment_target", "inventory_source", "catalog_source"}
"""The roles whose records are listed."""
KEPT = ("plugin.", "settings.", "limits.declared")
SHOWS = "plugin.shows_records"
"""The law about plugins that needs something to be read."""


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new plugin of each role, and one with all of them."""
    folder = tmp_path_factory.mktemp("sources")
    for name, roles in PLUGINS.items():
        write(draft(name, roles), folder / name)
    return folder


@pytest.fixture(scope="session")
def site(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which all of them were installed from their wheels."""
    target = tmp_path_factory.mktemp("site")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    tool = [uv, "pip", "install", "--offline", "--no-cache", "--python", sys.executable] if uv else []
    tool = tool or [sys.executable, "-m", "pip", "install", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(target)]
    projects = [str(sources / name) for name in PLUGINS]
    done = subprocess.run([*tool, *options, *projects], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, importable in this process."""
    monkeypatch.syspath_prepend(str(site))


def breach(law: Law, plugin: Subject) -> str:
    """How a plugin breaks a law; empty if it keeps it."""
    try:
        try_law(law, plugin)
    except Exception as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", PLUGINS)
def test_a_new_plugin_keeps_the_laws_about_the_plugin_itself(installed: None, name: str) -> None:
    plugin = subject(name)

    assert plugin.unplayable == ""
    assert plugin.roles == {ROLES[role] for role in PLUGINS[name]}
    itself = [law for law in plugin.laws() if law.id.startswith(KEPT) and law.id != SHOWS]
    assert {law.id: found for law in itself if (found := breach(law, plugin))} == {}
    assert {law.id for law in itself} >= {"plugin.loads", "plugin.rehearses", "plugin.opens_offline"}


@pytest.mark.parametrize("name", [name for name, roles in PLUGINS.items() if READS & {*roles}])
def test_a_new_plugin_breaks_the_laws_about_what_is_not_written_and_they_say_so(installed: None, name: str) -> None:
    plugin = subject(name)
    [shows] = [law for law in plugin.laws() if law.id == SHOWS]

    assert "is not written yet" in breach(shows, plugin)


def test_its_own_test_runs_every_law_and_fails_for_what_is_left(sources: Path, site: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "plugin.loads or translation.pure"]
    done = subprocess.run(
        command, cwd=sources / "new_order_source", env=environment, capture_output=True, text=True, check=False
    )

    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "fetch_orders is not written yet" in done.stdout
