"""Products as stories: read from one account, put to another, only what changed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from world import Wire, World

from crossdock_channeladvisor.sandbox.bulk.ftp import FtpSite

WorldMaker = Callable[..., World]
OURS, THEIRS = 12345678, 87654321
NO_LIMIT = {"rate_per_minute": 0}
LISTED = 471
"""Products that the simulator has in every profile."""
FILES = {"bulk_above": 100, "bulk_poll": 0.01, "upload_rows": 200}


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds that read products from a system of record and put them to the cart; only these two services run."""

    def opened(record: World, **options: Any) -> World:
        world = new_world("shop", **{**options, "cart": {**NO_LIMIT, **options.get("cart", {})}})
        world.connections["record"] = {**record.connections["cart"]}
        world.settings["pipelines"]["main"] = {"catalog_source": "record", "catalog_sink": "cart"}
        return world

    return opened


@pytest.fixture
def record(new_world: WorldMaker) -> World:
    """The system of record: an account of its own with other products under the same SKUs."""
    return new_world("record", seed=2, cart=NO_LIMIT)


def test_thousand_products_are_read_once_and_then_only_the_one_that_changed(new_world: WorldMaker) -> None:
    world = new_world(cart={"products": 1000 - LISTED})
    world.settings["pipelines"]["main"] = {"catalog_source": "cart"}
    first = world.run()["catalog"]
    assert (first.counts["products seen"], first.counts["products"], first.error) == (1000, 1000, "")

    world.cart.edits("GEN-0000007", Title="Another title")
    second = world.run()["catalog"]
    third = world.run()["catalog"]

    assert second.counts["products"] == 1
    assert third.counts.get("products", 0) == 0
    assert world.books.problems() == {}


def test_only_what_changed_is_put_to_the_other_account(record: World, new_shop: WorldMaker) -> None:
    shop = new_shop(record, around=(wire := Wire()))
    put = shop.run()["publish"]
    assert (put.counts["published"], put.error) == (LISTED, "")
    assert shop.books.problems() == {}
    assert same(record, shop, "SKU-0005")
    assert len(wire.bodies("POST", "/$batch")) <= LISTED // 10, "many products in one call"

    wire.calls.clear()
    record.cart.edits("SKU-0005", Title="A better title", Brand="Northbeam")
    again = shop.run()
    assert again["publish"].counts["published"] == 1
    assert shop.cart.product("SKU-0005")["Title"] == "A better title"
    assert wire.bodies("PATCH", "/Products(") == [{"Title": "A better title", "Brand": "Northbeam"}]

    wire.calls.clear()
    shop.run()
    assert {call.method for call in wire.calls if call.path.startswith("/v1")} <= {"GET"}


def test_new_product_of_the_record_is_created_once_although_the_answer_is_lost(
    record: World, new_shop: WorldMaker
) -> None:
    shop = new_shop(record)
    shop.run()
    record.cart.ask("/_products", {"create": {"ProfileID": OURS, "Sku": "BRAND-NEW", "Title": "Brand new"}})
    shop.cart.faults(lost_reply=1.0, only_paths="batch|Products$", only_methods=["POST"], max_faults=1)

    shop.run_until(lambda: shop.cart.reads("/v1/Products/$count?$filter=Sku eq 'BRAND-NEW'".replace(" ", "%20")) == 1)
    shop.run()

    assert shop.cart.product("BRAND-NEW")["Title"] == "Brand new"
    assert shop.books.problems() == {}


def test_many_products_are_put_as_files(record: World, new_shop: WorldMaker) -> None:
    shop = new_shop(record, around=(wire := Wire()))
    shop.connections["cart"] |= {**FILES, "upload_template": "crossdock"}

    shop.run_until(lambda: shop.run()["publish"].counts == {})

    uploads = shop.cart.ask("/_truth/uploads")["uploads"]
    assert sum(upload["rows"] for upload in uploads) > LISTED / 2, "what a file can say goes by file"
    assert max(upload["rows"] for upload in uploads) == 200
    assert same(record, shop, "SKU-0005")
    assert not any(b"Quantity" in body for body in wire.bodies("POST", "/ProductUpload"))
    assert shop.books.problems() == {}


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[FtpSite]:
    with FtpSite(tmp_path / "ftp", "acme:stock", "sandbox-secret") as site:
        yield site


def test_many_products_are_put_as_files_by_ftps(
    record: World, new_shop: WorldMaker, ftp: FtpSite, tmp_path: Path
) -> None:
    shop = new_shop(record, cart={"ftp_folder": str(tmp_path / "ftp")})
    shop.connections["cart"] |= {
        **FILES,
        "upload_by": "ftps",
        "ftps_host": ftp.host,
        "ftps_port": ftp.port,
        "ftps_user": "acme:stock",
        "ftps_password": shop.connections["cart"]["shared_secret"],
        "ftps_trusted": str(ftp.certificate),
    }
    assert not same(record, shop, "SKU-0005")
    shop.run()
    assert not same(record, shop, "SKU-0005"), "delivered, and not taken in yet"

    shop.cart.ask("/_ftp/pick_up", {})

    assert same(record, shop, "SKU-0005")
    assert shop.books.problems() == {}


def test_products_of_a_profile_that_is_not_ours_are_never_read_nor_changed(new_world: WorldMaker) -> None:
    two = {"profiles": [OURS, THEIRS], **NO_LIMIT}
    record, shop = new_world("record", seed=2, cart=two), new_world("shop", cart=two)
    record.cart.edits("SKU-0005", Title="Ours")
    record.cart.ask("/_products", {"sku": "SKU-0005", "profile": THEIRS, "set": {"Title": "Theirs"}})
    before = shop.cart.product("SKU-0005", profile=THEIRS)
    shop.connections["record"] = {**record.connections["cart"], "profile_ids": [OURS]}
    shop.connections["cart"] |= {"profile_ids": [OURS], "catalog_profile": OURS}
    shop.settings["pipelines"]["main"] = {"catalog_source": "record", "catalog_sink": "cart"}

    report = shop.run()

    assert report["catalog"].counts["products"] == LISTED
    assert shop.cart.product("SKU-0005")["Title"] == "Ours"
    assert shop.cart.product("SKU-0005", profile=THEIRS) == before


def same(record: World, shop: World, sku: str) -> bool:
    """Whether a product says the same in both accounts."""
    return told(record.cart.product(sku)) == told(shop.cart.product(sku))


def told(product: dict[str, Any]) -> dict[str, Any]:
    names = ("Title", "Brand", "Description", "UPC", "Weight", "BuyItNowPrice", "Condition", "HarmonizedCode")
    attributes = {row["Name"]: row["Value"] for row in product["Attributes"]}
    return {name: product[name] for name in names} | attributes
