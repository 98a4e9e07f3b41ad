"""A simulated shipping system that writes CSV files into a folder, as people there make labels.

  POST /_work     {"seed": 1}: people make labels and take some back; one more file says so
  /_rehearsal /_effects   see `crossdock.sandbox.rehearsal`; the settings name the folder
  GET  /_about    where the files are
  /_faults        see `crossdock.sandbox`; a folder has none

Each file has the columns Id, Order, Tracking, Box, Carrier, Service, Cost, Currency, Weight, Unit, Shipped, Voided. A
label that is taken back is written once more, with Y as Voided.

Options of the scenario: `folder` (a new one below the machine's temporary folder, which goes with the simulator);
`faults`, a plan as `crossdock.sandbox.FaultPlan` reads it.
"""

import csv
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import Effect, FaultPlan, Faults, Rehearsal, Scene, about_route, rehearsal_routes
from crossdock_shipping.desk import NUMBERS, labels_in_force, regrets_of, wishes_of

COLUMNS = {
    "id": "Id",
    "reference": "Order",
    "tracking_number": "Tracking",
    "box": "Box",
    "carrier": "Carrier",
    "service": "Service",
    "cost": "Cost",
    "currency": "Currency",
    "weight": "Weight",
    "weight_unit": "Unit",
    "shipped_at": "Shipped",
    "voided": "Voided",
}


class SandboxOptions(BaseModel):
    """Options of a scenario."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = None
    faults: FaultPlan = Field(default_factory=FaultPlan)


@dataclass(frozen=True)
class Row:
    """One label as a file tells it, column by column."""

    id: str
    reference: str
    tracking_number: str
    box: str
    cost: Decimal
    shipped: str
    voided: str = "N"

    @property
    def cells(self) -> Sequence[object]:
        """What stands in its row."""
        id, reference, number, box, cost, shipped, voided = astuple(self)
        return (id, reference, number, box, "DPD", "Classic", cost, "EUR", "1.25", "kg", shipped, voided)


class Outbox:
    """The labels of one shipping system, and the folder that it writes them to."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder or Path(tempfile.mkdtemp(prefix="crossdock-parcels-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        if folder is None:
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._rows: dict[str, Row] = {}
        self._files = 0

    def app(self) -> Starlette:
        """The control calls; there are no others."""
        playing = rehearsal_routes(self._rehearsal(), self._effects, self._work)
        return Starlette(routes=[about_route(f"folder  {self._folder}"), *playing])

    def _rehearsal(self) -> Rehearsal:
        files = {"protocol": "folder", "folder": str(self._folder)}
        return Rehearsal(
            settings={"files": files, "columns": COLUMNS, "settle": 0, "search_keeps": 0},
            numbers=NUMBERS,
            scenes={"small_pages": Scene(settings={"page_size": 2})},
        )

    def _effects(self) -> Iterable[Effect]:
        return labels_in_force(("", row.reference) for row in self._rows.values() if row.voided == "N")

    def _work(self, seed: int) -> Mapping[str, int]:
        shipped = datetime.now(UTC).isoformat(timespec="seconds")
        made = [
            Row(f"L{place}", wish.reference, f"0150{place:010d}", wish.box, Decimal(519 + place) / 100, shipped)
            for place, wish in enumerate(wishes_of(seed), len(self._rows) + 1)
        ]
        live = [row for row in (*self._rows.values(), *made) if row.voided == "N"]
        voided = [replace(row, voided="Y") for row in regrets_of(seed, live)]
        self._rows |= {row.id: row for row in (*made, *voided)}
        self._write([*made, *voided])
        return {"labels": len(made), "voided": len(voided)}

    def _write(self, rows: Sequence[Row]) -> None:
        """One more file; it has its name only when it is whole."""
        self._files += 1
        begun = self._folder / f"labels-{self._files:04d}.part"
        with begun.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS.values())
            writer.writerows(row.cells for row in rows)
        begun.rename(begun.with_suffix(".csv"))


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One shipping system with its state inside."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    return Faults(Outbox(options.folder).app(), options.faults)
