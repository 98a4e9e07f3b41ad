"""The fulfillment target against a simulated tenant, over real sockets."""

import asyncio
import json
from datetime import timedelta

import pytest

from crossdock import (
    AcknowledgesRecords,
    AlreadyThere,
    ChecksConnection,
    FulfillmentTarget,
    HoldsOrders,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    ReceivesRecords,
    Rejected,
    TellsMovements,
    TellsPutaways,
    Unavailable,
    WithdrawsOrders,
)
from crossdock.domain import Address, RequestLine

CREATE = "/AddOrder$"
ROLE_AND_FEATURES = (
    FulfillmentTarget,
    AcknowledgesRecords,
    ChecksConnection,
    HoldsOrders,
    WithdrawsOrders,
    TellsMovements,
    TellsPutaways,
    ReceivesRecords,
)


def run(connection, use):
    """Open the connection, use the target, close it."""

    async def opened():
        async with connection as target:
            return await use(target)

    return asyncio.run(opened())


def shipments_of(page, target):
    return [shipment for record in page.records if (shipment := target.read_shipment(record))]


def test_an_order_arrives_once_with_all_its_lines(tenant, connected, a_request):
    receipt = run(connected(tenant), lambda target: target.submit_order(a_request()))
    order = tenant.order("1001")
    assert (order["key"], order["creates"], order["status"]) == ("cart/1001/1", 1, "Available")
    asked = [(line["host_id"], line["item"], line["requested"]) for line in order["lines"]]
    assert asked == [("L1", "SKU-0001", 2), ("L2", "SKU-0002", 1)]
    assert receipt.ref == "1"


def test_the_target_has_its_role_and_features(tenant, connected):
    async def look(target):
        return [role.__name__ for role in ROLE_AND_FEATURES if not isinstance(target, role)]

    assert run(connected(tenant), look) == []


@pytest.mark.parametrize("duplicate_answer", ["409", "200"])
def test_an_order_of_ours_that_is_there_is_a_success(tenant_with, connected, a_request, duplicate_answer):
    tenant = tenant_with(duplicate_answer=duplicate_answer)

    async def twice(target):
        first = await target.submit_order(a_request())
        with pytest.raises(AlreadyThere) as there:
            await target.submit_order(a_request())
        assert there.value.ref == first.ref

    run(connected(tenant), twice)
    assert tenant.order("1001")["creates"] == 1


@pytest.mark.parametrize("duplicate_answer", ["409", "200"])
def test_a_number_that_belongs_to_another_order_is_rejected(tenant_with, connected, a_request, duplicate_answer):
    tenant = tenant_with(duplicate_answer=duplicate_answer)

    async def collide(target):
        await target.submit_order(a_request(key="cart/A"))
        for ask in (target.submit_order, target.find_order):
            with pytest.raises(Rejected, match=r"order number 1001 belongs to another order.*cart/A.*cart/B") as no:
                await ask(a_request(key="cart/B", lines={"SKU-0001": 1}, ship_to=Address(name="Bo Ek")))
            assert "it has 2 lines, ours 1, it goes to somebody else" in str(no.value)
            assert "Ann" not in str(no.value)

    run(connected(tenant), collide)
    assert tenant.order("1001")["key"] == "cart/A"


def test_a_lost_reply_never_creates_twice(tenant, connected, a_request):
    tenant.faults(rates={"lost_reply": 1}, only_paths=CREATE, max_faults=1)

    async def lose_and_look(target):
        with pytest.raises(OutcomeUnknown):
            await target.submit_order(a_request())
        return await target.find_order(a_request())

    assert run(connected(tenant), lose_and_look).ref == "1"
    assert tenant.order("1001")["creates"] == 1


def test_a_request_that_never_arrived_is_not_found(tenant, connected, a_request):
    tenant.faults(rates={"dropped": 1}, only_paths=CREATE, max_faults=1)

    async def lose_and_look(target):
        with pytest.raises(OutcomeUnknown):
            await target.submit_order(a_request())
        return await target.find_order(a_request())

    assert run(connected(tenant), lose_and_look) is None


