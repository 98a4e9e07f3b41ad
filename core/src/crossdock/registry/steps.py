"""The life of a plugin as a checklist: how far it came, and what to do when it went no further."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from time import monotonic
from traceback import extract_tb

from crossdock.hooks.context import ConnectorInfo
from crossdock.registry.discover import Installed


class Check(StrEnum):
    """What every plugin has to pass, in this order; it is opened once for each connection and role."""

    INSTALLED = "installed"
    NAMED = "named"
    IMPORTED = "imported"
    HOOKS = "hooks valid"
    DESCRIBED = "described"
    API = "API version"
    SETTINGS = "settings"
    OPENED = "opened"


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Step:
    """One line of the checklist: what was found, and what a person should do about it."""

    check: Check
    state: State
    detail: str = ""
    advice: str = ""

    def __str__(self) -> str:
        return ". ".join(part.rstrip(".") for part in (f"{self.check}: {self.detail}", self.advice) if part)


@dataclass(frozen=True)
class Plugin:
    """A plugin that the config names and how far it came; without `info` it is an extension or in quarantine."""

    name: str
    installed: Installed | None
    steps: tuple[Step, ...]
    info: ConnectorInfo | None = None
    hooks: frozenset[str] = frozenset()

    @property
    def failure(self) -> Step | None:
        """The step that keeps the plugin in quarantine."""
        return next((step for step in self.steps if step.state is State.FAILED), None)


class Refused(Exception):
    """A check failed, for this reason; `advice` is what to do."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.advice = advice


class Stopped(Exception):
    """The walk through the checklist is over; the last step says why."""


@dataclass
class Note:
    """What a check writes down while it runs; `advice` is for what the plugin itself raises."""

    detail: str = ""
    warning: str = ""
    advice: str = ""


@dataclass
class Checklist:
    """Writes down one step after the other and stops at the first that fails."""

    slow_after: float
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, check: Check) -> Iterator[Note]:
        """Do one check; whatever it raises fails the step and nothing else."""
        note, began = Note(), monotonic()
        try:
            yield note
        except Refused as refusal:
            self._fail(check, str(refusal), refusal.advice)
        except (Exception, SystemExit) as error:
            self._fail(check, describe(error), note.advice)
        if (seconds := monotonic() - began) > self.slow_after:
            note.detail = f"{note.detail} (took {seconds:.1f} s)".lstrip()
            note.warning = note.warning or "Every start waits for it: move slow work out of the import and connector()."
        state = State.WARNED if note.warning else State.PASSED
        self.steps.append(Step(check, state, note.detail, note.warning))

    def passed(self, check: Check) -> None:
        """Write down a check that has nothing to do."""
        self.steps.append(Step(check, State.PASSED))

    def _fail(self, check: Check, reason: str, advice: str) -> None:
        self.steps.append(Step(check, State.FAILED, reason, advice))
        raise Stopped


def describe(error: BaseException) -> str:
    """What was raised and where, on one line."""
    frames = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{place}" if text else f"{type(error).__name__}{place}"


def only_offer(name: str, installed: Mapping[str, tuple[Installed, ...]]) -> Installed:
    """The one installed plugin of this name; none and several are refused."""
    offers = installed.get(name, ())
    if len(offers) == 1:
        return offers[0]
    if offers:
        raise Refused(f"'{name}' is offered by {' and '.join(map(str, offers))}", "Uninstall all of them but one.")
    near = get_close_matches(name, installed, n=1)
    known = ", ".join(installed) or "none"
    advice = f"Did you mean '{near[0]}'?" if near else f"Install the plugin; installed are: {known}."
    raise Refused(f"no installed distribution offers '{name}'", advice)


def life_of(name: str, installed: Mapping[str, tuple[Installed, ...]]) -> tuple[Step, ...]:
    """The checklist of a plugin that the config does not name: nothing of it was imported."""
    checklist = Checklist(slow_after=float("inf"))
    with suppress(Stopped):
        with checklist.step(Check.INSTALLED) as note:
            note.detail = str(only_offer(name, installed))
        with checklist.step(Check.NAMED):
            raise Refused(
                "the config does not name it, so it was not imported",
                f'Write connector = "{name}" in a connection, or add it to extra under [plugins].',
            )
    return tuple(checklist.steps)


def not_reached(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The checks that a plugin in quarantine never came to."""
    if steps[-1].state is not State.FAILED:
        return ()
    rest = [*Check][[*Check].index(steps[-1].check) + 1 : -1]
    return tuple(Step(check, State.NOT_REACHED) for check in rest)
