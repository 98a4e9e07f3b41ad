"""Orders on their way to the warehouse: one promise a request, one order a number."""

from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.ports import OrderState, ReleasePlan
from crossdock.engine.problems import Code, Problem
from crossdock.store.repair import retry_problem

from .shop import Shop, a_read, a_request, an_order, done, played, refused


@played
async def test_promises_are_written_before_anything_is_sent(shop: Shop) -> None:
    await shop.download(*(a_read(an_order(str(key))) for key in range(30)))
    promises, taken = await shop.plan("east", "west")
    assert taken == []
    assert {promise.key for promise in promises} == {f"N{key}-{part}" for key in range(30) for part in ("east", "west")}
    assert all(promise.state is PromiseState.SENT and promise.attempts == 0 for promise in promises)
    assert {promise.order_external_id for promise in promises} == {str(key) for key in range(30)}
    assert {state for _, _, state in await shop.promises()} == {"sent"}
    assert set((await shop.states()).values()) == {"releasing"}
    assert await shop.store.ready_orders("main", 10) == []
    by_key = {promise.key: promise for promise in promises}
    assert a_request(an_order("7"), "west").model_dump_json().encode() == by_key["N7-west"].document
    assert {promise.order_external_id for key, promise in by_key.items() if key.startswith("N7-")} == {"7"}


@played
async def test_ready_orders_come_oldest_first(shop: Shop) -> None:
    for key in ("3", "1", "2"):
        await shop.download(a_read(an_order(key)))
    assert [stored.external_id for stored in await shop.store.ready_orders("main", 2)] == ["3", "1"]


@played
async def test_number_taken_by_an_older_order_leaves_the_newer_one_alone(shop: Shop) -> None:
    await shop.release(an_order("1", number="SAME"))
    await shop.download(a_read(an_order("2", number="SAME")), a_read(an_order("3")))
    promises, [taken] = await shop.plan()
    assert [promise.key for promise in promises] == ["N3"]
    assert await shop.states() == {"1": "released", "2": "ready", "3": "releasing"}
    hold = ReleasePlan(taken, (), OrderState.HELD, "number_taken: another order has its number")
    await shop.save([hold], [Problem(Code.NUMBER_TAKEN, "SAME (2)", "taken", order_id=taken)])
    assert (await shop.states())["2"] == "held"
    assert await shop.open_problems() == [("number_taken", "SAME (2)")]


@played
async def test_two_orders_with_one_number_on_one_page(shop: Shop) -> None:
    await shop.download(a_read(an_order("1", number="SAME")), a_read(an_order("2", number="SAME")))
    promises, taken = await shop.plan()
    assert len(taken) == 1
    assert [(promise.key, promise.order_external_id) for promise in promises] == [("SAME", "1")]
    assert await shop.states() == {"1": "releasing", "2": "ready"}


@played
async def test_part_of_a_split_order_whose_other_number_is_taken_is_not_sent(shop: Shop) -> None:
    await shop.release(an_order("1", number="N2-west"))
    await shop.download(a_read(an_order("2")))
    promises, taken = await shop.plan("east", "west")
    assert promises == []
    assert len(taken) == 1
    assert await shop.promises() == [("release", "N2-west", "done"), ("acknowledge", "1", "due")]


@played
async def test_order_that_changed_while_it_was_planned_is_planned_anew(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    ready = await shop.store.ready_orders("main", 10)
    await shop.download(
        a_read(an_order("1", name="Charles"), version=2),
        a_read(an_order("2"), version=2, state=OrderState.SKIPPED, reason="cancelled at the cart"),
    )
    assert await shop.save([ReleasePlan(stored.id, (a_request(stored.order),)) for stored in ready]) == ([], [])
    assert await shop.states() == {"1": "ready", "2": "skipped"}
    [promise] = (await shop.plan())[0]
    assert b"Charles" in promise.document


@played
async def test_held_orders_are_reconsidered_by_reason(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    first, second = await shop.store.ready_orders("main", 10)
    await shop.save(
        [
            ReleasePlan(first.id, (), OrderState.HELD, "unmapped_ship_method: by balloon"),
            ReleasePlan(second.id, (), OrderState.HELD, "unshippable_order: no city"),
        ],
        [Problem(Code.UNMAPPED_SHIP_METHOD, "N1", "Order N1 is held", order_id=first.id)],
    )
    assert await shop.states() == {"1": "held", "2": "held"}
    assert await shop.store.reconsider_held("main", Code.UNMAPPED_SHIP_METHOD, now=shop.now) == 1
    assert await shop.states() == {"1": "ready", "2": "held"}
    await shop.plan()
    assert await shop.open_problems() == []


@played
async def test_acknowledgement_on_save_is_promised_at_once(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await shop.plan(acknowledge_on="cart")
    assert [promise.key for promise in await shop.claim(Kind.ACKNOWLEDGE)] == ["1"]


@played
async def test_refused_request_that_is_planned_again_is_looked_up_with_the_new_document(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), refused(west))
    assert await shop.states() == {"1": "held"}
    newer = an_order("1").model_copy(update={"notes": "ring thrice"})
    await shop.download(a_read(newer, version=2))
    assert await shop.plan("east", "west") == ([], [])
    again = {promise.key: promise for promise in await shop.claim(Kind.RELEASE)}
    assert {key: promise.state for key, promise in again.items()} == {
        "N1-east": PromiseState.IN_DOUBT,
        "N1-west": PromiseState.IN_DOUBT,
    }
    assert b"ring thrice" in again["N1-west"].document
    assert again["N1-east"].document == east.document
    assert await shop.settle(*(done(promise) for promise in again.values())) == 1
    assert await shop.states() == {"1": "released"}


@played
async def test_number_of_a_refused_order_that_comes_back_is_still_its_own(shop: Shop) -> None:
    await shop.download(a_read(an_order("1", number="SAME")))
    await shop.settle(refused((await shop.plan())[0][0]))
    await shop.download(a_read(an_order("1", number="SAME"), version=2), a_read(an_order("2", number="SAME")))
    promises, taken = await shop.plan()
    assert (promises, len(taken)) == ([], 1)
    assert await shop.states() == {"1": "releasing", "2": "ready"}
    assert await shop.promises() == [("release", "SAME", "in_doubt")]


@played
async def test_refused_request_that_is_not_wanted_any_more_does_not_hold_the_order(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await shop.settle(refused((await shop.plan("east"))[0][0]))
    await shop.download(a_read(an_order("1"), version=2))
    [promise] = (await shop.plan("west"))[0]
    await shop.settle(done(promise))
    assert await shop.states() == {"1": "released"}
    assert [key for kind, key, _ in await shop.promises() if kind == "release"] == ["N1-west"]


@played
async def test_retry_of_a_refused_release_plans_the_order_again(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [promise] = (await shop.plan())[0]
    problem = Problem(Code.RELEASE_REFUSED, promise.key, "refused", order_id=promise.order_id)
    await shop.settle(refused(promise), problems=[problem])
    assert await shop.claim(Kind.RELEASE) == []
    [(number,)] = await shop.rows("SELECT id FROM problem")
    await shop.store.write(retry_problem, number, now=shop.now)
    assert await shop.states() == {"1": "ready"}
    await shop.plan()
    [again] = await shop.claim(Kind.RELEASE)
    assert (again.state, again.key, again.attempts) == (PromiseState.IN_DOUBT, "N1", 0)
    await shop.settle(done(again))
    assert await shop.states() == {"1": "released"}
