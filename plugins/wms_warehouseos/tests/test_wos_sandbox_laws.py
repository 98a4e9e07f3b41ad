"""What holds on the floor and in the stock of the simulated tenant, whatever people and hosts do."""

import json
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.front.truth import ledger, truth
from crossdock_warehouseos.sandbox.options import SandboxOptions, Shift
from crossdock_warehouseos.sandbox.people.acts import SCRIPT, play
from crossdock_warehouseos.sandbox.people.shift import work
from crossdock_warehouseos.sandbox.stock.ledger import summed
from crossdock_warehouseos.sandbox.warehouse import Warehouse

LINES = [
    {"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2},
    {"HostId": "L2", "ItemNumber": "SKU-0002", "Quantity": 3},
]


def tenant(count, **options):
    """A tenant of two areas with so many orders in the east."""
    places = {"areas": ["EAST", "WEST"], "locations": [{"name": name, "area": "EAST"} for name in ("E-1", "E-2")]}
    warehouse = Warehouse(SandboxOptions.model_validate({**places, **options}), seed=1)
    for number in range(1, count + 1):
        create(warehouse, str(number), "EAST")
    return warehouse


def create(warehouse, number, area):
    warehouse.create(json.dumps({"OrderNumber": number, "pickAreaName": area, "Lines": LINES}).encode())


numbers = st.sampled_from(["1", "2"])
lines = st.sampled_from([None, "L1", "L2"])
quantities = st.sampled_from([None, 1, 2, 3])
placed = st.sampled_from(["EAST", "EAST/E-1", "WEST", "NORTH"])
items = st.sampled_from(["SKU-0001", "SKU-0001", "SKU-0002", "NONE"])
some = st.integers(1, 5)


def act(name, **fields):
    return st.fixed_dictionaries({"act": st.just(name), **fields})


any_act = st.one_of(
    act("batch", orders=st.lists(numbers, max_size=2)),
    *(
        act(name, order=numbers)
        for name in ("unbatch", "download", "hold", "release", "verify", "delete", "host deletes")
    ),
    act("pick", order=numbers, line=lines, quantity=quantities),
    act("complete", order=numbers, short=st.booleans()),
    act("reset", order=numbers, picks=st.sampled_from([None, ["1-P1"], ["2-P1", "2-P2"]])),
    act("pack", order=numbers, line=lines, quantity=quantities, box=st.sampled_from(["", "1-1", "X"])),
    act("close", order=numbers, box=st.sampled_from(["1-1", "2-1"])),
    act("reopen", order=numbers, box=st.sampled_from(["1-1", "2-1"])),
    act("set_area", order=numbers, area=st.sampled_from(["EAST", "WEST", "NORTH", ""])),
    act("put", item=items, quantity=some, place=placed, reason=st.sampled_from(["FOUND", "WHY"])),
    act("pull", item=items, quantity=some, place=placed),
    act("count", item=items, found=st.integers(0, 5), place=placed),
    act("move", item=items, quantity=some, origin=placed, destination=placed),
    act("create", order=numbers, area=st.sampled_from(["EAST", "WEST", ""])),
)


def _fitting(warehouse, number, line):
    """Acts that make sense now for one order."""
    if number not in warehouse.orders:
        return [{"act": "create", "order": number, "area": "EAST"}]
    made = warehouse.order(number)
    if made.status == "Hold":
        return [{"act": "release", "order": number}]
    if not made.batched:
        return [{"act": "batch", "orders": [number]}]
    to_pick = [{"act": "pick"}, {"act": "pick", "line": line, "quantity": 1}] if made.status != "Complete" else []
    to_complete = [{"act": "complete"}, {"act": "complete", "short": True}] if made.picking else []
    to_pack = [{"act": "pack"}, {"act": "pack", "line": line, "quantity": 1, "close": False}] if made.loose else []
    to_close = [{"act": "close", "box": box} for box in made.open_boxes]
    to_reopen = [{"act": "reopen", "box": box.number} for box in made.boxes]
    to_reset = [{"act": "reset", "picks": [pick.number]} for pick in made.picks] + [{"act": "reset"}] * bool(made.picks)
    fitting = [*to_pick, *to_complete, *to_pack, *to_close, *to_reopen, *to_reset, {"act": "verify"}, {"act": "hold"}]
    return [{"order": number, **each} for each in fitting]


choices = st.fixed_dictionaries(
    {
        "stock": st.sampled_from([None, {"SKU-0001": {"EAST": 3, "WEST": 9}, "SKU-0002": {"EAST/E-1": 4}}]),
        "reset_of_packed": st.sampled_from(["boxes", "silent", "refused"]),
        "reopened_box": st.sampled_from(["new", "same"]),
    }
)


def _seen(warehouse):
    """What can be seen of a tenant, but its items and its counts of calls, as text."""
    seen = {name: told for name, told in truth(warehouse).items() if name not in ("counts", "items")}
    return repr([seen, ledger(warehouse), warehouse.numbering.state(), warehouse.queue.state()])


def _happens(warehouse, wish):
    """Let it happen if it may; if not, see that nothing has changed."""
    was = _seen(warehouse)
    try:
        if wish["act"] == "create":
            create(warehouse, wish["order"], wish["area"])
        elif wish["act"] == "host deletes":
            _host_deletes(warehouse, wish["order"])
        else:
            play(warehouse, SCRIPT.validate_python([wish]))
    except Refused:
        assert _seen(warehouse) == was


def _host_deletes(warehouse, number):
    locked = number in warehouse.orders and warehouse.book.is_locked(warehouse.order(number))
    warehouse.book.delete(number)
    assert not locked


def _holds(warehouse):
    levels = {(item, place): pieces for item, place, pieces in warehouse.stock.rows()}
    assert levels == summed(warehouse.stock.transactions)
    assert all(pieces > 0 for pieces in levels.values())
    for made in warehouse.orders.values():
        for place, line in enumerate(made.lines):
            rounds = [*made.picks, *([made.picking] if made.picking else [])]
            assert line.picked == sum(pick.pieces().get(place, 0) for pick in rounds)
            inside = [box.pieces for box in made.boxes] + list(made.open_boxes.values())
            assert line.packed == sum(pieces.get(place, 0) for pieces in inside)
            assert 0 <= line.packed <= line.picked <= line.requested
        assert not made.verified or made.packed
        assert not made.packed or (made.status == "Complete" and not made.loose)
        assert not (made.picking or made.picks) or made.batched
        assert len({box.number for box in made.boxes}) == len(made.boxes)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(choices, st.data())
def test_whatever_people_and_hosts_do_pieces_and_stock_add_up(options, data):
    warehouse = tenant(2, **options)
    for _ in range(data.draw(st.integers(5, 25))):
        fitting = _fitting(warehouse, data.draw(numbers), data.draw(st.sampled_from(["L1", "L2"])))
        _happens(warehouse, data.draw(st.sampled_from(fitting) if data.draw(some) > 1 else any_act))
        _holds(warehouse)


shelves = st.sampled_from(["EAST", "EAST/E-2", "WEST"])
stock_act = st.one_of(
    act("put", item=st.just("SKU-0001"), quantity=some, place=shelves),
    act("pull", item=st.just("SKU-0001"), quantity=some, place=shelves),
    act("count", item=st.just("SKU-0001"), found=st.integers(0, 5), place=shelves),
    act("move", item=st.just("SKU-0001"), quantity=some, origin=shelves, destination=shelves),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(stock_act, min_size=5, max_size=15))
def test_whatever_happens_to_stock_a_level_is_the_sum_of_what_happened_and_was_told(wishes):
    warehouse = tenant(0, stock={"SKU-0001": {"EAST": 4, "WEST": 4}})
    for wish in wishes:
        _happens(warehouse, wish)
        _holds(warehouse)
    heard = Counter({"E-1": 4, "WEST-01-01": 4})
    for message in json.loads(warehouse.queue.pull(1000))["Messages"]:
        body = message["Body"]
        heard[body.get("ToLocation")] += abs(body["Quantity"])
        heard[body.get("FromLocation")] -= abs(body["Quantity"])
    assert {place.location: pieces for _, place, pieces in warehouse.stock.rows()} == {
        name: pieces for name, pieces in heard.items() if name and pieces
    }


@settings(max_examples=settings.default.max_examples // 3, suppress_health_check=[HealthCheck.too_slow])
@given(choices, st.lists(any_act, max_size=10), st.integers(0, 9), *[st.floats(0, 1)] * 5)
def test_shifts_of_any_habits_keep_the_same_laws(options, wishes, seed, resets, verifies, counts, moves, short):
    warehouse = tenant(5, **options)
    habits = {"resets": resets, "verifies": verifies, "counts": counts, "moves": moves, "short_picks": short}
    for wish in wishes:
        _happens(warehouse, wish)
        work(warehouse, Shift(seed=seed, holds=0.1, split_boxes=0.5, **habits))
        _holds(warehouse)
