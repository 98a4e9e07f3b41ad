"""A simulated parcel look-up service.

With the header X-Api-Key (none: 401, a wrong one: 403):
  GET  /parcels?reference=NUMBER     {"parcels": […]}, empty for a number that has none yet
  GET  /parcels?changed_since=TIME   the same of all that changed at TIME (with its offset) or since, in the order of
                                     their changes; while more follow, `next_page` is what to add as `page`
  anything else of the two, or both  400
Control, without key:
  POST /_parcels  [{"id": "P1", "reference": "1001", "tracking_number": "1Z…", …}]   adds parcels; one with the id of
                  another replaces it, so `"voided": true` voids it; no field that a parcel does not have
  GET  /_push?id=P1&id=P2   {"headers": …, "body": …}: the signed call that tells of these parcels
  GET  /_truth    all parcels, how often each reference was looked up, and how often the list was begun
  GET  /_about    how to get in
  /_rehearsal /_effects /_work   see `crossdock.sandbox.rehearsal`
  /_faults        see `crossdock.sandbox`

Options of the scenario: `api_key` ("sandbox-key"); `webhook_secret` ("sandbox-webhook"); `page_size` (100); `late` (0):
the parcels of a reference are shown only after so many look-ups, and a new one is listed only after so many readings of
the list, with the moment of its change behind it; `faults`, a plan as `crossdock.sandbox.FaultPlan` reads it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import FaultPlan, Faults, about_route, rehearsal_routes
from crossdock_shipping.lookup import playing
from crossdock_shipping.lookup.client import KEY_HEADER
from crossdock_shipping.lookup.models import ParcelTold
from crossdock_shipping.lookup.push import SIGNATURE, TIMESTAMP, signature_of


class KnownParcel(ParcelTold):
    """A parcel as a control call gives it: with no field that a parcel does not have."""

    model_config = ConfigDict(extra="forbid")


_PARCELS = TypeAdapter(list[KnownParcel])


class SandboxOptions(BaseModel):
    """Options of a scenario."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: str = "sandbox-key"
    webhook_secret: str = "sandbox-webhook"  # noqa: S105 a simulator's
    page_size: PositiveInt = 100
    late: NonNegativeInt = 0
    faults: FaultPlan = Field(default_factory=FaultPlan)


@dataclass(frozen=True)
class Change:
    """What a parcel became; `place` counts the changes, `hidden_until` the readings that do not show it."""

    place: int
    at: datetime
    parcel: ParcelTold
    hidden_until: int


class ParcelDesk:
    """Knows parcels and answers for them."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._known: dict[str, Change] = {}
        self._changes, self._listings = 0, 0
        self._look_ups: Counter[str] = Counter()

    def app(self) -> Starlette:
        """The look-up, the list and the control endpoints."""
        return Starlette(
            routes=[
                Route("/parcels", self._parcels, methods=["GET"]),
                Route("/_parcels", self._add, methods=["POST"]),
                Route("/_push", self._push, methods=["GET"]),
                Route("/_truth", self._truth, methods=["GET"]),
                about_route(f"api_key  {self._options.api_key}"),
                *rehearsal_routes(
                    playing.rehearsal_of(self._options.api_key, self._options.webhook_secret),
                    lambda: playing.effects_of(one.parcel for one in self._known.values()),
                    lambda seed: playing.work(seed, [one.parcel for one in self._known.values()], self._keep),
                ),
            ]
        )

    async def _parcels(self, request: Request) -> JSONResponse:
        key, asked = request.headers.get(KEY_HEADER), request.query_params
        if key != self._options.api_key:
            return _refusal("the key is not valid", 401 if key is None else 403)
        if set(asked) == {"reference"} and asked["reference"]:
            return JSONResponse({"parcels": self._of(asked["reference"])})
        if "changed_since" in asked and set(asked) <= {"changed_since", "page"}:
            return self._listed(asked["changed_since"], asked.get("page", "0"))
        return _refusal("reference is required, or changed_since (with page)", 400)

    def _of(self, reference: str) -> list[Any]:
        self._look_ups[reference] += 1
        shown = self._look_ups[reference] > self._options.late
        return [_document(one) for one in self._known.values() if shown and one.parcel.reference == reference]

    def _listed(self, since: str, page: str) -> JSONResponse:
        moment = _moment(since)
        if moment is None or not (page.isascii() and page.isdigit()):
            return _refusal("changed_since is a time with its offset, page the next_page of an answer", 400)
        self._listings += page == "0"
        found = sorted(
            (one for one in self._known.values() if one.at >= moment and one.hidden_until < self._listings),
            key=lambda one: one.place,
        )
        rest = [one for one in found if one.place > int(page)]
        here = rest[: self._options.page_size]
        onward = {"next_page": str(here[-1].place)} if len(rest) > len(here) else {}
        return JSONResponse({"parcels": [_document(one) for one in here], **onward})

    async def _add(self, request: Request) -> JSONResponse:
        try:
            parcels = _PARCELS.validate_json(await request.body())
        except ValidationError as error:
            return _refusal(str(error), 400)
        self._keep(parcels)
        return JSONResponse({"added": len(parcels)})

    def _keep(self, parcels: Sequence[ParcelTold]) -> None:
        for parcel in parcels:
            self._changes += 1
            known = self._known.get(parcel.id)
            hidden = known.hidden_until if known else self._listings + self._options.late
            self._known[parcel.id] = Change(self._changes, datetime.now(UTC), parcel, hidden)

    async def _push(self, request: Request) -> JSONResponse:
        told = [self._known[id] for id in request.query_params.getlist("id") if id in self._known]
        body = msgspec.json.encode({"parcels": [_document(one) for one in told]})
        stamp = str(int(datetime.now(UTC).timestamp()))
        headers = {TIMESTAMP: stamp, SIGNATURE: signature_of(self._options.webhook_secret, stamp, body)}
        return JSONResponse({"headers": headers, "body": body.decode()})

    async def _truth(self, request: Request) -> JSONResponse:
        parcels = [_document(one) for one in self._known.values()]
        return JSONResponse({"parcels": parcels, "look_ups": self._look_ups, "listings": self._listings})


def _document(one: Change) -> Any:
    return one.parcel.model_dump(mode="json", exclude_none=True)


def _refusal(words: str, status: int) -> JSONResponse:
    return JSONResponse({"error": words}, status)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else None
    except ValueError:
        return None


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One service with its state inside."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    return Faults(ParcelDesk(options).app(), options.faults)
