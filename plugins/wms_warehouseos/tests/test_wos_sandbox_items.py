"""The simulated tenant's item master: upserts, aliases, bundles, and which item an order line means."""

import pickle
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.items.documents import ItemReader, NotTaken
from crossdock_warehouseos.sandbox.items.master import Item, ItemChange, ItemMaster, changed
from crossdock_warehouseos.sandbox.options import SandboxOptions

ITEMS = "/api/ItemApi"
READER = ItemReader(SandboxOptions().profile)


def save(tenant, *items, **how):
    return tenant.http.post(f"{ITEMS}/AddOrUpdateMultipleItems", json=list(items), **how)


def item(number="MUG", **fields):
    return {"ItemNumber": number, **fields}


def get(tenant, number):
    return tenant.http.get(f"{ITEMS}/GetItem", params={"itemNumber": number})


WHOLE = item(
    HostId="77",
    Description="Mug, blue",
    MasterItem="MUGS",
    Weight=0.35,
    Attributes={"Colour": "blue"},
    Images=[{"Url": "https://img.example/1.jpg"}],
    Aliases=[{"Alias": "0123"}, {"Alias": "CASE", "Quantity": 12}],
)


def test_an_item_comes_back_as_it_was_saved(tenant):
    assert save(tenant, WHOLE).json() == {"Success": True}
    saved = get(tenant, "MUG").json()
    assert saved == {**WHOLE, "Aliases": [{"Alias": "0123", "Quantity": 1}, {"Alias": "CASE", "Quantity": 12}]}
    assert tenant.http.get(f"{ITEMS}/GetItems", params={"page": 401, "pageSize": 1}).json()["Items"] == [saved]
    assert tenant.truth()["items"]["MUG"]["host_id"] == "77"


def test_a_set_may_also_come_inside_an_object(tenant):
    answer = tenant.http.post(f"{ITEMS}/AddOrUpdateMultipleItems", json={"Items": [item()]})
    assert answer.json() == {"Success": True}
    assert get(tenant, "MUG").status_code == 200
    assert tenant.http.post(f"{ITEMS}/AddOrUpdateMultipleItems", json={"Things": []}).status_code == 400


def told(*documents, **options):
    items = ItemMaster(SandboxOptions(items=(), **options), Counter())
    for document in documents:
        items.save(READER.read(document))
    return items


def test_what_a_host_leaves_out_is_emptied_but_for_the_aliases():
    now = told(WHOLE, item(Description="Mug"))["MUG"]
    assert now == Item("MUG", description="Mug", aliases={"0123": 1, "CASE": 12})


def test_in_patch_mode_what_is_left_out_stays():
    now = told(WHOLE, item(Description="Mug", Weight=None, PatchMode=True))["MUG"]
    assert now == replace(told(WHOLE)["MUG"], description="Mug", weight=None)


def test_aliases_are_replaced_as_a_whole_and_null_leaves_them_alone():
    assert told(WHOLE, item(Aliases=[{"Alias": "9"}]))["MUG"].aliases == {"9": 1}
    assert told(WHOLE, item(Aliases=[]))["MUG"].aliases == {}
    assert told(WHOLE, item(Aliases=None))["MUG"].aliases == {"0123": 1, "CASE": 12}


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ("MUG", "object"),
        ({"Description": "?"}, "ItemNumber"),
        (item(number=" "), "ItemNumber"),
        (item(Weight=-1), "Weight"),
        (item(Weight="heavy"), "Weight"),
        (item(Description=["x"]), "Description"),
        (item(Attributes=["x"]), "Attributes"),
        (item(Images=["https://img.example/1.jpg"]), "Images"),
        (item(Aliases=[{"Alias": ""}]), "Alias"),
        (item(Aliases=[{"Alias": "1"}, {"Alias": "1"}]), "twice"),
        (item(Aliases=[{"Alias": "1", "Quantity": 0}]), "quantity"),
        (item(PatchMode="yes"), "PatchMode"),
    ],
)
def test_what_makes_no_sense_is_not_taken(wrong, word):
    with pytest.raises(NotTaken, match=word):
        READER.read(wrong)


