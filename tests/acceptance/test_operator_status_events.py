"""Status events, as stories: of what its cart is told, of what not and why, and told again when a person wants it."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from world import Line, World
from world.ends import End
from world.reading import order_line, order_now, problems, read, refusal
from world.sales import line_id
from world.settings import secret, write_secrets

from crossdock import Scenario
from crossdock.sandbox import SandboxServer

EBAY = {"SiteID": 1, "SiteName": "eBay"}
MINICART = Path(__file__).parents[1] / "tutorial/minicart/src"
METADATA = "Metadata-Version: 2.1\nName: crossdock-minicart\nVersion: 1.0.0\n"
ENTRY_POINT = "[crossdock.plugins]\nminicart = crossdock_minicart.plugin\n"


def rules(world: World, *given: tuple[str, bool] | tuple[str, bool, str], notify_cart: bool = True) -> None:
    """The status events of the pipeline: event, whether the cart is told, and of which site."""
    world.pipeline["status_events"] = {
        "notify_cart": notify_cart,
        "rules": [
            {"event": event, "notify_cart": tells, **({"site": site[0]} if site else {})}
            for event, tells, *site in given
        ],
    }


@pytest.fixture
def shop(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[End]:
    """Orders come from a cart that takes packages without a tracking number; two of them."""
    installed = tmp_path / "site" / "crossdock_minicart-1.0.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(METADATA)
    (installed / "entry_points.txt").write_text(ENTRY_POINT)
    monkeypatch.syspath_prepend(str(MINICART))
    monkeypatch.syspath_prepend(str(installed.parent))
    app = import_module("crossdock_minicart.sandbox").sandbox_app(Scenario(seed=1, orders=2, options={}))
    with SandboxServer(app) as server:
        write_secrets(world.folder, shop_key="mini-key")
        world.connections["shop"] = {"connector": "minicart", "base_url": server.url, "api_key": secret("shop_key")}
        world.pipeline.update({"order_source": "shop", "distribution_centers": {}})
        yield End(server.url)


def told_to(shop: End) -> list[dict[str, Any]]:
    """The packages that this cart was told of."""
    told: list[dict[str, Any]] = shop.ask("/_effects?kind=shipment")
    return told


def shipped(world: World, *numbers: str, **fields: Any) -> list[int]:
    """Orders that are packed, each in one box with a tracking number; crossdock knows of it."""
    orders = [world.cart.sells(number, Line("SKU-0001", 2), **fields) for number in numbers]
    world.run()
    world.warehouse.works(*numbers)
    world.run()
    return orders


def test_rule_keeps_the_news_of_one_site_back_and_says_so_until_it_is_taken_out(world: World) -> None:
    rules(world, ("tracking_added", False, "Walmart*"), ("tracking_added", True, "eBay"))
    [walmart] = shipped(world, "W-1")
    [ebay] = shipped(world, "E-1", **EBAY)
    assert (len(world.cart.ships(walmart)), len(world.cart.ships(ebay))) == (0, 1)
    assert order_line(world, "W-1") == "released"
    waits = "waits box W2/W-1-1: a rule says that the cart is not told of tracking_added (site 'Walmart*')"
    assert waits in read(world, "orders", "show", "W-1")
    assert problems(world) == [], "nothing is wrong with what the operator wants"

    rules(world)
    for _ in range(2):
        world.run()
    assert (len(world.cart.ships(walmart)), len(world.cart.ships(ebay))) == (1, 1)
    assert order_line(world, "W-1") == "shipped"


def test_with_the_switch_off_nothing_at_all_is_told_and_with_it_on_everything_once(world: World) -> None:
    rules(world, notify_cart=False)
    [box] = shipped(world, "A-1")
    cancelled = world.cart.sells("A-2", Line("SKU-0002"), Line("SKU-0003"))
    world.run()
    line = line_id(cancelled, 1)
    asked = world.says(*f"orders cancel A-2 --line {line} --reason not_available --anyway".split())
    assert (asked.code, "status_events.notify_cart is false" in asked.out) == (1, True)
    world.run()
    assert (world.cart.ships(box), world.cart.order(cancelled)["adjustments"]) == ([], [])
    assert world.cart.exports(box) == 1, "that we have an order is no news of it"
    assert "waits box W2/A-1-1: status_events.notify_cart is false" in read(world, "orders", "show", "A-1")
    story = read(world, "orders", "show", "A-2")
    assert "asked for cancellation of all units of line" in story
    assert "status_events.notify_cart is false" in story

    rules(world)
    for _ in range(2):
        world.run()
    assert len(world.cart.ships(box)) == len(world.cart.order(cancelled)["adjustments"]) == 1
    assert order_line(world, "A-1") == "shipped"


def test_cart_that_needs_tracking_is_never_told_without_and_check_says_why(world: World) -> None:
    for event in ("picked", "packed", "shipped"):
        rules(world, (event, True))
        told = refusal(world)
        assert "crossdock.toml has 1 mistake: pipelines.main.status_events.rules[0]" in told
        assert f"'{event}' is to be told to ChannelAdvisor (Rithum), which takes no shipment without a tracking" in told
        assert 'Write event = "tracking_added": it always has a number' in told
    assert world.says("run", "--once").code == 2, "what is refused does not run"

    rules(world, ("packed", False))
    assert world.says("check").code == 0


def test_rules_that_cannot_be_followed_are_refused_with_their_place(world: World) -> None:
    rules(world, ("tracking_added", True), ("tracking_added", False, "*"))
    assert "pipelines.main.status_events" in (told := refusal(world))
    assert "one rule an event, and not several for 'tracking_added' of site '*'" in told
    rules(world, ("trackign_added", True))
    assert "rules[0].event found 'trackign_added'" in refusal(world)
    assert "nearest tracking_added" in refusal(world)
    rules(world, ("packed", False), ("released", True))
    assert "rules[1] found 'released' is to be told to ChannelAdvisor (Rithum), which cannot hear of it" in refusal(
        world
    )


def test_cart_that_takes_packages_without_tracking_hears_of_them_when_they_are_packed_and_once(
    world: World, shop: End
) -> None:
    world.run()
    world.warehouse.works(without_tracking=1.0)
    world.run()
    assert told_to(shop) == []
    waits = "waits box W2/MINI-1-1: it has no tracking number yet"
    assert waits in read(world, "orders", "show", "MINI-1")

    rules(world, ("packed", True))
    assert world.says("check").code == 0
    world.run(later=timedelta(minutes=10))
    told = told_to(shop)
    assert [one["key"] for one in told] == ["", ""], "neither has a tracking number"
    assert order_now(world, "MINI-1")["state"] == "shipped"
    world.run(later=timedelta(minutes=20))
    assert told_to(shop) == told


def test_tracking_is_sent_again_by_hand_only_where_the_cart_does_not_have_it(world: World) -> None:
    world.pipeline["ship_methods"]["outbound"] = [{"to": {"carrier": "UPS", "service": "TELEPORT"}}]
    [order] = shipped(world, "A-1")
    assert world.cart.ships(order) == []
    world.pipeline["ship_methods"]["outbound"] = [{"to": {"carrier": "UPS", "service": "GROUND"}}]

    sent = read(world, "orders", "resend", "A-1", "--by", "dana")
    assert "A-1/W2/A-1-1: the cart did not have it; it was sent again" in sent
    assert len(world.cart.ships(order)) == 1
    for box in ((), ("--box", "A-1-1")):
        assert "the cart has it" in (again := read(world, "orders", "resend", "A-1", *box))
        assert "nothing was sent" in again
    assert len(world.cart.ships(order)) == 1
    assert problems(world) == [], "the refusal is settled"
    assert "dana: resend" in read(world, "orders", "show", "A-1")


def test_what_cannot_be_sent_again_is_said(world: World) -> None:
    shipped(world, "A-1")
    world.cart.sells("A-2", Line("SKU-0001"))
    world.run()
    refusals = {
        ("A-2",): "the cart is to be told of no package of order A-2 yet",
        ("A-1", "--box", "A-1-7"): "of order A-1 the cart was told of no package A-1-7, but of A-1/W2/A-1-1",
        ("A-9",): "there is no order with the number or id 'A-9'",
    }
    said = {arguments: world.says("orders", "resend", *arguments) for arguments in refusals}
    assert [arguments for arguments, words in refusals.items() if words not in said[arguments].err] == []
    rules(world, notify_cart=False)
    off = world.says("orders", "resend", "A-1")
    assert {one.code for one in (*said.values(), off)} == {2}
    assert "status_events.notify_cart is false" in off.err
