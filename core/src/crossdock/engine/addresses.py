"""What keeps a parcel from its address: pure."""

from crossdock.domain import Address

WITH_REGION = {"US": "state", "CA": "province", "AU": "state"}
"""Countries whose carriers need the part of the country, and what it is called there."""


def address_flaw(to: Address) -> str | None:
    """What is wrong with an address, in words that come after "the order is held:"; None for one that is whole."""
    if missing := to.missing_parts():
        return f"its address has no {', no '.join(missing)}"
    country = to.country.strip().upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        return f"its address has the country '{to.country}', which is no two-letter code such as US or GB"
    if country in WITH_REGION and not to.region.strip():
        return f"its address in {country} has no {WITH_REGION[country]}"
    return None
