"""Laws about budgets: requests, memory and start-up, each by what it grows with."""

import gc
import os
import subprocess
import sys
import tracemalloc

from crossdock.testing.law import Grade, law
from crossdock.testing.reads import Read, lists_of, prepare
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject
from crossdock.testing.walking import MOST_PAGES

FREE_REQUESTS = 4
"""For a token, for what has to be known before, and for the page behind the last one."""
ROWS_A_REQUEST = 10
KEPT_SHARE = 0.25
KEPT_BYTES = 40_000
ENOUGH_BYTES = 80_000
"""So much has to be read until what is kept stands out from what any program keeps."""
MOST_WALKS = 20
START_SECONDS = 0.4
NOT_NEEDED = ("starlette", "uvicorn", "pytest", "hypothesis", "crossdock.sandbox", "crossdock.testing")
SHIFTS = range(1, 7)


@law("budgets.requests", Grade.PLATINUM)
async def requests_grow_with_pages(plugin: Subject) -> None:
    """To read a whole list takes a request a page and a few more, never one for each record.

    Requests are the scarce thing of an account: one for each record makes a list of 10,000 take hours, and leaves
    nothing of the limit for shipments.
    """
    async with plugin.stage(orders=60) as stage, stage.connect() as connection:
        await prepare(plugin, stage, connection, *SHIFTS)
        for read in lists_of(plugin):
            before = len(stage.arrived)
            records = len(await read.whole(connection))
            asked, allowed = len(stage.arrived) - before, FREE_REQUESTS + records // ROWS_A_REQUEST
            assert asked <= allowed, f"{read} took {asked} requests for {records} records; {allowed} would do"


@law("budgets.memory", Grade.PLATINUM)
async def nothing_is_kept_of_what_was_read(plugin: Subject) -> None:
    """Of a list that was read page by page, however often, no more than a quarter is still in memory when it ends.

    A process runs for months. One that keeps every record that it saw dies in the night of the largest download.
    """
    async with plugin.stage(orders=80) as stage, stage.connect() as connection:
        await prepare(plugin, stage, connection, *SHIFTS)
        for read in lists_of(plugin):
            await read.on(connection)
            kept, given = await _kept_after(read, connection, stage)
            allowed = int(given * KEPT_SHARE) + KEPT_BYTES
            assert kept <= allowed, f"{read} gave {given:,} bytes page by page, and {kept:,} are still in memory"


@law("budgets.start", Grade.PLATINUM)
def it_starts_at_once(plugin: Subject) -> None:
    """To load the plugin takes less than 0.4 seconds of work more than crossdock itself, and imports no simulator.

    Every command pays for it, `crossdock --help` too; and a production system needs no web server of a simulator.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    told = subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-c", _START, plugin.name],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, f"it cannot be loaded in a process of its own: {told.stderr[-500:]}"
    seconds, *imported = told.stdout.split()
    assert float(seconds) < START_SECONDS, f"to load it took {float(seconds):.2f} s of work: import on first use"
    needless = [name for name in imported if any(name == one or name.startswith(f"{one}.") for one in NOT_NEEDED)]
    assert not needless, f"to load it imports {', '.join(needless[:3])}: import the simulator in the hook `sandbox`"


_START = """
import sys, time
import crossdock.config, crossdock.transport
from crossdock.registry import load_plugins

class Silent:
    def info(self, *words, **details): pass
    warning = info

before, began = {*sys.modules}, time.process_time()
registry = load_plugins([sys.argv[1]], log=Silent())
print(time.process_time() - began, *sorted({*sys.modules} - before))
"""


async def _kept_after(read: Read, connection: Connected, stage: Stage) -> tuple[int, int]:
    """How many bytes more are in memory after a list was read, a short one often, and how many its records had."""
    tracemalloc.start()
    try:
        once = given = await _bytes_of(read, connection)
        for _ in range(MOST_WALKS):
            if once and given < ENOUGH_BYTES:
                given += await _bytes_of(read, connection)
        await stage.control.get("/_rehearsal")  # the simulator is done with its last answer, and lets go of it
        for of_the_kit in (stage.arrived, connection.log.events, connection.timer.waits):
            of_the_kit.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0], given
    finally:
        tracemalloc.stop()


async def _bytes_of(read: Read, connection: Connected) -> int:
    """How many bytes the records of a whole list have, none of which is kept."""
    fetch, cursor, given = getattr(connection.role(read.role), read.name), None, 0
    for _ in range(MOST_PAGES):
        page = await fetch(cursor)
        given += sum(len(record.data) for record in page.records)
        if not page.more:
            break
        cursor = page.cursor
    return given
