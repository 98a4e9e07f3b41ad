"""What goes wrong, told to the person who must act: sentences on standard error, exit code 2."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType

import typer

from crossdock.config import ConfigMistakes, Mistake
from crossdock.hooks.errors import CrossdockError
from crossdock.sandbox import PortInUse, SandboxFailed

FAILED = 2


def explain(error: Exception) -> int:
    """Say what went wrong, and give the exit code."""
    match error:
        case ConfigMistakes():
            typer.echo(mistakes_text(error.mistakes), err=True)
        case CrossdockError() | PortInUse() | SandboxFailed():
            typer.secho(str(error), err=True, fg="red")
        case ExceptionGroup() if len(error.exceptions) == 1:
            return explain(error.exceptions[0])
        case _:
            _report_bug(error)
    return FAILED


def mistakes_text(mistakes: tuple[Mistake, ...]) -> str:
    """Every mistake of the config as a list for people, file by file."""
    return "\n".join(
        line for file, group in groupby(mistakes, key=lambda one: one.file) for line in _of_file(file, list(group))
    )


def _of_file(file: Path, mistakes: list[Mistake]) -> Iterator[str]:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    yield typer.style(f"{_short(file)} has {count}:", fg="red", bold=True)
    for one in mistakes:
        rows = (("found", one.found), ("allowed", one.allowed), ("nearest", one.nearest), ("to do", one.advice))
        yield f"\n  {typer.style(one.key or 'the file itself', bold=True)}"
        yield from (f"    {name:<8} {text}" for name, text in rows if text)


def _short(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _report_bug(error: Exception) -> None:
    """The traceback goes through the log, which takes the secrets out."""
    import structlog

    from crossdock.runtime.logs import open_log

    if not structlog.is_configured():
        open_log()
    trace = error.__traceback__
    while trace and trace.tb_next and not _is_command(trace):
        trace = trace.tb_next
    structlog.get_logger().error("crossdock failed; please report this", exc_info=error.with_traceback(trace))


def _is_command(trace: TracebackType) -> bool:
    """Whether this is where a command of ours begins: what lies before it says nothing."""
    file = Path(trace.tb_frame.f_code.co_filename)
    return file.parent == Path(__file__).parent and file.name != "__init__.py"
