"""Two merchants, one warehouse, and equal numbers of orders, as stories: nothing of one touches the other."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from world import Line, World
from world.ends import Cart
from world.reading import data, read
from world.receivers import mails
from world.sales import line_id

WorldMaker = Callable[..., World]
UNKNOWN = Line("SKU-9999")
"""The warehouse has no such item."""
RULE = {"carrier": "Walmart", "to": {"carrier": "UPS", "service": "GROUND"}}


@dataclass(frozen=True)
class House:
    """A warehouse and its two merchants: acme sells by the world's own cart, bolt by another one."""

    world: World
    bolt: Cart

    @property
    def acme(self) -> Cart:
        """The cart of the first."""
        return self.world.cart


@pytest.fixture
def house(world: World, new_world: WorldMaker) -> House:
    bolt = new_world("bolt").cart
    world.connections["bolt_cart"] = {**world.connections["cart"], "base_url": bolt.url}
    own = {"ship_methods": {"inbound": [RULE], "outbound": [{"to": RULE["to"]}]}}
    first = {**world.pipeline, **own, "client": "acme"}
    second = {**first, "client": "bolt", "order_source": "bolt_cart"}
    world.settings["pipelines"] = {"main": first, "bolts": second}
    return House(world, bolt)


def test_equal_numbers_stay_apart_and_the_second_goes_out_under_a_number_of_its_own(house: House) -> None:
    world = house.world
    ours, theirs = house.acme.sells("A-1", Line("SKU-0001")), house.bolt.sells("B-1", Line("SKU-0002", 2))
    twin = house.bolt.sells("A-1", Line("SKU-0003"))
    world.run_all()
    assert {number: told["key"] for number, told in world.warehouse.orders().items()} == {
        "A-1": f"main:{ours}:1",
        "B-1": f"bolts:{theirs}:1",
    }
    [held] = data(world, "orders", "list", "--client", "bolt", "--state", "held")
    assert held["reason"].startswith("number_taken: ")
    [problem] = data(world, "problems", "list", "--client", "bolt")
    assert "Give it another number at the cart" in problem["action"]
    assert data(world, "problems", "list", "--client", "acme") == []

    world.connections["bolt_cart"]["order_number"] = "id"
    read(world, "orders", "fetch", str(twin), "--client", "bolt")
    world.run_all()
    world.warehouse.works()
    world.run_all()
    world.run_all()

    assert data(world, "problems", "list") == []
    assert house.acme.shipped(ours) == {line_id(ours, 1): 1}
    assert house.bolt.shipped(theirs) == {line_id(theirs, 1): 2}
    assert house.bolt.shipped(twin) == {line_id(twin, 1): 1}
    assert [len(house.acme.ships(ours)), len(house.bolt.ships(twin))] == [1, 1]


def test_every_list_can_be_had_of_one_client(house: House) -> None:
    world = house.world
    for cart, number in ((house.acme, "A-1"), (house.bolt, "B-1")):
        cart.sells(number, UNKNOWN)
        cart.sells(f"{number}-PIGEON", Line("SKU-0001"), RequestedShippingCarrier="Pigeon")
    world.run_all()
    for client in ("acme", "bolt"):
        read(world, "services", "pause", "confirm", "--client", client, "--by", client)

    for words in (
        ("orders", "list"),
        ("runs", "list"),
        ("services", "list"),
        ("audit", "list"),
        ("problems", "list", "--each"),
        ("ship-methods", "list"),
        ("ship-methods", "list", "--unmapped"),
    ):
        first, second = (data(world, *words, "--client", client) for client in ("acme", "bolt"))
        assert {row["pipeline"] for row in first} == {"main"}, words
        assert {row["pipeline"] for row in second} == {"bolts"}, words
        assert len(first) == len(second) == len(data(world, *words)) / 2, words
    assert [one["count"] for one in data(world, "problems", "list") if one["code"] == "release_refused"] == [2]
    [group] = [one for one in data(world, "problems", "list", "--client", "acme") if one["code"] == "release_refused"]
    assert (group["count"], group["pipelines"]) == (1, ["main"])
    assert [(one["client"], one["open_problems"]) for one in data(world, "clients", "list")] == [
        ("acme", 2),
        ("bolt", 2),
    ]
    typo = world.says("orders", "list", "--client", "ackme")
    assert (typo.code, "the clients are: acme, bolt" in typo.err) == (2, True)


