"""The plugin as its host meets it."""

import pluggy
import pytest

from crossdock import API_VERSION, ConnectionContext, OrderSource, Scenario, SystemClock
from crossdock.hooks import specs
from crossdock_channeladvisor import plugin
from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders


@pytest.fixture
def host():
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin)
    manager.check_pending()
    return manager.hook


def test_every_hook_is_one_that_the_host_knows(host):
    info = host.connector()
    assert info.requires_api <= API_VERSION
    assert info.requires_api[0] == API_VERSION[0]


def test_an_order_source_is_made_without_talking_to_anybody(host, ca_settings, ca_log):
    context = ConnectionContext("cart", ca_settings(), http=None, log=ca_log, clock=SystemClock())
    source = host.order_source(ctx=context)
    assert isinstance(source, ChannelAdvisorOrders)
    assert isinstance(source, OrderSource)


def test_a_simulator_is_made_for_a_scenario(host):
    assert callable(host.sandbox(scenario=Scenario(orders=1)))
