"""Labels in the store: which boxes need one, how far each has come, what is kept, and what is removed again."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, event

from crossdock.domain import (
    Address,
    LabelFormat,
    LabelRequest,
    Money,
    Parcel,
    Shipment,
    ShippingRate,
    Weight,
    WeightUnit,
)
from crossdock.engine.label_ports import LabelWork
from crossdock.engine.ledger import Kind, Promise
from crossdock.hooks.records import LabelFile
from crossdock.store.deciding import NotPossible
from crossdock.store.errors import NotFound
from crossdock.store.label_views import label_content, label_story, list_labels, void_state
from crossdock.store.label_wishes import approve_label, ask_void
from crossdock.store.purge import Retention, purge

from .shop import NOON, Shop, a_box, an_order, done, play, played, refused
from .test_store_plans import _plan
from .test_store_purge import everything

ADA = Address(name="Ada Lovelace", line1="12 Byron Street", city="London", country="GB")
DOCK = Address(company="Dock", line1="1 Quay", city="Hull", country="GB")
USD = Money(amount=Decimal("4.50"), currency="USD")
PDF = LabelFile(b"%PDF " + b"Ada Lovelace " * 40, LabelFormat.PDF)
RATE = ShippingRate(ref="r1", carrier="USPS", service_level="First", cost=USD, days=3)


def wanted(key: str) -> LabelRequest:
    ounces = Weight(value=Decimal(8), unit=WeightUnit.OUNCE)
    return LabelRequest(key=key, reference="N1", box="b1", ship_from=DOCK, ship_to=ADA, weight=ounces)


def a_parcel(key: str = "N1/b1", number: str = "9400") -> Parcel:
    return Parcel(
        external_id=f"p-{number}", tracking_number=number, carrier="USPS", key=key, reference="N1", box="b1", cost=USD
    )


async def packed(shop: Shop, *boxes: Shipment) -> None:
    await shop.release(an_order("1"))
    await shop.collect(*(boxes or (a_box("b1", "N1", tracking=""),)))


async def promised(shop: Shop) -> Promise:
    """The label of the only box, promised."""
    [case], _ = await shop.store.boxes_without_label("main", "post", 100)
    work = LabelWork(shipment_id=case.shipment_id, wanted=wanted("N1/b1"), offers=(RATE,), chosen=RATE)
    works = {"N1/b1": (case.order_id, work)}
    [promise] = await shop.store.promise_labels(await shop.lease("label"), "post", works, now=shop.now)
    return promise


async def bought(shop: Shop) -> Promise:
    """The label of the only box, bought and kept with its file."""
    promise = await promised(shop)
    parcel = a_parcel()
    await shop.store.save_parcels(await shop.lease("label"), "post", "main", [parcel], now=shop.now)
    await shop.settle(done(promise, parcel.external_id))
    await shop.store.keep_label_file("post", parcel, PDF, timedelta(days=90), now=shop.now)
    return promise


@played
async def test_boxes_are_found_page_by_page_until_a_label_is_promised_or_somebody_else_bought_one(shop: Shop) -> None:
    boxes = [a_box(f"b{number}", "N1", tracking="") for number in (1, 2, 3)]
    await packed(shop, *boxes, a_box("b4", "N1", tracking="1Z"))
    first, further = await shop.store.boxes_without_label("main", "post", 2)
    assert ([case.shipment.external_id for case in first], further) == (["b1", "b2"], first[-1].shipment_id)
    rest, end = await shop.store.boxes_without_label("main", "post", 100, after=further or 0)
    assert ([case.shipment.external_id for case in rest], end) == (["b3"], None)
    assert first[0].request is not None
    assert first[0].request.number == "N1"

    work = LabelWork(shipment_id=first[0].shipment_id)
    works = {"N1/b1": (first[0].order_id, work)}
    await shop.store.promise_labels(await shop.lease("label"), "post", works, now=shop.now)
    theirs = a_parcel("", "HAND").model_copy(update={"box": "b3"})
    await shop.store.save_parcels(None, "post", "main", [theirs], now=shop.now)
    left, _ = await shop.store.boxes_without_label("main", "post", 100)
    assert [case.shipment.external_id for case in left] == ["b2"]


@played
async def test_a_bought_label_is_listed_with_its_cost_and_its_file_can_be_had(shop: Shop) -> None:
    await packed(shop)
    await bought(shop)
    [label] = await shop.store.read(list_labels, number="9400")
    assert (label.key, label.state, label.order_number, label.box) == ("N1/b1", "bought", "N1", "b1")
    assert (label.cost, label.currency, label.tracking_number, label.has_file) == ("4.50", "USD", "9400", True)
    assert await shop.store.read(list_labels, state="refused") == []
    assert [one.key for one in await shop.store.read(list_labels, state="bought", pipelines=["main"])] == ["N1/b1"]
    story = await shop.store.read(label_story, "N1/b1")
    assert [(offer.name, offer.cost, offer.chosen) for offer in story.offers] == [("USPS/First", "4.50", True)]
    assert await shop.store.read(label_content, "N1/b1") == PDF
    assert await shop.store.labels_without_file("main", "post", 10, since=NOON) == []


@played
async def test_a_label_that_is_not_there_is_a_sentence(shop: Shop) -> None:
    await packed(shop)
    with pytest.raises(NotFound, match="no label was promised as 'N9'"):
        await shop.store.read(label_story, "N9")
    promise = await promised(shop)
    with pytest.raises(NotFound, match="no file is kept of label N1/b1: it is buying"):
        await shop.store.read(label_content, "N1/b1")
    await shop.settle(refused(promise, "no account"))
    with pytest.raises(NotFound, match=r"it is refused \(no account\)"):
        await shop.store.read(label_content, "N1/b1")
    with pytest.raises(NotPossible, match="the label N1/b1 waits for nobody's word: it is rejected"):
        await shop.store.write(approve_label, "N1/b1", by="ada", now=shop.now)


@played
async def test_two_people_who_take_one_label_back_are_one_wish(shop: Shop) -> None:
    await packed(shop)
    await bought(shop)
    asked = await shop.store.write(ask_void, "9400", again=True, why="torn", by="ada", now=shop.now)
    assert (asked.pipeline, asked.connection, asked.next_key) == ("main", "post", "N1/b1~2")
    with pytest.raises(NotPossible, match="is being taken back already"):
        await shop.store.write(ask_void, "N1/b1", again=True, why="torn", by="eve", now=shop.now)
    assert await shop.store.read(void_state, "post", "p-9400") == ("due", "")
    assert [key for kind, key, _ in await shop.promises() if kind == Kind.VOID] == ["p-9400"]


@played
async def test_the_files_of_labels_go_when_their_time_is_over(shop: Shop) -> None:
    await packed(shop)
    await bought(shop)
    kept = await purge(shop.store, Retention(), now=NOON + timedelta(days=89))
    gone = await purge(shop.store, Retention(), now=NOON + timedelta(days=91))
    assert (kept.label_files, gone.label_files) == (0, 1)
    assert await shop.rows("SELECT * FROM label_file") == []


@played
async def test_with_the_buyers_data_goes_what_a_label_shows_of_it_and_the_cost_stays(shop: Shop) -> None:
    await packed(shop)
    await bought(shop)
    await shop.store.write(ask_void, "9400", again=False, why="torn", by="eve", now=shop.now)
    await shop.store.write(
        lambda conn: conn.exec_driver_sql(f"UPDATE orders SET completed_at = {int(NOON.timestamp() * 1e6)}")
    )
    await purge(shop.store, Retention(), now=NOON + timedelta(days=31))
    held = await everything(shop)
    assert [secret for secret in (b"Byron", b"Ada Lovelace", b"%PDF") if secret in held] == []
    [label] = await shop.store.read(list_labels)
    assert (label.key, label.cost) == ("N1/b1", "4.50")
    assert await shop.rows("SELECT * FROM label_file") == []


def test_no_statement_of_a_run_walks_through_history(sqlite_url: str) -> None:
    heard: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            heard[statement] = parameters[0] if many and isinstance(parameters[0], tuple) else parameters

    async def scene(shop: Shop) -> None:
        await packed(shop)
        event.listen(Engine, "before_cursor_execute", remember)
        try:
            promise = await bought(shop)
            await shop.store.labels_without_file("main", "post", 10, since=NOON)
            await shop.store.close_labelled(await shop.lease("label"), "post", now=shop.now)
            await shop.store.label_cases("post", [1])
            await shop.store.write(ask_void, "9400", again=True, why="torn", by="eve", now=shop.now)
        finally:
            event.remove(Engine, "before_cursor_execute", remember)
        assert promise.key == "N1/b1"
        for statement, parameters in heard.items():
            steps = await shop.store.read(_plan, statement, parameters)
            assert not [step for step in steps if re.search(r"SCAN (?!\(|CONSTANT)", step)], (statement, steps)

    play(sqlite_url, scene)
