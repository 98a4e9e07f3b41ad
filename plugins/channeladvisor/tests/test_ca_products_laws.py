"""Laws of products: what is read is total, what is written is read back, and a change touches nothing else."""

import asyncio
import json
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from crossdock import Record, Rejected, Unavailable, Unreadable
from crossdock.domain import Product, ProductChange, ProductComponent, ProductImage
from crossdock_channeladvisor.catalog.products import TABLE, VendorProduct, parse_product, read_product
from crossdock_channeladvisor.catalog.sink import ChannelAdvisorCatalogSink
from crossdock_channeladvisor.catalog.writing import check, create_part, without_a_place, writing_of
from crossdock_channeladvisor.files import read_progress
from crossdock_channeladvisor.sandbox.products.documents import Product as SoldProduct
from crossdock_channeladvisor.sandbox.products.writing import check_bundle, check_relation, written

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
their_names = [field.alias for field in VendorProduct.model_fields.values()]
columns = [*their_names, "sku", "Profile ID", "Attribute1Name", "Attribute1Value", "Attribute02Name", "Attribute2Value"]

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
numbers = st.decimals(0, 100_000, places=2)
FILLED = {
    part: st.fixed_dictionaries(
        {}, optional={e.name: numbers if e.is_number else texts for e in TABLE if e.part == part}
    )
    for part in ("codes", "details", "measures", "prices")
}
names = st.text("abcXYZ /'&%#,.äß", min_size=1, max_size=12).map(lambda name: f"n{name}n")
RELATED = ("relationship", "vary_by")
simple = {e.part: st.just("") | texts for e in TABLE if not e.name and e.part not in RELATED}


@st.composite
def unlike_names(draw, values):
    """A dictionary whose keys differ in more than their capitals."""
    pairs = draw(st.lists(st.tuples(names, values), max_size=3, unique_by=lambda pair: pair[0].casefold()))
    return dict(pairs)


products = st.builds(
    Product,
    external_id=st.just("source"),
    sku=st.just("LAW-1"),
    attributes=unlike_names(st.just("") | texts),
    images=unlike_names(texts.filter(str.strip)).map(
        lambda rows: tuple(ProductImage(name=name, url=url) for name, url in rows.items())
    ),
    labels=unlike_names(st.none()).map(lambda rows: tuple(sorted(rows))),
    **simple,
    **FILLED,
)
PARTS = (*simple, *FILLED, "attributes", "images", "labels")


def outcome(document):
    """The product that is read from a document, or why none is."""
    try:
        return read_product(Record("7", json.dumps(document).encode()))
    except Unreadable as refused:
        return str(refused)


@given(st.dictionaries(st.sampled_from(columns) | st.text(max_size=10), anything, max_size=8) | anything)
def test_whatever_comes_as_a_product_is_read_or_refused_in_a_sentence(document):
    read = outcome(document)
    assert isinstance(read, Product) or read.startswith("ChannelAdvisor product 7 cannot be read: ")


@given(st.binary(max_size=60))
def test_whatever_bytes_come_they_are_read_or_refused(data):
    with pytest.raises(Unreadable):
        read_product(Record("7", data))


@given(st.dictionaries(st.sampled_from(their_names), anything, max_size=4), st.dictionaries(texts, anything))
def test_members_that_no_document_knows_change_nothing(known, unknown):
    known = {"ID": 7, "Sku": "A"} | known
    more = {name: value for name, value in unknown.items() if name not in their_names}
    assert outcome(known | more) == outcome(known)


@given(products)
def test_what_is_written_of_a_product_is_read_back(product):
    body = json.loads(create_part(product, 7, None).content)
    read = read_product(Record("1", json.dumps({"ID": 1} | body).encode()))
    for entry in TABLE:
        wanted = entry.value_in(product)
        assert (entry.value_in(read) or "") == ("" if wanted is None else wanted) or wanted == entry.value_in(read) == 0
    assert read.attributes == product.attributes


