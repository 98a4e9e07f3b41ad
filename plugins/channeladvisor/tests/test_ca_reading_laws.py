"""Laws of the translation: total, conserving, exact, deterministic, open to new words."""

import json
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import AdjustmentKind, ManagedBy, Order, OrderStatus, PaymentStatus
from crossdock_channeladvisor.orders.reading import read_order
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.statuses import CHECKOUT, PAYMENT, SHIPPING

SETTINGS = ChannelAdvisorSettings.model_validate({"application_id": "a", "shared_secret": "b", "refresh_token": "c"})
PER_BUNDLE = SETTINGS.model_copy(update={"bundle_component_quantity": "per_bundle"})

words = st.none() | st.text(max_size=12)
ids = st.integers(1, 2**63 - 1)
few = st.integers(1, 5)
amounts = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda amount: abs(amount.adjusted()) < 200)
moments = st.datetimes().map(lambda when: when.isoformat() + "Z") | st.just("2024-05-01T12:41:09.5733333Z")


def as_json(document) -> bytes:
    """JSON in which decimals are written in full, as numbers."""
    numbers: list[str] = []

    def placed(amount: Decimal) -> str:
        numbers.append(str(amount))
        return f"@{len(numbers) - 1}@"

    text = json.dumps(document, default=placed)
    for n, number in enumerate(numbers):
        text = text.replace(f'"@{n}@"', number)
    return text.encode()


def record(document) -> Record:
    return Record("7", as_json(document))


def documents(required, optional):
    return st.fixed_dictionaries(required, optional=optional)


quantities = st.integers(-3, 12)
adjustments = documents(
    {},
    {
        "ID": st.none() | ids,
        "Type": st.sampled_from(["Cancellation", "Refund", "Dispute", None]),
        "Quantity": st.none() | quantities,
        "CreatedSource": st.sampled_from(["Channel", "Api", None]) | words,
        "RequestStatus": words,
        "SellerAdjustmentID": words | ids,
    },
)
custom_fields = documents({"FieldID": few}, {"Value": words | st.integers()})
some_adjustments = st.none() | st.lists(adjustments, max_size=2)
parts = documents({"ProductID": st.integers(1, 6), "Quantity": quantities}, {"Sku": words, "ReferenceSku": words})
rows = documents({"Quantity": quantities}, {"OrderItemID": st.none() | few, "ProductID": st.none() | st.integers(1, 6)})
lines = documents(
    {"ID": few, "Quantity": quantities},
    {
        "ProductID": st.none() | st.integers(1, 6),
        "Sku": words,
        "ReferenceSku": words,
        "UnitPrice": st.none() | amounts,
        "BundleComponents": st.none() | st.lists(parts, max_size=3),
        "BundleComponents@odata.nextLink": st.none() | st.just("more"),
        "GiftMessage": words,
        "GiftNotes": words,
        "Adjustments": some_adjustments,
    },
)
fulfillments = documents(
    {"ID": few, "DistributionCenterID": st.integers(-3, 3)},
    {
        "DeliveryStatus": words | st.sampled_from(["NoChange", "Complete", "Canceled", "ThirdPartyManaged"]),
        "ExternalFulfillmentStatus": words | st.just("New"),
        "ExternalFulfillmentNumber": words,
        "ShippedDateUtc": st.none() | moments,
        "Items": st.none() | st.lists(rows, max_size=3),
    },
)
allowed_orders = documents(
    {"ID": ids, "CreatedDateUtc": moments},
    {
        "ProfileID": st.none() | ids,
        "SiteOrderID": words,
        "Currency": words,
        "TotalPrice": st.none() | amounts,
        "UpdatedDateUtc": st.none() | moments,
        "PaymentStatus": words,
        "ShippingStatus": words,
        "CheckoutStatus": words,
        "DistributionCenterTypeRollup": words | st.sampled_from(["SellerManaged", "ExternallyManaged", "Mixed"]),
        "OrderTags": words,
        "FlagID": st.none() | st.integers(-3, 9),
        "FlagDescription": words,
        "PublicNotes": words,
        "Adjustments": some_adjustments,
        "CustomFields": st.none() | st.lists(custom_fields, max_size=2),
        "ShippingFirstName": words,
        "Items": st.none() | st.lists(lines, max_size=3),
        "Fulfillments": st.none() | st.lists(fulfillments, max_size=3),
    },
)


