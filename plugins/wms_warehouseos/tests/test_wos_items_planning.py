"""Which products are put, in which order, and what an answer says of each: decided without a tenant."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Rejected
from crossdock.domain import Product, ProductChange, ProductComponent, ProductKind
from crossdock_warehouseos.catalog.document import ItemWriter
from crossdock_warehouseos.catalog.planning import is_stocked, plan, waves
from crossdock_warehouseos.catalog.shown import shows
from crossdock_warehouseos.catalog.verdict import verdict_of
from crossdock_warehouseos.settings import ItemRules, WarehouseOSSettings

SETTINGS = WarehouseOSSettings(base_url="https://wos.example", api_key="k")
NAMES, ANSWER = SETTINGS.profile.item, SETTINGS.profile.answer
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
IDS = st.sampled_from(["1", "2", "3", "4"])
SKUS = st.sampled_from(["tee", "TEE", "Tee", "mug", "", "straße", "STRASSE"])
KINDS = st.sampled_from(ProductKind)
CHANGES = st.lists(
    st.builds(lambda id_, sku, kind: change(id_, sku, kind=kind), IDS, SKUS, KINDS), min_size=1, max_size=12
)


def change(external_id, sku, **fields):
    return ProductChange(key=external_id, product=Product(external_id=external_id, sku=sku, **fields))


def planned(changes):
    return plan(changes, ItemWriter(SETTINGS), SETTINGS.items)


@calm
@given(CHANGES)
def test_two_products_with_one_sku_are_both_refused_and_never_put(changes):
    puts, refused = planned(changes)
    stocked = {place: one.product for place, one in enumerate(changes) if is_stocked(one.product, SETTINGS.items)}
    owners = {
        sku: {product.external_id for product in stocked.values() if product.sku == sku} for sku in {"tee", "mug"}
    }
    for place, product in stocked.items():
        clash = len(owners.get(product.sku, {"one"})) > 1
        if clash:
            assert all(owner in str(refused[place]) for owner in owners[product.sku])
    assert {put.place for put in puts} | refused.keys() == stocked.keys()
    assert not {put.place for put in puts} & refused.keys()


@calm
@given(CHANGES)
def test_no_number_comes_twice_in_one_call_however_its_letters_are_written(changes):
    puts, _ = planned(changes)
    groups = waves(puts)
    for group in groups:
        folded = [put.number.casefold() for put in group]
        assert len(set(folded)) == len(folded)
    assert sorted(put.place for group in groups for put in group) == sorted(put.place for put in puts)
    assert all(groups)


def test_a_product_without_sku_is_refused():
    _, refused = planned([change("1", " ")])
    assert "no SKU" in str(refused[0])


def test_only_stock_units_are_items():
    parent = Product(external_id="1", sku="MUG", kind=ProductKind.PARENT)
    bundle = Product(
        external_id="2", sku="SET", kind=ProductKind.BUNDLE, components=(ProductComponent(sku="A", quantity=2),)
    )
    alias = Product(external_id="3", sku="MUG-OLD", alias_of="MUG-BLUE")
    assert not any(is_stocked(product, ItemRules()) for product in (parent, bundle, alias))
    assert is_stocked(bundle, ItemRules(bundles="items"))
    assert is_stocked(Product(external_id="4", sku="MUG-BLUE", kind=ProductKind.CHILD, parent_sku="MUG"), ItemRules())


def test_a_parent_that_shares_its_sku_with_a_child_is_in_nobodys_way():
    puts, refused = planned([change("1", "MUG", kind=ProductKind.PARENT), change("2", "MUG")])
    assert [put.place for put in puts] == [1]
    assert not refused


def said(status=200, numbers=("A", "B"), **body):
    return verdict_of(status, json.dumps(body).encode(), numbers, NAMES, ANSWER)


def test_an_answer_names_the_items_that_it_did_not_take():
    verdict = said(Success=True, Errors=[{"ItemNumber": "B", "Message": "no"}])
    assert (verdict.taken, verdict.refused) == (True, {"B": "no"})
    assert said(Success=True).taken
    assert said().taken


@pytest.mark.parametrize("status", [200, 400])
def test_of_a_refused_call_nothing_is_known_but_what_it_names(status):
    verdict = said(status, Success=False, Message="1 failed", Errors=[{"ItemNumber": "B", "Message": "no"}])
    assert (verdict.taken, verdict.refused, verdict.words) == (False, {"B": "no"}, "1 failed")


def test_a_refusal_of_nobody_knows_which_item_leaves_all_in_doubt():
    assert not said(Success=True, Errors=[{"Message": "no number"}]).taken
    assert not said(Success=True, Errors=["something"]).taken
    assert not said(Success=True, Errors=[{"ItemNumber": "C", "Message": "not ours"}]).taken


def test_all_that_is_said_of_one_item_alone_is_about_that_item():
    assert said(400, ("A",), Errors=[{"Message": "no number"}]).refused == {"A": "no number"}


def test_what_cannot_be_read_says_no_only_by_its_status():
    assert verdict_of(200, b"<html>", ["A"], NAMES, ANSWER) is None
    assert verdict_of(413, b"too large", ["A"], NAMES, ANSWER).words == "too large"


@calm
@given(
    st.binary(max_size=60) | st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=5).map(json.dumps)
)
def test_any_answer_is_read_without_a_fault(body):
    data = body if isinstance(body, bytes) else f'{{"Errors": {body}, "Success": 1}}'.encode()
    verdict = verdict_of(200, data, ["A", "B"], NAMES, ANSWER)
    assert verdict is None or set(verdict.refused) <= {"A", "B"}


WRITTEN = ItemWriter(SETTINGS).document(change("77", "A", title="Mug", attributes={"Colour": "blue"}))


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ({"HostId": 77, "Description": "Mug", "Attributes": {"Colour": "blue", "Size": "L"}, "Images": None}, True),
        ({"HostId": "77", "Description": "Mug", "Attributes": {"Colour": "red"}}, False),
        ({"HostId": "78", "Description": "Mug", "Attributes": {"Colour": "blue"}}, False),
        ({"HostId": "77", "Attributes": {"Colour": "blue"}}, False),
        ({"HostId": "77", "Description": "Mug", "Attributes": {"Colour": "blue"}, "Images": [{"Url": "x"}]}, False),
        ({"HostId": "77", "Description": "Mug", "Attributes": "blue"}, False),
    ],
)
def test_an_item_shows_what_was_written_or_it_does_not(held, shown):
    assert shows(WRITTEN, held, NAMES) is shown


def test_weights_are_compared_as_numbers_and_aliases_without_their_order():
    rules = {"weight_unit": "g", "aliases": "replace"}
    writer = ItemWriter(WarehouseOSSettings(base_url="https://wos.example", api_key="k", items=rules))
    item = writer.document(change("1", "A", measures={"weight": "1.50"}, units={"weight": "g"}, aliases=("x", "y")))
    held = {"HostId": "1", "Weight": 1.5, "Aliases": [{"Alias": "y", "Quantity": 1}, {"Alias": "x"}]}
    assert shows(item, held, NAMES)
    assert not shows(item, {**held, "Weight": "heavy"}, NAMES)
    assert not shows(item, {**held, "Aliases": [{"Alias": "x"}]}, NAMES)


def test_what_cannot_be_told_is_refused_for_that_product_alone():
    chosen = WarehouseOSSettings(base_url="https://wos.example", api_key="k", items={"weight_unit": "kg"})
    changes = [change("1", "A", measures={"weight": "1"}), change("2", "B")]
    puts, refused = plan(changes, ItemWriter(chosen), chosen.items)
    assert [put.number for put in puts] == ["B"]
    assert isinstance(refused[0], Rejected)


@pytest.mark.parametrize("id_", ["", "  "])
def test_a_product_without_an_id_of_its_own_is_refused_as_nobody_could_tell_whose_item_it_is(id_):
    puts, refused = planned([change(id_, "tee"), change("2", "mug")])
    assert [put.number for put in puts] == ["mug"]
    assert "no id of its own" in str(refused[0])


def test_a_product_without_a_number_is_refused_with_what_to_do():
    _, refused = planned([change("1", " ")])
    assert str(refused[0]) == "it has no SKU, and WarehouseOS knows an item by nothing else: give it one at the source"
