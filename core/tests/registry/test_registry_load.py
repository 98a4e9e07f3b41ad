import sys

import pytest
from structlog.testing import capture_logs

from crossdock.registry import Check, State, installed_plugins, load_plugins

GOOD = """
    from pydantic import BaseModel
    from crossdock import ConnectorInfo, Endpoint, FixedHeaders, hookimpl

    class Settings(BaseModel):
        url: str = "http://127.0.0.1:1"

    def info(name, api=(1, 0), settings=Settings, endpoint=lambda s: Endpoint(s.url, FixedHeaders({}))):
        return ConnectorInfo(name, f"The {name}", settings, endpoint, api)
"""


def connector(returned: str) -> str:
    return f"{GOOD}\n    @hookimpl\n    def connector():\n        return {returned}\n"


def stopped_at(name: str):
    registry = load_plugins([name])
    assert name not in registry.connectors
    [failed] = [step for step in registry.why(name) if step.state is State.FAILED]
    assert failed == registry.quarantined[name]
    assert failed.advice
    return failed


def test_only_named_plugins_are_imported(install):
    named, other = install("named", connector("info('named')")), install("other", connector("info('other')"))
    registry = load_plugins(["named"])
    assert list(registry.connectors) == ["named"]
    assert named in sys.modules
    assert other not in sys.modules


def test_a_plugin_that_is_ready_passed_every_check(install):
    install("good", connector("info('good')"), version="2.5")
    steps = load_plugins(["good"]).why("good")
    assert [step.check for step in steps] == [*Check][:-1]
    assert {step.state for step in steps} == {State.PASSED}
    assert steps[0].detail == "crossdock-good 2.5"


def test_a_plugin_installed_while_we_run_is_found(install):
    assert "late" not in installed_plugins()
    load_plugins(["late"])
    install("late", connector("info('late')"))
    assert "late" in load_plugins(["late"]).connectors


def test_a_changed_entry_point_is_seen_at_once(install, tmp_path):
    install("moved", connector("info('moved')"))
    load_plugins(["moved"])
    (tmp_path / "registry_plugin_moved.py").write_text("raise LookupError('the new module')")
    [info] = tmp_path.glob("*.dist-info")
    (info / "entry_points.txt").write_text("[crossdock.plugins]\nmoved = registry_plugin_moved\n")
    assert "the new module" in stopped_at("moved").detail


def test_an_unknown_name_is_answered_with_the_nearest(install):
    install("warehouse_nine", connector("info('warehouse_nine')"))
    failed = stopped_at("warehouse_nien")
    assert failed.check is Check.INSTALLED
    assert "'warehouse_nine'" in failed.advice


def test_two_distributions_of_one_name_are_both_refused_unseen(install):
    modules = [install("twin", "raise SystemExit", distribution=f"crossdock-twin-{n}") for n in (1, 2)]
    failed = stopped_at("twin")
    assert failed.check is Check.INSTALLED
    assert "crossdock-twin-1 1.0 and crossdock-twin-2 1.0" in failed.detail
    assert not sys.modules.keys() & set(modules)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("assert False, 'not today'", "AssertionError: not today"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("def broken(:", "SyntaxError"),
        ("raise RuntimeError", "RuntimeError ("),
    ],
)
def test_whatever_an_import_raises_only_quarantines(install, source, told):
    install("broken", source)
    install("good", connector("info('good')"))
    registry = load_plugins(["broken", "good"])
    assert list(registry.connectors) == ["good"]
    assert registry.quarantined["broken"].check is Check.IMPORTED
    assert told in registry.quarantined["broken"].detail


def test_a_missing_attribute_of_an_entry_point_quarantines(install):
    install("lacking", "", entry="json:no_such_plugin")
    assert stopped_at("lacking").check is Check.IMPORTED


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        ("@hookimpl\n    def order_sorce(ctx): ...", "did you mean 'order_source'?"),
        ("@hookimpl\n    def order_source(ctx, socket): ...", "'socket'"),
        ("@hookimpl\n    async def order_source(ctx): ...", "is async"),
        ("@hookimpl\n    async def order_source(ctx):\n        yield", "is async"),
        ("def order_source(ctx): ...", "lacks @hookimpl"),
        ("@hookimpl(wrapper=True)\n    def order_received(order):\n        return (yield)", "cannot be wrapped"),
        ("@hookimpl(wrapper=True)\n    def order_source(ctx): ...", "not a generator"),
    ],
)
def test_an_invalid_hook_is_refused_before_it_is_called(install, hook, told):
    install("odd", connector("info('odd')") + f"\n    {hook}\n")
    failed = stopped_at("odd")
    assert failed.check is Check.HOOKS
    assert told in failed.detail


