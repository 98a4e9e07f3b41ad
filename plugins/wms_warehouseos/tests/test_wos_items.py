"""Products become items of a simulated tenant, over HTTP."""

from datetime import timedelta
from decimal import Decimal

import pytest

from crossdock import CatalogSink, ChecksConnection, NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected
from crossdock.domain import Product, ProductChange, ProductImage, ProductKind
from crossdock_warehouseos.catalog.calls import ItemCalls
from crossdock_warehouseos.catalog.held import HeldItems
from crossdock_warehouseos.catalog.items import WarehouseOSItems

pytestmark = pytest.mark.anyio
SAVE = "AddOrUpdateMultipleItems"


def a_change(number, external_id="", changed=(), **fields):
    product = Product(external_id=fields.pop("id", f"id-{number}"), sku=number, **fields)
    return ProductChange(key=number, product=product, external_id=external_id, changed=changed)


def some(count, **fields):
    return [a_change(f"N-{number:03}", title=f"Number {number}", **fields) for number in range(count)]


@pytest.fixture
def items(connected_as):
    def connect(tenant, **settings):
        return connected_as(WarehouseOSItems, tenant, **settings)

    return connect


def errors(answers):
    return [answer.error for answer in answers]


async def test_a_product_arrives_with_everything_that_rules_name(tenant, items):
    change = a_change(
        "MUG-BLUE",
        title="Mug, blue",
        parent_sku="MUG",
        measures={"weight": "0.5"},
        units={"weight": "kg"},
        attributes={"Colour": "blue"},
        images=(ProductImage(name="1", url="https://img.example/1.jpg"),),
        codes={"UPC": "0123"},
        aliases=("MUGB",),
    )
    rules = {"weight_unit": "lb", "aliases": "replace", "alias_codes": ["UPC"]}
    async with items(tenant, items=rules) as sink:
        assert isinstance(sink, CatalogSink)
        answers = await sink.put_products([change])
    assert [(answer.external_id, answer.error) for answer in answers] == [("MUG-BLUE", None)]
    held = tenant.truth()["items"]["MUG-BLUE"]
    assert Decimal(str(held.pop("weight"))) == Decimal("1.10231131092439")
    assert held == {
        "number": "MUG-BLUE",
        "host_id": "id-MUG-BLUE",
        "description": "Mug, blue",
        "master_item": "MUG",
        "attributes": {"Colour": "blue"},
        "images": ["https://img.example/1.jpg"],
        "aliases": {"0123": 1, "MUGB": 1},
    }


async def test_a_hundred_new_products_cost_one_call_and_one_walk_through_the_list(tenant, items):
    async with items(tenant, items={"body": "list"}) as sink:
        assert errors(await sink.put_products(some(100))) == [None] * 100
        assert errors(await sink.put_products([a_change(f"M-{n}") for n in range(20)])) == [None] * 20
    counts = tenant.truth()["counts"]
    assert (counts[SAVE], counts.get("GetItem", 0), counts["GetItems"]) == (2, 0, 2)


async def test_products_that_were_put_before_are_not_looked_up(tenant, items):
    async with items(tenant) as sink:
        await sink.put_products([a_change("A", title="old")])
        await sink.put_products([a_change("A", "A", ("title",), title="new")])
    truth = tenant.truth()
    assert truth["items"]["A"]["description"] == "new"
    assert (truth["counts"]["GetItem"], truth["counts"][SAVE]) == (1, 2)


async def test_no_call_carries_more_items_than_the_setting_allows(tenant, items):
    async with items(tenant, items={"batch": 30}) as sink:
        await sink.put_products(some(100))
    assert tenant.truth()["counts"][SAVE] == 4


async def test_aliases_that_people_entered_stay_unless_the_list_is_replaced(tenant, items):
    by_hand = {"ItemNumber": "A", "Aliases": [{"Alias": "CASE-A", "Quantity": 12}]}
    tenant.http.post("/_items", json=[by_hand]).raise_for_status()
    change = a_change("A", aliases=("A2",))
    async with items(tenant) as sink:
        await sink.put_products([change])
        assert tenant.truth()["items"]["A"]["aliases"] == {"CASE-A": 12}
    async with items(tenant, items={"aliases": "replace"}) as sink:
        await sink.put_products([change])
        assert tenant.truth()["items"]["A"]["aliases"] == {"A2": 1}
        await sink.put_products([a_change("A", "A", ("aliases",))])
    assert tenant.truth()["items"]["A"]["aliases"] == {}


async def test_in_patch_mode_what_did_not_change_stays_as_people_have_it(tenant, items):
    rules = {"fields": "changed", "aliases": "replace", "attributes": {}}
    async with items(tenant, items=rules) as sink:
        await sink.put_products([a_change("A", title="old", aliases=("A2",))])
        tenant.http.post("/_items", json=[{"ItemNumber": "A", "Weight": 3, "Aliases": [{"Alias": "CASE"}]}])
        await sink.put_products([a_change("A", "A", ("title",), title="new", aliases=("A2",))])
    held = tenant.truth()["items"]["A"]
    assert (held["description"], held["weight"], held["aliases"]) == ("new", "3", {"CASE": 1})


