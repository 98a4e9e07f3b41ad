"""What is written down of a run, and that no law gets lost between the kit and the grade."""

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from crossdock.testing.evidence import ENDING, Evidence, Tried, digest_of, standing_of
from crossdock.testing.law import Grade


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EntryPoint:
    """The entry point of a plugin that nobody has put to the test."""
    package = tmp_path / "evident_shop"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('nobody may import me')")
    (package / "inner" / "plugin.py").write_text("ONE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return EntryPoint("shop", "evident_shop.inner.plugin", "crossdock.plugins")


def home(tmp_path: Path) -> Path:
    return tmp_path / "evident_shop" / "inner"


def write(tmp_path: Path, entry_point: EntryPoint, *held: tuple[str, bool | None], plugin: str = "shop") -> None:
    laws = {f"law.{n}": Tried(grade=grade, held=was_held) for n, (grade, was_held) in enumerate(held)}
    evidence = Evidence(plugin=plugin, kit="0.1.0", files=digest_of(entry_point), laws=laws)
    (home(tmp_path) / f"shop{ENDING}").write_text(evidence.model_dump_json())


def test_a_grade_follows_from_the_laws_and_nothing_is_imported(tmp_path: Path, shop: EntryPoint) -> None:
    assert standing_of("shop", shop).why_not == "not put to the test"
    write(tmp_path, shop, ("bronze", True), ("silver", True), ("gold", False))
    assert standing_of("shop", shop).grade is Grade.SILVER
    write(tmp_path, shop, ("bronze", False))
    assert standing_of("shop", shop).why_not == "breaks a law of bronze"


def test_a_plugin_that_changed_has_no_grade_until_it_is_tried_again(tmp_path: Path, shop: EntryPoint) -> None:
    write(tmp_path, shop, ("bronze", True))
    (home(tmp_path) / "plugin.py").write_text("ONE = 2\n")
    assert standing_of("shop", shop).why_not == "changed since it was put to the test"
    write(tmp_path, shop, ("bronze", True))
    assert standing_of("shop", shop).grade is Grade.PLATINUM


def test_the_evidence_of_another_plugin_and_one_that_cannot_be_read_give_no_grade(
    tmp_path: Path, shop: EntryPoint
) -> None:
    write(tmp_path, shop, ("bronze", True), plugin="another")
    assert standing_of("shop", shop).grade is None
    (home(tmp_path) / f"shop{ENDING}").write_text('{"grade": "platinum"}')
    assert standing_of("shop", shop).why_not == "shop.conformance.json cannot be read"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_law_that_is_taken_out_of_the_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        'from crossdock.testing import conformance\ntest_conformance = conformance("channeladvisor")\n'
    )
    (tmp_path / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items[:] = [one for one in items if 'loads' not in one.name]\n"
    )
    done = run(tmp_path, "--collect-only")
    assert done.returncode != 0
    assert "channeladvisor: plugin.loads" in done.stdout + done.stderr


def test_a_known_breach_that_is_none_fails_until_its_reason_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from crossdock.testing import conformance\n"
        'test_conformance = conformance("channeladvisor", xfail={"plugin.loads": "it does not load yet"})\n'
    )
    done = run(tmp_path, "-k", "plugin.loads")
    assert "[XPASS(strict)] it does not load yet" in done.stdout


def test_what_the_list_of_plugins_shows_is_what_the_files_say(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "crossdock", "plugins", "list", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    listed = {one["name"]: one for one in json.loads(done.stdout)}
    assert all(one["grade"] or one["ungraded"] for one in listed.values())


def test_a_law_with_nothing_to_judge_neither_gives_a_grade_nor_takes_one(tmp_path: Path, shop: EntryPoint) -> None:
    write(tmp_path, shop, ("bronze", True), ("gold", None))
    assert standing_of("shop", shop).grade is Grade.PLATINUM
    write(tmp_path, shop, ("bronze", None))
    assert standing_of("shop", shop).grade is None
