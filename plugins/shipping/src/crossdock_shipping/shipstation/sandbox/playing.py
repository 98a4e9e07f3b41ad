"""What the conformance kit and the campaigns are told of the simulated account, and what its people do for them."""

from collections.abc import Callable, Iterable, Mapping

from crossdock.sandbox import Effect, Rehearsal, Scene
from crossdock_shipping.desk import NUMBERS, labels_in_force, regrets_of, wishes_of
from crossdock_shipping.shipstation.sandbox.account import Account, Json
from crossdock_shipping.shipstation.sandbox.documents import LabelMade
from crossdock_shipping.shipstation.sandbox.options import SandboxOptions


def rehearsal_of(options: SandboxOptions) -> Rehearsal:
    """How to connect to the account, and with what to play."""
    return Rehearsal(
        settings={"base_url": "{url}", "api_key": options.api_key},
        carrier="ups",
        service="ups_ground",
        numbers=NUMBERS,
        scenes={"small_pages": Scene(settings={"page_size": 2, "overlap": 0})},
    )


def effects_of(account: Account) -> Callable[[], Iterable[Effect]]:
    """Every label that was made and not voided, asked for when it is wanted."""
    return lambda: labels_in_force(_named(account, label) for label in account.labels.values() if not label["voided"])


def work_of(account: Account) -> Callable[[int], Mapping[str, int]]:
    """A shift: people make labels in ShipStation, and void some of theirs."""

    def work(seed: int) -> Mapping[str, int]:
        wishes = wishes_of(seed)
        for wish in wishes:
            account.make(LabelMade(shipment_number=wish.reference, box=wish.box))
        live = [label for label in account.labels.values() if not label["voided"] and not _named(account, label)[0]]
        voided = regrets_of(seed, live)
        for label in voided:
            account.take_back(label)
        return {"labels": len(wishes), "voided": len(voided)}

    return work


def _named(account: Account, label: Json) -> tuple[str, str]:
    """Our key, and the order number that it was made for."""
    shipment = account.shipments[label["shipment_id"]]
    own = shipment.get("advanced_options", {})
    key = str(own.get("custom_field1") or "")
    return key, str(own.get("custom_field2") if key else shipment["shipment_number"])