def test_a_page_of_html_instead_of_an_answer_leaves_the_outcome_open(tenant, connected, a_request):
    tenant.faults(rates={"html": 1}, only_paths=CREATE, max_faults=1)
    with pytest.raises(OutcomeUnknown, match="1001"):
        run(connected(tenant), lambda target: target.submit_order(a_request()))


@pytest.mark.parametrize("fault", ["html", "truncated"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda target, known, new: target.find_order(known),
        lambda target, known, new: target.fetch_shipments(None),
        lambda target, known, new: target.submit_order(new),
        lambda target, known, new: target.check(),
    ],
    ids=["find_order", "fetch_shipments", "submit_order", "check"],
)
def test_a_read_that_gives_no_json_is_tried_again_later(tenant, connected, clock, a_request, fault, ask):
    async def create_and_ask(target):
        await target.submit_order(a_request())
        tenant.shift()
        clock.forward(timedelta(minutes=1))
        tenant.faults(rates={fault: 1}, only_paths="/Get")
        with pytest.raises(Unavailable, match="WarehouseOS answered"):
            await ask(target, a_request(), a_request("1002", lines={"SKU-9": 1}))

    run(connected(tenant), create_and_ask)


def test_an_order_without_sku_never_leaves(tenant, connected, a_request):
    line = RequestLine(id="L9", order_line_id="9", sku=" ", quantity=1)
    with pytest.raises(Rejected, match="L9 has no SKU"):
        run(connected(tenant), lambda target: target.submit_order(a_request().model_copy(update={"lines": (line,)})))
    assert tenant.truth()["orders"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": ""}, r"^order 1001: the request has no number"),
        ({"number": "  "}, r"^order 1001: the request has no number"),
        ({"key": " "}, r"^order 1001: the request has no key"),
        ({"lines": ()}, r"^order 1001: there are no lines, and WarehouseOS skips"),
        ({"lines": [("", "A")]}, r"^order 1001: line 1 \(A\) has no id"),
        ({"lines": [("L1", "A"), (" ", "B")]}, r"^order 1001: line 2 \(B\) has no id"),
        ({"lines": [("L1", "A"), ("L1", "B"), ("L2", "C")]}, r"^order 1001: 2 lines have the id 'L1'"),
        ({"lines": [("L1", " "), ("", "")]}, r"^order 1001: line L1 has no SKU, line 2 has no SKU, and"),
    ],
)
def test_what_would_not_be_known_again_never_leaves(tenant, connected, a_request, changes, words):
    lines = changes.pop("lines", [("L1", "A")])
    asked = tuple(RequestLine(id=id_, order_line_id="9", sku=sku, quantity=1) for id_, sku in lines)
    request = a_request().model_copy(update={"lines": asked, **changes})
    with pytest.raises(Rejected, match=words):
        run(connected(tenant), lambda target: target.submit_order(request))
    assert tenant.truth()["orders"] == []


def test_an_unknown_sku_never_becomes_an_item(tenant_with, connected, a_request):
    tenant = tenant_with(create_unknown_items=True)
    with pytest.raises(Rejected, match=r"SKU SKU-00001 is not an item in WarehouseOS.*did you mean SKU-0001"):
        run(connected(tenant), lambda target: target.submit_order(a_request(lines={"SKU-00001": 1})))
    assert tenant.truth()["orders"] == []
    assert "items created" not in tenant.truth()["counts"]


def test_an_item_added_later_is_found_without_asking_for_each_order(tenant, connected, clock, a_request):
    async def sell_before_and_after(target):
        for number in ("1", "2", "3"):
            with pytest.raises(Rejected):
                await target.submit_order(a_request(number, lines={"NEW": 1}))
        tenant.http.post("/_items", json=["NEW"])
        with pytest.raises(Rejected):
            await target.submit_order(a_request("4", lines={"NEW": 1}))
        clock.forward(timedelta(minutes=1))
        await target.submit_order(a_request("5", lines={"NEW": 1}))

    run(connected(tenant), sell_before_and_after)
    assert tenant.truth()["counts"]["GetItems"] == 4


