"""What a command asks for is done at once, unless another crossdock runs on the database: then that one does it."""

from collections.abc import Collection, Mapping

from crossdock.config import store_url
from crossdock.engine.cycle import run_cycle
from crossdock.engine.lease import Paused
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.run_ports import RunReport
from crossdock.engine.runner import flows_of
from crossdock.hooks.errors import NeedsConfig
from crossdock.runtime.host import Host, store_of
from crossdock.runtime.worker import stop_on_signals, take_over
from crossdock.store import AnotherRunner, hold_runner_lock
from crossdock.store.services import why_paused


async def do_at_once(host: Host, pipeline: str, flows: Collection[str]) -> Mapping[str, RunReport] | None:
    """Run these flows and say what each did; None where another crossdock will.

    Raises `Paused` where that one will not, because a person has paused one of them.
    """
    try:
        with hold_runner_lock(store_url(host.config)), stop_on_signals() as stop:
            await take_over(host, stop)
            return await run_cycle(pipeline_of(host, pipeline), flows, stop=stop)
    except AnotherRunner:
        await _refuse_paused(host, pipeline, flows)
        return None


async def _refuse_paused(host: Host, pipeline: str, flows: Collection[str]) -> None:
    for flow in flows:
        if why := await store_of(host).read(why_paused, pipeline, flow):
            raise Paused(
                f"it is noted, but {flow} of pipeline {pipeline} is {why}; it is done once "
                f"`crossdock services resume {flow} --pipeline {pipeline}` lets it run"
            )


def pipeline_of(host: Host, name: str) -> Pipeline:
    """An open pipeline; raises a sentence that says why it is not open."""
    if name in host.pipelines:
        return host.pipelines[name]
    if name not in host.config.pipelines:
        raise NeedsConfig(f"the config has no pipeline '{name}'; it has {', '.join(host.config.pipelines) or 'none'}")
    why = [fault for fault in host.faults if name in fault] or ["it is not enabled"]
    raise NeedsConfig(f"pipeline {name} is not open: {'; '.join(why)}")


def the_pipeline_with(host: Host, flow: str, *, among: Collection[str] | None = None) -> str:
    """The one pipeline (among these, None: of all) that has this flow; raises a sentence when there is none, or
    several."""
    if among is not None and len(among) == 1:
        return next(iter(among))
    found = [
        name
        for name, pipeline in host.pipelines.items()
        if flow in flows_of(pipeline) and (among is None or name in among)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise NeedsConfig(f"say which pipeline is meant with --pipeline: {', '.join(found)}")
    why = f" ({'; '.join(host.faults)})" if host.faults else ""
    raise NeedsConfig(f"no pipeline of the config can do that{why}")
