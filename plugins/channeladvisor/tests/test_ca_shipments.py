"""Shipments against the simulated ChannelAdvisor: told once, found again, and followed to the marketplace's answer."""

from datetime import UTC, datetime

import pytest

from crossdock import AnswerState, FollowsShipments, OutcomeUnknown, Rejected, Unavailable
from crossdock.domain import ConfirmedLine, ShipmentConfirmation, number_of

AMAZON, SHOPIFY = 640, 862
CLAIM = {"claim": "fulfillment"}
PENDING, ACCEPTED, REFUSED = AnswerState.PENDING, AnswerState.ACCEPTED, AnswerState.REFUSED


@pytest.fixture(scope="module")
def long_open(ca_shop):
    with ca_shop() as shop:
        yield shop


@pytest.fixture
def shop(long_open):
    return long_open.open_again()


def package(order, box="box-1", pieces=(1, 0), **fields):
    """One box with so many pieces of each line."""
    key = f"{order.id}/{box}"
    plain = {
        "key": key,
        "number": number_of(key),
        "order_external_id": order.id,
        "distribution_center": "1",
        "shipped_at": datetime(2025, 1, 10, tzinfo=UTC),
        "tracking_number": "1Z999",
        "carrier": "UPS",
        "service_level": "GROUND",
        "lines": tuple(
            ConfirmedLine(order_line_id=line, sku="", quantity=many)
            for line, many in zip(order.lines, pieces, strict=True)
            if many
        ),
    }
    return ShipmentConfirmation(**plain | fields)


async def tell(cart, *packages):
    return [await cart.confirm_shipment(each) for each in packages]


async def look(cart, *packages):
    return [bool(await cart.find_shipment(each)) for each in packages]


def test_packages_are_told_apart_by_name_with_one_tracking_number_or_none(shop, ca_run):
    order = shop.order()
    boxes = [
        package(order, "a"),
        package(order, "b"),
        package(order, "c", (0, 1), tracking_number=""),
        package(order, "d", distribution_center="2", tracking_number=""),
    ]

    async def deeds(cart):
        assert isinstance(cart, FollowsShipments)
        for number, box in enumerate(boxes):
            assert await look(cart, *boxes) == [True] * number + [False] * (4 - number)
            await cart.confirm_shipment(box)
        return await look(cart, *boxes)

    assert ca_run(shop, deeds) == [True] * 4
    story = shop.story(order)
    assert [ship["tracking"] for ship in story["ships"]] == ["1Z999", "1Z999", None, None]
    assert shop.counted(order, "shipped") == [3, 1]
    assert shop.calls("ship") == 4


@pytest.mark.parametrize("order_id", ["", "0", "-5", "abc", "5)/Items", "٣"])
@pytest.mark.parametrize("settings", [{}, CLAIM])
def test_what_is_no_id_of_an_order_goes_nowhere(shop, ca_run, order_id, settings):
    box = package(shop.order(), order_external_id=order_id)
    before = shop.calls("other"), shop.calls("order"), shop.calls("ship")

    def deeds(deed):
        with pytest.raises(Rejected, match="is no id of an order at ChannelAdvisor, where they are numbers"):
            ca_run(shop, deed, **settings)

    deeds(lambda cart: cart.confirm_shipment(box))
    deeds(lambda cart: cart.find_shipment(box))
    deeds(lambda cart: cart.acknowledge_order(order_id))
    deeds(lambda cart: cart.unacknowledge_order(order_id))
    assert (shop.calls("other"), shop.calls("order"), shop.calls("ship")) == before
    assert ca_run(shop, lambda cart: cart.shipment_answers([box]), **settings) == {}


def test_one_call_tells_of_one_package(shop, ca_run):
    box = package(shop.order())
    before = shop.calls("order")
    ca_run(shop, lambda cart: tell(cart, box))
    assert (shop.calls("ship"), shop.calls("order")) == (1, before)


def test_a_refusal_is_shown_in_the_carts_own_words(shop, ca_run):
    box = package(shop.order(), service_level="FAST")
    with pytest.raises(Rejected, match="The shipping carrier 'UPS' and class 'FAST' are not valid for this account"):
        ca_run(shop, lambda cart: tell(cart, box))


def test_with_the_accounts_carriers_a_wrong_pair_is_refused_without_a_call(shop, ca_run):
    box = package(shop.order(), service_level="FAST")
    with pytest.raises(Rejected, match="nearest pair there is carrier 'UPS' with class 'GROUND'"):
        ca_run(shop, lambda cart: tell(cart, box), carriers={"UPS": ["GROUND"]})
    assert shop.calls("ship") == 0


