"""`crossdock catalog`: the products that were read, and what the sink was told of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import (
    CONFIG,
    ClientOption,
    ConfigOption,
    CsvOption,
    DatabaseOption,
    JsonOption,
    OfPipelineOption,
    ask_store,
    chosen,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.domain import Product
    from crossdock.store.goods import ProductStory, ProductSummary

app = typer.Typer(no_args_is_help=True, help="The products that were read, and what became of them.")


@app.command("list", short_help="List products and where they stand.")
def list_products(
    text: Annotated[str, typer.Argument(help="The beginning of a SKU or id, or a part of a title.")] = "",
    withheld: Annotated[bool, typer.Option("--withheld", help="Only those that are kept back from the sink.")] = False,
    gone: Annotated[bool, typer.Option("--gone", help="Only those that are at their source no more.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List products by SKU: where they come from, when the sink took them, and why it did not.

    \b
    Examples:
      crossdock catalog list
      crossdock catalog list TEE- --csv
      crossdock catalog list --withheld --gone
    """
    from crossdock.cli.listing import show as show_rows
    from crossdock.store import goods

    of: dict[str, Any] = {"text": text, "withheld": withheld, "gone": gone}
    of |= {"limit": limit, "pipelines": chosen(config, pipeline, client)}
    found = ask_store(config, database, lambda store: store.read(goods.list_products, **of))
    kind, empty = goods.ProductSummary, "No product is like that."
    show_rows(found, lambda: _listed(found), empty=empty, as_json=as_json, as_csv=as_csv, kind=kind, limit=limit)


def _listed(found: "list[ProductSummary]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    table = open_table(
        "SKU", "id at the source", "kind", "title", "changed (UTC)", "put (UTC)", "why not", sentences=True
    )
    for one in found:
        moments = (day_and_minute(one.updated_at), day_and_minute(one.published_at))
        table.add_row(*map(escape, (one.sku, one.external_id, one.kind, one.title, *moments, _why_not(one))))
    return table


def _why_not(product: "ProductSummary") -> str:
    """Why the sink is not told of it, if anything hinders that."""
    return _gone(product) or _withheld(product) or product.error


def _withheld(product: "ProductSummary") -> str:
    match product.withheld:
        case "duplicate_sku":
            return "another product bears its SKU"
        case "sku_renamed":
            return f"it was put as {product.known_as}"
        case other:
            return other


def _gone(product: "ProductSummary") -> str:
    from crossdock.cli.screen import day_and_minute

    return f"not at its source any more since {day_and_minute(product.gone_at)} UTC" if product.gone_at else ""


@app.command(short_help="Show one product: its document, and what the sink holds of it.")
def show(
    sku: Annotated[str, typer.Argument(help="The product's SKU, or its id at the source.")],
    raw: Annotated[bool, typer.Option("--raw", help="Also the record as the source gave it.")] = False,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Show one product as it was read, when the sink took it, what it was not told yet and why, and its last error.

    \b
    Examples:
      crossdock catalog show TEE-RED-M
      crossdock catalog show 31001234 --raw
      crossdock catalog show TEE-RED-M --json
    """
    from crossdock.cli.preview import pretty
    from crossdock.cli.screen import as_json_text
    from crossdock.store import NotFound, goods

    pipelines = chosen(config, pipeline, client)
    found = ask_store(config, database, lambda store: store.read(goods.product_stories, sku, pipelines=pipelines))
    if not found:
        raise NotFound(f"there is no product with the SKU or id '{sku}'; see `crossdock catalog list`")
    if as_json:
        typer.echo(as_json_text([_as_data(story, raw=raw) for story in found]))
        return
    for story in found:
        for name, text in _told(story):
            typer.echo(f"{name:<14} {text}")
        if raw:
            typer.echo(pretty(story.raw))
        typer.echo()


def _as_data(story: "ProductStory", *, raw: bool) -> dict[str, Any]:
    known = {"document": story.document, "published": story.published, "untold": story.untold}
    record = {"raw": story.raw.decode("utf-8", "replace")} if raw else {}
    return {"product": story.product, **known, **record}


def _told(story: "ProductStory") -> Iterator[tuple[str, str]]:
    from crossdock.cli.screen import day_and_minute

    product = story.product
    yield "product", product.sku
    yield "from", f"{product.connection}, id {product.external_id}, pipeline {product.pipeline}"
    yield "changed", f"{day_and_minute(product.updated_at)} UTC"
    if gone := _gone(product):
        yield "gone", gone
    elif product.withheld:
        yield "withheld", f"{_withheld(product)}; `crossdock problems list` says what to do"
    if story.document is None:
        yield "document", "it cannot be read at present; `crossdock problems list` says why"
    else:
        yield from _fields(story.document)
    if product.published_at or product.error:
        yield from _published(story)


def _published(story: "ProductStory") -> Iterator[tuple[str, str]]:
    from crossdock.cli.screen import day_and_minute

    product = story.product
    yield (
        "put",
        f"{day_and_minute(product.published_at)} UTC, id {product.sink_id}" if product.published_at else "never",
    )
    if story.published is None:
        yield "not told yet", "nobody knows what arrived last, so it is put whole"
    elif story.untold:
        yield "not told yet", ", ".join(story.untold)
    if product.error:
        yield "last error", product.error


def _fields(document: "Product") -> Iterator[tuple[str, str]]:
    """The fields that say something, each as one line."""
    for name, value in document.model_dump(mode="json", exclude_defaults=True, exclude={"external_id", "sku"}).items():
        yield name.replace("_", " "), ", ".join(_words(value))


def _words(value: object) -> Iterator[str]:
    match value:
        case dict():
            yield from (f"{name}: {one}" for name, one in value.items())
        case list():
            yield from ("; ".join(_words(one)) for one in value)
        case _:
            yield str(value)
