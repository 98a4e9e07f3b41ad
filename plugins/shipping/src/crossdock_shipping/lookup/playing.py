"""What the conformance kit and the campaigns are told of the simulated service, and what people do for them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from crossdock.domain import Money
from crossdock.sandbox import Effect, OwnCall, Rehearsal, Scene
from crossdock_shipping.desk import NUMBERS, labels_in_force, regrets_of, wishes_of
from crossdock_shipping.lookup.models import ParcelTold
from crossdock_shipping.lookup.push import SIGNATURE, TIMESTAMP, signature_of

_TOLD = '{"parcels": [{"id": "told-1", "reference": "1001", "tracking_number": "1Z0TOLD1", "voided": true}]}'


def rehearsal_of(api_key: str, webhook_secret: str) -> Rehearsal:
    """How to connect to the service, and with what to play."""
    settings = {"base_url": "{url}", "api_key": api_key, "webhook_secret": webhook_secret, "lists": True}
    stamp = str(int(datetime.now(UTC).timestamp()))
    headers = {TIMESTAMP: stamp, SIGNATURE: signature_of(webhook_secret, stamp, _TOLD.encode())}
    return Rehearsal(
        settings=settings,
        numbers=NUMBERS,
        own_call=OwnCall(headers=headers, body=_TOLD),
        scenes={"small_pages": Scene(options={"page_size": 2}, settings={"overlap": 0})},
    )


def effects_of(parcels: Iterable[ParcelTold]) -> Iterable[Effect]:
    """The labels in force: people made all of them."""
    return labels_in_force(("", parcel.reference) for parcel in parcels if not parcel.voided)


def work(seed: int, parcels: Sequence[ParcelTold], keep: Callable[[Sequence[ParcelTold]], None]) -> Mapping[str, int]:
    """People make labels, and take some back."""
    made = [_made(place, wish.reference, wish.box) for place, wish in enumerate(wishes_of(seed), len(parcels) + 1)]
    live = [parcel for parcel in (*parcels, *made) if not parcel.voided]
    voided = [parcel.model_copy(update={"voided": True}) for parcel in regrets_of(seed, live)]
    keep([*made, *voided])
    return {"labels": len(made), "voided": len(voided)}


def _made(place: int, reference: str, box: str) -> ParcelTold:
    return ParcelTold(
        id=f"hand-{place}",
        reference=reference,
        tracking_number=f"1Z0HAND{place:06d}",
        carrier="UPS",
        service="Ground",
        box=box,
        cost=Money(amount=Decimal(712 + place) / 100, currency="USD"),
    )
