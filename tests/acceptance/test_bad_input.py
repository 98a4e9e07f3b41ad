"""What an operator gets wrong and what remote systems send: one clear answer each, and nothing is lost."""

import json
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from threading import Event
from time import monotonic
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Receive, Scope, Send
from world import Line, World
from world.audit import disagreements
from world.settings import SECRETS, write_secrets

from crossdock.store import StoreUnavailable, hold_runner_lock
from crossdock_channeladvisor.sandbox import ODD_IDS, Odd

WorldMaker = Callable[..., World]
PATIENCE, BETWEEN_LOOKS = 30.0, 0.02


def test_every_mistake_in_the_config_is_named_at_once_with_the_nearest_name(world: World) -> None:
    cart = world.connections["cart"]
    cart["shared_secrt"] = cart.pop("shared_secret")
    world.connections["warehouse"]["connector"] = "warehouse_os"
    world.pipeline["services"]["relaese"] = "1m"
    del world.pipeline["order_source"]

    checked, ran = world.says("check"), world.says("run", "--once")

    assert (checked.code, ran.code) == (1, 2)
    for said in (checked.err, ran.err):
        assert "Traceback" not in said
    for expected in (
        "connections.cart.shared_secrt",
        "nearest  shared_secret",
        "connections.cart.shared_secret",
        "the key is missing",
        "connections.warehouse.connector",
        "nearest  warehouseos",
        "pipelines.main.services.relaese",
        "nearest  release",
        "pipelines.main.order_source",
    ):
        assert expected in checked.err, f"{expected!r} is missing in:\n{checked.err}"


def test_simulator_on_a_port_in_use_says_so(world: World) -> None:
    port = world.cart.url.rpartition(":")[2]
    said = world.says("sandbox", "channeladvisor", "--port", port)
    assert said.code == 2
    assert f"port {port} is in use by another program" in said.err
    assert "Traceback" not in said.err


