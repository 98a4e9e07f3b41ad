"""The catalog sink against the simulated ChannelAdvisor, over a real socket."""

import asyncio
import json
import random

import httpx
import pytest

from crossdock import (
    CatalogSink,
    CatalogSource,
    ConnectionContext,
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    PutsProductsInBulk,
    Rejected,
    Scenario,
    SystemClock,
    Unavailable,
)
from crossdock.domain import Product, ProductChange, ProductComponent, ProductImage
from crossdock.sandbox import FaultPlan, SandboxServer
from crossdock_channeladvisor.catalog.sink import ChannelAdvisorCatalogSink
from crossdock_channeladvisor.plugin import catalog_sink, catalog_source
from crossdock_channeladvisor.sandbox import sandbox_app

MOVED = ("kind", "parent_sku", "relationship")
IMAGES = (ProductImage(name="ITEMIMAGEURL1", url="https://x.invalid/1.jpg"),)


def product(sku, **fields):
    return Product(**({"external_id": f"erp-{sku}", "sku": sku, "title": f"Thing {sku}"} | fields))


def change(product_, *changed, external_id=""):
    return ProductChange(key=product_.sku, product=product_, external_id=external_id, changed=changed)


def edit(url, **wish):
    return str(httpx.post(f"{url}/_products", json=wish).raise_for_status().json()["ID"])


def requests(url):
    return httpx.get(f"{url}/_truth").raise_for_status().json()["requests"]


def faults(url, **plan):
    httpx.post(f"{url}/_faults", content=FaultPlan(**plan).model_dump_json()).raise_for_status()


@pytest.fixture
def sink(ca_context):
    """Runs a coroutine function with a sink, and with a way to see a product of the cart."""

    def run(url, play, **settings):
        async def go():
            async with ca_context(url, **settings) as ctx:

                async def show(product_id):
                    expand = "Attributes,Images,Labels,BundleComponents,Children"
                    answer = await ctx.http.get(f"/v1/Products({product_id})?$expand={expand}")
                    return json.loads(answer.content)

                return await play(ChannelAdvisorCatalogSink(ctx), show, ctx)

        return asyncio.run(go())

    return run


def family():
    """A parent, its children, items and a bundle, in an order in which they cannot be created."""
    return [
        product(
            "SET", kind="bundle", components=[ProductComponent(sku="RED", quantity=1), {"sku": "CUP", "quantity": 2}]
        ),
        product("RED", kind="child", parent_sku="STYLE", relationship="Colour", attributes={"Colour": "red"}),
        product("CUP", images=IMAGES, labels=("Clearance", "eBay Fixed Price US"), prices={"cost": "1.25"}),
        product("STYLE", kind="parent", relationship="Colour", vary_by="Colour"),
    ]


def test_source_and_sink_are_made_without_talking_to_anybody(ca_settings, ca_log):
    context = ConnectionContext("cart", ca_settings(), None, ca_log, SystemClock())
    assert isinstance(catalog_source(context), CatalogSource)
    assert isinstance(catalog_sink(context), CatalogSink)
    assert isinstance(catalog_sink(context), PutsProductsInBulk)


def test_new_products_are_created_with_all_that_belongs_to_them_whatever_their_order(ca_server, sink):
    async def play(sink, show, ctx):
        answers = await sink.put_products([change(each) for each in family()])
        assert [answer.error for answer in answers] == [None] * 4
        bundle, child, cup, parent = [await show(answer.external_id) for answer in answers]
        assert [(row["ComponentSku"], row["Quantity"]) for row in bundle["BundleComponents"]] == [
            ("RED", 1),
            ("CUP", 2),
        ]
        assert (child["ParentSku"], child["ProductType"]) == ("STYLE", "Child")
        assert child["Attributes"][0]["Value"] == "red"
        assert (cup["Cost"], cup["Images"][0]["Url"]) == (1.25, "https://x.invalid/1.jpg")
        assert [row["Name"] for row in cup["Labels"]] == ["Clearance", "eBay Fixed Price US"]
        assert (parent["IsParent"], parent["Children"][0]["ChildProductID"]) == (True, child["ID"])

    with ca_server() as url:
        sink(url, play)


