"""Orders of which others ship a part: nothing of theirs is ever ours to ship."""

import json

import pytest

from crossdock import Record, Unreadable
from crossdock.domain import ManagedBy, OrderStatus
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


def test_a_mixed_order_in_which_every_part_seems_ours_is_refused(read, ca):
    parts = [ca.fulfillment(n, center, [(7001, 1)]) for n, center in enumerate((1, 5), start=1)]
    with pytest.raises(Unreadable, match="add their distribution centre to `externally_managed_centers`"):
        read(DistributionCenterTypeRollup="Mixed", Fulfillments=parts)


def test_a_line_that_is_in_no_fulfillment_is_not_taken_for_theirs(read, ca):
    parts = [ca.fulfillment(1, 1, [(7001, 1)]), ca.fulfillment(2, -2, [(7001, 1)])]
    with pytest.raises(Unreadable, match="line 7002 is in no fulfillment: nobody would ship it; assign it to"):
        read(Fulfillments=parts)


def test_a_cancelled_line_may_be_in_no_fulfillment(read, ca):
    cancelled = {"ID": 1, "Type": "Cancellation", "Quantity": 2, "CreatedSource": "UserInterface"}
    lines = [ca.line(7001, "A", 2), ca.line(7002, "B", 2, Adjustments=[cancelled])]
    parts = [ca.fulfillment(1, 1, [(7001, 1)]), ca.fulfillment(2, -2, [(7001, 1)])]
    assert places(read(Items=lines, Fulfillments=parts)) == [("7001", "1", 1)]


def test_an_order_of_others_is_skipped_and_never_a_problem(read, ca):
    assert read(Fulfillments=[ca.fulfillment(1, -2, [(7001, 1)])]).managed_by is ManagedBy.EXTERNAL


def test_units_that_no_fulfillment_holds_are_not_lost(read, ca):
    lines = [ca.line(7001, "A", 5, Adjustments=[]), ca.line(7002, "B", 2)]
    for rollup, theirs in (("SellerManaged", 1), ("Mixed", -2)):
        parts = [ca.fulfillment(1, 1, [(7001, 2), (7002, 2)]), ca.fulfillment(2, theirs, [(7001, 1)])]
        with pytest.raises(Unreadable) as refused:
            read(Items=lines, Fulfillments=parts, DistributionCenterTypeRollup=rollup)
        assert str(refused.value).endswith(
            "line 7001 has the quantity 5, but its fulfillments hold only 3: assign the rest to a distribution "
            "centre in ChannelAdvisor, or cancel it there, and it is read again"
        )


def test_where_cancellations_are_not_shown_the_setting_that_shows_them_is_named(read, ca):
    for theirs in ((7002, 2), (7001, 1)):
        parts = [ca.fulfillment(1, 1, [(7001, 1)]), ca.fulfillment(2, -2, [theirs])]
        with pytest.raises(Unreadable, match=r"(assign the rest|assign it) .* `list_details` with `Adj"):
            read(Fulfillments=parts)


CANCELLED = {"ID": 1, "Type": "Cancellation", "CreatedSource": "Channel"}


@pytest.mark.parametrize(
    ("cancelled", "void", "lost"),
    [(1, 0, False), (0, 1, False), (1, 1, False), (2, 0, False), (0, 0, True)],
)
def test_units_that_are_cancelled_may_be_in_no_fulfillment(read, ca, cancelled, void, lost):
    lines = [ca.line(7001, "A", 2, Adjustments=[CANCELLED | {"Quantity": cancelled}]), ca.line(7002, "B", 2)]
    parts = [
        ca.fulfillment(1, 1, [(7001, 1), (7002, 2)]),
        ca.fulfillment(2, 1, [(7001, void)], DeliveryStatus="Canceled"),
    ]
    if lost:
        with pytest.raises(Unreadable, match="hold only 1"):
            read(Items=lines, Fulfillments=parts)
    else:
        assert ("7001", "1", 1) in places(read(Items=lines, Fulfillments=parts))


def test_one_unit_that_is_cancelled_and_void_accounts_for_one_only(read, ca):
    lines = [ca.line(7001, "A", 3, Adjustments=[CANCELLED | {"Quantity": 1}]), ca.line(7002, "B", 2)]
    parts = [ca.fulfillment(1, 1, [(7001, 1), (7002, 2)]), ca.fulfillment(2, 1, [(7001, 1)], DeliveryStatus="Canceled")]
    with pytest.raises(Unreadable, match="hold only 1: assign the rest to"):
        read(Items=lines, Fulfillments=parts)


def test_a_refused_cancellation_explains_no_missing_unit(read, ca):
    refused = CANCELLED | {"Quantity": 1, "RequestStatus": "Error"}
    lines = [ca.line(7001, "A", 2, Adjustments=[refused]), ca.line(7002, "B", 2)]
    parts = [ca.fulfillment(1, 1, [(7001, 1), (7002, 2)])]
    with pytest.raises(Unreadable, match="hold only 1"):
        read(Items=lines, Fulfillments=parts)
    refused["SellerAdjustmentID"] = "555000111-1-abcdef"
    lines[0]["Adjustments"] = [refused]
    assert read(Items=lines, Fulfillments=parts).status is OrderStatus.OPEN, "ours: the engine holds it for a person"


