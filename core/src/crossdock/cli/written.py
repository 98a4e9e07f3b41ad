"""Files that a command writes for people: whether they can be written is known before the work begins."""

import os
from pathlib import Path

from crossdock.hooks.errors import NeedsConfig


def require_writable(*files: Path | None) -> None:
    """Raise `NeedsConfig` for a file that could not be written in the end; None is none."""
    for file in filter(None, files):
        if not file.parent.is_dir():
            raise NeedsConfig(f"{file} cannot be written: there is no folder {file.parent}")
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            raise NeedsConfig(f"{file} cannot be written: {'it is a folder' if file.is_dir() else 'no permission'}")


def write(file: Path, text: str) -> None:
    """Write a file; raises `NeedsConfig` where that is not possible."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NeedsConfig(f"{file} cannot be written: {error.strerror}") from error
