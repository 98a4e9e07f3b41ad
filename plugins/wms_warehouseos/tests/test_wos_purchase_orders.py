"""Goods to expect: told whole, matched by item and HostId, verified by reading back, and nothing taken away."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import ExpectsGoods, NeedsConfig, OutcomeUnknown, Receipt, Rejected, Unavailable
from crossdock.domain import ExpectedLine, PurchaseOrder
from crossdock_warehouseos.inventory.source import WarehouseOSInventory
from crossdock_warehouseos.profile import Profile, with_defaults
from crossdock_warehouseos.receiving.document import (
    PurchaseOrderWriter,
    differences,
    found_model,
    head_differences,
    left_alone,
    require_clear,
)

pytestmark = pytest.mark.anyio

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PROFILE = Profile.model_validate(with_defaults({}))
WRITER, FOUND = PurchaseOrderWriter(PROFILE), found_model(PROFILE)
SAVE = "AddOrUpdatePO"
KEYS = st.tuples(st.sampled_from(["SKU-0001", "SKU-0002", "SKU-0003"]), st.sampled_from(["1", "2", "3", ""]))
STANDING = st.none() | st.dictionaries(KEYS, st.integers(0, 50), max_size=6)
ORDERS = st.dictionaries(
    st.sampled_from(["1", "2", "3", "4"]),
    st.tuples(st.sampled_from(["SKU-0001", "SKU-0002"]), st.integers(0, 50)),
    min_size=1,
).map(lambda lines: order(*((id_, sku, quantity) for id_, (sku, quantity) in lines.items())))


def order(*lines, **head):
    told = tuple(ExpectedLine(id=id_, sku=sku, quantity=quantity) for id_, sku, quantity in lines)
    return PurchaseOrder(**{"number": "PO-1", "lines": told, **head})


def found(lines, **head):
    """What a look-up shows of these lines, by item and HostId."""
    if lines is None:
        return None
    rows = [{"ItemNumber": item, "HostId": id_, "ExpectedQuantity": n} for (item, id_), n in lines.items()]
    return FOUND.model_validate({"PONumber": "PO-1", **head, "Lines": rows})


def merged(lines, document):
    """The documented rule: lines match by item and HostId, others are added, none is deleted."""
    rows = json.loads(document)["Lines"] if document else []
    return {**(lines or {}), **{(row["ItemNumber"], row["HostId"]): row["ExpectedQuantity"] for row in rows}}


@calm
@given(ORDERS, STANDING)
def test_after_it_was_told_everything_is_expected_as_we_said(order, standing):
    after = merged(standing, WRITER.document(order, found(standing)))
    assert differences(order, found(after)) == []


@calm
@given(ORDERS, STANDING)
def test_telling_it_twice_is_telling_it_once(order, standing):
    once = merged(standing, WRITER.document(order, found(standing)))
    assert merged(once, WRITER.document(order, found(once))) == once


@calm
@given(ORDERS, STANDING)
def test_lines_that_are_not_ours_stay_as_they_are(order, standing):
    after = merged(standing, WRITER.document(order, found(standing)))
    others = dict(left_alone_of(order, standing))
    assert others.items() <= after.items()
    assert {tuple(key) for key in left_alone(order, found(after))} == others.keys()


def left_alone_of(order, standing):
    ours = {(line.sku, line.id) for line in order.lines}
    return {key: expected for key, expected in (standing or {}).items() if key not in ours}


@calm
@given(ORDERS, STANDING)
def test_a_line_that_nobody_expects_is_not_made(order, standing):
    document = WRITER.document(order, found(standing))
    told = {(row["ItemNumber"], row["HostId"]) for row in (json.loads(document)["Lines"] if document else [])}
    assert told == {
        (line.sku, line.id) for line in order.lines if line.quantity or (line.sku, line.id) in (standing or {})
    }


@calm
@given(ORDERS, STANDING)
def test_each_line_that_differs_is_named(order, standing):
    wrong = [line for line in order.lines if (standing or {}).get((line.sku, line.id), 0) != line.quantity]
    said = differences(order, found(standing))
    assert len(said) == len(wrong)
    assert all(f"(line {line.id})" in words for line, words in zip(wrong, said, strict=True))


def test_a_line_that_stands_there_twice_is_expected_twice():
    row = {"ItemNumber": "SKU-0001", "HostId": "1", "ExpectedQuantity": 5}
    twice = FOUND.model_validate({"PONumber": "PO-1", "Lines": [row, row]})
    assert "5 and 5" in differences(order(("1", "SKU-0001", 5)), twice)[0]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([("1", "A", 1), ("1", "B", 1)], "2 lines have the id '1'"),
        ([("1", " ", 1)], "line 1 has no SKU"),
        ([("", "A", 1)], r"line 1 \(A\) has no id$"),
        ([("1", "A", 1), (" ", "B", 1), ("", "C", 1)], r"line 2 \(B\) has no id; line 3 \(C\) has no id$"),
        ([("", " ", 1)], r"^purchase order PO-1: line 1 has no SKU; line 1 \( \) has no id$"),
    ],
)
def test_lines_that_could_not_be_told_apart_are_refused(lines, words):
    with pytest.raises(Rejected, match=words):
        require_clear(order(*lines))


@pytest.mark.parametrize("number", ["", "  "])
def test_an_order_without_number_is_refused(number):
    with pytest.raises(Rejected, match="has no number"):
        require_clear(order(("1", "A", 1), number=number))


def test_what_stands_above_the_lines_is_compared_as_far_as_it_is_ours():
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    ours = order(("1", "A", 1), supplier="Acme", expected_at=noon)
    assert head_differences(ours, found({}, Vendor="Acme", ExpectedDate="2026-03-01T12:00:00Z", Notes="theirs")) == []
    assert head_differences(ours, found({}, Vendor="Acme", ExpectedDate="2026-03-01T12:00:00")) == []
    assert head_differences(ours, found({}, Vendor="Acme", ExpectedDate="2026-03-01T14:00:00+02:00")) == []
    said = ["its supplier is another one", "its date is another one"]
    for date in ("soon", "2026-03-01T12:00:01Z", "", None, 1772366400):
        assert head_differences(ours, found({}, Vendor="Other", ExpectedDate=date)) == said
    assert head_differences(ours, None) == []


@pytest.fixture
def inventory(connected_as):
    def connect(tenant, **settings):
        return connected_as(WarehouseOSInventory, tenant, **settings)

    return connect


def lines_of(tenant, number="PO-1"):
    told = tenant.truth()["purchase_orders"][number]["lines"]
    return {(line["item"], line["host_id"]): (line["expected"], line["received"]) for line in told}


WHOLE = order(
    ("1", "SKU-0001", 10),
    ("2", "SKU-0002", 5),
    supplier="Acme",
    expected_at=datetime(2026, 3, 9, tzinfo=UTC),
    notes="two pallets",
)


async def test_a_purchase_order_is_created_and_updated(tenant, inventory):
    async with inventory(tenant) as source:
        assert isinstance(source, ExpectsGoods)
        assert await source.expect_goods(WHOLE) == Receipt("PO-1")
        assert await source.expect_goods(WHOLE) == Receipt("PO-1")
        assert lines_of(tenant) == {("SKU-0001", "1"): (10, 0), ("SKU-0002", "2"): (5, 0)}
        fewer = order(("1", "SKU-0001", 4), ("2", "SKU-0002", 0), ("3", "SKU-0002", 1), ("4", "SKU-0003", 0))
        await source.expect_goods(fewer)
    assert lines_of(tenant) == {("SKU-0001", "1"): (4, 0), ("SKU-0002", "2"): (0, 0), ("SKU-0002", "3"): (1, 0)}
    head = tenant.truth()["purchase_orders"]["PO-1"]["head"]
    assert head == {"Vendor": "Acme", "ExpectedDate": "2026-03-09T00:00:00Z", "Notes": "two pallets"}


async def test_what_the_warehouse_added_and_received_is_left_alone_and_named(tenant, inventory):
    async with inventory(tenant) as source:
        await source.expect_goods(WHOLE)
        received = [
            {"po": "PO-1", "item": "SKU-0001", "quantity": 3, "location": "MAIN-01-01"},
            {"po": "PO-1", "item": "SKU-0009", "quantity": 1, "location": "MAIN-01-01"},
        ]
        tenant.http.post("/_receive", json=received).raise_for_status()
        receipt = await source.expect_goods(order(("1", "SKU-0001", 8)))
    assert "SKU-0009 (without HostId)" in receipt.note
    assert lines_of(tenant) == {("SKU-0001", "1"): (8, 3), ("SKU-0002", "2"): (5, 0), ("SKU-0009", ""): (0, 1)}


async def test_nothing_is_sent_of_an_order_of_which_nothing_is_expected(tenant, inventory):
    async with inventory(tenant) as source:
        receipt = await source.expect_goods(order(("1", "SKU-0001", 0)))
    assert "nothing" in receipt.note
    assert SAVE not in tenant.truth()["counts"]


async def test_a_refusal_is_told_in_the_words_of_the_warehouse(tenant, inventory):
    async with inventory(tenant) as source:
        with pytest.raises(Rejected, match="NO-SUCH"):
            await source.expect_goods(order(("1", "NO-SUCH", 1)))


async def test_an_order_whose_answer_was_lost_is_looked_up(tenant, inventory):
    async with inventory(tenant) as source:
        for expected, fault in enumerate(("lost_reply", "error_502_after"), 5):
            tenant.faults(rates={fault: 1.0}, only_paths=SAVE)
            await source.expect_goods(order(("1", "SKU-0001", expected), supplier=fault))
            assert lines_of(tenant) == {("SKU-0001", "1"): (expected, 0)}
    assert tenant.truth()["counts"][SAVE] == 2


async def test_an_order_that_did_not_arrive_is_not_known_to_be_there(tenant, inventory):
    async with inventory(tenant) as source:
        for fault in ("dropped", "error_500", "html"):
            tenant.faults(rates={fault: 1.0}, only_paths=SAVE)
            with pytest.raises(OutcomeUnknown, match="does not have the line"):
                await source.expect_goods(order(("1", "SKU-0001", 5)))
        tenant.faults()
        await source.expect_goods(order(("1", "SKU-0001", 5), supplier="Acme"))
        tenant.faults(rates={"dropped": 1.0}, only_paths=SAVE)
        with pytest.raises(OutcomeUnknown, match="its supplier is another one"):
            await source.expect_goods(order(("1", "SKU-0001", 5), supplier="Bolt"))


async def test_success_that_does_not_show_is_refused_with_the_difference(tenant, inventory):
    async with inventory(tenant, profile={"purchase_order_line": {"host_id": "LineId"}}) as source:
        with pytest.raises(
            Rejected, match=r"of SKU-0001 \(line 1\) we expect 5, and WarehouseOS does not have the line"
        ):
            await source.expect_goods(order(("1", "SKU-0001", 5)))


async def test_an_order_that_cannot_be_read_is_not_sent(tenant, inventory):
    async with inventory(tenant) as source:
        tenant.faults(rates={"html": 1.0}, only_paths="GetPO")
        with pytest.raises(Unavailable):
            await source.expect_goods(WHOLE)
    async with inventory(tenant, profile={"query": {"purchase_order": "number"}}) as source:
        tenant.faults()
        with pytest.raises((NeedsConfig, Rejected)):
            await source.expect_goods(WHOLE)


@pytest.mark.parametrize("missing", ["null", "empty"])
async def test_an_order_that_is_not_there_is_missed_in_every_way(tenant_with, inventory, missing):
    async with inventory(tenant_with(missing_answer=missing)) as source:
        assert await source.expect_goods(WHOLE) == Receipt("PO-1")