async def test_images_are_replaced_as_a_whole(tenant, items):
    first, second = (ProductImage(name=name, url=f"https://img.example/{name}.jpg") for name in "12")
    async with items(tenant) as sink:
        await sink.put_products([a_change("A", images=(first, second))])
        await sink.put_products([a_change("A", "A", ("images",), images=(second,))])
    assert tenant.truth()["items"]["A"]["images"] == [second.url]


async def test_what_is_no_stock_unit_is_done_without_a_call(tenant, items):
    changes = [
        a_change("MUG", kind=ProductKind.PARENT),
        a_change("SET", kind=ProductKind.BUNDLE),
        a_change("MUG-OLD", alias_of="MUG-BLUE"),
        a_change("A", "A", ("prices",), prices={"retail": "1"}),
    ]
    async with items(tenant) as sink:
        assert errors(await sink.put_products(changes)) == [None] * 4
    assert SAVE not in tenant.truth()["counts"]


@pytest.mark.parametrize("others", [0, 20])
async def test_a_number_that_belongs_to_another_product_is_not_overwritten(tenant, items, others):
    async with items(tenant) as sink:
        await sink.put_products([a_change("A", id="1", title="first")])
        answers = await sink.put_products([a_change("A", id="2", title="second"), *some(others)])
        assert isinstance(answers[0].error, Rejected)
        assert "product 1" in str(answers[0].error)
        assert "product 2" in str(answers[0].error)
        assert errors(answers[1:]) == [None] * others
    truth = tenant.truth()
    assert truth["items"]["A"]["description"] == "first"
    assert truth["counts"].get("host id flips", 0) == 0


async def test_an_item_that_has_its_own_number_as_an_alias_belongs_to_its_product(tenant, items):
    tenant.http.post("/_items", json=[{"ItemNumber": "A", "HostId": "1", "Aliases": [{"Alias": "A"}]}])
    async with items(tenant) as sink:
        answers = await sink.put_products([a_change("A", id="2")])
    assert isinstance(answers[0].error, Rejected)


async def test_a_number_that_was_set_free_can_be_taken(tenant, items, clock):
    async with items(tenant) as sink:
        await sink.put_products([a_change("A", id="1"), *some(20)])
        tenant.http.post("/_items", json=[{"ItemNumber": "A", "HostId": ""}]).raise_for_status()
        assert errors(await sink.put_products([a_change("A", id="2"), *some(20)])) == [None] * 21
        clock.forward(timedelta(hours=1))
        assert errors(await sink.put_products([a_change("A", id="2"), *some(20)])) == [None] * 21
    assert tenant.truth()["counts"]["GetItems"] == 4


async def test_two_products_with_one_sku_in_one_call_are_both_refused(tenant, items):
    async with items(tenant) as sink:
        answers = await sink.put_products([a_change("A", id="1"), a_change("B"), a_change("A", id="2")])
    assert [isinstance(error, Rejected) for error in errors(answers)] == [True, False, True]
    assert "A" not in tenant.truth()["items"]


async def test_numbers_that_differ_by_their_letters_go_one_after_the_other(tenant, items):
    async with items(tenant) as sink:
        answers = await sink.put_products([a_change("tee-1"), a_change("TEE-1"), a_change("mug")])
    assert [answer.external_id for answer in answers] == ["tee-1", "TEE-1", "mug"]
    assert tenant.truth()["counts"][SAVE] == 2


async def test_where_the_list_does_not_tell_whose_items_are_each_one_is_asked_for(tenant, items):
    tenant.http.post("/_items", json=[f"N-{number:03}" for number in range(12)]).raise_for_status()
    async with items(tenant, profile={"item": {"host_id": "Elsewhere"}}) as sink:
        assert errors(await sink.put_products(some(20))) == [None] * 20
    assert tenant.truth()["counts"]["GetItem"] == 12


async def test_a_product_under_another_sku_is_looked_up_again_and_told_whole(tenant, items):
    async with items(tenant, items={"fields": "changed"}) as sink:
        await sink.put_products([a_change("A", id="1", title="Mug")])
        await sink.put_products([a_change("B", id="2", title="Cup")])
        answers = await sink.put_products([a_change("B", "A", ("sku",), id="1", title="Mug")])
        assert isinstance(answers[0].error, Rejected)
        answers = await sink.put_products([a_change("C", "A", ("sku",), id="1", title="Mug")])
    assert answers[0].external_id == "C"
    assert tenant.truth()["items"]["C"]["description"] == "Mug"


@pytest.fixture
def calls(connected_as):
    """The calls alone, for documents that no product can become."""

    def connect(tenant, **settings):
        return connected_as(lambda ctx: ItemCalls(ctx, HeldItems(ctx)), tenant, **settings)

    return connect


