"""Writes the table of carriers from published lists: run it by hand, when one of them has news.

    docs/carriers.py REFERENCES EASYPOST COURIERS

REFERENCES: what karrio's `collect_references()` gives, and a server answers to `GET /v1/references`, as JSON.
EASYPOST: `units.py` of karrio's connector for EasyPost, whose class CarrierId names the carriers that are sold there.
COURIERS: the folder `couriers` of tracking_number_data.
SOURCES says of which version and licence each of them is; change it with them. Where a list follows parcels by http,
https is written: it is assumed that the carrier answers there too.
"""

import ast
import json
import re
import sys
from collections import ChainMap, Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crossdock.mapping.carriers import CarrierTable, folded, read_table

TABLE = Path(__file__).parents[1] / "core/src/crossdock/mapping/carriers.json"
SOURCES = (
    {
        "name": "karrio",
        "gives": "carriers and services; more carriers, by their names at EasyPost",
        "version": "2024.12.10, commit 61b27c6fbf301ee65bcf11974ab2f3dddc535e1f of 2025-05-30",
        "licence": "Apache-2.0 (later versions: LGPL-3.0)",
        "url": "https://github.com/karrioapi/karrio",
    },
    {
        "name": "tracking_number_data",
        "gives": "more carriers, where parcels are followed, what the letters for the service in a number mean, posts",
        "version": "commit b79ce4bfc04519ef4bc85bf7c6f321795aadf3d3 of 2026-08-17",
        "licence": "MIT, Copyright (c) 2017 Jeff Keen",
        "url": "https://github.com/jkeen/tracking_number_data",
    },
    {
        "name": "EasyPost and ShipStation",
        "gives": "UPSDAP and FedExDefault, as karrio's connector for EasyPost reads them; stamps_com, as documented",
        "version": "read in November 2026",
        "licence": "single names",
        "url": "https://docs.shipstation.com/apis/shipengine/docs/reference/register-stamps",
    },
)
NO_CARRIERS = ("generic", "s10")
"""A carrier that users of karrio define; a standard for the numbers of all posts."""
OTHER_WAYS = ("usps_wt", "usps_wt_international", "fedex_ws", "mydhl")
"""More interfaces to a carrier that is listed already, with its services under other codes."""
NO_SERVICE = ("ALL",)
"""What a carrier is asked for to have prices of all services."""
ALSO_CALLED = {
    "UPSDAP": "ups",
    "FedExDefault": "fedex",
    "stamps_com": "usps",
}
"""What else a carrier is called at a provider; the last of the sources says where that was read."""

LIST = re.compile(r"\[[^\[\]{}]*\]")

Document = dict[str, Any]


def table_of(references: Mapping[str, Any], easypost: Mapping[str, str], couriers: Iterable[Document]) -> Document:
    """The document of `carriers.json`; fails where a name would mean two carriers."""
    carriers = dict(_of_karrio(references))
    posts: dict[str, str] = {}
    for courier in sorted(couriers, key=lambda one: one["courier_code"]):
        posts |= _posts(courier)
        if courier["courier_code"] not in NO_CARRIERS:
            _join_courier(carriers, courier)
    for code, title in easypost.items():
        if not _is_service(carriers, title):
            _carrier_for(carriers, code, title)
    for word, code in ALSO_CALLED.items():
        if code in carriers:
            carriers[code]["words"].append(word)
    _check_names(carriers)
    written = {code: _without_empty(one) for code, one in sorted(carriers.items())}
    return {"sources": SOURCES, "carriers": written, "posts": _known_posts(carriers, posts)}


