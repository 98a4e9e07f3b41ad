"""The files of a new plugin, and how they come onto the disk."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from crossdock.hooks.specs import API_VERSION
from crossdock.testing.scaffold.draft import Draft, Unfit

PLAIN = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "readme.md",
    "src/$package/__init__.py": "init.py",
    "src/$package/py.typed": "",
    "src/$package/settings.py": "settings.py",
    "src/$package/client.py": "client.py",
    "src/$package/errors.py": "errors.py",
    "src/$package/sandbox.py": "sandbox.py",
    "src/$package/plugin.py": "plugin.py",
    "tests/test_${name}_conformance.py": "test.py",
}
"""Every file that all plugins have, with its template."""
LONG = 120


def write(wanted: Draft, folder: Path) -> list[Path]:
    """Write the plugin into a folder that is empty or not there yet; gives the files. Raises `Unfit`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Unfit("folder", f"{folder} is there already and not empty; name another folder with --into")
    made = files_of(wanted)
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return [folder / path for path in made]


def files_of(wanted: Draft) -> dict[str, str]:
    """The text of every file, by its path."""
    words = _words(wanted)
    plain = {Template(path).substitute(words): _filled(template, words) for path, template in PLAIN.items()}
    return plain | {f"src/{wanted.package}/{wanted.module_of(role)}.py": _role(wanted, role) for role in wanted.roles}


def _words(wanted: Draft) -> dict[str, str]:
    """What the templates leave open."""
    return {
        "name": wanted.name,
        "title": wanted.title,
        "prefix": wanted.prefix,
        "package": wanted.package,
        "distribution": wanted.distribution,
        "api": f"({', '.join(map(str, API_VERSION))})",
        "door": _import("crossdock", ["ConnectionContext", "ConnectorInfo", "Scenario", "hookimpl", *_roles(wanted)]),
        "factories": "".join(_filled("factory.py", _of_role(wanted, role)) for role in wanted.roles),
        "certainty": "\n".join(_row(wanted, role) for role in wanted.roles),
        "pipeline": "\n".join(f'{role} = "mine"' for role in wanted.roles),
    }


def _role(wanted: Draft, role: str) -> str:
    return _filled("role.py", _of_role(wanted, role))


def _of_role(wanted: Draft, role: str) -> dict[str, str]:
    bones = wanted.skeleton_of(role)
    ours = {
        f"{wanted.package}.errors": frozenset(["not_written"]),
        f"{wanted.package}.settings": frozenset([f"{wanted.prefix}Settings"]),
    }
    door = {"crossdock": bones.imports.get("crossdock", frozenset()) | {"ConnectionContext"}}
    return {
        "title": wanted.title,
        "package": wanted.package,
        "prefix": wanted.prefix,
        "module": wanted.module_of(role),
        "class_name": wanted.class_of(role),
        "role": role,
        "protocol": _protocol(role),
        "told": bones.told,
        "methods": bones.methods,
        "imports": _blocks(bones.imports | door | ours),
    }


def _roles(wanted: Draft) -> list[str]:
    return [_protocol(role) for role in wanted.roles]


def _protocol(role: str) -> str:
    return role.title().replace("_", "")


def _row(wanted: Draft, role: str) -> str:
    names = ", ".join(f"`{name}`" for name in wanted.skeleton_of(role).names)
    return f"| {names} | not written yet | – |"


def _blocks(imports: Mapping[str, Iterable[str]]) -> str:
    """Import statements: the standard library's, then ours."""
    ours = {module: names for module, names in imports.items() if module.startswith("crossdock")}
    theirs = {module: names for module, names in imports.items() if module not in ours}
    blocks = ("\n".join(_import(module, block[module]) for module in sorted(block)) for block in (theirs, ours))
    return "\n\n".join(block for block in blocks if block)


def _import(module: str, names: Iterable[str]) -> str:
    """One import statement as the formatter leaves it."""
    ordered = sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    line = f"from {module} import {', '.join(ordered)}"
    return line if len(line) <= LONG else f"from {module} import (\n    " + ",\n    ".join(ordered) + ",\n)"


def _filled(template: str, words: Mapping[str, str]) -> str:
    if not template:
        return ""
    text = (files(__package__) / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)
