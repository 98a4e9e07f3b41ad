"""Which laws a plugin kept when the kit was last run on it, and the grade that follows; nothing of it is imported.

The kit writes `NAME.conformance.json` beside the module of the entry point (`pytest --crossdock-plugin NAME
--crossdock-evidence`), and it ships with the plugin. A grade is worked out from it each time, and only as long as the
plugin's files are those that were put to the test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from crossdock.testing.law import Grade, grade_of

ENDING = ".conformance.json"
_KINDS = {".py", ".json", ".toml"}


class Tried(BaseModel):
    """How a plugin did on one law: its grade, whether it was held, and the known reason if it was not.

    `held` is None where the simulator showed nothing to judge: such a law neither gives a grade nor takes one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    grade: str
    held: bool | None
    reason: str = ""


class Evidence(BaseModel):
    """What the kit found: `files` is a digest of the plugin's files, `kit` the version of crossdock it came with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plugin: str
    kit: str
    files: str
    laws: Mapping[str, Tried]

    @property
    def grade(self) -> Grade | None:
        """The grade that follows from the laws."""
        return grade_of((Grade[law.grade.upper()], law.held) for law in self.laws.values() if law.held is not None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a plugin's conformance: its grade, or in `why_not` why there is none."""

    grade: Grade | None = None
    why_not: str = ""


def standing_of(plugin: str, entry_point: EntryPoint) -> Standing:
    """The grade of an installed plugin, as far as its evidence is of these very files."""
    home = home_of(entry_point)
    if home is None or not (file := home / f"{plugin}{ENDING}").is_file():
        return Standing(why_not="not put to the test")
    try:
        evidence = Evidence.model_validate_json(file.read_bytes())
    except ValidationError:
        return Standing(why_not=f"{file.name} cannot be read")
    if evidence.plugin != plugin or evidence.files != digest_of(entry_point):
        return Standing(why_not="changed since it was put to the test")
    grade = evidence.grade
    return Standing(grade, "" if grade else "breaks a law of bronze")


def home_of(entry_point: EntryPoint) -> Path | None:
    """The folder of the entry point's module, found without importing anything; None if it cannot be found."""
    top, *inner = entry_point.module.split(".")
    package = _package(top)
    return package.joinpath(*inner[:-1]) if package and inner else None


def digest_of(entry_point: EntryPoint) -> str:
    """A digest of all files of the plugin's package, but for the evidence itself."""
    package = _package(entry_point.module.partition(".")[0])
    digest = sha256()
    if package is None:
        return ""
    for file in _files(package):
        digest.update(f"{file.relative_to(package).as_posix()}\0".encode())
        digest.update(file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _package(name: str) -> Path | None:
    """The folder of a top-level package; to find its place does not import it."""
    found = PathFinder.find_spec(name)
    places = [*(found.submodule_search_locations or ())] if found else []
    return Path(places[0]) if places else None


def _files(package: Path) -> Iterator[Path]:
    found = (file for file in package.rglob("*") if file.suffix in _KINDS and not file.name.endswith(ENDING))
    yield from sorted(found, key=lambda file: file.relative_to(package).as_posix())
