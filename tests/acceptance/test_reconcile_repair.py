"""Differences corrected and reports kept, as stories: a person's word counts once, and a policy has limits."""

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from world import Line, World
from world.comparing import PLACES, booked, compared, differences, rows, types_in
from world.reading import data, problems, read
from world.running import running, until
from world.sales import EAST, WEST
from world.settings import write_secrets
from world.shelves import as_at_the_cart

WorldMaker = Callable[..., World]
SKU, OTHER, THIRD = "SKU-0001", "SKU-0002", "SKU-0003"
SHELVES = as_at_the_cart()
DAY = timedelta(days=1)
EVERY_NIGHT = {"reconcile": "0 3 * * *"}


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart and warehouse agree on every piece when the story begins."""

    def opened(name: str = "world", **options: Any) -> World:
        shop = new_world(name, warehouse={"areas": ["EAST", "WEST", "DOCK"], "stock": SHELVES}, **options)
        shop.pipeline.update(inventory_source="warehouse", inventory_sink="cart", distribution_centers=PLACES)
        return shop

    return opened


@pytest.fixture
def shop(new_shop: WorldMaker) -> World:
    return new_shop()


def for_sale(shop: World, sku: str, center: int = EAST) -> int:
    return shop.cart.available(sku)[center]


def lies(sku: str, area: str = "EAST") -> int:
    """What lay there at the beginning."""
    return SHELVES[sku][area]


def night(shop: World, number: int) -> None:
    """Everything that is due after so many days, the reconciliation included, and what it had corrected."""
    shop.run(later=number * DAY)
    shop.run(later=number * DAY + timedelta(minutes=1))


def test_person_sees_what_would_be_told_says_yes_and_the_next_report_agrees(shop: World) -> None:
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    types_in(shop, OTHER, WEST, lies(OTHER, "WEST") - 3)
    report = compared(shop)["id"]

    shown = read(shop, "reconcile", "repair", "--all")
    assert "-2 at 1" in shown
    assert "+3 at 2" in shown
    assert shown.endswith("2 differences would be corrected; nothing was told to the cart. With --yes it is.")
    shop.run()
    assert for_sale(shop, SKU) == lies(SKU) + 2

    told = read(shop, "reconcile", "repair", "--sku", SKU.lower(), "--yes", "--by", "ada", "--note", "typed by mistake")
    assert "1 difference noted." in told
    shop.cart.sells("A-1", Line(SKU, 4))
    shop.run()
    assert for_sale(shop, SKU) == lies(SKU) - 4, "what was sold meanwhile stays sold"
    assert differences(shop) == [(OTHER, "2", 3, "manual_change")]

    [deed] = [one for one in data(shop, "audit", "list", "ada") if one["action"] == "correct stock"]
    assert (deed["subject"], deed["before"], deed["after"]) == (SKU, f"report {report}", "-2 at 1")
    assert deed["note"] == "typed by mistake"
    story = read(shop, "stock", "show", SKU)
    assert f"promised -2 at 1 (reconciliation {report})" in story
    assert "by ada" in story
    assert f"Corrected by reconcile/{report}/{SKU}." in " ".join(
        shop.says("reconcile", "show", str(report)).out.split()
    )


def test_correction_happens_once_and_only_by_the_newest_report(shop: World) -> None:
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    old = compared(shop)["id"]
    new = compared(shop)["id"]
    refused = shop.says("reconcile", "repair", str(old), "--all", "--yes")
    assert refused.code == 2
    assert f"report {old} is not the newest one of pipeline main" in refused.err
    assert f"look at report {new}" in refused.err

    read(shop, "reconcile", "repair", str(new), "--all", "--yes")
    again = shop.says("reconcile", "repair", "--all", "--yes")
    assert (again.code, "it was corrected already" in " ".join(again.out.split())) == (2, True)
    shop.run()
    assert [number for _, _, number in shop.cart.updates(SKU)] == [-2]
    late = shop.says("reconcile", "repair", "--all", "--yes")
    assert (late.code, len(data(shop, "stock", "list"))) == (2, 1)


def test_what_moved_after_the_report_is_compared_again_before_it_is_corrected(shop: World) -> None:
    shop.cart.sells("A-1", Line(OTHER, 2))
    shop.run()
    for sku in (SKU, OTHER, THIRD, "SKU-0004"):
        types_in(shop, sku, EAST, for_sale(shop, sku) + 5)
    compared(shop)
    read(shop, "stock", "adjust", "SKU-0004", "1=-5")
    read(shop, "services", "run", "stock")
    shop.warehouse.acts(booked("put", SKU, 3, "EAST"))
    shop.warehouse.works()
    read(shop, "services", "run", "collect")
    read(shop, "stock", "adjust", THIRD, "1=-5")

    told = shop.says("reconcile", "repair", "--all", "--yes")
    words = " ".join(told.out.split())
    assert (told.code, "Nothing of it can be corrected." in words) == (2, True)
    assert words.count("it moved in the warehouse before the report") == 2
    assert "of it is not settled" in words
    assert "SKU-0004 left a stock change of it was promised or sent since the report: compare again" in words

    shop.run()
    assert sorted(differences(shop)) == [(SKU, "1", -5, "manual_change"), (OTHER, "1", -5, "manual_change")]
    read(shop, "reconcile", "repair", "--all", "--yes")
    shop.run()
    assert (differences(shop), problems(shop)) == ([], [])


def test_only_small_ones_of_some_cause_can_be_chosen(shop: World) -> None:
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    types_in(shop, OTHER, EAST, lies(OTHER) + 40)
    shop.warehouse.acts({"act": "move", "item": THIRD, "quantity": 4, "origin": "EAST", "destination": "DOCK"})
    shop.run()
    compared(shop)
    told = shop.says("reconcile", "repair", "--all", "--at-most", "5", "--yes")
    words = " ".join(told.out.split())
    assert (told.code, "1 difference noted." in words) == (1, True)
    assert "it differs by more than 5 pieces" in words
    assert "its pieces lie where no rule says where they count: name the area in the config" in words
    shop.run()
    assert (for_sale(shop, SKU), for_sale(shop, OTHER)) == (lies(SKU), lies(OTHER) + 40)


def test_policy_corrects_what_two_nights_have_shown_within_its_limits(shop: World) -> None:
    shop.pipeline["reconcile"] = {"repair": "small", "most_units": 5, "most_rows": 2}
    shop.run()
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    types_in(shop, OTHER, EAST, lies(OTHER) + 40)
    night(shop, 1)
    assert shop.cart.updates(SKU) == [], "one night is no proof"
    types_in(shop, THIRD, EAST, lies(THIRD) - 1)

    night(shop, 2)
    assert for_sale(shop, SKU) == lies(SKU)
    assert (for_sale(shop, OTHER), for_sale(shop, THIRD)) == (lies(OTHER) + 40, lies(THIRD) - 1)
    [problem] = problems(shop)
    assert "1 was corrected by itself" in problem.text
    assert "2 are larger than `most_units`, of other causes, or were not the same in the report before" in problem.text
    [deed] = [one for one in data(shop, "audit", "list") if one["action"] == "correct stock"]
    assert (deed["by"], deed["subject"]) == ("crossdock, by the config", SKU)

    for sku in ("SKU-0004", "SKU-0005"):
        types_in(shop, sku, EAST, lies(sku) - 1)
    night(shop, 3)
    assert for_sale(shop, THIRD) == lies(THIRD)
    types_in(shop, "SKU-0006", EAST, lies("SKU-0006") - 1)
    night(shop, 4)
    assert for_sale(shop, "SKU-0004") == lies("SKU-0004")


def test_policy_that_would_correct_too_many_corrects_none(shop: World) -> None:
    shop.pipeline["reconcile"] = {"repair": "small", "most_rows": 2}
    shop.run()
    for sku in (SKU, OTHER, THIRD):
        types_in(shop, sku, EAST, lies(sku) - 1)
    night(shop, 1)
    night(shop, 2)
    [problem] = problems(shop)
    assert "3 differences are small, and `most_rows` lets 2 go" in problem.text
    assert data(shop, "stock", "list") == []


def test_problem_opens_by_night_and_closes_by_itself(shop: World) -> None:
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    shop.run()
    assert problems(shop) == []
    night(shop, 1)
    [problem] = problems(shop)
    assert "The stock of the warehouse and the cart differs at 1 place: 1 manual change" in problem.text
    assert "SKU-0001 at 1: -2 (manual change)" in problem.text
    refused = shop.says("problems", "retry", problem.number)
    assert refused.code == 2
    assert "crossdock reconcile" in refused.err

    types_in(shop, SKU, EAST, lies(SKU))
    night(shop, 2)
    assert problems(shop) == []


def test_reports_are_made_by_schedule_and_kept(shop: World) -> None:
    shop.run()
    [service] = [one for one in data(shop, "services", "list") if one["service"] == "reconcile"]
    now = datetime.now(UTC)
    due = datetime.fromisoformat(service["next_run"])
    assert (service["title"], service["every"]) == ("stock reconciliation", "0 3 * * *")
    assert (due.hour, due.minute, now < due <= now + DAY) == (3, 0, True)
    assert data(shop, "reconcile", "list") == [], "it rests until then"

    types_in(shop, SKU, EAST, lies(SKU) + 2)
    night(shop, 1)
    types_in(shop, SKU, EAST, lies(SKU))
    night(shop, 2)
    compared(shop, "--by", "ada")
    assert "levels compared" in read(shop, "services", "run", "reconcile")
    listed = data(shop, "reconcile", "list")
    assert [(one["asked_by"], one["differing"]) for one in listed] == [
        ("the schedule", 0),
        ("ada", 0),
        ("the schedule", 0),
        ("the schedule", 1),
    ]
    shown = shop.says("reconcile", "show", str(listed[-1]["id"]))
    assert (shown.code, "1 of 760 levels differ: the cart offers 2 pieces too many." in shown.out) == (1, True)
    assert "Both sides agree on 760 levels." in read(shop, "reconcile", "show")


def test_person_compares_and_corrects_while_another_crossdock_runs(shop: World) -> None:
    shop.pipeline["services"] |= {"collect": "1h", "stock": "1h"}
    with running(shop):
        until(lambda: all(one["last_success"] for one in data(shop, "services", "list") if one["service"] == "collect"))
        types_in(shop, SKU, EAST, lies(SKU) + 2)
        shop.warehouse.acts(booked("put", OTHER, 7, "EAST"))
        assert differences(shop) == [(SKU, "1", -2, "manual_change")]
        told = read(shop, "reconcile", "repair", "--all", "--yes")
        assert "A running crossdock tells the cart at once" in told
        until(lambda: for_sale(shop, SKU) == lies(SKU))
        until(lambda: for_sale(shop, OTHER) == lies(OTHER) + 7)
    assert differences(shop) == []


def test_every_client_has_reports_of_its_own(new_shop: WorldMaker) -> None:
    shop, second = new_shop(), new_shop("second")
    for name in ("cart", "warehouse"):
        url = getattr(second, name).url
        shop.connections[f"bolt_{name}"] = {**shop.connections[name], "base_url": url}
    ends = {"order_source": "bolt_cart", "fulfillment_target": "bolt_warehouse"}
    ends |= {"inventory_source": "bolt_warehouse", "inventory_sink": "bolt_cart"}
    shop.settings["pipelines"]["bolt"] = {**shop.pipeline, **ends, "client": "bolt"}
    shop.pipeline["client"] = "acme"
    types_in(second, SKU, EAST, lies(SKU) + 2)

    both = shop.says("reconcile")
    assert both.code == 1
    assert "Both sides agree on 760 levels." in both.out
    assert "Report 2 of pipeline bolt" in both.out
    assert shop.says("reconcile", "--client", "acme").code == 0
    assert {one["pipeline"] for one in data(shop, "reconcile", "list", "--client", "bolt")} == {"bolt"}
    assert rows(data(shop, "reconcile", "show", "--client", "bolt")[0]) == [(SKU, "1", -2, "manual_change")]

    unclear = shop.says("reconcile", "repair", "--all", "--yes")
    assert (unclear.code, "say which report is meant, by its number or with --pipeline" in unclear.err) == (2, True)
    read(shop, "reconcile", "repair", "--all", "--yes", "--pipeline", "bolt")
    shop.run_all()
    assert shop.says("reconcile").code == 0
    assert (second.cart.updates(SKU), shop.cart.updates(SKU)) == ([(EAST, "Relative", -2)], [])


class Links(HTMLParser):
    """What a page takes from elsewhere, and the words on it."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.tags: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.foreign += [str(value) for name, value in attrs if name in ("src", "href") and str(value)[:1] != "#"]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_report_leaves_as_a_table_for_programs_and_as_one_page(shop: World, tmp_path: Path) -> None:
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    types_in(shop, OTHER, WEST, lies(OTHER, "WEST") - 3)
    page = tmp_path / "stock.html"
    told = shop.says("reconcile", "--csv", "--html", str(page), "--by", "ada <the night shift>")
    assert told.code == 1
    lines = [*csv.DictReader(told.out.splitlines())]
    assert [(one["sku"], one["center"], one["difference"], one["cause"]) for one in lines] == [
        (OTHER, "2", "3", "manual_change"),
        (SKU, "1", "-2", "manual_change"),
    ]
    [report] = json.loads(shop.says("reconcile", "show", "--json").out)
    assert (report["differences"], report["too_many"], report["too_few"]) == (2, 2, 3)
    assert report["by_cause"] == {"manual_change": {"differences": 2, "too_many": 2, "too_few": 3}}

    text = page.read_text(encoding="utf-8")
    (read_page := Links()).feed(text)
    assert read_page.foreign == [], "nothing from elsewhere"
    assert not re.search(r"url\(|@import|<script|https?://(?!www\.w3\.org)", text)
    assert "svg" in read_page.tags
    assert all(one["because"] in read_page.words for one in lines)
    assert "ada <the night shift>" in read_page.words
    assert f"crossdock reconcile repair {report['id']}" in read_page.words
    assert f"Written: {page}" in shop.says("reconcile", "show", "--html", str(page), "--sku", SKU).err
    (narrow := Links()).feed(page.read_text(encoding="utf-8"))
    assert (SKU in narrow.words, OTHER in narrow.words) == (True, False)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no browser")
