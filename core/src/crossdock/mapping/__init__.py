"""The operator's rules, compiled: pure, total, and able to explain themselves."""

from crossdock.mapping.areas import AreaRule, Areas, Counted, contradictions
from crossdock.mapping.expressions import check_expression
from crossdock.mapping.ship_methods import Asked, Chosen, ShipMethod, ShipMethodRule, ShipMethods

__all__ = [
    "AreaRule",
    "Areas",
    "Asked",
    "Chosen",
    "Counted",
    "ShipMethod",
    "ShipMethodRule",
    "ShipMethods",
    "check_expression",
    "contradictions",
]