@st.composite
def sound_orders(draw):
    """Orders in which every line is wholly allocated, in parts, to several fulfillments."""
    items, rows_of = [], {1: [], 2: [], 3: []}
    for id_ in draw(st.lists(ids, min_size=1, max_size=4, unique=True)):
        per_bundle = draw(st.lists(few, max_size=3))
        shares = draw(st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any))
        quantity = sum(shares)
        components = [{"ProductID": n + 1, "Sku": f"C{n}", "Quantity": q * quantity} for n, q in enumerate(per_bundle)]
        price = draw(amounts)
        items.append({"ID": id_, "Sku": "A", "Quantity": quantity, "UnitPrice": price, "BundleComponents": components})
        for place, share in zip(rows_of, shares, strict=True):
            rows_of[place].append({"OrderItemID": id_, "Quantity": share})
    parts_ = [{"ID": n, "DistributionCenterID": n - 2, "Items": held} for n, held in rows_of.items()]
    head = {"ID": draw(ids), "CreatedDateUtc": "2024-05-01T12:00:00Z", "Currency": "USD", "TotalPrice": draw(amounts)}
    return head | {"Items": items, "Fulfillments": parts_}


claim_settings = st.builds(
    lambda claim, external, ours: SETTINGS.model_copy(
        update={"claim": claim, "externally_managed_centers": external, "distribution_centers": ours}
    ),
    st.sampled_from(["export_mark", "fulfillment"]),
    st.lists(st.integers(-3, 0), max_size=2),
    st.lists(st.integers(1, 3), max_size=2),
)


def is_theirs(part, settings):
    center, ours = part["DistributionCenterID"], settings.distribution_centers
    by_center = center in settings.externally_managed_centers or (bool(ours) and center not in ours)
    return by_center or part.get("DeliveryStatus") == "ThirdPartyManaged"


def centers_of_ours(document, settings):
    parts = document.get("Fulfillments") or ()
    return {str(part["DistributionCenterID"]) for part in parts if not is_theirs(part, settings)}


def live(document):
    return [part for part in document.get("Fulfillments") or () if part.get("DeliveryStatus") != "Canceled"]


def holds(part):
    return any(row["Quantity"] for row in part.get("Items") or ())


def outcome(data: bytes) -> Order | str:
    try:
        return read_order(Record("7", data), SETTINGS)
    except Unreadable as refused:
        return str(refused)


@given(allowed_orders)
def test_any_order_the_vendor_allows_is_read_or_refused_in_a_sentence(document):
    assert outcome(as_json(document))


