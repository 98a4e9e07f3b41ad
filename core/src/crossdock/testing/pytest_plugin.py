"""What crossdock adds to pytest: its options, and the watch that no law is left out unseen.

pytest imports this module in every run of an environment where crossdock is installed: it imports nothing heavy.
"""

from collections import defaultdict
from pathlib import Path

import pytest

SUITE = Path(__file__).with_name("suite.py")
MAPPING_SUITE = Path(__file__).parent / "mapping" / "suite.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--crossdock-plugin NAME`, `--crossdock-evidence`, `--crossdock-save-examples` and `--crossdock-config FILE`."""
    group = parser.getgroup("crossdock", "conformance of plugins and mappings")
    group.addoption(
        "--crossdock-plugin",
        action="append",
        default=[],
        metavar="NAME",
        help="put this installed plugin through all laws",
    )
    group.addoption(
        "--crossdock-evidence",
        action="store_true",
        help="write down which laws each plugin kept, beside it; its grade follows from that",
    )
    group.addoption(
        "--crossdock-save-examples",
        action="store_true",
        help="first write what each plugin makes of records beside it, to be looked at and committed",
    )
    group.addoption(
        "--crossdock-config",
        action="append",
        default=[],
        metavar="FILE",
        help="put the mappings of this config to the test",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Run the kit's own suite when an option asks for it; alone, unless paths are named too."""
    config.addinivalue_line("markers", "crossdock(plugin, laws): the laws of the conformance kit that a test tries")
    config.addinivalue_line("markers", "crossdock_mapping(pipeline, laws): the laws of mappings that a test tries")
    suites = [SUITE] * bool(config.option.crossdock_plugin) + [MAPPING_SUITE] * bool(config.option.crossdock_config)
    if suites:
        named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
        config.args = [*named, *map(str, suites)]
        if config.option.tbstyle == "auto":
            config.option.tbstyle = "short"  # of a law its sentence is wanted, not its source
    if config.option.crossdock_evidence:
        from crossdock.testing.recorder import Recorder

        config.pluginmanager.register(Recorder(), "crossdock-recorder")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Write examples before the laws are tried, where that is asked for; once, not in every process of the run."""
    if session.config.option.crossdock_save_examples and not hasattr(session.config, "workerinput"):
        from crossdock.testing.examples_chosen import NoExample, save_all

        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        try:
            for line in save_all(session.config.option.crossdock_plugin):
                if reporter is not None:
                    reporter.write_line(line)
        except NoExample as error:
            raise pytest.UsageError(f"--crossdock-save-examples: {error}") from error


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let the test's report say which law it is of, where evidence is written."""
    if item.config.option.crossdock_evidence:
        from crossdock.testing.recorder import describe

        describe(item)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fail when a law was dropped on the way, unless the command line itself chose some tests."""
    chosen = session.config.option
    if chosen.keyword or chosen.markexpr or any("::" in arg for arg in session.config.args):
        return
    wanted, collected = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for item in session.items:
        mark = item.get_closest_marker("crossdock") or item.get_closest_marker("crossdock_mapping")
        if mark is not None:
            tried = mark.kwargs.get("plugin") or mark.kwargs["pipeline"]
            wanted[tried].update(mark.kwargs["laws"])
            collected[tried].add(item.callspec.params["law"].id)  # type: ignore[attr-defined]
    dropped = [f"{plugin}: {law}" for plugin, laws in wanted.items() for law in sorted(laws - collected[plugin])]
    if dropped:
        raise pytest.UsageError(
            "laws were taken out of the run: " + ", ".join(dropped) + '. Use conformance(…, xfail={"LAW": "reason"})'
        )