def test_putting_twice_is_putting_once(ca_server, sink):
    async def play(sink, show, ctx):
        changes = [change(each) for each in family()]
        first = await sink.put_products(changes)
        once = [await show(answer.external_id) for answer in first]
        second = await sink.put_products(changes)
        assert second == first
        twice = [await show(answer.external_id) for answer in second]
        assert [each | {"UpdateDateUtc": ""} for each in twice] == [each | {"UpdateDateUtc": ""} for each in once]

    with ca_server() as url:
        sink(url, play)


def test_a_change_writes_the_changed_parts_with_one_call_and_no_look_up(ca_server, sink):
    async def play(sink, show, ctx):
        before = await show(9001)
        new = product("SKU-0001", title="New title", brand="not this", prices={"retail": "9.99"})
        (answer,) = await sink.put_products([change(new, "title", "prices", external_id="9001")])
        assert (answer.external_id, answer.error) == ("9001", None)
        after = await show(9001)
        moved = {name for name in after if after[name] != before[name]}
        assert moved == {"Title", "RetailPrice", "UpdateDateUtc"}
        assert requests(url)["product_update"] == 1
        assert requests(url).get("products_list") is None

    with ca_server() as url:
        sink(url, play)


def test_images_labels_and_components_become_what_the_change_says(ca_server, sink):
    async def play(sink, show, ctx):
        old = await show(9503)
        new = product(
            "KIT-003",
            kind="bundle",
            images=[ProductImage(name="ITEMIMAGEURL1", url=old["Images"][0]["Url"]), {"name": "O'NE", "url": "u"}],
            labels=["brand new & shiny"],
            components=[ProductComponent(sku="SKU-0026", quantity=5), ProductComponent(sku="SKU-0002", quantity=1)],
        )
        (answer,) = await sink.put_products([change(new, "images", "labels", "components", external_id="9503")])
        assert answer.error is None
        now = await show(9503)
        assert {row["PlacementName"] for row in now["Images"]} == {"ITEMIMAGEURL1", "O'NE"}
        assert [row["Name"] for row in now["Labels"]] == ["brand new & shiny"]
        assert {(row["ComponentSku"], row["Quantity"]) for row in now["BundleComponents"]} == {
            ("SKU-0026", 5),
            ("SKU-0002", 1),
        }

    with ca_server() as url:
        sink(url, play)


def test_a_product_that_is_there_but_was_never_told_is_completed_and_loses_nothing(ca_server, sink):
    async def play(sink, show, ctx):
        before = await show(9001)
        (answer,) = await sink.put_products([change(product("sku-0001", brand="Ours", images=IMAGES, labels=["new"]))])
        assert (answer.external_id, answer.error) == ("9001", None)
        after = await show(9001)
        assert (after["Brand"], after["Sku"], after["UPC"]) == ("Ours", "SKU-0001", before["UPC"])
        assert len(after["Images"]) == len(before["Images"])
        assert {row["Name"] for row in after["Labels"]} == {row["Name"] for row in before["Labels"]} | {"new"}

    with ca_server() as url:
        sink(url, play)


def test_a_product_of_which_everything_is_new_to_us_is_completed_in_the_same_way(ca_server, sink):
    async def play(sink, show, ctx):
        before = await show(9001)
        (answer,) = await sink.put_products([change(product("SKU-0001", brand="Ours"), *Product.model_fields)])
        assert (answer.external_id, answer.error) == ("9001", None)
        after = await show(9001)
        assert {name for name in after if after[name] != before[name]} == {"Title", "Brand", "UpdateDateUtc"}

    with ca_server() as url:
        sink(url, play)


