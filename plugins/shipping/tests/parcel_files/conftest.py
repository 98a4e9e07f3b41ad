"""A folder into which a shipping system writes, and the plugin that reads it as the engine does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from crossdock import ConnectionContext, Cursor, Record, Unreadable
from crossdock.domain import Parcel
from crossdock.transport import open_client, open_files
from crossdock_shipping.parcel_files import plugin
from crossdock_shipping.parcel_files.parcels import ParcelFiles
from crossdock_shipping.parcel_files.server import endpoint, file_server
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings

COLUMNS = {"reference": "Order", "tracking_number": "Tracking"}


@dataclass
class HandClock:
    """A clock that a test turns by hand."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Reading:
    """What one reading of the folder told."""

    parcels: list[Parcel] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    pages: int = 0
    checkpoint: Cursor | None = None

    @property
    def numbers(self) -> list[str]:
        return [parcel.tracking_number for parcel in self.parcels]

    def takes(self, provider: ParcelFiles, records: tuple[Record, ...]) -> None:
        self.pages += 1
        for record in records:
            try:
                self.parcels.append(provider.read_parcel(record))
            except Unreadable as fault:
                self.faults.append(str(fault))


class Outbox:
    """The folder, and a connection to it that is opened anew for each question."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, HandClock()
        (folder / "done").mkdir(parents=True, exist_ok=True)

    def write(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def append(self, name: str, content: str) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(content.encode())

    def settings(self, files: dict[str, Any] | None = None, **changes: Any) -> ParcelFilesSettings:
        place = {"protocol": "folder", "folder": str(self.folder), **(files or {})}
        return ParcelFilesSettings(**{"files": place, "columns": COLUMNS, **changes})

    def ask(self, use: Callable[[ParcelFiles], Any], **changes: Any) -> Any:
        async def opened() -> Any:
            chosen = self.settings(**changes)
            drop = open_files("parcels", file_server(chosen))
            async with open_client("parcels", endpoint(chosen)) as http:
                ctx = ConnectionContext("parcels", chosen, http, structlog.get_logger(), self.clock, drop)
                return await use(plugin.shipping_provider(ctx))

        return asyncio.run(opened())

    def read(self, cursor: Cursor | None = None, *, acknowledges: bool = True, **changes: Any) -> Reading:
        """Read the folder as the engine does: every page is acknowledged when it is safe."""
        reading = Reading(checkpoint=cursor)

        async def drain(provider: ParcelFiles) -> Reading:
            place, more = cursor, True
            while more:
                page = await provider.fetch_parcels(place)
                reading.takes(provider, page.records)
                reading.checkpoint = page.checkpoint or reading.checkpoint
                if page.records and acknowledges:
                    await provider.acknowledge_records([record.id for record in page.records])
                place, more = page.cursor, page.more
            return reading

        return self.ask(drain, **changes)

    def found(self, number: str, **changes: Any) -> list[Parcel]:
        async def look(provider: ParcelFiles) -> list[Parcel]:
            return [provider.read_parcel(record) for record in await provider.find_parcels(number)]

        return self.ask(look, **changes)

    @property
    def waiting(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir() if file.is_file())

    @property
    def done(self) -> list[str]:
        return sorted(file.name for file in (self.folder / "done").iterdir())


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "out")


@pytest.fixture(scope="session")
def outbox_at() -> type[Outbox]:
    return Outbox
