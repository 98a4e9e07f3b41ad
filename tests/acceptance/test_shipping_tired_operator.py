"""Labels that cannot be bought, as a tired operator meets them: what each problem says to do is done, and it helps."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from world import Line, World
from world.label_ends import ADDRESS, DOCK, Opened, Seller, buys, packs, seller_of
from world.reading import ReadProblem, data, problems, read
from world.sales import line_id

NOWHERE = {**ADDRESS, "ShippingAddressLine1": "1 Unknown Street"}
"""An address that the simulated post does not know."""
ABROAD = {**ADDRESS, "ShippingCity": "Toronto", "ShippingStateOrProvince": "ON", "ShippingPostalCode": "M5V 2T6"}
ABROAD["ShippingCountry"] = "CA"


@pytest.fixture
def opened(world: World) -> Iterator[Opened]:
    """Opens the shipping system of the story."""
    with ExitStack() as stack:
        yield lambda kind, **options: stack.enter_context(seller_of(world, kind, **options))


@pytest.fixture
def seller(opened: Opened) -> Seller:
    """An account that offers what USPS and UPS have."""
    return opened("easypost")


def packed(world: World, **fields: Any) -> int:
    """An order of one packed box without a number."""
    order = world.cart.sells("A-1", Line("SKU-0001", 2), **{**ADDRESS, **fields})
    world.run()
    packs(world, "A-1", {line_id(order, 1): 2})
    world.run()
    return order


def the_problem(world: World, *words: str) -> ReadProblem:
    """The only open problem, which says this."""
    [found] = problems(world)
    for word in words:
        assert word in found.text
    return found


def advised(problem: ReadProblem, start: str) -> list[str]:
    """The command that the problem tells to give, as it is typed."""
    [command] = set(re.findall(rf"`crossdock ({start}[^`]*)`", problem.text))
    return str(command).split()


def told_and_closed(world: World, order: int) -> None:
    """The cart has the number of the one label, and nobody is asked any more."""
    world.run()
    [ship] = world.cart.ships(order)
    [label] = data(world, "labels", "list")
    assert ship["tracking"] == label["tracking_number"] != ""
    assert world.books.problems() == {}


def no_rule_fits(world: World) -> None:
    world.pipeline["labels"]["services"] = ["usps/priority_mail"]


def name_an_offer(world: World) -> None:
    world.pipeline["labels"]["services"] = ["USPS/Priority"]


def no_sender(world: World) -> None:
    for center in world.pipeline["distribution_centers"].values():
        center.pop("ship_from", None)


def say_the_sender(world: World) -> None:
    world.pipeline["distribution_centers"]["1"]["ship_from"] = DOCK


def no_weight(world: World) -> None:
    world.pipeline["labels"].pop("weight")


def say_a_weight(world: World) -> None:
    world.pipeline["labels"]["weight"] = "1.5 lb"


def enter_the_weight_at_the_source(world: World) -> None:
    world.pipeline["catalog_source"] = "cart"
    world.pipeline["services"]["catalog"] = "1m"
    world.pipeline["labels"]["product_unit"] = "lb"
    world.cart.edits("SKU-0001", Weight=0.75)


Change = Callable[[World], None]
CORRECTED: dict[str, tuple[Change, Change, tuple[str, ...]]] = {
    "service names are wrong": (
        no_rule_fits,
        name_an_offer,
        ("USPS/Priority 8.48 USD", "the rules say usps/priority_mail", "Name one of them in `labels.services`"),
    ),
    "nobody said where it comes from": (
        no_sender,
        say_the_sender,
        ("Write `ship_from` under distribution_centers.1 of the config",),
    ),
    "nobody knows the weight": (no_weight, say_a_weight, ("SKU-0001", "`labels.weight` in the config")),
    "the catalogue is not read": (no_weight, enter_the_weight_at_the_source, ("`catalog_source` of the pipeline",)),
}
"""What is wrong with the config, how the problem says it is corrected, and in which words."""


@pytest.mark.parametrize("case", CORRECTED)
def test_what_the_config_lacks_is_corrected_and_retried(world: World, seller: Seller, case: str) -> None:
    wrong, correct, words = CORRECTED[case]
    buys(world)
    wrong(world)
    order = packed(world)
    problem = the_problem(world, "No label was bought for box A-1/", *words)
    assert seller.labels() == []

    correct(world)
    if case == "the catalogue is not read":
        world.run()
    read(world, *advised(problem, "problems retry"))
    [label] = data(world, "labels", "list", "--state", "waiting")
    assert label["error"] == "", "what was wrong before is not said any more"

    told_and_closed(world, order)
    assert len(seller.labels()) == 1


def test_dear_label_is_bought_when_it_is_approved(world: World, seller: Seller) -> None:
    buys(world, "UPS/NextDayAir", most="25.00 USD")
    order = packed(world)
    problem = the_problem(world, "UPS/NextDayAir costs 46.62 USD, and `labels.most` is 25.00 USD")

    said = read(world, *advised(problem, "labels approve"))

    assert "UPS NextDayAir, 46.62 USD, tracking number 1Z" in said
    told_and_closed(world, order)
    assert len(seller.labels()) == 1
    [deed] = data(world, "audit", "list")
    assert deed["action"] == "approve label"


def test_address_that_is_right_after_all_is_approved(world: World, seller: Seller) -> None:
    buys(world)
    order = packed(world, **NOWHERE)
    problem = the_problem(world, "nothing can be delivered to its address", "Ask the buyer.")
    assert seller.labels() == []

    assert "tracking number" in read(world, *advised(problem, "labels approve"))

    told_and_closed(world, order)


@pytest.mark.parametrize("case", ["address", "border"])
def test_label_that_is_bought_by_hand_is_found_and_ends_the_problem(world: World, seller: Seller, case: str) -> None:
    buys(world)
    order = packed(world, **(NOWHERE if case == "address" else ABROAD))
    the_problem(world, "uy it in the shipping system under this order number")

    number = seller.prints("A-1")
    world.run()

    [ship] = world.cart.ships(order)
    assert ship["tracking"] == number
    world.run()
    assert world.books.problems() == {}
    assert len(seller.labels()) == 1
    [label] = data(world, "labels", "list")
    assert label["state"] == "by_hand", label


def test_labels_are_wanted_of_a_provider_that_sells_none(world: World, opened: Opened) -> None:
    opened("lookup")
    world.connections["seller"].update(connector="shipping")
    buys(world)

    check, run = world.says("check", "--connect"), world.says("run", "--once")

    assert (check.code, run.code) == (1, 2)
    for said in (check.out + check.err, run.out + run.err):
        assert "connection seller sells no labels" in " ".join(said.split())


def test_border_is_named_with_both_countries(world: World, seller: Seller) -> None:
    buys(world)
    packed(world, **ABROAD)
    the_problem(world, "it goes from US to CA, and crossdock does not fill in customs papers")
    assert seller.labels() == []