def documents(count, *, bad=()):
    """Items by number, some with a weight that no tenant takes."""
    return {
        f"N-{number:03}": {"ItemNumber": f"N-{number:03}", "HostId": str(number), "Weight": -1 if number in bad else 1}
        for number in range(count)
    }


def refused(outcomes):
    return {number for number, error in outcomes.items() if isinstance(error, Rejected)}


@pytest.mark.parametrize("how", ["200", "400", "success"])
async def test_items_that_are_not_taken_are_refused_with_the_reason_and_the_others_arrive(tenant_with, calls, how):
    tenant = tenant_with(item_answer=how, items=())
    async with calls(tenant) as calling:
        outcomes = await calling.put(documents(8, bad=(2, 5)))
    assert refused(outcomes) == {"N-002", "N-005"}
    assert "Weight" in str(outcomes["N-002"])
    truth = tenant.truth()
    assert truth["items"].keys() == outcomes.keys() - refused(outcomes)
    assert truth["counts"][SAVE] == (1 if how == "success" else 2)


@pytest.mark.parametrize("how", ["200", "400", "success"])
async def test_where_no_item_is_named_the_one_at_fault_is_found(tenant_with, calls, how):
    tenant = tenant_with(item_answer=how, items=())
    async with calls(tenant, profile={"item": {"refused": "Elsewhere"}}) as calling:
        outcomes = await calling.put(documents(16, bad=(11,)))
    if how == "success":  # a tenant that says yes and names nobody cannot be seen through
        assert refused(outcomes) == set()
    else:
        assert refused(outcomes) == {"N-011"}
        assert tenant.truth()["items"].keys() == outcomes.keys() - {"N-011"}
        assert tenant.truth()["counts"][SAVE] == 9


async def test_items_whose_answer_was_lost_are_looked_up_and_done(tenant, items):
    async with items(tenant) as sink:
        for calls_made, fault in enumerate(("lost_reply", "error_502_after"), 1):
            tenant.faults(rates={fault: 1.0}, only_paths=SAVE)
            changes = [a_change(f"{fault}-{number}", title=fault) for number in range(3)]
            assert errors(await sink.put_products(changes)) == [None] * 3
            truth = tenant.truth()
            assert truth["counts"][SAVE] == calls_made
            assert truth["items"][f"{fault}-2"]["description"] == fault


async def test_items_that_did_not_arrive_are_not_known_to_be_there(tenant, items):
    async with items(tenant) as sink:
        for fault in ("dropped", "error_500", "html"):
            tenant.faults(rates={fault: 1.0}, only_paths=SAVE)
            answers = await sink.put_products(some(3))
            assert all(isinstance(error, OutcomeUnknown) for error in errors(answers))
        assert SAVE not in tenant.truth()["counts"]
        tenant.faults()
        assert errors(await sink.put_products(some(3))) == [None] * 3


async def test_a_set_that_is_answered_too_late_is_looked_up(tenant_with, items):
    tenant = tenant_with(slow_above=2)
    async with items(tenant, timeout=0.3) as sink:
        assert errors(await sink.put_products(some(3))) == [None] * 3
    assert tenant.truth()["counts"][SAVE] == 1


async def test_after_a_lost_answer_old_content_is_no_proof(tenant, items):
    async with items(tenant) as sink:
        await sink.put_products([a_change("A", title="old")])
        tenant.faults(rates={"dropped": 1.0}, only_paths=SAVE)
        answers = await sink.put_products([a_change("A", "A", ("title",), title="new")])
    assert isinstance(answers[0].error, OutcomeUnknown)


async def test_a_refused_key_ends_everything_without_another_call(tenant, items):
    async with items(tenant, api_key="wrong", items={"batch": 1}) as sink:
        answers = await sink.put_products([a_change(f"N{n}", f"N{n}", ("title",)) for n in range(3)])
    assert all(isinstance(error, NeedsAuth) for error in errors(answers))
    assert tenant.truth()["counts"][SAVE] == 1


async def test_a_path_that_leads_nowhere_is_named(tenant, items):
    async with items(tenant, profile={"paths": {"save_items": "/api/ItemApi/Nowhere"}}) as sink:
        answers = await sink.put_products([a_change("A")])
    assert isinstance(answers[0].error, NeedsConfig)
    assert "paths.save_items" in str(answers[0].error)


@pytest.mark.parametrize("missing", ["404", "null", "empty"])
async def test_an_item_that_is_not_there_is_missed_in_every_way(tenant_with, items, missing):
    tenant = tenant_with(missing_answer=missing)
    async with items(tenant) as sink:
        assert errors(await sink.put_products([a_change("A")])) == [None]


async def test_it_says_what_the_tenant_answered_to(tenant, items):
    async with items(tenant) as sink:
        assert isinstance(sink, ChecksConnection)
        assert "takes the key" in (await sink.check())[0]
