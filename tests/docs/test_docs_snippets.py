"""What the pages tell people to write and type is valid: config, commands, code."""

import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main
from world.settings import as_toml

from crossdock.cli import app
from crossdock.cli.receipts_file import read_receipts
from crossdock.cli.ship_methods_text import read_rows
from crossdock.cli.stock_file import read_file
from crossdock.config import load_config, survey_connections
from crossdock.config.bundles import read_bundles
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
                address = "https://example.org/" if place.endswith("_URL") else ""
                monkeypatch.setenv(place, f"{address}a-value-that-is-long-enough")
            else:
                (folder / place).parent.mkdir(exist_ok=True)
                (folder / place).write_text("a-value")


class Silent:
    def info(self, event: str, **details: object) -> None: ...

    def warning(self, event: str, **details: object) -> None: ...


A_CART = {"connector": "channeladvisor", "application_id": "an-id"} | {
    name: {"env": name.upper()} for name in ("shared_secret", "refresh_token")
}
A_WAREHOUSE = {"connector": "warehouseos", "base_url": "https://tenant.example", "api_key": {"env": "WOS_API_KEY"}}
A_KARRIO = {"connector": "karrio", "base_url": "https://shipping.example", "api_key": {"env": "KARRIO_KEY"}}
AROUND = {
    **dict.fromkeys(("cart", "acme-cart", "bolt-cart"), A_CART),
    **dict.fromkeys(("warehouse", "west"), A_WAREHOUSE),
    "karrio": A_KARRIO,
}
"""The connections that a page takes for granted when it shows a part of a pipeline."""
A_ROAD = {"order_source": "cart", "fulfillment_target": "warehouse"}


def whole(body: str) -> str:
    """A config; one that shows only a part of a pipeline gets the rest."""
    shown = tomllib.loads(body)
    if "pipelines" not in shown or "connections" in shown:
        return body
    pipelines = {name: A_ROAD | one for name, one in shown["pipelines"].items()}
    return as_toml(shown | {"connections": AROUND, "pipelines": pipelines})


@pytest.mark.parametrize("body", snippets("toml", compared="build-system"))
def test_a_config_has_no_mistake(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = whole(body)
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
                assert tool in {"pip", "pytest", "curl", "export", "sqlite3", "."}, line


def check_command(words: list[str]) -> None:
    command: Any = COMMANDS
    while (inner := getattr(command, "commands", {})) and words and words[0] in inner:
        command, words = inner[words[0]], words[1:]
    works_alone = getattr(command, "invoke_without_command", False) and all(word.startswith("-") for word in words[:1])
    assert works_alone or not getattr(command, "commands", {}), f"{words} is no command of {command.name}"
    context = command.make_context(command.name, words, resilient_parsing=False)
    context.close()


@pytest.mark.parametrize("body", snippets("csv"))
def test_a_file_has_no_wrong_row(body: str, tmp_path: Path) -> None:
    file = tmp_path / "snippet.csv"
    file.write_text(body)
    first, _, _ = body.partition(",")
    assert READERS[first](file)


READERS: Mapping[str, Callable[[Path], Any]] = {
    "sku": lambda file: read_file(file, "key"),
    "purchase_order": read_receipts,
    "direction": lambda file: read_rows(file, "main", lambda entry: ""),
    "bundle": lambda file: _without_mistake(*read_bundles(file, file, "bundles")),
}
"""Who reads a table, by its first column."""


def _without_mistake(table: object, mistakes: object) -> object:
    assert not mistakes
    return table


@pytest.mark.parametrize("body", snippets("python", compared=r"MiniCart|crossdock_minicart|\A "))
def test_code_runs(body: str) -> None:
    exec(compile(body, "snippet", "exec"), {})
