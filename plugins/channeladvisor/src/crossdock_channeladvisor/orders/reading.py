"""Raw ChannelAdvisor orders, translated; pure."""

import json
from collections import Counter
from decimal import Decimal

from pydantic import ValidationError

from crossdock import Record
from crossdock.domain import Address, BundleComponent, Money, Order, OrderLine
from crossdock_channeladvisor.errors import invalid_parts, unreadable
from crossdock_channeladvisor.models import VendorComponent, VendorItem, VendorOrder
from crossdock_channeladvisor.orders.allocating import check_shared, shares_of
from crossdock_channeladvisor.orders.claims import is_claimed
from crossdock_channeladvisor.orders.glances import split_tags
from crossdock_channeladvisor.orders.parts import Refused, manager_of
from crossdock_channeladvisor.orders.readiness import is_over, payment_of, standing_of
from crossdock_channeladvisor.orders.recorded import adjustments_of
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.statuses import FLAGS, NO_FLAG


def read_order(record: Record, settings: ChannelAdvisorSettings) -> Order:
    """Translate one raw order; raises `Unreadable` with the order, the part and what is wrong with it."""
    try:
        return _order(parse_order(record.data), settings)
    except ValidationError as error:
        raise unreadable(record.id, invalid_parts(error)) from error
    except (Refused, ValueError, OverflowError) as error:
        raise unreadable(record.id, str(error)) from error


def parse_order(data: bytes) -> VendorOrder:
    """The vendor's document in raw bytes, with exact amounts."""
    try:
        return VendorOrder.model_validate_json(data)
    except ValidationError as error:
        if all(part["type"] != "decimal_max_digits" for part in error.errors(include_url=False)):
            raise
    # Three times as slow and needed only for amounts with more digits than a float keeps.
    return VendorOrder.model_validate(json.loads(data, parse_float=Decimal))


def order_number(order: VendorOrder, settings: ChannelAdvisorSettings) -> str:
    """What people call the order."""
    by_site = settings.order_number == "site_order_id"
    return (by_site and order.site_order_id) or str(order.id)


def _order(order: VendorOrder, settings: ChannelAdvisorSettings) -> Order:
    _check_profile(order, settings)
    _check_complete(order)
    lines, shares, manager = _lines(order, settings), shares_of(order, settings), manager_of(order, settings)
    site_id, number = order.site_id, order_number(order, settings)
    standing = standing_of(order, shares, number, settings)
    if not is_over(standing.status, manager):
        check_shared(order, shares, manager, settings)
    return Order(
        external_id=str(order.id),
        number=number,
        profile="" if order.profile_id is None else str(order.profile_id),
        site=order.site_name or ("" if site_id is None else str(site_id)),
        placed_at=order.created_date_utc,
        updated_at=order.updated_date_utc,
        payment=payment_of(order, settings),
        status=standing.status,
        managed_by=manager,
        source_status=standing.words,
        ship_to=_address(order),
        requested_carrier=order.requested_shipping_carrier or "",
        requested_service=order.requested_shipping_class or "",
        deliver_by=order.deliver_by_date_utc,
        lines=lines,
        allocations=shares.ours,
        total=_money(order.total_price, order.currency),
        tags=split_tags(order.order_tags or ""),
        flag=_flag(order),
        notes=_notes(order, settings),
        custom_fields={str(field.field_id): field.value or "" for field in order.custom_fields or ()},
        adjustments=adjustments_of(order),
        acknowledged=is_claimed(order, number, settings) if settings.claim == "fulfillment" else None,
    )


def _check_profile(order: VendorOrder, settings: ChannelAdvisorSettings) -> None:
    """Profiles are never mixed, whatever the cart lists."""
    if not settings.profile_ids or order.profile_id in settings.profile_ids:
        return
    if order.profile_id is None:
        raise Refused("it names no profile, and only those are wanted that `profile_ids` names")
    raise Refused(f"it belongs to profile {order.profile_id}, which `profile_ids` does not name")


def _check_complete(order: VendorOrder) -> None:
    """Refuse an order of which rows are missing: lines would be lost in silence."""
    links = [order.more_items, order.more_fulfillments, order.more_adjustments, order.more_custom_fields]
    links += [link for item in order.items or () for link in (item.more_components, item.more_adjustments)]
    links += [fulfillment.more_items for fulfillment in order.fulfillments or ()]
    if any(links):
        raise Refused("only the first rows of it were given; download it singly")


