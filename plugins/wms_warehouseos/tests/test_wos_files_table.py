"""Files for the Host Agent say what the documents of the API say, and nothing else."""

import json
import re
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crossdock import Rejected
from crossdock.domain import Address, Attachment, FulfillmentRequest, Product, ProductChange, ProductImage, RequestLine
from crossdock_warehouseos.catalog.document import ItemWriter
from crossdock_warehouseos.files.item_rows import ItemRows, files_of
from crossdock_warehouseos.files.order_rows import OrderFiles
from crossdock_warehouseos.files.table import BrokenFile, file_name, rows_of, table_of
from crossdock_warehouseos.orders.document import OrderWriter
from crossdock_warehouseos.sandbox.agent.files import ItemFile, OrderFile, read_rows
from crossdock_warehouseos.settings import WarehouseOSSettings

SETTINGS = WarehouseOSSettings(base_url="https://wos.example", api_key="k")
PROFILE = SETTINGS.profile
calm = settings(suppress_health_check=[HealthCheck.too_slow])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = texts.filter(bool)
addresses = st.from_regex(r"https://[a-z./%7C]{1,12}", fullmatch=True)
lines = st.builds(
    RequestLine, id=names, order_line_id=texts, sku=names, quantity=st.integers(1, 10**6), gift_message=texts
)
requests = st.builds(
    FulfillmentRequest,
    key=names,
    number=names,
    placed_at=st.datetimes(timezones=st.just(UTC)),
    deliver_by=st.none() | st.datetimes(timezones=st.just(UTC)),
    ship_to=st.builds(Address, **dict.fromkeys(Address.model_fields, texts)),
    notes=texts,
    tags=st.tuples(texts, texts),
    site=texts,
    attachments=st.lists(st.builds(Attachment, name=texts, url=addresses), max_size=3).map(tuple),
    lines=st.lists(lines, min_size=1, max_size=5).map(tuple),
)


@calm
@given(requests)
def test_an_order_file_is_read_as_the_order_document(request):
    (read,) = OrderFile(PROFILE).documents(read_rows(OrderFiles(SETTINGS).content(request)))
    document = json.loads(OrderWriter(SETTINGS).document(request))
    if "Images" in document:
        document["Images"] = [{"Url": picture["Url"]} for picture in document["Images"]]
    assert read == {"ShipTo": {}, **document}


@calm
@given(requests)
def test_an_order_file_says_whose_order_it_holds(request):
    files = OrderFiles(SETTINGS)
    assert files.owner(files.content(request)) == (request.number, request.key)


@pytest.mark.parametrize("content", [b"", b"\xff", b"A,B\r\n", b'"', b"OrderNumber\r\n1001\r\n"])
def test_a_file_of_nobody_is_nobodys(content):
    assert OrderFiles(SETTINGS).owner(content)[1] == ""


def test_an_address_with_the_mark_between_two_stays_one(a_request):
    pictures = (Attachment(name="slip", url="https://a.example/x|y"), Attachment(name="slip", url="https://b.example"))
    (row, _) = OrderFiles(SETTINGS).rows(a_request(attachments=pictures))
    assert row["Images"] == "https://a.example/x%7Cy|https://b.example"


@given(st.lists(st.fixed_dictionaries({"A": texts, "é": texts}), min_size=1, max_size=5))
def test_what_was_written_is_read(rows):
    assert rows_of(table_of(rows)) == rows


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"A,B\r\n1\r\n", "row 2 has 1 fields, and the header has 2"),
        (b"A,A\r\n1,2\r\n", "two of its columns have one name"),
        (b'A\r\n"1\r\n', "not CSV in UTF-8"),
        (b"A\r\n\xff\r\n", "not CSV in UTF-8"),
    ],
)
def test_a_broken_file_is_said_to_be_broken(content, said):
    with pytest.raises(BrokenFile, match=said):
        rows_of(content, ["A"] if content else [])


def test_a_file_without_a_column_that_is_needed_is_broken():
    with pytest.raises(BrokenFile, match="it has no column B, C"):
        rows_of(b"A\r\n1\r\n", ["A", "B", "C"])


@given(st.lists(names, unique=True, min_size=2, max_size=10))
@example(["a/b", "a%2Fb", "a.b", "a~b", "con", "%63on", "..", "x" * 300, "x" * 301])
def test_no_two_numbers_share_a_file_and_every_name_is_safe(numbers):
    files = [file_name(number) for number in numbers]
    assert len(set(files)) == len(files)
    assert all(re.fullmatch(r"[\w%~-]{1,200}\.csv", file, re.ASCII) for file in files)


def test_a_plain_number_is_its_own_name_and_a_device_of_windows_is_not():
    assert (file_name("1001-A"), file_name("nul"), file_name("COM1")) == ("1001-A.csv", "%6Eul.csv", "%43OM1.csv")


products = st.builds(
    Product,
    external_id=texts,
    sku=texts.filter(str.strip),
    title=texts,
    parent_sku=texts,
    measures=st.dictionaries(st.just("weight"), st.decimals(0, 10**6, places=4)),
    units=st.just({"weight": "lb"}),
    attributes=st.dictionaries(names, texts, max_size=3),
    images=st.lists(st.builds(ProductImage, name=texts, url=addresses), max_size=3).map(tuple),
    aliases=st.lists(texts.filter(lambda alias: "|" not in alias), max_size=3).map(tuple),
)


@calm
@given(st.lists(products, min_size=1, max_size=4), st.sampled_from(["leave", "replace"]))
def test_item_files_are_read_as_the_item_documents_and_what_is_left_out_stays_out(products, aliases):
    rules = {"aliases": aliases, "weight_unit": "kg"}
    chosen = WarehouseOSSettings(base_url="https://wos.example", api_key="k", items=rules)
    documents = [ItemWriter(chosen).document(ProductChange(key="k", product=product)) for product in products]
    rows = [ItemRows(PROFILE.item).row(document) for document in documents]
    read: dict[int, dict] = {}
    for content, places in files_of(rows):
        read |= zip(places, [ItemFile(PROFILE).document(row) for row in read_rows(content)], strict=True)
    assert [read[place] for place in range(len(rows))] == [_as_text(document) for document in documents]


def _as_text(document):
    """What a file can say of a document: numbers as text, and no attributes where there are none."""
    text = {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in document.items()}
    return {name: value for name, value in text.items() if (name, value) != ("Attributes", {})}


def test_an_alias_with_the_mark_between_two_is_refused():
    with pytest.raises(Rejected, match=r"the alias A\|1 cannot be told in a file"):
        ItemRows(PROFILE.item).row({"ItemNumber": "A", "Aliases": [{"Alias": "A|1"}]})


def test_a_patch_that_takes_all_attributes_away_is_refused_because_no_file_can_say_it():
    with pytest.raises(Rejected, match="files cannot say so in patch mode"):
        ItemRows(PROFILE.item).row({"ItemNumber": "A", "PatchMode": True, "Attributes": {}})
