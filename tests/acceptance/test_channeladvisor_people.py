"""What people and ChannelAdvisor itself tell crossdock to do, as stories: commands, and calls to its webhooks."""

import json
import socket
import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError

from world import Line, World
from world.running import running, until
from world.sales import EAST, WEST, line_id

WorldMaker = Callable[..., World]
HOOK = "a-secret-that-nobody-guesses"


def test_fetch_brings_the_change_of_one_order_now(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"), PaymentStatus="Submitted")
    first = world.says("orders", "fetch", str(order))
    assert (first.code, world.books.order(order)["state"]) == (0, "waiting")
    assert "not paid yet" in first.out

    world.cart.ask("/_pay", {})
    second = world.says("orders", "fetch", "A-1")

    assert (second.code, world.books.order(order)["state"]) == (0, "ready")
    world.pipeline["services"]["download"] = "off"
    world.run()
    assert world.warehouse.orders()["A-1"]["creates"] == 1


def test_cancellation_by_command_reaches_the_marketplace_before_the_rest_leaves(new_world: WorldMaker) -> None:
    world = new_world(cart={"marketplace_answers": "by_hand"})
    world.pipeline["services"]["release"] = "off"
    order = world.cart.sells("A-1", Line("SKU-0001", 3))
    world.run()
    ask = ("orders", "cancel", "A-1", "--line", line_id(order, 1), "--quantity", "1", "--reason", "not_available")

    done = world.says(*ask)
    again = world.says(*ask)

    assert (done.code, again.code) == (0, 2), done.err + again.err
    assert "--again" in again.err
    assert [entry["units"] for entry in world.cart.order(order)["adjustments"]] == [1]
    world.pipeline["services"]["release"] = "1m"
    world.run()
    assert world.warehouse.orders() == {}


def test_stock_by_command(world: World) -> None:
    world.pipeline["inventory_sink"] = "cart"
    world.run()
    before = world.cart.available("SKU-0001")

    moved = world.says("stock", "move", "SKU-0001", str(EAST), str(WEST), "3")
    assert moved.code == 0, moved.err
    world.run()

    assert world.cart.available("SKU-0001") == before | {EAST: before[EAST] - 3, WEST: before[WEST] + 3}
    assert "done" in world.says("stock", "show", "SKU-0001").out


def test_call_of_the_cart_brings_an_order_before_the_next_list_and_a_forged_one_brings_a_look(
    new_world: WorldMaker,
) -> None:
    world = new_world(cart={"webhook_loopback": True})
    place = f"127.0.0.1:{free_port()}"
    address = f"http://{place}/webhooks/cart/{HOOK}"
    (world.folder / "secrets" / "hook").write_text(HOOK)
    world.settings["webhooks"] = {"listen": place, "secret": {"file": "secrets/hook"}}
    world.pipeline["services"] |= {"download": "1h", "sweep": "12h"}
    unpaid = world.cart.sells("UNPAID", Line("SKU-0002"), PaymentStatus="Submitted")
    with running(world):
        until(lambda: world.cart.truth()["requests"].get("orders_list", 0) > 0)
        world.cart.calls(address, "PaymentCleared")

        world.cart.ask("/_sell", {"SKU-0001": 2})
        until(lambda: len(world.warehouse.orders()) == 1)
        assert call(address, {"ID": unpaid, "PaymentStatus": "Cleared", "CheckoutStatus": "Completed"}) == 204
        until(lambda: str(unpaid) in world.books.states())
        assert call(f"http://{place}/webhooks/cart/another-secret-of-some-length", {"ID": unpaid}) == 404
        assert call(address, {"Hello": "world"}) == 400

    assert world.books.states()[str(unpaid)] == "waiting"
    assert len(world.warehouse.orders()) == 1
    assert world.cart.truth()["requests"]["orders_list"] == 1, "no list was read since"


def call(address: str, body: object) -> int:
    """How a call to a webhook is answered."""
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except HTTPError as refusal:
        with refusal:
            return refusal.code


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
