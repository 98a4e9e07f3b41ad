"""Laws of stock: what is accepted happens exactly, what is refused happens not at all, and both ends agree."""

import asyncio
import json
from contextlib import AsyncExitStack, contextmanager

import httpx
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from crossdock import Rejected
from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock_channeladvisor.inventory.lookup import BUNDLES, LONGEST_SKU
from crossdock_channeladvisor.inventory.sink import ChannelAdvisorStock
from crossdock_channeladvisor.inventory.stock import (
    LARGEST,
    StockedProduct,
    is_of,
    quantity_call,
    stock_profiles,
    stock_reading,
)
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

KNOWN = ("SKU-0001", "sku-0002", "SKU-0011", "NEW-0001")
ODD = ("KIT-001", "STYLE-01", "ALT-0001", "NOPE", "", "O'Brien", "x" * (LONGEST_SKU + 1))

centers = st.sampled_from(["1", "2"]) | st.sampled_from(["0", "-2", "77", "01", "EAST", "", " 1", "-", "99999999999"])
quantities = st.integers(-50, 50) | st.sampled_from([LARGEST, LARGEST + 1, -LARGEST, 10**20])
items = st.builds(
    StockItem,
    sku=st.sampled_from(KNOWN + ODD),
    product_id=st.sampled_from(["", "9001", "9002", "9501", "12345", "abc"]),
)
entries = st.builds(CenterQuantity, distribution_center=centers, quantity=quantities)
changes = st.builds(
    StockChange,
    key=st.just("key"),
    item=items,
    meaning=st.sampled_from(StockMeaning),
    centers=st.lists(entries, min_size=1, max_size=4).map(tuple),
)
good_changes = st.builds(
    StockChange,
    key=st.just("key"),
    item=st.builds(StockItem, sku=st.sampled_from(KNOWN)),
    meaning=st.sampled_from(StockMeaning),
    centers=st.dictionaries(st.sampled_from(["1", "2"]), st.integers(0, 500), min_size=1).map(
        lambda levels: tuple(CenterQuantity(distribution_center=c, quantity=n) for c, n in levels.items())
    ),
)


class Both:
    """A simulated cart with orders in it, our connection to it, and what is true there."""

    def __init__(self, people, runner, stock):
        self._people = people
        self._runner = runner
        self._stock = stock

    def change(self, change):
        """The id of the changed product, or the reason why nothing was changed."""
        try:
            return self._runner.run(self._stock.change_stock(change)).ref
        except Rejected as refusal:
            return refusal

    def read(self, items):
        return self._runner.run(self._stock.read_stock(items))

    def truth(self):
        """By product id, the levels by centre and the ledger of everything whose stock was ever changed."""
        return self._people.get("/_truth/stock").json()["products"]

    def levels(self, product_id):
        story = self.truth().get(product_id, {"centers": {}})
        return {center: level["available"] for center, level in story["centers"].items()}


@pytest.fixture
def both(ca_server, ca_context):
    @contextmanager
    def open_both(**options):
        with (
            ca_server(orders=30, rate_per_minute=0, **options) as url,
            httpx.Client(base_url=url) as people,
            asyncio.Runner() as runner,
        ):
            stack = AsyncExitStack()
            ctx = runner.run(stack.enter_async_context(ca_context(url)))
            try:
                yield Both(people, runner, ChannelAdvisorStock(ctx))
            finally:
                runner.run(stack.aclose())

    return open_both


def test_every_change_is_carried_out_or_refused_with_a_reason_and_then_nothing_happened(both):
    with both() as cart:

        @given(changes)
        def law(change):
            before = cart.truth()
            outcome = cart.change(change)
            if isinstance(outcome, Rejected):
                assert str(outcome).strip()
                assert cart.truth() == before
            else:
                assert len(ledger(cart.truth())) > len(ledger(before))

        law()


def ledger(truth):
    return [(product, *line.values()) for product, story in truth.items() for line in story["ledger"]]


