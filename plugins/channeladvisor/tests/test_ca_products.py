"""Products translated, in both directions."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crossdock import Record, Rejected, Unreadable
from crossdock.domain import Product, ProductChange, ProductComponent, ProductImage, ProductKind
from crossdock_channeladvisor.catalog.pages import read_page
from crossdock_channeladvisor.catalog.products import TABLE, VendorProduct, read_product
from crossdock_channeladvisor.catalog.writing import check, create_part, update_parts, without_a_place, writing_of

PARTS = [{"ComponentSku": "C", "Quantity": 2}, {"ComponentSku": "D", "Quantity": 1}]
THEIRS = {
    "ID": 6200108,
    "ProfileID": 12345678,
    "Sku": "72211",
    "UpdateDateUtc": "2018-02-17T18:30:08.9733333Z",
    "Title": "Sinus relief, 1.5 oz",
    "Brand": "Nature's",
    "Condition": "NEW",
    "UPC": "041954888733",
    "EAN": None,
    "Subtitle": "",
    "WarehouseLocation": "A-01-2",
    "Weight": 0.1234567890123456789,
    "Cost": 6.5,
    "MinPrice": 0,
    "ProductType": "Item",
    "BundleType": "None",
    "AliasType": "Reference",
    "Attributes": [{"Name": "Size", "Value": "L"}, {"Name": "Colour", "Value": None}],
    "Images": [{"PlacementName": "ITEMIMAGEURL1", "Url": "https://x.invalid/1.jpg"}, {"PlacementName": "B", "Url": ""}],
    "Labels": [{"Name": "eBay"}, {"Name": "Amazon"}],
    "AliasRelationships": [{"AliasProductID": 7, "ReferenceProductID": 6200108, "AliasProductSku": "ALT-1"}],
}


def record(**fields):
    return Record("6200108", json.dumps(THEIRS | fields).encode())


def product(**fields):
    return Product(**({"external_id": "e1", "sku": "A", "title": "A mug"} | fields))


def change(product_, *changed, external_id=""):
    return ProductChange(key="k", product=product_, external_id=external_id, changed=changed)


def parts(*skus):
    return tuple(ProductComponent(sku=sku, quantity=1) for sku in skus)


def pictures(*names):
    return tuple(ProductImage(name=name, url="https://x.invalid/1.jpg") for name in names)


def body(part):
    return json.loads(part.content)


def test_every_translated_field_arrives_where_the_table_says():
    read = read_product(record())
    assert (read.external_id, read.sku, read.profile, read.kind) == ("6200108", "72211", "12345678", ProductKind.ITEM)
    assert (read.title, read.brand, read.condition, read.description) == ("Sinus relief, 1.5 oz", "Nature's", "NEW", "")
    assert (read.codes, read.details) == ({"UPC": "041954888733"}, {"warehouse_location": "A-01-2"})
    assert read.prices == {"cost": Decimal("6.5"), "minimum": Decimal(0)}
    assert read.attributes == {"Colour": "", "Size": "L"}
    assert read.images == (ProductImage(name="ITEMIMAGEURL1", url="https://x.invalid/1.jpg"),)
    assert (read.labels, read.aliases, read.alias_of) == (("Amazon", "eBay"), ("ALT-1",), "")
    assert read.updated_at == datetime(2018, 2, 17, 18, 30, 8, 973333, tzinfo=UTC)


def test_numbers_are_exact():
    data = json.dumps(THEIRS).replace("0.12345678901234568", "0.1234567890123456789")
    assert read_product(Record("1", data.encode())).measures == {"weight": Decimal("0.1234567890123456789")}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"ProductType": "Bundle"}, ProductKind.BUNDLE),
        ({"ProductType": "Item", "BundleType": "AssemblyBundleItem"}, ProductKind.BUNDLE),
        ({"ProductType": "Item", "BundleType": "BundleComponent"}, ProductKind.ITEM),
        ({"ProductType": "Parent"}, ProductKind.PARENT),
        ({"ProductType": "Child"}, ProductKind.CHILD),
        ({"ProductType": None, "IsParent": True}, ProductKind.PARENT),
        ({"ProductType": None, "ParentProductID": 9}, ProductKind.CHILD),
        ({"ProductType": "Hologram"}, ProductKind.ITEM),
        ({"ProductType": "Item", "IsParent": True}, ProductKind.PARENT),
        ({"ProductType": "Item", "Children": [{"ChildProductID": 8}]}, ProductKind.PARENT),
        ({"ProductType": None, "Children": [{"ChildProductID": 8}]}, ProductKind.PARENT),
        ({"ProductType": "Item", "ParentProductID": 9}, ProductKind.CHILD),
        ({"ProductType": None, "BundleType": None, "BundleComponents": PARTS}, ProductKind.BUNDLE),
        ({"ProductType": "Child", "BundleComponents": PARTS}, ProductKind.BUNDLE),
    ],
)
def test_the_kind_follows_from_all_that_they_tell_even_where_their_word_says_less(fields, kind):
    assert read_product(record(**fields)).kind is kind


def test_an_alias_says_what_it_stands_for():
    assert read_product(record(AliasType="Alias", ReferenceSku="SKU-1")).alias_of == "SKU-1"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-10-06T16:12:10", datetime(2024, 10, 6, 16, 12, 10, tzinfo=UTC)),
        ("2024-10-06T18:12:10+02:00", datetime(2024, 10, 6, 16, 12, 10, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
    ],
)
def test_a_moment_is_one_in_utc_whether_it_says_so_or_not_and_the_empty_one_is_none(written, read):
    assert read_product(record(UpdateDateUtc=written)).updated_at == read
    page = read_page(json.dumps({"value": [THEIRS | {"UpdateDateUtc": written}]}).encode())
    assert page.latest_update() == read


@pytest.mark.parametrize("written", [1_700_000_000, "1700000000", "yesterday", True])
def test_what_is_no_date_moves_no_list_on(written):
    assert read_page(json.dumps({"value": [THEIRS | {"UpdateDateUtc": written}]}).encode()).latest_update() is None


def test_a_bundle_says_what_is_in_one_of_it():
    rows = [{"ComponentID": 5, "ComponentSku": "C", "Quantity": 2}]
    read = read_product(record(BundleType="BundleItem", BundleComponents=rows))
    assert read.components == (ProductComponent(sku="C", quantity=2, external_id="5"),)


def test_units_are_those_of_the_account_and_only_where_there_is_a_measure():
    assert read_product(record()).units == {}
    assert read_product(record(), "us").units == {"weight": "lb"}
    assert read_product(record(Height=3), "metric").units == {"weight": "kg", "height": "cm"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Sku": None}, "Sku"),
        ({"ID": "x"}, "ID"),
        ({"BundleComponents": [{"ComponentSku": "C", "Quantity": 0}]}, "BundleComponents"),
        ({"BundleComponents": [{"ComponentSku": "", "Quantity": 1}]}, "BundleComponents.0.ComponentSku"),
        ({"UpdateDateUtc": "yesterday"}, "UpdateDateUtc"),
        ({"UpdateDateUtc": 3}, "UpdateDateUtc: a date is a text such as .*, and no number"),
        ({"AliasType": "Alias", "ReferenceSku": ""}, "it is an alias, and ChannelAdvisor does not show of what"),
        ({"Attributes": [{"Name": "", "Value": "x"}]}, "one of its attributes has no name"),
        ({"Attributes": [{"Name": "S", "Value": "x"}] * 2}, "it has two attributes with the name 'S'"),
        ({"Weight": -1}, "its weight is below zero"),
        ({"MinPrice": -0.5}, "its minimum price is below zero"),
        ({"Labels": {}}, "Labels: Input should be a list"),
        ({"Labels": ["x"]}, "Labels.0: Input should be an object with fields"),
        ({"Images@odata.nextLink": "more"}, "only the first of its Images were given; download it singly"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_part_and_the_reason(fields, reason):
    with pytest.raises(Unreadable, match=f"ChannelAdvisor product 6200108 cannot be read.*{reason}"):
        read_product(record(**fields))


def test_a_row_of_an_export_reads_as_the_same_product():
    row = {
        "ID": "6200108",
        "profile id": "12345678",
        "SKU": "72211",
        "UpdateDateUtc": "2/17/2018 6:30:08 PM",
        "Title": "Sinus relief, 1.5 oz",
        "Brand": "Nature's",
        "Condition": "NEW",
        "UPC": "041954888733",
        "EAN": "",
        "WarehouseLocation": "A-01-2",
        "Weight": "0.12345678901234568",
        "Cost": "6.5",
        "MinPrice": "0",
        "ProductType": "Item",
        "IsParent": "False",
        "Attribute1Name": "Size",
        "Attribute1Value": "L",
        "Attribute2Name": "Colour",
        "Attribute2Value": "",
        "Attribute3Name": "",
        "Attribute3Value": "",
        "Something new": "x",
    }
    by_list = read_product(record()).model_copy(
        update={"images": (), "labels": (), "aliases": (), "updated_at": datetime(2018, 2, 17, 18, 30, 8, tzinfo=UTC)}
    )
    assert read_product(Record("6200108", json.dumps(row).encode())) == by_list


@pytest.mark.parametrize(
    "text", ["1/6/2025 8:05:00 AM", "01/06/2025 08:05", "1/6/2025 8:05 AM", "2025-01-06T08:05:00Z"]
)
def test_dates_of_an_export_are_american_or_iso(text):
    row = {"ID": "1", "Sku": "A", "UpdateDateUtc": text}
    read = read_product(Record("1", json.dumps(row).encode()))
    assert read.updated_at == datetime(2025, 1, 6, 8, 5, tzinfo=UTC)


def test_no_field_of_theirs_and_no_field_of_ours_stands_in_the_table_twice():
    assert len({entry.theirs for entry in TABLE}) == len({(entry.part, entry.name) for entry in TABLE}) == len(TABLE)
    assert {entry.theirs for entry in TABLE} <= VendorProduct.model_fields.keys()
    assert {entry.part for entry in TABLE} <= Product.model_fields.keys()


def test_a_new_product_is_written_with_all_that_is_known_and_nothing_else():
    written = create_part(
        product(brand="Acme", prices={"cost": Decimal("1.10")}, attributes={"Size": "L"}, labels=("eBay",)), 7, None
    )
    assert (written.method, written.url) == ("POST", "/v1/Products")
    assert b'"Cost":1.10' in written.content
    assert body(written) == {
        "Sku": "A",
        "ProfileID": 7,
        "Title": "A mug",
        "Brand": "Acme",
        "Cost": 1.1,
        "Attributes": [{"Name": "Size", "Value": "L"}],
    }


def test_a_bundle_and_a_child_are_written_with_what_they_belong_to():
    bundle = product(kind="bundle", components=[ProductComponent(sku="C", quantity=2)])
    assert body(create_part(bundle, None, None)) == {
        "Sku": "A",
        "Title": "A mug",
        "BundleType": "BundleItem",
        "BundleComponents": [{"ComponentSku": "C", "Quantity": 2}],
    }
    child = product(kind="child", parent_sku="P", relationship="Colour")
    fields = body(create_part(child, None, 9))
    assert (fields["ParentProductID"], fields["IsInRelationship"], fields["RelationshipName"]) == (9, True, "Colour")


def test_only_what_changed_is_written_and_what_became_empty_is_cleared():
    changed = product(title="New", brand="", codes={"UPC": "1", "EAN": ""}, attributes={"Size": "XL"}, labels=("x",))
    parts = update_parts(5, writing_of(changed, ("brand", "codes", "attributes")), {}, {}, None)
    assert [(part.method, part.url) for part in parts] == [
        ("PATCH", "/v1/Products(5)"),
        ("POST", "/v1/Products(5)/UpdateAttributes"),
    ]
    assert body(parts[0]) == {"Brand": None, "UPC": "1", "EAN": None}
    assert body(parts[1]) == {"Value": {"Attributes": [{"Name": "Size", "Value": "XL"}]}}


def test_collections_are_brought_to_what_they_should_be_with_the_fewest_calls():
    there = VendorProduct.model_validate(
        {
            "ID": 5,
            "Sku": "A",
            "Images": [{"PlacementName": "ONE", "Url": "u1"}, {"PlacementName": "O'Two/2", "Url": "u2"}],
            "Labels": [{"Name": "Keep"}, {"Name": "Drop & go"}],
            "BundleComponents": [
                {"ComponentID": 1, "ComponentSku": "C", "Quantity": 2},
                {"ComponentID": 2, "ComponentSku": "D", "Quantity": 1},
            ],
        }
    )
    wanted = product(
        kind="bundle",
        images=[ProductImage(name="one", url="u1"), ProductImage(name="THREE", url="u3")],
        labels=["keep", "new"],
        components=[ProductComponent(sku="C", quantity=3)],
    )
    parts = update_parts(5, writing_of(wanted, ("images", "labels", "components")), {}, {"c": 1}, there)
    assert [(part.method, part.url) for part in parts] == [
        ("PUT", "/v1/Images(ProductID=5,PlacementName='THREE')"),
        ("DELETE", "/v1/Images(ProductID=5,PlacementName='O''Two%2F2')"),
        ("PUT", "/v1/ProductLabels(ProductID=5,Name='new')"),
        ("DELETE", "/v1/ProductLabels(ProductID=5,Name='Drop%20%26%20go')"),
        ("PUT", "/v1/ProductBundleComponents(ProductID=5,ComponentID=1)"),
        ("DELETE", "/v1/ProductBundleComponents(ProductID=5,ComponentID=2)"),
    ]
    first_time = update_parts(5, writing_of(wanted.model_copy(update={"components": ()})), {}, {"c": 1}, there)
    assert "DELETE" not in {part.method for part in first_time}


@pytest.mark.parametrize(
    ("fields", "changed", "reason"),
    [
        ({"sku": "x" * 51}, (), "the Sku has 51 characters and ChannelAdvisor takes 50"),
        ({"sku": "x" * 51}, ("title",), "the Sku has 51"),
        ({"title": "x" * 121}, (), "the Title has 121 characters and ChannelAdvisor takes 120: shorten it"),
        ({"sku": " "}, (), "no SKU"),
        ({"attributes": {"n" * 33: ""}}, (), "name of the attribute 'nnn.* has 33"),
        ({"attributes": {"n": "x" * 32_001}}, ("attributes",), "attribute n has 32001"),
        ({"images": [ProductImage(name="p", url="u" * 256)]}, (), "address of the image p has 256"),
        ({"kind": "bundle"}, (), "bundle without components"),
        ({"components": [ProductComponent(sku="C", quantity=1)]}, (), "has components and is no bundle"),
        ({"kind": "child"}, (), "child without a parent"),
        ({"kind": "child", "parent_sku": "a", "relationship": "Colour"}, (), "it names itself as its parent"),
        ({"kind": "parent"}, (), "it is a parent without a `relationship`: map one"),
        ({"kind": "child", "parent_sku": "P"}, (), "it is a child without a `relationship`: map one"),
        ({"kind": "parent"}, ("relationship",), "a parent without a `relationship`"),
        ({"kind": "bundle", "components": parts("a")}, (), "it names itself as one of its components"),
        ({"kind": "bundle", "components": parts(" ")}, (), "one of its components has no SKU"),
        ({"kind": "bundle", "components": parts("C", "c")}, (), "it names the component 'c' twice: add them up"),
        ({"attributes": {"": "x"}}, (), "one of its attributes has no name"),
        ({"attributes": {"S": "x", "s": "y"}}, (), "two attributes with the name 's'"),
        ({"labels": ("x", " ")}, (), "one of its labels is empty"),
        ({"images": pictures("")}, (), "one of its images has no name"),
        ({"images": pictures("B", "b")}, (), "two images with the name 'b'"),
        ({"images": [ProductImage(name="p", url="")]}, ("images",), "its image 'p' has no address"),
        ({"measures": {"weight": "-0.1"}}, (), "its weight is below zero"),
        ({"prices": {"buy_it_now": -3}}, ("prices",), "its buy it now price is below zero"),
        ({}, ("title", "colour"), "'colour' is no part of a product"),
        ({"measures": {"weight": 1}, "units": {"weight": "kg"}}, ("units",), "weight is given in 'kg'"),
        ({"alias_of": "B"}, ("alias_of",), "became an alias of 'B'.*do that in ChannelAdvisor"),
        (
            {"measures": {"weight": 1}, "units": {"weight": "kg"}},
            (),
            "weight is given in 'kg' and the account .* in 'lb'",
        ),
    ],
)
def test_what_cannot_be_said_is_refused_in_a_sentence_and_never_cut(fields, changed, reason):
    with pytest.raises(Rejected, match=reason):
        check(change(product(**fields), *changed), "us")


def test_what_is_too_long_but_not_written_is_no_reason_to_refuse():
    check(change(product(title="x" * 121), "brand"), None)
    check(change(product(kind="parent"), "title"), None)
    check(change(product(prices={"cost": -1}), "title"), None)


def test_another_unit_is_another_measure():
    heavy = product(measures={"weight": Decimal(2)}, units={"weight": "lb"})
    assert writing_of(heavy, ("units",)).fields == {"Weight": Decimal(2)}


def test_what_changed_of_a_product_that_was_made_anew_is_written_beside_all_that_is_known():
    known = product(brand="", labels=("new",), attributes={"Size": "L"})
    writing = writing_of(known, ("brand", "images"), anew=True)
    assert writing.fields == {"Title": "A mug", "Brand": None}
    assert (writing.attributes, writing.images, writing.labels) == ({"Size": "L"}, (), ("new",))
    there = VendorProduct.model_validate(
        {"ID": 5, "Sku": "A", "Images": [{"PlacementName": "ONE", "Url": "u1"}], "Labels": [{"Name": "theirs"}]}
    )
    assert [(part.method, part.url) for part in update_parts(5, writing, {}, {}, there)[2:]] == [
        ("DELETE", "/v1/Images(ProductID=5,PlacementName='ONE')"),
        ("PUT", "/v1/ProductLabels(ProductID=5,Name='new')"),
    ]


def test_what_has_no_field_there_is_named():
    odd = product(codes={"GTIN": "1", "UPC": "2"}, prices={"wholesale": 1}, details={"colour_of_box": "red"})
    assert without_a_place(odd) == ["codes.GTIN", "details.colour_of_box", "prices.wholesale"]
