"""Raw ChannelAdvisor orders, translated; pure."""

import json
from collections import Counter
from decimal import Decimal

from pydantic import ValidationError

from crossdock import Record
from crossdock.domain import Address, Allocation, BundleComponent, Money, Order, OrderLine, PaymentStatus
from crossdock_channeladvisor.errors import invalid_parts, unreadable
from crossdock_channeladvisor.models import (
    VendorComponent,
    VendorFulfillment,
    VendorFulfillmentItem,
    VendorItem,
    VendorOrder,
)
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.statuses import GONE, PAYMENT, VOID, managed_by, order_status


class _Refused(Exception):
    """Why an order cannot be read; becomes `Unreadable` with the order's id."""


def read_order(record: Record, settings: ChannelAdvisorSettings) -> Order:
    """Translate one raw order; raises `Unreadable` with the order, the part and what is wrong with it."""
    try:
        return _order(parse_order(record.data), settings)
    except ValidationError as error:
        raise unreadable(record.id, invalid_parts(error)) from error
    except (_Refused, ValueError, OverflowError) as error:
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


def _order(order: VendorOrder, settings: ChannelAdvisorSettings) -> Order:
    _check_complete(order)
    shipping, checkout = order.shipping_status or "", order.checkout_status or ""
    payment, rollup = order.payment_status or "", order.distribution_center_type_rollup or ""
    key, site_id = str(order.id), order.site_id
    by_site = settings.order_number == "site_order_id"
    return Order(
        external_id=key,
        number=(by_site and order.site_order_id) or key,
        profile="" if order.profile_id is None else str(order.profile_id),
        site=order.site_name or ("" if site_id is None else str(site_id)),
        placed_at=order.created_date_utc,
        updated_at=order.updated_date_utc,
        payment=PAYMENT.get(payment, PaymentStatus.UNKNOWN),
        status=order_status(checkout=checkout, shipping=shipping),
        managed_by=managed_by(rollup=rollup, shipping=shipping),
        source_status={"checkout": checkout, "payment": payment, "shipping": shipping, "managed": rollup},
        ship_to=_address(order),
        requested_carrier=order.requested_shipping_carrier or "",
        requested_service=order.requested_shipping_class or "",
        deliver_by=order.deliver_by_date_utc,
        lines=_lines(order, settings),
        allocations=_allocations(order),
        total=_money(order.total_price, order.currency),
        tags=tuple(tag for part in (order.order_tags or "").split(",") if (tag := part.strip())),
        notes=_notes(order),
    )


def _check_complete(order: VendorOrder) -> None:
    """Refuse an order of which rows are missing: lines would be lost in silence."""
    links = [order.more_items, order.more_fulfillments]
    links += [item.more_components for item in order.items or ()]
    links += [fulfillment.more_items for fulfillment in order.fulfillments or ()]
    if any(links):
        raise _Refused("only the first rows of it were given; download it singly")


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


def _notes(order: VendorOrder) -> str:
    notes = (
        ("Public notes", order.public_notes),
        ("Private notes", order.private_notes),
        ("Special instructions", order.special_instructions),
    )
    return "\n".join(f"{label}: {text}" for label, text in notes if text)


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    """An amount with its currency; without a currency it is no money."""
    return Money(amount=amount, currency=currency) if amount is not None and currency else None


def _lines(order: VendorOrder, settings: ChannelAdvisorSettings) -> tuple[OrderLine, ...]:
    items = order.items or ()
    if not items:
        raise _Refused("it has no lines")
    if len({item.id for item in items}) < len(items):
        twice = next(id_ for id_, times in Counter(item.id for item in items).items() if times > 1)
        raise _Refused(f"line {twice} stands in it twice, and lines are told apart by their id")
    return tuple(_line(item, order.currency, settings) for item in items)


