"""A simulated karrio server, which answers as a real one of version 2026.1 was seen to.

  GET   /                                  what and which version it is, without key
  GET   /v1/shipments                      filters reference, order_id, tracking_number (contain it, in whatever case),
                                           status, created_after, created_before, request_id; unheard ones are ignored;
                                           limit (20, no upper limit) and offset; the newest draft first
  POST  /v1/shipments                      a draft with its rates; with `service` bought at once; an Idempotency-Key is
                                           ignored, as the real server does
  GET   /v1/shipments/ID                   one shipment
  POST  /v1/shipments/ID/rates             other rates for a draft
  POST  /v1/shipments/ID/purchase          {"selected_rate_id" or "service", "label_type"}; once it was bought: 409; two
                                           that come at once are BOTH sold, as by the real server
  POST  /v1/shipments/ID/cancel            200, a second time 202, for one that travels 409
  POST  /v1/shipments/ID/documents/label   {"format", "base64"}
  GET   /v1/connections                    the carrier connections
`Authorization: Token KEY` is needed below /v1 (else 401).

Control, without key:
  POST /_labels    {"reference": "1001", "box": "B1", "carrier_id", "service", "tracking_number", "metadata"}: a label
                   that a person bought; every part but the reference may be left out; a list of them buys all
  POST /_void      {"id": "shp_…"}: a person cancels it; POST /_ship {"id"}: the carrier has it, so that it cannot be
  POST /_late      {"look_ups": 2}: purchases from now on show only after so many look-ups, drafts till then
  POST /_carriers  {"carrier_id": "own-van", "mood": "refuses"}: what it does with purchases and rates from now on:
                   `sells`, `refuses` (424 with its words), `breaks` (424: touch was lost after the carrier sold),
                   `sells to the dying` (the server dies while it writes down what was sold)
  POST /_clock     {"hours": 30}: the server's clock goes forward
  GET  /_event?id=shp_…&event=shipment_purchased   the headers and the body of the call that a webhook would make
  GET  /_truth     drafts, every label that a carrier sold, what was spent by currency, how often was looked up, and
                   how many calls of each kind were let in
  POST /_save      writes the state to state_file
  GET  /_about     how to get in
  /_rehearsal /_effects /_work   see `crossdock.sandbox.rehearsal`
  /_faults         see `crossdock.sandbox`

Options of the scenario: `api_key` ("sandbox-key"); `webhook_secret` ("whsec_sandbox"); `test_mode` (false); `carriers`
(one, `own-van`, with the services van_standard for 7.25 USD and van_express for 19.90 USD); `carrier_seconds` (0.0): so
long a carrier thinks about a purchase; `late` (0), as /_late; `requests_per_minute` (none: not limited);
`state_file`: where POST /_save writes the state, and where it is read from at the start; `faults`, a plan as
`crossdock.sandbox.FaultPlan` reads it.
"""

from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import Faults, Memory
from crossdock_shipping.karrio.sandbox.app import KarrioApp
from crossdock_shipping.karrio.sandbox.books import Books
from crossdock_shipping.karrio.sandbox.options import SandboxOptions


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One server with its state inside."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    books = Books(options, scenario.seed)
    books.restore(Memory(options.state_file).recall() or {})
    return Faults(KarrioApp(books).app(), options.faults)
