"""`crossdock bundles`: what bundles are made of by the operator's own tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ClientOption, ConfigOption, CsvOption, JsonOption, OfPipelineOption

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.config import Config

app = typer.Typer(no_args_is_help=True, help="What bundles are made of, where the cart does not say it.")

SkuArgument = Annotated[str | None, typer.Argument(help="Only this bundle, or those that have this component.")]


@dataclass(frozen=True, slots=True)
class ComponentView:
    """So many pieces of one component in one bundle of a pipeline."""

    pipeline: str
    bundle: str
    component: str
    quantity: int


@app.command("list", short_help="List the bundles of the config's tables.")
def list_bundles(
    sku: SkuArgument = None,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """List the bundles that the tables of the config know, one row a component.

    The cart's own word on what a bundle is made of counts before these tables; what neither knows, the warehouse is
    asked where it can tell. SKUs are compared exactly.

    \b
    Examples:
      crossdock bundles list
      crossdock bundles list SET-1
      crossdock bundles list --csv > bundles-as-read.csv
    """
    from crossdock.cli.listing import show
    from crossdock.cli.options import chosen
    from crossdock.config import survey_config

    (written, _), among = survey_config(config), chosen(config, pipeline, client)
    found = list(_components(written, among, sku))
    empty = "No table of bundles knows this SKU." if sku else "No pipeline has a table of bundles."
    show(found, lambda: _listed(found), empty=empty, as_json=as_json, as_csv=as_csv, kind=ComponentView)


def _components(config: "Config", among: Sequence[str] | None, sku: str | None) -> Iterator[ComponentView]:
    for name, pipeline in config.pipelines.items():
        if among is not None and name not in among:
            continue
        for bundle, parts in pipeline.bundle_table.items():
            if sku in (None, bundle, *(part.sku for part in parts)):
                yield from (ComponentView(name, bundle, part.sku, part.quantity) for part in parts)


def _listed(components: Sequence[ComponentView]) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("bundle", "component", "quantity", "pipeline", right=("quantity",))
    for one in components:
        table.add_row(escape(one.bundle), escape(one.component), f"{one.quantity:,}", escape(one.pipeline))
    return table
