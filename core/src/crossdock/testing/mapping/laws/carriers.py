"""Laws of carriers: what somebody calls them leads to the one that is meant, or to none."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote

from crossdock.mapping import Asked, ShipMethod, ShipMethods
from crossdock.mapping.carriers import Carrier, carrier_of, carrier_table, service_of
from crossdock.mapping.carriers_by_number import link, recognised, the_carrier, why_not
from crossdock.testing.mapping.kinds import RULE
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.subject import MappingSubject

NUMBERS: Mapping[str, tuple[str | None, tuple[tuple[str, bool], ...], str]] = MappingProxyType(
    {
        "1Z5R89390357567127": ("ups", (("ups", True),), ""),
        "986578788855": ("fedex", (("fedex", True),), ""),
        "RB123456785GB": ("royalmail", (("royalmail", True),), ""),
        "9205590164917312751089": (None, (("fedex", True), ("usps", True)), ""),
        "TBA000000000000": (None, (("amazon", False),), ""),
        "1Z5R89390357567128": (None, (), "it has the shape of UPS, but a wrong check digit or service"),
        "1Z5R8939035756712A": (None, (), "no carrier whose numbers are known has such ones"),
        "hello": (None, (), "no carrier whose numbers are known has such ones"),
        "": (None, (), "no carrier whose numbers are known has such ones"),
        "\u0661Z5R89390357567127": (None, (), "no carrier whose numbers are known has such ones"),
    }
)
"""Published numbers: the carrier that is sure, all that are possible, and why it is nobody's."""
SAID = (
    ("UPS®", "UPS® Next Day Air Saver", "ups", "ups_next_day_air_saver"),
    ("UPS", "Ground", "ups", "ups_ground"),
    ("", "ups_ground", None, "ups_ground"),
    ("FedEx Ground", "", "fedex", "fedex_ground"),
    ("USPS - Stamps.com", "usps_priority_mail", "usps", "usps_priority_mail"),
    ("Canada Post", "DOM.EP", "canadapost", "canadapost_expedited_parcel"),
    ("UPS", "03", "ups", None),
    ("UPS", "", "ups", None),
    ("My own van", "Ground", None, None),
    ("Upstairs Couriers", "", None, None),
    ("®", "", None, None),
    ("", "", None, None),
)
"""What people say, and what it means."""


def _folded(text: str) -> str:
    """Letters and digits alone, without signs and accents."""
    apart = unicodedata.normalize("NFKD", re.sub("[®™℠©]", "", text)).casefold()
    return "".join(letter for letter in apart if letter.isalnum() and not unicodedata.combining(letter))


@mapping_law("mapping.carriers.names", RULE, cases=lambda subject: carrier_table().carriers)
def every_name_means_its_carrier(subject: MappingSubject, code: str) -> None:
    """Every name of a carrier and of its services, in whatever letters and with whatever signs around it, means just
    that one; a name that could mean two means none.

    A label of another service costs more, and a link to another carrier shows nothing.
    """
    carrier = carrier_table().carriers[code]
    for name in (carrier.code, carrier.title, *carrier.words):
        for said in (name, name.upper(), f"{name}®", f" {name} - ", f"{name} by road"):
            same(f"the carrier that '{said}' means", True, _begins_with(carrier_of(said), said, carrier))
    for said in (carrier.title, f"{carrier.title}™"):
        same(f"the carrier that '{said}' means", code, carrier_of(said))
    meant: dict[str, set[str]] = {}
    for service in carrier.services:
        for said in (service.code, service.title, *service.words):
            meant.setdefault(_folded(said), set()).add(service.code)
    for service in carrier.services:
        same(f"'{service.code}' of {carrier.title}", service.code, service_of(carrier.title, service.code))
        same("its title", service.title, carrier_table().title_of(service.code))
        found = service_of(carrier.title, service.title.upper())
        assert found is None or found in meant[_folded(service.title)], f"'{service.title}' means {found}"
        if len(meant[_folded(service.title)]) > 1 and not carrier.service(service.title.upper()):
            same(f"'{service.title}', which is the name of several", None, found)
    same("a service of nobody", "no-such-service", carrier_table().title_of("no-such-service"))
    number = "1Z 9/9"
    same(
        "where its parcels are followed",
        carrier.tracking_url.replace("%s", quote(number, safe="")),
        carrier.link(number),
    )
    same("where no parcel is followed", "", carrier.link(""))
    followed = carrier.tracking_url.replace("%s", quote("1Z9/9", safe=""))
    same(f"the link of '{carrier.title}'", followed, link(carrier.title, "1Z 9/9"))