@given(products, st.sets(st.sampled_from(PARTS)))
def test_only_fields_of_changed_parts_are_written(product, changed):
    written = writing_of(product, tuple(sorted(changed)))
    parts = {entry.part for entry in TABLE if entry.vendor_name in written.fields}
    assert not changed or parts <= changed
    assert not changed or (bool(written.attributes) <= ("attributes" in changed))
    assert not changed or ((written.images is None) == ("images" not in changed))


@given(products, st.sets(st.sampled_from(PARTS)))
def test_of_a_product_that_was_made_anew_everything_is_written_and_what_changed_replaces(product, changed):
    all_of_it, writing = writing_of(product), writing_of(product, tuple(sorted(changed)), anew=True)
    assert {**writing.fields} == {**all_of_it.fields} | writing_of(product, tuple(sorted(changed))).fields
    assert writing.attributes == product.attributes
    assert (writing.images or (), writing.labels or ()) == (product.images, product.labels)
    assert writing.replaces == changed & {"images", "labels"}
    assert not all_of_it.replaces


def related(product):
    """How the simulator sees a product that is created by its body, as the only child of a parent."""
    parent = SoldProduct(ID=1, Sku="P", IsParent=True, IsInRelationship=True, RelationshipName=product.relationship)
    body = json.loads(create_part(product, None, 1 if product.kind == "child" else None).content)
    made = written(SoldProduct(), body)
    check_relation(made, parent if made.ParentProductID else None)
    check_bundle(made)
    return made


odd_names = st.sampled_from(["", " ", "a", "A", "b"])
odd_products = st.builds(
    Product,
    external_id=st.just("x"),
    sku=st.sampled_from(["LAW-1", "law-2", " ", "a"]),
    kind=st.sampled_from(["item", "parent", "child", "bundle"]),
    parent_sku=st.sampled_from(["", "P", "LAW-2"]),
    relationship=st.sampled_from(["", "Colour"]),
    components=st.lists(st.builds(ProductComponent, sku=odd_names, quantity=st.integers(1, 3)), max_size=2),
    attributes=st.dictionaries(odd_names, st.just("v"), max_size=2),
    images=st.lists(st.builds(ProductImage, name=odd_names, url=st.sampled_from(["", "u"])), max_size=2),
    labels=st.lists(odd_names, max_size=2),
    measures=st.dictionaries(st.just("weight"), st.integers(-1, 1)),
    prices=st.dictionaries(st.just("cost"), st.integers(-1, 1)),
)


def is_sound(product):
    """Whether nothing is wrong with a product, said in another way than the plugin does."""
    named = ([*product.attributes], [image.name for image in product.images], [one.sku for one in product.components])
    is_related = product.kind in ("parent", "child")
    return (
        bool(product.sku.strip())
        and all(name.strip() for names in (*named, product.labels) for name in names)
        and all(len({name.lower() for name in names}) == len(names) for names in named)
        and all(image.url for image in product.images)
        and (product.kind == "bundle") == bool(product.components)
        and product.sku.lower() not in {one.sku.lower() for one in product.components}
        and (not is_related or bool(product.relationship))
        and (product.kind != "child" or product.parent_sku.lower() not in ("", product.sku.lower()))
        and min([0, *product.measures.values(), *product.prices.values()]) == 0
    )


@settings(max_examples=300)
@given(odd_products)
def test_a_product_is_refused_before_it_is_sent_exactly_where_something_is_wrong_with_it(product):
    reasons = refusal(ProductChange(key="k", product=product), None)
    event("refused" if reasons else f"created as {product.kind}")
    assert (reasons is None) == is_sound(product)
    if reasons is None:
        assert related(product).Sku == product.sku


WRONG = st.sampled_from([{"prices": {"cost": -1}}, {"attributes": {"": "x"}}, {"labels": ("",)}, {"kind": "parent"}])


@given(WRONG, st.sampled_from(["title", "brand", "codes"]))
def test_what_is_wrong_with_what_is_not_written_hinders_nothing(wrong, changed):
    product = Product(**({"external_id": "x", "sku": "A"} | wrong))
    assert refusal(ProductChange(key="k", product=product, changed=(changed,)), None) is None
    assert refusal(ProductChange(key="k", product=product, changed=(changed, next(iter(wrong)))), None)


