"""The operator's rules, compiled: pure, total, and able to explain themselves."""

from crossdock.mapping.aliases import Aliases
from crossdock.mapping.areas import AreaRule, Areas, Counted, contradictions
from crossdock.mapping.expressions import (
    Expression,
    Found,
    check_expression,
    check_fields,
    compiled,
    document_of,
    search,
)
from crossdock.mapping.fields import FieldRule, FieldRules, MappedField, MappedFields
from crossdock.mapping.filters import Filter, LeftOut, Objection, Taken, objection_to, take_lines
from crossdock.mapping.ship_methods import (
    Asked,
    CarrierNames,
    Chosen,
    Direction,
    Disagreement,
    Saved,
    ShipMethod,
    ShipMethodRule,
    ShipMethods,
    Suggested,
)
from crossdock.mapping.status_events import StatusEvents, StatusRule, Tells

__all__ = [
    "Aliases",
    "AreaRule",
    "Areas",
    "Asked",
    "CarrierNames",
    "Chosen",
    "Counted",
    "Direction",
    "Disagreement",
    "Expression",
    "FieldRule",
    "FieldRules",
    "Filter",
    "Found",
    "LeftOut",
    "MappedField",
    "MappedFields",
    "Objection",
    "Saved",
    "ShipMethod",
    "ShipMethodRule",
    "ShipMethods",
    "StatusEvents",
    "StatusRule",
    "Suggested",
    "Taken",
    "Tells",
    "check_expression",
    "check_fields",
    "compiled",
    "contradictions",
    "document_of",
    "objection_to",
    "search",
    "take_lines",
]
