"""Orders are held, let go on and taken back; what counts is what a look afterwards shows."""

import asyncio
import re
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import AlreadyThere, NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected, Unavailable
from crossdock.domain import Address
from crossdock_warehouseos.orders.found import OrderReader
from crossdock_warehouseos.settings import WarehouseOSSettings

BLIND = {"order": {"batch": "NotShown"}}
"""A tenant whose look-up shows no batch, so that only the answer to the delete tells of the lock."""
DELETE = "/DeleteOrder$"
STAGES = (r"In Process, batch \w+", r"Complete, batch \w+", r"Complete, batch \w+, packed")


def run(connection, use):
    async def opened():
        async with connection as target:
            return await use(target)

    return asyncio.run(opened())


def floor(tenant, *acts):
    tenant.http.post("/_floor", json=list(acts)).raise_for_status()


def batch(*numbers):
    return {"act": "batch", "orders": list(numbers)}


def is_there(tenant, number="1001"):
    return number in [order["number"] for order in tenant.truth()["orders"]]


async def submitted(target, request):
    await target.submit_order(request)
    return request


@pytest.mark.parametrize(("missing", "gone"), [("404", "404"), ("null", "200"), ("empty", "200")])
def test_an_order_that_waits_is_taken_back_and_its_number_is_free(tenant_with, connected, a_request, missing, gone):
    tenant = tenant_with(missing_answer=missing, delete_answer=gone)

    async def withdraw_twice_and_send_again(target):
        request = await submitted(target, a_request())
        for _ in range(2):
            assert (await target.withdraw_order(request)).gone
            assert not is_there(tenant)
        changed = a_request(ship_to=Address(name="Ann Lee", line1="2 Elm St", city="Reno", country="US"))
        await target.submit_order(changed)

    run(connected(tenant), withdraw_twice_and_send_again)
    assert is_there(tenant)


@pytest.mark.parametrize(
    ("locked", "profile"), [("409", {}), ("409", BLIND), ("400", BLIND), ("200", BLIND), ("kept", BLIND)]
)
def test_a_locked_order_stays_and_says_how_far_it_is(tenant_with, connected, a_request, locked, profile):
    tenant = tenant_with(locked_answer=locked)

    async def withdraw_twice(target):
        request = await submitted(target, a_request())
        floor(tenant, batch("1001"))
        return [await target.withdraw_order(request) for _ in range(2)]

    first, again = run(connected(tenant, profile=profile), withdraw_twice)
    assert first == again
    assert (first.gone, is_there(tenant)) == (False, True)
    if profile is BLIND:
        reason = "answered that the order was deleted, yet has it" if locked == "kept" else "is batched"
        assert "Available" in first.words
        assert reason in first.words
    else:
        assert first.words.startswith("Available, batch ")
        assert "DeleteOrder" not in tenant.truth()["counts"]


def test_an_order_on_which_people_work_is_not_even_asked_for(tenant, connected, a_request):
    acts = [batch("1", "2", "3"), {"act": "pick", "order": "1", "line": "L1"}]
    acts += [{"act": "pick", "order": "2"}, {"act": "pick", "order": "3"}, {"act": "pack", "order": "3"}]

    async def work_and_withdraw(target):
        requests = [await submitted(target, a_request(number)) for number in ("1", "2", "3")]
        floor(tenant, *acts)
        return [await target.withdraw_order(request) for request in requests]

    for answer, words in zip(run(connected(tenant), work_and_withdraw), STAGES, strict=True):
        assert not answer.gone
        assert re.fullmatch(words, answer.words)
    assert "DeleteOrder" not in tenant.truth()["counts"]


def test_a_number_that_is_somebody_elses_is_never_deleted(tenant, connected, a_request):
    async def touch(target):
        await submitted(target, a_request(key="cart/A"))
        for wish in (target.withdraw_order, target.hold_order, target.resume_order):
            with pytest.raises(Rejected, match="belongs to another order"):
                await wish(a_request(key="cart/B"))

    run(connected(tenant), touch)
    assert tenant.order("1001")["status"] == "Available"


