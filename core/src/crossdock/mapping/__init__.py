"""The operator's rules, compiled: pure, total, and able to explain themselves."""

from crossdock.mapping.ship_methods import Asked, Chosen, ShipMethod, ShipMethodRule, ShipMethods

__all__ = ["Asked", "Chosen", "ShipMethod", "ShipMethodRule", "ShipMethods"]
