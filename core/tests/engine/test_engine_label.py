"""Labels: each packed box gets one, bought once, whatever is lost on the way."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from crossdock.domain import LabelFormat, Money, OrderEvent, Parcel, ShipmentStage, Weight, WeightUnit
from crossdock.engine.label_purchase import DOUBT_PATIENCE
from crossdock.engine.runner import flows_of
from crossdock.hooks.errors import Unsupported
from crossdock.mapping import StatusEvents, StatusRule
from crossdock.store.label_views import list_labels
from crossdock.store.label_wishes import approve_label
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import HOME, a_box, a_line, an_order
from .goods import a_product, with_goods
from .remote import Fault
from .selling import LABELS, a_rate, bought_and_taken_back_unseen, packed_without_number, with_seller
from .world import World, played

MINUTE = timedelta(minutes=1)
LATER = timedelta(minutes=20)


async def retry(world: World) -> None:
    for one in await world.store.read(list_problems):
        await world.store.write(retry_problem, one.id, by="ada", now=world.clock.now())


async def reasons(world: World) -> list[str]:
    return [one.title for one in await world.store.read(list_problems)]


async def labels(world: World) -> dict[str, int]:
    return {what: number for what, number in (await world.promises()).items() if what.startswith(("label", "void"))}


def told(world: World) -> list[str]:
    return sorted(one.tracking_number for one in world.cart.confirmed)


@played
async def test_a_packed_box_without_a_number_gets_a_label_and_the_cart_its_number(world: World) -> None:
    seller = with_seller(world, a_rate("UPS/Ground", "5"), a_rate("USPS/First", "4"))
    await packed_without_number(world, "b1", "b2")
    await world.cycle(("label", "confirm"))

    assert [sale.key for sale in seller.sold] == ["N1/b1", "N1/b2"]
    assert {sale.cost.amount for sale in seller.sold} == {Decimal(4)}
    assert told(world) == ["T1", "T2"]
    assert await labels(world) == {"label done": 2}
    documents = [json.loads(row[0]) for row in await world.select("SELECT document FROM parcel ORDER BY id")]
    assert [(one["key"], one["box"], one["cost"]["amount"]) for one in documents] == [
        ("N1/b1", "b1", "4"),
        ("N1/b2", "b2", "4"),
    ]


@played
async def test_nothing_is_bought_without_the_operators_word(world: World) -> None:
    seller = with_seller(world, labels=replace(LABELS, buy=False))
    await packed_without_number(world, "b1")
    assert not {"label", "void"} & set(flows_of(world.pipeline()))
    await world.cycle()
    assert seller.sold == []


@played
async def test_a_box_that_has_a_number_or_is_only_picked_gets_none(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world)
    picked = a_box("b2", "N1", ("10", 1), tracking="").model_copy(update={"stage": ShipmentStage.PICKED})
    world.warehouse.pack(a_box("b1", "N1", ("10", 1), tracking="1Z"), picked)
    await world.cycle()
    assert seller.sold == []


@played
async def test_a_lost_answer_to_a_purchase_is_settled_by_looking(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].append(Fault.LOST_AFTER)
    await world.flow("label")
    assert await labels(world) == {"label in_doubt": 1}

    world.clock.advance(MINUTE)
    await world.flow("label")
    assert len(seller.sold) == 1
    assert seller.calls["buy_label"] == 1
    assert await labels(world) == {"label done": 1}


@played
async def test_a_purchase_that_never_arrived_is_made_once_more_after_a_while_on_the_same_draft(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].append(Fault.LOST_BEFORE)
    for _ in range(9):
        await world.flow("label")
        world.clock.advance(MINUTE)
    assert (seller.calls["buy_label"], seller.sold) == (1, [])

    world.clock.advance(2 * MINUTE)
    await world.flow("label")
    assert (seller.calls["buy_label"], len(seller.sold), len(seller.made)) == (2, 1, 1)


@played
async def test_a_purchase_that_is_shown_late_is_waited_for(world: World) -> None:
    seller = with_seller(world, late=DOUBT_PATIENCE - MINUTE)
    await packed_without_number(world, "b1")
    for _ in range(12):
        await world.flow("label")
        world.clock.advance(MINUTE)
    assert len(seller.sold) == 1
    assert await labels(world) == {"label done": 1}


@played
async def test_a_refusal_of_a_draft_in_doubt_says_nothing_of_the_purchase_before_it(world: World) -> None:
    seller = with_seller(world, late=timedelta(hours=1), forgetful=False)
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].extend([Fault.LOST_AFTER, Fault.NO])
    await world.flow("label")
    world.clock.advance(DOUBT_PATIENCE + MINUTE)
    await world.flow("label")
    [problem] = await world.store.read(list_problems)
    assert "no such carrier; nobody knows what became of its purchase at " in problem.title
    assert "buy one there under this order number" in problem.action

    world.rules = replace(world.rules, labels=replace(LABELS, weight=Weight(value=Decimal(600), unit=WeightUnit.GRAM)))
    await retry(world)
    await world.flow("label")
    world.clock.advance(timedelta(hours=1))
    await world.flow("label")
    assert (len(seller.sold), len(seller.made)) == (1, 1)
    assert await labels(world) == {"label done": 1}
    assert await world.problems() == []


@played
async def test_a_provider_that_is_down_for_an_hour_sells_every_label_once_it_is_there(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1", "b2")
    seller.faults["find_label"].extend([Fault.REFUSED_BEFORE] * 20)
    seller.faults["buy_label"].extend([Fault.BUSY, Fault.REFUSED_BEFORE])
    for _ in range(12):
        await world.flow("label")
        world.clock.advance(timedelta(hours=1))
    assert sorted(sale.key for sale in seller.sold) == ["N1/b1", "N1/b2"]
    assert await world.problems() == []


@played
async def test_what_a_person_bought_in_the_shipping_system_is_used_and_not_bought_again(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.by_hand.append(Parcel(tracking_number="HAND", reference="N1", external_id="h1"))
    await world.cycle(("label", "confirm"))
    world.clock.advance(LATER)
    await world.cycle(("label", "confirm"))
    assert seller.sold == []
    assert told(world) == ["HAND"]
    assert await labels(world) == {"label done": 1}


@played
async def test_a_price_above_the_limit_waits_for_a_persons_word(world: World) -> None:
    limit = Money(amount=Decimal(25), currency="USD")
    seller = with_seller(world, a_rate(amount="30"), labels=replace(LABELS, most=limit))
    await packed_without_number(world, "b1")
    await world.flow("label")
    assert await world.problems() == [("label_too_dear", "N1/b1")]
    assert seller.sold == []

    await world.store.write(approve_label, "N1/b1", by="ada", now=world.clock.now())
    assert await world.problems() == []
    await world.flow("label")
    assert [sale.cost.amount for sale in seller.sold] == [Decimal(30)]
    assert len(seller.made) == 1


@played
async def test_an_address_that_cannot_be_delivered_to_waits_for_a_persons_word(world: World) -> None:
    seller = with_seller(world)
    seller.unreachable.add(HOME.line1)
    await packed_without_number(world, "b1")
    await world.flow("label")
    assert await world.problems() == [("address_refused", "N1/b1")]
    assert "no such street" in (await reasons(world))[0]
    assert seller.made == []

    await world.store.write(approve_label, "N1/b1", by="ada", now=world.clock.now())
    await world.flow("label")
    assert len(seller.sold) == 1


@played
async def test_a_refusal_lists_the_offers_and_is_tried_again_by_the_rules_of_then(world: World) -> None:
    seller = with_seller(world, labels=replace(LABELS, services=("DHL/*",)))
    await packed_without_number(world, "b1")
    await world.flow("label")
    assert "UPS/Ground 5.00 USD" in (await reasons(world))[0]
    world.clock.advance(LATER)
    await world.flow("label")
    assert seller.calls["draft_label"] == 1

    world.rules = replace(world.rules, labels=LABELS)
    await retry(world)
    await world.flow("label")
    assert len(seller.sold) == 1
    assert await world.problems() == []


@played
async def test_a_wish_that_has_changed_is_drafted_anew(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].append(Fault.NO)
    await world.flow("label")
    assert await world.problems() == [("label_refused", "N1/b1")]

    world.rules = replace(world.rules, labels=replace(LABELS, format=LabelFormat.ZPL))
    await retry(world)
    await world.flow("label")
    assert [one.wanted.format for one in seller.made] == [LabelFormat.PDF, LabelFormat.ZPL]
    assert [sale.key for sale in seller.sold] == ["N1/b1"]


@played
async def test_a_box_that_crosses_a_border_is_a_problem_that_ends_when_its_number_is_gathered(world: World) -> None:
    seller = with_seller(world)
    world.cart.sell(
        an_order("1", a_line("10")).model_copy(update={"ship_to": HOME.model_copy(update={"country": "FR"})})
    )
    await world.cycle(("download", "release"))
    world.warehouse.pack(a_box("b1", "N1", ("10", 1), tracking=""))
    await world.cycle(("collect", "label"))
    assert await world.problems() == [("label_refused", "N1/b1")]
    assert seller.calls["draft_label"] == 0

    seller.by_hand.append(Parcel(tracking_number="HAND", reference="N1", external_id="h1"))
    world.clock.advance(LATER)
    await world.cycle(("confirm",))
    await world.flow("label")
    assert await world.problems() == []
    assert told(world) == ["HAND"]


@played
async def test_a_label_whose_file_could_not_be_fetched_is_not_lost_and_its_file_is_fetched_later(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.faults["fetch_label"].append(Fault.REFUSED_BEFORE)
    report = await world.flow("label")
    assert report.counts["label files to fetch later"] == 1
    assert await labels(world) == {"label done": 1}
    assert await world.select("SELECT * FROM label_file") == []

    await world.flow("label")
    await world.flow("label")
    assert await world.select("SELECT format, content FROM label_file") == [("PDF", b"^XAN1/b1")]
    assert seller.calls["fetch_label"] == 2


@played
async def test_each_label_is_put_where_it_is_printed_and_a_full_disk_is_tried_again(world: World) -> None:
    printed: dict[str, bytes] = {}

    async def put(name: str, content: bytes) -> None:
        if not printed:
            printed["full"] = b""
            raise OSError("no room")
        printed[name] = content

    with_seller(world, labels=replace(LABELS, format=LabelFormat.ZPL))
    world.changes["print_label"] = put
    await packed_without_number(world, "b1")
    await world.flow("label")
    await world.flow("label")
    assert printed == {"full": b"", "N1-b1.zpl": b"^XAN1/b1"}


@played
async def test_a_provider_without_a_file_is_not_asked_for_ever(world: World) -> None:
    seller = with_seller(world)

    async def none(*_: object) -> None:
        seller.calls["fetch_label"] += 1
        raise Unsupported("labels are printed there")

    seller.fetch_label = none  # type: ignore[method-assign, assignment]
    await packed_without_number(world, "b1")
    await world.flow("label")
    await world.flow("label")
    assert seller.calls["fetch_label"] == 1


@played
async def test_a_box_that_was_taken_back_before_its_label_was_bought_needs_none(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.faults["find_label"].append(Fault.REFUSED_BEFORE)
    await world.flow("label")
    await world.store.write(lambda conn: conn.exec_driver_sql("UPDATE shipment SET state = 'voided'"))
    world.clock.advance(LATER)
    await world.flow("label")
    assert seller.sold == []
    assert await labels(world) == {"label done": 1}


@played
async def test_boxes_of_two_orders_that_would_share_a_key_are_not_mixed_up(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    await world.store.write(
        lambda conn: conn.exec_driver_sql(
            "INSERT INTO promise (pipeline, connection, kind, key, order_id, state, closes, attempts, created_at, ref,"
            " error, document) VALUES ('other', 'shipper', 'label', 'N1/b1', 99, 'done', 0, 1, 0, '', '', '')"
        )
    )
    await world.flow("label")
    assert seller.sold == []
    assert await world.problems() == [("label_refused", "N1/b1")]


@played
async def test_the_weight_of_a_box_comes_from_the_catalogue_of_the_pipeline(world: World) -> None:
    seller = with_seller(world, labels=replace(LABELS, weight=None))
    await packed_without_number(world, "b1")
    await world.flow("label")
    assert "the catalogue has no weight of SKU-10" in (await reasons(world))[0]

    product = a_product("SKU-10").model_copy(update={"measures": {"weight": Decimal("1.5")}, "units": {"weight": "lb"}})
    with_goods(world, product)
    await world.flow("catalog")
    await retry(world)
    await world.flow("label")
    assert [str(one.wanted.weight.value) for one in seller.made] == ["1.5"]
    assert len(seller.sold) == 1


@played
async def test_a_cart_that_is_told_of_packed_boxes_hears_of_one_when_its_label_is_bought(world: World) -> None:
    with_seller(world)
    rule = StatusRule(OrderEvent.PACKED, tells=True)
    world.rules = replace(world.rules, status_events=StatusEvents(rules=(rule,)))
    await packed_without_number(world, "b1")
    await world.flow("confirm")
    assert told(world) == []
    await world.cycle(("label", "confirm"))
    assert told(world) == ["T1"]


@played
async def test_a_purchase_in_doubt_is_found_although_the_box_got_a_number_otherwise(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].append(Fault.LOST_AFTER)
    await world.flow("label")
    await world.flow("confirm")  # looks the number up, and uses it
    assert told(world) == ["T1"]

    world.clock.advance(MINUTE)
    await world.flow("label")
    assert await labels(world) == {"label done": 1}
    assert await world.select("SELECT key FROM parcel") == [("N1/b1",)]


@played
async def test_a_label_that_was_taken_back_before_it_was_seen_is_a_problem(world: World) -> None:
    seller = with_seller(world)
    await bought_and_taken_back_unseen(world, seller)
    world.clock.advance(MINUTE)
    await world.flow("label")
    assert await world.problems() == [("label_refused", "N1/b1")]
    assert "its label T1 was taken back" in (await reasons(world))[0]


@played
async def test_a_label_that_was_taken_back_before_it_was_seen_is_no_problem_of_a_box_that_travels_otherwise(
    world: World,
) -> None:
    seller = with_seller(world)
    await bought_and_taken_back_unseen(world, seller)
    world.clock.advance(MINUTE)
    await world.flow("label")
    seller.by_hand.append(Parcel(tracking_number="HAND", reference="N1", external_id="h1"))
    world.clock.advance(timedelta(minutes=20))
    for _ in range(2):
        await world.cycle(("confirm", "label"))
    assert told(world) == ["HAND"]
    assert await world.problems() == []
    assert [one.state for one in await world.store.read(list_labels)] == ["voided"]
    assert seller.calls["fetch_label"] == 0


@played
async def test_a_label_that_is_looked_at_once_more_is_not_printed_again(world: World) -> None:
    seller = with_seller(world)
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].append(Fault.BUG_AFTER)
    await world.flow("label")
    assert await world.problems() == [("plugin_failed", "N1/b1")]
    await retry(world)
    await world.flow("label")
    await world.flow("confirm")
    await world.store.write(lambda conn: conn.exec_driver_sql("UPDATE promise SET state = 'in_doubt', due_at = 0"))
    await world.flow("label")
    assert (len(seller.sold), seller.calls["fetch_label"]) == (1, 1)
