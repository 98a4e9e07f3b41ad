"""`python -m mutation`: put the translations of the first two plugins, and all mappings, to mutants.

    python -m mutation [--sample N] [--seed S] [--again] [FOLDER …]

What is mutated, and by which tests it is judged, stands in `[tool.mutmut]` of each folder's pyproject.toml.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("core", "plugins/wms_warehouseos", "plugins/channeladvisor")
AIM = 0.9
NOTHING = "nothing.is.called.so"
KILLED, SURVIVED, NOT_REACHED = (1, 3), (0,), (5, 33)


def main() -> int:
    """Try the mutants of some folders; gives 0 where of each nine in ten were noticed, else 1."""
    asked = _asked()
    noticed = []
    for folder in asked.folders or FOLDERS:
        chosen = _chosen(Path(folder), asked)
        if chosen or not asked.again:
            _mutmut(Path(folder), asked.processes, *chosen)
        noticed.append(_report(Path(folder), chosen))
    return 0 if min(noticed) >= AIM else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="distributions; all of them if none is named")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants of each, drawn; 0: all")
    parser.add_argument("--seed", type=int, default=1, help="what the sample is drawn with")
    parser.add_argument("--again", action="store_true", help="only those that nobody noticed the last time")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _mutmut(folder: Path, processes: int, *names: str) -> None:
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes), *names]
    subprocess.run(command, cwd=folder, check=False)


def _chosen(folder: Path, asked: argparse.Namespace) -> list[str]:
    """The mutants that are asked for by name; none: all of them."""
    if asked.again:
        return [name for name, code in _results(folder) if code is not None and code not in KILLED]
    if not asked.sample:
        return []
    _mutmut(folder, 1, NOTHING)  # that there is none of this name makes mutmut write all of them down, and stop
    names = sorted(name for name, _ in _results(folder))
    return random.Random(asked.seed).sample(names, min(asked.sample, len(names)))


def _results(folder: Path) -> Iterator[tuple[str, int | None]]:
    """Every mutant, and the exit code of the tests that judged it."""
    for file in sorted((folder / "mutants/src").rglob("*.meta")):
        yield from json.loads(file.read_bytes())["exit_code_by_key"].items()


def _report(folder: Path, chosen: list[str]) -> float:
    """Print what came of the mutants that were tried; gives the share that was noticed.

    A mutant that was stopped because it took too long may be one that nobody notices: it does not count as noticed.
    """
    codes = {name: code for name, code in _results(folder) if code is not None and name in (chosen or [name])}
    count = Counter(codes.values())
    killed, survived, unseen = (sum(count[code] for code in each) for each in (KILLED, SURVIVED, NOT_REACHED))
    stopped = len(codes) - killed - survived - unseen
    noticed = killed / max(1, len(codes))
    print(
        f"\n{folder}: {len(codes)} mutants, {killed} killed, {survived} survived, {unseen} that no test reaches, ",
        end="",
    )
    print(f"{stopped} stopped or crashed: {noticed:.1%} noticed")
    for name, code in codes.items():
        if code not in KILLED:
            print(f"  {name}")
    return noticed


if __name__ == "__main__":
    sys.exit(main())
