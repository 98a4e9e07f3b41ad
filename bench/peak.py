"""`python -m bench.peak FILE MODULE [ARGUMENT ...]` runs a module as a program and writes the peak of its memory.

What the kernel tells a parent of its child begins with the parent's own size at the moment of the fork.
"""

import re
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Run the module; the peak, in MB, goes into the file."""
    _, file, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        status = Path("/proc/self/status").read_text()
        kilobytes = re.search(r"VmHWM:\s+(\d+) kB", status)
        Path(file).write_text(str(int(kilobytes[1]) / 1024) if kilobytes else "0")


if __name__ == "__main__":
    main()