def test_all_invalid_hooks_are_named_at_once(install):
    install(
        "odd", connector("info('odd')") + "\n    @hookimpl\n    def order_sorce(ctx): ...\n    def sandbox(): ...\n"
    )
    assert "order_sorce" in stopped_at("odd").detail
    assert "'sandbox'" in stopped_at("odd").detail


def test_a_typo_of_one_plugin_does_not_refuse_the_next(install):
    install("odd", connector("info('odd')") + "\n    @hookimpl\n    def order_sorce(ctx): ...\n")
    install("good", connector("info('good')"))
    assert list(load_plugins(["odd", "good"]).connectors) == ["good"]


@pytest.mark.parametrize(
    ("returned", "check", "told"),
    [
        ("None", Check.DESCRIBED, "NoneType"),
        ("1 / 0", Check.DESCRIBED, "ZeroDivisionError"),
        ("exit('no')", Check.DESCRIBED, "SystemExit"),
        ("info('other')", Check.DESCRIBED, "'other'"),
        ("info('odd', api=(2, 0))", Check.API, "2.0"),
        ("info('odd', api=(1, 6))", Check.API, "1.6"),
        ("info('odd', api=(0, 9))", Check.API, "0.9"),
        ("info('odd', api='1')", Check.API, "'1'"),
        ("info('odd', api=None)", Check.API, "None"),
        ("info('odd', settings=dict)", Check.SETTINGS, "dict"),
        ("info('odd', endpoint=None)", Check.SETTINGS, "endpoint"),
    ],
)
def test_a_wrong_description_stops_at_its_check(install, returned, check, told):
    install("odd", connector(returned))
    failed = stopped_at("odd")
    assert failed.check is check
    assert told in failed.detail


def test_a_newer_contract_asks_for_a_newer_crossdock_and_an_older_one_for_a_newer_plugin(install):
    install("newer", connector("info('newer', api=(1, 6))"))
    install("older", connector("info('older', api=(0, 9))"))
    assert "Upgrade crossdock" in stopped_at("newer").advice
    assert "Upgrade the plugin" in stopped_at("older").advice


def test_a_factory_without_a_description_is_refused(install):
    install("nameless", f"{GOOD}\n    @hookimpl\n    def order_source(ctx): ...\n")
    assert "order_source" in stopped_at("nameless").detail


def test_a_plugin_without_hooks_is_refused(install):
    install("empty", "answer = 42")
    assert "no hooks" in stopped_at("empty").detail


def test_one_module_under_two_names_is_refused_the_second_time(install):
    module = install("first", connector("info('first')"))
    install("second", "", entry=module)
    registry = load_plugins(["first", "second"])
    assert list(registry.connectors) == ["first"]
    assert registry.quarantined["second"].check is Check.HOOKS


def test_a_slow_plugin_is_loaded_with_a_warning(install):
    install("slow", connector("info('slow')"))
    registry = load_plugins(["slow"], slow_after=-1)
    assert "slow" in registry.connectors
    warned = [step for step in registry.why("slow") if step.state is State.WARNED]
    assert Check.IMPORTED in {step.check for step in warned}
    assert "s)" in warned[0].detail
    assert all(step.state is State.PASSED for step in load_plugins(["slow"]).why("slow"))


def test_a_quarantine_is_logged_with_name_and_step(install):
    install("broken", "raise RuntimeError('no')")
    with capture_logs() as logs:
        load_plugins(["broken"])
    [entry] = logs
    assert entry["plugin"] == "broken"
    assert "imported" in entry["reason"]


def test_what_the_config_does_not_name_says_so_and_stays_unimported(install):
    module = install("idle", connector("info('idle')"))
    steps = load_plugins([]).why("idle")
    assert [step.state for step in steps][:2] == [State.PASSED, State.FAILED]
    assert steps[1].check is Check.NAMED
    assert {step.state for step in steps[2:]} == {State.NOT_REACHED}
    assert module not in sys.modules