def test_a_product_that_was_recreated_is_found_by_its_sku_and_one_that_is_gone_is_created(ca_server, sink):
    async def play(sink, show, ctx):
        recreated = edit(url, sku="SKU-0005", recreate=True)
        edit(url, sku="NEW-0001", delete=True)
        answers = await sink.put_products(
            [
                change(product("SKU-0005", title="Five"), "title", external_id="9005"),
                change(product("NEW-0001", title="New", brand="Ours"), "title", external_id="9900"),
            ]
        )
        assert [answer.error for answer in answers] == [None, None]
        assert answers[0].external_id == recreated
        five, new = [await show(answer.external_id) for answer in answers]
        assert (five["Title"], new["Title"], new["Brand"]) == ("Five", "New", "Ours")

    with ca_server() as url:
        sink(url, play)


def test_what_a_change_removes_goes_from_a_product_that_is_known_by_its_sku_only_and_the_rest_stays(ca_server, sink):
    async def play(sink, show, ctx):
        before = await show(9019)
        kept, *others = before["Images"]
        assert others
        assert before["Labels"]
        image = ProductImage(name=kept["PlacementName"], url=kept["Url"])
        new = product("SKU-0019", title="not this", images=[image])
        (answer,) = await sink.put_products([change(new, "images", "labels", "brand")])
        assert (answer.external_id, answer.error) == ("9019", None)
        after = await show(9019)
        assert [row["PlacementName"] for row in after["Images"]] == [kept["PlacementName"]]
        assert (after["Labels"], after["Brand"], after["Title"]) == ([], None, before["Title"])

    with ca_server() as url:
        sink(url, play)


def test_what_a_change_removes_goes_from_a_product_that_was_recreated_too(ca_server, sink):
    async def play(sink, show, ctx):
        recreated = edit(url, sku="SKU-0005", recreate=True)
        await sink.put_products([change(product("SKU-0005", images=IMAGES), external_id=recreated)])
        assert (await show(recreated))["Images"]
        new = product("SKU-0005", title="Five", labels=["mine"])
        (answer,) = await sink.put_products([change(new, "images", external_id="9005")])
        assert (answer.external_id, answer.error) == (recreated, None)
        after = await show(recreated)
        assert (after["Title"], after["Images"]) == ("Five", [])
        assert "mine" in {row["Name"] for row in after["Labels"]}

    with ca_server() as url:
        sink(url, play)


def test_all_that_a_creation_writes_is_checked_though_little_of_it_changed(ca_server, sink):
    async def play(sink, show, ctx):
        long = product("NOT-THERE", title="x" * 121)
        answers = await sink.put_products(
            [change(long, "brand"), change(long.model_copy(update={"sku": "GONE"}), "brand", external_id="987654321")]
        )
        assert [str(answer.error) for answer in answers] == [
            "the Title has 121 characters and ChannelAdvisor takes 120: shorten it at the source"
        ] * 2
        assert "product_create" not in requests(url)

    with ca_server() as url:
        sink(url, play)


def test_a_child_of_which_little_changed_is_created_with_its_parent(ca_server, sink):
    async def play(sink, show, ctx):
        child = product("NOT-THERE", kind="child", parent_sku="STYLE-01", relationship="Colour")
        (answer,) = await sink.put_products([change(child, "title")])
        assert answer.error is None
        assert (await show(answer.external_id))["ParentSku"] == "STYLE-01"

    with ca_server() as url:
        sink(url, play)


def test_a_product_under_a_new_sku_is_another_product(ca_server, sink):
    async def play(sink, show, ctx):
        (answer,) = await sink.put_products([change(product("SKU-0001-B"), "sku", external_id="9001")])
        assert answer.error is None
        assert answer.external_id != "9001"
        assert (await show(9001))["Sku"] == "SKU-0001"

    with ca_server() as url:
        sink(url, play)


