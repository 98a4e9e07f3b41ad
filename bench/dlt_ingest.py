"""dlt on the ingest: `python -m bench.dlt_ingest --cart URL --wms URL --database FILE`. Needs `dlt[sqlalchemy]`."""

import argparse
import os
from collections.abc import Iterator
from typing import Any

os.environ.update(
    RUNTIME__DLTHUB_TELEMETRY="false",
    NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION="true",
    DATA_WRITER__BUFFER_MAX_ITEMS="1000",
)

import dlt
import requests

from bench import accounts


def orders(cart: str) -> Iterator[list[dict[str, Any]]]:
    """Every page of the list."""
    with requests.Session() as session:
        token = session.post(
            f"{cart}/oauth2/token",
            data={"grant_type": "refresh_token", "refresh_token": accounts.REFRESH_TOKEN},
            auth=(accounts.APPLICATION, accounts.SHARED_SECRET),
        ).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        link: str | None = f"{cart}{accounts.LIST}"
        while link:
            page = session.get(link).json()
            yield page["value"]
            link = page.get("@odata.nextLink")


def main() -> None:
    """Load the list once."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("cart", "wms", "database"):
        parser.add_argument(f"--{name}", required=True)
    told = parser.parse_args()
    pipeline = dlt.pipeline(
        "orders",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{told.database}"),
        dataset_name="main",
        pipelines_dir=f"{told.database}.dlt",
    )
    resource = dlt.resource(
        orders(told.cart), name="orders", write_disposition="merge", primary_key="ID", max_table_nesting=0
    )
    pipeline.run(resource)


if __name__ == "__main__":
    main()
