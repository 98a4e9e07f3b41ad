"""By which carrier and class the services of carriers usually go; pure.

Every account has its own list, which ChannelAdvisor does not tell. These pairs are seen in other software, and which
service a class stands for is read from its letters: both are assumed, so that they are a suggestion and no rule.
"""

from collections.abc import Mapping

from crossdock_channeladvisor.shipments.carriers import Carriers

UPS = {
    "ups_ground": "GROUND",
    "ups_3_day_select": "3DS",
    "ups_2nd_day_air": "2DAY",
    "ups_2nd_day_air_am": "2DAA",
    "ups_next_day_air": "NEXTDAY",
    "ups_next_day_air_saver": "NDAS",
    "ups_next_day_air_early": "NDAEA",
    "ups_standard": "STD",
}
USPS = {
    "usps_priority_mail": "PRIORITY",
    "usps_priority_mail_express": "EXPRESS",
    "usps_parcel_select": "PARCELSELECT",
    "usps_media_mail": "MEDIA",
    "usps_library_mail": "LIBRARYMAIL",
    "usps_bound_printed_matter": "BOUNDPRINTEDMATTER",
    "usps_first_class_package_international_service": "IFIRSTCLASS",
    "usps_priority_mail_international": "IPRIORITY",
}
FEDEX = {
    "fedex_ground": "GROUND",
    "fedex_2_day": "2Day",
    "fedex_express_saver": "EXPSAVER",
    "fedex_standard_overnight": "OVERNIGHT",
    "fedex_priority_overnight": "PRIORITY",
    "fedex_first_overnight": "1STOVERNIGHT",
    "fedex_2_day_freight": "2DAYFREIGHT",
    "fedex_international_priority": "INTLPRIORITY",
    "fedex_international_economy": "INTLECONOMY",
    "fedex_international_first": "INTLFIRST",
    "fedex_smart_post": "SmartPost",
}
CLASSES = {"UPS": UPS, "USPS": USPS, "FEDEX": FEDEX}
"""By carrier, the class by the code of its service."""
USUAL = {code: (carrier, one) for carrier, classes in CLASSES.items() for code, one in classes.items()}


def carrier_names(carriers: Carriers) -> Mapping[str, tuple[str, str]]:
    """The usual pairs by the code of a service; of an account whose list is known, those on it as it writes them."""
    if not carriers:
        return USUAL
    listed = {_folded(carrier, one): (carrier, one) for carrier, classes in carriers.items() for one in classes}
    return {code: listed[_folded(*pair)] for code, pair in USUAL.items() if _folded(*pair) in listed}


def _folded(carrier: str, service: str) -> tuple[str, str]:
    return carrier.casefold(), service.casefold()
