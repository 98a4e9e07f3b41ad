"""Bugs of the field, planted one at a time: each is caught by the law that the documentation names for it."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, settings

from crossdock.domain import BundleComponent
from crossdock.engine import confirm_plan, listings, release_plan
from crossdock.mapping import Aliases, Chosen, ShipMethods
from crossdock.testing.kit import try_law
from crossdock.testing.law import Law
from crossdock.testing.mapping import MappingSubject, Trial, mapping_laws, subjects_of
from crossdock.testing.subject import Subject

ROOT = Path(__file__).parents[2]
LIARS = ROOT / "tests/badplugins/liars"
PAGE = ROOT / "docs/explanation/what-the-kit-catches.md"
DEMO = ROOT / "core/src/crossdock/runtime/demo/crossdock.toml"
CART, HOUSE = "channeladvisor", "warehouseos"
MOST_SHOWN = 160

PLANTED = settings(max_examples=30, deadline=None, derandomize=True, database=None, print_blob=False)
settings.register_profile("planted", PLANTED)
settings.register_profile("planted_unshrunk", PLANTED, phases=[Phase.generate])


@dataclass(frozen=True)
class Found:
    """What a law found: its sentence, and the steps that lead there."""

    told: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Bug:
    """A planted bug: `name` is that of an extension of `liars` around `plugin`, or what `plant` does to a mapping.

    `law` finds it, with words like `says`; `words` are an operator's, `pain` is what it costs.
    """

    name: str
    words: str
    pain: str
    law: str
    says: str
    plugin: str = ""
    plant: Callable[[pytest.MonkeyPatch], MappingSubject] | None = None


OVERSELL, TWICE, BLOCKED = "oversell", "duplicate orders", "silent failure, or one record blocks the rest"
EDITED, METHOD, PARTS = "change after release", "unmapped ship method", "partial and split shipments"
KITS, GAPS, LIMITS = "bundles", "time zones and cursor gaps", "rate limits"
SKUS, TRACKING, LATE = "SKUs and aliases", "tracking told twice or not at all", "late cancellation"
PAINS = (OVERSELL, TWICE, BLOCKED, EDITED, METHOD, PARTS, KITS, GAPS, LIMITS, SKUS, TRACKING, LATE)


def liar(name: str, pain: str, plugin: str, law: str, says: str) -> Bug:
    """A bug that is a plugin: its module says in an operator's words what it does."""
    words = ast.get_docstring(ast.parse((LIARS / f"src/crossdock_liars/{name}.py").read_text())) or ""
    return Bug(name, words, pain, law, says, plugin=plugin)


BUGS = [
    liar("lies", TRACKING, CART, "orders.shipment_exact", r"was told; the cart has \[\] and should have"),
    liar("repeats", TRACKING, CART, "orders.told_once", r"met \S+ and .*, and (it )?has happened"),
    liar("reorders", SKUS, CART, "stock.reads_what_is_there", r"no\. \d+ is \S+, it gave there"),
    liar("loses", GAPS, CART, "orders.listed", "was sold and paid, and stands on no page"),
    liar("doubles", OVERSELL, CART, "stock.no_change_twice", r"answered with success, but SKU-\d+ at '\d' is"),
    liar("blind", OVERSELL, HOUSE, "stock.levels_follow_their_model", "2 pieces .* waits, and 0 are told as allocated"),
    liar("stale", OVERSELL, HOUSE, "stock.levels_tell_their_moment", "was overtaken by movements"),
    liar("submits_twice", TWICE, HOUSE, "warehouse.never_twice", "has 2 orders for one request"),
    liar(
        "next_number",
        TWICE,
        HOUSE,
        "warehouse.again",
        "submitting again gave Receipt.* instead of raising",
    ),
    liar("all_or_nothing", BLOCKED, CART, "orders.poison", "and the whole list fails with Unreadable"),
    liar("quiet_day", BLOCKED, CART, "errors.unavailable", "gave nothing at all while every request meets"),
    liar("edits_unseen", EDITED, CART, "orders.nothing_missed", r"was missed as it changed \("),
    liar(
        "blind_withdrawal",
        EDITED,
        HOUSE,
        "warehouse.withdraw_locked",
        "have packed order .* said to be gone",
    ),
    liar("guessed_method", METHOD, CART, "orders.unknown_wish", "requested_service is read as 'Standard'"),
    liar("whole_order", PARTS, CART, "orders.shipment_exact", "came to Rejected|should have"),
    liar("one_tracking", PARTS, CART, "orders.shipment_exact", "was told; the cart has "),
    liar("one_of_each", KITS, HOUSE, "warehouse.bundles", "the bundles there are .*: 2}}, told are .*: 1}}"),
    liar("time_zone", GAPS, CART, "orders.moments", "a moment that its record does not hold"),
    liar("cursor_gap", GAPS, CART, "orders.nothing_missed", "was missed"),
    liar("past_the_limits", LIMITS, CART, "limits.one_way_out", "was sent by python-httpx"),
    liar("one_by_one", LIMITS, CART, "budgets.requests", r"took \d+ requests for \d+ records"),
    liar("tidied_sku", SKUS, CART, "orders.sku_verbatim", "the SKU 'sku-a.b/c' .* is read as 'SKU-A.B/C'"),
    liar("told_already", TRACKING, CART, "orders.shipment_found", "was never told, and find_shipment gives Receipt"),
    liar("late_cancel", LATE, CART, "orders.adjusted_exact", r"a cancellation .* has the effects \[\], and should"),
]


