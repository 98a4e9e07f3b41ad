"""Shipping systems beside a world: their simulators, and what an operator writes to use one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from world.ends import End
from world.operator import World
from world.settings import secret, write_secrets

SELLERS = ("karrio", "easypost", "shipstation")
KEY = "sandbox-key"
ADDRESS = {
    "ShippingFirstName": "Ada",
    "ShippingLastName": "Lovelace",
    "ShippingAddressLine1": "12 Main St",
    "ShippingCity": "Reno",
    "ShippingStateOrProvince": "NV",
    "ShippingPostalCode": "89501",
    "ShippingCountry": "US",
}
"""Where a buyer lives, as the cart tells it."""
DOCK = {
    "company": "Example Goods",
    "line1": "1 Dock Road",
    "city": "Reno",
    "region": "NV",
    "postal_code": "89502",
    "country": "US",
    "phone": "775 555 0100",
}
SERVICES = ("download", "release", "acknowledge", "collect", "parcels", "void", "label", "confirm")
TWO_VANS = {
    "carriers": [
        {"carrier_id": "ups", "carrier_name": "ups", "carries": "ups",
         "services": [{"code": "ups_ground", "price": "8.20"}, {"code": "ups_2nd_day_air", "price": "17.30"}]},
        {"carrier_id": "usps", "carrier_name": "usps", "carries": "usps",
         "services": [{"code": "usps_ground_advantage", "price": "5.10"}]},
    ]
}  # fmt: skip
"""A karrio server with two carriers."""


@dataclass(frozen=True)
class Sold:
    """A label as its provider knows it."""

    id: str
    tracking: str
    box: str
    voided: bool


class Seller(End):
    """A shipping system in which people print labels, and which sells them to crossdock."""

    def __init__(self, url: str, kind: str) -> None:
        super().__init__(url)
        self.kind = kind

    def prints(self, number: str, box: str = "", carrier: str = "") -> str:
        """A person makes a label under an order number; gives its tracking number."""
        before = {one.id for one in self.labels()}
        getattr(self, f"_{self.kind}_prints")(number, box, carrier)
        [made] = [one for one in self.labels() if one.id not in before]
        return made.tracking

    def labels(self) -> list[Sold]:
        """Every label that was made or sold."""
        rows: list[Sold] = getattr(self, f"_{self.kind}_labels")(self.truth())
        return rows

    def calls(self) -> int:
        """How many calls were let in, those that came to nothing included."""
        truth = self.truth()
        counted: Mapping[str, int] = truth.get("calls") or truth["counts"]
        return sum(counted.values()) + sum(self.injected().values())

    def _karrio_prints(self, number: str, box: str, carrier: str) -> None:
        self.ask("/_labels", {"reference": number, "box": box, "carrier_id": carrier})

    def _easypost_prints(self, number: str, box: str, carrier: str) -> None:
        options = {"print_custom_2": box} if box else {}
        self.ask("/_labels", [{"reference": number, "options": options, "carrier": carrier.upper() or "USPS"}])

    def _shipstation_prints(self, number: str, box: str, carrier: str) -> None:
        how = {"carrier_code": carrier} if carrier else {}
        self.ask("/_labels", [{"shipment_number": number, "box": box, **how}])

    def _karrio_labels(self, truth: Mapping[str, Any]) -> list[Sold]:
        gone = {id for id, status in truth["shipments"].items() if status == "cancelled"}
        return [
            Sold(one["shipment"], one["tracking_number"], one["box"], one["shipment"] in gone)
            for one in truth["labels"]
        ]

    def _easypost_labels(self, truth: Mapping[str, Any]) -> list[Sold]:
        return [Sold(one["id"], one["tracking_code"], "", bool(one["refund"])) for one in truth["labels"]]

    def _shipstation_labels(self, truth: Mapping[str, Any]) -> list[Sold]:
        return [
            Sold(one["label_id"], one["tracking_number"], one["packages"][0].get("external_package_id", ""),
                 one["voided"])
            for one in truth["labels"]
        ]  # fmt: skip


def _base(kind: str, url: str) -> str:
    return f"{url}/v2" if kind == "easypost" else url


@contextmanager
def seller_of(
    world: World, kind: str, *, around: Callable[[ASGIApp], ASGIApp] = lambda app: app, **options: Any
) -> Iterator[Seller]:
    """A shipping system beside a world, which gathers and may buy there, with the config as an operator writes it."""
    module = import_module(f"crossdock_shipping.{kind}.sandbox")
    plenty = {"easypost": {"lists_per_second": 0}, "shipstation": {"requests_per_minute": None}}.get(kind, {})
    app = module.sandbox_app(Scenario(seed=1, orders=0, options={**plenty, **options}))
    with SandboxServer(around(app)) as server:
        write_secrets(world.folder, seller_key=KEY)
        pace = {"requests_per_second": 1_000} if kind == "easypost" else {"requests_per_minute": 1_000_000}
        world.connections["seller"] = {
            "connector": kind,
            "base_url": _base(kind, server.url),
            "api_key": secret("seller_key"),
            **pace,
        }
        world.pipeline.update({"shipping_provider": "seller", "services": dict.fromkeys(SERVICES, "1m")})
        yield Seller(server.url, kind)


def buys(world: World, *services: str, **labels: Any) -> None:
    """From now on labels are bought for packed boxes, of these services."""
    world.pipeline["labels"] = {"buy": True, "services": list(services or ("*",)), "weight": "2 lb", **labels}
    for center in world.pipeline["distribution_centers"].values():
        center["ship_from"] = DOCK


def packs(world: World, number: str, *boxes: Mapping[str, int]) -> list[str]:
    """People pick an order and pack it without tracking numbers, each box so many pieces of its lines; their names."""
    world.warehouse.acts({"act": "batch", "orders": [number]}, {"act": "pick", "order": number})
    return [_packed(world, number, box) for box in boxes]


def _packed(world: World, number: str, box: Mapping[str, int]) -> str:
    act = {"act": "pack", "order": number, "close": False}
    name = ""
    for line, quantity in box.items():
        [done] = world.warehouse.acts({**act, "line": line, "quantity": quantity, "box": name})
        name = done["box"]
    world.warehouse.acts({"act": "close", "order": number, "box": name, "tracking": ""})
    return name


Opened = Callable[..., Seller]
"""Opens a shipping system beside the world of a story: its kind, and options of its simulator."""
