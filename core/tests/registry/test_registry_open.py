import asyncio
import logging
import sys
from datetime import UTC, datetime
from textwrap import dedent, indent
from types import SimpleNamespace

import pytest
from pydantic import BaseModel
from structlog.testing import capture_logs

from crossdock.domain import Address, Order, OrderLine, OrderStatus, PaymentStatus
from crossdock.hooks.context import ConnectionContext, Scenario, SystemClock
from crossdock.hooks.errors import NeedsConfig, Unreadable
from crossdock.hooks.features import AcknowledgesRecords
from crossdock.registry import Check, PluginFault, State, load_plugins

CART = """
    from pydantic import BaseModel
    from crossdock import ConnectorInfo, Endpoint, FixedHeaders, NeedsConfig, Page, Receipt, Record, hookimpl

    class Settings(BaseModel):
        url: str = "http://127.0.0.1:1"

    class Cart:
        def __init__(self, label="cart"):
            self.label = label
        async def fetch_orders(self, cursor):
            return Page((Record("1", b"{}"),), cursor=cursor)
        def read_order(self, record): ...
        async def acknowledge_order(self, order_external_id): ...
        async def confirm_shipment(self, confirmation): ...
        async def find_shipment(self, confirmation): ...
        async def acknowledge_records(self, ids): ...

    @hookimpl
    def connector():
        return ConnectorInfo("NAME", "", Settings, lambda s: Endpoint(s.url, FixedHeaders({})), (1, 0))
"""
WRAPPER = """
    from crossdock import hookimpl

    class Around:
        def __init__(self, inner):
            self.inner = inner
            for name in dir(inner):
                if not name.startswith("_"):
                    setattr(self, name, getattr(inner, name))

    @hookimpl(wrapper=True)
    def order_source(ctx):
        BODY
"""


class NoSettings(BaseModel):
    pass


CTX = ConnectionContext("c", NoSettings(), SimpleNamespace(), logging.getLogger("test"), SystemClock())
ORDER = Order(
    external_id="1",
    number="A-1",
    placed_at=datetime(2026, 1, 1, tzinfo=UTC),
    payment=PaymentStatus.PAID,
    status=OrderStatus.OPEN,
    ship_to=Address(),
    lines=(OrderLine(external_id="1", sku="0012", quantity=1),),
)


def cart(name: str = "cart", body: str = "return Cart()", more: str = "") -> str:
    factory = f"\n@hookimpl\ndef order_source(ctx):\n    {body}\n"
    return CART.replace("NAME", name) + indent(factory + dedent(more), "    ")


def opening(*names: str):
    registry = load_plugins(names)
    assert not registry.quarantined
    return registry


def fault_of(registry, name: str = "cart") -> PluginFault:
    with pytest.raises(PluginFault) as caught, capture_logs():
        registry.open_role(name, "order_source", CTX)
    return caught.value


def test_roles_are_the_factories_that_a_connector_implements(install):
    install("cart", cart(more="@hookimpl\ndef sandbox(scenario):\n    return lambda: scenario.seed\n"))
    install("silent", "from crossdock import hookimpl\n@hookimpl\ndef pipeline_opened(pipeline): ...\n")
    registry = opening("cart", "silent")
    assert registry.roles("cart") == {"order_source"}
    assert registry.roles("silent") == registry.roles("unheard_of") == frozenset()
    assert registry.has_sandbox("cart")
    assert not registry.has_sandbox("silent")
    assert registry.open_sandbox("cart", Scenario(seed=7))() == 7


def test_a_role_is_opened_by_its_own_plugin(install):
    for name in ("one", "two", "three"):
        install(name, cart(name, f"return Cart('{name}')"))
    registry = opening("one", "two", "three")
    assert [registry.open_role(name, "order_source", CTX).label for name in ("two", "three", "one")] == [
        "two",
        "three",
        "one",
    ]


