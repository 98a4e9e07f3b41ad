"""By which carrier and class services usually go, and what is left of that where the account's list is known."""

from crossdock import NamesCarriers
from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders
from crossdock_channeladvisor.shipments.carrier_names import USUAL, carrier_names
from crossdock_channeladvisor.shipments.carriers import check_pair


def test_the_usual_pairs_are_suggested_where_the_accounts_list_is_not_known() -> None:
    names = carrier_names({})

    assert names["ups_ground"] == ("UPS", "GROUND")
    assert names["fedex_2_day"] == ("FEDEX", "2Day")
    assert names == USUAL
    assert issubclass(ChannelAdvisorOrders, NamesCarriers)


def test_of_a_known_list_only_its_own_pairs_are_suggested_as_it_writes_them() -> None:
    carriers = {"Ups": ["Ground", "Air"], "FEDEX": ["2DAY"]}

    names = carrier_names(carriers)

    assert names == {"ups_ground": ("Ups", "Ground"), "fedex_2_day": ("FEDEX", "2DAY")}
    for carrier, service in names.values():
        check_pair(carrier, service, carriers)


def test_no_pair_stands_for_two_services() -> None:
    assert len(set(USUAL.values())) == len(USUAL)
