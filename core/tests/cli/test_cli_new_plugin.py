"""`crossdock new-plugin` writes what was asked for, or says what to ask for instead."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from crossdock.cli import app
from crossdock.registry.contract import ROLES
from crossdock.testing.scaffold import Unfit, draft, files_of

RUFF = Path(sys.executable).with_name("ruff")
MYPY = Path(sys.executable).with_name("mypy")


def new_plugin(folder: Path, *arguments: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["new-plugin", *arguments, "--into", str(folder)])
    return ended.exit_code, ended.output


def test_it_writes_a_plugin_and_says_what_is_left(tmp_path: Path) -> None:
    code, told = new_plugin(tmp_path / "mine", "my_cart", "--role", "order_source", "-r", "inventory_sink")

    assert code == 0
    assert (tmp_path / "mine/src/crossdock_my_cart/orders.py").exists()
    project = tomllib.loads((tmp_path / "mine/pyproject.toml").read_text())
    assert project["project"]["entry-points"]["crossdock.plugins"] == {"my_cart": "crossdock_my_cart.plugin"}
    assert "order_source: fetch_orders, read_order, acknowledge_order, confirm_shipment, find_shipment" in told
    assert "inventory_sink: read_stock, change_stock" in told
    assert "crossdock plugins why my_cart" in told


def test_without_a_folder_it_is_called_as_the_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    ended = CliRunner().invoke(app, ["new-plugin", "my_cart", "-r", "order_source", "--title", "MyCart"])

    assert ended.exit_code == 0
    assert "# crossdock-my-cart\n\nMyCart for" in (tmp_path / "crossdock-my-cart/README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["My-Cart", "-r", "order_source"], "'My-Cart' cannot name a plugin"),
        (["class", "-r", "order_source"], "'class' cannot name a plugin"),
        (["my_cart", "-r", "order_sorce"], "did you mean order_source?"),
        (["my_cart", "-r", "bakery"], "there is no role 'bakery', only order_source"),
        (["my_cart"], "say what the plugin is to be"),
        (["my_cart", "-r", "order_source", "--title", 'My "Cart"'], "without quotes"),
        (["channeladvisor", "-r", "order_source"], "is what crossdock-channeladvisor"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(tmp_path: Path, arguments: list[str], told: str) -> None:
    code, said = new_plugin(tmp_path / "mine", *arguments)

    assert code == 2
    assert told in said
    assert not (tmp_path / "mine").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    code, said = new_plugin(tmp_path, "my_cart", "-r", "order_source")

    assert code == 2
    assert "is there already and not empty" in said
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@given(st.text(max_size=45), st.sets(st.sampled_from([*ROLES])), st.text(max_size=45))
def test_whatever_it_is_called_it_is_refused_or_is_python_and_toml(name: str, roles: set[str], title: str) -> None:
    try:
        made = files_of(draft(name, roles, title))
    except Unfit:
        return
    for path, text in made.items():
        if path.endswith(".py"):
            ast.parse(text)
        elif path.endswith(".toml"):
            tomllib.loads(text)


@given(
    st.from_regex(r"[a-z][a-z0-9]{0,9}(_[a-z0-9]{1,9}){0,2}", fullmatch=True),
    st.sets(st.sampled_from([*ROLES]), min_size=1),
)
def test_each_role_becomes_a_module_of_its_own(name: str, roles: set[str]) -> None:
    try:
        wanted = draft(name, roles)
    except Unfit:
        return
    modules = {path for path in files_of(wanted) if path.startswith(f"src/{wanted.package}/")}
    assert {f"src/{wanted.package}/{wanted.module_of(role)}.py" for role in roles} <= modules
    assert len({wanted.module_of(role) for role in ROLES}) == len(ROLES)


def test_what_it_writes_is_as_the_formatter_and_the_linter_want_it(tmp_path: Path) -> None:
    for name in ("x", "a_cart_with_a_name_as_long_as_it_may_be1"):
        new_plugin(tmp_path / name, name, *(word for role in ROLES for word in ("-r", role)))
        for check in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [RUFF, *check, "--no-cache"], cwd=tmp_path / name, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_what_it_writes_is_typed_as_strictly_as_can_be(tmp_path: Path) -> None:
    new_plugin(tmp_path / "mine", "my_cart", *(word for role in ROLES for word in ("-r", role)))
    done = subprocess.run([MYPY], cwd=tmp_path / "mine", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
