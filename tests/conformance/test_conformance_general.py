"""The laws about every plugin find the bugs of the field, planted one at a time into a real plugin."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import ConfigDict, field_validator

from crossdock import (
    CrossdockError,
    FixedHeaders,
    NeedsAuth,
    Page,
    Record,
    Rejected,
    Throttled,
    Unavailable,
    Unreadable,
)
from crossdock.hooks.http import Endpoint
from crossdock.testing.kit import try_law
from crossdock.testing.law import Law
from crossdock.testing.raw import Case, Change, Cut, paths, reordered, spelled, with_more
from crossdock.testing.reads import readings_of
from crossdock.testing.subject import Subject, subject
from crossdock_channeladvisor.catalog.source import ChannelAdvisorCatalog
from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

Plant = Callable[[pytest.MonkeyPatch, Subject], None]
BUGS: list[Any] = []

fetch_orders, read_order = ChannelAdvisorOrders.fetch_orders, ChannelAdvisorOrders.read_order
fetch_products = ChannelAdvisorCatalog.fetch_products
acknowledge_order = ChannelAdvisorOrders.acknowledge_order


def bug(law: str, words: str, *, slow: bool = False) -> Callable[[Plant], Plant]:
    """A bug of the field: which law finds it, and with what words."""

    def keep(plant: Plant) -> Plant:
        marks = [pytest.mark.slow] if slow else []
        BUGS.append(pytest.param(law, words, plant, id=plant.__name__, marks=marks))
        return plant

    return keep


@pytest.fixture(scope="module")
def plugin() -> Subject:
    """A plugin whose raw records were gathered while it was in order."""
    found = subject("channeladvisor")
    asyncio.run(readings_of(found))
    return found


def law_of(plugin: Subject, id_: str) -> Law:
    return next(law for law in plugin.laws() if law.id == id_)


@pytest.mark.parametrize(("law", "words", "plant"), BUGS)
def test_the_kit_finds(law: str, words: str, plant: Plant, plugin: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, plugin)
    with pytest.raises(AssertionError, match=words):
        try_law(law_of(plugin, law), plugin)


def reads_orders(patch: pytest.MonkeyPatch, read: Callable[..., Any]) -> None:
    patch.setattr(ChannelAdvisorOrders, "read_order", read)


def fetches_orders(patch: pytest.MonkeyPatch, fetch: Callable[..., Any]) -> None:
    patch.setattr(ChannelAdvisorOrders, "fetch_orders", fetch)


async def past_the_client(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"{url}/v1/Orders")


def describes_itself(patch: pytest.MonkeyPatch, plugin: Subject, **changes: Any) -> None:
    patch.setitem(plugin.registry.connectors, plugin.name, replace(plugin.info, **changes))


def connects_by(patch: pytest.MonkeyPatch, plugin: Subject, **changes: Any) -> None:
    real = plugin.info.endpoint

    def endpoint(settings: Any) -> Endpoint:
        return replace(real(settings), **changes)

    describes_itself(patch, plugin, endpoint=endpoint)


@bug("translation.total", r"KeyError for record \d+ with Items\[\d\]\.Title: .* -> gone")
def takes_every_field_for_granted(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def read(self: Any, record: Record) -> Any:
        order = read_order(self, record)
        assert all(item["Title"] is not Ellipsis for item in json.loads(record.data)["Items"])
        return order

    reads_orders(patch, read)


@bug("translation.total", "in a text that does not name it")
def refuses_without_saying_what(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def read(self: Any, record: Record) -> Any:
        try:
            return read_order(self, record)
        except Unreadable:
            raise Unreadable("something is wrong with an order") from None

    reads_orders(patch, read)


@bug("translation.text", r"-> .* gave lines")
def writes_skus_in_capitals(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def read(self: Any, record: Record) -> Any:
        order = read_order(self, record)
        lines = tuple(line.model_copy(update={"sku": line.sku.upper()}) for line in order.lines)
        return order.model_copy(update={"lines": lines})

    reads_orders(patch, read)


@bug("translation.unknown_fields", "has a field that nobody knows")
def refuses_what_it_does_not_know(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def read(self: Any, record: Record) -> Any:
        if b"Unknown" in record.data:
            raise Unreadable(f"order {record.id} has a field that nobody knows")
        return read_order(self, record)

    reads_orders(patch, read)


@bug("translation.order_of_keys", "its keys are in another order")
def takes_the_first_field_for_the_number(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def read(self: Any, record: Record) -> Any:
        first = next(iter(json.loads(record.data).values()))
        return read_order(self, record).model_copy(update={"number": str(first)[:30]})

    reads_orders(patch, read)


@bug("translation.pure", "in two ways")
def counts_what_it_read(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def read(self: Any, record: Record) -> Any:
        self.seen = getattr(self, "seen", 0) + 1
        return read_order(self, record).model_copy(update={"number": str(self.seen)})

    reads_orders(patch, read)


@bug("translation.pure", "made NoneType of record")
def leaves_out_what_it_does_not_like(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    reads_orders(patch, lambda self, record: None)


@bug("translation.bounded", "s of work for record", slow=True)
def looks_for_tags_in_every_way(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    def read(self: Any, record: Record) -> Any:
        re.search(rb"<[^>]*>", record.data[:20_000])
        return read_order(self, record)

    reads_orders(patch, read)


@bug("errors.no_answer", "gave nothing at all while every answer is html; raise Unavailable or Unreadable")
def takes_an_error_page_for_an_empty_list(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        try:
            return await fetch_orders(self, cursor)
        except Unavailable:
            return Page(())

    fetches_orders(patch, fetch)


@bug("errors.unavailable", "raised NeedsAuth while every request meets dropped")
def takes_every_failure_for_wrong_credentials(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        try:
            return await fetch_orders(self, cursor)
        except CrossdockError as error:
            raise NeedsAuth(str(error)) from error

    fetches_orders(patch, fetch)


@bug("errors.throttled", "raised Unavailable while every request is answered with 429")
def takes_a_limit_for_a_failure(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        try:
            return await fetch_orders(self, cursor)
        except Throttled as error:
            raise Unavailable(str(error)) from error

    fetches_orders(patch, fetch)


@bug("errors.throttled", "asked 3 times within 0 s although each answer was 429")
def asks_on_without_a_pause(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        for _ in range(3):
            answer = await past_the_client(self._settings.base_url)
            if answer.status_code != 429:
                return Page(())
        raise Throttled("ChannelAdvisor is busy")

    fetches_orders(patch, fetch)


@bug("errors.refused_credentials", "gave nothing at all while the credentials are wrong; raise NeedsAuth")
def has_a_quiet_day_without_credentials(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        try:
            return await fetch_orders(self, cursor)
        except NeedsAuth:
            return Page(())

    fetches_orders(patch, fetch)


@bug("errors.refused_writes", "raised Rejected while the credentials are wrong, and NeedsAuth follows from that")
def takes_refused_credentials_for_a_refused_order(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def acknowledge(self: Any, order_external_id: str) -> Any:
        try:
            return await acknowledge_order(self, order_external_id)
        except NeedsAuth as error:
            raise Rejected(f"order {order_external_id}: {error}") from error

    patch.setattr(ChannelAdvisorOrders, "acknowledge_order", acknowledge)


@bug("errors.failed_writes", "while every request meets dropped; raise Unavailable instead of swallowing it")
def takes_a_failure_for_a_success(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def acknowledge(self: Any, order_external_id: str) -> Any:
        try:
            return await acknowledge_order(self, order_external_id)
        except Unavailable:
            return None

    patch.setattr(ChannelAdvisorOrders, "acknowledge_order", acknowledge)


@bug("secrets.not_told", "holds the secret")
def quotes_the_request_in_its_errors(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        try:
            return await fetch_orders(self, cursor)
        except CrossdockError as error:
            raise Unavailable(f"{error}, with {self._settings.refresh_token.get_secret_value()}") from None

    fetches_orders(patch, fetch)


@bug("secrets.not_shown", "repr of Endpoint holds the secret")
def shows_its_key(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    class Shown(FixedHeaders):
        def __repr__(self) -> str:
            return f"Shown({dict(self.headers)})"

    real = plugin.info.endpoint

    def endpoint(settings: Any) -> Endpoint:
        secret = settings.shared_secret.get_secret_value()
        return replace(real(settings), authentication=Shown({"X-Key": secret}))

    describes_itself(patch, plugin, endpoint=endpoint)


@bug("limits.declared", "no setting gives it any")
def declares_no_pace(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    connects_by(patch, plugin, rates=())


@bug("limits.one_way_out", r"GET /v1/Orders was sent by python-httpx/[\d.]+: use `ctx.http`")
def goes_its_own_way(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        await past_the_client(self._settings.base_url)
        return await fetch_orders(self, cursor)

    fetches_orders(patch, fetch)


@bug("limits.kept", r"requests took")
def is_faster_than_it_says(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        for _ in range(20):
            await past_the_client(self._settings.base_url)
        return await fetch_orders(self, cursor)

    fetches_orders(patch, fetch)


@bug("limits.at_once", "calls were under way at once, and the endpoint declares 5")
def asks_for_everything_at_once(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        await asyncio.gather(*(past_the_client(self._settings.base_url) for _ in range(8)))
        return await fetch_orders(self, cursor)

    fetches_orders(patch, fetch)


@bug("budgets.requests", r"fetch_products\(None\) took \d+ requests for \d+ records")
def asks_for_each_product(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    async def fetch(self: Any, cursor: str | None) -> Page:
        page = await fetch_products(self, cursor)
        for record in page.records[:30]:
            await self._http.get(f"/v1/Products({record.id})")
        return page

    patch.setattr(ChannelAdvisorCatalog, "fetch_products", fetch)


@bug("budgets.memory", "are still in memory")
def keeps_all_that_it_saw(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    seen: list[bytes] = []

    async def fetch(self: Any, cursor: str | None) -> Page:
        page = await fetch_products(self, cursor)
        seen.extend(bytes(record.data) + b" " for record in page.records)
        return page

    patch.setattr(ChannelAdvisorCatalog, "fetch_products", fetch)


class Careless(ChannelAdvisorSettings):
    """Settings as people write them in a hurry."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    api_token: str = ""


