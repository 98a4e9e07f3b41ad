"""Many products as one file, by a call or by the file server, against the simulated ChannelAdvisor."""

import asyncio
import csv
import io
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from crossdock import NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected
from crossdock.domain import Product, ProductChange, ProductImage
from crossdock.sandbox import FaultPlan
from crossdock.transport import open_files
from crossdock_channeladvisor.catalog.products import SELECT
from crossdock_channeladvisor.catalog.sink import ChannelAdvisorCatalogSink
from crossdock_channeladvisor.catalog.upload import COLUMNS, beyond_a_file, row_of
from crossdock_channeladvisor.files import SKU, file_of, file_server
from crossdock_channeladvisor.plugin import connector
from crossdock_channeladvisor.sandbox.bulk.columns import FIELDS
from crossdock_channeladvisor.sandbox.bulk.ftp import FtpSite

FILES = {"upload_template": "crossdock", "bulk_poll": 0.01, "bulk_patience": "PT30S"}
IMAGES = tuple(ProductImage(name=f"ITEMIMAGEURL{n}", url=f"https://x.invalid/{n}.jpg") for n in (1, 2))


def product(sku, **fields):
    return Product(**({"external_id": f"erp-{sku}", "sku": sku, "title": f"Thing {sku}"} | fields))


def change(product_, *changed, external_id=""):
    return ProductChange(key=product_.sku, product=product_, external_id=external_id, changed=changed)


def control(url, wish=None):
    return httpx.post(url, json=wish).raise_for_status().json()


def uploads(url):
    return httpx.get(f"{url}/_truth/uploads").raise_for_status().json()["uploads"]


def stock(url, sku):
    return httpx.get(f"{url}/_truth/stock", params={"sku": sku}).raise_for_status().json()


def read(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), dialect="excel-tab"))


@pytest.fixture
def sink(ca_context):
    """Runs a coroutine function with a sink; `site`: the file server that its settings name."""

    def run(url, play, site=None, **settings):
        if site is not None:
            login = {"ftps_host": site.host, "ftps_port": site.port, "ftps_trusted": str(site.certificate)}
            settings |= {"ftps_user": "acme:stock", "ftps_password": "secret"} | login | settings

        async def go():
            async with ca_context(url, **(FILES | settings)) as ctx:
                drop = file_server(ctx.settings)
                files = open_files("cart", drop) if drop else None
                return await play(ChannelAdvisorCatalogSink(replace(ctx, files=files)), ctx)

        return asyncio.run(go())

    return run


@pytest.fixture
def site(tmp_path):
    with FtpSite(tmp_path, "acme:stock", "secret") as site:
        yield site


async def show(ctx, sku):
    query = f"$filter=Sku eq '{sku}'&$expand=Attributes,Images,Labels"
    (row,) = (await ctx.http.get(f"/v1/Products?{query.replace(' ', '%20')}")).json()["value"]
    return row


def test_every_column_stands_for_a_field_that_the_cart_knows():
    assert {name: column for column, name in FIELDS.items() if name in COLUMNS} == COLUMNS
    assert set(COLUMNS) <= set(SELECT)


def test_a_row_says_what_changed_and_nothing_else():
    new = product(
        "A", brand="x", codes={"UPC": "041"}, prices={"cost": Decimal("1E+2")}, attributes={"b": "2", "a": "1"}
    )
    assert row_of(change(new, "codes", "prices", external_id="7")) == {SKU: "A", "UPC": "041", "Seller Cost": "100"}
    assert row_of(change(new)) == {
        SKU: "A",
        "Auction Title": "Thing A",
        "Brand": "x",
        "UPC": "041",
        "Seller Cost": "100",
        "Attribute1Name": "a",
        "Attribute1Value": "1",
        "Attribute2Name": "b",
        "Attribute2Value": "2",
    }


def test_a_file_keeps_tabs_quotes_line_breaks_and_leading_zeros():
    rows = [{SKU: "0012", "Description": 'a\tb "c"\nd'}, {SKU: "1E5", "UPC": "007"}]
    assert read(file_of(rows)) == [
        {SKU: "0012", "Description": 'a\tb "c"\nd', "UPC": ""},
        {SKU: "1E5", "Description": "", "UPC": "007"},
    ]


def test_no_file_ever_speaks_of_quantities():
    assert not [column for column in COLUMNS.values() if "quantity" in column.lower()]


