"""Status events: of what happens to an order its cart is told.

A rule says for one event, perhaps of some sites only, whether the cart is told. An exact site wins over a pattern,
patterns are tried in the order they were written. Without a rule, the cart is told of tracking numbers and of
cancellations. Above all of it stands one switch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crossdock.domain import OrderEvent
from crossdock.mapping.ship_methods import WILD, fits

TOLD_WITHOUT_A_RULE = (OrderEvent.TRACKING_ADDED, OrderEvent.CANCELLED)
SWITCHED_OFF = "status_events.notify_cart is false"


@dataclass(frozen=True, slots=True)
class StatusRule:
    """Whether the cart is told of an event of these sites."""

    event: OrderEvent
    tells: bool
    site: str = "*"


@dataclass(frozen=True, slots=True)
class Tells:
    """Whether the cart is told, and why: `because` is written for the operator."""

    tells: bool
    because: str

    def __bool__(self) -> bool:
        return self.tells


@dataclass(frozen=True)
class StatusEvents:
    """All rules of one pipeline; with `notify_cart` false, the cart is told of nothing."""

    notify_cart: bool = True
    rules: tuple[StatusRule, ...] = ()

    @property
    def when_on(self) -> "StatusEvents":
        """The same rules with the switch on."""
        return self if self.notify_cart else StatusEvents(rules=self.rules)

    def tells(self, event: OrderEvent, site: str) -> Tells:
        """Whether the cart is told of this event of an order of this site."""
        if not self.notify_cart:
            return Tells(False, SWITCHED_OFF)
        return self._by_rule(event, site)

    def first_told(self, events: Sequence[OrderEvent], site: str) -> Tells:
        """Whether the cart is told of one of these events, in their order; if not, why not of any."""
        if not self.notify_cart:
            return Tells(False, SWITCHED_OFF)
        decided = [self._by_rule(event, site) for event in events]
        silent = Tells(False, "; ".join(one.because for one in decided) or "nothing of which the cart is told happened")
        return next((one for one in decided if one), silent)

    def may_tell(self, event: OrderEvent) -> bool:
        """Whether there is any site of which the cart is told of this event."""
        tells = [rule.tells for rule in self.rules if rule.event is event]
        return self.notify_cart and (any(tells) or event in TOLD_WITHOUT_A_RULE)

    def _by_rule(self, event: OrderEvent, site: str) -> Tells:
        for rule in sorted(self.rules, key=lambda rule: WILD.search(rule.site) is not None):
            if rule.event is event and fits(rule.site, site):
                return Tells(rule.tells, f"a rule says that {_told(event, rule.tells)} (site '{rule.site}')")
        tells = event in TOLD_WITHOUT_A_RULE
        return Tells(tells, f"without a rule {_told(event, tells)}")


def _told(event: OrderEvent, tells: bool) -> str:
    return f"the cart is {'' if tells else 'not '}told of {event.value}"
