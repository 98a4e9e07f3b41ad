"""What the warehouse has told of its work by now is taken in, before anything that it counts is called a difference."""

import asyncio
from datetime import datetime

from crossdock.config import Never
from crossdock.engine.hearing import heard_by
from crossdock.engine.lease import Paused, unnamed
from crossdock.engine.runner import flows_of
from crossdock.runtime.at_once import do_at_once, pipeline_of
from crossdock.runtime.host import Host, store_of
from crossdock.store.services import error_since

PATIENCE = 10.0
"""Seconds that another crossdock may take to hear the warehouse."""
LOOKS = 50


async def hear(host: Host, pipeline: str) -> str:
    """Take in what the warehouse has told; gives why that may not be all, else nothing.

    A service that the config has switched off stays so. Where another crossdock runs on the database, that one does it.
    """
    run_name, since = heard_by(pipeline_of(host, pipeline)), host.clock.now()
    service, _ = unnamed(run_name)
    off = isinstance(getattr(host.config.pipelines[pipeline].services, service), Never)
    if off or service not in flows_of(host.pipelines[pipeline]):
        return ""
    try:
        reports = await do_at_once(host, pipeline, (service,))
    except Paused as paused:
        return str(paused)
    return await _hurried(host, pipeline, run_name, since) if reports is None else reports[service].error


async def _hurried(host: Host, pipeline: str, run_name: str, since: datetime) -> str:
    """Have the crossdock that runs do it, and wait for it; says why it is not done."""
    store, (service, _) = store_of(host), unnamed(run_name)
    await store.schedule(pipeline, service, since)
    for _ in range(LOOKS):
        if (error := await store.read(error_since, pipeline, run_name, since)) is not None:
            return error
        await asyncio.sleep(PATIENCE / LOOKS)
    return f"the crossdock that runs has not run the service `{service}` for {PATIENCE:.0f} seconds"
