"""The laws of mappings: rich configs keep them all, and each finds the bug, or the operator's slip, that it is for."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from crossdock.config import ConfigMistakes
from crossdock.domain import BundleComponent, OrderEvent
from crossdock.engine import confirm_plan, field_trial, holding, judge, listings, netting, release_plan, unanswered
from crossdock.engine.label_rules import LabelRules
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import (
    Aliases,
    AreaRule,
    Areas,
    FieldRule,
    FieldRules,
    Filter,
    ShipMethod,
    ShipMethodRule,
    ShipMethods,
    StatusEvents,
    StatusRule,
    aliases,
    areas,
    compiled,
    expressions,
    fields,
    filters,
    ship_methods,
    status_events,
)
from crossdock.testing.mapping import MappingSubject, Trial, Verdict, mapping_laws, subjects_of, suite
from crossdock.testing.mapping import laws as of
from crossdock.testing.mapping.examples import Saved
from crossdock.testing.mapping.kinds import WAY, Way

HERE = Path(__file__).parent / "mappings"
DEMO = Path(__file__).parents[2] / "src/crossdock/runtime/demo/crossdock.toml"
LAWS = {law.id: law for law in mapping_laws()}
MAIN, LEVELS = subjects_of(HERE / "rich.toml")
BOOK = ShipMethod("USPS", "Media Mail")


def verdict_of(law: str, subject: MappingSubject, *, drawn: int = 0) -> Verdict:
    return Trial(subject, drawn=drawn).verdict(LAWS[law])


@pytest.mark.parametrize("subject", [MAIN, LEVELS, *subjects_of(DEMO)], ids=lambda one: one.name)
def test_rules_of_every_sort_keep_every_law(subject: MappingSubject):
    assert [str(one) for one in Trial(subject, drawn=4).verdicts() if not one.holds] == []


@pytest.mark.slow
@pytest.mark.parametrize("subject", [MAIN, LEVELS, *subjects_of(DEMO)], ids=lambda one: one.name)
@pytest.mark.parametrize("seed", range(5))
def test_they_keep_them_whatever_is_drawn(subject: MappingSubject, seed: int):
    assert [str(one) for one in Trial(subject, drawn=150, starting_at=seed).verdicts() if not one.holds] == []


def with_areas(*rules: AreaRule) -> PipelineRules:
    return replace(MAIN.rules, areas=Areas(rules))


def with_stock(**fields: Any) -> PipelineRules:
    return replace(MAIN.rules, stock=replace(MAIN.rules.stock, **fields))


def inbound(*rules: ShipMethodRule) -> PipelineRules:
    return replace(MAIN.rules, inbound=ShipMethods(rules))


def with_events(*rules: StatusRule) -> PipelineRules:
    return replace(MAIN.rules, status_events=StatusEvents(rules=rules))


NESTED = {"A": [BundleComponent(sku="B", quantity=2)], "B": [BundleComponent(sku="C", quantity=1)]}
SLIPS: dict[str, tuple[PipelineRules, str, str]] = {
    "mapping.ship_methods.reached": (
        inbound(ShipMethodRule(BOOK, service="U*"), ShipMethodRule(BOOK, service="UPS*")),
        "ship_methods.inbound 2",
        "rule 2 of ship_methods.inbound (site '*', carrier '*', service 'UPS*') is never asked: before it comes rule 1",
    ),
    "mapping.ship_methods.round_trip": (
        inbound(ShipMethodRule(BOOK, site="640", service="Next Day")),
        "inbound site '640' / service 'Next Day'",
        "goes to the warehouse as 'USPS / Media Mail', and ship_methods.outbound has no name for that at the cart",
    ),
    "mapping.ship_methods.labels": (
        replace(MAIN.rules, labels=LabelRules(buy=True, services=("ups/*", "dhl/express"))),
        "outbound carrier 'dhl' / service 'express'",
        "may be bought, and ship_methods.outbound has no name",
    ),
    "mapping.areas.function": (
        with_areas(AreaRule("BULK*", "1"), AreaRule("*9", "2")),
        "'BULK*' and '*9'",
        "fits 'BULK*' of distribution centre 1 and '*9' of distribution centre 2",
    ),
    "mapping.areas.reached": (
        with_areas(AreaRule("A*", "1"), AreaRule("AB*", "2")),
        "areas 2",
        "'AB*' of distribution centre 2 is never asked: 'A*' comes first",
    ),
    "mapping.areas.named": (
        with_areas(AreaRule("EAST", "2"), AreaRule("WEST", "2")),
        "area 'EAST'",
        "centre 1 picks in area 'EAST', whose stock counts as distribution centre 2",
    ),
    "mapping.aliases.one_to_one": (
        with_stock(aliases=Aliases("UPC", {"A": "1", "B": "1"})),
        "SKU 'A'",
        "SKU 'A' has no name at the cart: its alias 1 of type UPC stands for B too",
    ),
    "mapping.bundles.whole": (
        replace(MAIN.rules, bundles=NESTED),
        "SKU 'A'",
        "bundle 'A' holds the bundle 'B'",
    ),
    "mapping.filters.take_some": (
        replace(MAIN.rules, order_filters=(Filter("site", ("A*",)), Filter("site", ("a*",), "restrict"))),
        "order_filters",
        "no order was found that all order_filters take (require site A*, restrict site a*)",
    ),
    "mapping.holds.decide": (
        replace(MAIN.rules, holds=holding.HoldRules(review_when=("total.amount > `500`",))),
        "holds.review_when 1",
        "`total.amount > `500`` cannot be worked out: it compares or adds what cannot be",
    ),
    "mapping.fields.give": (
        replace(MAIN.rules, fields=FieldRules((FieldRule("notes", compiled("tags[5]"), default="none"),))),
        "fields.notes",
        "field notes (`tags[5]`) has a value of its own for no order",
    ),
    "mapping.events.reached": (
        with_events(StatusRule(OrderEvent.PACKED, True, "W*"), StatusRule(OrderEvent.PACKED, False, "Web*")),
        "status_events 2",
        "rule 2 of status_events (packed, site 'Web*') is never asked",
    ),
}
"""By law, rules with a slip, what is tried, and what is found."""


@pytest.mark.parametrize("law", SLIPS)
def test_a_slip_of_the_operator_is_found_and_told_as_he_would_say_it(law: str):
    rules, said, found = SLIPS[law]
    breach = verdict_of(law, MappingSubject.of(rules)).breach
    assert breach
    assert said in breach.said
    assert found in breach.found


@pytest.mark.parametrize(
    ("said", "written", "found"),
    [
        ('bundles = "it.csv"', "bundle,component,quantity\nSET,CUP,none\n", "none"),
        (
            'stock = { alias = "UPC", aliases = "it.csv" }',
            "sku,type,alias\nA,UPC,1\nB,UPC,1\n",
            "stands for SKU A in line 2 already",
        ),
    ],
)
def test_mistake_in_a_file_of_a_pipeline_is_named_and_one_in_a_connection_is_not(
    tmp_path: Path, said: str, written: str, found: str
):
    (tmp_path / "it.csv").write_text(written)
    (config := tmp_path / "crossdock.toml").write_text(
        '[connections.cart]\nconnector = "channeladvisor"\nrefresh_token = { env = "NOT_SET_HERE" }\n'
        f'[pipelines.main]\ninventory_sink = "cart"\n{said}\n'
    )
    with pytest.raises(ConfigMistakes, match=found) as mistakes:
        subjects_of(config)
    assert len(mistakes.value.mistakes) == 1


LOST: dict[str, tuple[PipelineRules, str]] = {
    "mapping.ship_methods.named": (inbound(), "is held: no rule fits"),
    "mapping.areas.named": (with_areas(), "is named, and its stock counts nowhere"),
    "mapping.bundles.whole": (replace(MAIN.rules, bundles={}), "bundle 'SET-1' has no parts"),
    "mapping.events.reasons": (replace(MAIN.rules, cancel_reasons={}), "'damaged' is found under no reason"),
}
"""By law, rules from which something was taken that the config had."""


@pytest.mark.parametrize("law", LOST)
def test_what_the_config_named_once_is_missed(law: str):
    rules, found = LOST[law]
    breach = verdict_of(law, MAIN.with_rules(rules)).breach
    assert breach
    assert found in breach.found


def test_what_an_example_expects_must_come_out():
    way = Way(ship_methods.Direction.INBOUND, "", "Next Day", "640")
    expecting = replace(MAIN, examples=[Saved("main", WAY, way, {"to": "UPS / Ground"}, file="one.json")])
    breach = verdict_of("mapping.examples.expected", expecting).breach
    assert breach
    assert breach.found == (
        "inbound site '640' / service 'Next Day': to: expected 'UPS / Ground', got 'UPS / Next Day Air'"
    )


def nothing(*_: Any, **__: Any) -> Any:
    return None


def always(answer: Any) -> Callable[..., Any]:
    return lambda *_, **__: answer


def sent_otherwise(**changed: str) -> Callable[..., Any]:
    real = release_plan._requests

    def requests(*given: Any) -> Any:
        return tuple(request.model_copy(update=changed) for request in real(*given))

    return requests


def keyed_by_notes(*given: Any) -> Any:
    return tuple(one.model_copy(update={"key": f"{one.key}{one.notes}"}) for one in REAL_REQUESTS(*given))


def lost_in_netting(moved: Any, areas: Any, at: Any = None) -> Any:
    return {center: number for center, number in REAL_EFFECT(moved, areas, at).items() if number < 0}


def rounded(order: Any, filters: Any) -> Any:
    taken = REAL_TAKE(order, filters)
    lines = tuple(line.model_copy(update={"unit_price": None}) for line in taken.order.lines)
    return replace(taken, order=taken.order.model_copy(update={"lines": lines}))


REAL_REQUESTS, REAL_EFFECT, REAL_TAKE, REAL_PLAN = (
    *(release_plan._requests, netting.effect, filters.take_lines),
    netting.plan_movements,
)
TICKS = count()
ANY_KEY = property(lambda asked: (asked.site, asked.carrier, asked.service))
BUGS: list[tuple[str, Any, str, Any]] = [
    (
        "mapping.ship_methods.answer",
        ship_methods,
        "_matches",
        lambda rule, asked: ship_methods.fits(rule.service, asked.service),
    ),
    ("mapping.ship_methods.explained", ship_methods.ShipMethods, "_because", always("a rule")),
    ("mapping.ship_methods.held", unanswered, "command_for", always("crossdock ship-methods set")),
    ("mapping.ship_methods.same", ship_methods.Asked, "key", ANY_KEY),
    ("mapping.areas.answer", areas, "fits", lambda pattern, text: pattern == text),
    ("mapping.areas.contradictions", of.areas, "contradictions", always([])),
    ("mapping.patterns.overlap", of.areas, "common_text", nothing),
    ("mapping.aliases.answer", aliases.Aliases, "name_of", lambda table, sku: table.of.get(sku)),
    ("mapping.aliases.none", aliases.Aliases, "sku_of", lambda table, name: name.upper()),
    ("mapping.carriers.names", of.carriers, "carrier_of", nothing),
    ("mapping.carriers.said", of.carriers, "service_of", always("ups_ground")),
    ("mapping.tracking.carrier", of.carriers, "the_carrier", always("ups")),
    ("mapping.confirm.round_trip", confirm_plan, "asked_units", always({})),
    ("mapping.confirm.round_trip", confirm_plan, "_method", always(BOOK)),
    ("mapping.events.answer", status_events, "TOLD_WITHOUT_A_RULE", ()),
    ("mapping.events.first", status_events.StatusEvents, "may_tell", always(True)),
    ("mapping.expressions.value", expressions.Expression, "search", always(expressions.Found())),
    ("mapping.expressions.reads", of.expressions, "compiled", always(compiled("site"))),
    ("mapping.expressions.refused", of.expressions, "check_fields", lambda text, document: text),
    ("mapping.fields.value", fields, "_cut", lambda text, length: text[1 : length + 1]),
    ("mapping.fields.length", release_plan, "field_flaws", always(())),
    ("mapping.fields.explained", field_trial, "_because", always("")),
    ("mapping.filters.answer", filters.Filter, "objection", nothing),
    ("mapping.filters.lines", filters, "_without", lambda order, left_out: order),
    ("mapping.filters.private", filters, "_is_personal", always(False)),
    ("mapping.holds.answer", holding, "_marked", nothing),
    ("mapping.orders.every_value", judge, "_wait_reason", nothing),
    ("mapping.orders.same", of.orders, "outcome_of", lambda *_: next(TICKS)),
    ("mapping.orders.total", release_plan, "address_flaw", lambda to: {}[to.country]),
    ("mapping.orders.wanted", of.orders, "lines_wanted", always({})),
    ("mapping.release.quantities", release_plan, "_explode", always([])),
    ("mapping.release.keys", release_plan, "_requests", keyed_by_notes),
    ("mapping.release.money", of.release, "take_lines", rounded),
    ("mapping.release.way", release_plan, "_requests", sent_otherwise(area="EAST")),
    ("mapping.saved.table", of.saved, "put", lambda table, wanted, written: (*table, *wanted)),
    ("mapping.saved.disagreement", ship_methods.ShipMethods, "disagreements", {}),
    ("mapping.stock.conserved", netting, "effect", lost_in_netting),
    ("mapping.stock.each_once", of.stock, "plan_movements", lambda *all: replace(REAL_PLAN(*all), nothing=(1, 1))),
    ("mapping.stock.levels", listings, "at_least", lambda quantity, rules: max(quantity, 0)),
]
"""By law, a bug of crossdock itself: where, and what stands there instead."""


@pytest.mark.parametrize(("law", "where", "name", "bug"), BUGS, ids=[f"{bug[0]}-{bug[2]}" for bug in BUGS])
def test_a_bug_is_found(law: str, where: Any, name: str, bug: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(where, name, bug)
    subjects = [replace(one, rules=one.fresh()) for one in (MAIN, LEVELS)]
    verdicts = [verdict_of(law, subject) for subject in subjects]
    assert any(one.breach and one.breach.found for one in verdicts)


def test_every_law_is_shown_to_fail():
    shown = {*SLIPS, *LOST, *(bug[0] for bug in BUGS), "mapping.examples.expected"}
    assert shown == LAWS.keys()


def test_a_cancelled_unit_that_is_shipped_all_the_same_is_told_as_one_order(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(release_plan, "_cancelled", always(0))
    breach = verdict_of("mapping.release.quantities", MAIN).breach
    assert breach
    assert breach.said == (
        "an order with site '640', requested service 'Next Day', phone 'given', line 1: 2 of 'A-1', "
        "cancellation of 1 of line 1"
    )
    assert breach.found == "pieces of 'A-1' from centre '1': expected 1, got 2"


def test_the_smallest_of_what_was_drawn_is_told(monkeypatch: pytest.MonkeyPatch):
    real = ship_methods.ShipMethods.explain
    monkeypatch.setattr(
        ship_methods.ShipMethods, "explain", lambda it, asked: "" if len(asked.site) > 2 else real(it, asked)
    )
    breach = verdict_of("mapping.ship_methods.explained", LEVELS, drawn=40).breach
    assert breach
    assert len(breach.said) < len("inbound site '0000' / carrier '0' / service '0'")


def test_the_same_seed_draws_the_same():
    one, same, other = (Trial(LEVELS, drawn=8, starting_at=seed).tried(WAY) for seed in (3, 3, 4))
    assert one == same != other


def test_in_pytest_a_broken_law_fails_and_one_that_is_known_to_be_is_expected_to():
    law = LAWS["mapping.ship_methods.round_trip"]
    broken = MappingSubject.of(inbound(ShipMethodRule(BOOK)))
    suite.test_mapping(Trial(MAIN), law)
    with pytest.raises(AssertionError, match="has no name for that at the cart"):
        suite.test_mapping(Trial(broken), law)
    with pytest.raises(pytest.xfail.Exception, match="it always names it"):
        suite.test_mapping(Trial(replace(broken, known={law.id: "it always names it"})), law)
    with pytest.raises(AssertionError, match="take it out of known"):
        suite.test_mapping(Trial(replace(MAIN, known={law.id: "it always names it"})), law)


@pytest.mark.slow
def test_pytest_takes_a_config(tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "areas",
        "--crossdock-config",
        str(DEMO),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, "passed" in done.stdout) == (0, True), done.stdout
