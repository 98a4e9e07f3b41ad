"""The product on the same job: `python -m bench.ours CONFIG`; prints its counts as JSON."""

import asyncio
import json
import sys
from pathlib import Path

from crossdock.config import load_config
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once, settled_memory


async def main(path: Path) -> None:
    """Run every service that the config switches on, once."""
    async with open_host(load_config(path), quiet=True) as host:
        with settled_memory():
            reports = await run_once(host, asyncio.Event())
    told = {flow: {**report.counts, "error": report.error} for flow, report in reports["main"].items()}
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
