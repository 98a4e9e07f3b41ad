"""Laws about limits: a plugin takes no more of a remote system than it says, by one way and at one pace."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from crossdock import __version__
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.http import Endpoint
from crossdock.testing.law import Grade, law
from crossdock.testing.reads import lists_of, prepare, reads_of
from crossdock.testing.stage import Stage
from crossdock.testing.subject import Subject

SLOW_PACE = 60
ANSWER_SECONDS = 0.005
SPARE_SECONDS = 0.06
"""What a pacer may make up for a late wake-up."""


@law("limits.declared", Grade.SILVER)
async def the_pace_is_declared(plugin: Subject) -> None:
    """The endpoint says how many calls the remote system allows, or a setting lets the operator say it.

    What is not declared is not kept: a first download or a stock update of a large account is then one burst, and the
    account's other tools are locked out with it.
    """
    async with plugin.stage(orders=0) as stage:
        pace = pace_of(plugin, stage)
        assert pace is not None, (
            "its endpoint has no `rates`, and no setting gives it any: declare the documented limit, or let the "
            "operator set one (`requests_per_minute`)"
        )
        for rate in _endpoint(plugin, stage, pace).rates:
            assert rate.calls > 0, f"a rate of {rate.calls} calls lets nothing pass"
            assert rate.seconds > 0, f"{rate.calls} calls in {rate.seconds} seconds are no rate"


@law("limits.one_way_out", Grade.SILVER)
async def there_is_one_way_out(plugin: Subject) -> None:
    """Every request goes through the client that the plugin was given.

    What goes past it is not paced, not logged, not repeated, not captured by a preview, and its errors are others.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        await prepare(plugin, stage, connection, 1)
        for read in reads_of(plugin):
            await read.on(connection)
        ours = connection.endpoint.headers.get("User-Agent", f"crossdock/{__version__}")
        for one in stage.arrived:
            assert one.agent == ours, f"{one.method} {one.path} was sent by {one.agent or 'nobody'}: use `ctx.http`"


@law("limits.kept", Grade.GOLD)
async def the_pace_is_kept(plugin: Subject) -> None:
    """So many calls take at least as long as the declared rates say.

    A limit that is declared and not kept ends in a ban, on the busiest day of the year.
    """
    async with plugin.stage() as stage:
        pace = pace_of(plugin, stage)
        async with stage.connect(paced=True, **(pace or {})) as connection:
            await prepare(plugin, stage, connection, 1)
            for read in reads_of(plugin):
                await read.on(connection)
            for read in lists_of(plugin):
                await read.whole(connection)
            sent, took = len(stage.arrived), connection.timer.time()
            for rate in connection.endpoint.rates:
                least = (sent - 1) * rate.seconds / rate.calls
                assert took >= least - SPARE_SECONDS, (
                    f"{sent} requests took {took:.3f} s; at {rate.calls} in {rate.seconds:g} s it is {least:.3f} s"
                )


@law("limits.at_once", Grade.GOLD)
async def no_more_calls_at_once_than_declared(plugin: Subject) -> None:
    """However much is asked for at the same time, no more calls are under way than the endpoint's `concurrency`.

    ChannelAdvisor refuses the sixth; others become slow for everybody.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        stage.theatre.delay = ANSWER_SECONDS
        at_once, reads = connection.endpoint.concurrency, reads_of(plugin)
        await asyncio.gather(*(read.on(connection) for read in reads for _ in range(at_once)))
        seen = stage.theatre.most_under_way
        assert seen <= at_once, f"{seen} calls were under way at once, and the endpoint declares {at_once}"


def pace_of(plugin: Subject, stage: Stage) -> Mapping[str, Any] | None:
    """Settings with which the endpoint has rates, none of them if it always has; None if there are no such settings."""
    endpoint = _endpoint(plugin, stage, {})
    if endpoint.rates or (urlsplit(endpoint.base_url).hostname or "").endswith(".invalid"):
        return {}
    for name in plugin.info.settings.model_fields:
        if _gives_rates(plugin, stage, {name: SLOW_PACE}):
            return {name: SLOW_PACE}
    return None


def _gives_rates(plugin: Subject, stage: Stage, chosen: Mapping[str, Any]) -> bool:
    try:
        return bool(_endpoint(plugin, stage, chosen).rates)
    except (ValidationError, CrossdockError):
        return False


def _endpoint(plugin: Subject, stage: Stage, chosen: Mapping[str, Any]) -> Endpoint:
    settings = plugin.info.settings.model_validate({**stage.rehearsal.settings, **chosen})
    return plugin.registry.endpoint(plugin.name, settings)
