"""`crossdock labels void` and `labels approve`: a person decides about one label."""

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    OfPipelineOption,
    ask_host,
    chosen,
    this_person,
)

if TYPE_CHECKING:
    from crossdock.runtime.host import Host
    from crossdock.store.label_wishes import AskedVoid

DONE, NOT_DONE = 0, 1
Told = tuple[int, list[str]]
"""The exit code, and what is to be said."""


def approve(
    key: Annotated[str, typer.Argument(help="Our key of the label (see `labels list`): NUMBER/BOX.")],
    by: ByOption = "",
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Have a label bought although it is dearer than `labels.most`, or although its address was doubted.

    What is approved is the price that `crossdock labels show` names, or the address as it is. Where another crossdock
    runs on the database, that one buys it, within seconds.

    \b
    Example:
      crossdock labels approve 113-0082699-0001126/B1

    Exit codes: 0 it is bought, or the crossdock that runs buys it; 1 it was refused, or nobody knows yet; 2 it waits
    for nobody's word.
    """
    pipelines = chosen(config, pipeline, client)
    _say(ask_host(config, lambda host: _approve(host, key, by or this_person(), pipelines)))


def void(
    reference: Annotated[str, typer.Argument(metavar="KEY|TRACKING", help="The label's key, or its tracking number.")],
    why: Annotated[str, typer.Option(help="Why, for whoever reads it later.")],
    again: Annotated[bool, typer.Option("--again", help="Buy another one for the box.")] = False,
    by: ByOption = "",
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Take a label back at the shipping provider, so that it is not charged.

    Without --again the box waits for a label by hand: its number is gathered from the shipping system. Where the cart
    was told of the number already, a problem says what to correct there. A carrier that decides later is asked again.

    \b
    Examples:
      crossdock labels void 113-0082699-0001126/B1 --why "printer tore it" --again
      crossdock labels void 1Z999AA10123456784 --why "order was stopped"

    Exit codes: 0 it is taken back, or the crossdock that runs sees to it; 1 the provider refused, or has not decided
    yet; 2 there is no such label.
    """
    pipelines = chosen(config, pipeline, client)
    how = {"again": again, "why": why, "by": by or this_person()}
    _say(ask_host(config, lambda host: _void(host, reference, how, pipelines)))


def _say(told: Told) -> None:
    code, lines = told
    for line in lines:
        typer.secho(line, fg="yellow" if code else None)
    raise typer.Exit(code)


async def _approve(host: "Host", key: str, by: str, pipelines: list[str] | None) -> Told:
    from crossdock.runtime.at_once import do_at_once
    from crossdock.runtime.host import store_of
    from crossdock.store.label_wishes import approve_label

    now = host.clock.now()
    pipeline = await store_of(host).write(approve_label, key, by=by, pipelines=pipelines, now=now)
    reports = await do_at_once(host, pipeline, ("label", "confirm"))
    if reports is None:
        return DONE, [f"{key} is approved: the crossdock that runs buys it within seconds."]
    return await _bought(host, key, pipeline, reports["label"].error)


async def _bought(host: "Host", key: str, pipeline: str, error: str) -> Told:
    from crossdock.runtime.host import store_of
    from crossdock.store.label_views import label_story

    one = (await store_of(host).read(label_story, key, pipelines=[pipeline])).label
    if one.state in ("bought", "by_hand"):
        what = f"{one.carrier} {one.service_level}".strip()
        return DONE, [f"{key}: {what}, {one.cost} {one.currency}, tracking number {one.tracking_number}"]
    if one.state == "not_needed":
        return DONE, [f"{key}: the box needs no label any more."]
    words = one.error or error or "it is looked at again by the next run"
    return NOT_DONE, [f"{key} is {one.state.replace('_', ' ')}: {words}"]


async def _void(host: "Host", reference: str, how: dict[str, object], pipelines: list[str] | None) -> Told:
    from crossdock.runtime.at_once import do_at_once
    from crossdock.runtime.host import store_of
    from crossdock.store.label_wishes import ask_void

    _check_able(host, pipelines)
    asked = await store_of(host).write(ask_void, reference, **how, pipelines=pipelines, now=host.clock.now())  # type: ignore[arg-type]
    reports = await do_at_once(host, asked.pipeline, ("void", "label", "confirm"))
    if reports is None:
        return DONE, [
            f"The label {asked.tracking_number} is noted: the crossdock that runs takes it back within seconds."
        ]
    code, lines = (DONE, []) if asked.voided_before else await _voided(host, asked, reports["void"].error)
    if code or not asked.next_key:
        return code, lines
    bought, more = await _bought(host, asked.next_key, asked.pipeline, reports["label"].error)
    return bought, [*lines, *more]


def _check_able(host: "Host", pipelines: list[str] | None) -> None:
    from crossdock.engine.runner import flows_of
    from crossdock.hooks.errors import NeedsConfig

    meant = [one for name, one in host.pipelines.items() if pipelines is None or name in pipelines]
    if not any("void" in flows_of(one) for one in meant):
        raise NeedsConfig("no pipeline buys labels (`labels.buy`): take it back in the shipping system")


async def _voided(host: "Host", asked: "AskedVoid", error: str) -> Told:
    from crossdock.runtime.host import store_of
    from crossdock.store.label_views import void_state

    state, why = await store_of(host).read(void_state, asked.connection, asked.parcel_id)
    number = asked.tracking_number
    if state == "done":
        left = f"The box travels with {asked.travels_as}." if asked.travels_as else "The box waits for a label by hand."
        left = "" if asked.next_key else f" {left}"
        return DONE, [f"The label {number} is taken back.{left}"]
    if state == "rejected":
        return NOT_DONE, [f"The label {number} stays: {why}"]
    return NOT_DONE, [f"The label {number} is not taken back yet, it is asked for again: {why or error}"]
