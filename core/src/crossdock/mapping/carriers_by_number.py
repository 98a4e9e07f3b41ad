"""Which carrier a tracking number is of, by its shape and check digit; of what nothing is known, that is said.

The shapes are those of the library `tracking-numbers`. A check digit is one of ten, or one of seven: it excludes most
slips, but a number that is none can pass, so that only what passes for one single carrier is taken for its.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tracking_numbers import DEFINITIONS
from tracking_numbers.definition import TrackingNumberDefinition
from tracking_numbers.types import TrackingNumber

from crossdock.domain import Parcel
from crossdock.mapping.carriers import carrier_of, carrier_table

PASSED_OVER = re.compile(r"[\s-]+")
SERVICE = "ServiceType"
COUNTRY = "CountryCode"
NOBODYS = "no carrier whose numbers are known has such ones"
POSTS = "s10"
"""The library's code for the numbers of all postal services, which name their country."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a number can be: the carrier's code (empty: none of the table) and title, and the kind of number.

    `service`: what the number says of it, in the published list's words. `checked`: by check digit, not by shape alone.
    """

    carrier: str
    title: str
    kind: str
    service: str
    checked: bool
    link: str


def recognised(number: str) -> tuple[Recognised, ...]:
    """Everything that a number can be, what was checked first; spaces, hyphens and letters' case are passed over."""
    found = [one for spelled in spellings(number) for one in _readings(spelled)]
    return tuple(dict.fromkeys(sorted(found, key=lambda one: not one.checked)))


def the_carrier(number: str) -> str | None:
    """The code of the one carrier that a number is of by its check digit; None where it is not sure."""
    found = recognised(number)
    sure = {one.carrier for one in found} if any(one.checked for one in found) else set()
    return (sure.pop() or None) if len(sure) == 1 else None


def why_not(number: str) -> str:
    """Why a number is nobody's, in words; empty where it is somebody's."""
    if recognised(number):
        return ""
    shapes = [kind.product.name for spelled in spellings(number) for kind in DEFINITIONS if _tested(kind, spelled)]
    wrong = ", ".join(dict.fromkeys(shapes))
    return f"it has the shape of {wrong}, but a wrong check digit or service" if wrong else NOBODYS


def link(carrier: str, number: str) -> str:
    """Where a parcel of a carrier, in anybody's words, is followed; empty where that is not known."""
    code = carrier_of(carrier)
    return carrier_table().carriers[code].link(PASSED_OVER.sub("", number)) if code else ""


def followed_at(parcel: Parcel) -> str:
    """Where a parcel is followed: the link that its provider gave, else the carrier's."""
    return parcel.tracking_url or link(parcel.carrier, parcel.tracking_number)


def spellings(number: str) -> tuple[str, ...]:
    """A number without spaces and hyphens; most carriers write capitals, one small letters."""
    plain = PASSED_OVER.sub("", number)
    return tuple(dict.fromkeys((plain.upper(), plain.lower()))) if plain.isascii() else ()


def _readings(number: str) -> Iterator[Recognised]:
    for kind in DEFINITIONS:
        found = _tested(kind, number)
        if found and found.valid:
            code, title = _carrier(kind, number)
            yield Recognised(
                code,
                title,
                kind.product.name,
                _service(kind, code, number),
                checked=kind.checksum_validator is not None,
                link=carrier_table().carriers[code].link(number) if code else "",
            )


def _tested(kind: TrackingNumberDefinition, number: str) -> TrackingNumber | None:
    """What the library makes of a number that has this shape."""
    try:
        return kind.test(number)
    except ValueError:  # a letter where the check digit is expected
        return None


def _carrier(kind: TrackingNumberDefinition, number: str) -> tuple[str, str]:
    """The code and title of the carrier whose numbers these are; a post that is none of the table has no code."""
    if kind.courier.code == POSTS:
        title, code = carrier_table().posts.get(_part(kind, COUNTRY, number), (kind.courier.name, ""))
        return code, title
    code = _carrier_of_kind(kind.product.name, kind.courier.code) or ""
    return code, carrier_table().carriers[code].title if code else kind.courier.name


@cache
def _carrier_of_kind(product: str, courier: str) -> str | None:
    return carrier_of(product) or carrier_of(courier)


def _service(kind: TrackingNumberDefinition, carrier: str, number: str) -> str:
    """What the number says of the service, of kinds whose service the library knows."""
    known = any(one.regex_group_name == SERVICE for one in kind.additional_validations)
    services = carrier_table().carriers[carrier].number_services if carrier and known else {}
    return services.get(_part(kind, SERVICE, number), "")


def _part(kind: TrackingNumberDefinition, name: str, number: str) -> str:
    match = kind.number_regex.fullmatch(number)
    return match.groupdict().get(name) or "" if match else ""