def _line(item: VendorItem, currency: str | None, settings: ChannelAdvisorSettings) -> OrderLine:
    # An alias product is stocked under the SKU that it refers to.
    sku = item.reference_sku or item.sku or ""
    if item.quantity < 1:
        raise _Refused(f"line {item.id} ({sku}) has the quantity {item.quantity}; it should be at least 1")
    if not sku:
        raise _Refused(f"line {item.id} has no SKU")
    return OrderLine(
        external_id=str(item.id),
        sku=sku,
        quantity=item.quantity,
        title=item.title or "",
        product_id="" if item.product_id is None else str(item.product_id),
        unit_price=_money(item.unit_price, currency),
        components=tuple(_component(part, item, settings) for part in item.bundle_components or ()),
        gift_message=item.gift_message or item.gift_notes or "",
    )


def _component(part: VendorComponent, item: VendorItem, settings: ChannelAdvisorSettings) -> BundleComponent:
    sku = part.reference_sku or part.sku or ""
    if not sku:
        raise _Refused(f"component {part.product_id} of line {item.id} has no SKU")
    return BundleComponent(
        sku=sku,
        quantity=_per_bundle(part, item, settings),
        title=part.title or "",
        external_id=str(part.product_id),
    )


def _per_bundle(part: VendorComponent, item: VendorItem, settings: ChannelAdvisorSettings) -> int:
    """How many pieces of a component one bundle holds."""
    bundles = item.quantity if settings.bundle_component_quantity == "line_total" else 1
    pieces, rest = divmod(part.quantity, bundles)
    if rest or pieces < 1:
        raise _Refused(
            f"component {part.sku} of line {item.id} has the quantity {part.quantity}, which does not make whole "
            f"bundles of the line's quantity {item.quantity}; see the setting `bundle_component_quantity`"
        )
    return pieces


def _allocations(order: VendorOrder) -> tuple[Allocation, ...]:
    """What is to leave from where: the fulfillments' rows, checked against the lines."""
    items = {item.id: item for item in order.items or ()}
    left = {item.id: item.quantity for item in items.values()}
    allocations: list[Allocation] = []
    in_parts: set[int] = set()
    for fulfillment in order.fulfillments or ():
        if fulfillment.delivery_status in VOID:
            continue
        for row in fulfillment.items or ():
            item = _item_of(row, fulfillment, items)
            if _is_component(row, item):
                in_parts.add(item.id)
            elif row.quantity:
                left[item.id] -= row.quantity
                allocations.append(_allocation(row, fulfillment))
    _check_allocated(items, left, in_parts)
    return tuple(allocations)


def _allocation(row: VendorFulfillmentItem, fulfillment: VendorFulfillment) -> Allocation:
    return Allocation(
        line_id=str(row.order_item_id),
        distribution_center=str(fulfillment.distribution_center_id),
        quantity=row.quantity,
        reference=str(fulfillment.id),
        shipped=fulfillment.delivery_status in GONE or bool(fulfillment.shipped_date_utc),
    )


def _item_of(row: VendorFulfillmentItem, fulfillment: VendorFulfillment, items: dict[int, VendorItem]) -> VendorItem:
    item = items.get(row.order_item_id) if row.order_item_id is not None else None
    if item is None:
        raise _Refused(f"fulfillment {fulfillment.id} holds line {row.order_item_id}, which the order does not have")
    if row.quantity < 0:
        raise _Refused(f"fulfillment {fulfillment.id} holds {row.quantity} of line {item.id}")
    return item


def _is_component(row: VendorFulfillmentItem, item: VendorItem) -> bool:
    """Whether a row names a part of the bundle instead of the bundle (assumed not to occur)."""
    if row.product_id == item.product_id or row.product_id is None:
        return False
    return any(part.product_id == row.product_id for part in item.bundle_components or ())


def _check_allocated(items: dict[int, VendorItem], left: dict[int, int], in_parts: set[int]) -> None:
    """Refuse fulfillments by which too much of a line would leave, or a bundle never."""
    for id_, rest in left.items():
        sold = items[id_].quantity
        if rest < 0:
            raise _Refused(f"line {id_} has the quantity {sold}, but its fulfillments hold {sold - rest}")
        if rest == sold and id_ in in_parts:
            raise _Refused(f"line {id_} is a bundle, but its fulfillments hold only components of it")