def test_an_order_that_never_was_there_is_gone_and_cannot_be_held(tenant, connected, a_request):
    async def touch(target):
        assert (await target.withdraw_order(a_request())).gone
        for wish in (target.hold_order, target.resume_order):
            with pytest.raises(Rejected, match="no order 1001"):
                await wish(a_request())

    run(connected(tenant), touch)


def test_a_delete_without_answer_that_worked_is_seen(tenant, connected, a_request):
    async def lose(target):
        for fault in ("lost_reply", "error_502_after"):
            request = await submitted(target, a_request(fault))
            tenant.faults(rates={fault: 1}, only_paths=DELETE)
            assert (await target.withdraw_order(request)).gone

    run(connected(tenant), lose)
    assert tenant.truth()["orders"] == []


def test_of_a_delete_without_answer_that_may_still_come_nothing_is_said(tenant, connected, a_request):
    async def lose_and_ask_again(target):
        for fault in ("dropped", "error_500", "html"):
            request = await submitted(target, a_request(fault))
            tenant.faults(rates={fault: 1}, only_paths=DELETE, max_faults=1)
            with pytest.raises(OutcomeUnknown):
                await target.withdraw_order(request)
            assert is_there(tenant, fault)
            assert (await target.withdraw_order(request)).gone

    run(connected(tenant), lose_and_ask_again)


def test_what_cannot_be_seen_is_not_claimed(tenant, connected, a_request):
    async def go_blind(target):
        request = await submitted(target, a_request())
        for fault in ("html", "truncated"):
            tenant.faults(rates={fault: 1}, only_paths="/GetOrder$")
            with pytest.raises(Unavailable):
                await target.withdraw_order(request)

    run(connected(tenant), go_blind)
    assert is_there(tenant)


def test_a_wrong_path_is_named_by_its_entry(tenant, connected, a_request):
    wishes = {"delete_order": "withdraw_order", "hold_order": "hold_order", "release_order": "resume_order"}

    async def ask(target):
        waiting = await submitted(target, a_request())
        held = await submitted(target, a_request("held"))
        tenant.http.post("/_floor", json=[{"act": "hold", "order": "held"}]).raise_for_status()
        for entry, wish in wishes.items():
            with pytest.raises(NeedsConfig, match=rf"profile\.paths\.{entry}"):
                await getattr(target, wish)(held if entry == "release_order" else waiting)

    run(connected(tenant, profile={"paths": dict.fromkeys(wishes, "/api/OrderApi/Nowhere")}), ask)


def test_an_order_is_held_and_goes_on(tenant, connected, a_request):
    async def stop_and_go(target):
        request = await submitted(target, a_request())
        seen = []
        for wish in (target.hold_order, target.hold_order, target.resume_order, target.resume_order):
            await wish(request)
            seen.append(tenant.order("1001")["status"])
        return seen

    assert run(connected(tenant), stop_and_go) == ["Hold", "Hold", "Available", "Available"]
    counts = tenant.truth()["counts"]
    assert (counts["HoldOrder"], counts["ReleaseOrder"]) == (1, 1)


def test_a_held_order_is_not_worked_on_and_can_be_taken_back(tenant, connected, a_request):
    async def hold_and_withdraw(target):
        request = await submitted(target, a_request())
        await target.hold_order(request)
        assert tenant.shift()["orders"] == 0
        return await target.withdraw_order(request)

    assert run(connected(tenant), hold_and_withdraw).gone


def test_a_complete_order_cannot_be_held_and_need_not_be_released(tenant, connected, a_request):
    async def too_late(target):
        request = await submitted(target, a_request())
        tenant.shift()
        with pytest.raises(Rejected, match="can no longer be held: it is Complete"):
            await target.hold_order(request)
        return await target.resume_order(request)

    assert run(connected(tenant), too_late).note.startswith("Complete")