@pytest.mark.parametrize(
    ("told", "beyond"),
    [
        (change(product("A", brand=""), "brand", external_id="7"), ["Brand"]),
        (change(product("A", title=" blanks ")), ["Title"]),
        (change(product("A", vary_by="Colour")), ["VaryBy"]),
        (change(product("A", attributes={"Size": ""})), ["attribute Size"]),
        (change(product("A", images=IMAGES, labels=["x"]), "sku", "images", "labels", external_id="7"), []),
        (change(product("A", kind="child", parent_sku="P")), ["relation to other products"]),
        (change(product("A", kind="child", parent_sku="P"), "title", external_id="7"), []),
        (change(product("A", kind="bundle", components=[{"sku": "C", "quantity": 1}])), ["relation to other products"]),
        (change(product("A", alias_of="B")), ["relation to other products"]),
        (change(product("A", labels=["x"])), []),
        (change(product("A", labels=["x, y"])), ["labels"]),
        (change(product("A", labels=["x"]), "labels", external_id="7"), ["labels"]),
        (change(product("A", images=IMAGES)), []),
        (change(product("A", images=IMAGES), external_id="7"), ["images"]),
        (change(product("A", images=IMAGES[1:])), ["images"]),
    ],
)
def test_what_a_file_cannot_say_is_named(told, beyond):
    assert beyond_a_file(told) == beyond


def test_files_are_for_many_products_and_need_a_way_to_go(ca_settings, sink, ca_server):
    async def ready(sink, ctx):
        assert [sink.bulk_size(waiting) for waiting in (0, 20_000, 20_001)] == [0, 0, 5000]

    async def lacking(sink, ctx):
        assert (sink.bulk_size(20_001), sink.bulk_size(99_999), sink.bulk_size(5)) == (0, 0, 0)
        assert ctx.log.events == ["many products wait and no files can be sent"]
        with pytest.raises(NeedsConfig, match="without the setting"):
            await sink.put_products_in_bulk([change(product("A"))])

    with ca_server() as url:
        sink(url, ready)
        sink(url, lacking, upload_template="")
        sink(url, lacking, upload_by="ftps")


def test_a_file_creates_and_updates_and_each_product_has_its_answer(ca_server, sink):
    async def play(sink, ctx):
        before = await show(ctx, "SKU-0001")
        changes = [
            change(product("SKU-0001", title="From a file", brand="no"), "title", external_id="9001"),
            change(product("FRESH", images=IMAGES, labels=["one", "two"], attributes={"Size": "L"})),
            change(product("SET", kind="bundle", components=[{"sku": "SKU-0001", "quantity": 1}])),
            change(product("LONG", title="x" * 121)),
        ]
        known, fresh, bundle, long = await sink.put_products_in_bulk(changes)
        assert (known.external_id, known.error, fresh.error) == ("9001", None, None)
        assert isinstance(bundle.error, OutcomeUnknown)
        assert "a file cannot say its relation to other products" in str(bundle.error)
        assert isinstance(long.error, Rejected)
        after = await show(ctx, "SKU-0001")
        assert {name for name in after if after[name] != before[name]} == {"Title", "UpdateDateUtc"}
        made = await show(ctx, "FRESH")
        assert (made["Title"], len(made["Images"]), len(made["Labels"])) == ("Thing FRESH", 2, 2)

    with ca_server() as url:
        levels = stock(url, "SKU-0001")
        sink(url, play)
        (report,) = uploads(url)
        assert (report["method"], report["status"], report["created"], report["updated"]) == ("All", "Complete", 1, 1)
        assert stock(url, "SKU-0001") == levels


def test_what_was_left_in_doubt_goes_through_one_by_one(ca_server, sink):
    async def play(sink, ctx):
        changes = [change(product("SET", kind="bundle", components=[{"sku": "SKU-0001", "quantity": 1}]))]
        (doubtful,) = await sink.put_products_in_bulk(changes)
        assert isinstance(doubtful.error, OutcomeUnknown)
        (answer,) = await sink.put_products(changes)
        assert answer.error is None

    with ca_server() as url:
        sink(url, play)
        assert uploads(url) == [], "a file without rows is not sent"


@pytest.mark.parametrize(("kind", "created", "updated"), [("UpdateOnly", 0, 1), ("AddOnly", 1, 0)])
def test_the_import_type_is_always_said(ca_server, sink, kind, created, updated):
    async def play(sink, ctx):
        await sink.put_products_in_bulk([change(product("SKU-0001")), change(product("FRESH"))])

    with ca_server(upload_method="Detect Dropped") as url:
        sink(url, play, upload_import_type=kind)
        (report,) = uploads(url)
        assert (report["created"], report["updated"], report["emptied"]) == (created, updated, 0)


