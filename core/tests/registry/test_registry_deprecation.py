"""What will be gone one day still works; who uses it is told what to take instead, and never crashes over it."""

import warnings

import pluggy
import pytest
from structlog.testing import capture_logs

import crossdock
from crossdock import deprecation
from crossdock.deprecation import Deprecated, deprecations_used
from crossdock.registry import Check, State, load, load_plugins
from crossdock.registry.contract import deprecations, new_host

LISTENER = """
    from crossdock import hookimpl

    @hookimpl
    def order_received(pipeline, order):
        return None
"""
OLD_NAME = """
    from crossdock import Voucher, hookimpl

    @hookimpl
    def pipeline_opened(pipeline):
        assert Voucher.__name__ == "Receipt"
"""
AN_ARGUMENT = Deprecated("argument 'pipeline' of hook order_received", since=(1, 6), until=(2, 0), instead="take order")
A_NAME = Deprecated("crossdock.Voucher", since=(1, 6), until=(2, 0), instead="take crossdock.Receipt")


@pytest.fixture
def old_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract in which one argument of a hook is deprecated."""

    def host() -> pluggy.PluginManager:
        made = new_host()
        made.hook.order_received.spec.warn_on_impl_args = {"pipeline": AN_ARGUMENT}
        return made

    monkeypatch.setattr(load, "new_host", host)


@pytest.fixture
def old_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door with a former name."""
    monkeypatch.setitem(deprecation.FORMER_NAMES, "crossdock.Voucher", ("crossdock.Receipt", A_NAME))


def warned(name: str) -> tuple[Check, str]:
    """What a plugin is told that loads with one warning, even where warnings are errors."""
    with warnings.catch_warnings(), capture_logs() as logs:
        warnings.simplefilter("error")
        registry = load_plugins([name])
    assert not registry.quarantined
    [step] = [step for step in registry.why(name) if step.state is State.WARNED]
    assert [(log["event"], log["plugin"], log["reason"]) for log in logs] == [("plugin warned", name, str(step))]
    return step.check, step.advice


def test_a_plugin_that_takes_a_deprecated_argument_is_ready_and_is_told(install, old_argument):
    install("listener", LISTENER)
    told = "argument 'pipeline' of hook order_received is deprecated since 1.6 and gone in 2.0: take order"
    assert warned("listener") == (Check.HOOKS, told)


def test_a_plugin_that_imports_a_former_name_is_ready_and_is_told(install, old_name):
    install("old", OLD_NAME)
    told = "crossdock.Voucher is deprecated since 1.6 and gone in 2.0: take crossdock.Receipt"
    assert warned("old") == (Check.IMPORTED, told)
    load_plugins(["old"]).pipeline_opened("main")


def test_a_plugin_that_uses_nothing_deprecated_hears_nothing(install, old_name):
    install("listener", LISTENER)
    assert {step.state for step in load_plugins(["listener"]).why("listener")} == {State.PASSED}


def test_a_former_name_warns_whoever_uses_it(old_name):
    with pytest.warns(Deprecated, match="take crossdock.Receipt"):
        assert crossdock.Voucher is crossdock.Receipt


@pytest.mark.parametrize("door", ["crossdock", "crossdock.domain", "crossdock.sandbox", "crossdock.testing"])
def test_a_name_that_never_was_is_an_error_as_ever(door):
    with pytest.raises(ImportError, match="Nonsense"):
        exec(f"from {door} import Nonsense")


def test_other_warnings_within_go_where_they_would_have_gone():
    told: list[str] = []

    def use() -> None:
        with deprecations_used() as used:
            warnings.warn("something else", UserWarning, stacklevel=1)
            warnings.warn(A_NAME, stacklevel=1)
            warnings.warn(A_NAME, stacklevel=1)
        told.extend(used)

    with pytest.warns(UserWarning, match="something else"):
        use()
    assert told == [str(A_NAME)]


def test_an_error_within_stays_an_error_and_is_the_only_one():
    with pytest.raises(UserWarning, match="as an error"), deprecations_used():
        warnings.warn("as an error", UserWarning, stacklevel=1)


def test_the_list_of_deprecations_is_what_the_contract_says(old_name):
    assert deprecations() == [A_NAME]


def test_nothing_is_kept_longer_than_was_said():
    now = crossdock.API_VERSION
    late = [str(one) for one in deprecations() if tuple(map(int, one.until.split("."))) <= now]
    assert late == []
