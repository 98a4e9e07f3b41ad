"""A label that is taken back and bought again: the cart has the number under which the box travels, as stories."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from world import Line, World
from world.label_ends import ADDRESS, SELLERS, Seller, buys, seller_of
from world.label_money import REFUNDS, spent_at, take_back_at
from world.reading import data, problems, read

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=SELLERS)
def seller(request: pytest.FixtureRequest, world: World) -> Iterator[Seller]:
    """Each provider that sells labels; its carriers give money back at once."""
    with seller_of(world, request.param, **REFUNDS.get(request.param, {})) as seller:
        buys(world)
        yield seller


def packed(shop: World) -> int:
    """An order whose box the warehouse packed without a number."""
    order = shop.cart.sells("A-1", Line("SKU-0001", 2), **ADDRESS)
    shop.run()
    shop.warehouse.works(without_tracking=1.0)
    return order


def told(shop: World, order: int) -> list[str]:
    """The numbers that the cart was told."""
    return [ship["tracking"] for ship in shop.cart.ships(order)]


def states(shop: World) -> dict[str, str]:
    """What became of each label, the first one first, by its tracking number."""
    return {one["tracking_number"]: one["state"] for one in reversed(data(shop, "labels", "list"))}


def void(shop: World, *options: str) -> tuple[int, str]:
    """A person takes the first label back; how the command ended, and what it said."""
    key = data(shop, "labels", "list")[-1]["key"]
    told = shop.says("labels", "void", key, "--why", "printer tore it", "--by", "ada", *options)
    return told.code, told.out


def test_a_label_voided_before_the_cart_was_told_is_bought_again_and_only_the_new_number_told(
    world: World, seller: Seller
) -> None:
    order = packed(world)
    world.cart.faults(error_503=1.0, only_paths="Ship")
    world.run()
    [first] = seller.labels()
    assert void(world, "--again")[0] == 0
    world.cart.faults()
    for minutes in (1, 2):
        world.run(later=minutes * MINUTE)
    [old, new] = seller.labels()
    assert (old.tracking, old.voided, new.voided) == (first.tracking, True, False)
    assert states(world) == {old.tracking: "voided", new.tracking: "bought"}
    assert told(world, order) == [new.tracking]
    assert spent_at(seller) == Decimal(data(world, "labels", "list")[0]["cost"])
    assert problems(world) == []
    [deed] = data(world, "audit", "list")
    assert (deed["by"], deed["action"], deed["note"]) == ("ada", "void label", "printer tore it")


@pytest.mark.parametrize("seller", ["karrio"], indirect=True)
def test_a_label_voided_after_the_cart_was_told_is_a_problem_with_both_numbers(world: World, seller: Seller) -> None:
    order = packed(world)
    world.run()
    code, said = void(world, "--again")
    [old, new] = seller.labels()
    assert (code, old.voided, new.voided) == (0, True, False)
    assert f"The label {old.tracking} is taken back." in said
    assert f"tracking number {new.tracking}" in said
    [problem] = problems(world)
    assert f"label {old.tracking} of box" in problem.text
    assert f"At the cart, replace {old.tracking} with {new.tracking}. Then resolve this problem." in problem.text
    read(world, "problems", "resolve", problem.number, "--note", "corrected at the cart")
    world.run(later=10 * MINUTE)
    assert problems(world) == []
    assert told(world, order) == [old.tracking], "only a person can correct a number at the cart"
    assert spent_at(seller) == Decimal(data(world, "labels", "list")[0]["cost"])


def test_a_label_taken_back_in_the_shipping_system_gives_way_to_one_printed_there(world: World, seller: Seller) -> None:
    order = packed(world)
    world.cart.faults(error_503=1.0, only_paths="Ship")
    world.run()
    [first] = seller.labels()
    take_back_at(seller, first.tracking)
    world.cart.faults()
    for minutes in (1, 2):
        world.run(later=minutes * MINUTE)
    assert told(world, order) == []
    waits = "its label was taken back; it waits for another one"
    assert waits in read(world, "orders", "show", "A-1")
    assert len(seller.labels()) == 1, "nobody has asked for another one"
    by_hand = seller.prints("A-1")
    world.run(later=8 * MINUTE)
    assert told(world, order) == [by_hand]
    assert states(world) == {first.tracking: "voided"}
    assert problems(world) == []


@pytest.mark.parametrize("seller", ["easypost"], indirect=True)
def test_without_another_label_the_problem_waits_for_one_printed_by_hand_and_names_it(
    world: World, seller: Seller
) -> None:
    packed(world)
    world.run()
    code, said = void(world)
    [old] = seller.labels()
    assert (code, said) == (0, f"The label {old.tracking} is taken back. The box waits for a label by hand.\n")
    [problem] = problems(world)
    assert "Make another label in the shipping system; its number is added here." in problem.text
    by_hand = seller.prints("A-1")
    world.run(later=8 * MINUTE)
    [problem] = problems(world)
    assert f"At the cart, replace {old.tracking} with {by_hand}." in problem.text
    assert [one.tracking for one in seller.labels() if not one.voided] == [by_hand]
