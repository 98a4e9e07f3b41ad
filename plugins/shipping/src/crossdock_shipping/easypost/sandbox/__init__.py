"""A simulated EasyPost account, as strict as its public documentation.

Calls below /v2, with the key as user of Basic authentication or as bearer token (else 401), bodies as JSON:
  POST /shipments                {"shipment": {…}}: 201 with rates; the two addresses and a parcel with a weight are
                                 needed (422). Unknown fields are refused here (422), so that a misspelt one is noticed
  GET  /shipments                purchased ones unless purchased=false; page_size up to 100 (else 422), before_id or
                                 after_id, start_datetime and end_datetime of the draft; the newest first, `has_more`
  GET  /shipments/ID             ID is an id or a reference; of several with one reference see `same_reference`
  POST /shipments/ID/rerate      new rates
  POST /shipments/ID/buy         {"rate": {"id": …}}; 422 SHIPMENT.POSTAGE.EXISTS when it was bought before
  POST /shipments/ID/refund      `refund_status` of the shipment
  GET  /shipments/ID/label       ?file_format=PDF, ZPL or PNG; of a PNG alone another format is made (else 422)
  POST /addresses                {"address": {…}, "verify": true}; a street with "unknown" in it is not found
More lists than `lists_per_second` are answered with 429.

Options of the scenario (`Scenario(seed=…, options={…})`):
  api_key           the key; "sandbox-key"
  mode              of the key, "production" or "test"; "production"
  carriers          {carrier account: carrier}: "USPS" and "UPS", which have services; both
  lists_per_second  how many are documented: 5; 0: not limited; 0
  balance           what the wallet holds: 402 when it is not enough; without this option there is no end
  same_reference    which of several shipments with one reference is given: the "first" or the "last" made; "last"
  references        whether they are compared "exact" or in "any_case"; "exact"
  late_drafts       so many look-ups of a new draft find nothing yet; 0
  late_purchases    so many times a shipment that was bought is still shown as a draft, and not listed; 0
  refund            what a refund is at first: "submitted", "refunded", "rejected" or "not_applicable"; "submitted"
  webhook_secret    signs the events; "sandbox-secret"
  faults            a plan as `crossdock.sandbox.FaultPlan` reads it

Control, without key:
  POST /_labels   [{"reference": "1001", "options": {"print_custom_2": "1001-1"}, "carrier": "USPS", "service":
                  "Priority", "created_at": "…", "is_return": false, "weight": 16, "late": 0}]   a person buys labels;
                  gives their ids and tracking codes
  POST /_refunds  [{"shipment_id": "shp_…", "status": "refunded"}]   the carrier decides; an event follows
  GET  /_events   every event, the oldest first: {"headers", "body"} as it is sent to a webhook, signed in both ways
  GET  /_truth    labels that were bought, with reference, tracking code, cost and refund; "spent" and "drafts"; counts
                  of calls
  GET  /_about    how to get in
  /_rehearsal /_effects /_work   see `crossdock.sandbox.rehearsal`
  /_faults        see `crossdock.sandbox`
"""

from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import Faults
from crossdock_shipping.easypost.sandbox.app import account_app
from crossdock_shipping.easypost.sandbox.options import SandboxOptions

__all__ = ["sandbox_app"]


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One account with its state inside; the same scenario plays the same."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    return Faults(account_app(options, scenario.seed), options.faults)
