"""Many stock levels as one file, by a call or by the file server, against the simulated ChannelAdvisor."""

import asyncio
import csv
import io
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from crossdock import NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected, SetsStockInBulk, Throttled
from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.sandbox import FaultPlan
from crossdock.transport import open_files
from crossdock_channeladvisor.files import SKU, file_of, file_server
from crossdock_channeladvisor.inventory.centers import Centers
from crossdock_channeladvisor.inventory.levels_file import LIST_TYPE, QUANTITIES, UPDATE_TYPE, row_of
from crossdock_channeladvisor.inventory.sink import ChannelAdvisorStock
from crossdock_channeladvisor.models import VendorDistributionCenter
from crossdock_channeladvisor.sandbox.bulk.ftp import FtpSite

SELLABLE, ON_HAND, DIFFERENCE = StockMeaning.SELLABLE, StockMeaning.ON_HAND, StockMeaning.DIFFERENCE
FILES = {"upload_template": "crossdock", "bulk_poll": 0.01, "bulk_patience": "PT30S"}
BY_SERVER = {"upload_by": "ftps", "upload_template": "", "ftps_updates_only": True}
EAST, WEST, FBA = "1", "2", "-2"


def level(sku, centers, meaning=SELLABLE):
    quantities = [CenterQuantity(distribution_center=center, quantity=number) for center, number in centers.items()]
    return StockChange(key=sku, item=StockItem(sku=sku, product_id="9001"), meaning=meaning, centers=quantities)


class MovedClock:
    """The clock of a context, moved by hand."""

    def __init__(self, clock):
        self._now = clock.now()

    def now(self):
        return self._now

    def move(self, **by):
        self._now += timedelta(**by)


class Account:
    """What people see of a simulated account."""

    def __init__(self, url):
        self.url = url

    def post(self, path, wish=None):
        return httpx.post(f"{self.url}{path}", json=wish).raise_for_status().json()

    def available(self, sku):
        stories = httpx.get(f"{self.url}/_truth/stock", params={"sku": sku}).raise_for_status().json()["products"]
        return {center: one["available"] for story in stories.values() for center, one in story["centers"].items()}

    def ledger(self, sku):
        stories = httpx.get(f"{self.url}/_truth/stock", params={"sku": sku}).raise_for_status().json()["products"]
        return [line for story in stories.values() for line in story["ledger"]]

    def changed(self, sku):
        return {str(line["center"]) for line in self.ledger(sku)}

    def requests(self):
        return httpx.get(f"{self.url}/_truth").raise_for_status().json()["requests"]

    def uploads(self):
        return httpx.get(f"{self.url}/_truth/uploads").raise_for_status().json()["uploads"]

    def fail(self, **plan):
        httpx.post(f"{self.url}/_faults", content=FaultPlan(**plan).model_dump_json()).raise_for_status()


@pytest.fixture
def play(ca_server, ca_context):
    """Plays `scene(sink, account, ctx)` at an account with these options; `site`: its file server."""

    def run(scene, site=None, options=None, **settings):
        if site is not None:
            login = {"ftps_host": site.host, "ftps_port": site.port, "ftps_trusted": str(site.certificate)}
            settings = BY_SERVER | {"ftps_user": "acme:stock", "ftps_password": "secret"} | login | settings

        async def go(url):
            async with ca_context(url, **(FILES | settings)) as ctx:
                drop = file_server(ctx.settings)
                ctx = replace(ctx, files=open_files("cart", drop) if drop else None, clock=MovedClock(ctx.clock))
                await scene(ChannelAdvisorStock(ctx), Account(url), ctx)

        with ca_server(orders=0, **(options or {})) as url:
            asyncio.run(go(url))

    return run


@pytest.fixture
def site(tmp_path):
    with FtpSite(tmp_path, "acme:stock", "secret") as site:
        yield site


@pytest.fixture
def centers():
    """A few centres that an account has, of which some cannot be named in a file."""
    known = Centers(None)
    known._by_id = {
        number: VendorDistributionCenter(id=number, code=code, is_deleted=number == 7, type=kind)
        for number, code, kind in (
            (1, "EAST", "Warehouse"),
            (0, "Main Hall", "Warehouse"),
            (3, None, "Warehouse"),
            (4, "A,B", "Warehouse"),
            (5, "A=B", "Warehouse"),
            (6, "FBM", "ExternallyManaged"),
            (7, "OLD", "Warehouse"),
        )
    }
    return known


