"""Orders of which others ship a part: nothing of theirs is ever ours to ship."""

import pytest

from crossdock import Unreadable
from crossdock.domain import ManagedBy
from crossdock_channeladvisor.orders.reading import read_order

WHOLE = [(7001, 2), (7002, 2)]


@pytest.fixture
def read(ca, ca_settings):
    return lambda settings=None, **fields: read_order(ca.record(**fields), ca_settings(**(settings or {})))


def places(order):
    return [(part.line_id, part.distribution_center, part.quantity) for part in order.allocations]


def test_what_lies_at_an_externally_managed_centre_is_left_out(read):
    order = read()
    assert order.managed_by is ManagedBy.MIXED
    assert places(order) == [("7001", "1", 1), ("7002", "1", 2)]
    assert [line.external_id for line in order.lines] == ["7001", "7002"]


def test_more_externally_managed_centres_can_be_named(read):
    assert places(read({"externally_managed_centers": [1]})) == [("7001", "-2", 1)]


def test_a_part_that_a_third_party_manages_is_left_out_wherever_it_lies(read, ca):
    parts = [ca.fulfillment(1, 1, [(7002, 2)]), ca.fulfillment(2, 1, [(7001, 2)], DeliveryStatus="ThirdPartyManaged")]
    order = read(Fulfillments=parts)
    assert (order.managed_by, places(order)) == (ManagedBy.MIXED, [("7002", "1", 2)])


def test_a_part_at_a_centre_that_the_settings_do_not_name_is_left_out(read, ca):
    parts = [ca.fulfillment(1, 1, [(7001, 2)]), ca.fulfillment(2, 4, [(7002, 2)])]
    order = read({"distribution_centers": [4]}, Fulfillments=parts)
    assert (order.managed_by, places(order)) == (ManagedBy.MIXED, [("7002", "4", 2)])


def test_an_order_that_lies_wholly_with_others_is_external_whatever_the_roll_up_says(read, ca):
    for rollup in ("SellerManaged", "Mixed", None):
        order = read(DistributionCenterTypeRollup=rollup, Fulfillments=[ca.fulfillment(1, -2, WHOLE)])
        assert (order.managed_by, order.allocations) == (ManagedBy.EXTERNAL, ())


def test_a_part_of_ours_that_holds_nothing_makes_no_order_ours(read, ca):
    parts = [ca.fulfillment(1, 1, [(7001, 0)]), ca.fulfillment(2, -2, WHOLE)]
    assert read(Fulfillments=parts).managed_by is ManagedBy.EXTERNAL


def test_a_mixed_order_stays_mixed_when_the_part_of_the_others_is_cancelled(read, ca):
    parts = [ca.fulfillment(1, 1, WHOLE), ca.fulfillment(2, -2, [(7001, 1)], DeliveryStatus="Canceled")]
    order = read(DistributionCenterTypeRollup="Mixed", Fulfillments=parts)
    assert (order.managed_by, len(order.allocations)) == (ManagedBy.MIXED, 2)


@pytest.mark.parametrize("centers", [[1, 5], []])
def test_a_mixed_order_in_which_every_part_seems_ours_is_refused(read, ca, centers):
    parts = [ca.fulfillment(n, center, [(7001, 1)]) for n, center in enumerate(centers)]
    with pytest.raises(Unreadable, match="add their distribution centre to `externally_managed_centers`"):
        read(DistributionCenterTypeRollup="Mixed", Fulfillments=parts)


def test_a_line_that_is_in_no_fulfillment_is_not_taken_for_theirs(read, ca):
    parts = [ca.fulfillment(1, 1, [(7001, 1)]), ca.fulfillment(2, -2, [(7001, 1)])]
    with pytest.raises(Unreadable, match="line 7002 is in no fulfillment"):
        read(Fulfillments=parts)


def test_a_cancelled_line_may_be_in_no_fulfillment(read, ca):
    cancelled = {"ID": 1, "Type": "Cancellation", "Quantity": 2, "CreatedSource": "UserInterface"}
    lines = [ca.line(7001, "A", 2), ca.line(7002, "B", 2, Adjustments=[cancelled])]
    parts = [ca.fulfillment(1, 1, [(7001, 1)]), ca.fulfillment(2, -2, [(7001, 1)])]
    assert places(read(Items=lines, Fulfillments=parts)) == [("7001", "1", 1)]


def test_an_order_of_others_is_skipped_and_never_a_problem(read, ca):
    assert read(Fulfillments=[ca.fulfillment(1, -2, [(7001, 1)])]).managed_by is ManagedBy.EXTERNAL
