"""The pages are true: links lead somewhere, quotes are equal, the reference is fresh and complete."""

import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

import crossdock
from crossdock.engine.problems import Code
from crossdock.registry.contract import hook_names, new_host

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("plugins/*/README.md"), *DOCS.rglob("*.md")])
DECISIONS = sorted((DOCS / "adr").glob("0*.md"))
MINICART = ROOT / "tests/tutorial/minicart"
PLUGIN = (MINICART / "src/crossdock_minicart/plugin.py").read_text(encoding="utf-8")
SANDBOX = (MINICART / "src/crossdock_minicart/sandbox.py").read_text(encoding="utf-8")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def snippets(page: Path, language: str) -> list[str]:
    return [body for name, body in FENCED.findall(text_of(page)) if name == language]


def anchors(page: Path) -> set[str]:
    prose = FENCED.sub("", text_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(prose)}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", text_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{link}: there is no {target}"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


def test_the_reference_is_what_the_code_says() -> None:
    stale = [name for name, text in generator().pages().items() if text_of(generator().REFERENCE / name) != text]
    assert not stale, f"{', '.join(stale)}: run `make docs`"


def test_the_reference_has_no_page_that_nothing_makes() -> None:
    assert {page.name for page in generator().REFERENCE.glob("*")} == generator().pages().keys()


def test_every_hook_is_documented() -> None:
    told = anchors(DOCS / "reference/hooks.md")
    assert set(hook_names(new_host())) <= told


def test_every_name_of_the_public_door_is_documented() -> None:
    pages = ("roles.md", "features.md", "plugin-api.md", "errors.md", "hooks.md")
    told = "\n".join(text_of(DOCS / "reference" / page) for page in pages)
    hidden = [name for name in crossdock.__all__ if not re.search(rf"\b{name}\b", told)]
    assert not hidden


def test_every_kind_of_problem_says_what_to_do() -> None:
    told = tomllib.loads(text_of(DOCS / "problems.toml"))
    assert told.keys() == {code.value for code in Code}
    assert all(entry.keys() == {"means", "do"} for entry in told.values())


def test_the_readme_quotes_the_tested_plugin() -> None:
    assert PLUGIN in snippets(ROOT / "README.md", "python")


def test_the_tutorial_quotes_the_tested_simulator_and_plugin_from_the_first_line_to_the_last() -> None:
    quoted = "".join(snippets(DOCS / "tutorial/index.md", "python"))
    assert re.sub(r"\n+", "\n", quoted) == re.sub(r"\n+", "\n", SANDBOX + PLUGIN)


def test_the_tutorial_quotes_the_tested_package_and_config() -> None:
    quoted = snippets(DOCS / "tutorial/index.md", "toml")
    assert quoted == [text_of(MINICART / "pyproject.toml"), text_of(MINICART.parent / "crossdock.toml")]


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_a_decision_is_short_and_names_its_alternatives(decision: Path) -> None:
    assert len(text_of(decision).split()) < 500
    assert anchors(decision) >= anchors(DOCS / "adr/template.md") - {"nnnn-the-decision-in-one-sentence"}


def test_the_list_of_decisions_is_complete() -> None:
    listed = LINK.findall(text_of(DOCS / "adr/README.md"))
    assert [decision.name for decision in DECISIONS] == [link for link in listed if link != "template.md"]


@pytest.mark.parametrize("picture", sorted((DOCS / "pictures").glob("*.svg")), ids=named)
def test_a_picture_fetches_nothing_from_elsewhere(picture: Path) -> None:
    tree = ElementTree.parse(picture)
    assert tree.getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert "url(http" not in text_of(picture)
    assert "href" not in text_of(picture)
