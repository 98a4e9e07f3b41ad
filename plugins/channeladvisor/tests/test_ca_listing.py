"""The URLs that ask for orders, and the cursor of a walk through their list."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from crossdock import NeedsConfig
from crossdock_channeladvisor.listing import LONGEST_URL, Place, first_page, single_order, sweep_page

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def query(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}


def test_ready_orders_that_are_not_exported_are_asked_for(ca_settings):
    asked = query(first_page(ca_settings(), None))
    assert asked["exported"] == "false"
    assert asked["$expand"] == "Items($expand=BundleComponents,Adjustments),Fulfillments($expand=Items),Adjustments"
    assert asked["$filter"] == (
        "(CheckoutStatus eq 'Completed' or CheckoutStatus eq 'CompletedAndVisited' or "
        "CheckoutStatus eq 'CompletedOffline') and (PaymentStatus eq 'Cleared') and "
        "(ShippingStatus eq 'PartiallyShipped' or ShippingStatus eq 'PendingShipment' or ShippingStatus eq 'Unshipped')"
    )


def test_spaces_are_percent_encoded(ca_settings):
    url = first_page(ca_settings(), None)
    assert "%20" in url
    assert "+" not in url
    assert " " not in url


def test_every_filter_of_the_settings_is_asked_for(ca_settings):
    settings = ca_settings(
        profile_ids=[11, 12],
        site_ids=[640, 1],
        flag_ids=[0, -1],
        distribution_centers=[0, -3],
        earliest_order_date="2024-04-01",
        checkout_status=[],
        payment_status=["Cleared", "NewWord"],
        shipping_status=[],
    )
    assert query(first_page(settings, None))["$filter"] == (
        "(ProfileID eq 11 or ProfileID eq 12) and (SiteID eq 640 or SiteID eq 1) and "
        "CreatedDateUtc ge 2024-04-01T00:00:00Z and "
        "(PaymentStatus eq 'Cleared' or PaymentStatus eq 'NewWord') and (FlagID eq 0 or FlagID eq -1) and "
        "(Fulfillments/Any(f: f/DistributionCenterID eq 0) or Fulfillments/Any(f: f/DistributionCenterID eq -3))"
    )


def test_without_any_filter_none_is_sent(ca_settings):
    nothing = {"checkout_status": [], "payment_status": [], "shipping_status": []}
    assert set(query(first_page(ca_settings(**nothing), None))) == {"$expand", "exported"}


def test_a_list_by_update_asks_only_for_what_an_order_cannot_cease_to_be(ca_settings):
    settings = ca_settings(retrieval="updated", profile_ids=[11], distribution_centers=[1], overlap="PT10M")
    asked = query(first_page(settings, NOON))
    assert asked["$filter"] == "(ProfileID eq 11) and UpdatedDateUtc ge 2024-05-01T11:50:00Z"
    assert "exported" not in asked


def test_the_first_list_by_update_begins_with_the_oldest_order(ca_settings):
    assert "$filter" not in query(first_page(ca_settings(retrieval="updated"), None))


def test_the_longest_lists_of_ids_fit_into_a_url(ca_settings):
    settings = ca_settings(profile_ids=list(range(12345678, 12345698)))
    assert len(first_page(settings, None)) < LONGEST_URL


def test_a_url_that_may_be_refused_is_said_before_it_is_sent(ca_settings):
    centers, words = list(range(1000, 1020)), [chr(65 + n) * 40 for n in range(12)]
    with pytest.raises(NeedsConfig, match="name fewer profiles, sites, distribution centres"):
        first_page(ca_settings(distribution_centers=centers, payment_status=words), None)


def test_a_single_order_is_asked_for_with_everything():
    assert single_order("5").startswith("/v1/Orders(5)?")
    assert query(single_order("5"))["$expand"] == (
        "Items($expand=BundleComponents,Adjustments),Fulfillments($expand=Items),Adjustments,CustomFields"
    )


def test_lists_are_as_lean_as_the_settings_say(ca_settings):
    lean = query(first_page(ca_settings(list_details=[]), None))
    assert lean["$expand"] == "Items($expand=BundleComponents),Fulfillments($expand=Items)"
    rich = query(first_page(ca_settings(list_details=["CustomFields"]), None))
    assert rich["$expand"] == "Items($expand=BundleComponents),Fulfillments($expand=Items),CustomFields"


@pytest.mark.parametrize(("marked", "exported"), [(True, "true"), (False, "false"), (None, None)])
def test_a_sweep_asks_for_what_came_in_or_changed_with_our_mark_or_without(ca_settings, marked, exported):
    asked = query(sweep_page(ca_settings(profile_ids=[11], flag_ids=[3], overlap="PT10M"), marked, NOON))
    assert asked["$filter"] == (
        "(ProfileID eq 11) and (ImportDateUtc ge 2024-05-01T11:50:00Z or UpdatedDateUtc ge 2024-05-01T11:50:00Z)"
    )
    assert asked["$expand"] == "Items($expand=BundleComponents,Adjustments),Fulfillments($expand=Items),Adjustments"
    assert asked.get("exported") == exported


def test_free_fulfillments_of_ours_are_asked_for_where_fulfillments_are_claimed(ca_settings):
    nothing = {"checkout_status": [], "payment_status": [], "shipping_status": [], "claim": "fulfillment"}
    of_ours = query(first_page(ca_settings(**nothing, distribution_centers=[1, 4]), None))
    assert of_ours["$filter"] == (
        "Fulfillments/Any(f: (f/ExternalFulfillmentStatus eq 'New') and "
        "(f/DistributionCenterID eq 1 or f/DistributionCenterID eq 4))"
    )
    assert "exported" not in of_ours
    everywhere = query(first_page(ca_settings(**nothing, claimable=["New", "Failed"]), None))
    assert everywhere["$filter"] == (
        "Fulfillments/Any(f: (f/ExternalFulfillmentStatus eq 'New' or f/ExternalFulfillmentStatus eq 'Failed') and "
        "f/DistributionCenterID ne -2)"
    )


def test_a_cursor_leads_back_to_its_place():
    place = Place(next="https://x/y?$skip=100", since=NOON, began=NOON, highest=NOON, first="ab")
    assert Place.of(place.cursor()) == place
    assert Place.of(None) == Place()


@pytest.mark.parametrize(
    ("since", "highest", "end"),
    [
        (None, None, None),
        (0, None, 0),
        (0, 30, 30),
        (None, 30, 30),
        (0, 90, 60),  # updated while the list was read: the walk began at 60
        (0, -10, 0),  # only what the overlap brought again
    ],
)
def test_a_run_ends_where_nothing_after_it_is_missed(since, highest, end):
    def at(minutes):
        return None if minutes is None else NOON + timedelta(minutes=minutes)

    place = Place(since=at(since), began=at(60), highest=at(highest))
    checkpoint = place.final_checkpoint()
    assert (Place.of(checkpoint) if checkpoint else None) == (None if end is None else Place(since=at(end)))


def test_the_checkpoint_stays_until_the_walk_is_over():
    place = Place(since=NOON, began=NOON).after("ab", "https://x/y", NOON + timedelta(days=1))
    assert Place.of(place.checkpoint()) == Place(since=NOON)
    assert Place.of(place.in_part(1, "https://x/z").checkpoint()) == Place(since=NOON)


def test_the_latest_update_counts_over_all_lists_of_a_walk_and_the_next_walk_looks_back_as_far_as_this_one():
    later = NOON + timedelta(hours=1)
    place = Place(since=NOON, began=later + timedelta(hours=1), reach=NOON - timedelta(hours=6))
    first = place.after("ab", None, later)
    second = first.in_part(1, "https://x/z").after("cd", None, NOON)
    assert (second.first, second.part) == ("cd", 1)
    assert Place.of(second.final_checkpoint()) == Place(since=later, reach=NOON)


def test_a_walk_of_which_one_list_turned_in_a_circle_begins_again_where_it_began():
    place = Place(since=NOON, began=NOON + timedelta(hours=2), reach=NOON - timedelta(hours=6))
    second = place.in_circle().in_part(1, "https://x/z").after("cd", None, NOON + timedelta(hours=1))
    assert Place.of(second.final_checkpoint()) == Place(since=NOON, reach=NOON - timedelta(hours=6))


def test_a_place_remembers_the_first_page_and_the_latest_update():
    place = (
        Place(began=NOON).after("first", "2", NOON).after("second", "3", None).after("third", None, NOON - timedelta(1))
    )
    assert place == Place(began=NOON, highest=NOON, first="first")