@pytest.mark.parametrize(
    ("how", "status", "success"), [("200", 200, False), ("400", 400, False), ("success", 200, True)]
)
def test_what_is_not_taken_is_named_and_the_rest_is_saved(tenant_with, how, status, success):
    tenant = tenant_with(item_answer=how, items=[])
    answer = save(tenant, item(Weight=-1), item("CUP"), {})
    assert (answer.status_code, answer.json()["Success"]) == (status, success)
    first, second = answer.json()["Errors"]
    assert first == {"ItemNumber": "MUG", "Message": "Weight: must be a number from 0."}
    assert second == {"ItemNumber": "", "Message": "ItemNumber is required."}
    assert list(tenant.truth()["items"]) == ["CUP"]


def test_two_products_with_one_number_overwrite_each_other_and_the_host_id_flips(tenant):
    save(tenant, item(HostId="1", Description="Mug"), item(HostId="2", Description="Cup"))
    save(tenant, item(HostId="1", Description="Mug"), item(HostId="1"))
    assert tenant.truth()["counts"]["host id flips"] == 2
    assert get(tenant, "MUG").json()["HostId"] == "1"


def test_a_set_that_is_too_large_is_processed_but_the_caller_never_learns_of_it(tenant_with):
    tenant = tenant_with(slow_above=2, items=[])
    assert save(tenant, item("A"), item("B")).status_code == 200
    with pytest.raises(httpx.ReadTimeout):
        save(tenant, item("C"), item("D"), item("E"), timeout=0.2)
    assert list(tenant.truth()["items"]) == ["A", "B", "C", "D", "E"]


def test_a_late_answer_comes_to_who_waits_for_it(tenant_with):
    tenant = tenant_with(slow_above=1, slow_seconds=0.01)
    assert save(tenant, item("A"), item("B")).json() == {"Success": True}


@pytest.mark.parametrize(("how", "status", "body"), [("null", 200, None), ("empty", 200, {})])
def test_an_item_that_is_not_there_is_looked_for_in_vain(tenant_with, how, status, body):
    answer = get(tenant_with(missing_answer=how), "NOBODY")
    assert (answer.status_code, answer.json()) == (status, body)


def test_people_add_items_and_change_them(tenant):
    tenant.http.post("/_items", json=["NEW", item("SKU-0001", Aliases=[{"Alias": "1"}])]).raise_for_status()
    tenant.http.post("/_items", json=["SKU-0001"]).raise_for_status()
    assert tenant.truth()["items"]["SKU-0001"]["aliases"] == {"1": 1}
    assert "NEW" in tenant.truth()["items"]
    assert tenant.http.post("/_items", json=[item(Weight=-1)]).status_code == 400


def test_bundles_come_in_pages(tenant_with):
    tenant = tenant_with(bundles={"SET": {"SKU-0001": 2, "SKU-0002": 1}, "PAIR": {"SKU-0001": 2}})
    listed = tenant.http.get(f"{ITEMS}/GetBundles", params={"page": 2, "pageSize": 1}).json()
    assert listed == {"Bundles": [{"BundleNumber": "PAIR", "Components": [{"ItemNumber": "SKU-0001", "Quantity": 2}]}]}


def lines_of(tenant, number):
    return [(line["host_id"], line["item"], line["requested"]) for line in tenant.order(number)["lines"]]


def create(tenant, number, item, quantity=2):
    line = {"HostId": "L1", "ItemNumber": item, "Quantity": quantity}
    return tenant.http.post("/api/OrderApi/AddOrder", json={"OrderNumber": number, "Lines": [line]})


