"""The plugin as a host meets it."""

import asyncio
import subprocess
import sys
from importlib.metadata import entry_points

import pluggy
import pytest

from crossdock import CatalogSink, FulfillmentTarget, InventorySource, Scenario
from crossdock.hooks import specs
from crossdock_warehouseos import plugin
from crossdock_warehouseos.settings import WarehouseOSSettings


def test_it_is_found_under_its_name():
    (found,) = entry_points(group="crossdock.plugins", name="warehouseos")
    assert found.load() is plugin


def test_its_hooks_are_those_of_the_contract():
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin)
    manager.check_pending()
    info = manager.hook.connector()
    assert (info.name, info.settings, info.requires_api) == ("warehouseos", WarehouseOSSettings, (1, 3))
    assert callable(manager.hook.sandbox(scenario=Scenario()))


ROLES = {
    "fulfillment_target": FulfillmentTarget,
    "inventory_source": InventorySource,
    "catalog_sink": CatalogSink,
}


@pytest.mark.parametrize("role", ROLES)
def test_a_connection_plays_the_roles_of_a_warehouse(role, tenant, connected):
    async def look():
        async with connected(tenant) as target:
            assert isinstance(getattr(plugin, role)(ctx=target._ctx), ROLES[role])

    asyncio.run(look())


HEAVY = {"starlette", "uvicorn", "httpx", "crossdock_warehouseos.sandbox", "crossdock_warehouseos.settings"}


def test_loading_it_loads_no_simulator_and_no_http_server():
    code = f"import sys, crossdock_warehouseos.plugin; print({HEAVY} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
