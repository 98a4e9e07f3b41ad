"""What a tired integrator does wrong, and the sentence that tells him."""

from typing import Any

import httpx
import pytest

from crossdock import Record, Unreadable
from crossdock.domain import Order, OrderStatus, PaymentStatus, Shipment
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import Receipt
from crossdock.sandbox import Effect, EffectKind, Rehearsal
from crossdock.testing import conformance
from crossdock.testing.kit import try_law
from crossdock.testing.law import all_laws
from crossdock.testing.packed import require_told
from crossdock.testing.requests import a_request
from crossdock.testing.stage import Stage
from crossdock.testing.subject import Subject, subject
from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders as Cart

CART = "channeladvisor"


def breach(law: str, words: str) -> None:
    """The law finds something in the cart, and says it in these words."""
    [wanted] = [one for one in all_laws() if one.id == law]
    with pytest.raises(AssertionError, match=words):
        try_law(wanted, subject(CART))


def test_a_plugin_that_nobody_installed_is_one_sentence_and_no_list_of_broken_laws() -> None:
    with pytest.raises(ValueError, match=r"no installed distribution offers 'channeladvisr'.*Did you mean"):
        conformance("channeladvisr")


def test_a_law_that_is_misspelt_is_told_with_the_nearest_one() -> None:
    with pytest.raises(ValueError, match=r"orders.tld_once \(did you mean orders.told_once\?\)"):
        conformance(CART, xfail={"orders.tld_once": "because"})


def test_settings_of_a_rehearsal_that_are_not_those_of_a_connection_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Subject, "_rehearsal", lambda _: Rehearsal(settings={"apikey": "x"}))
    assert "`settings` of the Rehearsal of channeladvisor are not those of a connection" in Subject(CART).unplayable


def test_a_method_that_was_forgotten_is_named_by_every_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Cart, "find_shipment")
    assert "find_shipment(confirmation) is missing" in Subject(CART).unplayable


def test_a_simulator_that_breaks_is_not_taken_for_a_plugin_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    well = httpx.AsyncClient.get

    async def broken(self: httpx.AsyncClient, url: str, **rest: Any) -> httpx.Response:
        if url != "/_effects":
            return await well(self, url, **rest)
        return httpx.Response(500, request=httpx.Request("GET", f"http://simulator{url}"))

    monkeypatch.setattr(httpx.AsyncClient, "get", broken)
    breach("orders.listed", "GET /_effects of the simulator is answered with 500: `effects` of your simulator is")


def test_people_who_change_nothing_are_told_from_a_list_that_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def rest(self: Stage, seed: int = 1) -> dict[str, int]:
        return {}

    monkeypatch.setattr(Stage, "work", rest)
    breach("orders.nothing_missed", "nobody in the simulator changes an order that is there already")


def test_a_mark_that_was_never_made_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    well = Cart.acknowledge_order

    async def acknowledge(self: Cart, order_external_id: str) -> Receipt:
        try:
            return await well(self, order_external_id)
        except CrossdockError:
            return Receipt(order_external_id)

    monkeypatch.setattr(Cart, "acknowledge_order", acknowledge)
    breach("orders.acknowledged_truly", "and the order bears no mark: look at the answer")


def test_a_status_that_no_table_knows_must_not_make_the_order_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    well = Cart.read_order

    def read(self: Cart, record: Record) -> Order:
        order = well(self, record)
        if PaymentStatus.UNKNOWN is order.payment or OrderStatus.UNKNOWN is order.status:
            raise Unreadable(f"order {record.id}: a status is not known")
        return order.model_copy(update={"source_status": {"managed": order.source_status["managed"]}})

    monkeypatch.setattr(Cart, "read_order", read)
    breach("orders.unknown_status", "cannot be read: a status word that nobody knows is UNKNOWN, never an error")


def test_a_simulator_that_tells_no_tracking_number_is_told_so() -> None:
    request = a_request(Rehearsal(settings={}, skus=("A", "B")))
    shipment = Shipment.model_validate(
        {
            "external_id": "1",
            "request_number": request.number,
            "shipped_at": request.placed_at,
            "package": {"lines": [{"line_id": "1", "sku": "A", "quantity": 3}], "tracking_number": "1Z"},
        }
    )
    packed = Effect(kind=EffectKind.PACKAGE, key="1", of=request.key, units={"1": 3})
    with pytest.raises(AssertionError, match="Your simulator tells no tracking number of a PACKAGE"):
        require_told([request], [shipment], [packed])


@pytest.mark.parametrize("law", ["translation.pure", "translation.hints"])
def test_a_law_about_records_can_be_tried_alone(law: str) -> None:
    [wanted] = [one for one in all_laws() if one.id == law]
    try_law(wanted, Subject(CART))
