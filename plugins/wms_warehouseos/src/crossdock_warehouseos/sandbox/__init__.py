"""A simulated WarehouseOS tenant, as strict as what is known of the real one.

It speaks the shipped profile, or the same names replaced as in the settings of a connection (option `profile`).

Calls, all with the key header (none: 401, a wrong one: 403), writes as application/json (else 415):
create an order (its number must be unique; lines need an item and a whole quantity from 1), get it, hold and release
it (until it is complete), delete it (refused once it is batched), get host messages, acknowledge them. There is no
update. An answer to a write says `Success`; a refusal says why in `Message`.
List areas, locations and levels (a row per item and location, none of 0 pieces), in pages; get the totals of the items
under a Master Item.
Save items, list them, get one, list bundles. What a host leaves out of an item is emptied, in patch mode it stays;
aliases are the whole list or left out; null is empty, of aliases left out. A line means an item number, else an alias
of exactly one item, else a bundle, which becomes its components, each under the line's host id.
Save a purchase order, get it. Lines are matched by item and host id, added and updated, never deleted.

Options of the scenario (`Scenario(seed=…, options={…})`):
  api_key               the key; "sandbox-key"
  items                 item numbers; SKU-0001 to SKU-0400
  create_unknown_items  an unknown item is created, as newer versions do; otherwise refused with 400
  bundles               {number: {item: pieces}}: numbers that stand for several items; none
  item_answer           to a set of items that is taken in part, the rest named in `Errors`: "200" or "400" with
                        `Success: false`, or "success", which is 200 with `Success: true`
  slow_above            sets of more items are processed, but answered only after `slow_seconds`; 200, and 120 seconds
  putaway_books_put     received goods are a stock put as well, where stock is kept; true
  putaway_tells_put     and that put is a message as well; true
  areas                 names of the areas in use: others are refused, an order without one is never picked
  locations             [{name, area, title, kind, zone, pick_sequence, allocation_sequence, putaway_sequence}]; an area
                        without any has one, such as EAST-01-01; without areas there is MAIN-01-01 alone
  stock                 {item: {place: pieces}} at the start, a place being "AREA/LOCATION", "LOCATION", or "AREA" for
                        its first location to put away; "" where no areas are in use. Without this option no stock is
                        kept: picks need none and book none, and the levels are empty
  levels_tell           what levels tell beside the quantity: "allocated", the pieces that orders wait for, and
                        "counted_at", when the list was made; nothing
  levels_every          seconds for which a list of levels, once made, is given again; 0: every page is of the moment
  moves_while_listed    share of the pages after the first before which people carry all that lies in the first place of
                        such a list elsewhere, so that the rows behind it move up; 0
  reasons               {put: [...], pull: [...], move: [...]}: the codes that people may give
  picks_are_pulls       picks and their resets are told as stock messages too, with the order's number; true
  key_field             number of the custom field in which the truth shows the host's own key; 3
  duplicate_answer      status for a number that exists: "409", or "200" with `Success: false`
  locked_answer         status for deleting a batched order, and for holding or releasing a complete one: "409", "400",
                        or "200" with `Success: false`; "kept": the deletion is answered with success and not done
  delete_answer         to deleting what is not there: "404", or "200" with `Success: true`
  missing_answer        to a look-up of what is not there: "404", "null", or "empty", which is {}
  triggers              which messages are switched on, by their names in the profile; all but those of single lines
                        ("line_picked", "line_packed"), and those of stock only where it is kept
  document_transactions closed boxes and finished picks have a transaction number; true
  reset_names_picks     a reset of picks names them, otherwise only the order; true
  reset_of_packed       when picks are reset whose pieces are in boxes, the boxes are emptied, each told as a reset of a
                        box ("boxes"), or not told ("silent"), or a person must open them first ("refused")
  reopened_box          what was in a box that is opened again comes into a box with a "new" number, or the "same"
  shipping_system       boxes get a tracking number when they are closed; true
  labels                "at_close", or "before_packing": then picks, and lines that are picked or packed, are told with
                        a tracking number too
  redeliver             share of acknowledged messages that come back once
  shuffle               messages come in no order
  ids                   messages have an id of their own ("own") or none, and so cannot be acknowledged ("none")
  destructive           reading messages removes them; false
  pace                  seconds in which people bring each order one stage further: into a batch, picked, packed,
                        verified; they do what is due whenever any call comes. Without it they do nothing by themselves
  habits                how they work at that pace: seed and shares as of a shift, as far as they are of picking,
                        packing and verifying; what else happens is up to a shift or a script
  push                  {url, triggers, secret}: messages of these triggers ("box_closed" alone) are sent to the URL,
                        one attempt each, in no order, and not kept; with a secret they carry the time in Unix seconds
                        and HMAC-SHA256 over time, ".", body, in hexadecimal
  agent                 {folder, flag_suffix, reports, orders, items, picks, done, failed}: the Host Agent's folder
                        with its sub-folders (see `sandbox.agent`); `reports` is "box_closed" or "pick_complete"
  profile               names to replace
  faults                a plan as `crossdock.sandbox.FaultPlan` reads it
  state_file            where POST /_save writes the state, and where it is read from at the start

Control, without key:
  POST /_shift  {"seed": 1, "short_picks": 0.05, "over_picks": 0, "split_boxes": 0.2, "without_tracking": 0, "limit": 9}
                People work: every available order (or `limit` of them) is batched, picked and packed. A share of lines
                is picked short or one over, of orders packed into several boxes, of boxes left without tracking. What
                was picked short stays open and is picked by a later shift. Gives counts of orders, boxes and pieces.
                Further shares: "holds" of the orders are held instead, "resets" have their picks reset before or after
                packing, "verifies" are verified when packed; of what lies there "counts" are counted, one piece more or
                less or as booked, and "moves" carried elsewhere.
  POST /_floor  [{"act": "batch", "orders": ["1001"]}, {"act": "pick", "order": "1001", "line": "1", "quantity": 2}]
                A scripted shift. What the rules forbid is refused with a sentence (409) and ends the script; the acts
                before it stand. Gives {"done": what came of each}. Every act may have a "user". On orders: batch,
                unbatch, download, pick (line?, item?, quantity?, over?), complete (short?, reason?), reset (picks?),
                pack (line?, item?, quantity?, box?, close?, tracking?), close (box, tracking?), reopen (box), verify,
                hold, release, delete, set_area (area). On stock: put and pull (item, quantity, place, reason), count
                (item, found, place), move (item, quantity, origin, destination, reason); with "told": false nobody
                hears of it. See `sandbox.people.acts`
  POST /_levels {"keep": true, "show": "kept"}   the list of levels is made now and kept, and from now on the one that
                was "kept" is given, or that of "now"
  POST /_tick   {"seconds": 60}   turns the clock forward, and lets happen what is due
  POST /_set    {"number": "1001", "status": "Hold", "batched": true}   changes one order, whatever the rules say
  POST /_items  ["SKU-0401", {"ItemNumber": "SKU-0001", "Aliases": [...]}]   a person adds items, or changes of them
                what is named here
  POST /_receive  [{"po": "PO-1", "item": "SKU-0001", "quantity": 3, "area": "", "location": "", "host_id": "1",
                "user": ""}]   people receive goods and put them away, each a transaction of its own; without a host_id
                they choose the line. One that is refused ends the list; those before it stand
  POST /_pushes waits until no message is on its way to the URL; gives how many arrived and how many did not
  POST /_agent  the Host Agent runs once: {"done": files, "failed": files, "rows": written to picks}
  GET  /_truth  orders with key, number of creates, status, flags, batch, lines (requested, picked, packed), picks and
                boxes; deletions and by whom; stock by area and by place, as kept and as the sum of the ledger, which
                `?ledger=1` shows; items with all fields;
                purchase orders with their lines (expected, received, added by people); counts of calls, refusals,
                "items created" by orders, "host id flips", "pushed", "push failed"; messages in the queue
  POST /_save   writes the state to state_file
  GET  /_about  how to get in
  /_rehearsal /_effects /_work: what every simulator tells (see `crossdock.sandbox.rehearsal`)
  /_faults      see `crossdock.sandbox`
"""

from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import Faults
from crossdock_warehouseos.sandbox.app import tenant_app
from crossdock_warehouseos.sandbox.options import SandboxOptions

__all__ = ["sandbox_app"]


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """One tenant with its state inside; the same scenario plays the same."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    return Faults(tenant_app(options, scenario.seed), options.faults)