def test_many_orders_at_once_read_the_items_once(tenant, connected, a_request):
    async def submit_all(target):
        await asyncio.gather(*(target.submit_order(a_request(str(number))) for number in range(40)))

    run(connected(tenant, item_page_size=150), submit_all)
    counts = tenant.truth()["counts"]
    assert (counts["AddOrder"], counts["GetItems"]) == (40, 4)


def test_a_list_of_items_that_pays_no_heed_to_pages_ends_or_needs_a_person(tenant_with, connected, a_request):
    tenant = tenant_with(items=["SKU-0001", "SKU-0002"], profile={"query": {"page": "ignored"}})
    run(connected(tenant, item_page_size=3), lambda target: target.submit_order(a_request()))
    with pytest.raises(NeedsConfig, match=r"profile\.query\.page"):
        run(connected(tenant, item_page_size=2), lambda target: target.submit_order(a_request("1002")))


def test_an_item_that_cannot_be_read_does_not_hide_the_others(tenant_with, connected, a_request):
    tenant = tenant_with(create_unknown_items=True)
    numbered_by_weight = {"item": {"number": "Weight"}}
    items = {"Items": [{"ItemNumber": "BALL", "Weight": 7}]}
    request = a_request(lines={"7": 1})
    with pytest.raises(Unavailable, match="the list of items"):
        run(connected(tenant, profile=numbered_by_weight), lambda target: target.submit_order(request))
    tenant.http.post("/api/ItemApi/AddOrUpdateMultipleItems", json=items).raise_for_status()
    run(connected(tenant, profile=numbered_by_weight), lambda target: target.submit_order(request))
    assert tenant.order("1001")["creates"] == 1


def test_without_resolving_the_warehouse_decides_about_skus(tenant, connected, a_request):
    request = a_request(lines={"NEW": 1})
    with pytest.raises(Rejected, match="Item NEW does not exist"):
        run(connected(tenant, resolve_skus="off"), lambda target: target.submit_order(request))
    assert "GetItems" not in tenant.truth()["counts"]


def test_a_refusal_comes_in_the_words_of_the_warehouse(tenant_with, connected, a_request):
    tenant = tenant_with(areas=["EAST"])
    with pytest.raises(Rejected, match="Area 'NORTH' does not exist"):
        run(connected(tenant), lambda target: target.submit_order(a_request(area="NORTH")))


def test_a_wrong_key_needs_a_person(tenant, connected, a_request):
    with pytest.raises(NeedsAuth) as refused:
        run(connected(tenant, api_key="wrong-key"), lambda target: target.submit_order(a_request()))
    assert "wrong-key" not in str(refused.value)


def test_a_wrong_header_name_needs_a_person(tenant, connected):
    profile = {"auth": {"key_header": "X-Other"}}
    with pytest.raises(NeedsAuth):
        run(connected(tenant, profile=profile), lambda target: target.check())


@pytest.mark.parametrize(
    ("entry", "ask"),
    [
        ("list_items", lambda target: target.check()),
        ("get_messages", lambda target: target.fetch_shipments(None)),
        ("acknowledge_messages", lambda target: target.acknowledge_records(["M1"])),
    ],
)
def test_a_wrong_path_is_named_by_its_entry_in_the_profile(tenant, connected, entry, ask):
    with pytest.raises(NeedsConfig, match=rf"profile\.paths\.{entry}"):
        run(connected(tenant, profile={"paths": {entry: "/api/Nowhere"}}), ask)


def test_an_order_that_was_not_asked_for_is_not_taken_for_an_answer(tenant, connected, a_request):
    profile = {"paths": {"get_order": "/api/OrderApi/GetOrder?orderNumber=1001"}, "query": {"order_number": "nr"}}

    async def submit_and_look(target):
        await target.submit_order(a_request())
        with pytest.raises(NeedsConfig, match="asked for order 1002 and gave 1001"):
            await target.find_order(a_request("1002"))

    run(connected(tenant, profile=profile), submit_and_look)


