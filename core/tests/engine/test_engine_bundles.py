"""Bundles that only the warehouse knows: asked for part by part, reported to the cart as whole bundles."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from hypothesis import given

from crossdock.domain import BundleComponent
from crossdock.engine.bundles import taken_apart
from crossdock.hooks.errors import NeedsAuth, Unavailable

from .builders import a_box, a_line, an_order
from .remote import Warehouse
from .strategies import ROUNDS, orders
from .world import World, played


def parts(**pieces: int) -> tuple[BundleComponent, ...]:
    return tuple(BundleComponent(sku=sku, quantity=quantity) for sku, quantity in pieces.items())


SETS = {"SET": parts(CUP=2, PLATE=1)}


class Assembler(Warehouse):
    """Knows what a SET is."""

    async def bundle_parts(self, skus: Collection[str]) -> Mapping[str, Sequence[BundleComponent]]:
        return await self._carry_out("bundle_parts", lambda: {sku: SETS[sku] for sku in skus if sku in SETS})


def test_a_line_that_is_a_bundle_there_becomes_its_parts() -> None:
    order = taken_apart(an_order("1", a_line("10", 3, sku="SET"), a_line("20")), SETS)
    assert order.lines[0].components == SETS["SET"]
    assert (order.lines[0].sku, order.lines[0].quantity) == ("SET", 3)
    assert order.lines[1] == a_line("20")


def test_a_part_of_the_carts_own_bundle_that_is_a_bundle_there_is_taken_apart_too() -> None:
    order = taken_apart(an_order("1", a_line("10", sku="BOX", components=[("SET", 2), ("CARD", 1)])), SETS)
    pieces = Counter({part.sku: part.quantity for part in order.lines[0].components})
    assert pieces == {"CUP": 4, "PLATE": 2, "CARD": 1}


@ROUNDS
@given(orders())
def test_an_order_of_which_the_warehouse_knows_no_bundle_stays_as_it_is(order) -> None:
    assert taken_apart(order, {"a SKU that nobody sells": parts(CUP=1)}) is order


@played
async def test_the_cart_is_told_of_a_bundle_when_all_of_its_parts_are_packed(world: World) -> None:
    world.warehouse = Assembler()
    world.cart.sell(an_order("1", a_line("10", 2, sku="SET"), a_line("20")))
    await world.cycle()
    [request] = world.warehouse.requests
    assert [(line.id, line.sku, line.quantity) for line in request.lines] == [
        ("10.1", "CUP", 4),
        ("10.2", "PLATE", 2),
        ("20", "SKU-20", 1),
    ]

    world.warehouse.pack(a_box("B1", "N1", ("10.1", 3), ("10.2", 2)), a_box("B2", "N1", ("10.1", 1), ("20", 1)))
    await world.cycle()

    told = [{line.order_line_id: line.quantity for line in one.lines} for one in world.cart.confirmed]
    assert told == [{"10": 1}, {"10": 1, "20": 1}]
    assert await world.problems() == []


@played
async def test_an_order_waits_until_the_warehouse_tells_what_is_a_bundle(world: World) -> None:
    world.warehouse = Assembler()
    world.cart.sell(*(an_order(str(number)) for number in range(1, 4)))
    for error, paused in ((Unavailable("not now"), False), (NeedsAuth("who are you?"), True)):

        async def refuse(skus: Collection[str], error: Exception = error) -> Mapping[str, Sequence[BundleComponent]]:
            raise error

        world.warehouse.bundle_parts = refuse  # type: ignore[method-assign]
        reports = await world.cycle()
        assert str(error) in reports["release"].error
        assert set((await world.orders()).values()) == {"ready"}
        assert bool(world.pauses) is paused
    del world.warehouse.bundle_parts
    await world.store.resume_connection("warehouse")
    await world.cycle()
    assert set(world.warehouse.created().values()) == {1}
    assert set((await world.orders()).values()) == {"released"}
