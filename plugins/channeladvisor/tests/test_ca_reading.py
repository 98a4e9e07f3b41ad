"""Orders of ChannelAdvisor, translated."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crossdock import Record, Unreadable
from crossdock.domain import Allocation, ManagedBy, Money, OrderStatus, PaymentStatus
from crossdock_channeladvisor.orders.reading import read_order


@pytest.fixture
def read(ca, ca_settings):
    """Reads the sample order, changed as asked."""
    return lambda settings=None, **fields: read_order(ca.record(**fields), ca_settings(**(settings or {})))


def refusal(read, **fields):
    with pytest.raises(Unreadable) as refused:
        read(**fields)
    return str(refused.value)


def test_the_head_of_an_order_is_kept(read):
    order = read()
    assert (order.external_id, order.number, order.profile) == ("555000111", "111-0000000-0000001", "12345678")
    assert order.site == "Amazon Seller Central - US"
    assert (order.requested_carrier, order.requested_service) == ("Amazon", "Standard")
    assert order.total == Money(amount=Decimal("93.95"), currency="USD")
    assert order.placed_at == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert order.deliver_by == datetime(2024, 5, 8, 6, 59, 59, tzinfo=UTC)


def test_seven_fraction_digits_of_a_moment_are_read(read):
    assert read().updated_at == datetime(2024, 5, 1, 12, 41, 9, 573333, tzinfo=UTC)


def test_address_is_joined_from_its_parts_and_nothing_is_guessed(read):
    address = read(ShippingTitle="Dr", ShippingSuffix="Jr").ship_to
    assert address.name == "Dr Pat Example Jr"
    assert (address.line1, address.line2, address.city) == ("1 Test Street", "", "Raleigh")
    assert (address.region, address.country, address.phone) == ("NC", "US", "555-0100")


def test_every_alphabet_survives(read):
    assert read(ShippingFirstName="🦊", ShippingLastName="שלום").ship_to.name == "🦊 שלום"


def test_an_order_without_an_address_is_still_an_order(read):
    blank = dict.fromkeys(
        ("ShippingFirstName", "ShippingLastName", "ShippingAddressLine1", "ShippingCity", "ShippingCountry")
    )
    assert read(**blank).ship_to.missing_parts() == ("name or company", "line1", "city", "country")


def test_notes_bear_labels_and_tags_are_split(read):
    order = read(PublicNotes="ring twice", SpecialInstructions="back door", OrderTags="vip, fragile ,,")
    assert order.notes == "Public notes: ring twice\nSpecial instructions: back door"
    assert order.tags == ("vip", "fragile")


def test_the_settings_say_which_notes_the_warehouse_gets(read):
    notes = {"PublicNotes": "ring twice", "PrivateNotes": "bad payer", "FlagDescription": "call first"}
    assert read({"notes": ["flag", "public"]}, **notes).notes == "Flag: call first\nPublic notes: ring twice"
    assert read({"notes": []}, **notes).notes == ""


@pytest.mark.parametrize(
    ("number", "flag"), [(0, ""), (-9999, ""), (None, ""), (1, "RedFlag"), (-1, "ExclamationPoint"), (77, "77")]
)
def test_flags_get_their_word(read, number, flag):
    assert read(FlagID=number).flag == flag


def test_custom_fields_are_kept_by_their_id(read):
    fields = [{"FieldID": 3, "Value": "a"}, {"FieldID": 4, "Value": None}, {"FieldID": 5, "Value": 7}]
    assert read(CustomFields=fields).custom_fields == {"3": "a", "4": "", "5": "7"}


def test_an_order_does_not_tell_whether_it_bears_our_export_mark(read):
    assert read().acknowledged is None
    assert read(Exports=[{"ApplicationID": 5}]).acknowledged is None, "the number tells nobody whose mark it is"


def test_an_order_of_a_profile_that_was_not_asked_for_is_never_read(read):
    assert read({"profile_ids": [12345678]}).profile == "12345678"
    for profile, words in ((5, "profile 5, which `profile_ids` does not name"), (None, "it names no profile")):
        with pytest.raises(Unreadable, match=words):
            read({"profile_ids": [12345678]}, ProfileID=profile)


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"checkout_status": ["Completed"]}, {"CheckoutStatus": "CompletedOffline"}),
        ({"shipping_status": ["Unshipped"]}, {"ShippingStatus": "PartiallyShipped"}),
        ({"flag_ids": [0]}, {"FlagID": 1}),
        ({"tags_none": ["dropship"]}, {"OrderTags": "vip,DropShip"}),
        ({"tags_any": ["ours"]}, {"OrderTags": None}),
    ],
)
def test_what_the_settings_do_not_want_is_not_ready_wherever_it_comes_from(read, settings, fields):
    assert read(**fields).status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED)
    order = read(settings, **fields)
    assert order.status is OrderStatus.PENDING
    assert order.source_status["not wanted"]


def test_a_payment_that_the_settings_do_not_want_is_awaited(read):
    assert read(PaymentStatus="Deposited").payment is PaymentStatus.PENDING
    assert read({"payment_status": ["Deposited"]}, PaymentStatus="Deposited").payment is PaymentStatus.PAID


@pytest.mark.parametrize(
    ("setting", "site_order_id", "number"),
    [
        ("site_order_id", "M-1", "M-1"),
        ("site_order_id", None, "555000111"),
        ("site_order_id", "", "555000111"),
        ("id", "M-1", "555000111"),
    ],
)
def test_number_follows_the_setting_and_falls_back_to_the_id(read, setting, site_order_id, number):
    assert read({"order_number": setting}, SiteOrderID=site_order_id).number == number


@pytest.mark.parametrize(
    ("checkout", "shipping", "status"),
    [
        ("Completed", "Unshipped", OrderStatus.OPEN),
        ("CompletedOffline", "PendingShipment", OrderStatus.OPEN),
        ("NotVisited", "Unshipped", OrderStatus.PENDING),
        ("OnHold", "Unshipped", OrderStatus.PENDING),
        ("Completed", "PartiallyShipped", OrderStatus.PARTIALLY_SHIPPED),
        ("OnHold", "PartiallyShipped", OrderStatus.PENDING),
        ("SomethingNew", "PartiallyShipped", OrderStatus.UNKNOWN),
        ("OnHold", "Shipped", OrderStatus.SHIPPED),
        ("Completed", "Shipped", OrderStatus.SHIPPED),
        ("Completed", "Canceled", OrderStatus.CANCELLED),
        ("Disabled", "Unshipped", OrderStatus.CANCELLED),
        ("Disabled", "SomethingNew", OrderStatus.CANCELLED),
        ("Completed", "SomethingNew", OrderStatus.UNKNOWN),
        ("SomethingNew", "Unshipped", OrderStatus.UNKNOWN),
        (None, None, OrderStatus.UNKNOWN),
    ],
)
def test_status_is_read_from_checkout_and_shipping_together(read, checkout, shipping, status):
    order = read(CheckoutStatus=checkout, ShippingStatus=shipping)
    assert order.status is status
    assert (order.source_status["checkout"], order.source_status["shipping"]) == (checkout or "", shipping or "")


def test_the_rest_of_an_order_on_hold_does_not_leave_whatever_the_settings_ask_for(read):
    order = read({"checkout_status": []}, CheckoutStatus="OnHold", ShippingStatus="PartiallyShipped")
    assert order.status is OrderStatus.PENDING


@pytest.mark.parametrize(
    ("word", "payment"),
    [
        ("Cleared", PaymentStatus.PAID),
        ("Deposited", PaymentStatus.PAID),
        ("Submitted", PaymentStatus.PENDING),
        ("NotYetSubmitted", PaymentStatus.PENDING),
        ("Failed", PaymentStatus.FAILED),
        ("PaidInShells", PaymentStatus.UNKNOWN),
    ],
)
def test_payment_words_have_a_meaning_or_none(read, word, payment):
    order = read({"payment_status": []}, PaymentStatus=word)
    assert order.payment is payment
    assert order.source_status["payment"] == word


@pytest.mark.parametrize(
    ("rollup", "shipping", "managed"),
    [
        ("SellerManaged", "Unshipped", ManagedBy.SELLER),
        ("ExternallyManaged", "Unshipped", ManagedBy.EXTERNAL),
        ("SellerManaged", "ThirdPartyManaged", ManagedBy.EXTERNAL),
        ("NewRollup", "Unshipped", ManagedBy.UNKNOWN),
        (None, "Unshipped", ManagedBy.UNKNOWN),
    ],
)
def test_who_ships_is_known_or_said_to_be_unknown(read, ca, rollup, shipping, managed):
    ours = [ca.fulfillment(1, 1, [(7001, 2), (7002, 2)])]
    assert read(DistributionCenterTypeRollup=rollup, ShippingStatus=shipping, Fulfillments=ours).managed_by is managed


def test_lines_keep_their_id_product_price_and_gift_texts(read, ca):
    order = read(
        Items=[ca.line(1, "A", 3, UnitPrice=0.1234567, GiftMessage="for you", GiftNotes="red paper")], Fulfillments=[]
    )
    (line,) = order.lines
    assert (line.external_id, line.sku, line.quantity, line.product_id) == ("1", "A", 3, "2001")
    assert line.unit_price == Money(amount=Decimal("0.1234567"), currency="USD")
    assert (line.gift_message, line.gift_notes) == ("for you", "red paper")


def test_one_sku_on_two_lines_stays_two_lines(read, ca):
    order = read(Items=[ca.line(1, "A", 1), ca.line(2, "A", 1)], Fulfillments=[])
    assert [(line.external_id, line.sku) for line in order.lines] == [("1", "A"), ("2", "A")]


def test_an_alias_product_goes_by_the_sku_it_refers_to(read, ca):
    items = [ca.line(1, "A-ALIAS", 1, ReferenceSku="A", BundleComponents=[ca.part("B-ALIAS", 5, 1, ReferenceSku="B")])]
    (line,) = read(Items=items, Fulfillments=[]).lines
    assert (line.sku, line.components[0].sku) == ("A", "B")


@pytest.mark.parametrize("price", ["93.951234567890123456", "12345678901234567.89", "1234567890123456789", "1E25"])
def test_amounts_with_more_digits_than_a_float_keeps_are_exact(read, ca, ca_settings, price):
    data = ca.record().data.replace(b"93.95", price.encode())
    total = read_order(Record("555000111", data), ca_settings()).total
    assert total is not None
    assert total.amount == Decimal(price)


def test_an_amount_without_a_currency_is_no_money(read):
    order = read(Currency=None)
    assert order.total is None
    assert order.lines[0].unit_price is None


def test_components_are_counted_for_one_bundle(read):
    bundle = read().lines[1]
    assert [(part.sku, part.quantity, part.external_id) for part in bundle.components] == [
        ("SKU-C", 1, "9103"),
        ("SKU-D", 2, "9104"),
    ]


def test_components_may_already_be_counted_for_one_bundle(read):
    bundle = read({"bundle_component_quantity": "per_bundle"}).lines[1]
    assert [part.quantity for part in bundle.components] == [2, 4]


def test_allocations_follow_the_fulfillments(read):
    assert read({"externally_managed_centers": []}).allocations == (
        Allocation(line_id="7001", distribution_center="1", quantity=1, reference="8001"),
        Allocation(line_id="7002", distribution_center="1", quantity=2, reference="8001"),
        Allocation(line_id="7001", distribution_center="-2", quantity=1, reference="8002"),
    )


def test_distribution_centre_zero_is_a_place_like_any_other(read, ca):
    order = read(Fulfillments=[ca.fulfillment(1, 0, [(7001, 2)])])
    assert [part.distribution_center for part in order.allocations] == ["0"]


@pytest.mark.parametrize(
    ("fields", "shipped"),
    [
        ({}, False),
        ({"DeliveryStatus": "PickAndPack"}, False),
        ({"DeliveryStatus": "Complete"}, True),
        ({"DeliveryStatus": "InTransit"}, True),
        ({"ShippedDateUtc": "2024-05-02T00:00:00Z"}, True),
    ],
)
def test_what_the_cart_counts_as_gone_is_marked(read, ca, fields, shipped):
    order = read(Fulfillments=[ca.fulfillment(1, 1, [(7001, 2)], **fields)])
    assert [part.shipped for part in order.allocations] == [shipped]


def test_cancelled_fulfillments_and_empty_rows_ask_for_nothing(read, ca):
    cancelled = ca.fulfillment(1, 1, [(7001, 2)], DeliveryStatus="Canceled")
    order = read(Fulfillments=[cancelled, ca.fulfillment(2, 1, [(7001, 0), (7002, 2)])])
    assert [part.line_id for part in order.allocations] == ["7002"]


def test_rows_that_name_components_beside_the_bundle_are_passed_over(read, ca):
    fulfillment = ca.fulfillment(1, 1, [(7002, 2)])
    fulfillment["Items"].append({"ID": 99, "OrderItemID": 7002, "ProductID": 9103, "Quantity": 2})
    assert [(part.line_id, part.quantity) for part in read(Fulfillments=[fulfillment]).allocations] == [("7002", 2)]


def test_a_bundle_of_which_only_components_are_allocated_is_not_lost_in_silence(read, ca):
    fulfillment = ca.fulfillment(1, 1, [])
    fulfillment["Items"].append({"ID": 99, "OrderItemID": 7002, "ProductID": 9103, "Quantity": 2})
    assert "line 7002 is a bundle" in refusal(read, Fulfillments=[fulfillment])
    whole_elsewhere = ca.fulfillment(2, 1, [(7002, 1)])
    assert "fulfillment 1 holds only components" in refusal(read, Fulfillments=[fulfillment, whole_elsewhere])


def test_unreadable_orders_say_which_part_and_why(read, ca):
    line, part, fulfillment = ca.line, ca.part, ca.fulfillment
    cases = {
        "it has no lines": {"Items": []},
        "line 1 (A) has the quantity 0": {"Items": [line(1, "A", 0)]},
        "line 1 (A) has the quantity -2": {"Items": [line(1, "A", -2)]},
        "line 1 stands in it twice": {"Items": [line(1, "A", 1), line(1, "B", 1)]},
        "line 1 has no SKU": {"Items": [line(1, "", 1)]},
        "component 5 of line 1 has no SKU": {"Items": [line(1, "K", 1, BundleComponents=[part("", 5, 1)])]},
        "quantity 3, which does not make whole bundles of the line's quantity 2": {
            "Items": [line(1, "K", 2, BundleComponents=[part("C", 5, 3)])]
        },
        "component C of line 1 has the quantity 0; it should be at least 1": {
            "Items": [line(1, "K", 2, BundleComponents=[part("C", 5, 0)])]
        },
        "component D of line 1 has the quantity 3, which": {
            "Items": [line(1, "K", 2, BundleComponents=[part(None, 5, 3, ReferenceSku="D")])]
        },
        "line 1 (K) is a bundle, and it is not told what it is made of": {
            "Items": [line(1, "K", 2, IsBundle=True, BundleComponents=None)]
        },
        "fulfillment 1 holds a row without OrderItemID": {
            "Fulfillments": [fulfillment(1, 1, []) | {"Items": [{"ID": 5, "Quantity": 1}]}]
        },
        "line 7001 has the quantity 2, but its fulfillments hold 3": {"Fulfillments": [fulfillment(1, 1, [(7001, 3)])]},
        "fulfillment 1 holds line 4, which the order does not have": {"Fulfillments": [fulfillment(1, 1, [(4, 1)])]},
        "fulfillment 1 holds -1 of line 7001": {"Fulfillments": [fulfillment(1, 1, [(7001, -1)])]},
        "CreatedDateUtc: Input should have timezone info": {"CreatedDateUtc": "2024-05-01T12:00:00"},
        "Items.0.Quantity: Input should be a valid integer": {"Items": [line(1, "A", None)]},
    }
    for reason, fields in cases.items():
        sentence = refusal(read, **fields)
        assert sentence.startswith("ChannelAdvisor order 555000111 cannot be read: ")
        assert reason in sentence


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("order", ["Items", "Fulfillments", "Adjustments", "CustomFields"]),
        ("line", ["BundleComponents", "Adjustments"]),
        ("fulfillment", ["Items"]),
    ],
)
def test_a_collection_cut_short_never_loses_rows(read, ca, place, names):
    for name in names:
        order = ca.order()
        owner = {"order": order, "line": order["Items"][1], "fulfillment": order["Fulfillments"][0]}[place]
        owner[f"{name}@odata.nextLink"] = f"https://api.channeladvisor.com/v1/Orders(555000111)/{name}?$skip=20"
        assert "only the first rows" in refusal(read, **order)


@pytest.mark.parametrize("data", [b"[]", b'"text"', b"7", b"{", b"", b"\xff", b"null", b'{"ID":1,"Items":[{"ID":7'])
def test_what_is_no_order_is_unreadable(ca_settings, data):
    with pytest.raises(Unreadable, match="ChannelAdvisor order x cannot be read"):
        read_order(Record("x", data), ca_settings())


def test_a_refusal_does_not_repeat_what_the_buyer_wrote(read):
    sentence = refusal(read, ShippingFirstName=["secret life"], DeliverByDateUtc="1 Buyer Road")
    assert "ShippingFirstName" in sentence
    assert "secret life" not in sentence
    assert "1 Buyer Road" not in sentence


def test_ten_thousand_lines_are_read(ca, ca_settings):
    items = [ca.line(n, f"SKU-{n}", 1) for n in range(1, 10_001)]
    record = Record("1", json.dumps(ca.order(Items=items, Fulfillments=[])).encode())
    assert len(read_order(record, ca_settings()).lines) == 10_000


def test_moments_at_the_edge_of_the_calendar_are_refused_as_unreadable(read):
    assert "lies outside the calendar" in refusal(read, DeliverByDateUtc="9999-12-31T23:59:59-14:00")


NEVER_SET = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", ""]


@pytest.mark.parametrize("never", [*NEVER_SET, None])
def test_the_date_that_stands_for_none_is_none(read, ca, never):
    order = read(
        UpdatedDateUtc=never,
        DeliverByDateUtc=never,
        Fulfillments=[ca.fulfillment(1, 1, [(7001, 2), (7002, 2)], ShippedDateUtc=never)],
    )
    assert (order.updated_at, order.deliver_by) == (None, None)
    assert {part.shipped for part in order.allocations} == {False}


def test_every_order_was_placed_at_some_time(read):
    for never in (*NEVER_SET, None):
        assert "CreatedDateUtc" in refusal(read, CreatedDateUtc=never)


@pytest.mark.parametrize("no_date", ["x", " ", 3, 3.5, "1714567890", True, {}, "2024-02-30"])
def test_what_is_no_date_is_refused_and_never_taken_for_one(read, ca, no_date):
    for name in ("CreatedDateUtc", "UpdatedDateUtc", "DeliverByDateUtc"):
        assert name in refusal(read, **{name: no_date})
    part = ca.fulfillment(1, 1, [(7001, 2), (7002, 2)], ShippedDateUtc=no_date)
    assert "Fulfillments.0.ShippedDateUtc" in refusal(read, Fulfillments=[part])


@pytest.mark.parametrize("shipped", ["2024-05-02T00:00:00.1234567Z", "2024-05-02T00:00:00", "2024-05-02"])
def test_a_date_of_shipping_may_be_written_in_any_way(read, ca, shipped):
    part = ca.fulfillment(1, 1, [(7001, 2), (7002, 2)], ShippedDateUtc=shipped)
    assert {one.shipped for one in read(Fulfillments=[part]).allocations} == {True}


@pytest.mark.parametrize("wrong", [-1, 0, True, "7001", 7001.5])
def test_keys_are_positive_whole_numbers(read, ca, wrong):
    rows = [(7001, 2), (7002, 2)]
    component = ca.part("C", 9103, 2) | {"ProductID": wrong}
    assert "ID" in refusal(read, ID=wrong)
    assert "ProfileID" in refusal(read, ProfileID=wrong)
    assert "Items.0.ID" in refusal(read, Items=[ca.line(7001, "A", 2) | {"ID": wrong}])
    assert "ProductID" in refusal(read, Items=[ca.line(7001, "A", 2, BundleComponents=[component])])
    assert "Fulfillments.0.ID" in refusal(read, Fulfillments=[ca.fulfillment(1, 1, rows) | {"ID": wrong}])
    row = {"ID": 5, "OrderItemID": wrong, "Quantity": 1}
    assert "OrderItemID" in refusal(read, Fulfillments=[ca.fulfillment(1, 1, rows) | {"Items": [row]}])


def test_a_truth_value_is_no_number(read, ca):
    rows = [(7001, 2), (7002, 2)]
    assert "Items.0.Quantity" in refusal(read, Items=[ca.line(7001, "A", True)])
    assert "FlagID" in refusal(read, FlagID=True)
    assert "DistributionCenterID" in refusal(read, Fulfillments=[ca.fulfillment(1, True, rows)])
    assert "Items.1.Quantity" in refusal(read, Fulfillments=[ca.fulfillment(1, 1, [(7001, 2), (7002, True)])])
    one = ca.part("C", 9103, True)
    assert "Quantity" in refusal(read, Items=[ca.line(7001, "A", 1, BundleComponents=[one])])


def test_a_bundle_may_be_told_to_have_no_components(read, ca):
    lines = [ca.line(7001, "A", 2, IsBundle=True), ca.line(7002, "B", 2, IsBundle=False, BundleComponents=None)]
    parts = [ca.fulfillment(1, 1, [(7001, 2), (7002, 2)])]
    assert [line.components for line in read(Items=lines, Fulfillments=parts).lines] == [(), ()]
