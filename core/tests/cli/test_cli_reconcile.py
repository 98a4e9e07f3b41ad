"""`crossdock reconcile`: both ends compared, a report on paper, and what a person has corrected."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from crossdock.engine.report import Cause, Discrepancy, Report
from crossdock.store import hold_runner_lock, open_store

from .conftest import Cart, Crossdock, crossdock_in, simulated

SKU, OTHER = "SKU-0001", "SKU-0002"
CONFIG = """
[store]
url = "sqlite:///crossdock.db"

[connections.cart]
connector = "channeladvisor"
base_url = "{cart}"
application_id = "sandbox-application"
shared_secret = {{ env = "DEMO_SHARED_SECRET" }}
refresh_token = {{ env = "DEMO_REFRESH_TOKEN" }}

[connections.warehouse]
connector = "warehouseos"
base_url = "{warehouse}"
api_key = {{ env = "DEMO_WAREHOUSE_KEY" }}

[pipelines.main]
client = "acme"
inventory_source = "warehouse"
inventory_sink = "cart"
catalog_source = "cart"
stock.leave_out = {others}
services.movements = "off"

[pipelines.main.distribution_centers]
"1" = {{ area = "MAIN" }}
"2" = {{ area = "WEST" }}
"""

OTHERS = [
    f"SKU-{zeros}{digit}{rest}" for zeros, rest in (("0", "??"), ("00", "?"), ("000", "")) for digit in range(1, 10)
]
"""Patterns of the cart's other products: all but the two."""


SECRETS = {
    "DEMO_SHARED_SECRET": "sandbox-secret",
    "DEMO_REFRESH_TOKEN": "sandbox-refresh-token",
    "DEMO_WAREHOUSE_KEY": "a-key",
}


