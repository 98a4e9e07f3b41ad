"""`crossdock preview`: what would be sent, to the byte, and nothing is."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import CONFIG, ClientOption, ConfigOption, JsonOption, pipelines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossdock.config import Config
    from crossdock.mapping import MappedField
    from crossdock.runtime.preview import PreviewedOrder
    from crossdock.transport import CapturedCall

COLORS = {"ready": "green", "skipped": None, "waiting": "yellow", "held": "yellow", "unreadable": "red"}


def preview(
    config: ConfigOption = CONFIG,
    limit: Annotated[int, typer.Option(help="How many orders to look at.", min=1)] = 20,
    pipeline: Annotated[str | None, typer.Option(help="Only this pipeline.")] = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read real orders and show exactly what would be sent for each of them; nothing is sent, nothing is stored.

    Each order is judged and planned as if it were seen for the first time: why it would be skipped, wait or be held, or
    the method, address and body of each request to the warehouse, and the acknowledgement to the cart that follows.
    The database is neither opened nor made.

    \b
    Examples:
      crossdock preview --limit 5
      crossdock preview --pipeline main > preview.txt
      crossdock preview --json

    Exit codes: 0 shown, 2 a mistake in the config, or a connection that cannot be read.
    """
    import asyncio

    from crossdock.cli.screen import as_json_text
    from crossdock.config import load_config
    from crossdock.hooks.errors import NeedsConfig

    written, of_client = load_config(config), pipelines_of(config, client)
    names = [name for name, one in written.pipelines.items() if one.enabled and pipeline in (None, name)]
    names = [name for name in names if of_client is None or name in of_client]
    if not names:
        known = ", ".join(written.pipelines) or "none"
        raise NeedsConfig(f"{written.file} has no such pipeline that is enabled; its pipelines are: {known}")
    if as_json:
        typer.echo(as_json_text([one for name in names for one in asyncio.run(_as_data(written, name, limit))]))
        return
    for name in names:
        asyncio.run(_preview(written, name, limit))


async def _as_data(config: "Config", pipeline: str, limit: int) -> list[dict[str, Any]]:
    """Every order with the pipeline it goes through; bodies as text."""
    from dataclasses import asdict

    from crossdock.runtime.preview import preview_pipeline

    return [
        {"pipeline": pipeline, **_readable(asdict(order))}
        async for order in preview_pipeline(config, pipeline, limit=limit)
    ]


def _readable(found: Any) -> Any:
    match found:
        case bytes():
            return found.decode("utf-8", "replace")
        case dict():
            return {name: _readable(one) for name, one in found.items()}
        case list() | tuple():
            return [_readable(one) for one in found]
        case _:
            return found


async def _preview(config: "Config", pipeline: str, limit: int) -> None:
    from collections import Counter

    from crossdock.runtime.preview import preview_pipeline

    states: Counter[str] = Counter()
    typer.secho(f"Pipeline {pipeline}", bold=True)
    async for order in preview_pipeline(config, pipeline, limit=limit):
        states[order.state.value] += 1
        typer.echo("\n".join(_told(order)))
    found = ", ".join(f"{number:,} {state}" for state, number in states.items()) or "no order"
    typer.echo(f"\n{found}. Nothing was sent and nothing was stored.")


def _told(order: "PreviewedOrder") -> "Iterator[str]":
    name = " · ".join(part for part in (order.number or order.external_id, order.site) if part)
    state = typer.style(order.state.value, fg=COLORS.get(order.state.value), bold=True)
    yield f"\n{typer.style(name, bold=True)}  {state}{f': {order.reason}' if order.reason else ''}"
    if order.state.value in ("ready", "held"):
        yield from map(_field, order.fields)
    for request in order.requests:
        if request.call:
            yield from _call(request.call)
        else:
            yield typer.style(f"  {request.number} would be refused: {request.refusal}", fg="yellow")
    if order.acknowledgement:
        yield "  then, once the warehouse has all of it:"
        yield from _call(order.acknowledgement)


def _field(field: "MappedField") -> str:
    said = typer.style(field.flaw, fg="yellow") if field.flaw else f"{field.text or 'nothing'}  ({field.because})"
    return f"  {field.target}: {said}"


def _call(call: "CapturedCall") -> "Iterator[str]":
    yield f"  {typer.style(call.method, fg='cyan')} {call.url}  ({call.connection})"
    if call.content:
        yield from (f"    {line}" for line in pretty(call.content).splitlines())


def pretty(body: bytes) -> str:
    """A body for people: JSON with indents, anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")