def test_no_network_is_a_sentence_and_the_work_is_done_when_it_is_back(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"))
    there = world.connections["warehouse"]["base_url"]
    world.connections["warehouse"]["base_url"] = f"http://127.0.0.1:{unused_port()}"
    reports = world.run()
    assert "Connection refused" in reports["collect"].error
    assert world.books.order(order)["state"] in ("ready", "releasing")
    assert world.cart.exports(order) == 0

    world.connections["warehouse"]["base_url"] = there
    world.run_until(lambda: world.cart.exports(order) == 1)

    assert world.warehouse.orders()["A-1"]["creates"] == 1
    assert world.books.problems() == {}


@pytest.mark.parametrize(
    ("name", "connection", "working"),
    [
        ("shared_secret", "cart", "collect"),
        ("refresh_token", "cart", "collect"),
        ("warehouse_key", "warehouse", "download"),
    ],
)
def test_wrong_secret_pauses_one_connection_until_it_is_corrected(
    world: World, name: str, connection: str, working: str
) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"))
    write_secrets(world.folder, **{name: "wrong"})
    for _ in range(2):
        reports = world.run()
        assert reports[working].error == "", "the other connection goes on"
    [problem] = world.books.problems()["connection_paused"]
    assert problem["subject"] == connection
    assert f"Connection {connection} is paused" in problem["title"]
    assert world.books.problems().keys() == {"connection_paused"}

    write_secrets(world.folder, **{name: SECRETS[name]})
    world.run_until(lambda: world.cart.exports(order) == 1)

    assert world.warehouse.orders()["A-1"]["creates"] == 1
    assert world.books.problems() == {}


def test_token_that_expires_in_the_middle_of_a_list_is_renewed(new_world: WorldMaker) -> None:
    world = new_world(orders=60, cart={"page_size": 2, "token_calls": 12})
    world.run()
    assert world.cart.truth()["requests"]["token"] > 5
    assert world.books.unfinished() == []
    assert disagreements(world) == []


@pytest.mark.parametrize("fault", ["html", "truncated"])
def test_answer_that_is_no_list_of_orders_is_a_sentence_and_nothing_is_lost(new_world: WorldMaker, fault: str) -> None:
    world = new_world(orders=60, cart={"page_size": 10})
    world.cart.faults(**{fault: 0.5}, seed=2, only_paths="Orders$", only_methods=["GET"])
    report = world.run()["download"]
    assert world.cart.injected()[fault] > 0
    assert ("web page instead of" if fault == "html" else "malformed or breaks off") in report.error

    world.cart.faults()
    world.run_until(lambda: not world.books.unfinished())

    assert disagreements(world) == []
    assert len(world.warehouse.orders()) >= 50


def test_odd_orders_each_get_one_clear_answer(new_world: WorldMaker) -> None:
    world = new_world(orders=1, cart={"odd": [*Odd]})
    world.connections["cart"] |= {"payment_status": [], "checkout_status": []}
    world.run()
    reports = world.run()

    assert reports["download"].error == ""
    states = {odd: world.books.order(ODD_IDS[odd]) for odd in Odd if odd is not Odd.NOT_JSON_OBJECT}
    assert {odd: row["state"] for odd, row in states.items()} == {
        Odd.NO_LINES: "unreadable",
        Odd.ZERO_QUANTITY: "unreadable",
        Odd.NEGATIVE_QUANTITY: "unreadable",
        Odd.MISSING_ADDRESS: "held",
        Odd.TEN_THOUSAND_LINES: "released",
        Odd.SEVEN_DECIMALS: "released",
        Odd.SAME_NUMBER: "held",
        Odd.UNKNOWN_ENUM: "waiting",
        Odd.UNKNOWN_SKU: "held",
        Odd.TRUNCATED: "unreadable",
    }
    assert "no lines" in states[Odd.NO_LINES]["reason"]
    assert "its address has no line1, no city, no country" in states[Odd.MISSING_ADDRESS]["reason"]
    assert "PaidInFull" in states[Odd.UNKNOWN_ENUM]["reason"]
    assert "NOT-IN-ANY-WAREHOUSE" in states[Odd.UNKNOWN_SKU]["reason"]
    assert len(world.warehouse.orders()["odd-ten_thousand_lines"]["lines"]) == 10_000
    exact = world.books.document(ODD_IDS[Odd.SEVEN_DECIMALS])
    assert exact.lines[0].unit_price is not None
    assert exact.lines[0].unit_price.amount == Decimal("12.3456789")
    assert {code: len(rows) for code, rows in world.books.problems().items()} == {
        "unreadable_order": 5,
        "unshippable_order": 1,
        "number_taken": 1,
        "release_refused": 1,
    }
    assert len(world.books.raw_records()) == len(Odd) + 1, "what cannot be read is kept as it came"


def test_corrected_order_closes_its_problem_and_goes_on(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"), ShippingCity=None)
    world.run()
    assert world.books.problems().keys() == {"unshippable_order"}

    world.cart.changes(order, ShippingCity="Raleigh")
    world.run()

    assert world.warehouse.orders()["A-1"]["creates"] == 1
    assert world.books.problems() == {}


def test_names_in_every_alphabet_arrive_as_they_were_written(world: World) -> None:
    first, last = "Zoë 🎁👩‍👩‍👧", "أحمد שלום 北京 \u202eabc"
    order = world.cart.sells("A-1", Line("SKU-0001"), ShippingFirstName=first, ShippingLastName=last)
    world.run()

    name = world.books.document(order).ship_to.name
    assert name == f"{first} {last}"
    assert name in json.dumps(document_in_warehouse(world, "A-1"), ensure_ascii=False)


def document_in_warehouse(world: World, number: str) -> dict[str, Any]:
    """The order as the warehouse gives it to anybody with the key."""
    asked = {"orderNumber": number}
    with httpx.Client(headers={"ApiKey": SECRETS["warehouse_key"]}) as client:
        answer = client.get(f"{world.warehouse.url}/api/OrderApi/GetOrder", params=asked)
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


class ChangesDuringTheList:
    """Between the first and the second page of the list the cart's orders change."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._pages = 0
        self.changes: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._pages += scope["path"] == "/v1/Orders"
        if self._pages == 2:
            waiting, self.changes = self.changes, []
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://cart") as client:
                for change in waiting:
                    (await client.post("/_orders", json=change)).raise_for_status()
        await self._app(scope, receive, send)


def test_order_that_changes_while_the_list_is_read_is_not_missed(new_world: WorldMaker) -> None:
    around: list[ChangesDuringTheList] = []

    def changing(app: ASGIApp) -> ASGIApp:
        around.append(ChangesDuringTheList(app))
        return around[-1]

    world = new_world(cart={"page_size": 5}, around=changing)
    world.connections["cart"]["retrieval"] = "updated"
    orders = [world.cart.sells(f"A-{n}", Line("SKU-0001"), ShippingCity="Old Town") for n in range(20)]
    on_first_page, on_last_page = orders[0], orders[-1]
    around[0].changes = [{"id": order, "set": {"ShippingCity": "New Town"}} for order in (on_first_page, on_last_page)]
    world.run()
    world.run()

    assert len(world.warehouse.orders()) == 20
    assert "New Town" in str(document_in_warehouse(world, "A-19"))
    told_in_time = "New Town" in str(document_in_warehouse(world, "A-0"))
    assert told_in_time or world.books.problems().keys() == {"changed_after_release"}


@contextmanager
def every_connection(*pragmas: str) -> Iterator[None]:
    """Each new connection to a SQLite file begins with these settings."""

    def set_up(connection: Any, _: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(Engine, "connect", set_up)
    try:
        yield
    finally:
        event.remove(Engine, "connect", set_up)


def test_full_disk_is_a_sentence_and_the_rest_is_done_when_there_is_room(new_world: WorldMaker) -> None:
    world = new_world(orders=150, cart={"page_size": 20})
    with every_connection("max_page_count = 75"):
        try:
            said = " ".join(report.error for report in world.run().values())
        except StoreUnavailable as error:
            said = str(error)
    assert "there is no room left for the database" in said

    world.run_until(lambda: not world.books.unfinished())
    world.warehouse.works(split_boxes=0.3)
    world.run()

    assert disagreements(world) == []
    assert world.books.problems() == {}
    assert len(world.warehouse.orders()) > 130


def test_locked_database_is_a_sentence_and_the_work_is_done_afterwards(world: World) -> None:
    world.run()
    order = world.cart.sells("A-1", Line("SKU-0001"))
    browser = sqlite3.connect(world.folder / "crossdock.db", isolation_level=None)
    try:
        browser.execute("BEGIN IMMEDIATE")
        with (
            every_connection("busy_timeout = 100"),
            pytest.raises(StoreUnavailable, match=r"another program keeps the database .* locked"),
        ):
            world.run()
    finally:
        browser.close()
    assert world.cart.exports(order) == 0

    world.run()

    assert world.warehouse.orders()["A-1"]["creates"] == 1
    assert world.cart.exports(order) == 1


def test_second_runner_on_one_database_is_refused_before_it_does_anything(world: World) -> None:
    world.cart.sells("A-1", Line("SKU-0001"))
    with hold_runner_lock(world.settings["store"]["url"]):
        said = world.command("run", "--once")
    assert said.code == 2
    assert "another crossdock already runs on the database" in said.err
    assert world.warehouse.orders() == {}

    assert world.says("run", "--once").code == 0
    assert world.warehouse.orders().keys() == {"A-1"}


def test_sigterm_finishes_what_is_under_way_and_leaves_nothing_in_doubt(new_world: WorldMaker) -> None:
    world = new_world(orders=100, cart={"page_size": 20, "latency": 0.03}, apart=True)
    with world.start("run", "--quiet") as process:
        try:
            wait_until(lambda: world.cart.truth()["requests"].get("export", 0) >= 20, process)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 0, out + err
    assert {state for _, _, state in world.books.unfinished()} <= {"due"}
    assert "Traceback" not in err

    world.run_until(lambda: not world.books.unfinished())
    assert disagreements(world) == []


def wait_until(reached: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Watch a running process until something is reached."""
    deadline, looks = monotonic() + PATIENCE, Event()
    while not reached():
        assert process.poll() is None, "the process ended too early"
        looks.wait(BETWEEN_LOOKS)
        assert monotonic() < deadline, f"not reached in {PATIENCE} s"


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