def _of_karrio(references: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    """The carriers of karrio; another way to the same carrier gives it more services."""
    own = {
        code: title
        for code, title in references["carriers"].items()
        if code not in (*references["carrier_hubs"], *NO_CARRIERS, *OTHER_WAYS)
    }
    homes = {code: _home(code, own, references["services"]) for code in own}
    for code, title in own.items():
        if homes[code] == code:
            ways = [code, *(way for way in own if way != code and homes[way] == code)]
            sold = ChainMap(*(references["services"].get(way, {}) for way in ways))
            words = [own[way] for way in ways[1:]]
            yield code, {"title": title, "words": words, "services": _services(code, title, sold)}


def _home(code: str, titles: Mapping[str, str], services: Mapping[str, Mapping[str, str]]) -> str:
    """The carrier that this one is another way to: it is named after it, and sells its services only."""
    for other, title in titles.items():
        named_after = titles[code].startswith(f"{title} ") and code.startswith(f"{other}_")
        if named_after and (sold := services.get(code)) and all(one.startswith(f"{other}_") for one in sold):
            return _home(other, titles, services)
    return code


def _services(carrier: str, title: str, sent: Mapping[str, str | None]) -> dict[str, list[str]]:
    """By code: the title, and what the carrier calls it where that is something else."""
    found: dict[str, list[str]] = {}
    for code, word in sorted((code, word or "") for code, word in sent.items()):
        if word not in NO_SERVICE:
            named, rest = _title(carrier, title, code, word), code.removeprefix(f"{carrier}_")
            known = folded(word) in ("", folded(code), folded(named), folded(rest))
            found[code] = [named] if known else [named, word]
    return found


def _title(carrier: str, title: str, code: str, word: str) -> str:
    """The carrier's own words where they are words, else the code's."""
    if " " in word and folded(word) == folded(code):
        return word
    first = title.split()[0]
    for start, shown in ((carrier, title), (first.casefold(), first)):
        if code.startswith(f"{start}_"):
            return " ".join((shown, *map(str.capitalize, code.removeprefix(f"{start}_").split("_"))))
    return " ".join(map(str.capitalize, code.split("_")))


def _join_courier(carriers: dict[str, Document], courier: Document) -> None:
    """What tracking_number_data knows of one courier; its kinds of numbers may be of a carrier of their own."""
    home = _carrier_for(carriers, courier["courier_code"], courier["name"])
    for kind in courier["tracking_numbers"]:
        url = (kind.get("tracking_url") or "").replace("http://", "https://")
        known = _table(carriers)
        for code in dict.fromkeys((known.carrier_of(kind["name"]) or home, home)):
            carriers[code].setdefault("tracking_url", url)
        carriers[home].setdefault("number_services", {}).update(_number_services(kind))


def _number_services(kind: Document) -> Iterator[tuple[str, str]]:
    types = (one for one in kind.get("additional") or () if isinstance(one, dict) and one["name"] == "Service Type")
    rows = (row for one in types for row in one["lookup"])
    yield from ((row["matches"], row["name"]) for row in rows if row.get("matches") and row.get("name"))


def _posts(courier: Document) -> dict[str, str]:
    """The postal services that a standard for all of them names, by country."""
    if courier["courier_code"] != "s10":
        return {}
    kinds = [one for kind in courier["tracking_numbers"] for one in kind["additional"] if one["name"] == "Courier"]
    return {row["matches"]: row["courier"] for one in kinds for row in one["lookup"] if row.get("courier")}


def _known_posts(carriers: Mapping[str, Document], posts: Mapping[str, str]) -> dict[str, list[str]]:
    """By country, the name of its post, and its code where it is a carrier of the table: of several posts whose names
    begin alike, the one that is called nothing else."""
    known = _table(carriers)
    codes = {country: known.carrier_of(title) for country, title in posts.items()}
    alike = Counter(codes.values())
    sure = {one for one, title in posts.items() if folded(title) in known.names or alike[codes[one]] == 1}
    return {one: [title, (codes[one] or "") if one in sure else ""] for one, title in sorted(posts.items())}


def _carrier_for(carriers: dict[str, Document], code: str, title: str) -> str:
    """The code of the carrier with this code or title, which from now on has both names; a new one if there is none."""
    names = _table(carriers).names
    found = names.get(folded(code)) or names.get(folded(title))
    if found is None:
        carriers[code] = {"title": title, "words": []}
        return code
    known = {folded(one) for one in (found, carriers[found]["title"], *carriers[found]["words"])}
    carriers[found]["words"] += [one for one in (code, title) if folded(one) not in known]
    return found


def _is_service(carriers: Mapping[str, Document], title: str) -> bool:
    known = _table(carriers)
    code = known.carrier_of(title)
    return code is not None and folded(title) not in known.names and known.service_of(code, title) is not None


def _table(carriers: Mapping[str, Document]) -> CarrierTable:
    return read_table({"carriers": carriers})


def _check_names(carriers: Mapping[str, Document]) -> None:
    meant: dict[str, str] = {}
    for code, one in carriers.items():
        for name in {folded(word) for word in (code, one["title"], *one["words"])}:
            if meant.setdefault(name, code) != code:
                sys.exit(f"'{name}' would mean both {meant[name]} and {code}")


def _without_empty(document: Document) -> Document:
    return {key: value for key, value in document.items() if value}


def easypost_names(source: str) -> dict[str, str]:
    """The members of the class CarrierId of a Python source: title by code."""
    classes = [one for one in ast.parse(source).body if isinstance(one, ast.ClassDef) and one.name == "CarrierId"]
    members = [one for each in classes for one in each.body if isinstance(one, ast.Assign)]
    return {one.targets[0].id: ast.literal_eval(one.value) for one in members if isinstance(one.targets[0], ast.Name)}


def read_lists(references: Path, easypost: Path, couriers: Path) -> Document:
    """The document that these files make."""
    return table_of(
        json.loads(references.read_text("utf-8")),
        easypost_names(easypost.read_text("utf-8")),
        [json.loads(one.read_text("utf-8")) for one in sorted(couriers.glob("*.json"))],
    )


def text_of(document: Document) -> str:
    """The document as it is written, with each list of words on one line."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return LIST.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Write the table."""
    if len(arguments) != 3:
        sys.exit(__doc__)
    references, easypost, couriers = map(Path, arguments)
    TABLE.write_text(text_of(read_lists(references, easypost, couriers)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
