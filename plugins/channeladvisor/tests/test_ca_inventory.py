"""Stock, as ChannelAdvisor holds it and as it is told of it."""

import asyncio
import json
from contextlib import contextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from crossdock import ConnectionContext, InventorySink, OutcomeUnknown, Receipt, Rejected, SystemClock, Unavailable
from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.sandbox import FaultPlan, SandboxServer
from crossdock_channeladvisor import plugin
from crossdock_channeladvisor.inventory.lookup import ProductHead
from crossdock_channeladvisor.inventory.sink import ChannelAdvisorStock
from crossdock_channeladvisor.inventory.stock import StockedProduct, is_of, quantity_call, stock_reading, stock_refusal

DIFFERENCE, SELLABLE, ON_HAND = StockMeaning.DIFFERENCE, StockMeaning.SELLABLE, StockMeaning.ON_HAND
MUG = StockItem(sku="SKU-0001")


def at(**centers):
    """`at(c1=3)`: three at centre 1; `c_2` is centre -2."""
    return tuple(
        CenterQuantity(distribution_center=name[1:].replace("_", "-"), quantity=quantity)
        for name, quantity in centers.items()
    )


def change(meaning, centers, item=MUG):
    return StockChange(key="key", item=item, meaning=meaning, centers=centers)


def told(settings, meaning, **centers):
    body = json.loads(quantity_call(change(meaning, at(**centers)), settings))
    assert list(body) == ["Value"]
    return body["Value"]


def test_a_difference_is_told_as_relative_for_all_centres_in_one_request(ca_settings):
    assert told(ca_settings(), DIFFERENCE, c1=-3, c0=3) == {
        "UpdateType": "Relative",
        "Updates": [{"DistributionCenterID": 1, "Quantity": -3}, {"DistributionCenterID": 0, "Quantity": 3}],
        "CompleteDCList": False,
    }


def test_what_may_be_sold_is_told_as_it_is(ca_settings):
    assert told(ca_settings(), SELLABLE, c1=0)["UpdateType"] == "Absolute"


@pytest.mark.parametrize("word", ["UnShipped", "InStock", "Available"])
def test_what_lies_on_the_shelf_is_told_by_the_setting(ca_settings, word):
    assert told(ca_settings(on_hand_update_type=word), ON_HAND, c1=7)["UpdateType"] == word
    assert told(ca_settings(), ON_HAND, c1=7)["UpdateType"] == "UnShipped"


