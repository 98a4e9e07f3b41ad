"""Pages of orders, sliced into raw records."""

import json

import pytest

from crossdock import Unavailable
from crossdock_channeladvisor.pages import is_cut, key_of, read_page


def page(*orders, **more):
    return json.dumps({"@odata.context": "x", "value": list(orders), **more}).encode()


def test_records_are_the_very_bytes_of_the_page():
    body = b'{"value":[ {"ID":1, "x":  1.50},\n{"ID":4445862222}] ,"@odata.nextLink":"https://x/y"}'
    read = read_page(body)
    assert [(record.id, record.data) for record in read.records] == [
        ("1", b'{"ID":1, "x":  1.50}'),
        ("4445862222", b'{"ID":4445862222}'),
    ]
    assert read.next_link == "https://x/y"


@pytest.mark.parametrize("marked", [True, False, None])
def test_every_record_of_a_page_is_marked_as_its_list_says(marked):
    assert {record.marked for record in read_page(page({"ID": 1}, "text"), marked).records} == {marked}


def test_the_last_page_has_no_link():
    assert read_page(page()).next_link is None


@pytest.mark.parametrize("item", ["text", 7, None, {}, {"ID": "x"}, {"ID": None}, [1]])
def test_an_item_without_a_key_is_named_after_its_content_and_hides_no_other(item):
    body = page(item, {"ID": 2})
    strange, sound = read_page(body).records
    assert strange.id.startswith("unreadable-")
    assert strange.data == json.dumps(item).encode()
    assert sound.id == "2"
    assert read_page(body).records[0] == strange


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b"<!doctype html><title>Down for\n maintenance</title><p>Sorry",
            "a web page instead of a page of orders: Down for",
        ),
        (b'{"Message":"Authorization has been denied for this request."}', "Authorization has been denied"),
        (b'{"error":{"code":"","message":"no such list"}}', "no such list"),
        (page({"ID": 1})[:-5], "malformed or breaks off"),
        (b"", "malformed or breaks off"),
        (b"[]", "malformed or breaks off"),
        (b'{"value":[{"ID":"\xff', "malformed or breaks off"),
    ],
)
def test_what_is_no_page_says_what_came(body, words):
    with pytest.raises(Unavailable) as unavailable:
        read_page(body)
    assert words in str(unavailable.value)


def test_a_page_is_told_from_another_by_its_keys():
    one, same, other = (read_page(page({"ID": id_}, {"n": 1})).fingerprint() for id_ in (1, 1, 2))
    assert one == same != other
    assert read_page(page()).fingerprint() == ""


@pytest.mark.parametrize(
    "place",
    ["Items", "Fulfillments", "Adjustments", "CustomFields", "Exports", "line:FulfillmentItems", "line:Adjustments"],
)
def test_cut_collections_are_noticed_wherever_they_are(ca, place):
    cut, (owner, _, name) = ca.order(), place.rpartition(":")
    (cut["Items"][0] if owner else cut)[f"{name}@odata.nextLink"] = "https://x"
    records = read_page(page(ca.order(), cut)).records
    assert [is_cut(record) for record in records] == [False, True]


def test_the_key_of_an_answer():
    assert key_of(b'{"ID":4445862222,"ProfileID":5}') == "4445862222"
    assert key_of(b'{"ProfileID":5,"Items":[{"ID":8}],"ID":7}') == "7"
    assert key_of(b'{"@odata.context":"x","ID":7}') == "7"
    assert key_of(b"<html>") is None
