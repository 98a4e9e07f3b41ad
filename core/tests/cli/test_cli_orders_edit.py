"""`crossdock orders edit`: a person corrects an order, and it goes out."""

import json

import pytest

ADDRESS = ("--set", "ship_to.line1=12 Mill Lane", "--set", "ship_to.city=Leeds", "--set", "ship_to.country=GB")
NUMBER, REFUSED = "odd-missing_address", "odd-unknown_sku"


def fields(systems, number):
    told = systems.crossdock("orders", "edit", number, "--json")
    assert told.returncode == 0, told.stderr
    return {one["field"]: one for one in json.loads(told.stdout)}


@pytest.fixture
def held(systems):
    systems.crossdock("run", "--once", "--quiet")
    return systems


def test_what_was_held_or_refused_is_corrected_and_sent_at_once(held):
    edit = ("orders", "edit", NUMBER)
    assert fields(held, NUMBER)["ship_to.line1"]["value"] == "(none)"
    assert "lines." in held.crossdock(*edit).stdout

    for wrong, why in (
        (("--set", "ship_to.line1"), "is not FIELD=VALUE"),
        (("--set", "total=1"), "the cart's word"),
        (("--unset", "notes"), "nobody has corrected notes"),
    ):
        told = held.crossdock(*edit, *wrong)
        assert (told.returncode, why in told.stderr) == (2, True), told.stderr

    told = held.crossdock(*edit, "--set", "notes=ring twice", "--by", "anna")
    assert (told.returncode, "is corrected and held: unshippable_order" in told.stdout) == (1, True), told.stdout
    told = held.crossdock(*edit, *ADDRESS, "--by", "anna", "--note", "the buyer said so")
    assert (told.returncode, "is corrected and releas" in told.stdout) == (0, True), told.stdout
    assert NUMBER in held.released()
    story = held.crossdock("orders", "show", NUMBER).stdout
    assert "ship_to.line1: 12 Mill Lane (by anna" in story
    assert "the buyer said so" in story

    line = next(field for field in fields(held, REFUSED) if field.endswith(".sku"))
    known = next(one for one in fields(held, NUMBER).values() if one["field"].endswith(".sku"))["value"]
    told = held.crossdock("orders", "edit", REFUSED, "--set", f"{line}={known}")
    assert (told.returncode, "is corrected and releas" in told.stdout) == (0, True), told.stdout
    assert held.released().count(REFUSED) == 1
    assert held.crossdock("problems", "list").returncode == 0

    told = held.crossdock(*edit, "--unset", "ship_to.line1")
    assert (told.returncode, f"crossdock orders replace {NUMBER}" in told.stdout) == (0, True), told.stdout