def slip(pain: str, law: str, says: str) -> Callable[[Callable[[pytest.MonkeyPatch], MappingSubject]], None]:
    """A bug that is no plugin's: wrong rules of an operator, or a wrong `crossdock.mapping` or engine beneath them."""

    def keep(plant: Callable[[pytest.MonkeyPatch], MappingSubject]) -> None:
        BUGS.append(Bug(plant.__name__, plant.__doc__ or "", pain, law, says, plant=plant))

    return keep


@cache
def mapping() -> MappingSubject:
    """That of the demo, where what the cart gives to no centre leaves from the first one."""
    demo = subjects_of(DEMO)[0]
    return demo.with_rules(replace(demo.rules, default_distribution_center="1"))


def anew() -> MappingSubject:
    """The same, remembering no answer."""
    return replace(mapping(), rules=mapping().fresh())


@slip(METHOD, "mapping.ship_methods.answer", "expected nothing, got")
def usual_method(patch: pytest.MonkeyPatch) -> MappingSubject:
    """Sends what no rule knows by the method of the first rule."""
    right = ShipMethods.choose

    def guess(methods: ShipMethods, asked: Any) -> Chosen:
        return right(methods, asked) or Chosen(methods.rules[0].to, "it is the usual one")

    patch.setattr(ShipMethods, "choose", guess)
    return anew()


@slip(KITS, "mapping.release.quantities", r"pieces of .* expected \d+, got \d+")
def parts_not_multiplied(patch: pytest.MonkeyPatch) -> MappingSubject:
    """Asks for the parts of one bundle where several were ordered."""
    right = release_plan._explode
    patch.setattr(release_plan, "_explode", lambda line, quantity: right(line, 1 if line.components else quantity))
    return anew()


@slip(KITS, "mapping.bundles.whole", "holds the bundle")
def bundle_of_bundles(patch: pytest.MonkeyPatch) -> MappingSubject:
    """Names as a part of a bundle what is itself a bundle, and never gets taken apart."""
    nested = {"GIFT": [BundleComponent(sku="SET", quantity=1)], "SET": [BundleComponent(sku="CUP", quantity=4)]}
    return MappingSubject.of(replace(mapping().rules, bundles=nested))


@slip(PARTS, "mapping.confirm.round_trip", r"hears of 2 units of line .* when 1 of them are packed")
def first_box_tells_all(patch: pytest.MonkeyPatch) -> MappingSubject:
    """Counts everything that was asked for as packed when the first box is."""
    patch.setattr(
        confirm_plan, "units", lambda request, picked: {one.order_line_id: one.quantity for one in request.lines}
    )
    return anew()


@slip(SKUS, "mapping.aliases.one_to_one", "has no name at the cart: its alias .* stands for")
def shared_alias(patch: pytest.MonkeyPatch) -> MappingSubject:
    """Gives two products one barcode in the table of aliases."""
    rules = mapping().rules
    stock = replace(rules.stock, aliases=Aliases("UPC", {"LAMP": "4006381333931", "LAMP-OLD": "4006381333931"}))
    return MappingSubject.of(replace(rules, stock=stock))


