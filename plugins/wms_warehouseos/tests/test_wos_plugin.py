"""The plugin as a host meets it."""

import subprocess
import sys
from importlib.metadata import entry_points

import pluggy

from crossdock import Scenario
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
    assert (info.name, info.settings, info.requires_api) == ("warehouseos", WarehouseOSSettings, (1, 0))
    assert callable(manager.hook.sandbox(scenario=Scenario()))


def test_loading_it_loads_no_simulator_and_no_http_server():
    code = (
        "import sys, crossdock_warehouseos.plugin; "
        "print({'starlette', 'uvicorn', 'crossdock_warehouseos.sandbox'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