def test_a_factory_may_leave_out_the_context(install):
    install("cart", cart().replace("order_source(ctx)", "order_source()"))
    page = asyncio.run(opening("cart").open_role("cart", "order_source", CTX).fetch_orders(None))
    assert page.records[0].id == "1"


def test_an_extension_decorates_what_a_connector_returns(install):
    install("cart", cart())
    install("other", cart("other"))
    install("around", WRAPPER.replace("BODY", "return Around((yield))"))
    source = opening("cart", "other", "around").open_role("cart", "order_source", CTX)
    assert type(source).__name__ == "Around"
    assert type(source.inner).__name__ == "Cart"
    assert isinstance(source, AcknowledgesRecords)


def test_the_wrapper_of_another_connector_stays_out(install):
    wrapper = """
        @hookimpl(specname="order_source", wrapper=True)
        def around_all(ctx):
            raise RuntimeError("not your business")
            yield
        """
    install("cart", cart())
    install("nosy", cart("nosy", more=wrapper))
    registry = opening("cart", "nosy")
    assert registry.open_role("cart", "order_source", CTX).label == "cart"
    assert fault_of(registry, "nosy").plugins == ("nosy",)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise RuntimeError('no socket')", "RuntimeError: no socket"),
        ("return None", "returned nothing"),
        ("return object()", "fetch_orders(cursor) is missing"),
        ("c = Cart(); c.find_shipment = lambda confirmation: None; return c", "find_shipment is not async"),
        ("c = Cart(); c.read_order = c.fetch_orders; return c", "read_order is async"),
        ("c = Cart(); c.read_order = lambda: None; return c", "must take (record)"),
        ("c = Cart(); c.read_order = lambda record, page: None; return c", "must take (record)"),
        ("c = Cart(); c.read_order = 'text'; return c", "read_order(record) is missing"),
    ],
)
def test_a_factory_that_breaks_its_promise_is_named(install, body, told):
    install("cart", cart(body=body))
    registry = opening("cart")
    fault = fault_of(registry)
    assert fault.plugins == ("cart",)
    assert fault.hook == "order_source"
    assert told in str(fault)
    assert isinstance(fault, NeedsConfig)
    last = registry.why("cart")[-1]
    assert (last.check, last.state) == (Check.OPENED, State.FAILED)


def test_an_optional_argument_more_is_no_fault(install):
    install("cart", cart(body="c = Cart(); c.read_order = lambda record, strict=True: None; return c"))
    assert opening("cart").open_role("cart", "order_source", CTX)


def test_a_setting_that_a_factory_refuses_reaches_the_operator_untouched(install):
    install("cart", cart(body="raise NeedsConfig('set url')"))
    with pytest.raises(NeedsConfig, match=r"^set url$"):
        opening("cart").open_role("cart", "order_source", CTX)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise RuntimeError('before'); yield", "before"),
        ("yield; raise RuntimeError('after')", "after"),
        ("yield; return None", "returned nothing"),
        ("yield; return object()", "is missing"),
        ("s = yield; a = Around(s); del a.acknowledge_records; return a", "hides AcknowledgesRecords"),
    ],
)
def test_an_extension_that_breaks_a_role_is_blamed_and_not_the_connector(install, body, told):
    install("cart", cart())
    install("around", WRAPPER.replace("BODY", body))
    registry = opening("cart", "around")
    fault = fault_of(registry)
    assert fault.plugins == ("around",)
    assert told in str(fault)
    assert "around" in registry.why("cart")[-1].detail
    assert registry.why("around")[-1].state is State.FAILED


@pytest.mark.parametrize("body", ["raise RuntimeError('mine')", "return None", "return object()"])
def test_a_connector_stays_to_blame_when_an_extension_stumbles_over_it(install, body):
    install("cart", cart(body=body))
    install("around", WRAPPER.replace("BODY", "s = yield; s.fetch_orders; return Around(s)"))
    assert fault_of(opening("cart", "around")).plugins == ("cart",)