@slip(OVERSELL, "mapping.stock.levels", r"expected 0, got \d+")
def claimed_is_offered(patch: pytest.MonkeyPatch) -> MappingSubject:
    """Offers pieces that waiting orders have claimed."""
    patch.setattr(listings, "level_of", lambda position, rules: max(0, position.on_hand - rules.buffer))
    patch.setattr("crossdock.testing.mapping.laws.stock.level_of", listings.level_of)
    return anew()


@contextmanager
def liars_installed() -> Iterator[None]:
    """`crossdock-liars` can be found, really installed, in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(_site().name)
        yield


@cache
def _site() -> TemporaryDirectory[str]:
    target = TemporaryDirectory(prefix="liars-")
    options = ["--no-deps", "--no-build-isolation", "--target", target.name, str(LIARS)]
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    # uv's cache goes by the time of pyproject.toml and would miss a changed module.
    tool = [uv, "pip", "install", "--offline", "--no-cache", "--python", sys.executable] if uv else []
    tool = tool or [sys.executable, "-m", "pip", "install", "--no-index"]
    done = subprocess.run([*tool, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@contextmanager
def profile(name: str) -> Iterator[None]:
    """What hypothesis draws and how far it shrinks, while this lasts."""
    before = settings.get_current_profile_name()
    settings.load_profile(name)
    try:
        yield
    finally:
        settings.load_profile(before)


def bent(bug: Bug) -> Subject:
    """The real plugin with this bug around it."""
    with liars_installed():
        found = Subject(bug.plugin, bug.name)
    assert not found.registry.quarantined
    assert not found.unplayable
    return found


def law_of(plugin: Subject, id_: str) -> Law:
    return next(law for law in plugin.laws() if law.id == id_)


@cache
def find(bug: Bug, as_profile: str = "planted_unshrunk") -> Found | None:
    """What the law that is to find this bug finds; None if it finds nothing."""
    with profile(as_profile):
        return found_in_mapping(bug) if bug.plant else breach_of(law_of(plugin := bent(bug), bug.law), plugin)


def breach_of(law: Law, plugin: Subject) -> Found | None:
    try:
        try_law(law, plugin)
    except AssertionError as error:
        noted = [line for note in error.__notes__ for line in note.splitlines()]
        steps = [line for line in noted if line.startswith("state.") and not line.startswith("state.teardown")]
        told = str(error).partition("\nassert ")[0]
        return Found(told, tuple(steps) or story(told))
    return None


def story(told: str) -> tuple[str, ...]:
    """The steps that a law without a machine tells; one scene if it tells none."""
    steps = re.search(r" Steps: ([^;]*)", told)
    return tuple(steps[1].split(", ")) if steps else ("one scene",)


def found_in_mapping(bug: Bug) -> Found | None:
    assert bug.plant
    law = next(law for law in mapping_laws() if law.id == bug.law)
    with pytest.MonkeyPatch.context() as patch:
        breach = Trial(bug.plant(patch), drawn=0).verdict(law).breach
    return Found(f"{breach.said}: {breach.found}", ("one question",)) if breach else None


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_its_law_finds_the_bug_in_fewer_than_ten_steps(bug: Bug):
    found = find(bug)
    assert found, f"{bug.law} does not find '{bug.name}'"
    assert re.search(bug.says, found.told), found.told
    assert len(found.steps) < 10


# The page of the documentation: its table is written by running this file, and held against the bugs by the tests.

HEAD = ("what goes wrong", "pain", "law", "steps", "what the kit shows")
MARKS = ("<!-- the table -->\n", "\n<!-- end of the table -->")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    words: str
    pain: str
    law: str
    steps: str
    shown: str

    @classmethod
    def of(cls, bug: Bug, found: Found) -> "Row":
        """What is written of a bug; `found` with the smallest counterexample."""
        last = [step for step in found.steps if step.startswith("state.")][-1:]
        shown = " ".join([*last, short(bug, found.told)])
        link = f"[{bug.law}](../reference/laws.md#{bug.law.replace('.', '')})"
        return cls(bug.words, bug.pain, link, str(len(found.steps)), f"`{plain(shown)}`")

    def __str__(self) -> str:
        return f"| {self.words} | {self.pain} | {self.law} | {self.steps} | {self.shown} |"


def short(bug: Bug, told: str) -> str:
    """What was found, without its middle or its end where it is long, but with what the bug is known by."""
    known = re.search(bug.says, told)
    if len(told) <= MOST_SHOWN or known is None:
        return told
    if known.end() <= MOST_SHOWN:
        return f"{told[:MOST_SHOWN].rpartition(' ')[0]} …"
    begun = told[: min(known.start(), MOST_SHOWN // 2)].rpartition(" ")[0]
    return f"{begun} … {known[0]} …"


def plain(text: str) -> str:
    """Without what is hard to read in the cell of a table: seconds, names of classes, quotes of code."""
    text = re.sub(r":\d\d\.\d+\+00:00", "", text)
    return re.sub(r"<\w+\.\w+: ('\w+')>", r"\1", text).replace("`", "").replace("|", "\\|")


def ordered() -> list[Bug]:
    return sorted(BUGS, key=lambda bug: PAINS.index(bug.pain))


def table() -> str:
    """The table as it should be now; takes a minute, for counterexamples are made small."""
    found = [(bug, find(bug, "planted")) for bug in ordered()]
    head = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    return "\n".join([*head, *(str(Row.of(bug, one)) for bug, one in found if one)])


def rows() -> list[Row]:
    """The table as it stands on the page."""
    inside = PAGE.read_text(encoding="utf-8").partition(MARKS[0])[2].partition(MARKS[1])[0]
    return [Row(*(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])) for line in inside.splitlines()[2:]]


def test_the_page_names_each_bug_its_pain_its_law_and_what_was_found():
    named = [(row.words, row.pain, row.law.partition("]")[0].removeprefix("[")) for row in rows()]
    anew = f"write the table anew: {sys.executable} {Path(__file__).relative_to(ROOT)}"
    assert named == [(bug.words, bug.pain, bug.law) for bug in ordered()], anew
    for bug, row in zip(ordered(), rows(), strict=True):
        assert re.search(bug.says, row.shown.replace("\\|", "|")), anew
        assert 0 < int(row.steps) < 10, anew


def test_a_plugin_whose_extension_is_not_installed_is_not_taken_for_a_decorated_one():
    plugin = Subject(CART, "not_installed")
    assert "not_installed" in plugin.unplayable
    assert breach_of(law_of(plugin, "plugin.opens_offline"), plugin)


def test_every_pain_of_operators_is_planted_and_every_liar_is_caught():
    assert {bug.pain for bug in BUGS} == {*PAINS}
    modules = {path.stem for path in (LIARS / "src/crossdock_liars").glob("[!_]*.py")}
    assert {bug.name for bug in BUGS if bug.plugin} == modules - {"bent", "straight"}


# The whole kit, which takes minutes.


def broken_laws(plugin: Subject) -> dict[str, Found]:
    with profile("planted_unshrunk"):
        tried = {law.id: breach_of(law, plugin) for law in plugin.laws()}
    return {id_: found for id_, found in tried.items() if found}


@pytest.mark.slow
@pytest.mark.parametrize("plugin", [CART, HOUSE])
def test_a_decorated_plugin_that_does_all_as_it_should_breaks_no_law(plugin: str):
    assert broken_laws(bent(Bug("straight", "", "", "", "", plugin))) == {}


@pytest.mark.slow
@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.plugin], ids=lambda bug: bug.name)
def test_in_a_run_of_all_laws_its_law_is_among_those_that_find_it(bug: Bug):
    assert bug.law in broken_laws(bent(bug))


@pytest.mark.slow
@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.plant], ids=lambda bug: bug.name)
def test_in_a_trial_of_all_laws_of_mappings_its_law_is_among_those_that_find_it(bug: Bug):
    assert bug.plant
    assert [verdict for verdict in Trial(anew(), drawn=0).verdicts() if not verdict.holds] == []
    with pytest.MonkeyPatch.context() as patch:
        broken = [verdict.law for verdict in Trial(bug.plant(patch), drawn=0).verdicts() if not verdict.holds]
    assert bug.law in broken


@pytest.mark.slow
def test_the_page_shows_the_smallest_counterexamples():
    assert [(row.law, row.steps) for row in rows()] == [
        (row.law, row.steps) for bug in ordered() if (found := find(bug, "planted")) for row in [Row.of(bug, found)]
    ]


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(MARKS[0])
    PAGE.write_text(f"{before}{MARKS[0]}{table()}{MARKS[1]}{rest.partition(MARKS[1])[2]}", encoding="utf-8")