def _begins_with(code: str | None, said: str, carrier: Carrier) -> bool:
    """Whether what was found is the carrier, or one whose name is longer and stands there too."""
    if code == carrier.code:
        return True
    other = carrier_table().carriers.get(code or "")
    return other is not None and any(_folded(said).startswith(name) for name in other.names)


@mapping_law("mapping.carriers.said", RULE, cases=lambda subject: [f"{one[0]}|{one[1]}" for one in SAID])
def what_people_say_means_what_they_mean(subject: MappingSubject, said: str) -> None:
    """What people usually call carriers and services means the one of the table, and what is no such name means none;
    the pair by which the cart knows a service is suggested for it, and answers only where the config wants it and no
    rule does.

    A guess that is taken for an answer is told to a marketplace.
    """
    carrier, service, code, way = next(one for one in SAID if f"{one[0]}|{one[1]}" == said)
    same(f"the carrier '{carrier}'", code, carrier_of(carrier))
    same(f"the service '{service}' of '{carrier}'", way, service_of(carrier, service))
    pair, asked = ShipMethod("CART", "WORD"), Asked(carrier, service)
    suggesting = ShipMethods().with_known({way or "": pair})
    same(f"what {asked} has for an answer by itself", None, suggesting.choose(asked))
    usual = suggesting.suggestion(asked)
    same(f"what is suggested for {asked}", pair if way else None, usual.method if usual else None)
    using = ShipMethods(uses_known=True).with_known({way or "": pair})
    chosen = using.choose(asked)
    same(f"what answers {asked} where known names are used", pair if way else None, chosen.method if chosen else None)
    if chosen and usual:
        title = carrier_table().title_of(way or "")
        same("the reason", f"known name: {title} usually goes by 'CART / WORD' there", using.explain(asked))
    same("without known names", None, ShipMethods(uses_known=True).suggestion(asked))
    same("rules that know the same", suggesting, suggesting.with_known({way or "": pair}))


def _numbers(subject: MappingSubject) -> Iterator[str]:
    return iter(NUMBERS)


@mapping_law("mapping.tracking.carrier", RULE, cases=_numbers)
def a_number_is_of_whom_its_check_digit_says(subject: MappingSubject, number: str) -> None:
    """A tracking number is of the one carrier whose check digit it bears, however it is spaced; where two are possible,
    or only its shape fits, of none; of what is nobody's, the reason is told.

    A box of the wrong carrier is told to the cart as lost.
    """
    sure, possible, why = NUMBERS[number]
    for spelled in (number, number.lower(), " ".join(number), f"{number[:4]}-{number[4:]}"):
        same(f"the carrier of '{spelled}'", sure, the_carrier(spelled))
        found = recognised(spelled)
        same(f"who '{spelled}' can be of", possible, tuple(sorted({(one.carrier, one.checked) for one in found})))
        same(f"whether '{spelled}' is nobody's", not possible, bool(why_not(spelled)))
        same(f"why '{spelled}' is nobody's", why, why_not(spelled))
        order = [one.checked for one in found]
        same(f"what was checked of '{spelled}' comes first", sorted(order, reverse=True), order)
        if sure == "ups":
            same("its service", "UPS United States Ground", found[0].service)
            same("its link", carrier_table().carriers[sure].link(number), found[0].link)
