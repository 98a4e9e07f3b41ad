"""A request becomes an order document: total, quantities kept, deterministic."""

import json
from datetime import UTC

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.domain import Address, Attachment, FulfillmentRequest, RequestLine
from crossdock_warehouseos.orders.document import OrderWriter
from crossdock_warehouseos.settings import WarehouseOSSettings

BARE = {"base_url": "https://wos.example", "api_key": "k"}
WRITER = OrderWriter(WarehouseOSSettings(**BARE))

FROM = {"5": "po", "6": "dept"}
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
lines = st.builds(
    RequestLine,
    id=names,
    order_line_id=texts,
    sku=names,
    quantity=st.integers(1, 10**6),
    gift_message=texts,
    gift_notes=texts,
)
requests = st.builds(
    FulfillmentRequest,
    key=names,
    number=names,
    placed_at=st.datetimes(timezones=st.just(UTC)),
    deliver_by=st.none() | st.datetimes(timezones=st.just(UTC)),
    ship_to=st.builds(Address, **dict.fromkeys(Address.model_fields, texts)),
    area=texts,
    notes=texts,
    tags=st.tuples(texts, texts),
    site=texts,
    custom_fields=st.dictionaries(st.sampled_from(["po", "dept", "other"]), texts),
    attachments=st.lists(st.builds(Attachment, name=texts, url=names), max_size=3).map(tuple),
    lines=st.lists(lines, max_size=20).map(tuple),
)


def written(request: FulfillmentRequest, **settings) -> dict:
    return json.loads(OrderWriter(WarehouseOSSettings(**BARE, **settings)).document(request))


@calm
@given(requests)
def test_every_piece_of_every_line_is_asked_for(request):
    document = json.loads(WRITER.document(request))
    told = [(line["HostId"], line["ItemNumber"], line["Quantity"]) for line in document.get("Lines", [])]
    assert told == [(line.id, line.sku, line.quantity) for line in request.lines]


@calm
@given(requests)
def test_number_and_key_arrive_letter_by_letter(request):
    document = json.loads(WRITER.document(request))
    assert (document["OrderNumber"], document["CustomField3"]) == (request.number, request.key)


@calm
@given(requests)
def test_the_same_request_gives_the_same_bytes(request):
    again = FulfillmentRequest.model_validate_json(request.model_dump_json())
    assert WRITER.document(request) == OrderWriter(WarehouseOSSettings(**BARE)).document(again)


@calm
@given(requests)
def test_nothing_of_the_address_is_lost(request):
    document = json.loads(WRITER.document(request))
    parts = [part for part in request.ship_to.model_dump().values() if part]
    assert list(document.get("ShipTo", {}).values()) == parts


def texts_in(document) -> set[str]:
    if isinstance(document, dict):
        return set[str]().union(*map(texts_in, document.values()))
    if isinstance(document, list):
        return set[str]().union(*map(texts_in, document))
    return {document} if isinstance(document, str) else set()


@calm
@given(requests)
def test_nothing_is_invented_or_cut(request):
    document = json.loads(
        OrderWriter(WarehouseOSSettings(**BARE, custom_fields={"from_order": FROM})).document(request)
    )
    composed = {
        document.get("CreatedDate"),
        document.get("RequiredDate"),
        ", ".join(dict.fromkeys(filter(str.strip, request.tags))),
        request.site.strip(),
        *("\n".join(filter(None, (line.gift_message, line.gift_notes))) for line in request.lines),
    }
    given_texts = texts_in(json.loads(request.model_dump_json()))
    assert texts_in(document) - composed <= given_texts | {"Available"}


@calm
@given(requests)
def test_what_is_empty_is_left_out(request):
    document = json.loads(WRITER.document(request))
    assert all(value not in ("", None, [], {}) for value in document.values())
    assert all(value for line in document.get("Lines", []) for value in line.values())


@calm
@given(requests)
def test_custom_fields_of_the_order_go_where_the_operator_wants_them(request):
    document = written(request, custom_fields={"from_order": FROM})
    assert document.get("CustomField5", "") == request.custom_fields.get("po", "")
    assert document.get("CustomField6", "") == request.custom_fields.get("dept", "")


def test_an_order_reads_as_documented(a_request):
    request = a_request(area="EAST", site="Amazon US", tags=("gift", "vip"), notes="ring twice")
    assert written(request) == {
        "OrderNumber": "1001",
        "Status": "Available",
        "CreatedDate": "2026-03-01T12:00:00Z",
        "ShipTo": {"Name": "Ann Lee", "Address1": "1 Main St", "City": "Reno", "Country": "US"},
        "Carrier": "UPS",
        "Service": "GROUND",
        "Notes": "ring twice",
        "Source": "Amazon US",
        "pickAreaName": "EAST",
        "CustomField1": "gift, vip",
        "CustomField2": "Amazon US",
        "CustomField3": "cart/1001/1",
        "Lines": [
            {"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2},
            {"HostId": "L2", "ItemNumber": "SKU-0002", "Quantity": 1},
        ],
    }


def test_an_order_can_be_created_on_hold(a_request):
    assert written(a_request(), create_on_hold=True)["Status"] == "Hold"


def test_a_request_without_area_gets_the_default_one(a_request):
    assert written(a_request(), default_area="MAIN")["pickAreaName"] == "MAIN"
    assert written(a_request(area="EAST"), default_area="MAIN")["pickAreaName"] == "EAST"


def test_custom_fields_go_where_the_operator_wants_them(a_request):
    document = written(a_request(tags=("vip",), site="eBay"), custom_fields={"tags": 0, "site": 7, "request_key": 9})
    assert (document["CustomField7"], document["CustomField9"]) == ("eBay", "cart/1001/1")
    assert "vip" not in json.dumps(document)


def test_the_source_is_the_site_a_fixed_text_or_left_out(a_request):
    request = a_request(site="eBay")
    assert written(request, source="crossdock")["Source"] == "crossdock"
    assert written(request, source="Cart {site}")["Source"] == "Cart eBay"
    assert "Source" not in written(request, source="")


def test_a_source_whose_site_is_missing_ends_with_no_blank(a_request):
    assert written(a_request(site=""), source="shop {site}")["Source"] == "shop"
    assert "Source" not in written(a_request(site=""), source=" {site}")


def test_each_tag_is_told_once_and_empty_ones_are_none(a_request):
    assert written(a_request(tags=("vip", "", "gift", " ", "vip")))["CustomField1"] == "vip, gift"
    assert "CustomField1" not in written(a_request(tags=("", " ")))


def test_packing_slips_travel_as_addresses(a_request):
    slip = Attachment(name="slip.pdf", url="https://cart.example/slip.pdf")
    bare = Attachment(name="lost.pdf", url="")
    assert "Images" not in written(a_request(attachments=(bare,)))
    assert written(a_request(attachments=(bare, slip)))["Images"] == [{"Name": slip.name, "Url": slip.url}]


def test_gift_message_and_gift_notes_stand_in_the_notes_of_their_line(a_request):
    line = RequestLine(id="L1", order_line_id="1", sku="A", quantity=1, gift_message="For you", gift_notes="red paper")
    assert written(a_request().model_copy(update={"lines": (line,)}))["Lines"][0]["Notes"] == "For you\nred paper"


def test_names_are_data(a_request):
    profile = {"order": {"number": "OrdNo", "lines": "Rows"}, "line": {"quantity": "Qty"}}
    document = written(a_request(), profile=profile)
    assert document["OrdNo"] == "1001"
    assert [row["Qty"] for row in document["Rows"]] == [2, 1]
