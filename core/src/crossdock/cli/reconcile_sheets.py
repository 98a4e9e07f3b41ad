"""Reports as they are shown: compared now, or found in the store."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from crossdock.cli.reconcile_lines import Sheet

if TYPE_CHECKING:
    from crossdock.runtime.host import Host
    from crossdock.store import CrossdockStore
    from crossdock.store.reconciliations import SavedReport

BEFORE = 30
"""So many earlier reports a page shows."""


async def compare_now(host: "Host", pipelines: Collection[str] | None, by: str) -> tuple[list[Sheet], list[str]]:
    """Compare both ends of each of these pipelines (None: of all that have both): the reports, and why there is none
    of the others."""
    from crossdock.engine.flows.reconcile import reconcile_now
    from crossdock.hooks.errors import CrossdockError
    from crossdock.runtime.hearing import hear
    from crossdock.runtime.host import store_of

    sheets, failed = [], []
    for name in _comparable(host, pipelines):
        try:
            report = await reconcile_now(host.pipelines[name], by, partial(hear, host, name))
        except CrossdockError as error:
            failed.append(f"pipeline {name}: {error}")
        else:
            sheets += await sheets_of(store_of(host), [name], report)
    return sheets, failed


async def sheets_of(
    store: "CrossdockStore", pipelines: Collection[str] | None, report: int | None = None, *, complete: bool = False
) -> list[Sheet]:
    """One report, or the newest of each of these pipelines (None: of all), if wanted of those that came to their end;
    raises `NotFound`."""
    from crossdock.store import NotFound
    from crossdock.store.reconciliations import newest_of_each, report_of

    ids = [report] if report is not None else await store.read(newest_of_each, pipelines, complete=complete)
    if not ids:
        raise NotFound("no report was made yet; `crossdock reconcile` makes one")
    found = [await store.read(report_of, one) for one in ids]
    for one in found:
        if pipelines is not None and one.report.pipeline not in pipelines:
            raise NotFound(f"report {one.id} is of pipeline {one.report.pipeline}")
    return [await _sheet(store, one) for one in found]


async def _sheet(store: "CrossdockStore", saved: "SavedReport") -> Sheet:
    from crossdock.store.reconciliations import list_reports

    views = await store.read(list_reports, pipelines=[saved.report.pipeline], limit=2 * BEFORE)
    earlier = [(one.began_at, one.differing) for one in views if one.id < saved.id and not one.error]
    return Sheet(saved.id, saved.report, saved.repaired, earlier[:BEFORE][::-1], saved.error)


def _comparable(host: "Host", pipelines: Collection[str] | None) -> Sequence[str]:
    """The pipelines that are meant; raises a sentence where one that was named cannot be compared, or none can."""
    from crossdock.engine.runner import flows_of
    from crossdock.hooks.errors import NeedsConfig
    from crossdock.runtime.at_once import pipeline_of

    if pipelines is not None and len(pipelines) == 1:
        pipeline_of(host, next(iter(pipelines)))
    able = [name for name, one in host.pipelines.items() if "reconcile" in flows_of(one)]
    meant = [name for name in able if pipelines is None or name in pipelines]
    if not meant:
        why = f" ({'; '.join(host.faults)})" if host.faults else ""
        raise NeedsConfig(f"nothing can be compared: it takes a pipeline with an inventory source and a sink{why}")
    return meant
