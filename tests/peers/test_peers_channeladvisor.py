"""Published ChannelAdvisor clients, unchanged, in an environment of their own, take the simulator for the real service.

A proxy on this machine leads them to it, under the real service's name and over TLS. Neither package states a licence:
nothing of them is copied or locked here, they are fetched from the package registry when these tests run.
"""

import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest

HERE = Path(__file__).parent
# pandas, requests and setuptools are used by the packages and not declared by them.
PACKAGES = (
    "channel-advisor-api-python==0.2.3",
    "pandas",
    "ivaluemart-channel-advisor==1.0.0",
    "requests",
    "setuptools",
)


def uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else which("uv")
    assert found, "uv is installed by `make setup` where the machine has none"
    return found


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with nothing but the clients."""
    place = tmp_path_factory.mktemp("strangers")
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    subprocess.run([uv(), "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
    return python


@pytest.fixture
def shop(sign_in: Callable[[str], str], real_name: Callable[..., AbstractContextManager[Any]]) -> Callable[..., Any]:
    """Opens a simulator under the real name, and a client of our own to prepare it with."""

    @contextmanager
    def opened(**options: Any) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
        with real_name(**options) as place, httpx.Client(base_url=f"{place.url}/v1/") as client:
            client.headers["Authorization"] = f"Bearer {sign_in(place.url)}"
            yield client, place.environment

    return opened


def value_of(client: httpx.Client, path: str) -> Any:
    return client.get(path).raise_for_status().json()["value"]


@pytest.mark.slow
def test_channel_advisor_api_python_reads_and_writes_products(shop, told_by, strangers: Path) -> None:
    with shop(orders=45, page_size=20, export_polls=2, export_file_needs_token=False) as (client, environment):
        client.put("Products(9002)/Labels('Blue')", json={}).raise_for_status()
        client.patch("Products(9008)", json={"IsDisplayInStore": False}).raise_for_status()
        for sku in ("mug-1", "MUG-2"):
            client.post("Products", json={"Sku": sku, "Title": "A mug"}).raise_for_status()
        number = int(client.get("Products/$count").text)
        told = told_by(strangers, HERE / "use_channel_advisor_api.py", environment)
        products = told["products"]
        assert products["all"] == number
        assert products["by_sku"] == [9007, "SKU-0007"]
        assert products["by_id"] == client.get("Products(9007)").json()["Title"] == "A new title"
        assert products["none"] == "ValueError"
        assert products["search"] == ["mug-1", "MUG-2"]
        children = {row["ChildProductID"] for row in value_of(client, f"Products({products['parent']})/Children")}
        assert set(products["child_ids"]) == set(products["children"]) == children
        assert products["labelled"] == ["SKU-0002"]
        assert products["images"] == [row["Url"] for row in value_of(client, "Products(9007)/Images")]
        assert products["available"] == client.get("Products(9008)").json()["TotalAvailableQuantity"]
        assert told["attributes"] == {"written": "matt", "untouched": True}
        assert told["centers"]["read"] == [[1, "EAST"], [2, "WEST"], [-2, "FBA"]]
        assert told["export"]["asked"] == 3
        assert told["export"]["skus"] == [f"SKU-000{number}" for number in range(1, 10)]
        assert told["orders"] == 45
        assert told["cannot"] == {
            "whole_product_without_store_flag": "ValidationError",
            "save_to_children": "Exception",
            "labels": "AttributeError",
            "centers": "AttributeError",
        }


@pytest.mark.slow
def test_ivaluemart_reads_and_writes_products_with_the_token_in_the_address(shop, told_by, strangers: Path) -> None:
    with shop() as (client, environment):
        made = client.post("Products", json={"Sku": "JOE-MUG"}).raise_for_status().json()["ID"]
        told = told_by(strangers, HERE / "use_ivaluemart.py", environment)
        assert (told["product"], told["nobody"]) == (9007, None)
        read = client.get("Products(9007)").json()
        assert (read["Height"], read["Weight"], read["WarehouseLocation"]) == (3.5, 1.25, "A1-B2")
        assert told["dimensions"]
        assert told["read"]["Sku"] == "SKU-0007"
        assert told["quantity"] == 31
        assert told["quantities"] == value_of(client, "Products(9007)/DCQuantities")
        assert (told["attribute"], told["attribute_again"], told["buffer"]) == (True, True, True)
        written = {row["Name"]: row["Value"] for row in value_of(client, "Products(9007)/Attributes")}
        assert written["Glaze"] == "shiny"
        assert written["Buffer Quantity Amount"] == "1"
        assert told["attributes"] == value_of(client, "Products(9007)/Attributes")
        assert told["deleted"]
        assert client.get(f"Products({made})").status_code == 404
        # What it writes in other capitals than the service's.
        assert told["in_other_capitals"] == dict.fromkeys(("components", "by_mpn", "by_upc", "by_supplier_sku"), 400)
