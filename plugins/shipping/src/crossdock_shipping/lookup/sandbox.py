"""A simulated parcel look-up service.

  GET  /parcels?reference=NUMBER   with the header X-Api-Key (none: 401, a wrong one: 403; no reference: 400);
                                   {"parcels": […]}, empty for a number that has none yet
Control, without key:
  POST /_parcels  [{"id": "P1", "reference": "1001", "tracking_number": "1Z…", …}]   adds parcels; one with the
                  reference and id of another replaces it, so `"voided": true` voids it
  GET  /_truth    all parcels, and how often each reference was looked up
  /_faults        see `crossdock.sandbox`

Options of the scenario: `api_key` ("sandbox-key"); `late` (0): the parcels of a reference are shown only after so many
look-ups; `faults`, a plan as `crossdock.sandbox.FaultPlan` reads it.
"""

from collections import Counter

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import FaultPlan, Faults
from crossdock_shipping.lookup.client import KEY_HEADER
from crossdock_shipping.lookup.models import ParcelTold

_PARCELS = TypeAdapter(list[ParcelTold])


class SandboxOptions(BaseModel):
    """Options of a scenario."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: str = "sandbox-key"
    late: NonNegativeInt = 0
    faults: FaultPlan = Field(default_factory=FaultPlan)


class ParcelDesk:
    """Knows parcels and answers for them."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._by_reference: dict[str, dict[str, ParcelTold]] = {}
        self._look_ups: Counter[str] = Counter()

    def app(self) -> Starlette:
        """The look-up and the control endpoints."""
        return Starlette(
            routes=[
                Route("/parcels", self._find, methods=["GET"]),
                Route("/_parcels", self._add, methods=["POST"]),
                Route("/_truth", self._truth, methods=["GET"]),
            ]
        )

    async def _find(self, request: Request) -> JSONResponse:
        key = request.headers.get(KEY_HEADER)
        reference = request.query_params.get("reference", "")
        if key != self._options.api_key:
            return JSONResponse({"error": "the key is not valid"}, 401 if key is None else 403)
        if not reference:
            return JSONResponse({"error": "reference is required"}, 400)
        self._look_ups[reference] += 1
        found = self._by_reference.get(reference, {}) if self._look_ups[reference] > self._options.late else {}
        return JSONResponse({"parcels": [parcel.model_dump(mode="json") for parcel in found.values()]})

    async def _add(self, request: Request) -> JSONResponse:
        try:
            parcels = _PARCELS.validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        for parcel in parcels:
            self._by_reference.setdefault(parcel.reference, {})[parcel.id] = parcel
        return JSONResponse({"added": len(parcels)})

    async def _truth(self, request: Request) -> JSONResponse:
        parcels = [parcel.model_dump(mode="json") for found in self._by_reference.values() for parcel in found.values()]
        return JSONResponse({"parcels": parcels, "look_ups": self._look_ups})


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One service with its state inside."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    return Faults(ParcelDesk(options).app(), options.faults)
