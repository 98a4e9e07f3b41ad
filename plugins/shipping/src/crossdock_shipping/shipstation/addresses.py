"""What ShipStation thinks of an address."""

from typing import Literal

from pydantic import TypeAdapter, ValidationError

from crossdock import error_text
from crossdock.domain import Address, AddressFinding
from crossdock_shipping.shipstation.errors import not_as_promised
from crossdock_shipping.shipstation.models import Told


class _Matched(Told):
    address_line1: str = ""
    address_line2: str = ""
    city_locality: str = ""
    state_province: str = ""
    postal_code: str = ""
    country_code: str = ""


class _Message(Told):
    message: str = ""


class _Result(Told):
    status: Literal["unverified", "verified", "warning", "error"]
    matched_address: _Matched | None = None
    messages: tuple[_Message, ...] = ()


_RESULTS = TypeAdapter(list[_Result])


def finding_of(body: bytes, address: Address) -> AddressFinding:
    """What the answer for this one address says; one that was not verified counts as deliverable, with that word."""
    try:
        (result,) = _RESULTS.validate_json(body)
    except (ValidationError, ValueError):
        raise not_as_promised("an address check", body) from None
    said = [error_text(message.message) for message in result.messages if message.message]
    words = "; ".join(said) or ("" if result.status == "verified" else result.status)
    return AddressFinding(deliverable=result.status != "error", words=words, better=_better(result, address))


def _better(result: _Result, address: Address) -> Address | None:
    """The address as it was matched, where that differs; who lives there and how to call them stays ours."""
    if result.matched_address is None or result.status == "error":
        return None
    matched = result.matched_address
    better = address.model_copy(
        update={
            "line1": matched.address_line1,
            "line2": matched.address_line2,
            "city": matched.city_locality,
            "region": matched.state_province,
            "postal_code": matched.postal_code,
            "country": matched.country_code,
        }
    )
    return None if better == address else better
