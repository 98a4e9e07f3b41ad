"""What keeps a ready order here by the operator's rules, and until when: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crossdock.domain import Order
from crossdock.engine.ports import StoredOrder
from crossdock.engine.problems import Code
from crossdock.mapping import document_of, search
from crossdock.mapping.ship_methods import fits

HOLD_WINDOW = "hold_window"
"""What the reason begins with while the cart may still change the order."""
LET_IT_GO = "Look at it; `crossdock orders release {number}` lets it go."
FILL_IN = "Fill it in at the cart, or with `crossdock orders edit {number}`."


@dataclass(frozen=True)
class HoldRules:
    """What keeps orders here before their release.

    `window`: how long each one waits. `required_fields`: what each one must have. `tags` and `flags`: an order with one
    that fits is held. `review_all`, and `review_when` (conditions): a person looks at it first.
    """

    window: timedelta | None = None
    required_fields: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    review_all: bool = False
    review_when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an order is kept here: by which rule, until when if it ends by itself, what to do if a person must act.

    `code` is what the reason begins with. `cause` is the same for all that one correction would settle.
    """

    code: str
    reason: str
    by: str
    action: str = ""
    until: datetime | None = None
    cause: str = ""


def hold_of(stored: StoredOrder, rules: HoldRules, now: datetime) -> Hold | None:
    """What keeps an order here, if anything: what it lacks, then what a person must see, then its window.

    An order that a person let go is held for what it lacks only.
    """
    if hold := _missing(stored.order, rules.required_fields):
        return hold
    if stored.approved:
        return None
    return _marked(stored.order, rules) or _to_review(stored.order, rules) or _window(stored, rules, now)


def _missing(order: Order, required: Sequence[str]) -> Hold | None:
    if not required:
        return None
    document = document_of(order)
    lacking = [field for field in required if _is_empty(search(field, document).value)]
    if not lacking:
        return None
    reason = f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing"
    action = FILL_IN.format(number=order.number)
    return Hold(Code.MISSING_FIELD, reason, "rule: required_fields", action, cause=", ".join(lacking))


def _marked(order: Order, rules: HoldRules) -> Hold | None:
    return _bearing("tag", rules.tags, order.tags, order) or _bearing("flag", rules.flags, (order.flag,), order)


def _bearing(kind: str, patterns: Sequence[str], marks: Sequence[str], order: Order) -> Hold | None:
    found = next(((one, mark) for one in patterns for mark in marks if mark and fits(one, mark)), None)
    if found is None:
        return None
    rule = f"{kind} '{found[0]}'"
    return Hold(Code.HELD_BY_RULE, f"it has the {kind} '{found[1]}'", f"rule: {rule}", _let_it_go(order), cause=rule)


def _to_review(order: Order, rules: HoldRules) -> Hold | None:
    if rules.review_all:
        return _review("every order is looked at first", "review", order)
    if not rules.review_when:
        return None
    document = document_of(order)
    for condition in rules.review_when:
        found = search(condition, document)
        if found.flaw or not _is_empty(found.value):
            return _review(found.flaw or f"`{condition}` holds", "review_when", order)
    return None


def _review(reason: str, rule: str, order: Order) -> Hold:
    return Hold(Code.ORDER_REVIEW, f"to be looked at: {reason}", f"rule: {rule}", _let_it_go(order), cause=reason)


def _window(stored: StoredOrder, rules: HoldRules, now: datetime) -> Hold | None:
    if rules.window is None:
        return None
    until = (stored.ready_since or now) + rules.window
    if until <= now:
        return None
    return Hold(HOLD_WINDOW, "what the cart changes meanwhile still counts", "rule: window", until=until)


def _let_it_go(order: Order) -> str:
    return LET_IT_GO.format(number=order.number)


def _is_empty(value: Any) -> bool:
    """Whether a value counts as none, or as no, in JMESPath; a text of spaces says nothing either."""
    return value is None or value is False or value in ([], {}) or (isinstance(value, str) and not value.strip())