@given(st.lists(st.sampled_from([*Product.model_fields]), unique=True), st.text(max_size=8))
def test_a_change_of_what_no_product_has_is_refused_by_name(changed, other):
    product = Product(external_id="x", sku="A", title="T")
    reasons = refusal(ProductChange(key="k", product=product, changed=(*changed, other)), None)
    assert (f"'{other}' is no part of a product" in (reasons or ())) == (other not in Product.model_fields)


def refusal(change, measured_in):
    """The reasons why a change cannot be said, or None."""
    try:
        check(change, measured_in)
    except Rejected as refused:
        return refused.reasons


@given(
    st.builds(
        Product,
        external_id=st.just("x"),
        sku=st.text(max_size=60),
        title=st.text(max_size=130),
        kind=st.sampled_from(["item", "parent", "child", "bundle"]),
        parent_sku=st.sampled_from(["", "P"]),
        components=st.lists(st.builds(ProductComponent, sku=st.just("C"), quantity=st.integers(1, 3)), max_size=1),
        attributes=st.dictionaries(st.text(max_size=40), st.text(max_size=5), max_size=2),
        units=st.dictionaries(st.sampled_from(["weight", "height"]), st.text(max_size=3)),
        measures=st.dictionaries(
            st.sampled_from(["weight", "height", "girth"]), st.decimals(allow_nan=False, allow_infinity=False)
        ),
    ),
    st.lists(st.sampled_from([*Product.model_fields]), unique=True),
    st.sampled_from([None, "us", "metric"]),
)
def test_every_change_that_the_model_allows_can_be_said_or_is_refused_with_reasons(product, changed, measured_in):
    reasons = refusal(ProductChange(key="k", product=product, changed=changed), measured_in)
    if reasons is None:
        assert json.loads(create_part(product, None, 1).content)["Sku"] == product.sku
        assert len(product.sku) <= 50
    else:
        assert reasons
        assert all(reasons)


@given(st.binary(max_size=40) | anything.map(lambda document: json.dumps(document).encode()))
def test_whatever_tells_of_an_export_is_read_or_refused(data):
    with suppress(Unavailable):
        assert read_progress(data, "an export").token


@pytest.fixture(scope="module")
def cart(ca_server, ca_context):
    """A sink on a simulator that lives as long as this module, and a way to see its products."""

    class Cart:
        def __init__(self, runner, sink, ctx):
            self._runner, self._sink, self._ctx = runner, sink, ctx

        def put(self, product, *changed, external_id=""):
            change = ProductChange(key="k", product=product, external_id=external_id, changed=changed)
            (answer,) = self._runner.run(self._sink.put_products([change]))
            return answer

        def show(self, product_id):
            expand = "Attributes,Images,Labels,BundleComponents"
            answer = self._runner.run(self._ctx.http.get(f"/v1/Products({product_id})?$expand={expand}"))
            return json.loads(answer.content)

        def delete(self, product_id):
            self._runner.run(self._ctx.http.send("DELETE", f"/v1/Products({product_id})"))

    @contextmanager
    def opened():
        with ca_server(orders=0, rate_per_minute=0) as url, asyncio.Runner() as runner:
            context = ca_context(url)
            ctx = runner.run(context.__aenter__())
            try:
                yield Cart(runner, ChannelAdvisorCatalogSink(ctx), ctx)
            finally:
                runner.run(context.__aexit__(None, None, None))

    with opened() as cart_:
        yield cart_


def comparable(document):
    """A product as it is shown, without what always moves, the rows in an order of their own."""
    rows = {name: sorted(map(str, value)) for name, value in document.items() if isinstance(value, list)}
    return document | rows | {"UpdateDateUtc": None, "@odata.context": None}