def test_a_role_that_the_connector_does_not_have_is_refused(install):
    install("cart", cart())
    with pytest.raises(PluginFault, match="order_source"):
        opening("cart").open_role("cart", "fulfillment_target", CTX)


def test_a_quarantined_connector_cannot_be_opened_and_says_why(install):
    install("cart", "raise RuntimeError('half installed')")
    with capture_logs():
        registry = load_plugins(["cart"])
    with pytest.raises(PluginFault, match="half installed"):
        registry.open_role("cart", "shipping_provider", CTX)


def test_an_endpoint_that_a_plugin_cannot_make_is_named(install):
    install("cart", cart())
    install("bad", cart("bad").replace("lambda s: Endpoint(s.url, FixedHeaders({}))", "lambda s: 1 / s"))
    install("odd", cart("odd").replace("lambda s: Endpoint(s.url, FixedHeaders({}))", "str"))
    registry = opening("cart", "bad", "odd")
    assert registry.endpoint("cart", registry.connectors["cart"].settings()).base_url == "http://127.0.0.1:1"
    with pytest.raises(PluginFault, match=r"bad.*TypeError"):
        registry.endpoint("bad", NoSettings())
    with pytest.raises(PluginFault, match=r"odd.*returned str"):
        registry.endpoint("odd", NoSettings())


LISTENER = "from crossdock import hookimpl\nheard = []\n@hookimpl\ndef {hook}:\n    {body}\n"


def test_orders_cost_nothing_when_no_plugin_looks_at_them(install):
    install("cart", cart())
    registry = opening("cart")
    assert not registry.wants_orders
    assert registry.order_received("main", ORDER) is None


def test_the_first_reason_skips_an_order_and_arguments_are_optional(install):
    install("mute", LISTENER.format(hook="order_received(order)", body="return None"))
    install("picky", LISTENER.format(hook="order_received(pipeline)", body="return f'not for {pipeline}'"))
    registry = opening("mute", "picky")
    assert registry.wants_orders
    assert registry.order_received("main", ORDER) == "not for main"


@pytest.mark.parametrize("body", ["raise ValueError('oops')", "return True"])
def test_an_order_that_a_plugin_cannot_judge_becomes_a_problem_and_not_a_parcel(install, body):
    install("bad", LISTENER.format(hook="order_received(order)", body=body))
    registry = opening("bad")
    with capture_logs() as logs, pytest.raises(Unreadable, match=r"'bad'.*A-1"):
        registry.order_received("main", ORDER)
    assert logs[0]["plugin"] == "bad"


def test_a_listener_that_raises_is_logged_and_silences_no_other(install):
    heard = "import sys; sys.modules[__name__].heard.append((connection, reason))"
    hook = "connection_paused(connection, reason)"
    modules = [install(name, LISTENER.format(hook=hook, body=heard)) for name in ("first", "last")]
    install("bad", LISTENER.format(hook="connection_paused()", body="raise SystemError('deaf')"))
    registry = opening("first", "bad", "last")
    with capture_logs() as logs:
        registry.connection_paused("cart", "wrong key")
        registry.pipeline_opened("main")
    assert [sys.modules[name].heard for name in modules] == [[("cart", "wrong key")]] * 2
    assert [(entry["plugin"], entry["hook"]) for entry in logs] == [("bad", "connection_paused")]


def test_a_quarantined_plugin_hears_and_decorates_nothing(install):
    more = """
        @hookimpl
        def order_received(order):
            return "quarantined and still here"
        @hookimpl(specname="order_source", wrapper=True)
        def around_all(ctx):
            yield
            return None
        """
    install("old", cart("old", more=more).replace("(1, 0))", "(0, 1))"))
    install("cart", cart())
    with capture_logs():
        registry = load_plugins(["old", "cart"])
    assert registry.quarantined["old"].check is Check.API
    assert registry.order_received("main", ORDER) is None
    assert registry.open_role("cart", "order_source", CTX)
