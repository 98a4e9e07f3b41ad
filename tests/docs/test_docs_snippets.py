"""What the pages tell people to write and type is valid: config, commands, code."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main

from crossdock.cli import app
from crossdock.cli.receipts_file import read_receipts
from crossdock.cli.stock_file import read_file
from crossdock.config import load_config, survey_connections
from crossdock.registry import load_plugins

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "core/README.md", *sorted(ROOT.glob("docs/*.md"))]
PAGES += [page for part in ("tutorial", "howto", "explanation") for page in sorted(ROOT.glob(f"docs/{part}/*.md"))]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = typer.main.get_command(app)


def snippets(language: str, *, compared: str = "$^") -> list[Any]:
    """The snippets of a language, without those that another test compares with files (a pattern names them)."""
    return [
        pytest.param(body, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, (name, body) in enumerate(FENCED.findall(page.read_text(encoding="utf-8")), start=1)
        if name == language and not re.search(compared, body)
    ]


def references(value: Any) -> Iterator[Mapping[str, str]]:
    if isinstance(value, dict):
        if value.keys() in ({"env"}, {"file"}):
            yield value
        for inner in value.values():
            yield from references(inner)


def keep_secrets(config: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a value wherever the config refers to."""
    for reference in references(tomllib.loads(config)):
        for kind, place in reference.items():
            if kind == "env":
                monkeypatch.setenv(place, "a-value-that-is-long-enough")
            else:
                (folder / place).parent.mkdir(exist_ok=True)
                (folder / place).write_text("a-value")


class Silent:
    def info(self, event: str, **details: object) -> None: ...

    def warning(self, event: str, **details: object) -> None: ...


@pytest.mark.parametrize("body", snippets("toml", compared="build-system"))
def test_a_config_has_no_mistake(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_secrets(body, tmp_path, monkeypatch)
    (tmp_path / "crossdock.toml").write_text(body)
    config = load_config(tmp_path / "crossdock.toml")
    ours = [name for name in config.plugin_names if name not in ("minicart", "audit")]
    _, mistakes = survey_connections(config, load_plugins(ours, log=Silent()))
    assert [one for one in mistakes if "'minicart'" not in one.found and "'audit'" not in one.found] == []


@pytest.mark.parametrize("body", snippets("console"))
def test_a_command_exists_with_its_options(body: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for line in body.splitlines():
        match shlex.split(line, comments=True):
            case ["crossdock", *words]:
                check_command(words)
            case ["make", target]:
                assert target in targets
            case [tool, *_]:
                assert tool in {"pip", "curl", "export", "sqlite3", "."}, line


def check_command(words: list[str]) -> None:
    command: Any = COMMANDS
    while (inner := getattr(command, "commands", {})) and words and words[0] in inner:
        command, words = inner[words[0]], words[1:]
    assert not getattr(command, "commands", {}), f"{words} is no command of {command.name}"
    context = command.make_context(command.name, words, resilient_parsing=False)
    context.close()


@pytest.mark.parametrize("body", snippets("csv"))
def test_a_file_has_no_wrong_row(body: str, tmp_path: Path) -> None:
    file = tmp_path / "snippet.csv"
    file.write_text(body)
    assert read_receipts(file) if body.startswith("purchase_order") else read_file(file, "key")


@pytest.mark.parametrize("body", snippets("python", compared=r"MiniCart|crossdock_minicart|\A "))
def test_code_runs(body: str) -> None:
    exec(compile(body, "snippet", "exec"), {})
