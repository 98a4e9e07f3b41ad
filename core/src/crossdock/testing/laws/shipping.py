"""Laws about shipping providers: what was made for an order number is found under it, as it was told."""

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import combinations

from crossdock.domain import Money, Parcel
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import Record
from crossdock.hooks.roles import ShippingProvider
from crossdock.sandbox import EffectKind, Rehearsal
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.shipping_wishes import UNMADE, known_of
from crossdock.testing.raw import scalars
from crossdock.testing.stage import Stage
from crossdock.testing.subject import Subject

STRANGE = (UNMADE, "no such/order", "a&b=c?d#e%2F", "Ω 7 “east”", "x" * 100)


@law("parcels.unknown_number", Grade.SILVER, of=ShippingProvider)
async def an_unknown_number_has_no_parcels(plugin: Subject) -> None:
    """An order number for which nobody made a label has no parcels, which is an empty list and not an error.

    Most boxes have no label yet when they are asked for: an error here is a problem on every order, and somebody
    else's parcel is a tracking number told to the wrong buyer.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        await labels_made(stage)
        provider = connection.role(ShippingProvider)
        for number in (*STRANGE, *near(stage.rehearsal)):
            try:
                found = await provider.find_parcels(number)
            except CrossdockError as error:
                raise AssertionError(
                    f"find_parcels({number!r}) raised {type(error).__name__}: {error}; nothing was made for this "
                    "number, so that the answer is an empty list"
                ) from error
            assert not found, f"find_parcels({number!r}) gave {told_of(found)}, and nothing was made for this number"


@law("parcels.found", Grade.SILVER, of=ShippingProvider)
async def all_parcels_of_a_number_are_found(plugin: Subject) -> None:
    """Every label in force that was made for an order number is found under it, and none that was made for another.

    A label that is not found is a box that is never told to the buyer, or a second label paid for it; one of another
    order is a wrong tracking number in the cart.
    """
    async with plugin.stage() as stage:
        await labels_made(stage)
        made = Counter(effect.of for effect in await stage.effects(EffectKind.LABEL))
        async with stage.connect() as connection:
            provider = connection.role(ShippingProvider)
            for number in stage.rehearsal.numbers:
                known = await known_of(provider, number)
                strange = [one for one in known.values() if one.reference not in ("", number)]
                assert not strange, (
                    f"find_parcels({number!r}) gave {strange[0].tracking_number}, which was made for "
                    f"{strange[0].reference}: the search of that system is wider than the number, so compare it"
                )
                live = [one.tracking_number for one in known.values() if not one.voided]
                assert len(live) == made[number], (
                    f"find_parcels({number!r}) gave {len(live)} labels in force ({', '.join(live) or 'none'}), and "
                    f"there are {made[number]}; look at later pages, at voided labels, and at those of people"
                )


@law("parcels.same_again", Grade.SILVER, of=ShippingProvider)
async def a_label_keeps_its_id(plugin: Subject) -> None:
    """The same label has the same id and the same content however often it is found, also after a restart.

    The id is what keeps one label from being stored twice; an id made anew each time fills the store and uses a label
    for two boxes.
    """
    async with plugin.stage() as stage:
        await labels_made(stage)
        first, second = [await _all_known(stage) for _ in range(2)]
        for number, known in first.items():
            assert known == second[number], (
                f"find_parcels({number!r}) gave {_shown(known)} and, after a restart, {_shown(second[number])}"
            )
        ids = Counter(id for known in first.values() for id in known)
        twice = [id for id, times in ids.items() if times > 1]
        assert not twice, f"the id {twice[0]!r} stands for labels of several order numbers"


@law("parcels.verbatim", Grade.BRONZE, of=ShippingProvider)
async def numbers_and_costs_are_as_they_were_told(plugin: Subject) -> None:
    """Tracking number, order number and cost of a parcel stand in its record just so; nothing is rounded or guessed.

    A digit that went through a float, or a cost without its cents, is wrong by an amount that nobody looks for.
    """
    async with plugin.stage() as stage:
        await labels_made(stage)
        async with stage.connect() as connection:
            provider, settings = connection.role(ShippingProvider), connection.context.settings.model_dump_json()
            for number in stage.rehearsal.numbers:
                for record in await provider.find_parcels(number):
                    if fault := unlike(provider.read_parcel(record), record, settings):
                        raise AssertionError(f"parcel {record.id}: {fault}")


async def labels_made(stage: Stage) -> None:
    """People make labels in two shifts, and take some back; fails where the rehearsal does not let them."""
    assert stage.rehearsal.numbers, (
        "the rehearsal names no order `numbers` for which people make labels: without any, no look-up can be tried"
    )
    for seed in (1, 2):
        await stage.work(seed)
    assert await stage.effects(EffectKind.LABEL), "POST /_work made no label that GET /_effects?kind=label tells"


def near(rehearsal: Rehearsal) -> Sequence[str]:
    """Numbers that are part of known ones, or hold them, and are none themselves."""
    wider = {near for number in rehearsal.numbers for near in (number[:-1], number[1:], f"{number}0", f"0{number}")}
    return sorted(wider - {"", *rehearsal.numbers})


def unlike(parcel: Parcel, record: Record, settings: str) -> str:
    """What a parcel says that its record does not; empty where all is as it was told."""
    told = [*scalars(record.data)]
    for name in ("tracking_number", "reference"):
        value = getattr(parcel, name)
        if value and not any(value in text for text in told):
            return f"its {name} {value!r} does not stand in its record"
    return _unlike_cost(parcel.cost, told, settings) if parcel.cost else ""


def _unlike_cost(cost: Money, told: Sequence[str], settings: str) -> str:
    if cost.amount not in _amounts(told):
        return f"its cost {cost.amount} does not stand in its record, neither in whole nor in cents nor in parts"
    if not re.fullmatch("[A-Z]{3}", cost.currency):
        return f"its currency {cost.currency!r} is not three capital letters"
    if not any(cost.currency in text.upper() for text in (*told, settings)):
        return f"its currency {cost.currency} stands neither in its record nor in the settings"
    return ""


def _amounts(told: Sequence[str]) -> set[Decimal]:
    """All amounts that a record tells: as written, in cents, and the sums of two or three that have cents."""
    written = [number for text in told if (number := _number(text)) is not None]
    with_cents = sorted({number for number in written if number != number.to_integral_value()})[:12]
    sums = {sum(parts, Decimal(0)) for many in (2, 3) for parts in combinations(with_cents, many)}
    return {*written, *sums, *(number / 100 for number in written if number == number.to_integral_value())}


def _number(text: str) -> Decimal | None:
    for plain in (text, text.replace(".", "").replace(",", ".") if "," in text else text):
        try:
            number = Decimal(plain)
        except InvalidOperation:
            continue
        return number if number.is_finite() and abs(number) < 10**12 else None
    return None


async def _all_known(stage: Stage) -> dict[str, dict[str, Parcel]]:
    """By order number, the labels that a fresh connection finds."""
    async with stage.connect() as connection:
        provider = connection.role(ShippingProvider)
        return {number: dict(await known_of(provider, number)) for number in stage.rehearsal.numbers}


def told_of(records: Sequence[Record]) -> str:
    """Records by their ids."""
    return f"{len(records)} records ({', '.join(record.id for record in records)})"


def _shown(known: dict[str, Parcel]) -> str:
    return ", ".join(f"{id}: {parcel.tracking_number}" for id, parcel in sorted(known.items())) or "nothing"
