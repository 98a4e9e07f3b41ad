"""What the conformance kit and the campaigns are told of the simulated server, and what its people do for them."""

import json
from collections.abc import Callable, Iterable, Mapping

from crossdock.sandbox import Effect, OwnCall, Rehearsal, Scene
from crossdock_shipping.desk import NUMBERS, labels_in_force, regrets_of, wishes_of
from crossdock_shipping.karrio.sandbox.books import Books
from crossdock_shipping.karrio.sandbox.control import ByHand, made_by_hand
from crossdock_shipping.karrio.sandbox.options import SandboxOptions

_RATE = {"id": "rat_told", "service": "van_standard", "total_charge": 7.25, "currency": "USD"}
_TOLD = {"id": "shp_told", "status": "cancelled", "tracking_number": "TOLD1", "reference": "1001"}


def rehearsal_of(options: SandboxOptions) -> Rehearsal:
    """How to connect to the server, and with what to play."""
    body = json.dumps({"event": "shipment_cancelled", "data": {**_TOLD, "selected_rate": _RATE}})
    return Rehearsal(
        settings={"base_url": "{url}", "api_key": options.api_key, "webhook_secret": options.webhook_secret},
        carrier="own_van",
        service="van_standard",
        numbers=NUMBERS,
        own_call=OwnCall(headers={"x-event-id": options.webhook_secret}, body=body, names_sender_only=True),
        scenes={"small_pages": Scene(settings={"page_size": 2, "overlap": 0})},
    )


def effects_of(books: Books) -> Callable[[], Iterable[Effect]]:
    """Every label that a carrier sold and nobody cancelled, asked for when it is wanted."""
    return lambda: labels_in_force(
        (sale.key, sale.reference)
        for sale in books.sales
        if books.shipments[sale.shipment].document["status"] != "cancelled"
    )


def work_of(books: Books) -> Callable[[int], Mapping[str, int]]:
    """A shift: people buy labels in karrio, and cancel some of their own."""

    def work(seed: int) -> Mapping[str, int]:
        wishes = wishes_of(seed)
        for wish in wishes:
            made_by_hand(books, ByHand(reference=wish.reference, box=wish.box))
        mine = [sale.shipment for sale in books.sales if not sale.key]
        voided = regrets_of(seed, [id for id in mine if books.shipments[id].document["status"] == "created"])
        for id in voided:
            books.cancel(id)
        return {"labels": len(wishes), "voided": len(voided)}

    return work
