"""Whose a tracking number is: by its check digit where it has one, and never by a guess between two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking_numbers import DEFINITIONS
from tracking_numbers.definition import TrackingNumberDefinition

from crossdock.mapping.carriers import carrier_table
from crossdock.mapping.carriers_by_number import link, recognised, the_carrier, why_not

ROUNDS = settings(deadline=None, print_blob=True)
EXAMPLES = {
    "DHL Express": "3318810025",
    "DHL Express Air": "73891051146",
    "USPS 20": "03071790000523483741",
    "USPS 34v2": "4201002334249200190132607600833457",
    "USPS 91": "420787459400111206206406260787",
    "FedEx Express (12)": "986578788855",
    "FedEx Express (34)": "1001921334250001000300779017972697",
    "FedEx SmartPost": "9261292700768711948021",
    "FedEx Ground": "041441760228964",
    "FedEx Ground (SSCC-18)": "000123450000000027",
    "FedEx Ground 96 (22)": "9611020987654312345672",
    "FedEx Ground GSN": "9622001900000000000000776632517510",
    "UPS": "1Z5R89390357567127",
    "S10": "RB123456785GB",
    "OnTrac": "C11031500001879",
}
"""A published number of each kind that has a check digit; it is published with the definition of the kind."""
UPS = "1Z5R89390357567127"


def definition(kind: str) -> TrackingNumberDefinition:
    return next(one for one in DEFINITIONS if one.product.name == kind)


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str, int]:
    """A valid number of some kind, the kind, and where its check digit stands."""
    kind = draw(st.sampled_from(sorted(EXAMPLES)))
    match = definition(kind).number_regex.fullmatch(EXAMPLES[kind])
    assert match
    start, end = match.span("PackageId" if "PackageId" in match.groupdict() else "SerialNumber")
    digits = "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=end - start, max_size=end - start)))
    at = match.start("CheckDigit")
    made = EXAMPLES[kind][:start] + digits + EXAMPLES[kind][end:]
    return kind, next(one for one in with_other_digits(made, at) if is_valid(kind, one)), at


def with_other_digits(number: str, at: int) -> list[str]:
    return [f"{number[:at]}{digit}{number[at + 1 :]}" for digit in "0123456789"]


def is_valid(kind: str, number: str) -> bool:
    found = definition(kind).test(number)
    return bool(found and found.valid)


def test_every_kind_with_a_check_digit_has_an_example() -> None:
    assert {one.product.name for one in DEFINITIONS if one.checksum_validator} == EXAMPLES.keys()


@ROUNDS
@given(numbers(), st.sampled_from(("", " ", "-", " - ", "\t")))
def test_a_valid_number_is_recognised_however_it_is_spaced_and_followed_by_https(made, between: str) -> None:
    kind, number, _ = made
    found = {one.kind: one for one in recognised(between.join(number.lower()))}

    assert found[kind].checked
    known = carrier_table().carriers.get(found[kind].carrier)
    if known and known.tracking_url:
        assert found[kind].link == link(known.code, number)
        assert found[kind].link.startswith("https://")


@ROUNDS
@given(numbers(), st.sampled_from("0123456789"))
def test_with_another_check_digit_it_is_no_number_of_that_kind(made, digit: str) -> None:
    kind, number, at = made
    changed = f"{number[:at]}{digit}{number[at + 1 :]}"

    assert (kind in {one.kind for one in recognised(changed)}) == (changed == number)
    assert bool(why_not(changed)) == (not recognised(changed))


@ROUNDS
@given(st.text(max_size=40) | st.from_regex(r"[0-9A-Za-z -]{0,34}", fullmatch=True))
def test_anything_at_all_has_an_answer_and_one_carrier_is_named_only_where_no_other_is_possible(number: str) -> None:
    found, sure = recognised(number), the_carrier(number)

    assert found or why_not(number)
    if sure:
        assert {one.carrier for one in found} == {sure}
        assert found[0].checked


def test_a_number_tells_its_service_in_the_published_words() -> None:
    [found] = recognised("1z 5R8-939 03 5756 7127")

    assert (found.carrier, found.kind, found.service) == ("ups", "UPS", "UPS United States Ground")
    assert the_carrier(UPS) == "ups"


def test_a_service_that_is_not_in_the_published_list_is_no_service() -> None:
    assert [(one.title, one.service) for one in recognised(EXAMPLES["USPS 20"])] == [("USPS", "")]


def test_letters_are_read_in_either_case_where_a_carrier_writes_small_ones() -> None:
    assert {one.carrier for one in recognised("ABCDEF0123")} == {"cdl"}


def test_one_wrong_digit_is_said_to_be_one() -> None:
    assert why_not(UPS[:-1] + "8") == "it has the shape of UPS, but a wrong check digit or service"
    said = why_not("42523695597318634821")
    assert said == "it has the shape of USPS 20, USPS 91, FedEx SmartPost, but a wrong check digit or service"
    assert why_not("hello") == "no carrier whose numbers are known has such ones"
    assert the_carrier(UPS[:-1] + "A") is None


def test_between_two_carriers_and_by_shape_alone_nothing_is_decided() -> None:
    assert {one.carrier for one in recognised("9205590164917312751089")} == {"usps", "fedex"}
    assert the_carrier("9205590164917312751089") is None
    assert [(one.carrier, one.checked) for one in recognised("TBA000000000000")] == [("amazon", False)]
    assert the_carrier("TBA000000000000") is None


@pytest.mark.parametrize(
    ("number", "carrier", "title"),
    [
        ("RB123456785GB", "royalmail", "Royal Mail Group plc"),
        ("EE123456785US", "usps", "United States Postal Service"),
        ("RB123456785CH", "", "La Poste Suisse"),
    ],
)
def test_a_postal_number_names_the_post_of_its_country(number: str, carrier: str, title: str) -> None:
    [found] = recognised(number)

    assert (found.carrier, found.title) == (carrier, title)
    assert the_carrier(number) == (carrier or None)


def test_a_link_is_made_for_any_number_of_a_carrier_that_is_known_and_for_no_other() -> None:
    assert link("UPS®", "1Z 99").endswith("trackNums=1Z99")
    assert link("My own van", UPS) == ""
    assert link("UPS", "") == ""
    assert link("UPS", "a/X b?").endswith("trackNums=a%2FXb%3F")