def test_an_order_line_finds_its_items(tenant_with):
    tenant = tenant_with(items=["A", "B", "BOTH"], bundles={"SET": {"A": 2, "B": 1}, "BOTH": {"A": 1}})
    save(tenant, item("A", Aliases=[{"Alias": "a1"}, {"Alias": "ab"}]), item("B", Aliases=[{"Alias": "ab"}]))
    for number, sku in {"1": "a1", "2": "SET", "3": "BOTH"}.items():
        create(tenant, number, sku).raise_for_status()
    assert lines_of(tenant, "1") == [("L1", "A", 2)]
    assert lines_of(tenant, "2") == [("L1", "A", 4), ("L1", "B", 2)]
    assert lines_of(tenant, "3") == [("L1", "BOTH", 2)]
    assert [create(tenant, "4", sku).status_code for sku in ("ab", "a", "set")] == [400, 400, 400]


NUMBERS = st.sampled_from("ABCD")
PIECES = st.integers(1, 5)
ALIASES = st.dictionaries(st.sampled_from("abcdAB"), PIECES, max_size=3)
FIELDS = {
    "host_id": st.text(max_size=2),
    "description": st.text(max_size=2),
    "master_item": st.sampled_from(["", "M", "N"]),
    "weight": st.none() | st.decimals(0, 9, places=2),
    "attributes": st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2),
    "images": st.tuples() | st.tuples(st.text(min_size=1, max_size=2)),
    "aliases": ALIASES,
}
CHANGES = st.builds(ItemChange, NUMBERS, st.fixed_dictionaries({}, optional=FIELDS), st.booleans())


def master(changes, **options):
    items = ItemMaster(SandboxOptions(items=(), **options), Counter())
    for change in changes:
        items.save(change)
    return items


@given(st.lists(CHANGES, max_size=12))
def test_what_is_given_holds_and_only_a_patch_keeps_the_rest(changes):
    items = master(changes[:-1])
    for change in changes[-1:]:
        before = items.get(change.number, Item(change.number))
        items.save(change)
        for field in FIELDS:
            kept = change.patch or field == "aliases"
            left_out = getattr(before if kept else Item(change.number), field)
            assert getattr(items[change.number], field) == change.given.get(field, left_out)


@given(CHANGES)
def test_a_change_taken_twice_is_taken_once(change):
    once = changed(Item(change.number, weight=Decimal(1)), change)
    assert changed(once, change) == once


@given(st.lists(CHANGES, max_size=12), st.sampled_from("ABCDabcd"), st.booleans())
def test_a_line_means_an_item_else_the_one_item_with_this_alias_else_a_bundle_else_a_new_item(changes, number, creates):
    items = master(changes, bundles={"A": {"Z": 2}, "a": {"Z": 1, "B": 3}}, create_unknown_items=creates)
    bearers = [each.number for each in items.values() if number in each.aliases]
    known = dict(items)
    try:
        meant = items.match(number)
    except Refused:
        assert not creates
        assert number not in known
        assert len(bearers) != 1
        assert dict(items) == known
        return
    if number in known:
        assert meant == [(number, 1)]
    elif len(bearers) == 1:
        assert meant == [(bearers[0], 1)]
    elif number in items.bundles:
        assert dict(meant) == items.bundles[number]
    else:
        assert creates
        assert meant == [(number, 1)]
    assert all(each in items for each, _ in meant)


@given(st.lists(CHANGES, max_size=12))
def test_a_saved_item_master_goes_on_where_it_was(changes):
    items = master(changes)
    again = master([])
    again.restore(pickle.loads(pickle.dumps(items.state())))
    assert dict(again) == dict(items)
    for number in "ABCDabcd":
        assert outcome(again, number) == outcome(items, number)


def outcome(items, number):
    try:
        return items.match(number)
    except Refused as refusal:
        return str(refusal)


@given(st.lists(CHANGES, max_size=12), st.sampled_from(["M", "N", "O"]))
def test_under_a_master_item_is_who_names_it(changes, wanted):
    items = master(changes)
    assert set(items.under(wanted)) == {each.number for each in items.values() if each.master_item == wanted}