def test_a_file_that_completes_with_errors_leaves_every_product_in_doubt(ca_server, sink):
    async def play(sink, ctx):
        answers = await sink.put_products_in_bulk([change(product("FINE")), change(product("BAD", condition="x"))])
        assert [type(answer.error) for answer in answers] == [OutcomeUnknown, OutcomeUnknown]
        assert "CompleteWithErrors, and only ChannelAdvisor's pages tell which rows it took" in str(answers[0].error)

    with ca_server(templates={"crossdock": {"Condition": "Weight"}}) as url:
        sink(url, play)


def test_a_file_whose_columns_the_template_does_not_know_is_refused(ca_server, sink):
    async def play(sink, ctx):
        (answer,) = await sink.put_products_in_bulk([change(product("A"))])
        assert isinstance(answer.error, Rejected)
        assert "compare the columns of the template" in str(answer.error)

    with ca_server(templates={"crossdock": {SKU: "Something else"}}) as url:
        sink(url, play)


def test_an_unknown_template_is_refused_in_the_carts_words(ca_server, sink):
    async def play(sink, ctx):
        (answer,) = await sink.put_products_in_bulk([change(product("A"))])
        assert isinstance(answer.error, Rejected)
        assert "There is no template with code 'nobody'" in str(answer.error)

    with ca_server() as url:
        sink(url, play, upload_template="nobody")


def test_patience_with_a_file_ends_in_doubt(ca_server, sink):
    async def play(sink, ctx):
        (answer,) = await sink.put_products_in_bulk([change(product("A"))])
        assert isinstance(answer.error, OutcomeUnknown)
        assert "was not worked off in time (`bulk_patience`): InProgress" in str(answer.error)

    with ca_server(upload_polls=100) as url:
        sink(url, play, bulk_patience="PT0.05S")


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after"])
def test_a_file_whose_receipt_got_lost_is_in_doubt_and_not_sent_again(ca_server, sink, fault):
    async def play(sink, ctx):
        await ctx.http.get("/v1/Profiles")
        plan = FaultPlan(rates={fault: 1}, only_paths="ProductUpload", max_faults=1)
        control(f"{url}/_faults", plan.model_dump())
        (answer,) = await sink.put_products_in_bulk([change(product("A"))])
        assert isinstance(answer.error, OutcomeUnknown)

    with ca_server() as url:
        sink(url, play)
        assert len(uploads(url)) == 1


@pytest.mark.parametrize(("template", "folder"), [("", "Inventory"), ("crossdock", "Inventory/Transform")])
def test_a_file_is_delivered_to_the_file_server_and_taken_in_later(ca_server, sink, site, tmp_path, template, folder):
    async def play(sink, ctx):
        (answer,) = await sink.put_products_in_bulk([change(product("SKU-0001", title="By FTP"))])
        assert answer.error is None
        assert ctx.log.events == ["a file of products lies on the file server; what becomes of its rows is not told"]
        assert (await show(ctx, "SKU-0001"))["Title"] != "By FTP"
        (report,) = control(f"{url}/_ftp/pick_up")["uploads"]
        assert (report["status"], report["updated"]) == ("Complete", 1)
        assert report["file"].startswith(f"{folder}/crossdock-")
        assert (await show(ctx, "SKU-0001"))["Title"] == "By FTP"

    with ca_server(ftp_folder=str(tmp_path)) as url:
        levels = stock(url, "SKU-0001")
        sink(url, play, site, upload_by="ftps", upload_template=template)
        assert stock(url, "SKU-0001") == levels


def test_a_refused_login_stops_the_connection(ca_server, sink, site):
    async def play(sink, ctx):
        with pytest.raises(NeedsAuth):
            await sink.put_products_in_bulk([change(product("A"))])

    with ca_server() as url:
        sink(url, play, site, upload_by="ftps", ftps_password="wrong")


def test_the_file_server_is_the_one_of_the_settings_and_shows_no_password(ca_settings):
    files = connector().files
    assert files(ca_settings()) is None
    named = files(ca_settings(ftps_host="ftps.channeladvisor.com", ftps_user="a:b", ftps_password="hush"))
    assert (named.protocol, named.host, named.port, named.user, named.password) == (
        "ftps",
        "ftps.channeladvisor.com",
        21,
        "a:b",
        "hush",
    )
    assert "hush" not in repr(named)
