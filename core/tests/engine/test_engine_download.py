"""Orders come in page by page: raw first, each on its own, with the place in the list kept."""

import asyncio
from datetime import timedelta
from typing import Any

from crossdock.domain import Order, PaymentStatus
from crossdock.hooks.errors import Unavailable
from crossdock.hooks.records import Cursor, Page, Record
from crossdock.store.repair import retry_problem

from .builders import an_order
from .remote import Cart, Fault
from .world import PATIENCE, World, played


def orders(count: int) -> list[Order]:
    return [an_order(str(number)) for number in range(count)]


class ChoosyCart(Cart):
    """Has a plugin that stumbles over some orders."""

    def read_order(self, record: Record) -> Order:
        if record.id in ("1", "4"):
            raise ZeroDivisionError("a bug of the plugin")
        return super().read_order(record)


@played
async def test_every_page_is_taken_in(world: World) -> None:
    world.cart.sell(*orders(8))
    report = await world.flow("download")

    assert report.counts == {"pages": 3, "orders seen": 8, "ready": 8}
    assert len(await world.orders()) == 8


@played
async def test_what_has_not_changed_is_not_read_again(world: World) -> None:
    world.cart.sell(*orders(4))
    await world.flow("download")
    world.cart.change("2", notes="leave at the door")
    report = await world.flow("download")

    assert report.counts == {"pages": 2, "orders seen": 4, "unchanged": 3, "ready": 1}


@played
async def test_an_order_that_the_plugin_cannot_read_stops_no_other(world: World) -> None:
    world.cart = ChoosyCart()
    world.cart.sell(*orders(8))
    report = await world.flow("download")

    assert not report.error
    assert report.counts["unreadable"] == 2
    assert report.counts["ready"] == 6
    assert await world.problems() == [("unreadable_order", "1"), ("unreadable_order", "4")]


@played
async def test_the_raw_record_of_an_unreadable_order_is_kept(world: World) -> None:
    world.cart = ChoosyCart()
    world.cart.sell(*orders(2))
    await world.flow("download")

    assert await world.select("SELECT external_id FROM record ORDER BY external_id") == [("0",), ("1",)]


@played
async def test_an_order_that_is_corrected_at_the_cart_is_read_and_its_problem_closes(world: World) -> None:
    class Mended(Cart):
        def read_order(self, record: Record) -> Order:
            if b"typo" in record.data:
                raise ValueError("typo")
            return super().read_order(record)

    world.cart = Mended()
    world.cart.sell(an_order("0").model_copy(update={"notes": "typo"}))
    await world.flow("download")
    assert await world.orders() == {"0": "unreadable"}

    world.cart.change("0", notes="")
    await world.flow("download")
    assert await world.orders() == {"0": "ready"}
    assert not await world.problems()


@played
async def test_a_filter_that_fails_stops_no_other_order_and_releases_none(world: World) -> None:
    def broken(order: Order) -> str | None:
        if order.external_id == "1":
            raise ZeroDivisionError("a bug of the filter")
        return None

    world.changes["order_filter"] = broken
    world.cart.sell(*orders(3))
    report = await world.flow("download")

    assert not report.error
    assert await world.orders() == {"0": "ready", "1": "unreadable", "2": "ready"}


@played
async def test_an_unpaid_order_waits_and_goes_when_it_is_paid(world: World) -> None:
    world.cart.sell(an_order("0").model_copy(update={"payment": PaymentStatus.PENDING}))
    await world.cycle()
    assert await world.orders() == {"0": "waiting"}

    world.cart.change("0", payment=PaymentStatus.PAID)
    await world.cycle()
    assert world.warehouse.created() == {"N0": 1}


class RepeatingCart(Cart):
    """Tells an order twice on one page: first as it was, then as it is."""

    def _page(self, offset: int) -> Page:
        page = super()._page(offset)
        old = [Record(record.id, record.data.replace(b'"paid"', b'"pending"')) for record in page.records]
        return Page((*old, *page.records), page.cursor, page.more)


@played
async def test_of_an_order_that_is_twice_on_a_page_the_last_one_counts(world: World) -> None:
    world.cart = RepeatingCart()
    world.cart.sell(*orders(3))
    report = await world.flow("download")

    assert report.counts == {"pages": 1, "orders seen": 3, "ready": 3}


class TellingCart(Cart):
    """Has a list that tells of some orders whether they bear our mark; what it does not tell an order may."""

    def __init__(self, **marks: bool) -> None:
        super().__init__()
        self.marks = {key.removeprefix("order_"): marked for key, marked in marks.items()}

    def _page(self, offset: int) -> Page:
        page = super()._page(offset)
        told = tuple(Record(record.id, record.data, self.marks.get(record.id)) for record in page.records)
        return Page(told, page.cursor, page.more)


@played
async def test_an_order_that_bears_our_mark_and_is_unknown_here_is_held(world: World) -> None:
    world.cart = TellingCart(order_0=True, order_1=False)
    claimed = an_order("2").model_copy(update={"acknowledged": True})
    world.cart.sell(an_order("0"), an_order("1"), claimed, an_order("3"))
    await world.flow("download")

    assert await world.orders() == {"0": "held", "1": "ready", "2": "held", "3": "ready"}
    assert await world.problems() == [("marked_elsewhere", "N0"), ("marked_elsewhere", "N2")]


@played
async def test_the_word_of_the_list_about_a_mark_counts_before_that_of_the_order(world: World) -> None:
    world.cart = TellingCart(order_0=False, order_1=True)
    world.cart.sell(*(an_order(key).model_copy(update={"acknowledged": key == "0"}) for key in "01"))
    await world.flow("download")

    assert await world.orders() == {"0": "ready", "1": "held"}