def test_the_accepted_differences_add_up_to_the_change_of_the_level(both):
    with both() as cart:
        first = {row.item.sku: row for row in cart.read([StockItem(sku=sku) for sku in KNOWN])}

        @given(changes.filter(lambda change: change.meaning is StockMeaning.DIFFERENCE))
        def law(change):
            cart.change(change)

        law()
        last = cart.read([reading.item for reading in first.values()])
        for before, after in zip(first.values(), last, strict=True):
            lines = cart.truth().get(before.item.product_id, {"ledger": []})["ledger"]
            assert all(line["cause"] == "Relative" for line in lines)
            for center in ("1", "2", "0"):
                accepted = sum(line["quantity"] for line in lines if str(line["center"]) == center)
                assert after.at(center) - before.at(center) == accepted


def test_a_movement_between_centres_conserves_the_sum(both):
    with both() as cart:

        @settings(max_examples=settings.default.max_examples // 3)
        @given(st.sampled_from(KNOWN), st.integers(-99, 99))
        def law(sku, pieces):
            [before] = cart.read([StockItem(sku=sku)])
            entries = (("1", -pieces), ("2", pieces))
            moved = tuple(CenterQuantity(distribution_center=center, quantity=n) for center, n in entries)
            cart.change(StockChange(key="k", item=before.item, meaning=StockMeaning.DIFFERENCE, centers=moved))
            [after] = cart.read([before.item])
            assert total(after) == total(before)
            assert (after.at("1"), after.at("2")) == (before.at("1") - pieces, before.at("2") + pieces)
            assert after.reserved == before.reserved

        law()


def on_hand(story):
    return [level["on_hand"] for level in story["centers"].values()]


def total(reading: StockReading) -> int:
    return sum(row.quantity for row in reading.available)


def test_a_level_is_what_it_was_said_to_be_whatever_was_there(both):
    with both() as cart:

        @settings(max_examples=settings.default.max_examples // 3)
        @given(good_changes.filter(lambda change: change.meaning is not StockMeaning.DIFFERENCE))
        def law(change):
            product_id = cart.change(change)
            levels = cart.truth()[product_id]["centers"]
            shown = "on_hand" if change.meaning is StockMeaning.ON_HAND else "available"
            for entry in change.centers:
                assert levels[entry.distribution_center][shown] == entry.quantity
            once = cart.levels(product_id)
            assert cart.change(change) == product_id
            assert cart.levels(product_id) == once

        law()


def test_a_reading_is_what_is_true_at_the_cart(both):
    with both() as cart:

        @settings(max_examples=settings.default.max_examples // 3)
        @given(st.lists(items, max_size=6), good_changes)
        def law(wanted, change):
            cart.change(change)
            readings = cart.read(wanted)
            assert [reading.item.sku for reading in readings] == [item.sku for item in wanted]
            for reading in readings:
                story = cart.truth().get(reading.item.product_id)
                if story is None or reading.refusal:
                    continue
                assert story["sku"].lower() == reading.item.sku.lower() or not reading.item.sku
                assert {row.distribution_center: row.quantity for row in reading.available} == {
                    center: level["available"] for center, level in story["centers"].items()
                }
                # What lies there is what may be sold and what is promised.
                assert total(reading) + reading.reserved == sum(on_hand(story))

        law()


numbers = st.none() | st.integers(-5, 10**9)
rows = st.lists(
    st.fixed_dictionaries({"DistributionCenterID": st.integers(-9, 9), "AvailableQuantity": st.integers(-99, 10**9)}),
    max_size=3,
)
products_promise = (
    "OpenAllocatedQuantity",
    *(f"Pending{each}Quantity" for each in ("Checkout", "Payment", "Shipment")),
)
products = st.fixed_dictionaries(
    {"ID": st.integers(1, 2**63)},
    optional={
        "Sku": st.none() | st.text(max_size=5),
        "ProfileID": st.none() | st.integers(1, 9),
        "IsParent": st.none() | st.booleans(),
        "BundleType": st.none() | st.text(max_size=5),
        "DCQuantities": st.none() | rows,
        **dict.fromkeys(products_promise, numbers),
        "Unheard": st.text(),
    },
)


@given(products, items)
def test_every_product_that_the_metadata_allows_has_a_reading(document, item):
    reading = stock_reading(item, StockedProduct.model_validate(document))
    rows, promised = document.get("DCQuantities"), [name for name in products_promise if name in document]
    assert (reading.item.sku, reading.item.product_id) == (item.sku, str(document["ID"]))
    assert [(row.distribution_center, row.quantity) for row in reading.available] == [
        (str(row["DistributionCenterID"]), row["AvailableQuantity"]) for row in rows or ()
    ]
    assert reading.reserved == sum(max(document[name] or 0, 0) for name in promised)
    centers = [row["DistributionCenterID"] for row in rows or ()]
    event(reading.refusal.partition("'")[0])
    if rows is None or len(promised) < len(products_promise) or len({*centers}) < len(centers):
        assert reading.refusal
    elif not document.get("IsParent") and document.get("BundleType") not in BUNDLES:
        assert not reading.refusal


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=4))
def test_a_centre_that_is_listed_twice_is_named(centers):
    listed = [{"DistributionCenterID": center, "AvailableQuantity": 1} for center in centers]
    told = {"ID": 1, "Sku": "A", "DCQuantities": listed} | dict.fromkeys(products_promise, 0)
    refusal = stock_reading(StockItem(sku="A"), StockedProduct.model_validate(told)).refusal
    twice = {
        f"ChannelAdvisor lists distribution centre {one} twice at 'A'" for one in centers if centers.count(one) > 1
    }
    assert refusal in (twice or {""})


@given(good_changes)
def test_a_body_never_empties_centres_that_are_not_named(change):
    assert quantity_call(change, SETTINGS).endswith(b'"CompleteDCList":false}}')


SETTINGS = ChannelAdvisorSettings.model_validate({"application_id": "a", "shared_secret": "b", "refresh_token": "c"})


@given(
    st.sampled_from(["", "ab-1", "AB-1", "Ab-1", "cd"]),
    st.sampled_from(["ab-1", "AB-1", "", None]),
    st.none() | st.integers(1, 3),
    st.lists(st.integers(1, 3), unique=True, max_size=2),
)
def test_a_product_is_what_an_item_means_in_any_letters_and_in_our_profiles(sku, theirs, profile, profiles):
    product = StockedProduct.model_validate({"ID": 7, "Sku": theirs, "ProfileID": profile})
    bears = not sku or sku.casefold() == (theirs or "").casefold()
    assert is_of(product, StockItem(sku=sku), profiles) is (bears and (not profiles or profile in profiles))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_or_centre_of_32_bits_is_told_and_one_more_is_refused(sign):
    def told(center, quantity):
        entry = CenterQuantity(distribution_center=str(center), quantity=quantity)
        change = StockChange(key="k", item=StockItem(sku="A"), meaning=StockMeaning.DIFFERENCE, centers=(entry,))
        return json.loads(quantity_call(change, SETTINGS))["Value"]["Updates"]

    assert told(1, sign * LARGEST) == [{"DistributionCenterID": 1, "Quantity": sign * LARGEST}]
    assert told(sign * LARGEST, 1) == [{"DistributionCenterID": sign * LARGEST, "Quantity": 1}]
    for center, quantity in ((1, sign * (LARGEST + 1)), (sign * (LARGEST + 1), 1)):
        with pytest.raises(Rejected):
            told(center, quantity)


@pytest.mark.parametrize(
    ("chosen", "profiles"),
    [({}, []), ({"profile_ids": [1, 2]}, [1, 2]), ({"profile_ids": [1, 2], "stock_profile": 2}, [2])],
)
def test_stock_is_that_of_its_profile_or_of_all_of_ours(chosen, profiles):
    assert [*stock_profiles(SETTINGS.model_copy(update=chosen))] == profiles
