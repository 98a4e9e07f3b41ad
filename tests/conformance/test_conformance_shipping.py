"""The laws about shipping find the bugs of the field: each is planted in a real plugin, and caught with its words."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

import crossdock_shipping.easypost.labels as easypost_labels
import crossdock_shipping.karrio.labels as karrio_labels
import crossdock_shipping.karrio.parcels as karrio_parcels
import crossdock_shipping.lookup.listing as lookup_listing
import crossdock_shipping.lookup.parcels as lookup_parcels
import crossdock_shipping.lookup.push as lookup_push
import crossdock_shipping.shipstation.parcels as shipstation_parcels
from crossdock import AnswerState, FinalAnswer, OutcomeUnknown, Unavailable
from crossdock.domain import LabelFormat, Money
from crossdock.sandbox import FaultName
from crossdock.testing.kit import try_law
from crossdock.testing.law import all_laws
from crossdock.testing.laws.shipping_lists import TheList
from crossdock.testing.laws.shipping_purchase import TheTill
from crossdock.testing.machine import RoleMachine
from crossdock.testing.subject import subject
from crossdock_shipping.easypost.parcels import EasyPostParcels
from crossdock_shipping.karrio.labels import KarrioLabels
from crossdock_shipping.karrio.listing import Listing
from crossdock_shipping.lookup.answers import Parcels
from crossdock_shipping.lookup.parcels import ListedParcels, ShippingParcels

Sabotage = tuple[type | ModuleType, str, Callable[[Any], Any]]


def breach(plugin: str, law: str) -> AssertionError:
    """What the law finds in the plugin."""
    (wanted,) = [one for one in all_laws() if one.id == law]
    with pytest.raises(AssertionError) as found:
        try_law(wanted, subject(plugin))
    return found.value


def steps_of(found: AssertionError) -> list[str]:
    """The steps of a counterexample, without those that only look."""
    lines = [line.strip() for note in found.__notes__ for line in note.splitlines()]
    looks = ("state.no_label_is_there_twice", "state.teardown")
    return [line for line in lines if line.startswith("state.") and not line.startswith(looks)]


def rounded(cost_of):
    def cost(rate):
        told = cost_of(rate)
        return told and Money(amount=told.amount.quantize(Decimal(1), ROUND_HALF_UP), currency=told.currency)

    return cost


def in_euros(offer_of):
    def offer(rate):
        told = offer_of(rate)
        return told and told.model_copy(update={"cost": Money(amount=told.cost.amount, currency="EUR")})

    return offer


def with_an_id_of_its_own(read_parcel):
    ids = itertools.count()

    def read(self, record):
        return read_parcel(self, record).model_copy(update={"external_id": f"id-{next(ids)}"})

    return read


def as_wide_as_the_search(_of_number):
    async def rows(self, number):
        for row in (await self._rows({self._ctx.settings.number_in: number}, 0)).results:
            yield bytes(row)

    return rows


def refusing_what_is_unknown(find_parcels):
    async def find(self, request_number):
        found = await find_parcels(self, request_number)
        if not found:
            raise Unavailable(f"no parcel for {request_number} yet")
        return found

    return find


def first_page_only(find_parcels):
    async def find(self, request_number):
        return (await find_parcels(self, request_number))[:1]

    return find


def without_voids(fetch_parcels):
    async def fetch(self, cursor):
        page = await fetch_parcels(self, cursor)
        return replace(page, records=tuple(one for one in page.records if not self.read_parcel(one).voided))

    return fetch


def says_done(_void_label):
    async def void(self, parcel):
        return FinalAnswer(AnswerState.ACCEPTED)

    return void


def buys_at_once(draft_label):
    async def draft(self, wanted):
        made = await draft_label(self, wanted)
        await self.buy_label(wanted, made, made.rates[0])
        return made

    return draft


def buys_again_in_doubt(buy_label):
    async def buy(self, wanted, draft, rate):
        try:
            return await buy_label(self, wanted, draft, rate)
        except OutcomeUnknown:
            other = await self.draft_label(wanted)
            return await buy_label(self, wanted, other, other.rates[0])

    return buy


def takes_doubt_for_no(buy_label):
    async def buy(self, wanted, draft, rate):
        try:
            return await buy_label(self, wanted, draft, rate)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from error

    return buy


def takes_a_page_for_the_end(_parcels_in):
    def parcels(connection, answer):
        try:
            return _parcels_in(connection, answer)
        except Unavailable:
            return Parcels([])

    return parcels


def for_nobody(check_address):
    async def check(self, address):
        finding = await check_address(self, address)
        better = address.model_copy(update={"name": ""})
        return finding.model_copy(update={"better": better})

    return check


BUGS = {
    "cost rounded": ("karrio", "parcels.verbatim", (karrio_parcels, "cost_of", rounded), "its cost 7 does not stand"),
    "prefix match": ("karrio", "parcels.found", (Listing, "of_number", as_wide_as_the_search), "was made for 10011"),
    "search is too wide": (
        "karrio",
        "parcels.unknown_number",
        (Listing, "of_number", as_wide_as_the_search),
        "nothing was made for this number",
    ),
    "none yet is an error": (
        "shipping",
        "parcels.unknown_number",
        (ShippingParcels, "find_parcels", refusing_what_is_unknown),
        "is an empty list",
    ),
    "first one only": (
        "shipping",
        "parcels.found",
        (ShippingParcels, "find_parcels", first_page_only),
        "look at later",
    ),
    "ids made anew": (
        "shipping",
        "parcels.same_again",
        (ShippingParcels, "read_parcel", with_an_id_of_its_own),
        "after a restart",
    ),
    "unproven call": (
        "shipping",
        "parcels.call_unproven",
        (lookup_push, "_require_proof", lambda _: lambda *_: None),
        "without headers was taken",
    ),
    "call left out": (
        "shipping",
        "parcels.call_taken",
        (lookup_parcels, "pushed_records", lambda _: lambda *_: []),
        "read_push gave nothing",
    ),
    "voids left out of the list": (
        "shipping",
        "parcels.listed",
        (ListedParcels, "fetch_parcels", without_voids),
        "did not tell label",
    ),
    "voids of old labels": (
        "shipstation",
        "parcels.checkpoint",
        (shipstation_parcels, "_voided_since", lambda _: lambda *_: False),
        "voided False instead of True",
    ),
    "format guessed": (
        "karrio",
        "labels.printable",
        (karrio_labels, "format_of", lambda _: lambda content: LabelFormat.PNG),
        "says PNG and gives",
    ),
    "draft buys": (
        "karrio",
        "labels.draft_is_free",
        (KarrioLabels, "draft_label", buys_at_once),
        "was bought, and nob",
    ),
    "another currency": ("karrio", "labels.bought", (karrio_labels, "offer_of", in_euros), "offered for .* EUR"),
    "key ignored": (
        "karrio",
        "labels.own_key",
        (karrio_labels, "bears", lambda _: lambda row, key: True),
        "gave a label under",
    ),
    "void did nothing": ("karrio", "labels.taken_back", (KarrioLabels, "void_label", says_done), "and it is in force"),
    "page is printed": (
        "easypost",
        "labels.no_page_is_printed",
        (easypost_labels, "format_of", lambda _: lambda content: LabelFormat.PDF),
        "begin with b'<!DOCTYPE",
    ),
    "address of nobody": (
        "easypost",
        "addresses.only_asked",
        (EasyPostParcels, "check_address", for_nobody),
        "who lives there",
    ),
}
MACHINES = {
    "buys again in doubt": (
        "karrio",
        "labels.bought_once",
        (KarrioLabels, "buy_label", buys_again_in_doubt),
        "paid twice",
    ),
    "doubt taken for no": (
        "karrio",
        "labels.bought_once",
        (KarrioLabels, "buy_label", takes_doubt_for_no),
        "nothing was bought, and a label was",
    ),
    "page taken for the end": (
        "shipping",
        "parcels.list_goes_on",
        (lookup_listing, "parcels_in", takes_a_page_for_the_end),
        "did not tell label",
    ),
}


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sabotage], None]:
    def put(sabotage: Sabotage) -> None:
        where, name, bug = sabotage
        monkeypatch.setattr(where, name, bug(getattr(where, name)))

    return put


@pytest.fixture
def the_same_plays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same plays in every run; a few steps are few enough, the fewest take long to find."""
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKS", 5)
    before = settings.get_current_profile_name()
    settings.register_profile("same plays", settings(), max_examples=300, derandomize=True)
    settings.load_profile("same plays")
    yield
    settings.load_profile(before)


