"""A product becomes an item document: whole, exact, and nothing in it that no rule asked for."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crossdock import Rejected
from crossdock.domain import GRAMS, Product, ProductChange, ProductImage
from crossdock_warehouseos.catalog.document import ItemWriter, aliases_of
from crossdock_warehouseos.catalog.weights import converted
from crossdock_warehouseos.settings import WarehouseOSSettings

BARE = {"base_url": "https://wos.example", "api_key": "k"}
FIELDS = [name for name in Product.model_fields if name not in ("external_id", "profile", "updated_at")]
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMED = st.dictionaries(TEXTS, TEXTS, max_size=4)
UNITS = st.sampled_from(sorted(GRAMS))
WEIGHTS = st.decimals(0, 10**6, places=4)
PRODUCTS = st.builds(
    Product,
    external_id=TEXTS,
    sku=TEXTS.filter(str.strip),
    title=TEXTS,
    description=TEXTS,
    brand=TEXTS,
    parent_sku=TEXTS,
    codes=st.dictionaries(st.sampled_from(["UPC", "EAN", "MPN"]), TEXTS),
    measures=st.dictionaries(st.sampled_from(["weight", "height"]), WEIGHTS),
    units=st.fixed_dictionaries({"weight": UNITS}),
    details=NAMED,
    attributes=NAMED,
    images=st.lists(st.builds(ProductImage, name=TEXTS, url=TEXTS), max_size=3).map(tuple),
    aliases=st.lists(TEXTS, max_size=4).map(tuple),
)
CHANGED = st.lists(st.sampled_from(FIELDS), unique=True).map(tuple)


def change(product, changed=(), external_id="SKU"):
    return ProductChange(key="k", product=product, changed=changed, external_id=external_id if changed else "")


def document(product, changed=(), **rules):
    return ItemWriter(WarehouseOSSettings(**BARE, items=rules)).document(change(product, changed))


@calm
@given(PRODUCTS, CHANGED, st.sampled_from(["all", "changed"]), st.sampled_from([(), ("UPC", "EAN")]))
def test_aliases_are_the_whole_list_or_not_there_at_all(product, changed, fields, codes):
    left = document(product, changed, fields=fields)
    assert left is None or "Aliases" not in left
    replaced = document(product, changed, fields=fields, aliases="replace", alias_codes=codes) or {}
    whole = [{"Alias": alias} for alias in aliases_of(product, codes)]
    assert replaced.get("Aliases", whole) == whole
    touched = not changed or "aliases" in changed or (codes and "codes" in changed)
    if touched:
        assert "Aliases" in replaced
    elif fields == "changed" and not {"sku", "kind"} & {*changed}:
        assert "Aliases" not in replaced


@calm
@given(PRODUCTS)
def test_every_alias_is_there_once_and_none_is_invented(product):
    aliases = aliases_of(product, ("UPC", "MPN"))
    assert len(set(aliases)) == len(aliases)
    given_ = {*product.aliases, product.codes.get("UPC", ""), product.codes.get("MPN", "")}
    assert set(aliases) == {alias for alias in given_ if alias.strip() and alias != product.sku}


@calm
@given(PRODUCTS, CHANGED)
def test_only_what_rules_map_is_there(product, changed):
    rules = {"description": "leave", "master_item": False, "images": False, "attributes": {"Maker": "brand"}}
    item = document(product, changed, **rules)
    assert item is None or item == {
        "ItemNumber": product.sku,
        "HostId": product.external_id,
        "Attributes": {"Maker": product.brand},
    }


@calm
@given(PRODUCTS, CHANGED.filter(lambda changed: not {"sku", "kind"} & {*changed} and changed))
def test_a_patch_names_what_changed_and_nothing_else(product, changed):
    rules = {"aliases": "replace", "weight_unit": "lb"}
    whole = document(product, changed, **rules)
    patch = document(product, changed, fields="changed", **rules)
    assert (whole is None) == (patch is None)
    made_of = {
        "Description": {"title"},
        "MasterItem": {"parent_sku"},
        "Weight": {"measures", "units"},
        "Attributes": {"attributes"},
        "Images": {"images"},
        "Aliases": {"aliases"},
    }
    named = {name for name, fields in made_of.items() if fields & {*changed}}
    if patch is not None:
        assert patch.pop("PatchMode") is True
        assert set(patch) == {"ItemNumber", "HostId", *named}
        assert {name: value for name, value in patch.items() if value is not None}.items() <= whole.items()
    else:
        assert not named


@calm
@given(PRODUCTS)
def test_a_product_that_was_never_told_of_is_told_whole(product):
    rules = {"weight_unit": "kg", "aliases": "replace"}
    whole = document(product, **rules)
    assert document(product, tuple(FIELDS), **rules) == whole
    assert document(product, fields="changed", **rules) == {**whole, "PatchMode": True}


@calm
@given(PRODUCTS, CHANGED)
def test_the_same_change_gives_the_same_document(product, changed):
    again = Product.model_validate_json(product.model_dump_json())
    assert document(product, changed, weight_unit="oz") == document(again, changed, weight_unit="oz")


def test_an_item_reads_as_documented():
    product = Product(
        external_id="77",
        sku="MUG-BLUE",
        title="Mug, blue",
        parent_sku="MUG",
        measures={"weight": Decimal("0.5"), "height": Decimal(4)},
        units={"weight": "kg"},
        codes={"UPC": "0123", "MPN": "M-1"},
        attributes={"Colour": "blue"},
        images=(ProductImage(name="1", url="https://img.example/1.jpg"), ProductImage(name="2", url="")),
        aliases=("MUGB", "MUG-BLUE"),
    )
    rules = {"weight_unit": "g", "aliases": "replace", "alias_codes": ["UPC"]}
    assert document(product, **rules) == {
        "ItemNumber": "MUG-BLUE",
        "HostId": "77",
        "Description": "Mug, blue",
        "MasterItem": "MUG",
        "Weight": Decimal(500),
        "Attributes": {"Colour": "blue"},
        "Images": [{"Url": "https://img.example/1.jpg"}],
        "Aliases": [{"Alias": "0123"}, {"Alias": "MUGB"}],
    }


def test_attributes_come_from_wherever_their_rule_points():
    product = Product(
        external_id="1",
        sku="A",
        brand="Acme",
        codes={"UPC": "0123"},
        prices={"retail": Decimal("9.90")},
        attributes={"brand": "not this one", "Colour": "blue"},
    )
    rules = {"B": "brand", "C": "Colour", "U": "codes.UPC", "P": "prices.retail", "A": "attributes.brand", "N": "none"}
    item = document(product, attributes=rules)
    expected = {"B": "Acme", "C": "blue", "U": "0123", "P": "9.90", "A": "not this one", "N": ""}
    assert item["Attributes"] == expected


def test_a_change_of_something_that_no_item_has_is_not_told():
    product = Product(external_id="1", sku="A", prices={"retail": Decimal(1)})
    assert document(product, ("prices", "labels")) is None
    assert document(product, ("prices", "title"))["ItemNumber"] == "A"
    assert document(product, ("brand",), attributes={"Maker": "brand"})["Attributes"] == {"Maker": ""}


def test_a_weight_that_is_gone_is_named_in_a_patch_only():
    product = Product(external_id="1", sku="A")
    rules = {"weight_unit": "lb"}
    assert "Weight" not in document(product, ("measures",), **rules)
    assert document(product, ("measures",), fields="changed", **rules)["Weight"] is None
    assert "Weight" not in document(product, fields="changed", **rules)


@pytest.mark.parametrize(
    ("unit", "rules", "words"),
    [
        ("", {"weight_unit": "lb"}, "source_weight_unit"),
        ("stone", {"weight_unit": "lb", "source_weight_unit": "kg"}, "'stone'"),
    ],
)
def test_a_weight_without_a_unit_is_refused_with_what_to_do(unit, rules, words):
    product = Product(external_id="1", sku="A", measures={"weight": Decimal(1)}, units={"weight": unit})
    with pytest.raises(Rejected, match=words):
        document(product, **rules)
    assert "Weight" not in document(product)


def test_a_weight_without_a_unit_is_in_the_unit_of_the_source():
    product = Product(external_id="1", sku="A", measures={"weight": Decimal(1)})
    assert document(product, weight_unit="g", source_weight_unit="kg")["Weight"] == 1000
    pounds = product.model_copy(update={"units": {"weight": "LBS"}})
    assert document(pounds, weight_unit="oz", source_weight_unit="kg")["Weight"] == 16


def test_a_weight_below_nothing_is_refused():
    product = Product(external_id="1", sku="A", measures={"weight": Decimal(-1)}, units={"weight": "kg"})
    with pytest.raises(Rejected, match="-1"):
        document(product, weight_unit="kg")


@calm
@given(WEIGHTS, UNITS, UNITS)
@example(Decimal("0.0001"), "g", "lb")
@example(Decimal("999999.9999"), "lb", "g")
def test_a_weight_comes_back_as_it_went(weight, one, other):
    there = converted(weight, one, other)
    assert round(converted(there, other, one), 4) == weight
    assert len(there.as_tuple().digits) <= 15


@calm
@given(WEIGHTS, UNITS, UNITS)
def test_a_weight_is_as_heavy_in_every_unit(weight, one, other):
    grams = weight * GRAMS[one]
    assert abs(converted(weight, one, other) * GRAMS[other] - grams) <= grams * Decimal("1e-14")


@pytest.mark.parametrize(
    ("one", "other", "weight"),
    [
        ("lb", "oz", "16"),
        ("oz", "lb", "0.0625"),
        ("lb", "g", "453.59237"),
        ("kg", "g", "1000"),
        ("kg", "lb", "2.20462262184878"),
        ("oz", "oz", "1"),
    ],
)
def test_known_weights_are_exact(one, other, weight):
    assert converted(Decimal(1), one, other) == Decimal(weight)


@pytest.mark.parametrize(
    "rules",
    [
        {"batch": 0},
        {"batch": 201},
        {"alias_codes": ["UPC"]},
        {"source_weight_unit": "kg"},
        {"weight_unit": "stone"},
        {"attributes": {"Maker": ""}},
        {"aliases": "some"},
    ],
)
def test_rules_that_cannot_be_followed_are_refused(rules):
    with pytest.raises(ValueError, match="items"):
        WarehouseOSSettings(**BARE, items=rules)
