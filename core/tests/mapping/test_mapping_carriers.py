"""Words of warehouses, providers and people lead to one carrier and one service of the table, or to none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.mapping.carriers import carrier_document, carrier_of, carrier_table, folded, service_of

ROUNDS = settings(deadline=None, print_blob=True)
TABLE = carrier_table()
CARRIERS = tuple(TABLE.carriers.values())
SERVICES = [(carrier, service) for carrier in CARRIERS for service in carrier.services]
AROUND = st.sampled_from(("", " ", "®", "™ ", " - ", "_"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("UPS®", "ups"),
        ("USPS - Stamps.com", "usps"),
        ("stamps_com", "usps"),
        ("usps_walleted", "usps"),
        ("United States Postal Service", "usps"),
        ("UPSDAP", "ups"),
        ("FedExDefault", "fedex"),
        ("FedEx Ground", "fedex"),
        ("DHLExpress", "dhl_express"),
        ("dhl express", "dhl_express"),
        ("UPS Mail Innovations", "ups_mail_innovations"),
        ("Spee-Dee", "speedee"),
        ("Upstairs Couriers", None),
        ("My own van", None),
        ("", None),
        ("®", None),
    ],
)
def test_what_anybody_calls_a_carrier_names_it(words: str, code: str | None) -> None:
    assert carrier_of(words) == code


@pytest.mark.parametrize(
    ("carrier", "service", "code"),
    [
        ("UPS", "Ground", "ups_ground"),
        ("UPS", "UPS Ground", "ups_ground"),
        ("UPS®", "UPS® Next Day Air Saver", "ups_next_day_air_saver"),
        ("", "ups_ground", "ups_ground"),
        ("UPS", "2nd Day Air A.M.", "ups_2nd_day_air_am"),
        ("UPSDAP", "NextDayAir", "ups_next_day_air"),
        ("FedEx Ground", "", "fedex_ground"),
        ("fedex", "FEDEX_GROUND", "fedex_ground"),
        ("FedEx", "SMART_POST", "fedex_smart_post"),
        ("stamps_com", "usps_priority_mail", "usps_priority_mail"),
        ("Canada Post", "DOM.EP", "canadapost_expedited_parcel"),
        ("UPS", "03", None),
        ("UPS", "", None),
        ("My own van", "Ground", None),
        ("", "", None),
    ],
)
def test_a_service_is_found_where_the_words_mean_one(carrier: str, service: str, code: str | None) -> None:
    assert service_of(carrier, service) == code


@ROUNDS
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_words_have_an_answer_and_the_answer_means_itself(carrier: str, service: str) -> None:
    code, way = carrier_of(carrier), service_of(carrier, service)

    assert code is None or carrier_of(code) == code in TABLE.carriers
    assert way is None or service_of(carrier, way) == way


@ROUNDS
@given(st.sampled_from(CARRIERS), st.data(), AROUND, AROUND, st.sampled_from((str.upper, str.lower, str.title)))
def test_every_name_of_the_table_finds_its_carrier_however_it_is_written(carrier, data, before, after, spelled) -> None:
    name = data.draw(st.sampled_from((carrier.code, carrier.title, *carrier.words)))

    assert carrier_of(f"{before}{spelled(name)}{after}") == carrier.code


def test_every_service_of_the_table_is_found_by_its_code_and_title() -> None:
    for carrier, service in SERVICES:
        assert carrier.service_of(service.code) == carrier.service_of(service.title) == service.code
        assert all(carrier.service_of(word) in (service.code, None) for word in service.words)
        assert TABLE.title_of(service.code) == service.title


def test_no_name_leads_to_two_carriers() -> None:
    names = [name for carrier in CARRIERS for name in carrier.names]

    assert len(names) == len(set(names)) == len(TABLE.names)
    assert all(names)


def test_the_table_names_its_sources_with_version_and_licence_and_follows_parcels_by_https() -> None:
    document = carrier_document()

    assert all({"name", "gives", "version", "licence", "url"} <= one.keys() for one in document["sources"])
    assert len(CARRIERS) > 50
    assert len(SERVICES) > 300
    links = [carrier.link("1 2") for carrier in CARRIERS if carrier.tracking_url]
    assert all(one.startswith("https://") and "1%202" in one for one in links)
    assert carrier_table().carriers["ups"].link("") == ""
    assert all(code in ("", *TABLE.carriers) for _, code in TABLE.posts.values())
    assert {"ups", "usps", "fedex", "dhl_express"} <= TABLE.carriers.keys()
    assert folded("Chronopöst™ – 13h") == "chronopost13h"
