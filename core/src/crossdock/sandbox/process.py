"""A simulator in a process of its own, so that its work is not counted and its caller may be killed."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Self

from crossdock.hooks.context import Scenario


class SandboxFailed(Exception):
    """The simulator's process ended before it could serve."""


class SandboxProcess:
    """`with SandboxProcess("module:function", Scenario()) as sandbox:` serves at `sandbox.url` from a child process.

    `module:function` names a callable that takes a `Scenario` (its options must be plain JSON) and gives the ASGI
    app. The child ends with the block, and also when this process dies.
    """

    def __init__(self, target: str, scenario: Scenario | None = None, *, port: int = 0) -> None:
        self._target = target
        self._scenario = scenario or Scenario()
        self.port = port

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The id of the child process."""
        return self._process.pid

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl-C at the terminal is for the parent, which ends the child in its own time
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.strip().isdigit():
            code = self._end()
            raise SandboxFailed(f"the simulator {self._target} ended with code {code} before it served; see above")
        self.port = int(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _command(self) -> list[str]:
        played = self._scenario
        scenario = json.dumps({"seed": played.seed, "orders": played.orders, "options": dict(played.options)})
        command = [sys.executable, "-m", "crossdock.sandbox", self._target, "--with-parent"]
        return [*command, "--port", str(self.port), "--scenario", scenario]

    def _end(self) -> int:
        """Close the child's standard input, which is its sign to stop, and wait for it."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        return self._process.returncode
