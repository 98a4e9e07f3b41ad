"""Bugs for the laws that no other file breaks, and the law of laws: none of them is left unbroken."""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis.stateful import rule
from pydantic import ConfigDict, field_validator

from crossdock import CrossdockError, NeedsAuth, Page, Receipt, Record, Rejected, Unavailable
from crossdock.domain import FulfillmentRequest, Order, Shipment, ShipmentConfirmation
from crossdock.testing.kit import try_law
from crossdock.testing.law import all_laws
from crossdock.testing.machine import RoleMachine, play
from crossdock.testing.reads import readings_of
from crossdock.testing.subject import Subject, subject
from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.shipments import Shipments
from crossdock_warehouseos.orders.target import WarehouseOSOrders
from crossdock_warehouseos.work.queue import HostQueue

Plant = Callable[[pytest.MonkeyPatch, Subject], None]
CART, HOUSE = "channeladvisor", "warehouseos"
BUGS: list[Any] = []
Cart = ChannelAdvisorOrders


def bug(plugin: str, law: str, words: str) -> Callable[[Plant], Plant]:
    """A bug of the field: which law finds it in which plugin, and with what words."""

    def keep(plant: Plant) -> Plant:
        BUGS.append(pytest.param(plugin, law, words, plant, id=plant.__name__))
        return plant

    return keep


def breach(plugin: Subject, law: str, words: str) -> None:
    """The law finds something in the plugin, and says it in these words."""
    [wanted] = [one for one in plugin.laws() if one.id == law]
    with pytest.raises(AssertionError, match=words):
        try_law(wanted, plugin)


