"""Asks EasyPost whether an address can be delivered to."""

from crossdock import ConnectionContext, Unsupported, error_text
from crossdock.domain import Address, AddressFinding
from crossdock_shipping.easypost.calls import told_in, written
from crossdock_shipping.easypost.drafting import address_document
from crossdock_shipping.easypost.models import AddressTold
from crossdock_shipping.easypost.settings import EasyPostSettings


async def checked(ctx: ConnectionContext[EasyPostSettings], address: Address) -> AddressFinding:
    """What EasyPost thinks of an address; raises `Unsupported` where it does not verify addresses of that country."""
    document = {"address": address_document(address), "verify": True}
    body = await written(ctx, "check an address", "/addresses", document, repeatable=True)
    return finding_in(told_in(AddressTold, body, "an address"), address)


def finding_in(told: AddressTold, asked: Address) -> AddressFinding:
    """What an answer says of the address that was asked for."""
    verdict = told.verifications.delivery
    if verdict is None:
        raise Unsupported(f"EasyPost does not verify addresses in {asked.country or 'this country'} for this account")
    if not verdict.success:
        words = "; ".join(error_text(fault.message) for fault in verdict.errors if fault.message)
        return AddressFinding(deliverable=False, words=words or "not deliverable")
    spelt = _spelt(told, asked)
    return AddressFinding(deliverable=True, better=spelt if spelt != asked else None)


def _spelt(told: AddressTold, asked: Address) -> Address:
    """The address as EasyPost spells it; who lives there, and how to reach them, stays as it was."""
    return asked.model_copy(
        update={
            "line1": told.street1 or asked.line1,
            "line2": told.street2 or "",
            "city": told.city or asked.city,
            "region": told.state or asked.region,
            "postal_code": told.zip or asked.postal_code,
            "country": told.country or asked.country,
        }
    )
