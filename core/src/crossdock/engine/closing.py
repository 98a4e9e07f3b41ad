"""How each kind of problem ends: by itself when its cause is gone, or only by a person's word."""

from collections.abc import Mapping
from dataclasses import dataclass

from crossdock.engine.problems import Code


@dataclass(frozen=True, slots=True)
class Ending:
    """When it closes, as the rest of a sentence that begins with "It closes"; `alone`: without a person's word."""

    when: str
    alone: bool = True


_ON_ITS_WAY = Ending("when the order is on its way to the warehouse, or need not be shipped any more")
_DONE = Ending("when it is done after all")
_READ = Ending("when the record can be read")
_LABELLED = Ending("when the box has a label, whoever bought it, or is taken back")

ENDINGS: Mapping[Code, Ending] = {
    Code.UNREADABLE_ORDER: _READ,
    Code.UNREADABLE_SHIPMENT: _READ,
    Code.UNREADABLE_PRODUCT: _READ,
    Code.UNREADABLE_PARCEL: _READ,
    Code.NUMBER_TAKEN: _ON_ITS_WAY,
    Code.UNMAPPED_SHIP_METHOD: _ON_ITS_WAY,
    Code.UNSHIPPABLE_ORDER: _ON_ITS_WAY,
    Code.MARKED_ELSEWHERE: _ON_ITS_WAY,
    Code.ORDER_REVIEW: _ON_ITS_WAY,
    Code.HELD_BY_RULE: _ON_ITS_WAY,
    Code.MISSING_FIELD: _ON_ITS_WAY,
    Code.RULES_DISAGREE: Ending("when the rules agree, and what it holds goes out"),
    Code.CHANGED_AFTER_RELEASE: Ending("when the order is taken back from the warehouse, or changed back at the cart"),
    Code.RELEASE_REFUSED: Ending("when the warehouse has the order after all, or it need not be shipped any more"),
    Code.WITHDRAW_REFUSED: Ending("when the warehouse has forgotten the order after all, or the cart changed it back"),
    Code.ACKNOWLEDGE_REFUSED: _DONE,
    Code.CONFIRM_REFUSED: _DONE,
    Code.NOTICE_REFUSED: _DONE,
    Code.ADJUST_REFUSED: _DONE,
    Code.STOCK_REFUSED: Ending("when the change is sent after all"),
    Code.PUBLISH_REFUSED: Ending("when it is done after all, or the product is at its source no more"),
    Code.EXPECT_REFUSED: _DONE,
    Code.UNKNOWN_SHIPMENT: Ending("when the warehouse takes the box back, or a retry finds its order"),
    Code.OVER_PICKED: Ending(
        "by a person's word, because only a person can say what left the house; by itself when the box is taken back"
    ),
    Code.REVERSED_AFTER_CONFIRM: Ending(
        "by a person's word: what the cart believes is corrected there, and cannot be seen from here", alone=False
    ),
    Code.LABEL_VOIDED: Ending(
        "by a person's word, because the number is corrected at the cart; by itself when a label of that number is "
        "there again"
    ),
    Code.NO_TRACKING: Ending("when there is a tracking number, or the box is taken back"),
    Code.UNMAPPED_CARRIER: Ending("when the package goes out, or the box is taken back"),
    Code.UNFETCHABLE_ORDER: Ending("when the order comes in after all"),
    Code.MARKETPLACE_REFUSED: Ending("when the marketplace accepts it after all, or the order is released after all"),
    Code.MARKETPLACE_SILENT: Ending("when the marketplace accepts it after all, or the order is released after all"),
    Code.UNMAPPED_AREA: Ending("when there is a rule for the area"),
    Code.LEVELS_WAIT: Ending("when a person lets the levels go, or they differ by little from what the cart was told"),
    Code.STALE_LEVELS: Ending("when the warehouse tells newer levels"),
    Code.OVERSOLD: Ending("when there is as much as open orders ask for"),
    Code.STOCK_DIFFERS: Ending("when a report finds no difference, or all that it finds is corrected by itself"),
    Code.PRODUCT_GONE: Ending("when the product is there again; else by a person's word"),
    Code.SKU_RENAMED: Ending("when the product bears its old SKU again, or a person lets it go out under the new one"),
    Code.DUPLICATE_SKU: Ending("when one product bears the SKU"),
    Code.EDIT_OVERTAKEN: Ending(
        "when that field of the order is corrected again; else by a person's word: which of the two is right, only a "
        "person knows"
    ),
    Code.SHORT_PICK: Ending("when the rest is picked, or what is missing is cancelled"),
    Code.LABEL_REFUSED: _LABELLED,
    Code.LABEL_TOO_DEAR: _LABELLED,
    Code.ADDRESS_REFUSED: _LABELLED,
    Code.VOID_REFUSED: Ending("when the label is taken back after all"),
    Code.SERVICE_SILENT: Ending("when something comes of the service again"),
    Code.ALERT_FAILED: Ending("when a message arrives again"),
    Code.CONNECTION_PAUSED: Ending("when the connection is used again"),
    Code.PLUGIN_FAILED: Ending("when it is done after all, or the service runs to its end"),
}