@pytest.mark.parametrize(("plugin", "law", "words", "plant"), BUGS)
def test_the_kit_finds(plugin: str, law: str, words: str, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = subject(plugin)
    if law.startswith("translation."):
        asyncio.run(readings_of(found))
    plant(monkeypatch, found)
    breach(found, law, words)


def test_every_law_has_a_bug_that_it_finds() -> None:
    planted = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_conformance_*.py"))
    assert [law.id for law in all_laws() if f'"{law.id}"' not in planted] == []


def reads(patch: pytest.MonkeyPatch, change: Callable[[Order], Order]) -> None:
    """From now on orders are read, then changed like this."""
    well = Cart.read_order
    patch.setattr(Cart, "read_order", lambda self, record: change(well(self, record)))


def fetches(patch: pytest.MonkeyPatch, otherwise: Callable[..., Any], method: str = "fetch_orders") -> None:
    """From now on pages are fetched by this, which is given how it goes well."""
    well = getattr(Cart, method)

    async def fetch(self: Cart, cursor: str | None) -> Page:
        page: Page = await otherwise(self, cursor, lambda at: well(self, at))
        return page

    patch.setattr(Cart, method, fetch)


def describes_itself(patch: pytest.MonkeyPatch, plugin: Subject, settings: type[ChannelAdvisorSettings]) -> None:
    patch.setitem(plugin.registry.connectors, plugin.name, replace(plugin.info, settings=settings))


@bug(CART, "errors.check_changes_nothing", r"fetch_orders\(None\) changed the remote system: .*acknowledgement")
def marks_what_it_lists(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        page = await well(cursor)
        await self.acknowledge_order(page.records[0].id)
        return page

    fetches(patch, fetch)


@bug(CART, "errors.expired_token", "gave nothing at all while every token is refused")
def has_a_quiet_day_when_its_token_ends(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        try:
            return await well(cursor)
        except NeedsAuth:
            return Page(())

    fetches(patch, fetch)


@bug(CART, "errors.passing", "raised Unavailable when one request met")
def gives_up_at_the_first_failure(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.get(f"{self._settings.base_url}/v1/Orders")
            except httpx.TransportError as error:
                raise Unavailable(str(error)) from error
        if answer.status_code != 401:
            raise Unavailable(f"it answered {answer.status_code}")
        return await well(cursor)

    fetches(patch, fetch)


@bug(CART, "errors.unavailable_at_first", "raised NeedsAuth while every request meets")
def takes_a_token_endpoint_that_is_down_for_a_refusal(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        try:
            return await well(cursor)
        except Unavailable as error:
            raise NeedsAuth(str(error)) from error

    fetches(patch, fetch)


@bug(CART, "secrets.not_told_when_wrong", "when the credentials were wrong holds the secret")
def quotes_the_secret_that_was_refused(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        try:
            return await well(cursor)
        except NeedsAuth as error:
            raise NeedsAuth(f"{self._settings.refresh_token.get_secret_value()} was refused") from error

    fetches(patch, fetch)


class Growing(ChannelAdvisorSettings):
    """Settings that are others each time they are read."""

    @field_validator("overlap")
    @classmethod
    def _doubled(cls, given: Any) -> Any:
        return given * 2


class Unknowable(ChannelAdvisorSettings):
    """Settings of which no schema can be made."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    client: httpx.Client | None = None


@bug(CART, "settings.kept", "overlap is another one after")
def changes_a_setting_when_it_is_read(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    describes_itself(patch, plugin, Growing)


@bug(CART, "settings.schema", "Unknowable has no JSON Schema")
def has_a_setting_that_nobody_can_write(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    describes_itself(patch, plugin, Unknowable)


@bug(CART, "orders.document", "are not told apart by their ids")
def calls_all_lines_alike(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def alike(order: Order) -> Order:
        return order.model_copy(update={"lines": (*order.lines, order.lines[0])})

    reads(patch, alike)


@bug(CART, "orders.money", "read numbers of money as Decimal")
def reads_prices_as_binary_fractions(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def binary(order: Order) -> Order:
        total = order.total and order.total.model_copy(update={"amount": Decimal(float(order.total.amount) / 3)})
        return order.model_copy(update={"total": total})

    reads(patch, binary)


@bug(CART, "orders.read_again", "was read in two ways")
def numbers_orders_as_they_are_read(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    numbers = iter(range(10_000))
    reads(patch, lambda order: order.model_copy(update={"number": f"{order.number}/{next(numbers)}"}))


@bug(CART, "orders.carrier_names", "ups_flying_carpet are codes of no service")
def names_a_service_that_there_is_not(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    patch.setattr(Cart, "carrier_names", lambda self: {"ups_flying_carpet": ("UPS", "Carpet")})


@bug(CART, "orders.nothing_new", r"the list has \d+ pages, and \d+ in a run after which nothing was new")
def asks_more_with_every_run(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    looks = list[str]()

    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        page = await well(cursor)
        if cursor in looks and len(looks) < 100:
            page = replace(page, more=True, cursor=cursor)
        if not page.more or cursor in looks:
            looks.append(page.checkpoint or "")
        return page

    fetches(patch, fetch)


@bug(CART, "orders.page_again", "when it is asked for again")
def gives_each_order_only_once(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    given = set[str]()

    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        page = await well(cursor)
        new = tuple(record for record in page.records if record.id not in given)
        given.update(record.id for record in new)
        return replace(page, records=new)

    fetches(patch, fetch)


@bug(CART, "orders.sweep_misses_nothing", "sweep_orders: order .* was sold meanwhile and missed altogether")
def sweeps_over_the_last_of_each_page(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Cart, cursor: str | None, well: Any) -> Page:
        page = await well(cursor)
        return replace(page, records=page.records[:-1])

    fetches(patch, fetch, "sweep_orders")


def telling_otherwise(
    patch: pytest.MonkeyPatch, error_of: Callable[[ShipmentConfirmation], CrossdockError | None]
) -> None:
    well = Shipments.confirm

    async def confirm(self: Shipments, told: ShipmentConfirmation) -> Receipt:
        if error := error_of(told):
            raise error
        return await well(self, told)

    patch.setattr(Shipments, "confirm", confirm)


@bug(CART, "orders.told_again", "told again: Unavailable")
def tries_again_for_ever_what_is_there(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    told = set[str]()

    def again(one: ShipmentConfirmation) -> CrossdockError | None:
        is_known = one.key in told
        told.add(one.key)
        return Unavailable("the cart did not take it") if is_known else None

    telling_otherwise(patch, again)


@bug(CART, "orders.without_tracking", "take it, or say `needs_tracking` and refuse")
def refuses_packages_without_a_number_and_does_not_say_so(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    patch.setitem(plugin.registry.connectors, plugin.name, replace(plugin.info, needs_tracking=False))
    telling_otherwise(patch, lambda one: None if one.tracking_number else Rejected("no tracking number"))


@bug(CART, "translation.hints", "KeyError was raised for")
def takes_every_hint_for_its_own(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    well = Cart.read_hint

    def read(self: Cart, body: bytes) -> Sequence[str]:
        if body == b"{}" or b"null" in body:
            raise KeyError("ID")
        return well(self, body)

    patch.setattr(Cart, "read_hint", read)


@bug(CART, "translation.examples", "gives something else than people have looked at")
def reads_the_region_as_the_city(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def swapped(order: Order) -> Order:
        there = order.ship_to
        return order.model_copy(update={"ship_to": there and there.model_copy(update={"city": there.region})})

    reads(patch, swapped)


@bug(CART, "translation.sent", "confirm_shipment .*gives something else than people have looked at")
def tells_tracking_numbers_in_small_letters(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    well = Shipments.confirm
    patch.setattr(
        Shipments,
        "confirm",
        lambda self, told: well(self, told.model_copy(update={"tracking_number": told.tracking_number.lower()})),
    )


@bug(HOUSE, "translation.calls", "(JSON|Unicode)DecodeError was raised for")
def takes_every_call_for_json(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    well = HostQueue.received

    def read(self: HostQueue, headers: Any, body: bytes, now: datetime) -> Sequence[Record]:
        json.loads(body)
        return well(self, headers, body, now)

    patch.setattr(HostQueue, "received", read)


@bug(HOUSE, "warehouse.disorder", "people packed .* told was")
def counts_what_comes_again(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    well, times = HostQueue.shipment, iter(range(10_000))

    def read(self: HostQueue, record: Record) -> Any:
        fact = well(self, record)
        own = {"external_id": f"{record.id}/{next(times)}"}
        return fact.model_copy(update=own) if isinstance(fact, Shipment) else fact

    patch.setattr(HostQueue, "shipment", read)


@bug(HOUSE, "warehouse.looks_only", "find_order changed the orders of the warehouse")
def makes_what_it_does_not_find(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    well = WarehouseOSOrders.find_order

    async def find(self: WarehouseOSOrders, request: FulfillmentRequest) -> Receipt | None:
        return await well(self, request) or await self.submit_order(request)

    patch.setattr(WarehouseOSOrders, "find_order", find)


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """A plugin that imports its simulator together with itself."""
    (tmp_path / "crossdock_hasty.py").write_text("import crossdock.sandbox\n")
    about = tmp_path / "crossdock_hasty-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: crossdock-hasty\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[crossdock.plugins]\nhasty = crossdock_hasty\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "crossdock_hasty", raising=False)
    return Subject("hasty")


def test_the_kit_finds_a_simulator_that_is_loaded_with_the_plugin(hasty: Subject) -> None:
    breach(hasty, "budgets.start", re.escape("import the simulator in the hook `sandbox`"))


class Stillborn(RoleMachine):
    """A machine that does not get to its first step."""

    opened: ClassVar[list[httpx.AsyncClient]] = []

    def __init__(self) -> None:
        super().__init__()
        self.opened.append(self.stage.control)
        raise AssertionError("there is nothing to play with")

    @rule()
    def never(self) -> None: ...


def test_a_machine_that_cannot_begin_leaves_nothing_open() -> None:
    with pytest.raises(AssertionError, match="there is nothing to play with"):
        play(Stillborn, subject(CART), examples=1)
    assert all(client.is_closed for client in Stillborn.opened)
    assert Stillborn.opened


def test_every_law_says_why_it_matters() -> None:
    assert not [law.id for law in all_laws() if not law.why]