def test_a_child_can_leave_its_parent_and_another_can_come(ca_server, sink):
    async def play(sink, show, ctx):
        answers = await sink.put_products(
            [
                change(product("SKU-0301"), "kind", "parent_sku", external_id="9301"),
                change(
                    product("SKU-0001", kind="child", parent_sku="STYLE-01", relationship="Colour"),
                    "kind",
                    "parent_sku",
                    external_id="9001",
                ),
            ]
        )
        assert [answer.error for answer in answers] == [None, None]
        assert ((await show(9301))["ParentSku"], (await show(9001))["ParentSku"]) == (None, "STYLE-01")

    with ca_server() as url:
        sink(url, play)


def test_a_child_can_become_a_parent_and_a_parent_a_child(ca_server, sink):
    async def play(sink, show, ctx):
        lone = product("LONE", kind="parent", relationship="Colour")
        (made,) = await sink.put_products([change(lone)])
        answers = await sink.put_products(
            [
                change(product("SKU-0301", kind="parent", relationship="Size"), *MOVED, external_id="9301"),
                change(
                    product("LONE", kind="child", parent_sku="STYLE-01", relationship="Colour"),
                    *MOVED,
                    external_id=made.external_id,
                ),
            ]
        )
        assert [answer.error for answer in answers] == [None, None]
        parent, child = await show(9301), await show(made.external_id)
        assert (parent["ProductType"], parent["ParentSku"], parent["RelationshipName"]) == ("Parent", None, "Size")
        assert (child["ProductType"], child["ParentSku"], child["IsParent"]) == ("Child", "STYLE-01", False)

    with ca_server() as url:
        sink(url, play)


def test_each_change_has_its_own_answer(ca_server, sink):
    async def play(sink, show, ctx):
        answers = await sink.put_products(
            [
                change(product("FINE")),
                change(product("LONG", title="x" * 121)),
                change(product("LOST", kind="child", parent_sku="NOBODY", relationship="Colour")),
                change(product("OTHER", alias_of="SKU-0001")),
                change(product("BAD", kind="child", parent_sku="SKU-0001", relationship="Colour")),
                change(product("HALF", brand="x" * 10, attributes={"a": "1", "A": "2"})),
            ]
        )
        fine, long, lost, alias, bad, half = [answer.error for answer in answers]
        assert fine is None
        assert isinstance(long, Rejected)
        assert isinstance(lost, Unavailable)
        assert str(lost) == "'LOST' refers to 'NOBODY', which is not in ChannelAdvisor yet"
        assert isinstance(alias, Rejected)
        assert "no call is known that makes aliases" in str(alias)
        assert isinstance(bad, Rejected)
        assert "not a parent product" in str(bad)
        assert isinstance(half, Rejected)

    with ca_server() as url:
        sink(url, play)