@settings(max_examples=15, deadline=None)
@given(products)
def test_a_product_that_was_put_is_there_as_it_was_said_and_putting_it_again_changes_nothing(cart, product):
    made = cart.put(product)
    assert made.error is None
    try:
        shown = cart.show(made.external_id)
        read = read_product(Record(made.external_id, json.dumps(shown).encode()))
        assert {*read.images} == {*product.images}
        for part in {*PARTS} - {"images"}:
            assert getattr(read, part) == getattr(product, part)
        again = cart.put(product)
        assert (again.external_id, again.error) == (made.external_id, None)
        assert comparable(cart.show(made.external_id)) == comparable(shown)
    finally:
        cart.delete(made.external_id)


@settings(max_examples=20, deadline=None)
@given(products, products, st.sets(st.sampled_from(PARTS), min_size=1), st.booleans())
def test_a_change_touches_nothing_but_what_changed_whether_its_id_or_its_sku_is_known(
    cart, before, after, changed, is_known
):
    made = cart.put(before)
    try:
        shown = comparable(cart.show(made.external_id))
        known_as = made.external_id if is_known else ""
        assert cart.put(after, *sorted(changed), external_id=known_as).error is None
        shown_after = comparable(cart.show(made.external_id))
        touched = {name for name in shown if shown[name] != shown_after[name]}
        collections = {part.capitalize() for part in ("attributes", "images", "labels") if part in changed}
        assert touched <= {entry.vendor_name for entry in TABLE if entry.part in changed} | collections
        read = parse_product(json.dumps(cart.show(made.external_id)).encode())
        for entry in TABLE:
            if entry.part in changed and (wanted := entry.value_in(after)) is not None:
                assert (getattr(read, entry.theirs) or "") == wanted or Decimal(getattr(read, entry.theirs)) == wanted
        if "images" in changed:
            assert {row.placement_name.casefold(): row.url for row in read.images} == {
                image.name.casefold(): image.url for image in after.images
            }
        if "labels" in changed:
            assert {row.name.casefold() for row in read.labels} == {label.casefold() for label in after.labels}
    finally:
        cart.delete(made.external_id)


def a_product(**fields):
    return Product(**{"external_id": "source", "sku": "LAW-1"} | fields)


def refused(product, *changed):
    """Why the change cannot be told, in one text; nothing where it can."""
    try:
        check(ProductChange(key="k", product=product, changed=changed), None)
    except Rejected as refusal:
        return str(refusal)
    return ""


PICTURE = "https://cart.example/"
LENGTHS = [
    ("Sku", 50, lambda text: {"sku": text}),
    *[
        (e.vendor_name, e.longest, lambda text, e=e: {e.part: {e.name: text} if e.name else text})
        for e in TABLE
        if e.longest and e.part != "relationship"
    ],
    ("name of the attribute '" + "x" * 33 + "'", 32, lambda text: {"attributes": {text: "red"}}),
    ("attribute Colour", 32_000, lambda text: {"attributes": {"Colour": text}}),
    ("place of the image '" + "x" * 51 + "'", 50, lambda text: {"images": (ProductImage(name=text, url=PICTURE),)}),
    ("address of the image front", 255, lambda text: {"images": (ProductImage(name="front", url=text),)}),
]


@pytest.mark.parametrize(("what", "longest", "filled"), LENGTHS, ids=[what for what, _, _ in LENGTHS])
def test_a_text_as_long_as_documented_is_taken_and_a_longer_one_is_refused_by_its_field(what, longest, filled):
    assert refused(a_product(**filled("x" * longest))) == ""
    words = f"the {what} has {longest + 1} characters and ChannelAdvisor takes {longest}: shorten it at the source"
    assert refused(a_product(**filled("x" * (longest + 1)))) == words


def test_what_became_an_alias_is_refused_unless_it_is_another_product_by_now():
    alias = a_product(alias_of="MASTER")
    assert "it became an alias of 'MASTER' or ceases to be one" in refused(alias, "alias_of")
    assert refused(alias, "alias_of", "sku") == refused(alias) == ""


def test_what_the_cart_has_no_field_for_is_named():
    assert without_a_place(a_product(codes={"UPC": "1", "Odd": "2"}, details={"odd": "3"})) == [
        "codes.Odd",
        "details.odd",
    ]