def test_another_tenants_names_work_by_profile_alone(tenant_with, connected, a_request):
    profile = {
        "auth": {"key_header": "X-Token"},
        "paths": {"create_order": "/v2/orders", "get_messages": "/v2/messages"},
        "order": {"number": "OrdNo", "lines": "Rows", "id": "Id"},
        "line": {"quantity": "Qty"},
        "message": {"list": "Events", "body": "Data"},
        "triggers": {"box_closed": "Closed"},
        "work_line": {"quantity": "Packed"},
    }
    tenant = tenant_with(profile=profile)

    async def there_and_back(target):
        await target.submit_order(a_request())
        tenant.shift()
        return shipments_of(await target.fetch_shipments(None), target)

    (shipment,) = run(connected(tenant, profile=profile), there_and_back)
    assert sum(line.quantity for line in shipment.package.lines) == 3


async def collect(target):
    """Read the queue to its end: keep, acknowledge, ask again; gives every shipment as often as it came."""
    told = []
    more = True
    while more:
        page = await target.fetch_shipments(None)
        told += shipments_of(page, target)
        await target.acknowledge_records([record.id for record in page.records])
        more = page.more
    return told


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_comes_twice_or_in_no_order_is_the_same_fact(tenant_with, connected, a_request, seed):
    tenant = tenant_with(seed=seed, redeliver=0.5, shuffle=True)

    async def sell_and_collect(target):
        for number in range(30):
            await target.submit_order(a_request(str(number)))
        tenant.shift(seed=seed, split_boxes=0.5)
        told = []
        while tenant.truth()["queue"]:
            told += await collect(target)
        return told

    told = run(connected(tenant, queue_page_size=7), sell_and_collect)
    facts = {shipment.external_id: shipment for shipment in told}
    assert len(told) > len(facts)
    assert all(facts[shipment.external_id] == shipment for shipment in told)
    boxes = [box["number"] for order in tenant.truth()["orders"] for box in order["boxes"]]
    assert sorted(fact.rpartition("/")[2] for fact in facts) == sorted(boxes)


def test_messages_stay_until_they_are_acknowledged(tenant, connected, a_request):
    async def read_twice(target):
        await target.submit_order(a_request())
        tenant.shift()
        first, again = await target.fetch_shipments(None), await target.fetch_shipments(None)
        assert first.records == again.records
        ids = [record.id for record in first.records]
        for _ in range(2):
            await target.acknowledge_records(ids)
        return await target.fetch_shipments(None)

    assert run(connected(tenant), read_twice).records == ()


def test_messages_without_id_are_not_acknowledged(tenant, connected):
    run(connected(tenant), lambda target: target.acknowledge_records(["digest:00ff"]))
    assert "AcknowledgeMessages" not in tenant.truth()["counts"]


@pytest.mark.parametrize("confirm_at", ["pack", "pick"])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_picked_is_reported_piece_by_piece(tenant, connected, a_request, seed, confirm_at):
    async def sell_and_collect(target):
        for number in range(20):
            await target.submit_order(a_request(str(number), lines={"SKU-0001": 5, "SKU-0002": 1, "SKU-0003": 2}))
        told = []
        for how in ({"short_picks": 0.5}, {"short_picks": 0.3}, {}):
            tenant.shift(seed=seed, split_boxes=0.5, **how)
            told += await collect(target)
        return told

    told = run(connected(tenant, confirm_at=confirm_at), sell_and_collect)
    reported: dict[tuple[str, str], int] = {}
    for shipment in told:
        for line in shipment.package.lines:
            key = (shipment.request_number, line.line_id)
            reported[key] = reported.get(key, 0) + line.quantity
    expected = {(str(number), line): asked for number in range(20) for line, asked in (("L1", 5), ("L2", 1), ("L3", 2))}
    assert reported == expected
    assert len({shipment.external_id for shipment in told}) == len(told)


def test_the_order_that_is_looked_up_tells_its_status(tenant, connected, a_request):
    async def hold(target):
        await target.submit_order(a_request())
        return await target.find_order(a_request())

    receipt = run(connected(tenant, create_on_hold=True), hold)
    assert receipt.note == "Hold"
    assert json.loads(tenant.http.get("/api/OrderApi/GetOrder?orderNumber=1001").content)["Status"] == "Hold"
