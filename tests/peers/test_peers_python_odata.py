"""python-odata, which knows nothing of ChannelAdvisor, learns it from the simulator's metadata and works with it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import requests
from odata import ODataService
from odata.exceptions import NoResultsFound, ODataError
from odata.flags import ODataServerFlags

OpenCart = Callable[..., AbstractContextManager[str]]
ACTIONS = {"Order": ("Export", "Ship"), "Product": ("UpdateQuantity", "UpdateAttributes")}


def learned(url: str, token: str, session: requests.Session) -> ODataService:
    """The service as python-odata reads it from the metadata."""
    session.headers["Authorization"] = f"Bearer {token}"
    service = ODataService(
        f"{url}/v1/",
        session=session,
        reflect_entities=True,
        quiet_progress=True,
        server_flags=ODataServerFlags(skip_null_properties=True),
    )
    # It cannot read expanded rows of a kind that has actions unless the kind knows its set.
    for name, rows in service.entities.items():
        rows.__base__.__odata_collection__ = name
    # ChannelAdvisor's clients call actions by their bare names; it puts the namespace before them.
    for kind, names in ACTIONS.items():
        for name in names:
            vars(service.types[f"ChannelAdvisor.RestApi.V1.Models.{kind}"])[name].name = name
    return service


@pytest.fixture(scope="module")
def cart(open_cart: OpenCart, sign_in: Callable[[str], str]) -> Iterator[ODataService]:
    with open_cart(orders=45, page_size=20) as url, requests.Session() as session:
        yield learned(url, sign_in(url), session)


def test_it_learns_every_entity_set_its_properties_and_its_words(cart: ODataService) -> None:
    assert {"Orders", "OrderItems", "Fulfillments", "Products", "DCQuantities", "Sites"} <= cart.entities.keys()
    order = cart.query(cart.entities["Orders"]).first()
    assert isinstance(order.TotalPrice, Decimal)
    assert order.CreatedDateUtc >= datetime(2025, 1, 6, tzinfo=UTC)
    assert order.CheckoutStatus.value == {"Completed": 1, "CompletedAndVisited": 3}[order.CheckoutStatus.name]


def test_it_follows_the_pages_of_a_list_to_the_end(cart: ODataService) -> None:
    orders = cart.query(cart.entities["Orders"]).all()
    assert [order.ID for order in orders] == list(range(555_000_001, 555_000_046))


def test_it_filters_sorts_and_takes_a_part(cart: ODataService) -> None:
    orders = cart.entities["Orders"]
    since = datetime(2025, 1, 6, 7, 30, tzinfo=UTC)
    query = cart.query(orders).filter((orders.SiteID == 640) | (orders.SiteID == 576)).filter(orders.TotalPrice > 20)
    found = query.filter(orders.CreatedDateUtc >= since).order_by(orders.TotalPrice.desc(), orders.ID.asc()).all()
    assert found
    assert {order.SiteID for order in found} == {640, 576}
    assert all(order.TotalPrice > 20 and order.CreatedDateUtc >= since for order in found)
    assert [order.TotalPrice for order in found] == sorted((order.TotalPrice for order in found), reverse=True)
    part = cart.query(orders).order_by(orders.ID.desc()).offset(3).limit(2).all()
    assert [order.ID for order in part] == [555_000_042, 555_000_041]


def test_it_filters_by_words_as_text(cart: ODataService) -> None:
    orders = cart.entities["Orders"]
    found = cart.query(orders).filter("PaymentStatus ne 'Cleared'").all()
    assert found
    assert all(order.PaymentStatus.name != "Cleared" for order in found)


def test_it_expands_collections_and_reads_them_later(cart: ODataService) -> None:
    orders = cart.entities["Orders"]
    expanded = cart.query(orders).expand(orders.Items, orders.Fulfillments.Items).get(555_000_007)
    later = cart.query(orders).get(555_000_007)
    assert [item.ID for item in expanded.Items] == [item.ID for item in later.Items]
    shipped = [row.Quantity for fulfillment in expanded.Fulfillments for row in fulfillment.Items]
    assert sum(shipped) == sum(item.Quantity for item in expanded.Items)


def test_it_finds_a_product_by_sku_with_a_quote_in_it_and_counts(cart: ODataService) -> None:
    products = cart.entities["Products"]
    made = products()
    made.Sku, made.Title, made.BuyItNowPrice = "JOE'S-MUG", "A mug", Decimal("9.95")
    cart.save(made)
    (found,) = cart.query(products).select(products.ID, products.Sku).filter(products.Sku == "JOE'S-MUG").all()
    assert found == {"ID": made.ID, "Sku": "JOE'S-MUG"}
    assert cart.query(products).filter(products.Sku.startswith("JOE'S")).count() == 1
    made.Title = "Joe's mug"
    cart.save(made)
    assert made.Title == "Joe's mug"
    cart.delete(made)
    with pytest.raises(NoResultsFound):
        cart.query(products).get(made.ID)


def test_it_updates_quantities_and_attributes_by_action(cart: ODataService) -> None:
    products, quantities = cart.entities["Products"], cart.entities["DCQuantities"]
    mug = cart.query(products).filter(products.Sku == "SKU-0031").first()
    updates = [{"DistributionCenterID": 1, "Quantity": 41}, {"DistributionCenterID": 2, "Quantity": 7}]
    mug.UpdateQuantity(Value={"UpdateType": "Absolute", "Updates": updates, "CompleteDCList": False})
    rows = cart.query(quantities).filter(quantities.ProductID == mug.ID).all()
    assert {1: 41, 2: 7}.items() <= {row.DistributionCenterID: row.AvailableQuantity for row in rows}.items()
    mug.UpdateAttributes(Value={"Attributes": [{"Name": "Glaze", "Value": "matt"}]})
    assert ("Glaze", "matt") in [(row.Name, row.Value) for row in mug.Attributes]


def test_it_ships_and_exports_an_order_by_action(cart: ODataService) -> None:
    orders = cart.entities["Orders"]
    wanted = "ShippingStatus eq 'Unshipped' and PaymentStatus eq 'Cleared' and CheckoutStatus eq 'Completed'"
    order = cart.query(orders).filter(wanted).filter("DistributionCenterTypeRollup eq 'SellerManaged'").first()
    order.Ship(Value={"TrackingNumber": "1Z-PEER", "ShippingCarrier": "UPS", "ShippingClass": "GROUND"})
    after = cart.query(orders).expand(orders.Fulfillments).get(order.ID)
    assert after.ShippingStatus.name == "Shipped"
    assert {row.TrackingNumber for row in after.Fulfillments} == {"1Z-PEER"}
    order.Export()
    assert order.ID in [row["ID"] for row in cart.query(orders).raw({"exported": "true"})]


def test_it_reads_the_words_of_a_refusal(cart: ODataService) -> None:
    with pytest.raises(ODataError, match="Could not find a property named 'Nonsense'") as refusal:
        cart.query(cart.entities["Orders"]).filter("Nonsense eq 1").all()
    assert refusal.value.status_code == "HTTP 400"


def test_it_calls_a_word_by_another_service_s_name_and_is_refused(cart: ODataService) -> None:
    orders = cart.entities["Orders"]
    cleared = cart.types["ChannelAdvisor.RestApi.V1.Models.PaymentStatus"]["Cleared"]
    with pytest.raises(ODataError, match="Syntax error"):
        cart.query(orders).filter(orders.PaymentStatus == cleared).all()
