"""Laws of the claim by fulfillment: who holds what, against a plain reading of the same parts."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crossdock import Rejected
from crossdock_channeladvisor.models import VendorOrder
from crossdock_channeladvisor.orders.claims import free_patch, is_claimed, status_patch, to_claim, to_free
from crossdock_channeladvisor.orders.parts import is_to_ship
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

OURS = "104-1"
SECRETS = {"application_id": "app", "shared_secret": "s3cret-of-app", "refresh_token": "refresh-me"}
ROUNDS = settings(max_examples=60)
SETTINGS = [
    ChannelAdvisorSettings.model_validate(SECRETS | {"claim": "fulfillment"} | more)
    for more in (
        {},
        {"claimable": ["Ready", "New"]},
        {"externally_managed_centers": [2]},
        {"distribution_centers": [1]},
    )
]

goods = st.lists(st.sampled_from([0, 1, 2]), max_size=2).map(
    lambda numbers: [{"OrderItemID": 11, "Quantity": number} for number in numbers]
)
parts = st.fixed_dictionaries(
    {
        "DistributionCenterID": st.sampled_from([1, 2]),
        "DeliveryStatus": st.sampled_from(
            ["NoChange", "NoChange", "NoChange", "Complete", "Canceled", "ThirdPartyManaged"]
        ),
        "ExternalFulfillmentStatus": st.sampled_from(["New", "New", "Ready", "Pending", "Complete", None]),
        "ExternalFulfillmentNumber": st.sampled_from([OURS, OURS, "theirs", None]),
        "Items": goods,
    }
)


def an_order(fulfillments) -> VendorOrder:
    numbered = [{"ID": number, **part} for number, part in enumerate(fulfillments or (), 1)]
    head = {"ID": 5, "CreatedDateUtc": "2024-05-01T12:00:00Z", "Items": []}
    return VendorOrder.model_validate_json(
        json.dumps(head | {"Fulfillments": None if fulfillments is None else numbered})
    )


def still_ours(part, settings) -> bool:
    center = part["DistributionCenterID"]
    named = not settings.distribution_centers or center in settings.distribution_centers
    here = part["DeliveryStatus"] == "NoChange" and any(row["Quantity"] for row in part["Items"])
    return here and named and center not in settings.externally_managed_centers


def read(fulfillments, settings):
    """The numbers of the parts to ship, of those free to take among them, and of those that somebody else holds."""
    waiting = [(id_, part) for id_, part in enumerate(fulfillments, 1) if still_ours(part, settings)]
    free = [id_ for id_, part in waiting if part["ExternalFulfillmentStatus"] in settings.claimable]
    others = [id_ for id_, part in waiting if id_ not in free and part["ExternalFulfillmentNumber"] != OURS]
    return [id_ for id_, _ in waiting], free, others


some_parts = st.lists(parts, max_size=4)
NOT_TOLD = {
    "DistributionCenterID": 1,
    "DeliveryStatus": "NoChange",
    "ExternalFulfillmentStatus": None,
    "ExternalFulfillmentNumber": None,
    "Items": [{"OrderItemID": 11, "Quantity": 1}],
}
settings_of = st.sampled_from(SETTINGS)


@ROUNDS
@given(some_parts, settings_of)
def test_what_is_to_ship_is_ours_holds_goods_and_is_still_here(fulfillments, settings):
    shown = [part.id for part in an_order(fulfillments).fulfillments or () if is_to_ship(part, settings)]
    assert shown == read(fulfillments, settings)[0]


@ROUNDS
@given(some_parts, settings_of)
@example([NOT_TOLD], SETTINGS[1])
def test_what_is_free_is_claimed_unless_somebody_else_holds_a_part_who_is_named(fulfillments, settings):
    _, free, others = read(fulfillments, settings)
    order = an_order(fulfillments)
    if not others:
        assert [part.id for part in to_claim(order, OURS, settings)] == free
        return
    with pytest.raises(Rejected) as refused:
        to_claim(order, OURS, settings)
    held = fulfillments[others[0] - 1]
    status, number = held["ExternalFulfillmentStatus"], held["ExternalFulfillmentNumber"]
    by = f"is taken: {status} as '{number}'" if number else f"is taken: {status}, and does not say by whom"
    if not status:
        free_words = " and ".join(settings.claimable)
        by = f"has no ExternalFulfillmentStatus, and `claimable` names only {free_words} as free to take"
    assert str(refused.value) == (
        f"fulfillment {others[0]} of order 5 {by}; ours would be '{OURS}': "
        "find out which system ships it before both do"
    )


@ROUNDS
@given(some_parts, settings_of)
def test_an_order_is_claimed_when_no_part_is_free_or_anothers_or_when_ours_has_left(fulfillments, settings):
    waiting, free, others = read(fulfillments, settings)
    bears = any(part["ExternalFulfillmentNumber"] == OURS for part in fulfillments)
    assert is_claimed(an_order(fulfillments), OURS, settings) is (not free and not others if waiting else bears)


@ROUNDS
@given(some_parts, settings_of)
def test_only_what_bears_our_claim_and_waits_is_freed(fulfillments, settings):
    waiting, _, _ = read(fulfillments, settings)
    ours = [
        id_
        for id_ in waiting
        if fulfillments[id_ - 1]["ExternalFulfillmentNumber"] == OURS
        and fulfillments[id_ - 1]["ExternalFulfillmentStatus"] == "Pending"
    ]
    assert [part.id for part in to_free(an_order(fulfillments), OURS, settings)] == ours


@ROUNDS
@given(settings_of)
def test_an_order_without_parts_has_none_to_claim_or_to_free(settings):
    order = an_order(None)
    assert (to_claim(order, OURS, settings), to_free(order, OURS, settings)) == ([], [])
    assert is_claimed(order, OURS, settings) is False


@ROUNDS
@given(settings_of, st.sampled_from(["Pending", "Complete"]), st.none() | st.text(max_size=9))
def test_no_change_of_a_claim_ships_the_goods(settings, status, number):
    told = {"DeliveryStatus": "NoChange", "ExternalFulfillmentStatus": status}
    assert json.loads(status_patch(status, number)) == told | (
        {} if number is None else {"ExternalFulfillmentNumber": number}
    )
    free = {"ExternalFulfillmentStatus": settings.claimable[0], "ExternalFulfillmentNumber": None}
    assert json.loads(free_patch(settings)) == {"DeliveryStatus": "NoChange"} | free
