"""Who sells labels, and where their files are put for the printer."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from crossdock.hooks.errors import NeedsConfig
from crossdock.hooks.features import BuysLabels


def require_seller(connection: str, role: object) -> None:
    """Raises `NeedsConfig` where labels are to be bought through a connection that sells none."""
    if not isinstance(role, BuysLabels):
        raise NeedsConfig(
            f"`labels.buy` is set, and connection {connection} sells no labels: it only finds those that others made; "
            "take `labels.buy` out, or name a shipping_provider that sells them"
        )


def printer_folder(folder: Path) -> Callable[[str, bytes], Awaitable[None]]:
    """Writes files into a folder, whole or not at all: a printer that watches it never sees half a label."""

    async def put(name: str, content: bytes) -> None:
        await asyncio.to_thread(_write, folder / name, content)

    return put


def _write(file: Path, content: bytes) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        raise NeedsConfig(
            f"the label {file} cannot be written ({error.strerror}); look at `labels.folder` of the config"
        ) from error
