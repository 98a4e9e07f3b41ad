"""A simulated WarehouseOS tenant, as strict as what is known of the real one.

It speaks the shipped profile, or the same names replaced as in the settings of a connection (option `profile`).

Calls, all with the key header (none: 401, a wrong one: 403), writes as application/json (else 415):
create an order (its number must be unique; lines need an item and a whole quantity from 1), get it, delete it (refused
once it is batched), list items, get host messages, acknowledge them. There is no update. An answer to a write says
`Success`; a refusal says why in `Message`.

Options of the scenario (`Scenario(seed=…, options={…})`):
  api_key               the key; "sandbox-key"
  items                 item numbers; SKU-0001 to SKU-0400
  create_unknown_items  an unknown item is created, as newer versions do; otherwise refused with 400
  areas                 names of the areas in use: others are refused, an order without one is never picked
  key_field             number of the custom field in which the truth shows the host's own key; 3
  duplicate_answer      status for a number that exists: "409", or "200" with `Success: false`
  locked_answer         status for deleting a batched order: "409", "400", or "200" with `Success: false`
  triggers              which messages are switched on: "box_closed", "pick_complete"; both
  redeliver             share of acknowledged messages that come back once
  shuffle               messages come in no order
  profile               names to replace
  faults                a plan as `crossdock.sandbox.FaultPlan` reads it
  state_file            where POST /_save writes the state, and where it is read from at the start

Control, without key:
  POST /_shift  {"seed": 1, "short_picks": 0.05, "over_picks": 0, "split_boxes": 0.2, "without_tracking": 0, "limit": 9}
                People work: every available order (or `limit` of them) is batched, picked and packed. A share of lines
                is picked short or one over, of orders packed into several boxes, of boxes left without tracking. What
                was picked short stays open and is picked by a later shift. Gives counts of orders, boxes and pieces.
  POST /_set    {"number": "1001", "status": "Hold", "batched": true}   changes one order
  POST /_items  ["SKU-0401"]   adds items
  GET  /_truth  orders with key, number of creates, lines (requested, picked, packed) and boxes; counts of calls and
                refusals; messages in the queue
  POST /_save   writes the state to state_file
  GET  /_about  how to get in
  /_faults      see `crossdock.sandbox`
"""

from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import Faults
from crossdock_warehouseos.sandbox.app import Tenant
from crossdock_warehouseos.sandbox.options import SandboxOptions

__all__ = ["sandbox_app"]


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One tenant with its state inside; the same scenario plays the same."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    return Faults(Tenant(options, scenario.seed).app(), options.faults)