@pytest.mark.parametrize("settings", [CLAIM, {"seller_fulfillment_id": "key"}])
def test_what_a_third_party_ships_is_refused_before_ship_is_called(shop, ca_run, settings):
    box = package(shop.order(ShippingStatus="ThirdPartyManaged"))
    with pytest.raises(Rejected, match="is shipped by a third party"):
        ca_run(shop, lambda cart: tell(cart, box), **settings)
    assert shop.calls("ship") == 0


@pytest.mark.parametrize(("site", "by_key"), [(AMAZON, False), (SHOPIFY, True)])
def test_names_are_integers_where_the_site_takes_nothing_else(shop, ca_run, site, by_key):
    order = shop.order(SiteID=site)
    box = package(order)

    async def deeds(cart):
        return await tell(cart, box), await look(cart, box)

    receipts, found = ca_run(shop, deeds, seller_fulfillment_id="key")
    name = box.key if by_key else str(box.number)
    assert (receipts[0].ref, found) == (name, [True])
    assert shop.story(order)["ships"][0]["seller_fulfillment_id"] == name


def test_a_claimed_part_is_complete_once_it_is_told(shop, ca_run):
    order = shop.order()
    box = package(order, pieces=(2, 1))

    async def deeds(cart):
        await tell(cart, box)
        return await look(cart, box)

    assert ca_run(shop, deeds, **CLAIM) == [True]
    assert externals(shop, order) == ["Complete", "New"]


def externals(shop, order):
    return sorted(each["external"] for each in shop.story(order)["fulfillments"].values())


def reopen(shop, order):
    """As if the service did not complete a claim by itself when goods leave."""

    for id_, part in shop.story(order)["fulfillments"].items():
        if part["delivery"] == "Complete":
            change = {"DeliveryStatus": "NoChange", "ExternalFulfillmentStatus": "Pending"}
            shop.call("PATCH", f"/v1/Fulfillments({id_})", change)


def test_a_shipment_counts_as_there_only_when_its_claim_is_complete(shop, ca_run):
    order = shop.order()
    box = package(order)
    ca_run(shop, lambda cart: tell(cart, box), **CLAIM)
    reopen(shop, order)
    assert ca_run(shop, lambda cart: look(cart, box)) == [True]
    assert ca_run(shop, lambda cart: look(cart, box), **CLAIM) == [False]
    ca_run(shop, lambda cart: tell(cart, box), **CLAIM)
    assert ca_run(shop, lambda cart: look(cart, box), **CLAIM) == [True]
    assert (shop.calls("ship"), externals(shop, order)) == (1, ["Complete", "New", "New"])
    delivered = [each["delivery"] for each in shop.story(order)["fulfillments"].values()]
    assert sorted(delivered) == ["Complete", "NoChange", "NoChange"]


def test_a_claim_that_cannot_be_completed_says_that_the_shipment_is_recorded(shop, ca_run):
    order = shop.order()
    box = package(order)
    ca_run(shop, lambda cart: tell(cart, box), **CLAIM)
    reopen(shop, order)
    shop.post("/_orders", {"id": int(order.id), "set": {"CheckoutStatus": "Disabled"}})
    with pytest.raises(Rejected, match="the shipment is recorded, but ChannelAdvisor refuses to mark"):
        ca_run(shop, lambda cart: tell(cart, box), **CLAIM)
    assert shop.calls("ship") == 1


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "html"])
@pytest.mark.parametrize("path", ["Ship", "Fulfillments"])
def test_after_a_lost_answer_a_claimed_part_is_never_shipped_twice(shop, ca_run, fault, path):
    order = shop.order()
    box = package(order)
    if path == "Fulfillments":
        ca_run(shop, lambda cart: tell(cart, box), **CLAIM)
        reopen(shop, order)
    shop.faults(rates={fault: 1.0}, only_paths=path, only_methods=("POST", "PATCH"), max_faults=1)

    async def deeds(cart):
        for _ in range(3):
            if not await cart.find_shipment(box):
                try:
                    await cart.confirm_shipment(box)
                except (OutcomeUnknown, Unavailable):
                    continue
        return await look(cart, box)

    assert ca_run(shop, deeds, **CLAIM, retries=0) == [True]
    assert shop.counted(order, "shipped") == [1, 0]
    assert len(shop.story(order)["ships"]) == 1


