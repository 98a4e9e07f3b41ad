"""Which fields of a tenant an operator can fill, and that what is said to be taken is written."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock import DescribesFields, OrderField
from crossdock.engine.request_fields import refusal, room_for
from crossdock_warehouseos.files.order_rows import OrderFiles
from crossdock_warehouseos.files.orders import WarehouseOSFileOrders
from crossdock_warehouseos.files.table import rows_of
from crossdock_warehouseos.orders.document import OrderWriter
from crossdock_warehouseos.orders.order_fields import order_fields
from crossdock_warehouseos.orders.target import WarehouseOSOrders
from crossdock_warehouseos.settings import WarehouseOSSettings

BARE = {"base_url": "https://wos.example", "api_key": "k"}
FROM = {"5": "po [1]*", "6": "dept"}


def settings_with(**more) -> WarehouseOSSettings:
    return WarehouseOSSettings(**BARE, **more)


def refused(target: str, **more) -> str:
    return refusal(target, order_fields(settings_with(**more)))


def room(target: str, **more) -> OrderField | None:
    return room_for(target, order_fields(settings_with(**more)))


def written(request, **more) -> dict:
    return json.loads(OrderWriter(settings_with(**more)).document(request))


def test_both_ways_to_a_tenant_describe_its_fields():
    assert issubclass(WarehouseOSOrders, DescribesFields)
    assert issubclass(WarehouseOSFileOrders, DescribesFields)


def test_a_custom_field_of_the_tenants_own_name_goes_there(a_request):
    request = a_request(custom_fields={"CustomField7": "P-1", "po": "nobody's"})
    document = written(request)
    assert document["CustomField7"] == "P-1"
    assert "nobody's" not in json.dumps(document)


def test_it_goes_there_in_files_too(a_request):
    content = OrderFiles(settings_with()).content(a_request(custom_fields={"CustomField12": "P-1"}, source="web"))
    assert {(row["CustomField12"], row["Source"]) for row in rows_of(content)} == {("P-1", "web")}


def test_a_source_of_the_operators_rules_counts_before_the_setting(a_request):
    assert written(a_request(site="eBay", source="web"), source="Cart {site}")["Source"] == "web"
    assert written(a_request(site="eBay"), source="Cart {site}")["Source"] == "Cart eBay"


def test_what_the_operator_fills_is_not_free(a_request):
    names = {"CustomField1": "x", "CustomField2": "x", "CustomField3": "x", "CustomField5": "x"}
    document = written(a_request(tags=("vip",), site="eBay", custom_fields=names), custom_fields={"from_order": FROM})
    assert (document["CustomField1"], document["CustomField2"], document["CustomField3"]) == (
        "vip",
        "eBay",
        "cart/1001/1",
    )
    assert "CustomField5" not in document
    holds = "by the settings of the connection it holds"
    assert refused("custom_fields.CustomField1").endswith(f"{holds} the order's tags")
    assert refused("custom_fields.CustomField2").endswith(f"{holds} the site of the sale")
    assert refused("custom_fields.CustomField3").endswith(f"{holds} crossdock's own key")
    mapped = refused("custom_fields.CustomField6", custom_fields={"from_order": FROM})
    assert mapped.endswith(f"{holds} the order's custom field 'dept'")


def test_names_that_no_field_takes_are_told_apart():
    assert refused("custom_fields.dept", custom_fields={"from_order": FROM}) == ""
    assert refused("custom_fields.po [1]*", custom_fields={"from_order": FROM}) == ""
    for name in (
        "dept",
        "customfield7",
        "CustomField0",
        "CustomField07",
        "CustomField",
        "CustomField7 ",
        "CustomFieldX",
    ):
        assert "is no field of the warehouse's orders" in refused(f"custom_fields.{name}")


def test_tags_that_are_not_sent_cannot_be_mapped():
    assert refused("tags") == ""
    words = "the setting custom_fields.tags is 0, so no tags are sent"
    assert refused("tags", custom_fields={"tags": 0}).endswith(words)


def test_lengths_are_those_that_the_operator_gave_and_otherwise_not_known():
    assert room("notes") == OrderField("notes")
    lengths = {"Notes": 500, "Source": 60, "pickAreaName": 40, "CustomField1": 30, "CustomField6": 20}
    told = {"custom_fields": {"from_order": FROM}, "field_lengths": {**lengths, "CustomField7": 10}}
    custom = ("custom_fields.dept", "custom_fields.CustomField7", "custom_fields.CustomField8")
    targets = ("notes", "source", "area", "tags", *custom)
    assert [room(target, **told).max_length for target in targets] == [500, 60, 40, 30, 20, 10, None]


@pytest.mark.parametrize("name", ["Carrier", "customfield7", ""])
def test_a_length_of_a_field_that_is_none_is_refused(name):
    with pytest.raises(ValidationError):
        settings_with(field_lengths={name: 5})


def test_another_pattern_of_names_is_data():
    profile = {"order": {"custom_field": "UDF[{number}]"}}
    assert refused("custom_fields.UDF[7]", profile=profile) == ""
    assert "is no field" in refused("custom_fields.CustomField7", profile=profile)
    assert settings_with(profile=profile, field_lengths={"UDF[7]": 5}).field_lengths == {"UDF[7]": 5}


@settings(deadline=None)
@given(
    st.sampled_from(("CustomField", "customField", "")).flatmap(lambda a: st.integers(0, 1200).map(lambda n: f"{a}{n}"))
)
def test_what_is_said_to_be_taken_is_written_and_nothing_else(name):
    from crossdock.domain import Address, FulfillmentRequest

    request = FulfillmentRequest(
        key="k", number="1", order_external_id="1", order_number="1", distribution_center="", carrier="", lines=(),
        service_level="", ship_to=Address(), placed_at="2026-03-01T12:00:00Z", custom_fields={name: "value of it"},
    )  # fmt: skip
    told = {"custom_fields": {"from_order": {"5": "dept"}}}
    assert ("value of it" in json.dumps(written(request, **told))) == (not refused(f"custom_fields.{name}", **told))
