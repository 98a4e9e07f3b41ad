"""SKUs are resolved before an order is sent, and an earlier version of an order is not taken for the new one."""

import asyncio
from datetime import timedelta

import pytest

from crossdock import AlreadyThere, Rejected, Unavailable

ALIASED = [
    {"ItemNumber": "TEE-1", "Aliases": [{"Alias": "0123"}, {"Alias": "TEE-RED"}]},
    {"ItemNumber": "TEE-2", "Aliases": [{"Alias": "0123"}]},
]
KIT = {"KIT-1": {"SKU-0001": 2, "SKU-0002": 1}}


def run(connection, use):
    async def opened():
        async with connection as target:
            return await use(target)

    return asyncio.run(opened())


@pytest.fixture
def shop(tenant_with):
    tenant = tenant_with(bundles=KIT, create_unknown_items=True)
    tenant.http.post("/api/ItemApi/AddOrUpdateMultipleItems", json={"Items": ALIASED}).raise_for_status()
    return tenant


async def outcome(target, request):
    try:
        await target.submit_order(request)
    except Rejected as refusal:
        return str(refusal)
    return "sent"


def test_items_aliases_and_bundles_are_sent_and_nothing_else(shop, connected, a_request):
    skus = ["SKU-0001", "TEE-RED", "KIT-1", "0123", "TEE-3", "tee-1"]

    async def sell(target):
        return [await outcome(target, a_request(sku, lines={sku: 1})) for sku in skus]

    *sent, shared, typo, small = run(connected(shop), sell)
    assert sent == ["sent"] * 3
    assert "alias of several items in WarehouseOS (TEE-1, TEE-2)" in shared
    assert "TEE-3 is not an item in WarehouseOS, nor an alias or a bundle; did you mean TEE-1 or TEE-2?" in typo
    assert "did you mean TEE-1?" in small
    assert sorted(order["number"] for order in shop.truth()["orders"]) == sorted(skus[:3])
    assert "items created" not in shop.truth()["counts"]


def test_bundles_are_read_only_for_what_is_no_item(shop, connected, a_request):
    async def sell(target):
        await target.submit_order(a_request("1", lines={"TEE-RED": 1}))
        assert "GetBundles" not in shop.truth()["counts"]
        for number in ("2", "3"):
            await target.submit_order(a_request(number, lines={"KIT-1": 1}))

    run(connected(shop), sell)
    assert shop.truth()["counts"]["GetBundles"] == 2


@pytest.mark.parametrize("resolve", ["list", "each"])
def test_only_bundles_are_taken_apart(shop, connected, resolve):
    skus = ["SKU-0001", "TEE-RED", "KIT-1", "0123", "TEE-3"]
    told = run(connected(shop, resolve_skus=resolve), lambda target: target.bundle_parts(skus))
    assert {sku: {part.sku: part.quantity for part in parts} for sku, parts in told.items()} == KIT


@pytest.mark.parametrize("unread", [{"components": "Parts"}, {"quantity": "Count"}, {"item": "Sku"}])
def test_a_bundle_of_which_nobody_could_tell_when_it_is_whole_is_refused(shop, connected, a_request, unread):
    async def sell(target):
        assert await target.bundle_parts(["KIT-1"]) == {}
        return await outcome(target, a_request(lines={"KIT-1": 1}))

    words = run(connected(shop, profile={"bundle": unread}), sell)
    assert "KIT-1 is a bundle in WarehouseOS, and its parts cannot be read" in words
    assert "profile.bundle" in words


def test_where_skus_are_not_resolved_nothing_is_taken_apart(shop, connected):
    assert run(connected(shop, resolve_skus="off"), lambda target: target.bundle_parts(["KIT-1"])) == {}


@pytest.mark.parametrize("resolve", ["list", "each"])
def test_a_tenant_that_lists_no_bundles_has_none(shop, connected, a_request, resolve):
    profile = {"paths": {"list_bundles": "/api/ItemApi/Nowhere"}}
    request = a_request(lines={"KIT-1": 1})
    words = run(connected(shop, profile=profile, resolve_skus=resolve), lambda target: outcome(target, request))
    assert "KIT-1 is not an item" in words


def test_of_very_many_items_only_those_that_are_sold_are_asked_for(shop, connected, clock, a_request):
    async def sell(target):
        words = [await outcome(target, a_request(sku, lines={sku: 1, "SKU-0001": 1})) for sku in ("SKU-0002", "KIT-1")]
        words += [await outcome(target, a_request("typo", lines={"TEE-3": 1})) for _ in range(2)]
        shop.http.post("/_items", json=["TEE-3"])
        clock.forward(timedelta(minutes=1))
        return [*words, await outcome(target, a_request("typo", lines={"TEE-3": 1}))]

    *sent, typo, again, later = run(connected(shop, resolve_skus="each"), sell)
    assert sent == ["sent", "sent"]
    assert typo == again
    assert "TEE-3 is not an item" in typo
    assert later == "sent"
    counts = shop.truth()["counts"]
    assert (counts["GetItem"], counts.get("GetItems", 0)) == (5, 0)


def test_an_item_that_could_not_be_asked_for_is_not_taken_for_unknown(shop, connected, a_request):
    async def sell(target):
        shop.faults(rates={"html": 1}, only_paths="/GetItem$", max_faults=1)
        with pytest.raises(Unavailable):
            await target.submit_order(a_request(lines={"SKU-0001": 1}))
        return await outcome(target, a_request(lines={"SKU-0001": 1}))

    assert run(connected(shop, resolve_skus="each"), sell) == "sent"


def test_an_order_whose_bundle_was_exploded_is_still_ours(shop, connected, a_request):
    async def twice(target):
        request = a_request(lines={"KIT-1": 2, "TEE-RED": 1})
        await target.submit_order(request)
        with pytest.raises(AlreadyThere):
            await target.submit_order(request)
        return await target.find_order(request)

    assert run(connected(shop), twice).note == "Available"


EARLIER = {
    "more": ({"SKU-0001": 3, "SKU-0002": 1}, r"line L1 \(SKU-0001\) is 2 pieces, asked for 3"),
    "less": ({"SKU-0001": 2}, r"line L2 \(SKU-0002\) was not asked for"),
    "added": ({"SKU-0001": 2, "SKU-0002": 1, "SKU-0003": 1}, r"line L3 \(SKU-0003\) is missing"),
    "other": ({"SKU-0001": 2, "SKU-0009": 1}, "line L2 is SKU-0002, not SKU-0009"),
}


def test_an_earlier_version_of_our_order_is_not_taken_for_the_new_one(tenant, connected, a_request):
    async def change(target):
        for number, (now, difference) in EARLIER.items():
            await target.submit_order(a_request(number))
            changed = a_request(number, lines=now)
            for ask in (target.submit_order, target.find_order):
                with pytest.raises(Rejected, match=f"as it was sent before, not as it is now: {difference}"):
                    await ask(changed)
            assert (await target.withdraw_order(changed)).gone
            await target.submit_order(changed)

    run(connected(tenant), change)
    assert len(tenant.truth()["orders"]) == len(EARLIER)