@played
async def test_an_order_that_was_known_before_it_was_marked_goes_on(world: World) -> None:
    cart = world.cart = TellingCart()
    world.cart.sell(an_order("0"))
    await world.flow("download")
    cart.marks["0"] = True
    cart.change("0", notes="leave at the door")
    await world.flow("download")

    assert await world.orders() == {"0": "ready"}
    assert not await world.problems()


@played
async def test_an_order_held_for_a_mark_stays_held_where_nothing_tells_of_the_mark(world: World) -> None:
    cart = world.cart = TellingCart(order_0=True)
    world.cart.sell(an_order("0"))
    await world.flow("download")
    del cart.marks["0"]
    cart.change("0", notes="leave at the door")
    await world.flow("download")

    assert await world.orders() == {"0": "held"}
    assert await world.problems() == [("marked_elsewhere", "N0")]


@played
async def test_an_order_held_for_a_mark_goes_on_when_the_mark_is_gone_though_nothing_else_changed(world: World) -> None:
    cart = world.cart = TellingCart(order_0=True)
    world.cart.sell(an_order("0"))
    await world.flow("download")
    unchanged = await world.flow("download")
    cart.marks["0"] = False
    await world.cycle()

    assert unchanged.counts["unchanged"] == 1
    assert world.warehouse.created() == {"N0": 1}
    assert not await world.problems()


@played
async def test_a_person_releases_what_was_held_for_a_mark(world: World) -> None:
    world.cart = TellingCart(order_0=True)
    world.cart.sell(an_order("0"))
    await world.cycle()
    assert not world.warehouse.requests

    ((problem,),) = await world.select("SELECT id FROM problem")
    await world.store.write(retry_problem, problem, now=world.clock.now())
    await world.cycle()
    assert world.warehouse.created() == {"N0": 1}


class MarkedCart(Cart):
    """Gives a checkpoint with every page, and remembers where it was entered."""

    def __init__(self) -> None:
        super().__init__()
        self.entered: list[Cursor | None] = []

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        self.entered.append(cursor)
        page = await super().fetch_orders(cursor)
        return Page(page.records, page.cursor, page.more, checkpoint=page.cursor)


@played
async def test_a_run_that_broke_in_the_middle_goes_on_after_the_last_page_it_kept(world: World) -> None:
    cart = world.cart = MarkedCart()
    world.cart.sell(*orders(8))
    world.cart.faults["fetch_orders"].append(Fault.LOST_AFTER)
    broken = await world.flow("download")
    assert broken.error == "the connection broke"
    assert not broken.counts

    fetch = cart.fetch_orders

    async def second_page_fails(cursor: Cursor | None) -> Page:
        if cursor == "6":
            raise Unavailable("gone for lunch")
        return await fetch(cursor)

    cart.fetch_orders = second_page_fails  # type: ignore[method-assign]
    assert (await world.flow("download")).error == "gone for lunch"
    assert len(await world.orders()) == 6

    del cart.fetch_orders
    cart.entered.clear()
    assert not (await world.flow("download")).error
    assert cart.entered == ["6"]
    assert len(await world.orders()) == 8


@played
async def test_at_most_one_page_is_asked_for_ahead(world: World) -> None:
    ahead: list[int] = []
    save = world.store.save_orders
    saved = 0

    async def slow_save(*args: Any, **kwargs: Any) -> None:
        nonlocal saved
        for _ in range(50):
            await asyncio.sleep(0)
        ahead.append(world.cart.calls["fetch_orders"] - saved)
        await save(*args, **kwargs)
        saved += 1

    world.store.save_orders = slow_save  # type: ignore[method-assign]
    world.cart.sell(*orders(15))
    await world.flow("download")

    assert ahead == [2, 2, 2, 2, 1]


@played
async def test_a_stop_keeps_the_page_under_way_and_ends(world: World) -> None:
    world.cart.sell(*orders(30))
    save = world.store.save_orders

    async def save_and_stop(*args: Any, **kwargs: Any) -> None:
        await save(*args, **kwargs)
        world.stop.set()

    world.store.save_orders = save_and_stop  # type: ignore[method-assign]
    report = await world.flow("download")

    assert not report.error
    assert 3 <= len(await world.orders()) <= 6


class SlowCart(Cart):
    """Gives its second page only when the first orders could be acknowledged already."""

    world: World

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        async with asyncio.timeout(PATIENCE):
            while cursor and not (await self.world.promises())["release done"]:
                continue
        for _ in range(100):
            await self.world.orders()
        return await super().fetch_orders(cursor)


@played
async def test_a_list_that_shifts_while_orders_are_acknowledged_loses_none(world: World) -> None:
    world.cart = SlowCart()
    world.cart.world = world
    world.cart.sell(*orders(20))
    await world.cycle()

    assert len(world.warehouse.created()) == 20
    assert set(world.cart.acknowledged.values()) == {1}


@played
async def test_two_orders_with_one_number_are_not_mixed_up(world: World) -> None:
    world.cart.sell(an_order("1"), an_order("2").model_copy(update={"number": "N1"}))
    await world.cycle()

    assert [(request.number, request.order_external_id) for request in world.warehouse.requests] == [("N1", "1")]
    assert await world.orders() == {"1": "released", "2": "held"}
    assert [code for code, _ in await world.problems()] == ["number_taken"]


@played
async def test_a_paused_cart_is_not_asked(world: World) -> None:
    world.cart.sell(*orders(3))
    world.cart.faults["fetch_orders"].append(Fault.LOCKED_OUT)
    await world.flow("download")
    world.clock.advance(timedelta(hours=1))
    await world.flow("download")

    assert world.cart.calls["fetch_orders"] == 1
    assert world.pauses == [("cart", "the token was revoked")]
