"""`crossdock run`: the work itself, once or by the schedule."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption

if TYPE_CHECKING:
    from crossdock.config import Config
    from crossdock.engine.run_ports import RunReport
    from crossdock.runtime.host import Host

DONE = {"release": "released", "acknowledge": "marked as taken", "confirm": "reported"}
Reports = Mapping[str, Mapping[str, "RunReport"]]


def run(
    config: ConfigOption = CONFIG,
    once: Annotated[bool, typer.Option("--once", help="Run every service once, then end.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log warnings only.")] = False,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log in JSON, one line an event.")] = False,
) -> None:
    """Carry orders to the warehouse and shipments back, by the schedule of each service.

    Runs until SIGTERM or Ctrl-C: the page that is under way is finished, then it ends with 0. What a crash or a lost
    answer left open is looked up at the next start before anything is sent again. Only one may run on a database.
    With `[webhooks]` in the config it also listens to carts that call.

    \b
    Examples:
      crossdock run
      crossdock run --once
      crossdock run --json-log --config /etc/crossdock/crossdock.toml

    Exit codes: 0 all went well; 1 with --once, a service ended in an error or a pipeline could not be opened;
    2 nothing can run.
    """
    import asyncio

    from crossdock.config import load_config, store_url
    from crossdock.store import hold_runner_lock

    written = load_config(config)
    with hold_runner_lock(store_url(written)):
        raise typer.Exit(asyncio.run(_run(written, once=once, quiet=quiet, json_log=json_log)))


async def _run(config: "Config", *, once: bool, quiet: bool, json_log: bool) -> int:
    from crossdock.runtime.host import open_host
    from crossdock.runtime.worker import run_once, serve, settled_memory, stop_on_signals

    async with open_host(config, quiet=quiet, json_log=json_log) as host:
        for fault in host.faults:
            host.log.warning(fault)
        if not host.pipelines:
            typer.secho("There is no pipeline that can run; `crossdock check` says why.", err=True, fg="red")
            return 2
        with settled_memory(), stop_on_signals() as stop:
            if not once:
                await serve(host, stop, _Teller(host))
                return 0
            reports = await run_once(host, stop, _Teller(host))
        await _summarize(host, reports)
    return 1 if host.faults or _failed(reports) else 0


def _failed(reports: Reports) -> bool:
    return any(report.error and not report.paused for flows in reports.values() for report in flows.values())


class _Teller:
    """Logs one line for each run of a service that did something."""

    def __init__(self, host: "Host") -> None:
        self._log = host.log

    def __call__(self, pipeline: str, flow: str, report: "RunReport") -> None:
        did = {what.replace(" ", "_"): number for what, number in report.counts.items()}
        if report.paused:
            self._log.info(flow, pipeline=pipeline, paused=report.error)
        elif report.error:
            self._log.warning(flow, pipeline=pipeline, **did, error=report.error)
        elif did.keys() - {"pages", "unchanged", "orders_seen"}:
            self._log.info(flow, pipeline=pipeline, **did)


async def _summarize(host: "Host", reports: Reports) -> None:
    """One line a service, and what waits for a person."""
    from rich.markup import escape

    from crossdock.cli.screen import open_console, open_table
    from crossdock.engine.runner import FLOWS

    console = open_console()
    table = open_table("pipeline", "service", "what it did")
    for pipeline, flows in reports.items():
        for flow in FLOWS:
            if report := flows.get(flow):
                table.add_row(pipeline, flow, _told(flow, report))
    console.print(table)
    for fault in host.faults:
        console.print(f"[red]{escape(fault)}[/]")
    console.print(await _problems_line(host))


def _told(flow: str, report: "RunReport") -> str:
    from rich.markup import escape

    if not report.error:
        return _did(flow, report)
    return f"[{'yellow' if report.paused else 'red'}]{escape(report.error)}[/]"


def _did(flow: str, report: "RunReport") -> str:
    from crossdock.cli.screen import counted

    counts = {DONE.get(flow, what) if what == "done" else what: number for what, number in report.counts.items()}
    counts.pop("pages", None)
    return counted(counts) or "nothing to do"


async def _problems_line(host: "Host") -> str:
    from crossdock.runtime.host import store_of
    from crossdock.store.standing import open_problem_count

    count = await store_of(host).read(open_problem_count)
    if not count:
        return "[green]No problem is open.[/]"
    what = "1 problem waits" if count == 1 else f"{count:,} problems wait"
    return f"[yellow]{what} for a person[/]: crossdock problems list"
