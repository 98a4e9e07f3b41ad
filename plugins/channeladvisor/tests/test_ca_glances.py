"""Which orders of a list are wanted, seen at a glance."""

import json
from datetime import UTC, datetime

import pytest

from crossdock_channeladvisor.orders.glances import (
    bears_wanted_tags,
    chosen,
    glances,
    is_foreign,
    is_swept,
    is_wanted,
    latest_sight,
    latest_update,
    split_tags,
    tag_refusal,
)
from crossdock_channeladvisor.pages import read_page

NOBODY = {"ProfileID": None}


def seen(*orders, marked=None):
    return glances(read_page(json.dumps({"value": list(orders)}).encode(), marked).records)


def ids(records):
    return [record.id for record in records]


def test_the_latest_update_is_found_whatever_its_fraction():
    stamps = ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.5Z", "2024-05-01T12:00:00.4333333Z", None, "soon", 5]
    orders = [{"ID": n, "UpdatedDateUtc": stamp} for n, stamp in enumerate(stamps)]
    assert latest_update(seen(*orders)) == datetime(2024, 5, 1, 12, 0, 0, 500000, tzinfo=UTC)
    assert latest_update(seen()) is None


def test_a_sweep_has_come_as_far_as_the_latest_import_or_update():
    late = {"ID": 1, "ImportDateUtc": "2024-05-03T00:00:00Z", "UpdatedDateUtc": None}
    assert latest_sight(seen(late, {"ID": 2, "UpdatedDateUtc": "2024-05-02T00:00:00Z"})).day == 3
    assert latest_sight(seen(late, {"ID": 2, "UpdatedDateUtc": "2024-05-04T00:00:00Z"})).day == 4


def test_an_update_list_is_filtered_as_the_settings_say(ca, ca_settings):
    orders = seen(
        ca.order(ID=1),
        ca.order(ID=2, PaymentStatus="Submitted"),
        ca.order(ID=3, ShippingStatus="Shipped"),
        ca.order(ID=4, CheckoutStatus="OnHold"),
        ca.order(ID=5, CheckoutStatus=["strange"]),
        "no order",
    )
    ready, strange = chosen(orders, is_wanted, ca_settings())
    assert ready.id == "1"
    assert strange.data == b'"no order"'  # to become a problem
    everything = ca_settings(checkout_status=[], payment_status=[], shipping_status=[])
    assert len(chosen(orders, is_wanted, everything)) == len(orders)


@pytest.mark.parametrize(
    ("centers", "external", "ours"),
    [([], [], True), ([1], [], True), ([-2, 9], [], True), ([2], [], False), ([0], [], False), ([9], [-2, 1], False)],
)
def test_an_order_is_wanted_if_a_part_of_it_leaves_from_our_centres(ca, ca_settings, centers, external, ours):
    settings = ca_settings(distribution_centers=centers, externally_managed_centers=external)
    assert bool(chosen(seen(ca.order()), is_wanted, settings)) is ours


def test_an_order_of_which_not_all_fulfillments_are_shown_is_in_doubt_ours(ca, ca_settings):
    cut = ca.order(**{"Fulfillments@odata.nextLink": "https://x"})
    assert chosen(seen(cut), is_wanted, ca_settings(distribution_centers=[2]))


def test_flags_are_chosen_by_number(ca, ca_settings):
    orders = seen(ca.order(ID=1, FlagID=0), ca.order(ID=2, FlagID=-1), ca.order(ID=3))
    assert ids(chosen(orders, is_wanted, ca_settings(flag_ids=[-1]))) == ["2"]


@pytest.mark.parametrize(
    ("tags", "any_of", "none_of", "refusal"),
    [
        ("vip, Fragile", [], [], ""),
        ("vip, Fragile", ["FRAGILE "], [], ""),
        ("vip", ["gift", "fragile"], [], "it bears no tag of `tags_any`"),
        (None, ["gift"], [], "it bears no tag of `tags_any`"),
        ("vip, Drop Ship", ["vip"], ["drop ship"], "it bears the tag drop ship of `tags_none`"),
        ("drop shipping", [], ["drop ship"], ""),
        (["strange"], [], ["vip"], ""),
    ],
)
def test_tags_are_compared_whole_and_in_any_case(ca_settings, tags, any_of, none_of, refusal):
    assert tag_refusal(tags, ca_settings(tags_any=any_of, tags_none=none_of)) == refusal


def test_tags_are_split_at_commas():
    assert split_tags("vip, fragile ,,") == ("vip", "fragile")


def test_orders_are_chosen_by_their_tags(ca, ca_settings):
    orders = seen(ca.order(ID=1, OrderTags="vip"), ca.order(ID=2, OrderTags="dropship"), ca.order(ID=3))
    assert ids(chosen(orders, bears_wanted_tags, ca_settings(tags_none=["dropship"]))) == ["1", "3"]


def test_profiles_are_told_apart_and_what_cannot_be_told_is_left_to_the_translation(ca, ca_settings):
    (mine, mixed_in, unknown, strange, broken) = seen(
        ca.order(ProfileID=11), ca.order(ProfileID=12), ca.order(ProfileID=None), ca.order(ProfileID="12"), "no order"
    )
    asked = ca_settings(profile_ids=[11])
    foreign = [is_foreign(glance, asked) for _, glance in (mine, mixed_in, unknown, strange, broken)]
    assert foreign == [False, True, False, False, False]
    assert not is_foreign(mixed_in[1], ca_settings())


def test_a_sweep_shows_orders_of_our_kind_in_every_state(ca, ca_settings):
    orders = seen(ca.order(ID=1, ShippingStatus="Canceled"), ca.order(ID=2, PaymentStatus="Failed"))
    assert ids(chosen(orders, is_swept, ca_settings())) == ["1", "2"]


def test_a_sweep_shows_what_is_not_of_our_kind_only_if_it_bears_our_mark(ca, ca_settings):
    somewhere_else = ca_settings(distribution_centers=[7], externally_managed_centers=[])
    assert ids(chosen(seen(ca.order(ID=1), marked=True), is_swept, somewhere_else)) == ["1"]
    assert ids(chosen(seen(ca.order(ID=1), marked=False), is_swept, somewhere_else)) == []


def test_a_claimed_fulfillment_is_a_mark_as_well(ca, ca_settings):
    settings = ca_settings(claim="fulfillment", distribution_centers=[7])
    claimed = {"ExternalFulfillmentStatus": "Pending", "ExternalFulfillmentNumber": "M-1"}
    orders = seen(
        ca.order(ID=1, Fulfillments=[ca.fulfillment(1, 1, [(7001, 2)], **claimed)]),
        ca.order(ID=2, Fulfillments=[ca.fulfillment(1, 1, [(7001, 2)], ExternalFulfillmentStatus="New")]),
    )
    assert ids(chosen(orders, is_swept, settings)) == ["1"]