def test_differences_of_one_centre_are_added_up(ca_settings):
    twice = change(DIFFERENCE, (*at(c1=5), *at(c1=-2)))
    assert json.loads(quantity_call(twice, ca_settings()))["Value"]["Updates"] == [
        {"DistributionCenterID": 1, "Quantity": 3}
    ]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (change(SELLABLE, (*at(c1=5), *at(c1=5))), "names a level of one distribution centre twice"),
        (change(ON_HAND, at(c1=-1)), "at distribution centre 1 is below zero"),
        (change(DIFFERENCE, at(c_2=1)), "distribution centre -2 is managed by others"),
        (change(DIFFERENCE, at(cEAST=1)), "'EAST' is no distribution centre of ChannelAdvisor"),
        (change(DIFFERENCE, at(c1=2**31)), "larger than ChannelAdvisor can count"),
        (change(DIFFERENCE, at(c99999999999=1)), "is no distribution centre"),
        (change(DIFFERENCE, at(c=1)), "'' is no distribution centre"),
        (change(DIFFERENCE, at(c٣=1)), "'٣' is no distribution centre"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(ca_settings, wrong, reason):
    with pytest.raises(Rejected, match=reason):
        quantity_call(wrong, ca_settings())


def test_other_external_centres_are_named_by_a_setting(ca_settings):
    settings = ca_settings(externally_managed_centers=[5])
    assert told(settings, DIFFERENCE, c_2=1)["Updates"] == [{"DistributionCenterID": -2, "Quantity": 1}]
    with pytest.raises(Rejected, match="distribution centre 5 is managed by others"):
        told(settings, DIFFERENCE, c5=1)


@pytest.mark.parametrize(
    ("product", "reason"),
    [
        (ProductHead(id=1, sku="P", is_parent=True), "is a parent product"),
        (ProductHead(id=1, sku="P", product_type="Parent"), "is a parent product"),
        (ProductHead(id=1, sku="B", bundle_type="AssemblyBundleItem"), "is a bundle"),
        (ProductHead(id=1, sku="A", alias_type="Alias", reference_sku="R"), "change the stock of 'R'"),
        (ProductHead(id=1, sku="A", alias_type="Alias"), "change the stock of the product for which it stands"),
        (ProductHead(id=1, sku="X", is_external_quantity_blocked=True), "unblock it"),
    ],
)
def test_some_products_have_no_stock_of_their_own_to_change(product, reason):
    assert reason in stock_refusal(product)


def test_a_part_of_bundles_and_a_child_have_stock():
    assert stock_refusal(ProductHead(id=1, sku="C", bundle_type="BundleComponent", product_type="Child")) == ""


def test_a_product_that_was_never_anywhere_holds_nothing():
    product = StockedProduct.model_validate_json(
        b'{"ID":5,"Sku":"a","PendingShipmentQuantity":null,"PendingPaymentQuantity":0,"PendingCheckoutQuantity":0,'
        b'"OpenAllocatedQuantity":0,"TotalAvailableQuantity":null,"DCQuantities":[]}'
    )
    assert stock_reading(StockItem(sku="A"), product) == StockReading(item=StockItem(sku="A", product_id="5"))


SHOWN = {
    "ID": 5,
    "Sku": "A",
    "OpenAllocatedQuantity": 1,
    "PendingCheckoutQuantity": 2,
    "PendingPaymentQuantity": 4,
    "PendingShipmentQuantity": 8,
    "DCQuantities": [
        {"DistributionCenterID": 1, "AvailableQuantity": 5},
        {"DistributionCenterID": 0, "AvailableQuantity": -1},
    ],
}


def reading_of(document):
    return stock_reading(StockItem(sku="A"), StockedProduct.model_validate(document))


def test_what_is_for_sale_and_what_is_promised_is_read():
    reading = reading_of(SHOWN)
    assert (reading.at("1"), reading.at("0"), reading.reserved, reading.refusal) == (5, -1, 15, "")


@pytest.mark.parametrize("name", [name for name in SHOWN if name.endswith("Quantity")])
def test_a_promise_below_zero_hides_no_other_and_one_that_is_not_shown_is_no_zero(name):
    assert reading_of(SHOWN | {name: -8}).reserved == 15 - SHOWN[name]
    assert reading_of(SHOWN | {name: None}).reserved == 15 - SHOWN[name]
    without = {key: value for key, value in SHOWN.items() if key != name}
    assert reading_of(without).refusal == "ChannelAdvisor did not show what of 'A' is promised to buyers"


def test_a_shelf_that_is_not_shown_is_not_an_empty_one():
    for document in (SHOWN | {"DCQuantities": None}, {k: v for k, v in SHOWN.items() if k != "DCQuantities"}):
        assert reading_of(document).refusal == "ChannelAdvisor did not show the stock of 'A'"
    assert reading_of(SHOWN | {"DCQuantities": []}).refusal == ""


def test_two_numbers_for_one_centre_are_none():
    again = {"DistributionCenterID": 1, "AvailableQuantity": 7}
    reading = reading_of(SHOWN | {"DCQuantities": [*SHOWN["DCQuantities"], again]})
    assert reading.refusal == "ChannelAdvisor lists distribution centre 1 twice at 'A'"


def test_a_change_that_names_nothing_is_refused_as_that(ca_settings):
    with pytest.raises(Rejected, match="the change names neither a SKU nor a product"):
        quantity_call(change(DIFFERENCE, at(c1=1), StockItem(sku="")), ca_settings())
    quantity_call(change(DIFFERENCE, at(c1=1), StockItem(sku="", product_id="9001")), ca_settings())


def test_a_stored_id_is_trusted_only_where_sku_and_profile_fit():
    product = StockedProduct(id=5, sku="a", profile_id=7)
    assert is_of(product, StockItem(sku="A"), [7])
    assert is_of(product, StockItem(sku=""), [])
    assert not is_of(product, StockItem(sku="B"), [7])
    assert not is_of(product, StockItem(sku="A"), [8])


class Seller:
    """A simulated cart and our connection to it."""

    def __init__(self, url, connect, people=None):
        self.url = url
        self._connect = connect
        self._people = people

    def post(self, path, **body):
        answer = self._people.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def truth(self, sku="SKU-0001"):
        [story] = self._people.get("/_truth/stock", params={"sku": sku}).json()["products"].values()
        return story

    def available(self, sku="SKU-0001"):
        return {center: level["available"] for center, level in self.truth(sku)["centers"].items()}

    def asked(self):
        return self._people.get("/_truth?touched").json()["requests"]

    def faults(self, **plan):
        self._people.post("/_faults", content=FaultPlan(**plan).model_dump_json()).raise_for_status()

    def read(self, *items, **settings):
        return self._run(lambda stock: stock.read_stock(items), settings)

    def change(self, change, **settings):
        return self._run(lambda stock: stock.change_stock(change), settings)

    def _run(self, work, settings):
        async def connected():
            async with self._connect(self.url, **settings) as ctx:
                return await work(ChannelAdvisorStock(ctx))

        return asyncio.run(connected())


@pytest.fixture
def seller(ca_server, ca_context):
    """Opens a simulated cart with these options."""

    @contextmanager
    def open_cart(orders=0, **options):
        with ca_server(orders=orders, **options) as url, httpx.Client(base_url=url) as people:
            yield Seller(url, ca_context, people)

    return open_cart


def test_the_plugin_gives_an_inventory_sink_without_talking_to_anybody(ca_settings, ca_log):
    sink = plugin.inventory_sink(ConnectionContext("cart", ca_settings(), http=None, log=ca_log, clock=SystemClock()))
    assert isinstance(sink, InventorySink)


def test_a_reading_tells_what_each_centre_can_sell_and_what_is_promised(seller):
    with seller(orders=30) as cart:
        cart.post("/_sell", **{"SKU-0001": 2})
        cart.post("/_stock", sku="SKU-0001", center=1, open_listings=3)
        [reading] = cart.read(MUG)
        story = cart.truth()
    assert reading.item == StockItem(sku="SKU-0001", product_id="9001")
    assert {row.distribution_center: row.quantity for row in reading.available} == {
        center: level["available"] for center, level in story["centers"].items()
    }
    held = ("open_listings", "pending_checkout", "pending_payment", "pending_shipment")
    assert reading.reserved == sum(level[name] for level in story["centers"].values() for name in held) >= 5
    assert reading.refusal == ""


def test_many_items_are_read_in_their_order_with_few_requests(seller):
    items = [StockItem(sku=f"SKU-{number:04}") for number in range(100, 0, -1)]
    with seller() as cart:
        by_sku = cart.read(*items)
        assert cart.asked()["products_list"] == 5
        again = cart.read(*[reading.item for reading in by_sku])
        assert cart.asked()["products_list"] == 10
    assert again == by_sku
    assert [reading.item.sku for reading in by_sku] == [item.sku for item in items]
    assert all(reading.item.product_id and not reading.refusal for reading in by_sku)


def test_what_cannot_be_changed_is_read_with_the_reason(seller):
    with seller() as cart:
        cart.post("/_products", sku="SKU-0003", set={"IsExternalQuantityBlocked": True})
        items = [StockItem(sku=sku) for sku in ("NOPE", "KIT-001", "STYLE-01", "ALT-0001", "SKU-0003", "", "NEW-0001")]
        readings = cart.read(*items, StockItem(sku="SKU-0002", product_id="rubbish"))
    refusals = [reading.refusal for reading in readings]
    assert "no product with the SKU 'NOPE'" in refusals[0]
    assert "is a bundle" in refusals[1]
    assert "only its children have stock" in refusals[2]
    assert "'SKU-0001', for which it stands" in refusals[3]
    assert "unblock it" in refusals[4]
    assert "no product" in refusals[5]
    assert refusals[6:] == ["", ""]
    assert (readings[6].available, readings[7].item.product_id) == ((), "9002")


def test_nothing_is_asked_where_there_is_nothing_to_ask(seller):
    with seller() as cart:
        assert cart.read() == []
        assert "products_list" not in cart.asked()


def test_a_product_that_was_created_anew_is_found_by_its_sku(seller):
    with seller() as cart:
        [before] = cart.read(MUG)
        new_id = str(cart.post("/_products", sku="SKU-0001", recreate=True)["ID"])
        [after] = cart.read(before.item)
        assert (after.item.product_id, after.available) == (new_id, ())
        assert cart.change(change(DIFFERENCE, at(c1=4), before.item)) == Receipt(new_id)
        assert cart.available() == {"1": 4}


def test_an_id_that_belongs_to_another_sku_by_now_is_not_read(seller):
    with seller() as cart:
        [reading] = cart.read(StockItem(sku="SKU-0002", product_id="9001"))
    assert reading.item.product_id == "9002"


def test_profiles_are_never_mixed(seller):
    with seller(profiles=[111, 222]) as cart:
        [unclear] = cart.read(MUG)
        assert "stands for 2 products" in unclear.refusal
        with pytest.raises(Rejected, match="stands for 2 products"):
            cart.change(change(DIFFERENCE, at(c1=1)))
        [first], [second] = cart.read(MUG, profile_ids=[111]), cart.read(MUG, profile_ids=[111, 222], stock_profile=222)
        assert first.item.product_id != second.item.product_id
        [moved] = cart.read(first.item, stock_profile=222)
        assert moved.item == second.item


def test_a_difference_is_added_to_what_is_there(seller):
    with seller() as cart:
        before = cart.available()
        receipt = cart.change(change(DIFFERENCE, at(c1=-2, c2=5)))
        assert receipt == Receipt("9001")
        assert cart.available() == before | {"1": before["1"] - 2, "2": before["2"] + 5}
        assert cart.asked()["update_quantity"] == 1


def test_a_stored_id_needs_no_look_up(seller):
    with seller() as cart:
        cart.change(change(SELLABLE, at(c1=9), StockItem(sku="SKU-0001", product_id="9001")))
        assert cart.available()["1"] == 9
        assert "products_list" not in cart.asked()


def test_centres_that_are_not_named_keep_what_they_have(seller):
    with seller() as cart:
        before = cart.available()
        cart.change(change(SELLABLE, at(c1=9)))
        assert cart.available() == before | {"1": 9}


def test_what_lies_on_the_shelf_is_less_by_what_is_promised(seller):
    with seller(orders=0) as cart:
        cart.post("/_sell", **{"SKU-0001": 3})
        [center] = [id_ for id_, level in cart.truth()["centers"].items() if level["pending_shipment"]]
        shelf = (CenterQuantity(distribution_center=center, quantity=20),)
        cart.change(change(ON_HAND, shelf))
        assert cart.available()[center] == 17
        cart.change(change(ON_HAND, shelf), on_hand_update_type="InStock")
        assert cart.available()[center] == 20


def test_a_change_of_what_has_no_stock_is_refused_before_it_is_sent(seller):
    reasons = {"KIT-001": "bundle", "STYLE-01": "parent", "ALT-0001": "alias", "NOPE": "no product with the SKU"}
    with seller() as cart:
        for sku, reason in reasons.items():
            with pytest.raises(Rejected, match=reason):
                cart.change(change(DIFFERENCE, at(c1=1), StockItem(sku=sku)))
        assert "update_quantity" not in cart.asked()


def test_the_cart_has_the_last_word_on_centres_and_products(seller):
    with seller() as cart:
        with pytest.raises(Rejected, match="DistributionCenterID 77 does not exist"):
            cart.change(change(DIFFERENCE, at(c77=1), StockItem(sku="SKU-0001", product_id="9001")))
        with pytest.raises(Rejected, match="externally managed"):
            cart.change(change(DIFFERENCE, at(c_2=1)), externally_managed_centers=[])
        with pytest.raises(Rejected, match="it is a bundle"):
            cart.change(change(DIFFERENCE, at(c1=1), StockItem(sku="KIT-001", product_id="9501")))
        with pytest.raises(Rejected, match="not found"):
            cart.change(change(DIFFERENCE, at(c1=1), StockItem(sku="NOPE", product_id="12345")))
        assert cart.asked()["update_quantity"] == 4


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "html"])
def test_a_difference_of_which_nobody_knows_is_in_doubt_and_never_sent_twice(seller, fault):
    with seller() as cart:
        before = cart.available()["1"]
        cart.faults(rates={fault: 1.0}, only_paths="UpdateQuantity")
        with pytest.raises(OutcomeUnknown):
            cart.change(change(DIFFERENCE, at(c1=5)))
        assert cart.available()["1"] == before + (0 if fault == "html" else 5)


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "dropped", "error_503"])
def test_a_level_is_sent_again_until_it_is_known_to_be_there(seller, fault):
    with seller() as cart:
        cart.faults(rates={fault: 1.0}, only_paths="UpdateQuantity", max_faults=1)
        assert cart.change(change(SELLABLE, at(c1=5))) == Receipt("9001")
        assert cart.available()["1"] == 5
        cart.faults(rates={"html": 1.0}, only_paths="UpdateQuantity")
        with pytest.raises(Unavailable):
            cart.change(change(SELLABLE, at(c1=6)))