@pytest.mark.parametrize("bug", BUGS)
def test_a_law_about_shipping_finds_the_bug(bug, plant):
    plugin, law, sabotage, words = BUGS[bug]
    plant(sabotage)
    assert re.search(words, str(breach(plugin, law)))


@pytest.mark.slow
@pytest.mark.parametrize("bug", MACHINES)
def test_a_machine_about_shipping_finds_the_bug_in_a_few_steps(bug, plant, the_same_plays):
    plugin, law, sabotage, words = MACHINES[bug]
    plant(sabotage)
    found = breach(plugin, law)
    assert words in str(found)
    assert 0 < len(steps_of(found)) < 10


@pytest.mark.parametrize(("bug", "words"), [(buys_again_in_doubt, "paid twice"), (takes_doubt_for_no, "a label was")])
def test_a_lost_answer_is_enough_to_see_how_a_purchase_is_wrong(bug, words, plant):
    plant((KarrioLabels, "buy_label", bug))
    with pytest.raises(AssertionError, match=words), on_stage(TheTill, "karrio") as till:
        till.buy(box=1, dearest=False, failure=FaultName.LOST_REPLY)


def test_a_page_of_maintenance_is_enough_to_see_how_a_list_is_wrong(plant):
    plant((lookup_listing, "parcels_in", takes_a_page_for_the_end))
    with on_stage(TheList, "shipping") as reading:
        reading.people_work()
        reading.fail_to_read_a_page(failure=FaultName.HTML)
        with pytest.raises(AssertionError, match="did not tell label"):
            reading.catch_up()


@contextmanager
def on_stage(machine: type[RoleMachine], plugin: str) -> Iterator[Any]:
    """A machine whose steps are taken by hand, with lists that reach back over nothing."""
    scene = subject(plugin).scenes["small_pages"]
    fields = {"subject": subject(plugin), "options": scene.options, "settings": scene.settings}
    playing = type(machine.__name__, (machine,), fields)()
    try:
        yield playing
    finally:
        playing.teardown()
