"""What an operator wants of orders on their way: filters, holds, fields, status events."""

from collections import Counter
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, WithJsonSchema, model_validator

from crossdock.config.schedule import Every, parse_schedule
from crossdock.config.table import Table
from crossdock.domain import Order, OrderEvent, OrderLine
from crossdock.domain.document import Document
from crossdock.mapping import check_expression, check_fields

Expression = Annotated[str, AfterValidator(check_expression)]
"""A JMESPath expression over an order (or one of its lines) as `crossdock orders show --json` prints it."""


def _over_an_order(text: str) -> str:
    return check_fields(text, Order)


OrderExpression = Annotated[str, AfterValidator(_over_an_order)]
"""An expression over an order that looks at fields which orders have."""


def _interval(value: Any) -> Every:
    parsed = parse_schedule(value)
    if isinstance(parsed, Every):
        return parsed
    raise ValueError('an interval such as "30m" or "2h"')


Interval = Annotated[
    Every,
    BeforeValidator(_interval),
    WithJsonSchema({"type": "string", "description": "an interval", "examples": ["15m", "2h"]}),
]
"""A length of time, written as an interval."""


class Filter(Table):
    """A condition on one field of an order, or of a line."""

    field: Expression
    """The field, as a JMESPath expression: `site`, `ship_to.country`, `tags`. Of a list, one fitting value will do."""
    match: Annotated[tuple[str, ...], Field(min_length=1)]
    """What it is compared with: exact texts or patterns such as `Amazon*`; one that fits will do."""
    rule: Literal["require", "restrict"] = "require"
    """`require`: take only what fits. `restrict`: leave out what fits."""


def _checked(filters: tuple[Filter, ...], document: type[Document]) -> tuple[Filter, ...]:
    """Filters over fields that there are; two for one field and rule say less than one that names all values."""
    for one in filters:
        check_fields(one.field, document)
    said = Counter((one.field, one.rule) for one in filters)
    if twice := [f"'{field}' ({rule})" for (field, rule), number in said.items() if number > 1]:
        raise ValueError(f"one filter a field and rule, with all values in its `match`; several for {', '.join(twice)}")
    return filters


OrderFilters = Annotated[tuple[Filter, ...], AfterValidator(partial(_checked, document=Order))]
"""Conditions on orders."""
ItemFilters = Annotated[tuple[Filter, ...], AfterValidator(partial(_checked, document=OrderLine))]
"""Conditions on lines."""


class Holds(Table):
    """What keeps an order here before its release, until its time has come or a person lets it go."""

    window: Interval | None = None
    """How long every order waits before its release, such as `30m`: what the cart changes meanwhile still counts."""
    required_fields: tuple[OrderExpression, ...] = ()
    """Fields that an order must have, such as `ship_to.phone`; one without is held until it is there."""
    tags: tuple[str, ...] = ()
    """An order with one of these tags is held: exact or patterns."""
    flags: tuple[str, ...] = ()
    """An order with one of these flags is held: exact or patterns."""
    review: Literal["none", "all"] = "none"
    """`all`: every order waits until a person has looked at it."""
    review_when: tuple[OrderExpression, ...] = ()
    """Conditions; an order for which one of them holds, or cannot be worked out, waits until a person has looked at
    it."""


class FieldRule(Table):
    """Where the value of one field of the warehouse's order comes from."""

    source: OrderExpression = Field(alias="from")
    """The value, as a JMESPath expression over the order."""
    default: str = ""
    """What to take when the expression gives nothing."""
    required: bool = False
    """An order for which there is no value is held."""
    max_length: PositiveInt | None = None
    """How many characters the field can hold."""
    too_long: Literal["hold", "cut"] = "hold"
    """A longer value: `hold` the order, or `cut` it."""

    @model_validator(mode="after")
    def _default_fits(self) -> "FieldRule":
        """A default that does not fit would hold each order that needs it."""
        if self.max_length is not None and len(self.default) > self.max_length and self.too_long == "hold":
            raise ValueError(f"a default of at most {self.max_length} characters, which is its max_length")
        return self


def _as_rule(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


Rule = Annotated[FieldRule, BeforeValidator(_as_rule)]
"""A rule, or only its expression."""


class Fields(Table):
    """How the fields of the warehouse's order are made from the cart's order; what has no rule stays as it is."""

    notes: Rule | None = None
    """The notes for the warehouse."""
    tags: Rule | None = None
    """The tags: a text, or a list of texts."""
    source: Rule | None = None
    """Where the order comes from; without a rule, the marketplace or shop."""
    area: Rule | None = None
    """The area that picks; without a rule, or where it gives nothing, that of the distribution centre."""
    custom_fields: dict[str, Rule] = Field(default_factory=dict)
    """The warehouse's own fields, by their names."""


class StatusRule(Table):
    """Whether the cart is told when something happens to an order."""

    event: OrderEvent
    """What happens."""
    site: str = "*"
    """Of which marketplace or shop: exact text or a pattern."""
    notify_cart: bool
    """Whether the cart is told."""


class StatusEvents(Table):
    """Of what the cart is told. Without any rule: of what was shipped when its tracking number is known, and of
    cancellations."""

    notify_cart: bool = True
    """Whether the cart is told of anything at all; what is not told waits."""
    rules: tuple[StatusRule, ...] = ()
    """The rules; one for an exact site wins over a pattern."""

    @model_validator(mode="after")
    def _one_rule_an_event(self) -> "StatusEvents":
        """Two rules for one event of one site would leave it to chance whether the cart is told."""
        said = Counter((rule.event, rule.site.casefold()) for rule in self.rules)
        if twice := [f"'{event.value}' of site '{site}'" for (event, site), rules in said.items() if rules > 1]:
            raise ValueError(f"one rule an event, and not several for {', '.join(twice)}")
        return self
