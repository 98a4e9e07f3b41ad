"""What no outbound rule answers: the pair by which carts usually call it, and the carrier whose number a box bears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Package
from crossdock.engine.confirm_plan import asked_of
from crossdock.engine.problems import Code
from crossdock.engine.rules import PipelineRules
from crossdock.engine.unanswered import unanswered
from crossdock.mapping import Asked, Direction, ShipMethod, ShipMethodRule, ShipMethods

from .builders import ANY_METHOD, a_box, an_order, planned, rules_that_map_all
from .strategies import ROUNDS
from .world import World, played

GROUND = ShipMethod("UPS", "GROUND")
KNOWN = {"ups_ground": GROUND, "fedex_2_day": ShipMethod("FEDEX", "2Day")}
UPS, FEDEX, NOBODYS = "1Z5R89390357567127", "986578788855", "1Z5R89390357567128"
SUGGESTING = ShipMethods(known=KNOWN)
USING = ShipMethods(known=KNOWN, uses_known=True)
[REQUEST] = planned(an_order("1"), rules_that_map_all()).requests

words = st.sampled_from(("", "UPS", "ups®", "FedEx", "Ground", "UPS Ground", "2Day", "Truck"))
methods = st.sampled_from((GROUND, ShipMethod("UPS", "AIR")))
rules = st.lists(
    st.builds(ShipMethodRule, to=methods, carrier=st.sampled_from(("*", "UPS")), service=st.sampled_from(("*", "Gr*"))),
    max_size=3,
    unique_by=lambda rule: rule.key,
).map(tuple)


def a_package(**known: str) -> Package:
    return a_box("b1", "N1", ("10", 1), tracking="").package.model_copy(update=known)


def asked_by(box: Package, carrier: str, service: str, *, recognises: bool = True) -> Asked:
    request = REQUEST.model_copy(update={"carrier": carrier, "service_level": service})
    return asked_of(box, request, "eBay", recognises=recognises)


@ROUNDS
@given(rules, words, words)
def test_what_is_known_answers_only_where_no_rule_of_the_operator_does(
    written: tuple[ShipMethodRule, ...], carrier: str, service: str
) -> None:
    asked = Asked(carrier, service)
    plain, suggesting = ShipMethods(written).choose(asked), ShipMethods(written, known=KNOWN)
    used = ShipMethods(written, known=KNOWN, uses_known=True).choose(asked)
    usual = suggesting.suggestion(asked)

    assert suggesting.choose(asked) == plain
    if plain:
        assert used == plain
    else:
        assert (used and used.method) == (usual and usual.method)


def test_an_answer_by_a_known_name_says_so_and_comes_before_words_that_are_passed_on() -> None:
    passing = ShipMethods(unmapped="pass", known=KNOWN, uses_known=True)

    assert passing.explain(Asked("UPS®", "Ground")) == "known name: UPS Ground usually goes by 'UPS / GROUND' there"
    assert passing.explain(Asked("Truck", "Ground")) == "passed on as the cart gave it"
    assert ShipMethods(uses_known=True).choose(Asked("UPS", "Ground")) is None


def test_a_problem_names_the_command_with_the_usual_pair() -> None:
    unmapped = PipelineRules("main", outbound=SUGGESTING)
    why = unanswered(unmapped, Direction.OUTBOUND, Asked("UPS", "Ground", "eBay"))

    assert "--carrier UPS --service Ground --to-carrier UPS --to-service GROUND` says what it is" in why.action
    assert why.action.endswith("UPS Ground usually goes by 'UPS / GROUND' there, if the account has it.")
    plain = unanswered(unmapped, Direction.OUTBOUND, Asked("Truck", "Ground"))
    assert "--to-carrier … --to-service …`" in plain.action
    assert plain.action.endswith("at the next start.")


@pytest.mark.parametrize(
    ("carrier", "number", "said"),
    [
        ("", UPS, True),
        ("Truck", UPS, True),
        ("UPS", UPS, False),
        ("", NOBODYS, False),
        ("", "", False),
    ],
)
def test_a_problem_says_whose_number_it_is_where_nobody_said_that(carrier: str, number: str, said: bool) -> None:
    why = unanswered(PipelineRules("main"), Direction.OUTBOUND, Asked(carrier, "Air"), number)

    assert (f"By its check digit, {number} is a number of UPS;" in why.action) == said


@pytest.mark.parametrize(
    ("box", "asked_for", "expected"),
    [
        (a_package(tracking_number=UPS), ("", ""), ("UPS", "")),
        (a_package(tracking_number=UPS), ("ups ", "Ground"), ("ups ", "Ground")),
        (a_package(tracking_number=FEDEX), ("UPS", "Ground"), ("FedEx", "")),
        (a_package(tracking_number=FEDEX, service_level="2Day"), ("UPS", "Ground"), ("FedEx", "2Day")),
        (a_package(tracking_number=FEDEX, carrier="Truck"), ("UPS", "Ground"), ("Truck", "Ground")),
        (a_package(tracking_number=NOBODYS), ("FedEx", "2Day"), ("FedEx", "2Day")),
        (a_package(), ("FedEx", "2Day"), ("FedEx", "2Day")),
    ],
)
def test_a_box_without_a_carrier_is_of_the_one_whose_number_it_bears(
    box: Package, asked_for: tuple[str, str], expected: tuple[str, str]
) -> None:
    found = asked_by(box, *asked_for)
    unseen = asked_by(box, *asked_for, recognises=False)

    assert (found.carrier, found.service) == expected
    assert unseen.carrier == (box.carrier or asked_for[0])


@played
async def test_a_held_box_leaves_once_known_names_and_its_number_may_be_used(world: World) -> None:
    truck = ShipMethods((ShipMethodRule(ShipMethod("Truck", "Air")),))
    world.rules = PipelineRules("main", inbound=truck, outbound=SUGGESTING)
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release"))
    box = a_box("b1", "N1", ("10", 1), tracking=FEDEX)
    package = box.package.model_copy(update={"service_level": "2Day"})
    world.warehouse.pack(box.model_copy(update={"package": package}))

    await world.cycle(("collect", "confirm"))
    assert await world.problems() == [("unmapped_carrier", "N1/b1")]
    world.rules = PipelineRules("main", inbound=ANY_METHOD, outbound=USING, recognises=True)
    await world.store.reconsider_held("main", Code.UNMAPPED_CARRIER, now=world.clock.now())
    await world.flow("confirm")

    assert [(one.carrier, one.service_level) for one in world.cart.confirmed] == [("FEDEX", "2Day")]
    assert await world.problems() == []