def test_what_is_decided_for_one_client_leaves_the_other_alone(house: House) -> None:
    world = house.world
    house.acme.sells("A-1", UNKNOWN)
    house.bolt.sells("B-1", UNKNOWN)
    house.acme.sells("A-2", Line("SKU-0001"), RequestedShippingCarrier="Pigeon")
    house.bolt.sells("B-2", Line("SKU-0001"), RequestedShippingCarrier="Pigeon")
    world.run_all()
    world.warehouse.ask("/_items", ["SKU-9999"])

    read(world, "problems", "retry", "--code", "release_refused", "--client", "bolt")
    pigeon = ("--direction", "inbound", "--carrier", "Pigeon", "--to-carrier", "UPS", "--to-service", "2DAY")
    unclear = world.says("ship-methods", "set", *pigeon)
    assert (unclear.code, "bolts" in unclear.err, "--pipeline" in unclear.err) == (2, True, True)
    read(world, "ship-methods", "set", *pigeon, "--pipeline", "bolts")
    world.run_all()

    assert world.warehouse.orders().keys() == {"B-1", "B-2"}
    waiting = {one["number"]: one["state"] for one in data(world, "orders", "list", "--client", "acme")}
    assert waiting == {"A-1": "held", "A-2": "held"}


def test_number_that_both_have_is_taken_for_nobody_until_the_client_is_said(house: House) -> None:
    world = house.world
    house.acme.sells("A-1", Line("SKU-0001"), RequestedShippingCarrier="Pigeon")
    house.bolt.sells("A-1", Line("SKU-0001"), RequestedShippingCarrier="Pigeon")
    world.run_all()

    for command in (
        ("orders", "hold", "A-1"),
        ("orders", "release", "A-1"),
        ("orders", "edit", "A-1", "--set", "notes=x"),
        ("orders", "cancel", "A-1", "--reason", "not_available"),
    ):
        told = world.says(*command)
        assert (told.code, "name one by its id, --pipeline or --client" in told.err) == (2, True), command
    read(world, "orders", "hold", "A-1", "--client", "bolt", "--by", "ada")

    assert data(world, "orders", "show", "A-1", "--client", "bolt")["order"]["held_by"] == "a person: ada"
    story = data(world, "orders", "show", "A-1", "--client", "acme")
    assert (story["order"]["held_by"], story["deeds"]) == ("rule: ship_methods", [])


def test_each_client_is_told_of_its_own_problems_only(house: House) -> None:
    world = house.world
    house.acme.sells("A-1", UNKNOWN)
    house.bolt.sells("B-1", UNKNOWN)
    with mails(world, "acme", clients=["acme"]) as acme, mails(world, "bolt", clients=["bolt"]) as bolt:
        world.run_all()

    [first], [second] = acme.mails, bolt.mails
    assert first["Subject"].startswith("crossdock [acme]: The warehouse refuses order A-1")
    assert second["Subject"].startswith("crossdock [bolt]: The warehouse refuses order B-1")
    assert "B-1" not in first.get_content()
    assert "In all, 1 problem is open:" in " ".join(second.get_content().split())


def test_check_refuses_a_cart_that_two_clients_share(house: House) -> None:
    world = house.world
    world.settings["pipelines"]["bolts"]["order_source"] = "cart"

    check = world.says("check")

    told = " ".join(check.err.split())
    assert check.code == 1
    assert "pipelines.bolts.order_source" in told
    assert "acme" in told
    assert "bolt" in told
    world.settings["pipelines"]["bolts"]["order_source"] = "bolt_cart"
    assert world.says("check").code == 0
