"""The remote ends as a test sees them: what happens there, and what is true there."""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from world.sales import sale

CART = "crossdock_channeladvisor.sandbox:sandbox_app"
WAREHOUSE = "crossdock_warehouseos.sandbox:sandbox_app"
PARCELS = "crossdock_shipping.sandbox:sandbox_app"


class End:
    """A simulated remote system, reached through its control paths only."""

    def __init__(self, url: str) -> None:
        self.url = url

    def truth(self) -> dict[str, Any]:
        """All that the remote system knows of itself, its counters included."""
        return self.ask("/_truth")

    def faults(self, **rates: Any) -> None:
        """Let requests go wrong from now on, at these rates; beside them `seed`, `only_paths`, `max_faults` …"""
        plan = {name: rates.pop(name) for name in _PLAN if name in rates}
        self.ask("/_faults", {**plan, "rates": rates})

    def injected(self) -> dict[str, int]:
        """How many requests went wrong, and how."""
        told: dict[str, int] = self.ask("/_faults")["injected"]
        return told

    def ask(self, path: str, body: Any = None) -> dict[str, Any]:
        """Call a control path."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers)) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


_PLAN = ("seed", "slow_seconds", "only_paths", "only_methods", "max_faults")


class Cart(End):
    """The ChannelAdvisor account."""

    def sells(self, number: str, *lines: Any, **more: Any) -> int:
        """A buyer orders; see `sale`. Gives the cart's id of the order."""
        told = self.ask("/_orders", {"set": sale(number, *lines, **more)})
        return int(told["ID"])

    def shows(self, document: Mapping[str, Any]) -> int:
        """An order is listed exactly as given."""
        return int(self.ask("/_orders", dict(document))["ID"])

    def changes(self, order_id: int, **fields: Any) -> None:
        """A person or the marketplace changes fields of an order."""
        self.ask("/_orders", {"id": order_id, "set": fields})

    def order(self, order_id: int) -> dict[str, Any]:
        """What became of one order at the cart."""
        told: dict[str, Any] = self.truth()["orders"][str(order_id)]
        return told

    def exports(self, order_id: int) -> int:
        """How often the order was marked as taken."""
        return sum(self.order(order_id)["export_calls"].values())

    def ships(self, order_id: int) -> Sequence[dict[str, Any]]:
        """The shipments that were accepted for an order."""
        told: Sequence[dict[str, Any]] = self.order(order_id)["ships"]
        return told

    def shipped(self, order_id: int) -> dict[str, int]:
        """Units per line that count as gone."""
        return {line: told["shipped"] for line, told in self.order(order_id)["lines"].items()}

    def still_open(self, order_id: int) -> dict[str, int]:
        """Units per line that have not left yet."""
        return {line: told["open"] for line, told in self.order(order_id)["lines"].items()}


class Warehouse(End):
    """The WarehouseOS tenant."""

    def orders(self) -> dict[str, dict[str, Any]]:
        """Every order by its number."""
        return {told["number"]: told for told in self.truth()["orders"]}

    def works(self, *numbers: str, **habits: float) -> dict[str, Any]:
        """People pick and pack: everything that waits, or only these orders. `habits` as in the simulator's shift."""
        others = [number for number in self.orders() if number not in numbers] if numbers else []
        before = {number: told["status"] for number, told in self.orders().items() if number in others}
        for number in others:
            self.ask("/_set", {"number": number, "status": "Hold"})
        done = self.ask("/_shift", habits)
        for number, status in before.items():
            self.ask("/_set", {"number": number, "status": status})
        return done


class Parcels(End):
    """The parcel look-up service."""

    def knows(self, reference: str, tracking_number: str, **more: Any) -> None:
        """A label was printed for an order number."""
        parcel = {"id": f"P-{tracking_number}", "reference": reference, "tracking_number": tracking_number, **more}
        self.ask("/_parcels", [parcel])
