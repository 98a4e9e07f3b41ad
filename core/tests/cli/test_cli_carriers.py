"""`crossdock carriers`: the table, one carrier, and whose a number is; without any config."""

import csv
import io
import json

from .conftest import Crossdock

UPS = "1Z5R89390357567127"


def test_all_carriers_are_listed_for_people_and_programs(crossdock: Crossdock) -> None:
    told = crossdock("carriers", "list")
    rows = list(csv.DictReader(io.StringIO(crossdock("carriers", "list", "--csv").stdout)))
    found = {one["code"]: one for one in json.loads(crossdock("carriers", "list", "--json").stdout)}

    assert told.returncode == 0
    assert "Canada Post" in told.stdout
    assert [one["code"] for one in rows] == [*found]
    assert "stamps_com" in found["usps"]["words"]
    assert found["ups"]["tracking_url"].startswith("https://")


def test_one_carrier_is_shown_with_its_services_and_their_sources(crossdock: Crossdock) -> None:
    told = crossdock("carriers", "show", "USPS - Stamps.com")
    services = json.loads(crossdock("carriers", "show", "ups", "--json").stdout)

    assert told.returncode == 0
    assert "USPS (usps), also called" in told.stdout
    assert "usps_priority_mail" in told.stdout
    assert "Apache-2.0" in told.stdout
    assert ("ups_ground", "UPS Ground") in {(one["code"], one["title"]) for one in services}
    assert "The lists name no services of it." in crossdock("carriers", "show", "ontrac").stdout


def test_a_carrier_that_is_not_there_is_answered_with_the_nearest(crossdock: Crossdock) -> None:
    near, far = crossdock("carriers", "show", "fedx"), crossdock("carriers", "show", "zzzzzz")

    assert (near.returncode, far.returncode) == (2, 2)
    assert "there is no carrier 'fedx' in the table; did you mean 'fedex'?" in near.stderr
    assert "`crossdock carriers list` has all" in far.stderr


def test_a_number_is_said_to_be_of_one_carrier_of_several_or_of_none(crossdock: Crossdock) -> None:
    sure = crossdock("carriers", "recognise", "1z 5R8-939 03 5756 7127", "--json")
    doubt = crossdock("carriers", "recognise", UPS, "9205590164917312751089", "TBA000000000000", "hello", "--csv")

    [one] = json.loads(sure.stdout)
    assert sure.returncode == 0
    assert (one["carrier"], one["service"], one["by"]) == ("ups", "UPS United States Ground", "check digit")
    assert one["link"].endswith(UPS)
    assert doubt.returncode == 1
    rows = [(row["carrier"], row["by"], row["why_not"]) for row in csv.DictReader(io.StringIO(doubt.stdout))]
    assert rows == [
        ("ups", "check digit", ""),
        ("usps", "check digit", ""),
        ("fedex", "check digit", ""),
        ("amazon", "shape", ""),
        ("", "nothing", "no carrier whose numbers are known has such ones"),
    ]
    assert "wrong check digit" in crossdock("carriers", "recognise", UPS[:-1] + "8").stdout
