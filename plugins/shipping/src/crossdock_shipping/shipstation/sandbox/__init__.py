"""A simulated account of ShipStation, as strict as the reference of its API V2.

  GET  /v2/carriers                                   two carrier accounts, `se-1` (stamps_com) and `se-2` (ups)
  POST /v2/shipments                                  drafts; an external_shipment_id exists once in the account
  GET  /v2/shipments, /v2/shipments/{id}, /v2/shipments/external_shipment_id/{id}
  PUT  /v2/shipments/{id}, /v2/shipments/{id}/cancel
  POST /v2/rates, /v2/labels/rates/{rate_id}          offers, and the purchase of one
  GET  /v2/labels, /v2/labels/{id}; PUT /v2/labels/{id}/void; GET /v2/downloads/…
  POST /v2/addresses/validate
with the header API-Key (401 without it); errors are {"request_id": …, "errors": [{"error_source", "error_type",
"error_code", "message"}]}; fields that the reference does not have are refused with 400; more than
`requests_per_minute` calls in a minute get 429 with Retry-After. A postal code that begins with 000 cannot be
delivered to.

Control, without key:
  POST /_labels     [{"shipment_number": "1001", "box": "1001-1", "tracking_number": "1Z…"}]   labels made by hand; all
                    but the number may be left out; also `carrier_code`, `service_code`, `boxes` (several boxes in one
                    label), `created_at`, `status`, `is_return_label`, `late`. Labels of one number share a shipment.
  POST /_void       {"label_id": "se-1"}    as a person does it in ShipStation
  POST /_finish     {"label_id": "se-1"}    a label that was still being made is complete
  POST /_late       {"look_ups": 3}         labels bought from now on are shown only after so many look-ups
  GET  /_truth      shipments, labels, how many labels were bought for each external_shipment_id, what was spent, calls
  GET  /_about      how to get in
  /_rehearsal /_effects /_work   see `crossdock.sandbox.rehearsal`
  /_faults          see `crossdock.sandbox`

Options of the scenario: `api_key` ("sandbox-key"); `requests_per_minute` (200; null: no limit); `late` (0), as /_late;
`embeds_shipment` (true): labels show their shipment inside; `sells_twice` (false): a shipment that was bought is sold
again, which the reference neither says nor denies; `balance` (null): what the account can spend; `voids` (true):
whether carriers approve of voiding; `faults`, a plan as `crossdock.sandbox.FaultPlan` reads it.
"""

from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import Faults
from crossdock_shipping.shipstation.sandbox.desk import Desk
from crossdock_shipping.shipstation.sandbox.options import SandboxOptions


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One account with its state inside."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    return Faults(Desk(options).app(), options.faults)