@dataclass(frozen=True)
class House:
    """A cart that tells of the stock of a warehouse."""

    cart: Cart

    def offered(self) -> dict[str, dict[str, int]]:
        """What the cart offers, by SKU and centre."""
        held = {sku: self.cart.held(sku) for sku in (SKU, OTHER)}
        return {sku: {center: at.get(center, 0) for center in ("1", "2")} for sku, at in held.items()}

    def set_by_hand(self, sku: str, center: str, quantity: int) -> None:
        """Somebody types a number into the cart."""
        with httpx.Client() as client:
            wish = {"sku": sku, "center": int(center), "quantity": quantity, "type": "Available"}
            client.post(f"{self.cart.url}/_stock", json=wish).raise_for_status()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A cart that offers more of two products than lie in the warehouse; tests go on from each other."""
    folder = tmp_path_factory.mktemp("comparing")
    options = {
        "api_key": "a-key",
        "items": [SKU, OTHER],
        "areas": ["MAIN", "WEST"],
        "locations": [{"name": f"{area}-01", "area": area} for area in ("MAIN", "WEST")],
        "stock": {SKU: {"MAIN/MAIN-01": 20, "WEST/WEST-01": 5}, OTHER: {"MAIN/MAIN-01": 7}},
    }
    others = [pattern for pattern in OTHERS if pattern not in (SKU, OTHER)]
    with simulated("channeladvisor", 0) as cart, simulated("warehouseos", 0, **options) as warehouse:
        (folder / "crossdock.toml").write_text(CONFIG.format(cart=cart, warehouse=warehouse, others=others))
        alone = crossdock_in(folder)
        yield House(Cart(cart, Crossdock(folder, {**alone.environment, **SECRETS})))


def test_differences_are_listed_then_corrected_by_a_persons_word_and_then_both_ends_agree(house, tmp_path):
    crossdock, page = house.cart.process, tmp_path / "stock.html"
    assert crossdock("run", "--once", "--quiet").returncode == 0
    before = house.offered()

    told = crossdock("reconcile", "--html", str(page), "--by", "ada")
    assert told.returncode == 1, told.stderr
    assert "4 of 4 levels differ: the cart offers" in told.stdout
    assert f"Written: {page}" in told.stderr
    assert "asked for by ada" in page.read_text(encoding="utf-8")

    shown = crossdock("reconcile", "repair", "--all")
    assert shown.returncode == 0
    assert "4 differences would be corrected; nothing was told to the cart. With --yes it is." in shown.stdout
    assert crossdock("run", "--once", "--quiet").returncode == 0
    assert house.offered() == before

    done = crossdock("reconcile", "repair", "--all", "--yes", "--by", "ada", "--note", "count of Saturday")
    assert "4 differences noted." in done.stdout
    again = crossdock("reconcile", "repair", "--all", "--yes", "--json")
    assert (again.returncode, {one["state"] for one in json.loads(again.stdout)}) == (2, {"left"})
    assert crossdock("run", "--once", "--quiet").returncode == 0
    assert house.offered() == {SKU: {"1": 20, "2": 5}, OTHER: {"1": 7, "2": 0}}

    agreed = crossdock("reconcile")
    assert (agreed.returncode, agreed.stdout.splitlines()[1]) == (0, "Both sides agree on 4 levels.")
    listed = json.loads(crossdock("reconcile", "list", "--json").stdout)
    assert [(one["differing"], one["asked_by"]) for one in listed][1] == (4, "ada")
    assert "count of Saturday" in crossdock("audit", "list", "ada").stdout
    assert "Corrected by reconcile/" in crossdock("reconcile", "show", str(listed[1]["id"])).stdout


def test_a_change_by_hand_is_found_while_another_crossdock_runs(house):
    crossdock = house.cart.process
    house.set_by_hand(OTHER, "1", 9)
    with hold_runner_lock(f"sqlite:///{house.cart.folder}/crossdock.db"):
        told = crossdock("reconcile", "--json")
    (report,) = json.loads(told.stdout)
    assert told.returncode == 1
    assert (report["differences"], report["too_many"], report["too_few"]) == (1, 2, 0)
    (line,) = report["lines"]
    assert (line["sku"], line["center"], line["difference"], line["cause"]) == (OTHER, "1", -2, "manual_change")


def test_the_newest_report_is_shown_again_in_every_form_and_narrowed(house, tmp_path):
    crossdock = house.cart.process
    (line,) = csv.DictReader(io.StringIO(crossdock("reconcile", "show", "--csv").stdout, newline=""))
    assert (line["sku"], line["expected"], line["at_cart"], line["difference"]) == (OTHER, "7", "9", "-2")
    assert crossdock("reconcile", "show", "--sku", OTHER.lower(), "--cause", "manual change").returncode == 1
    nothing = crossdock("reconcile", "show", "--cause", "in_doubt", "--csv")
    assert (nothing.returncode, nothing.stdout.count("\n")) == (0, 1)
    page = tmp_path / "again.html"
    assert crossdock("reconcile", "show", "--html", str(page), "--csv").returncode == 1
    assert OTHER in page.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_says_where_the_report_is(house, tmp_path):
    told = house.cart.process("reconcile", "show", "--html", str(tmp_path / "no" / "such.html"))
    assert told.returncode == 2
    assert "crossdock reconcile show --html" in " ".join(told.stderr.replace("│", " ").split())


def test_an_end_that_cannot_be_read_is_a_sentence_and_a_report_that_says_so(house):
    crossdock = house.cart.process
    told = crossdock("reconcile", DEMO_WAREHOUSE_KEY="another-key")
    assert told.returncode == 2
    assert told.stderr.startswith("pipeline main: ")
    shown = crossdock("reconcile", "show")
    assert shown.returncode == 1
    assert "It did not come to an end: " in shown.stdout
    assert "Both sides agree" not in shown.stdout
    assert crossdock("reconcile", "repair", "--all").returncode == 0  # of the newest report that did


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("reconcile", "--json", "list"), "put the options behind `reconcile list`"),
        (("reconcile", "show", "--cause", "manual_chnge"), "did you mean 'manual_change'?"),
        (("reconcile", "show", "99"), "there is no report 99"),
        (("reconcile", "show", "--json", "--csv"), "either --json or --csv"),
        (("reconcile", "repair"), "choose differences with --sku and --cause, or all with --all"),
        (("reconcile", "repair", "--sku", "NONE"), "has no such difference"),
        (("reconcile", "--client", "nobody"), "no pipeline of"),
    ],
)
def test_a_word_that_means_nothing_is_told_so(house, words, why):
    told = house.cart.process(*words)
    assert told.returncode == 2
    assert why in " ".join(told.stderr.replace("│", " ").split())


def test_without_a_report_it_says_how_to_make_one(crossdock):
    (crossdock.folder / "crossdock.toml").write_text('[store]\nurl = "sqlite:///crossdock.db"\n')
    keep(crossdock.folder)
    assert "`crossdock reconcile` makes one" in crossdock("reconcile", "show").stderr
    assert "`crossdock reconcile` makes one" in crossdock("reconcile", "list").stdout


def test_several_pipelines_are_shown_together_and_corrected_one_by_one(crossdock):
    keep(crossdock.folder, report_of("acme", ROW), report_of("acme", ROW, ROW2), report_of("beta"))
    database = str(crossdock.folder / "crossdock.db")
    shown = crossdock("reconcile", "show", "--database", database, "--json")
    assert [(one["id"], one["pipeline"], one["differences"]) for one in json.loads(shown.stdout)] == [
        (2, "acme", 2),
        (3, "beta", 0),
    ]
    page = crossdock.folder / "all.html"
    crossdock("reconcile", "show", "--database", database, "--html", str(page))
    assert "Stock of several pipelines" in page.read_text(encoding="utf-8")
    (crossdock.folder / "crossdock.toml").write_text(SINKS)
    told = crossdock("reconcile", "repair", "--all")
    assert (told.returncode, "2 of pipeline acme, 3 of pipeline beta" in told.stderr) == (2, True)
    assert crossdock("reconcile", "repair", "--all", "--pipeline", "acme").returncode == 0
    old = crossdock("reconcile", "repair", "1", "--all")
    assert (old.returncode, "report 1 is not the newest one" in old.stderr) == (2, True)


def test_what_must_not_be_corrected_is_left_with_the_reason(crossdock):
    doubtful = replace(ROW, sku="CAP", cause=Cause.IN_DOUBT)
    large = replace(ROW, sku="BOX", difference=40)
    keep(crossdock.folder, report_of("acme", ROW, doubtful, large))
    (crossdock.folder / "crossdock.toml").write_text(SINKS)
    done = crossdock("reconcile", "repair", "--all", "--at-most", "5", "--yes", "--json")
    lines = {one["sku"]: one for one in json.loads(done.stdout)}
    assert done.returncode == 1
    assert (lines["TEE"]["state"], lines["TEE"]["change"]) == ("noted", "-3 at 0")
    assert lines["CAP"]["left"] == "something of it is in doubt, and would count twice"
    assert lines["BOX"]["left"] == "it differs by more than 5 pieces"
    assert "BOX" in crossdock("reconcile", "repair", "--all").stdout
    (change,) = json.loads(crossdock("stock", "list", "--json").stdout)
    assert (change["key"], change["quantities"]) == ("reconcile/1/TEE", {"0": -3})


def test_what_is_left_for_one_reason_is_one_row_for_people_and_a_wrong_name_among_others_is_told(crossdock):
    unknown = [replace(ROW, sku=f"X-{number}", cause=Cause.UNKNOWN_ITEM) for number in range(9)]
    keep(crossdock.folder, report_of("acme", ROW, *unknown))
    (crossdock.folder / "crossdock.toml").write_text(SINKS)
    told = crossdock("reconcile", "repair", "--all").stdout
    assert "X-0 and 8 more" in told
    assert "X-1" not in told
    assert len(json.loads(crossdock("reconcile", "repair", "--all", "--json").stdout)) == 10
    wrong = crossdock("reconcile", "repair", "--sku", "tee", "--sku", "TEEE")
    assert (wrong.returncode, wrong.stderr.strip()) == (
        2,
        "report 1 has no difference of TEEE; `crossdock reconcile show 1` lists them",
    )


def test_a_service_that_is_off_is_told_of_when_something_is_corrected(crossdock):
    keep(crossdock.folder, report_of("acme", ROW))
    (crossdock.folder / "crossdock.toml").write_text(f'{SINKS}\n[pipelines.acme.services]\nstock = "off"\n')
    told = crossdock("reconcile", "repair", "--sku", "tee", "--yes")
    assert "The service `stock` of the pipeline is off" in told.stdout


SINKS = """
[store]
url = "sqlite:///crossdock.db"

[connections.cart]
connector = "channeladvisor"

[pipelines.beta]
inventory_sink = "cart"

[pipelines.acme]
inventory_sink = "cart"
"""
ROW = Discrepancy("TEE", "0", "TEE", Cause.MANUAL_CHANGE, "The cart's number changed.", -3, 5, 8, 5)
ROW2 = replace(ROW, sku="HAT", difference=2)


def report_of(pipeline: str, *found: Discrepancy) -> Report:
    now = datetime.now(UTC)
    return Report(pipeline, now, now, "a test", 10, 0, found)


def keep(folder: Path, *reports: Report) -> None:
    """A database with these reports."""

    async def work() -> None:
        async with open_store(f"sqlite:///{folder}/crossdock.db") as store:
            for report in reports:
                await store.save_report(None, report, None, now=report.ended_at)

    asyncio.run(work())