class Surprised(ChannelAdvisorSettings):
    """Settings with a validator that does not expect everything."""

    @field_validator("overlap", mode="before")
    @classmethod
    def _in_minutes(cls, given: Any) -> Any:
        return {"15 m": "PT15M"}[given] if isinstance(given, str) else given


@bug("settings.described", "Careless does not say what api_token is for")
def describes_no_setting(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    describes_itself(patch, plugin, settings=Careless)


@bug("settings.strict", "Careless takes settings that do not exist")
def takes_settings_that_do_not_exist(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    describes_itself(patch, plugin, settings=Careless)


@bug("secrets.typed", "Careless.api_token is plain text")
def writes_a_secret_as_text(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    describes_itself(patch, plugin, settings=Careless)


@bug("settings.total", "overlap = .* raised KeyError")
def is_surprised_by_a_value(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    describes_itself(patch, plugin, settings=Surprised)


@bug("settings.endpoint", "and the endpoint leads to https://api.channeladvisor.com")
def leads_elsewhere(patch: pytest.MonkeyPatch, plugin: Subject) -> None:
    connects_by(patch, plugin, base_url="https://api.channeladvisor.com")


ORDER = Record("7", '{"ID": 7, "Items": [{"Sku": "Č-1", "Quantity": 3}], "Total": 12.10}'.encode())


def test_a_case_reads_as_one_line():
    case = Case(ORDER, (Change(("Items", 0, "Quantity"), "null"),))
    assert str(case) == "record 7 with Items[0].Quantity: 3 -> null"
    assert json.loads(case.changed.data)["Items"][0] == {"Sku": "Č-1", "Quantity": None}
    assert str(Case(ORDER, (Change(("Total",), ""),))) == "record 7 with Total: 12.1 -> gone"
    assert str(Case(ORDER, (Cut(50),))) == f"record 7 with cut after {len(ORDER.data) // 2} of {len(ORDER.data)} bytes"


def test_every_place_of_a_record_has_a_name():
    named = [spelled(path) for path in paths(json.loads(ORDER.data))]
    assert named == ["ID", "Items", "Items[0]", "Items[0].Sku", "Items[0].Quantity", "Total"]


def test_more_fields_and_another_order_leave_a_record_what_it_was():
    document, more = json.loads(ORDER.data), json.loads(with_more(ORDER.data, "New", 1))
    assert json.loads(reordered(ORDER.data)) == document
    assert [*json.loads(reordered(ORDER.data))] == [*document][::-1]
    assert {name: more[name] for name in document if name != "Items"} == {"ID": 7, "Total": 12.1}
    assert more["Items"] == [{"NewFirst": 1, "Sku": "Č-1", "Quantity": 3, "NewLast": 1}]


def test_a_record_that_is_a_list_gets_more_fields_in_its_rows():
    assert json.loads(with_more(b'[{"a": 1}, 2]', "New", 0)) == [{"NewFirst": 0, "a": 1, "NewLast": 0}, 2]
