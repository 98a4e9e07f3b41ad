"""The table of carriers is what its program makes of the published lists."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crossdock.mapping.carriers import carrier_document

DOCS = Path(__file__).parents[2] / "docs"
SAMPLE = Path(__file__).parent / "carriers"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_carriers", DOCS / "carriers.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def made(program: ModuleType) -> dict[str, Any]:
    lists = (SAMPLE / "references.json", SAMPLE / "easypost_units.txt", SAMPLE / "couriers")
    return dict(program.read_lists(*lists))


def test_lists_that_overlap_become_one_table(made: dict[str, Any]) -> None:
    assert made["carriers"] == {
        "canadapost": {
            "title": "Canada Post",
            "services": {
                "canadapost_expedited_parcel": ["Canada Post Expedited Parcel", "DOM.EP"],
                "canadapost_unnamed": ["Canada Post Unnamed"],
            },
        },
        "lso": {"title": "LSO"},
        "ups": {
            "title": "UPS",
            "words": ["UPSDAP"],
            "services": {"ups_2nd_day_air_am": ["UPS 2nd Day Air A.M."], "ups_ground": ["UPS Ground"]},
            "tracking_url": "https://ups.example/track?number=%s",
            "number_services": {"03": "UPS United States Ground"},
        },
        "usps": {
            "title": "USPS",
            "words": ["USPS International", "United States Postal Service", "stamps_com"],
            "services": {
                "usps_priority_mail": ["USPS Priority Mail"],
                "usps_priority_mail_international": ["USPS Priority Mail International"],
            },
            "tracking_url": "https://usps.example/%s",
        },
    }


def test_a_post_is_a_carrier_of_the_table_only_where_no_other_begins_alike(made: dict[str, Any]) -> None:
    assert made["posts"] == {
        "CA": ["Canada Post Corporation", ""],
        "CH": ["La Poste Suisse", ""],
        "CX": ["Canada Post of Elsewhere", ""],
        "US": ["United States Postal Service", "usps"],
    }


def test_a_name_of_two_carriers_is_an_error(program: ModuleType) -> None:
    two = {"carriers": {"one": "Same", "other": "Same"}, "carrier_hubs": {}, "services": {}}

    with pytest.raises(SystemExit, match="'same' would mean both one and other"):
        program.table_of(two, {}, [])


def test_the_table_in_use_was_written_by_the_program_from_the_sources_that_it_names(program: ModuleType) -> None:
    document = carrier_document()
    text_of: Callable[[Any], str] = program.text_of

    assert text_of(document) == program.TABLE.read_text("utf-8")
    assert document["sources"] == json.loads(json.dumps(program.SOURCES))
