"""Problems: what a person must look at, each with what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The kind of a problem; one open problem per (pipeline, code, subject)."""

    UNREADABLE_ORDER = "unreadable_order"
    UNREADABLE_SHIPMENT = "unreadable_shipment"
    NUMBER_TAKEN = "number_taken"
    UNMAPPED_SHIP_METHOD = "unmapped_ship_method"
    UNSHIPPABLE_ORDER = "unshippable_order"
    CHANGED_AFTER_RELEASE = "changed_after_release"
    RELEASE_REFUSED = "release_refused"
    WITHDRAW_REFUSED = "withdraw_refused"
    ACKNOWLEDGE_REFUSED = "acknowledge_refused"
    CONFIRM_REFUSED = "confirm_refused"
    UNKNOWN_SHIPMENT = "unknown_shipment"
    OVER_PICKED = "over_picked"
    REVERSED_AFTER_CONFIRM = "reversed_after_confirm"
    NO_TRACKING = "no_tracking"
    LABEL_VOIDED = "label_voided"
    UNREADABLE_PARCEL = "unreadable_parcel"
    UNMAPPED_CARRIER = "unmapped_carrier"
    MARKED_ELSEWHERE = "marked_elsewhere"
    UNFETCHABLE_ORDER = "unfetchable_order"
    ADJUST_REFUSED = "adjust_refused"
    NOTICE_REFUSED = "notice_refused"
    MARKETPLACE_REFUSED = "marketplace_refused"
    MARKETPLACE_SILENT = "marketplace_silent"
    STOCK_REFUSED = "stock_refused"
    UNREADABLE_PRODUCT = "unreadable_product"
    PUBLISH_REFUSED = "publish_refused"
    UNMAPPED_AREA = "unmapped_area"
    EXPECT_REFUSED = "expect_refused"
    LEVELS_WAIT = "levels_wait"
    STALE_LEVELS = "stale_levels"
    OVERSOLD = "oversold"
    STOCK_DIFFERS = "stock_differs"
    PRODUCT_GONE = "product_gone"
    SKU_RENAMED = "sku_renamed"
    DUPLICATE_SKU = "duplicate_sku"
    ORDER_REVIEW = "order_review"
    HELD_BY_RULE = "held_by_rule"
    MISSING_FIELD = "missing_field"
    RULES_DISAGREE = "rules_disagree"
    EDIT_OVERTAKEN = "edit_overtaken"
    SHORT_PICK = "short_pick"
    SERVICE_SILENT = "service_silent"
    LABEL_REFUSED = "label_refused"
    LABEL_TOO_DEAR = "label_too_dear"
    ADDRESS_REFUSED = "address_refused"
    VOID_REFUSED = "void_refused"
    ALERT_FAILED = "alert_failed"
    CONNECTION_PAUSED = "connection_paused"
    PLUGIN_FAILED = "plugin_failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person must look at.

    `subject` names it within its code (an order number, a box, a connection); `title` is one sentence, `detail` what
    was seen, `action` what to do. `order_external_id` names its order where the order's row is not known yet. `cause`
    is the same for all problems of a kind that one correction would settle, such as one ship method.
    """

    code: Code
    subject: str
    title: str
    detail: str = ""
    action: str = ""
    order_id: int | None = None
    order_external_id: str = ""
    cause: str = ""
