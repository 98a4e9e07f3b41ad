"""Four wheels that work in an empty environment."""

import subprocess
import sys
import venv
from pathlib import Path
from shutil import which

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = ("core", "plugins/channeladvisor", "plugins/wms_warehouseos", "plugins/shipping")


def uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else which("uv")
    assert found, "uv is installed by `make setup` where the machine has none"
    return found


@pytest.mark.slow
def test_the_wheels_of_all_distributions_bring_the_demo_to_an_empty_environment(tmp_path: Path) -> None:
    subprocess.run([uv(), "build", "--all-packages", "--wheel", "--out-dir", tmp_path / "dist"], cwd=ROOT, check=True)
    wheels = sorted((tmp_path / "dist").glob("*.whl"))
    assert len(wheels) == len(DISTRIBUTIONS)

    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    subprocess.run([uv(), "pip", "install", "--quiet", "--python", python, *wheels], check=True)
    demo = [tmp_path / "empty" / "bin" / "crossdock", "demo", "--orders", "100"]
    said = subprocess.run(demo, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "a second run changes nothing in any of the three" in said
