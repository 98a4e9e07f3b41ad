"""The remote ends as a test sees them: what happens there, and what is true there."""

import base64
import json
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from world.sales import sale

CART = "crossdock_channeladvisor.sandbox:sandbox_app"
WAREHOUSE = "crossdock_warehouseos.sandbox:sandbox_app"
PARCELS = "crossdock_shipping.lookup.sandbox:sandbox_app"
JSON = {"Content-Type": "application/json"}
UPDATE_TYPES = ("Absolute", "Relative", "Available", "InStock", "UnShipped")


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
        return self._open(path, data, JSON)

    def _open(self, path: str, data: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
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

    def cancels(self, order_id: int, line: str | None = None, quantity: int | None = None) -> None:
        """The buyer cancels what has not left: the order, a line, or so many units of it."""
        wish = {"id": order_id, "line": None if line is None else int(line), "quantity": quantity}
        self.ask("/_cancel", {name: value for name, value in wish.items() if value is not None})

    def marks(self, order_id: int, application: str = "sandbox-application") -> None:
        """Another installation marks an order with this application."""
        self.ask("/_export", {"id": order_id, "application": application})

    def answers(self, answer: str, **wish: Any) -> dict[str, int]:
        """The marketplaces "accept" or "refuse" what waits for them (`order`, `what`, `comment`)."""
        return self.ask("/_marketplace", {"answer": answer, **wish})

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

    def shelf(self, sku: str) -> dict[str, Any]:
        """The stock of the one product with a SKU: its numbers by centre, and what changed them."""
        [story] = self.ask(f"/_truth/stock?sku={sku}")["products"].values()
        return dict(story)

    def available(self, sku: str) -> dict[int, int]:
        """What can still be sold of a SKU, by centre."""
        return {int(center): level["available"] for center, level in self.shelf(sku)["centers"].items()}

    def updates(self, sku: str) -> list[tuple[int, str, int]]:
        """Centre, type and number of every update of a SKU's quantities that came by the API."""
        ledger = self.shelf(sku)["ledger"]
        return [(line["center"], line["cause"], line["quantity"]) for line in ledger if line["cause"] in UPDATE_TYPES]

    def product(self, sku: str, expand: str = "Attributes,Labels", profile: int = 12345678) -> dict[str, Any]:
        """A product as the API shows it."""
        wanted = f"Sku eq '{sku}' and ProfileID eq {profile}"
        row, *_ = self.reads(f"/v1/Products?$filter={quote(wanted)}&$expand={expand}")["value"]
        return dict(row)

    def reads(self, path: str) -> dict[str, Any]:
        """What an authorized caller reads."""
        return self._open(path, None, self._authorized())

    def calls(self, address: str, *events: str) -> None:
        """From now on the cart calls an address when one of these events happens."""
        wish = {"Name": "crossdock", "WebhookUri": address, "EventTypes": events}
        self._open("/v1/Webhooks", json.dumps(wish).encode(), {**self._authorized(), **JSON})

    def _authorized(self) -> dict[str, str]:
        login = base64.b64encode(b"sandbox-application:sandbox-secret").decode()
        wish = b"grant_type=refresh_token&refresh_token=sandbox-refresh-token"
        token = self._open("/oauth2/token", wish, {"Authorization": f"Basic {login}"})["access_token"]
        return {"Authorization": f"Bearer {token}"}

    def edits(self, sku: str, **fields: Any) -> int:
        """A person changes fields of a product; gives its id."""
        return int(self.ask("/_products", {"sku": sku, "set": fields})["ID"])


class Warehouse(End):
    """The WarehouseOS tenant."""

    def orders(self) -> dict[str, dict[str, Any]]:
        """Every order by its number."""
        return {told["number"]: told for told in self.truth()["orders"]}

    def acts(self, *acts: Mapping[str, Any]) -> list[dict[str, Any]]:
        """People do these things one after the other, as in the simulator's scripted shift; what came of each."""
        done: list[dict[str, Any]] = self.ask("/_floor", list(acts))["done"]
        return done

    def receives(self, purchase_order: str, item: str, quantity: int, **more: Any) -> None:
        """People receive pieces of a purchase order and put them away."""
        self.ask("/_receive", [{"po": purchase_order, "item": item, "quantity": quantity, **more}])

    def is_told(self, path: str, document: Mapping[str, Any]) -> None:
        """Another host sends something, under the names of the shipped profile."""
        self._open(path, json.dumps(document).encode(), {"ApiKey": "sandbox-key", **JSON})

    def document(self, number: str) -> dict[str, Any]:
        """An order as the API shows it, under the names of the shipped profile."""
        return self._open(f"/api/OrderApi/GetOrder?orderNumber={quote(number)}", None, {"ApiKey": "sandbox-key"})

    def items(self) -> dict[str, dict[str, Any]]:
        """Every item by its number."""
        return dict(self.truth()["items"])

    def lies(self, sku: str) -> dict[str, int]:
        """How many pieces of an item lie in each area."""
        return dict(self.truth()["stock"]["levels"].get(sku, {}))

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
