"""The config of a world: a plain tree that a story may change, written as TOML."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

SERVICES = ("download", "release", "acknowledge", "collect", "confirm")
SECRETS = {
    "shared_secret": "sandbox-secret",
    "refresh_token": "sandbox-refresh-token",
    "warehouse_key": "sandbox-key",
    "parcels_key": "sandbox-key",
}
GROUND = {"carrier": "UPS", "service": "GROUND"}


def usual_settings(*, cart: str, warehouse: str, parcels: str | None, database: str) -> dict[str, Any]:
    """One cart, one warehouse, two distribution centres of ours, everything by UPS Ground."""
    connections: dict[str, Any] = {
        "cart": {
            "connector": "channeladvisor",
            "base_url": cart,
            "application_id": "sandbox-application",
            "shared_secret": secret("shared_secret"),
            "refresh_token": secret("refresh_token"),
            "requests_per_minute": 1_000_000,
        },
        "warehouse": {"connector": "warehouseos", "base_url": warehouse, "api_key": secret("warehouse_key")},
    }
    pipeline: dict[str, Any] = {
        "order_source": "cart",
        "fulfillment_target": "warehouse",
        "services": dict.fromkeys(SERVICES, "1m"),
        "distribution_centers": {"1": {"area": "EAST"}, "2": {"area": "WEST"}},
        "ship_methods": {"inbound": [{"to": GROUND}], "outbound": [{"to": GROUND}]},
    }
    if parcels:
        connections["parcels"] = {"connector": "shipping", "base_url": parcels, "api_key": secret("parcels_key")}
        pipeline["shipping_provider"] = "parcels"
    return {"store": {"url": database}, "connections": connections, "pipelines": {"main": pipeline}}


def secret(name: str) -> dict[str, str]:
    """A reference to a secret that lies in a file of the world."""
    return {"file": f"secrets/{name}"}


def write_secrets(folder: Path, **values: str) -> None:
    """Write secrets where the config looks for them."""
    (folder / "secrets").mkdir(exist_ok=True)
    for name, value in values.items():
        (folder / "secrets" / name).write_text(value)


def as_toml(settings: Mapping[str, Any]) -> str:
    """The tree as TOML: a line a key, what is deeper inline."""
    lines = []
    for table, parts in settings.items():
        lines.append(f"[{table}]")
        lines += [f"{_text(key)} = {_inline(value)}" for key, value in parts.items()]
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_text(key)} = {_inline(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return value.isoformat() if isinstance(value, date) else _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