def states(answers):
    return {key: answer.state for key, answer in answers.items()}


def test_accepted_by_the_cart_and_accepted_by_the_marketplace_are_two_facts(shop, ca_run):
    sold = [shop.order() for _ in range(3)]
    good, bad, untold = (package(order) for order in sold)

    async def deeds(cart):
        await tell(cart, good, bad)
        pending = await cart.shipment_answers([good, bad, untold])
        shop.answer("accept", sold[0])
        shop.answer("refuse", sold[1])
        return pending, await cart.shipment_answers([good, bad, untold])

    pending, answered = ca_run(shop, deeds)
    assert states(pending) == {good.key: PENDING, bad.key: PENDING}
    assert states(answered) == {good.key: ACCEPTED, bad.key: REFUSED}
    assert answered[bad.key].words == "Failed"


def test_each_package_of_an_order_has_its_own_answer(shop, ca_run):
    order = shop.order()
    first, second = package(order, "a"), package(order, "b", (1, 1))

    async def deeds(cart):
        await cart.confirm_shipment(first)
        shop.answer("accept", order)
        await cart.confirm_shipment(second)
        return await cart.shipment_answers([first, second])

    assert states(ca_run(shop, deeds)) == {first.key: ACCEPTED, second.key: PENDING}


def test_a_package_taken_from_two_centres_waits_for_all_its_parts(shop, ca_run):
    order = shop.order()
    box = package(order, pieces=(3, 0), distribution_center="")

    async def deeds(cart):
        await cart.confirm_shipment(box)
        pending = await cart.shipment_answers([box])
        shop.answer("accept", order)
        return states(pending), states(await cart.shipment_answers([box]))

    assert ca_run(shop, deeds) == ({box.key: PENDING}, {box.key: ACCEPTED})
    told = [part for part in shop.story(order)["fulfillments"].values() if part["delivery"] == "Complete"]
    assert len(told) == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"page_size": 20},
        {"page_size": 20, "first_page_again": True, "duplicate_rows": True, "shuffled_rows": True},
        {"page_size": 7, "unknown_members": True},
    ],
)
def test_sixty_orders_are_followed_with_few_requests_however_lists_come(ca_shop, ca_run, options):
    with ca_shop(**options) as shop:
        sold = [shop.order() for _ in range(60)]
        boxes = [package(order) for order in sold]

        async def deeds(cart):
            await tell(cart, *boxes)
            shop.answer("refuse", sold[7])
            before = shop.calls("orders_list"), shop.calls("order")
            answers = await cart.shipment_answers(boxes)
            return answers, shop.calls("orders_list") - before[0], shop.calls("order") - before[1]

        answers, lists, singles = ca_run(shop, deeds)
    expected = {box.key: PENDING for box in boxes} | {boxes[7].key: REFUSED}
    assert states(answers) == expected
    assert (lists, singles) == ({100: 3, 20: 5, 7: 10}[options.get("page_size", 100)], 0)


def test_an_order_that_a_list_cuts_short_is_read_by_itself(ca_shop, ca_run):
    with ca_shop(expanded_rows=2) as shop:
        long, short = shop.order(), shop.order()
        boxes = [package(long, "a"), package(long, "b"), package(long, "c", (0, 1)), package(short)]

        async def deeds(cart):
            await tell(cart, *boxes)
            before = shop.calls("order")
            return await cart.shipment_answers(boxes), shop.calls("order") - before

        answers, singles = ca_run(shop, deeds)
    assert set(answers) == {box.key for box in boxes}
    assert singles == 2  # the short one holds three parts now


def test_one_order_that_cannot_be_read_does_not_hide_the_others(shop, ca_run, ca_log):
    good = package(shop.order())
    shop.post("/_orders", {"ID": 5, "Fulfillments": [{"ID": "x"}]})
    odd = good.model_copy(update={"key": "odd", "order_external_id": "5"})
    gone = good.model_copy(update={"key": "gone", "order_external_id": "777"})

    async def deeds(cart):
        await cart.confirm_shipment(good)
        return await cart.shipment_answers([odd, good, gone])

    assert states(ca_run(shop, deeds, log=ca_log)) == {good.key: PENDING}
    assert ca_log.events == ["an order's standing cannot be read"]


def test_nothing_to_follow_asks_nothing(shop, ca_run):
    assert ca_run(shop, lambda cart: cart.shipment_answers([])) == {}
    assert shop.calls("orders_list") == 0
