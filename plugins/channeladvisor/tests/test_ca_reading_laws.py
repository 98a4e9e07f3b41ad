"""Laws of the translation: total, conserving, exact, deterministic, open to new words."""

import json
from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import ManagedBy, Order, OrderStatus, PaymentStatus
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
