"""Pages of orders, sliced into raw records."""

import json
from datetime import UTC, datetime

import pytest

from crossdock import Unavailable
from crossdock_channeladvisor.pages import is_cut, key_of, latest_update, read_page, wanted


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


def test_the_latest_update_is_found_whatever_its_fraction():
    stamps = ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.5Z", "2024-05-01T12:00:00.4333333Z", None, "soon", 5]
    orders = [{"ID": n, "UpdatedDateUtc": stamp} for n, stamp in enumerate(stamps)]
    assert latest_update(read_page(page(*orders)).glances()) == datetime(2024, 5, 1, 12, 0, 0, 500000, tzinfo=UTC)
    assert latest_update(read_page(page()).glances()) is None


def test_a_page_is_told_from_another_by_its_keys():
    one, same, other = (read_page(page({"ID": id_}, {"n": 1})).fingerprint() for id_ in (1, 1, 2))
    assert one == same != other
    assert read_page(page()).fingerprint() == ""


def test_an_update_list_is_filtered_as_the_settings_say(ca, ca_settings):
    orders = [
        ca.order(ID=1),
        ca.order(ID=2, PaymentStatus="Submitted"),
        ca.order(ID=3, ShippingStatus="Shipped"),
        ca.order(ID=4, CheckoutStatus="OnHold"),
        ca.order(ID=5, CheckoutStatus=["strange"]),
        "no order",
    ]
    read = read_page(page(*orders))
    ready, strange = wanted(read.glances(), ca_settings())
    assert ready.id == "1"
    assert strange.data == b'"no order"'  # to become a problem
    everything = ca_settings(checkout_status=[], payment_status=[], shipping_status=[])
    assert wanted(read.glances(), everything) == list(read.records)


@pytest.mark.parametrize(("centers", "ours"), [([], True), ([1], True), ([-2, 9], True), ([2], False), ([0], False)])
def test_an_order_is_wanted_if_a_part_of_it_leaves_from_our_centres(ca, ca_settings, centers, ours):
    glances = read_page(page(ca.order())).glances()
    assert bool(wanted(glances, ca_settings(distribution_centers=centers))) is ours


def test_cut_collections_are_noticed(ca):
    whole, cut = read_page(page(ca.order(), ca.order(**{"Items@odata.nextLink": "https://x"}))).records
    assert not is_cut(whole)
    assert is_cut(cut)


def test_the_key_of_an_answer():
    assert key_of(b'{"ID":4445862222,"ProfileID":5}') == "4445862222"
    assert key_of(b'{"ProfileID":5,"Items":[{"ID":8}],"ID":7}') == "7"
    assert key_of(b'{"@odata.context":"x","ID":7}') == "7"
    assert key_of(b"<html>") is None
