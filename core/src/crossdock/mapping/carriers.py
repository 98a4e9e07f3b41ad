"""Carriers and their services: one table of them, and which of them somebody's words mean.

The table is `carriers.json`, made from published lists, which it names; `docs/carriers.py` makes it. Words that it does
not know mean nothing here: they stay as they are.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any
from unicodedata import combining, normalize
from urllib.parse import quote

SIGNS = re.compile(r"[®™℠©]")
WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text with letters folded, without signs and accents."""
    plain = "".join(one for one in normalize("NFKD", SIGNS.sub("", text)) if not combining(one))
    return tuple(WORD.findall(plain.casefold()))


def folded(text: str) -> str:
    """What two spellings of one name have in common: letters and digits."""
    return "".join(words_of(text))


@dataclass(frozen=True, slots=True)
class CarrierService:
    """One service of a carrier; `words` are what else it is called."""

    code: str
    title: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Carrier:
    """A carrier of the table: its services, what else it is called, where its parcels are followed.

    `tracking_url` has `%s` where the number goes. `number_services`: what the letters for the service in a tracking
    number stand for, in the published list's words.
    """

    code: str
    title: str
    services: tuple[CarrierService, ...]
    words: tuple[str, ...]
    tracking_url: str
    number_services: Mapping[str, str]

    @cached_property
    def names(self) -> frozenset[str]:
        """Everything it is called, folded."""
        return frozenset(map(folded, (self.code, self.title, *self.words)))

    @cached_property
    def service_names(self) -> Mapping[str, frozenset[str]]:
        """By what is said, folded, the codes of the services that it can mean."""
        found: dict[str, set[str]] = {}
        for service in self.services:
            for said in (service.code, service.title, *service.words):
                for name in self._ways_to_say(said):
                    found.setdefault(name, set()).add(service.code)
        return {name: frozenset(codes) for name, codes in found.items()}

    def service(self, code: str) -> CarrierService | None:
        """Its service of this code."""
        return next((one for one in self.services if one.code == code), None)

    def service_of(self, words: str) -> str | None:
        """The code of the one service that these words mean."""
        if self.service(words):
            return words
        meant = [self.service_names[name] for name in self._ways_to_say(words) if name in self.service_names]
        return next(iter(meant[0])) if meant and len(frozenset.union(*meant)) == 1 else None

    def link(self, number: str) -> str:
        """Where a parcel is followed; empty where the table does not know it."""
        return self.tracking_url.replace("%s", quote(number, safe="")) if number else ""

    def _ways_to_say(self, words: str) -> Sequence[str]:
        """The words as they are, and without the carrier's name before them."""
        said = words_of(words)
        rests = ("".join(said[end:]) for end in range(1, len(said)) if "".join(said[:end]) in self.names)
        return [one for one in ("".join(said), *rests) if one]


@dataclass(frozen=True)
class CarrierTable:
    """All carriers by their codes; `posts`: by country (ISO 3166, two letters), the name of its postal service, and
    its code where it is one of the carriers."""

    carriers: Mapping[str, Carrier]
    posts: Mapping[str, tuple[str, str]]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """By what is said, folded, the code of the carrier."""
        return {name: one.code for one in self.carriers.values() for name in one.names}

    def carrier_of(self, words: str) -> str | None:
        """The code of the carrier whom these words name, alone or before other words: `UPS®`, `USPS - Stamps.com`."""
        said = words_of(words)
        leading = ("".join(said[:end]) for end in range(len(said), 0, -1))
        return next((self.names[one] for one in leading if one in self.names), None)

    def service_of(self, carrier: str, service: str) -> str | None:
        """The code of the one service that these words mean; what is said of the carrier may name it too."""
        code = self.carrier_of(carrier) or self.carrier_of(service)
        return self.carriers[code].service_of(service or carrier) if code else None

    def title_of(self, service: str) -> str:
        """The title of a service; its code where there is none like that."""
        return next((found.title for one in self.carriers.values() if (found := one.service(service))), service)


def read_table(document: Mapping[str, Any]) -> CarrierTable:
    """The table that a document of the shape of `carriers.json` holds."""
    posts = {country: (title, code) for country, (title, code) in document.get("posts", {}).items()}
    return CarrierTable({code: _carrier(code, one) for code, one in document["carriers"].items()}, posts)


def _carrier(code: str, document: Mapping[str, Any]) -> Carrier:
    return Carrier(
        code,
        document["title"],
        tuple(_services(document.get("services", {}))),
        tuple(document.get("words", ())),
        document.get("tracking_url", ""),
        document.get("number_services", {}),
    )


def _services(document: Mapping[str, Sequence[str]]) -> Iterator[CarrierService]:
    for code, (title, *words) in document.items():
        yield CarrierService(code, title, tuple(words))


@cache
def carrier_table() -> CarrierTable:
    """The table that comes with crossdock."""
    return read_table(carrier_document())


def carrier_document() -> dict[str, Any]:
    """The same as it is written: `sources`, `carriers`, `posts`."""
    document: dict[str, Any] = json.loads(files("crossdock.mapping").joinpath("carriers.json").read_text("utf-8"))
    return document


def carrier_of(words: str) -> str | None:
    """The code of the carrier whom these words name; None where the table does not know them."""
    return carrier_table().carrier_of(words)


def service_of(carrier: str, service: str) -> str | None:
    """The code of the one service that the words of a carrier and a service mean; None where it is not one."""
    return carrier_table().service_of(carrier, service)