@pytest.fixture
def short_lists():
    """A cart that shows one centre of each product and a link to the others, which turns in a circle at the end."""

    async def token(request):
        return JSONResponse({"access_token": "token", "expires_in": 3600})

    async def products(request):
        link = f"{request.base_url}v1/Products(5)/DCQuantities?$skip=1"
        row = {"ID": 5, "Sku": "A", "DCQuantities": [quantity(1, 10)], "DCQuantities@odata.nextLink": link}
        return JSONResponse({"value": [row]})

    async def quantities(request):
        rows = [quantity(0, 7)] if request.query_params["$skip"] == "1" else [quantity(-2, 4)]
        link = f"{request.base_url}v1/Products(5)/DCQuantities?$skip=2"
        return JSONResponse({"value": rows, "@odata.nextLink": link})

    def quantity(center, available):
        return {"ProductID": 5, "DistributionCenterID": center, "AvailableQuantity": available}

    routes = [
        Route("/oauth2/token", token, methods=["POST"]),
        Route("/v1/Products", products),
        Route("/v1/Products(5)/DCQuantities", quantities),
    ]
    with SandboxServer(Starlette(routes=routes)) as server:
        yield server.url


def test_a_list_of_centres_that_is_cut_short_is_followed(short_lists, ca_context):
    [reading] = Seller(short_lists, ca_context).read(StockItem(sku="a"))
    assert reading.available == at(c1=10, c0=7, c_2=4)