@pytest.mark.parametrize(("meaning", "word"), [(SELLABLE, "Absolute"), (ON_HAND, "InStock")])
def test_a_row_says_what_its_numbers_mean_and_that_its_centres_are_not_all(ca_settings, centers, meaning, word):
    row = row_of(level("0012", {EAST: 5, "0": 0}, meaning), centers, ca_settings(on_hand_update_type="InStock"))
    assert row == {SKU: "0012", UPDATE_TYPE: word, QUANTITIES: "EAST=5, Main Hall=0", LIST_TYPE: "partial dc list"}
    assert list(csv.DictReader(io.StringIO(file_of([row]).decode()), dialect="excel-tab")) == [row]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (level("A", {"3": 1}), "distribution centre 3 has no code by which a file can name it"),
        (level("A", {"4": 1}), "centre 4 has no code by which a file can name it"),
        (level("A", {"5": 1}), "centre 5 has no code by which a file can name it"),
        (level("A", {"6": 1}), "centre 6 is managed by others"),
        (level("A", {FBA: 1}), "centre -2 is managed by others"),
        (level("A", {"7": 1}), "the account lists no distribution centre 7"),
        (level("A", {"8": 1}), "the account lists no distribution centre 8"),
        (level("A", {EAST: -1}), "is below zero"),
        (level("A", {EAST: 1}, DIFFERENCE), "is a difference, and files are for levels only"),
        (level("", {EAST: 1}), "a file cannot say the SKU ''"),
        (level(" A", {EAST: 1}), "a file cannot say the SKU ' A'"),
    ],
)
def test_what_a_file_cannot_say_is_refused_with_the_reason(ca_settings, centers, change, reason):
    with pytest.raises(Rejected, match=reason):
        row_of(change, centers, ca_settings())


def test_files_are_for_many_levels_and_need_a_way_to_go(play):
    async def ready(sink, account, ctx):
        assert isinstance(sink, SetsStockInBulk)
        assert [sink.bulk_size(waiting) for waiting in (0, 20_000, 20_001)] == [0, 0, 5000]

    async def lacking(sink, account, ctx):
        assert (sink.bulk_size(20_001), sink.bulk_size(99_999), sink.bulk_size(5)) == (0, 0, 0)
        assert ctx.log.events == ["many stock levels wait and no files can be sent"]

    play(ready)
    play(ready, profile_ids=[12345678, 5], stock_profile=12345678)
    play(lacking, upload_template="")
    play(lacking, profile_ids=[12345678, 5])
    play(lacking, **(BY_SERVER | {"ftps_host": ""}))


def test_the_file_server_gets_stock_only_if_the_account_creates_and_empties_nothing(play, site):
    async def scene(sink, account, ctx):
        assert sink.bulk_size(20_001) == 0
        (answer,) = await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])
        assert isinstance(answer.error, Rejected)
        assert account.uploads() == []

    play(scene, site, ftps_updates_only=False)


def test_levels_are_set_and_centres_that_are_not_named_keep_theirs(play):
    async def scene(sink, account, ctx):
        before = {sku: account.available(sku) for sku in ("SKU-0001", "SKU-0002")}
        assert before["SKU-0001"][WEST]
        changes = [level("SKU-0001", {EAST: 7}), level("sku-0002", {WEST: 0, EAST: 4}, ON_HAND)]
        answers = await sink.set_stock_in_bulk(changes)
        assert [(answer.external_id, answer.error) for answer in answers] == [("9001", None)] * 2
        assert account.available("SKU-0001") == before["SKU-0001"] | {EAST: 7}
        assert account.changed("SKU-0001") == {EAST}
        assert account.changed("SKU-0002") == {EAST, WEST}
        assert [line["cause"] for line in account.ledger("SKU-0001")] == ["File, Absolute"]
        (report,) = account.uploads()
        assert (report["method"], report["status"], report["updated"]) == ("Updates Only", "Complete", 2)

    play(scene, upload_import_type="AddUpdate", options={"upload_method": "Detect Dropped"})


def test_a_file_of_stock_never_creates_a_product(play):
    async def scene(sink, account, ctx):
        await sink.set_stock_in_bulk([level("NOWHERE", {EAST: 7}), level("SKU-0001", {EAST: 7})])
        (report,) = account.uploads()
        assert (report["created"], report["skipped"], report["updated"], report["emptied"]) == (0, 1, 1, 0)
        assert account.available("NOWHERE") == {}

    play(scene)


def test_what_a_file_cannot_say_is_answered_alone_and_the_rest_goes(play):
    async def scene(sink, account, ctx):
        changes = [level("SKU-0001", {FBA: 7}), level("SKU-0002", {EAST: 7}), level("sku-0002", {WEST: 7})]
        theirs, good, second = await sink.set_stock_in_bulk(changes)
        assert "managed by others" in str(theirs.error)
        assert good.error is None
        assert "the same file has another level of 'sku-0002'" in str(second.error)
        assert account.changed("SKU-0002") == {EAST}
        assert account.changed("SKU-0001") == set()

    play(scene)


