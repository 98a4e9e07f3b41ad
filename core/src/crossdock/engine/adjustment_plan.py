"""What a person asks the cart to cancel or refund, checked against the order: a pure decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from crossdock.domain import AdjustedAmounts, AdjustmentKind, AdjustmentReason, Order, OrderAdjustment, OrderLine
from crossdock.domain.keys import number_of
from crossdock.hooks.errors import CrossdockError

DIGEST = 3


class NotAdjustable(CrossdockError):
    """This cannot be asked for; says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class AdjustmentWish:
    """What a person wants; without a line all of the order, without a quantity all units of the line."""

    kind: AdjustmentKind
    reason: AdjustmentReason
    line_id: str = ""
    quantity: int | None = None
    amounts: AdjustedAmounts | None = None
    restock: bool = False
    tell_marketplace: bool = True


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """An adjustment that was asked for before; `refused`: nothing came of it, as far as is known; `accepted`: the
    marketplace has agreed."""

    adjustment: OrderAdjustment
    asked_at: datetime
    refused: bool
    accepted: bool = False


def plan_adjustment(
    order: Order, before: Sequence[AskedBefore], wish: AdjustmentWish, *, again: bool = False
) -> OrderAdjustment:
    """The adjustment to be promised; raises `NotAdjustable`.

    Its key is made of the order, how many came before and what is asked for: two commands that run at the same moment
    and ask for the same ask for it once.
    """
    _check_line(order, before, wish)
    asked = _adjustment(order, wish)
    same = [item for item in before if _content(item.adjustment) == _content(asked)]
    if same and not again:
        raise NotAdjustable(
            f"the same was asked for on {same[-1].asked_at:%Y-%m-%d %H:%M} UTC ({same[-1].adjustment.key}; "
            f"`crossdock orders show {order.number}` says what became of it); to ask for it once more, add --again"
        )
    mark = blake2b(_content(asked).encode(), digest_size=DIGEST).hexdigest()
    key = f"{order.external_id}-{len(before) + 1}-{mark}"
    return asked.model_copy(update={"key": key, "number": number_of(key)})


def _check_line(order: Order, before: Sequence[AskedBefore], wish: AdjustmentWish) -> None:
    if not wish.line_id:
        if wish.quantity is not None:
            raise NotAdjustable(f"say of which line {wish.quantity} units are meant: {_lines(order)}")
        return
    line = order.line(wish.line_id)
    if line is None:
        raise NotAdjustable(f"order {order.number} has no line {wish.line_id}; it has {_lines(order)}")
    _check_quantity(line, before, wish)


def _check_quantity(line: OrderLine, before: Sequence[AskedBefore], wish: AdjustmentWish) -> None:
    wanted = wish.quantity or 1
    if wanted > line.quantity:
        raise NotAdjustable(f"line {line.external_id} ({line.sku}) has {_units(line.quantity)}, not {wanted}")
    left = line.quantity - _cancelled(line, before)
    if wish.kind is AdjustmentKind.CANCELLATION and wanted > left:
        raise NotAdjustable(
            f"of line {line.external_id} ({line.sku}) {line.quantity - left} of {_units(line.quantity)} were asked to "
            f"be cancelled before; {left or 'none'} can be"
        )


def _cancelled(line: OrderLine, before: Sequence[AskedBefore]) -> int:
    """Units of a line that are cancelled, or on their way to be."""
    standing = [item.adjustment for item in before if not item.refused]
    cancelled = [item for item in standing if item.kind is AdjustmentKind.CANCELLATION]
    of_line = [item.quantity or line.quantity for item in cancelled if item.line_id in ("", line.external_id)]
    return min(sum(of_line), line.quantity)


def cancelled_units(order: Order, asked: Sequence[AskedBefore]) -> dict[str, int]:
    """Units of each line that these adjustments cancel, unless they were refused."""
    return {line.external_id: _cancelled(line, asked) for line in order.lines}


def _adjustment(order: Order, wish: AdjustmentWish) -> OrderAdjustment:
    return OrderAdjustment(
        key="",
        number=0,
        order_external_id=order.external_id,
        order_number=order.number,
        kind=wish.kind,
        reason=wish.reason,
        line_id=wish.line_id,
        quantity=wish.quantity,
        amounts=wish.amounts,
        restock=wish.restock,
        tell_marketplace=wish.tell_marketplace,
    )


def _content(adjustment: OrderAdjustment) -> str:
    return adjustment.model_dump_json(exclude={"key", "number"})


def _lines(order: Order) -> str:
    return ", ".join(f"{line.external_id} ({line.sku}, {_units(line.quantity)})" for line in order.lines)


def _units(quantity: int) -> str:
    return "1 unit" if quantity == 1 else f"{quantity} units"
