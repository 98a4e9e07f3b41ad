"""Canonical documents: frozen, closed, strict about quantities and moments, and the same after a trip through JSON."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crossdock.domain import (
    Address,
    Document,
    FulfillmentRequest,
    Order,
    OrderLine,
    OrderStatus,
    PackedLine,
    PaymentStatus,
    RequestLine,
    UtcDatetime,
    WrittenDatetime,
)

FULL = Address(name="Ada", line1="12 Byron Street", city="London", country="GB")
names = st.one_of(st.text(max_size=30), st.sampled_from(("👩🏽‍🚀 Zoë", "שלום עולם", "مرحبا", "名無し", "a\x00b")))


def an_order(address: Address, *, sku: str = "0012", notes: str = "") -> Order:
    return Order(
        external_id="1",
        number="N1",
        placed_at=datetime(2024, 3, 1, tzinfo=UTC),
        payment=PaymentStatus.PAID,
        status=OrderStatus.OPEN,
        ship_to=address,
        lines=(OrderLine(external_id="10", sku=sku, quantity=1),),
        notes=notes,
    )


@given(st.builds(Address, name=names, city=names, line1=names), names, names)
def test_an_order_comes_back_from_json_as_it_was(address: Address, sku: str, notes: str) -> None:
    order = an_order(address, sku=sku, notes=notes)
    assert Order.model_validate_json(order.model_dump_json()) == order


@pytest.mark.parametrize("sku", ["0012", "1E5", "1_000", " 7 ", "true", "null"])
def test_a_sku_that_looks_like_something_else_stays_text(sku: str) -> None:
    assert Order.model_validate_json(an_order(FULL, sku=sku).model_dump_json()).lines[0].sku == sku


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        an_order(FULL).number = "N2"  # type: ignore[misc]


def test_a_document_has_no_field_that_was_not_declared() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Address.model_validate({"name": "Ada", "nickname": "Countess"})


@pytest.mark.parametrize("quantity", [0, -1])
@pytest.mark.parametrize("document", [OrderLine, RequestLine, PackedLine])
def test_nothing_and_less_are_no_quantities(document: type[Document], quantity: int) -> None:
    keys = {"external_id": "1", "id": "1", "order_line_id": "1", "line_id": "1", "sku": "A", "quantity": quantity}
    fields = {name: value for name, value in keys.items() if name in document.model_fields}
    with pytest.raises(ValidationError, match="greater than 0"):
        document(**fields)


@given(st.timezones() | st.just(timezone(timedelta(hours=-9, minutes=-30))), st.datetimes(datetime(1990, 1, 1)))
def test_a_moment_is_kept_in_utc_and_stays_the_same_moment(zone: tzinfo, moment: datetime) -> None:
    given_moment = moment.replace(tzinfo=zone)
    kept = TypeAdapter(UtcDatetime).validate_python(given_moment)

    assert kept.utcoffset() == timedelta(0)
    assert kept == given_moment.astimezone(UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        TypeAdapter(UtcDatetime).validate_python(datetime(2024, 3, 1))


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, ()),
        ({"name": "", "company": "Analytical Engines"}, ()),
        ({"name": " "}, ("name or company",)),
        ({"line1": "\t", "city": "", "country": " "}, ("line1", "city", "country")),
        ({"postal_code": "", "phone": "", "region": ""}, ()),
    ],
)
def test_an_address_names_the_parts_that_a_parcel_needs(changes: dict[str, str], missing: tuple[str, ...]) -> None:
    assert FULL.model_copy(update=changes).missing_parts() == missing


def test_lines_are_found_by_their_key() -> None:
    order = an_order(FULL)
    request = FulfillmentRequest(
        key="k",
        number="N1",
        order_external_id="1",
        order_number="N1",
        distribution_center="5",
        placed_at=order.placed_at,
        ship_to=FULL,
        carrier="UPS",
        service_level="Ground",
        lines=(RequestLine(id="10", order_line_id="10", sku="0012", quantity=1),),
    )

    assert order.line("10") == order.lines[0]
    assert order.line("99") is None
    assert request.line("10") == request.lines[0]
    assert request.line("99") is None


@pytest.mark.parametrize("kind", [UtcDatetime, WrittenDatetime])
@pytest.mark.parametrize("number", [3, 3.5, "3", " -3 ", "20260301", "1717236000.5", True])
def test_a_number_is_no_date(kind: object, number: object) -> None:
    with pytest.raises(ValidationError, match="a date is a text such as 2024-05-01T12:00:00Z, and no number"):
        TypeAdapter(kind).validate_python(number)
    assert TypeAdapter(kind).validate_python("2024-05-01T12:00:00Z") == datetime(2024, 5, 1, 12, tzinfo=UTC)
