"""Writes down the contract that is about to be released: `make contract`, once a release, with its version."""

import json
import sys
from pathlib import Path

from contracts.surface import Surface, surface

RELEASED = Path(__file__).with_name("released.json")


def released() -> Surface:
    """The contract of the last release."""
    found: Surface = json.loads(RELEASED.read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Put the contract of now in place of that of the last release."""
    now = surface()
    RELEASED.write_text(json.dumps(now, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(f"written: the contract {'.'.join(map(str, now['api']))}, with {len(now['laws'])} laws\n")


if __name__ == "__main__":
    main()