def doubling(app):
    """The same service, but every list of products shows each twice, once under another id."""

    async def doubled(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != "/v1/Products" or scope["method"] != "GET":
            return await app(scope, receive, send)
        sent = []

        async def hold(message):
            sent.append(message)

        await app(scope, receive, hold)
        document = json.loads(b"".join(message.get("body", b"") for message in sent[1:]))
        document["value"] += [row | {"ID": row["ID"] + 1_000_000} for row in document["value"]]
        content = json.dumps(document).encode()
        await send(sent[0] | {"headers": [(b"content-length", str(len(content)).encode())]})
        await send({"type": "http.response.body", "body": content})
        return None

    return doubled


def test_a_sku_that_stands_for_two_products_is_refused_and_neither_is_touched(sink):
    async def play(sink, show, ctx):
        (answer,) = await sink.put_products([change(product("SKU-0001"))])
        assert isinstance(answer.error, Rejected)
        assert "the SKU 'SKU-0001' stands for 2 products" in str(answer.error)

    with SandboxServer(doubling(sandbox_app(Scenario(orders=0)))) as server:
        sink(server.url, play)
        assert "product_update" not in requests(server.url)


def test_a_hundred_new_products_take_a_handful_of_requests(ca_server, sink):
    async def play(sink, show, ctx):
        answers = await sink.put_products([change(product(f"MANY-{n:03}", labels=["x"])) for n in range(100)])
        assert len({answer.external_id for answer in answers if answer.error is None}) == 100
        made = requests(url)
        assert (made["products_list"], made["batch"]) == (5, 2)
        assert (made["product_create"], made["product_row_update"]) == (100, 100)

    with ca_server(rate_per_minute=0) as url:
        sink(url, play)


def test_values_without_a_field_there_are_told_once(ca_server, sink):
    async def play(sink, show, ctx):
        odd = product("ODD", codes={"GTIN": "1"})
        await sink.put_products([change(odd)])
        await sink.put_products([change(odd)])
        assert ctx.log.events.count("ChannelAdvisor has no field for a value; map it to an attribute") == 1

    with ca_server() as url:
        sink(url, play)


def test_with_several_profiles_the_one_to_write_to_must_be_named(ca_server, sink):
    async def unnamed(sink, show, ctx):
        with pytest.raises(NeedsConfig, match=r"covers 2 profiles \(11, 22\).*`catalog_profile`"):
            await sink.put_products([change(product("A"))])

    async def named(sink, show, ctx):
        (answer,) = await sink.put_products([change(product("SKU-0001", title="Only here"))])
        assert (await show(answer.external_id))["ProfileID"] == 22

    with ca_server(profiles=(11, 22)) as url:
        sink(url, unnamed)
        sink(url, named, catalog_profile=22)
        sink(url, named, profile_ids=[22])


def test_credentials_that_may_not_write_stop_the_connection(ca_server, sink):
    async def play(sink, show, ctx):
        with pytest.raises(NeedsAuth):
            await sink.put_products([change(product("A"), "title", external_id="9001"), change(product("B"))])

    with ca_server(refresh_token_scope="orders inventory.readonly") as url:
        sink(url, play)


def test_nothing_to_say_is_said_with_no_call(ca_server, sink):
    async def play(sink, show, ctx):
        (answer,) = await sink.put_products([change(product("SKU-0001"), "updated_at", "units", external_id="9001")])
        assert (answer.external_id, answer.error) == ("9001", None)
        assert await sink.put_products([]) == []

    with ca_server() as url:
        sink(url, play)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_gets_lost_on_the_way_in_the_end_each_product_is_there_once_and_right(ca_server, sink, seed):
    print(f"seed {seed}")
    rates = {"lost_reply": 0.15, "error_502_after": 0.15, "dropped": 0.1, "token_expired": 0.05}

    async def play(sink, show, ctx):
        wanted = [*family(), *(product(f"N-{n}", images=IMAGES, labels=["x"]) for n in range(8))]
        random.Random(seed).shuffle(wanted)
        faults(url, seed=seed, rates=rates)
        due = {each.sku: change(each) for each in wanted}
        ids = {}
        for _ in range(40):
            try:
                answers = await sink.put_products(list(due.values()))
            except CrossdockError:
                continue
            done = [
                (each, answer.external_id) for each, answer in zip(due.copy(), answers, strict=True) if not answer.error
            ]
            for sku, external_id in done:
                ids[sku] = external_id
                del due[sku]
            if not due:
                break
        faults(url)
        assert not due
        assert len(set(ids.values())) == len(wanted)
        for each in wanted:
            shown = await show(ids[each.sku])
            assert (shown["Sku"], shown["Title"]) == (each.sku, each.title)
            assert {row["Name"] for row in shown["Labels"]} == set(each.labels)
            assert len(shown["Images"]) == len(each.images)
            assert len(shown["BundleComponents"]) == len(each.components)

    with ca_server(seed=seed) as url:
        sink(url, play, retries=0)