def test_a_hold_that_was_said_twice_is_one(tenant, connected, a_request):
    async def lose(target):
        request = await submitted(target, a_request())
        tenant.faults(rates={"lost_reply": 1}, only_paths="/HoldOrder$", max_faults=1)
        await target.hold_order(request)

    run(connected(tenant), lose)
    assert tenant.order("1001")["status"] == "Hold"


def test_a_tenant_that_shows_no_status_is_believed(tenant, connected, a_request):
    run(connected(tenant), lambda target: target.submit_order(a_request()))
    silent = connected(tenant, profile={"order": {"status": "NotShown"}})
    assert run(silent, lambda target: target.hold_order(a_request())).note == ""
    assert tenant.order("1001")["status"] == "Hold"


def test_a_key_that_was_withdrawn_needs_a_person(tenant, connected, a_request):
    with pytest.raises(NeedsAuth):
        run(connected(tenant, api_key="wrong-key"), lambda target: target.withdraw_order(a_request()))


acts = st.lists(
    st.sampled_from(["hold", "resume", "withdraw", "submit", "batch", "pick", "delete", "lost_reply", "dropped"]),
    min_size=1,
    max_size=10,
)
whatever = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def happen(tenant, target, request, act):
    """Let one thing happen; what the target claims of it must be true."""
    number = request.number
    match act:
        case "hold" | "resume":
            await hold_or_resume(tenant, target, request, act)
        case "withdraw":
            try:
                assert (await target.withdraw_order(request)).gone is not is_there(tenant, number)
            except OutcomeUnknown:
                assert is_there(tenant, number)
        case "submit":
            with suppress(AlreadyThere, Rejected):
                await target.submit_order(request)
        case "lost_reply" | "dropped":
            tenant.faults(rates={act: 1}, only_paths=DELETE, max_faults=1)
        case _:
            told = batch(number) if act == "batch" else {"act": act, "order": number}
            tenant.http.post("/_floor", json=[told])


async def hold_or_resume(tenant, target, request, act):
    try:
        await getattr(target, f"{act}_order")(request)
        assert (tenant.order(request.number)["status"] == "Hold") is (act == "hold")
    except Rejected:
        assert not is_there(tenant, request.number) or tenant.order(request.number)["status"] == "Complete"


@pytest.mark.parametrize(("locked", "missing", "gone"), [("409", "404", "404"), ("kept", "null", "200")])
def test_what_is_claimed_is_what_is_true_whatever_happened(tenant_with, connected, a_request, locked, missing, gone):
    tenant = tenant_with(locked_answer=locked, missing_answer=missing, delete_answer=gone)
    profile = BLIND if locked == "kept" else {}
    numbers = count(1)

    @whatever
    @given(acts)
    def play(happening):
        async def one_after_the_other(target):
            request = a_request(str(next(numbers)), lines={"SKU-0001": 1})
            await target.submit_order(request)
            for act in happening:
                await happen(tenant, target, request, act)

        run(connected(tenant, profile=profile), one_after_the_other)

    play()


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (b'[{"OrderNumber": "1001", "ShipTo": {"Name": "Ann Lee"}}]', "the answer is no object"),
        (b'{"OrderNumber": {"Name": "Ann Lee"}, "ShipTo": {"Address1": "1 Main St"}}', "OrderNumber is no text"),
        (b'<Order><Name>Ann Lee</Name></Order>', "the answer is no JSON"),
        (b'{"OrderNumber": "1001", "Status": ["Ann Lee"]}', "Status is no text"),
    ],
)  # fmt: skip
def test_an_order_of_another_shape_is_told_of_without_quoting_who_it_goes_to(body, missing):
    reader = OrderReader(WarehouseOSSettings(base_url="https://wos.example", api_key="k"), "CustomField3")
    with pytest.raises(Unavailable, match=f"unexpected: {missing}$"):
        reader.read(body)
