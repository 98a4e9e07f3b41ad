"""What the conformance kit and the campaigns are told of the simulated account, and what its people do for them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crossdock.sandbox import Effect, OwnCall, Rehearsal, Scene
from crossdock_shipping.desk import NUMBERS, labels_in_force, regrets_of, wishes_of
from crossdock_shipping.easypost.references import key_in
from crossdock_shipping.easypost.sandbox.account import Account
from crossdock_shipping.easypost.sandbox.options import LabelByHand, SandboxOptions
from crossdock_shipping.easypost.sandbox.shipments import Shipment

PREFIX = "crossdock-"
"""Begins the references of labels that crossdock buys, where its settings say nothing else."""


def rehearsal_of(options: SandboxOptions, event: Mapping[str, Any]) -> Rehearsal:
    """How to connect to the account, and with what to play; `event` is one as it is sent to a webhook."""
    key, secret = options.api_key, options.webhook_secret
    settings = {"base_url": "{url}/v2", "api_key": key, "mode": options.mode, "webhook": {"secret": secret}}
    return Rehearsal(
        settings={**settings, "search_keeps": 0},
        carrier="USPS",
        service="GroundAdvantage",
        numbers=NUMBERS,
        own_call=OwnCall(headers=event["headers"], body=event["body"]),
        scenes={"small_pages": Scene(settings={"page_size": 2, "overlap": 1})},
    )


def effects_of(account: Account) -> Callable[[], Iterable[Effect]]:
    """Every label that was bought and of which no refund was asked for, asked for when it is wanted."""
    return lambda: labels_in_force(_named(one) for one in account.sold() if is_in_force(one))


def made_by_hand(account: Account, seed: int) -> int:
    """People buy labels on the website; gives how many."""
    wishes = wishes_of(seed)
    for wish in wishes:
        account.by_hand(LabelByHand(reference=wish.reference, options={"print_custom_2": wish.box}))
    return len(wishes)


def taken_back(account: Account, seed: int) -> int:
    """People ask for refunds of labels that they bought; gives of how many."""
    regrets = regrets_of(seed, [one for one in account.sold() if is_in_force(one) and not _named(one)[0]])
    for one in regrets:
        account.refund(one)
    return len(regrets)


def is_in_force(shipment: Shipment) -> bool:
    """Whether its label may be used."""
    return shipment.refund_status not in ("submitted", "refunded")


def _named(shipment: Shipment) -> tuple[str, str]:
    """Our key, and the order number that it was bought for."""
    reference = shipment.reference or ""
    key = key_in(PREFIX, reference)
    return key, str(shipment.asked.get("options", {}).get("print_custom_1", "")) if key else reference
