"""The base of the kit's state machines: steps against a simulator, in one event loop."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject

T = TypeVar("T")


class RoleMachine(RuleBasedStateMachine):
    """Steps with one connection to a fresh simulator; every step is one line of a counterexample.

    A subclass writes `@rule` methods that call `self.run(...)`, and its promises as `@invariant` or in the steps.
    `options` are those of the scenario, `settings` those of the connection beside the usual ones.
    """

    subject: ClassVar[Subject]
    orders: ClassVar[int] = 4
    options: ClassVar[Mapping[str, Any]] = {}
    settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._runner, self._opened = asyncio.Runner(), AsyncExitStack()
        self.stage: Stage = self.run(
            self._opened.enter_async_context(self.subject.stage(orders=self.orders, **self.options))
        )
        self.connection = self.run(self._opened.enter_async_context(self.stage.connect(**self.settings)))

    def run(self, deed: Coroutine[Any, Any, T]) -> T:
        """What comes of a deed, in the loop of this machine."""
        return self._runner.run(deed)

    def restart(self) -> Connected:
        """A new connection, as after a restart of the program: all that the old one remembered is gone."""
        self.connection = self.run(self._opened.enter_async_context(self.stage.connect(**self.settings)))
        return self.connection

    def teardown(self) -> None:
        """Close everything, whatever went wrong."""
        try:
            self.run(self._opened.aclose())
        finally:
            self._runner.close()


def play(machine: type[RoleMachine], subject: Subject, *, steps: int = 12, examples: int | None = None) -> None:
    """Let a machine play with a plugin; fails with the shortest steps that break a promise.

    `examples` are how many plays; None takes the number of the hypothesis profile.
    """

    def begin(self: RoleMachine) -> None:
        try:
            machine.__init__(self)
        except BaseException:  # one that does not get to its first step is torn down by nobody else
            machine.teardown(self)
            raise

    of_subject: Any = type(machine.__name__, (machine,), {"subject": subject, "__init__": begin})
    chosen: dict[str, Any] = {} if examples is None else {"max_examples": min(examples, settings().max_examples)}
    run_state_machine_as_test(
        of_subject,
        settings=settings(
            stateful_step_count=steps,
            deadline=None,
            phases=[phase for phase in settings().phases if phase is not Phase.explain],
            suppress_health_check=[*HealthCheck],
            print_blob=False,
            report_multiple_bugs=False,
            **chosen,
        ),
    )