def _address(order: VendorOrder) -> Address:
    name = (order.shipping_title, order.shipping_first_name, order.shipping_last_name, order.shipping_suffix)
    return Address(
        name=" ".join(part for part in name if part),
        company=order.shipping_company_name or "",
        line1=order.shipping_address_line1 or "",
        line2=order.shipping_address_line2 or "",
        city=order.shipping_city or "",
        region=order.shipping_state_or_province or order.shipping_state_or_province_name or "",
        postal_code=order.shipping_postal_code or "",
        country=order.shipping_country or "",
        phone=order.shipping_daytime_phone or order.shipping_evening_phone or "",
        email=order.buyer_email_address or "",
    )


def _notes(order: VendorOrder, settings: ChannelAdvisorSettings) -> str:
    notes = {
        "public": ("Public notes", order.public_notes),
        "private": ("Private notes", order.private_notes),
        "special_instructions": ("Special instructions", order.special_instructions),
        "flag": ("Flag", order.flag_description),
    }
    asked = (notes[name] for name in settings.notes)
    return "\n".join(f"{label}: {text}" for label, text in asked if text)


def _flag(order: VendorOrder) -> str:
    """The word for the flag; a number that nobody knows stays a number."""
    if order.flag_id is None or order.flag_id in NO_FLAG:
        return ""
    return FLAGS.get(order.flag_id, str(order.flag_id))


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    """An amount with its currency; without a currency it is no money."""
    return Money(amount=amount, currency=currency) if amount is not None and currency else None


def _lines(order: VendorOrder, settings: ChannelAdvisorSettings) -> tuple[OrderLine, ...]:
    items = order.items or ()
    if not items:
        raise Refused("it has no lines")
    if len({item.id for item in items}) < len(items):
        twice = next(id_ for id_, times in Counter(item.id for item in items).items() if times > 1)
        raise Refused(f"line {twice} stands in it twice, and lines are told apart by their id")
    return tuple(_line(item, order.currency, settings) for item in items)


def _line(item: VendorItem, currency: str | None, settings: ChannelAdvisorSettings) -> OrderLine:
    # An alias product is stocked under the SKU that it refers to.
    sku = item.reference_sku or item.sku or ""
    if item.quantity < 1:
        raise Refused(f"line {item.id} ({sku}) has the quantity {item.quantity}; it should be at least 1")
    if not sku:
        raise Refused(f"line {item.id} has no SKU")
    if item.is_bundle and item.bundle_components is None:
        raise Refused(f"line {item.id} ({sku}) is a bundle, and it is not told what it is made of")
    return OrderLine(
        external_id=str(item.id),
        sku=sku,
        quantity=item.quantity,
        title=item.title or "",
        product_id="" if item.product_id is None else str(item.product_id),
        unit_price=_money(item.unit_price, currency),
        components=tuple(_component(part, item, settings) for part in item.bundle_components or ()),
        gift_message=item.gift_message or "",
        gift_notes=item.gift_notes or "",
    )


def _component(part: VendorComponent, item: VendorItem, settings: ChannelAdvisorSettings) -> BundleComponent:
    sku = part.reference_sku or part.sku or ""
    if not sku:
        raise Refused(f"component {part.product_id} of line {item.id} has no SKU")
    return BundleComponent(
        sku=sku,
        quantity=_per_bundle(part, sku, item, settings),
        title=part.title or "",
        external_id=str(part.product_id),
    )


def _per_bundle(part: VendorComponent, sku: str, item: VendorItem, settings: ChannelAdvisorSettings) -> int:
    """How many pieces of a component one bundle holds."""
    quantity = f"component {sku} of line {item.id} has the quantity {part.quantity}"
    if part.quantity < 1:
        raise Refused(f"{quantity}; it should be at least 1")
    bundles = item.quantity if settings.bundle_component_quantity == "line_total" else 1
    pieces, rest = divmod(part.quantity, bundles)
    if rest:
        raise Refused(
            f"{quantity}, which does not make whole bundles of the line's quantity {item.quantity}; see the setting "
            "`bundle_component_quantity`"
        )
    return pieces
