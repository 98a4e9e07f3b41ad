import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from textwrap import dedent

import pytest

Install = Callable[..., str]
_serial = count()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a plugin for the length of a test: a module and the metadata of its distribution on `sys.path`."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(name: str, source: str, distribution: str = "", version: str = "1.0", entry: str = "") -> str:
        module = f"registry_plugin_{next(_serial)}"
        distribution = distribution or f"crossdock-{name}"
        (tmp_path / f"{module}.py").write_text(dedent(source))
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[crossdock.plugins]\n{name} = {entry or module}\n")
        return module

    before = set(sys.modules)
    yield put
    for module in set(sys.modules) - before:
        if module.startswith("registry_plugin_"):
            del sys.modules[module]