def test_a_line_that_is_wholly_unassigned_is_left_to_the_engine_which_holds_it(read, ca):
    assert places(read(Fulfillments=[ca.fulfillment(1, 1, [(7001, 2)])])) == [("7001", "1", 2)]


def test_rows_of_components_account_for_no_whole_bundle(read, ca):
    void = ca.fulfillment(2, 1, [], DeliveryStatus="Canceled")
    void["Items"] += [
        {"ID": 9, "OrderItemID": 7002, "ProductID": 9103, "Quantity": 1},
        {"ID": 10, "OrderItemID": 4, "Quantity": 1},
        {"ID": 11, "OrderItemID": 7002, "Quantity": -1},
    ]
    with pytest.raises(Unreadable, match="line 7002 has the quantity 2, but its fulfillments hold only 1"):
        read(Fulfillments=[ca.fulfillment(1, 1, [(7001, 2), (7002, 1)]), void])


NONE_SHOWN = "it shows no fulfillments, and every order has one: assign it to a distribution centre"


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"distribution_centers": [99]}, {}),
        ({"externally_managed_centers": [2]}, {}),
        ({"externally_managed_centers": [-2, 2]}, {}),
        ({}, {"ShippingStatus": "PartiallyShipped"}),
        ({}, {"DistributionCenterTypeRollup": "Mixed"}),
        ({}, {"Fulfillments": None}),
    ],
)
def test_an_order_that_shows_no_fulfillments_is_not_wholly_ours(read, settings, fields):
    with pytest.raises(Unreadable, match=NONE_SHOWN):
        read(settings, **({"Fulfillments": []} | fields))


def test_an_order_of_which_fulfillments_are_not_told_at_all_is_not_wholly_ours(ca, ca_settings):
    order = ca.order()
    del order["Fulfillments"]
    with pytest.raises(Unreadable, match=NONE_SHOWN):
        read_order(Record("555000111", json.dumps(order).encode()), ca_settings())


@pytest.mark.parametrize("external", [[], [-2]])
def test_a_plain_order_that_is_told_to_have_no_fulfillments_is_left_to_the_default_centre(read, external):
    order = read({"externally_managed_centers": external}, Fulfillments=[])
    assert (order.status, order.managed_by, order.allocations) == (OrderStatus.OPEN, ManagedBy.SELLER, ())


@pytest.mark.parametrize(
    ("center", "rows", "words"),
    [
        (1, [], "its fulfillments hold nothing of it"),
        (-2, [], "its fulfillments hold nothing of it"),
        (1, [(7001, 0)], "its fulfillments hold nothing of it"),
        (1, None, "it is not told what fulfillment 8 holds"),
        (-2, None, "it is not told what fulfillment 8 holds"),
    ],
)
def test_fulfillments_without_goods_make_no_order_ours(read, ca, center, rows, words):
    part = ca.fulfillment(8, center, rows or []) | ({"Items": None} if rows is None else {})
    with pytest.raises(Unreadable, match=words):
        read(Fulfillments=[part])
    void = ca.fulfillment(9, 1, WHOLE, DeliveryStatus="Canceled")
    with pytest.raises(Unreadable, match=words):
        read(Fulfillments=[part, void])


def test_a_part_of_others_that_holds_nothing_leaves_the_order_ours(read, ca):
    order = read(Fulfillments=[ca.fulfillment(1, 1, WHOLE), ca.fulfillment(2, -2, [])])
    assert (order.managed_by, len(order.allocations)) == (ManagedBy.SELLER, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"ShippingStatus": "Canceled"},
        {"ShippingStatus": "Shipped"},
        {"DistributionCenterTypeRollup": "ExternallyManaged"},
    ],
)
@pytest.mark.parametrize("parts", [None, [], [(7001, 1)]])
def test_nothing_is_refused_of_an_order_that_is_over_or_anothers(read, ca, fields, parts):
    fulfillments = [ca.fulfillment(1, 1, parts)] if parts else parts
    assert read(Fulfillments=fulfillments, **fields).external_id == "555000111"


UNSURE = "name the centres that are ours in `distribution_centers`"


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("DropShip", "ChannelAdvisor says with a word that is not known who ships it: DropShip"),
        ("", "ChannelAdvisor does not say who ships it"),
        (None, "ChannelAdvisor does not say who ships it"),
    ],
)
def test_an_order_waits_where_it_is_not_known_who_ships_it(read, ca, word, reason):
    ours = {"DistributionCenterTypeRollup": word, "Fulfillments": [ca.fulfillment(1, 1, WHOLE)]}
    order = read(**ours)
    assert order.status is OrderStatus.PENDING
    assert order.source_status["waits because"].startswith(f"{reason}; {UNSURE}")
    assert read({"distribution_centers": [1]}, **ours).status is OrderStatus.OPEN
    mixed = [ca.fulfillment(1, 1, [(7001, 2)]), ca.fulfillment(2, -2, [(7002, 2)])]
    assert read(**ours | {"Fulfillments": mixed}).status is OrderStatus.PENDING