@given(
    st.binary(max_size=80)
    | st.recursive(st.none() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(as_json)
)
def test_whatever_bytes_come_they_are_read_or_refused(data):
    assert isinstance(outcome(data), str)


@given(sound_orders(), st.data())
def test_a_broken_field_is_refused_and_nothing_else_happens(document, data):
    owner = data.draw(st.sampled_from([document, *document["Items"], *document["Fulfillments"]]))
    owner[data.draw(st.sampled_from(sorted(owner)))] = data.draw(
        st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.just([{}]) | st.just({}) | st.just([7])
    )
    assert outcome(as_json(document))


@given(sound_orders())
def test_every_piece_sold_is_allocated_exactly_once(document):
    order = read_order(record(document), SETTINGS)
    allocated = Counter[str]()
    for allocation in order.allocations:
        allocated[allocation.line_id] += allocation.quantity
    assert allocated == {line.external_id: line.quantity for line in order.lines}


@given(sound_orders() | allowed_orders, claim_settings)
def test_nothing_of_others_and_no_more_than_was_sold_is_ever_ours(document, settings):
    try:
        order = read_order(record(document), settings)
    except Unreadable:
        return
    assert {part.distribution_center for part in order.allocations} <= centers_of_ours(document, settings)
    allocated = Counter[str]()
    for allocation in order.allocations:
        allocated[allocation.line_id] += allocation.quantity
    assert all(allocated[line.external_id] <= line.quantity for line in order.lines)
    # An engine takes an order without allocations for one that is ours as a whole, so this one must say that it is not.
    if not order.allocations and any(is_theirs(part, settings) and holds(part) for part in live(document)):
        assert order.managed_by is ManagedBy.EXTERNAL


def shared_out(order, *, shipped=True):
    """By line, the units in the order's allocations."""
    units = Counter[str]()
    for part in order.allocations:
        units[part.line_id] += part.quantity if shipped or not part.shipped else 0
    return units


def cancelled(order, line):
    """Units of a line that are cancelled, as far as nobody has refused it."""
    kinds = AdjustmentKind.CANCELLATION
    rows = [one for one in order.adjustments if one.kind is kinds and not one.refused]
    units = [one.quantity for one in rows if one.line_id in ("", line.external_id)]
    return min(sum(line.quantity if quantity is None else quantity for quantity in units), line.quantity)


def void_units(document, line):
    parts = [part for part in document["Fulfillments"] if part.get("DeliveryStatus") == "Canceled"]
    rows = [row for part in parts for row in part["Items"] if str(row["OrderItemID"]) == line.external_id]
    return sum(row["Quantity"] for row in rows)


@st.composite
def orders_under_way(draw):
    """Orders of which some units are lost, some cancelled, some gone, and some lie in cancelled fulfillments."""
    document = draw(sound_orders())
    document |= {
        "CheckoutStatus": "Completed",
        "PaymentStatus": "Cleared",
        "DistributionCenterTypeRollup": "SellerManaged",
    }
    document["ShippingStatus"] = draw(st.sampled_from(["Unshipped", "PartiallyShipped"]))
    for item in document["Items"]:
        item["Adjustments"] = draw(st.lists(cancellations, max_size=2))
    for part in document["Fulfillments"]:
        part["DistributionCenterID"] += 2
        part["DeliveryStatus"] = draw(st.sampled_from(["NoChange", "NoChange", "NoChange", "Complete", "Canceled"]))
        for row in part["Items"]:
            row["Quantity"] -= draw(st.sampled_from([0, 0, 0, 1])) if row["Quantity"] else 0
    return document


cancellations = documents(
    {"Type": st.sampled_from(["Cancellation", "Cancellation", "Refund"])},
    {
        "Quantity": st.none() | st.integers(0, 3),
        "CreatedSource": st.sampled_from(["Channel", "UserInterface", "Api", "System", None]),
        "RequestStatus": st.sampled_from(["SubmittedNotProcessed", "PostProcessingComplete", "Error"]),
    },
)


@given(orders_under_way())
def test_of_what_may_leave_every_unit_is_shared_out_cancelled_or_seen_to_be_missing(document):
    try:
        order = read_order(record(document), SETTINGS)
    except Unreadable:
        return
    if order.status not in (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED):
        return
    held, to_ship = shared_out(order), shared_out(order, shipped=False)
    for line in order.lines:
        gone = cancelled(order, line)
        if held[line.external_id]:  # the engine holds an order of which a line is shared out to nobody
            explained = max(gone, void_units(document, line))
            assert held[line.external_id] + explained >= line.quantity, "units are lost in silence"
        if to_ship[line.external_id]:
            assert held[line.external_id] + gone <= line.quantity, "what is cancelled is shipped"
    assert any(cancelled(order, line) < line.quantity for line in order.lines), "nothing is left of it"


@given(sound_orders(), st.sampled_from([[], None]))
def test_what_shows_no_fulfillments_is_ours_only_as_a_whole_that_nobody_has_begun(document, shown):
    plain = {
        "CheckoutStatus": "Completed",
        "ShippingStatus": "Unshipped",
        "DistributionCenterTypeRollup": "SellerManaged",
    }
    others = SETTINGS.model_copy(update={"externally_managed_centers": [-2, 7]})
    for change, settings in (
        ({}, others),
        ({}, SETTINGS.model_copy(update={"distribution_centers": [1]})),
        ({"ShippingStatus": "PartiallyShipped"}, SETTINGS),
        ({"DistributionCenterTypeRollup": "Mixed"}, SETTINGS),
    ):
        with pytest.raises(Unreadable, match="shows no fulfillments"):
            read_order(record(document | plain | {"Fulfillments": shown} | change), settings)


@given(sound_orders(), st.none() | st.text().filter(lambda word: not word.endswith("anaged") and word != "Mixed"))
def test_nobody_ships_an_order_of_which_it_is_not_known_whose_it_is(document, word):
    document |= {"CheckoutStatus": "Completed", "ShippingStatus": "Unshipped", "DistributionCenterTypeRollup": word}
    assert read_order(record(document), SETTINGS).status is OrderStatus.PENDING
    named = SETTINGS.model_copy(update={"distribution_centers": [-1, 0, 1], "externally_managed_centers": []})
    assert read_order(record(document), named).status is OrderStatus.OPEN


@given(sound_orders())
def test_components_of_all_bundles_make_the_vendors_total(document):
    order = read_order(record(document), SETTINGS)
    for item, line in zip(document["Items"], order.lines, strict=True):
        assert line.quantity == item["Quantity"]
        totals = [part.quantity * line.quantity for part in line.components]
        assert totals == [part["Quantity"] for part in item["BundleComponents"]]


@given(sound_orders())
def test_components_per_bundle_are_taken_as_they_are(document):
    order = read_order(record(document), PER_BUNDLE)
    for item, line in zip(document["Items"], order.lines, strict=True):
        assert [part.quantity for part in line.components] == [part["Quantity"] for part in item["BundleComponents"]]


def written_and_read(document):
    order = read_order(record(document), SETTINGS)
    written = [document["TotalPrice"], *(item["UnitPrice"] for item in document["Items"])]
    read = [order.total, *(line.unit_price for line in order.lines)]
    return [(amount, money.amount) for amount, money in zip(written, read, strict=True) if money]


@given(sound_orders())
def test_money_is_exact(document):
    pairs = written_and_read(document)
    assert len(pairs) == len(document["Items"]) + 1
    for written, read in pairs:
        long = len(written.normalize().as_tuple().digits) > 15
        assert abs(read - written) <= (abs(written) * Decimal("1.2E-16") if long else 0)


@given(sound_orders())
def test_keys_are_the_carts_keys(document):
    order = read_order(record(document), SETTINGS)
    assert order.external_id == str(document["ID"])
    assert [line.external_id for line in order.lines] == [str(item["ID"]) for item in document["Items"]]


@given(sound_orders(), st.text(min_size=1).filter(lambda word: word not in {*CHECKOUT, *PAYMENT, *SHIPPING}))
def test_words_nobody_knows_pass_through(document, word):
    names = ("CheckoutStatus", "PaymentStatus", "ShippingStatus", "DistributionCenterTypeRollup")
    order = read_order(record(document | dict.fromkeys(names, word)), SETTINGS)
    assert (order.payment, order.status) == (PaymentStatus.UNKNOWN, OrderStatus.UNKNOWN)
    assert order.managed_by in {ManagedBy.UNKNOWN, *(by for by in ManagedBy if word.endswith("Managed"))}
    assert {order.source_status[name] for name in ("checkout", "payment", "shipping", "managed")} == {word}


@given(sound_orders() | allowed_orders)
def test_the_same_bytes_give_the_same_outcome(document):
    assert outcome(as_json(document)) == outcome(as_json(document))