def test_page_is_shown_by_a_browser_that_is_offline(shop: World, tmp_path: Path) -> None:
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    page = tmp_path / "stock.html"
    shop.says("reconcile", "--html", str(page))
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,1400"]
    profile = [f"--user-data-dir={tmp_path / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"]
    picture = tmp_path / "stock.png"
    command = [*browser, *profile, f"--screenshot={picture}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "blocked" not in done.stderr
    assert "Refused" not in done.stderr
    assert picture.stat().st_size > 20_000


def test_slips_of_a_tired_operator_change_nothing_and_say_what_to_do(shop: World, tmp_path: Path) -> None:
    empty = shop.says("reconcile", "repair", "--all", "--yes")
    assert (empty.code, "no report was made yet; `crossdock reconcile` makes one" in empty.err) == (2, True)
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    compared(shop)
    slips = {
        ("repair", "99", "--all"): "there is no report 99; `crossdock reconcile list` lists them",
        ("repair", "--sku", "SKU-0O01"): "`crossdock reconcile show 1` lists them",
        ("repair", "--cause", "manual"): "did you mean 'manual_change'?",
        ("repair", "--all", "--sku", SKU): "choose differences with --sku and --cause, or all with --all",
        ("repair",): "choose differences with --sku and --cause, or all with --all",
        ("repair", "main", "--all"): "should be a valid integer",
        ("show", "--pipeline", "mian"): "no pipeline 'mian'",
        ("show", "--csv", "--json"): "either --json or --csv",
        ("--pipeline", "mian"): "no pipeline 'mian'",
        ("--client", "amce"): "amce",
    }
    for command, words in slips.items():
        told = shop.says("reconcile", *command)
        assert (told.code, words in " ".join(told.err.replace("│", " ").split())) == (2, True), f"{command}: {told}"
    assert data(shop, "stock", "list") == []

    del shop.pipeline["inventory_source"]
    told = shop.says("reconcile")
    assert told.code == 2
    assert "it takes a pipeline with an inventory source and a sink" in " ".join(told.err.split())


def test_end_that_cannot_be_read_is_a_sentence_and_the_report_before_stands(shop: World) -> None:
    types_in(shop, SKU, EAST, lies(SKU) + 2)
    compared(shop)
    write_secrets(shop.folder, warehouse_key="a-key-that-was-revoked")
    told = shop.says("reconcile")
    assert (told.code, "WarehouseOS answered 403" in told.err) == (2, True)
    assert "403" in data(shop, "reconcile", "list")[0]["error"]
    shown = shop.says("reconcile", "show")
    assert (shown.code, "It did not come to an end: " in shown.out) == (1, True)
    assert "1 difference would be corrected" in read(shop, "reconcile", "repair", "--all"), "of the last whole one"