def test_centres_are_asked_for_once_and_again_only_for_one_that_is_new(play):
    async def scene(sink, account, ctx):
        for centers in ({EAST: 1}, {WEST: 2}, {"99": 3}):
            await sink.set_stock_in_bulk([level("SKU-0001", centers)])
        assert account.requests()["distribution_centers"] == 2
        assert account.requests()["profiles"] == 1

    play(scene)


def test_a_file_with_a_wrong_row_leaves_each_level_in_doubt_and_they_can_be_set_singly(play):
    async def scene(sink, account, ctx):
        good, bundle = level("SKU-0001", {EAST: 7}), level("KIT-001", {EAST: 7})
        answers = await sink.set_stock_in_bulk([good, bundle])
        assert [type(answer.error) for answer in answers] == [OutcomeUnknown, OutcomeUnknown]
        await sink.change_stock(good)
        with pytest.raises(Rejected, match="bundle"):
            await sink.change_stock(bundle.model_copy(update={"item": StockItem(sku="KIT-001")}))
        assert account.available("SKU-0001")[EAST] == 7

    play(scene)


def test_several_profiles_without_a_word_which_are_left_to_single_calls(play):
    async def scene(sink, account, ctx):
        assert sink.bulk_size(20_001) == 5000
        (answer,) = await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])
        assert "without `stock_profile`" in str(answer.error)
        assert sink.bulk_size(20_001) == 0

    play(scene, options={"profiles": [12345678, 5]})


def test_a_template_that_is_not_there_refuses_each_level(play):
    async def scene(sink, account, ctx):
        (answer,) = await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])
        assert isinstance(answer.error, Rejected)

    play(scene, upload_template="nobody")


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "truncated"])
def test_a_file_whose_receipt_says_nothing_is_in_doubt(play, fault):
    async def scene(sink, account, ctx):
        await ctx.http.get("/v1/Profiles")
        account.fail(rates={fault: 1}, only_paths="ProductUpload", max_faults=1)
        (answer,) = await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])
        assert isinstance(answer.error, OutcomeUnknown)
        assert len(account.uploads()) == 1

    play(scene)


def test_more_files_than_an_hour_allows_wait_for_the_next(play):
    async def scene(sink, account, ctx):
        await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])
        with pytest.raises(Throttled):
            await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 8})])
        assert account.available("SKU-0001")[EAST] == 7

    play(scene, options={"uploads_per_hour": 1}, retries=0)


def test_the_file_server_takes_levels_and_leaves_the_other_centres_alone(play, site, tmp_path):
    async def scene(sink, account, ctx):
        before = account.available("SKU-0001")
        (answer,) = await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])
        assert answer.error is None
        assert ctx.log.events == [
            "a file of stock levels lies on the file server; what becomes of its rows is not told"
        ]
        assert account.available("SKU-0001") == before
        (report,) = account.post("/_ftp/pick_up")["uploads"]
        assert (report["status"], report["updated"], report["created"]) == ("Complete", 1, 0)
        assert account.available("SKU-0001") == before | {EAST: 7}

    play(scene, site, options={"ftp_folder": str(tmp_path), "ftp_method": "Updates Only"})


def test_levels_follow_a_file_that_may_still_lie_on_the_server_in_their_order(play, site, tmp_path):
    async def scene(sink, account, ctx):
        assert (sink.bulk_size(1), sink.bulk_size(20_001)) == (0, 5000)
        for number in (7, 9, 3, 8):
            await sink.set_stock_in_bulk([level("SKU-0001", {EAST: number})])
            assert (sink.bulk_size(0), sink.bulk_size(1)) == (0, 5000)
            ctx.clock.move(milliseconds=1)
        account.post("/_ftp/pick_up")
        assert account.available("SKU-0001")[EAST] == 8
        ctx.clock.move(hours=1)
        assert sink.bulk_size(1) == 0

    play(scene, site, options={"ftp_folder": str(tmp_path), "ftp_method": "Updates Only"})


def test_a_refused_login_and_a_missing_server_stop_the_connection(play, site):
    async def refused(sink, account, ctx):
        with pytest.raises(NeedsAuth):
            await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])
        assert sink.bulk_size(1) == 0

    async def missing(sink, account, ctx):
        with pytest.raises(NeedsConfig, match="without the setting `ftps_host`"):
            await sink.set_stock_in_bulk([level("SKU-0001", {EAST: 7})])

    play(refused, site, ftps_password="wrong")
    play(missing, **BY_SERVER)
