"""What happens in the account: drafts, purchases, refunds, and what shows when."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from crossdock_shipping.easypost.sandbox.options import LabelByHand, SandboxOptions
from crossdock_shipping.easypost.sandbox.refusals import Refused, no_such_thing, unwanted
from crossdock_shipping.easypost.sandbox.shipments import Shipment, made_id, rate_all
from crossdock_shipping.easypost.sandbox.tariff import tracking_code

_HOME = {"name": "Crossdock", "street1": "1 Dock Rd", "city": "Reno", "state": "NV", "zip": "89501", "country": "US"}


class Account:
    """Keeps shipments and money."""

    def __init__(self, options: SandboxOptions, seed: int) -> None:
        self._options, self._seed = options, seed
        self._numbers = itertools.count(1)
        self.shipments: dict[str, Shipment] = {}
        self.refunds: list[dict[str, Any]] = []

    def draft(self, asked: dict[str, Any]) -> Shipment:
        """Keep a shipment and rate it."""
        shipment = self._kept(asked, now())
        shipment.unseen = self._options.late_drafts
        return shipment

    def by_hand(self, label: LabelByHand) -> Shipment:
        """A person drafts and buys at once."""
        asked = {
            "reference": label.reference,
            "from_address": _HOME,
            "to_address": _HOME,
            "parcel": {"weight": label.weight},
            "options": label.options,
            "is_return": label.is_return,
        }
        shipment = self._kept(asked, label.created_at or now())
        offered = [rate for rate in shipment.rates if rate["carrier"] == label.carrier]
        rate = next((rate for rate in offered if rate["service"] == label.service), offered[0])
        self._sell(shipment, rate)
        shipment.unsold = label.late
        return shipment

    def find(self, name: str) -> Shipment:
        """The shipment with this id or reference, if it shows; each look is counted."""
        if name in self.shipments:
            return self.shipments[name]
        found = [one for one in self.shipments.values() if self._is_called(one, name) and not _looked(one)]
        if not found:
            raise no_such_thing()
        return found[0 if self._options.same_reference == "first" else -1]

    def rate_again(self, shipment: Shipment) -> None:
        """New offers in place of the old ones."""
        rate_all(shipment, self._carriers, now(), self._options.mode, self._next_id)

    def buy(self, shipment: Shipment, rate_id: str | None) -> None:
        """Buy one of its rates; once only."""
        if shipment.bought:
            raise Refused(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        rate = next((rate for rate in shipment.rates if rate["id"] == rate_id), None)
        if rate is None:
            raise unwanted("SHIPMENT.MISSING_RATE", "rate", "is not one of this shipment")
        balance = self._options.balance
        if balance is not None and self.spent() + Decimal(rate["rate"]) > balance:
            raise Refused(402, "PAYMENT_REQUIRED", "There are insufficient funds in the account.")
        self._sell(shipment, rate)
        shipment.unsold = self._options.late_purchases

    def refund(self, shipment: Shipment) -> None:
        """Ask the carrier for the money back."""
        if not shipment.bought or shipment.refund_status == "refunded":
            message = "Unable to request refund. The parcel has been shipped."
            raise Refused(422, "SHIPMENT.REFUND.UNAVAILABLE", message)
        if shipment.refund_status != "submitted":
            shipment.refund_status = self._options.refund

    def decide(self, shipment: Shipment, status: str) -> dict[str, Any]:
        """The carrier decides on a refund; gives the refund as an event shows it."""
        shipment.refund_status = status
        return {
            "id": self._next_id("rfnd"),
            "object": "Refund",
            "tracking_code": shipment.tracking_code,
            "confirmation_number": None,
            "status": status,
            "carrier": shipment.bought["carrier"] if shipment.bought else None,
            "shipment_id": shipment.id,
        }

    def listed(self, query: Mapping[str, str]) -> tuple[list[Shipment], bool]:
        """One page of a list, and whether more follow."""
        size = _page_size(query.get("page_size"))
        wanted_sold = query.get("purchased", "true") != "false"
        rows = [one for one in self._newest_first() if _shows_sold(one) is wanted_sold]
        rows = [one for one in rows if _in_window(one, query)]
        if before := query.get("before_id"):
            mark = self._mark(before)
            rows = [one for one in rows if _age(one) < _age(mark)]
        elif after := query.get("after_id"):
            mark = self._mark(after)
            rows = [one for one in rows if _age(one) > _age(mark)][-size:]
        return rows[:size], len(rows) > size

    def spent(self) -> Decimal:
        """What all labels cost that were not refunded."""
        return sum(
            (Decimal(one.bought["rate"]) for one in self.sold() if one.bought and one.refund_status != "refunded"),
            Decimal(0),
        )

    def sold(self) -> list[Shipment]:
        """Every shipment that was bought, the oldest first."""
        return [one for one in self.shipments.values() if one.bought]

    @property
    def _carriers(self) -> dict[str, str]:
        return dict(self._options.carriers)

    def _is_called(self, shipment: Shipment, name: str) -> bool:
        called = shipment.reference or ""
        any_case = self._options.references == "any_case"
        return called.lower() == name.lower() if any_case else called == name

    def _kept(self, asked: dict[str, Any], created_at: datetime) -> Shipment:
        number = next(self._numbers)
        shipment = Shipment(number, made_id("shp", self._seed, number), asked, created_at)
        self.rate_again(shipment)
        self.shipments[shipment.id] = shipment
        return shipment

    def _sell(self, shipment: Shipment, rate: dict[str, Any]) -> None:
        shipment.bought = rate
        shipment.tracking_code = tracking_code(rate["carrier"], self._seed % 1000 * 1_000_000 + shipment.number)
        shipment.formats = [shipment.asked.get("options", {}).get("label_format", "PNG")]
        shipment.updated_at = now()

    def _next_id(self, kind: str) -> str:
        return made_id(kind, self._seed, next(self._numbers))

    def _newest_first(self) -> list[Shipment]:
        return sorted(self.shipments.values(), key=_age, reverse=True)

    def _mark(self, shipment_id: str) -> Shipment:
        if shipment_id not in self.shipments:
            raise no_such_thing()
        return self.shipments[shipment_id]


def now() -> datetime:
    """The present second, which is as much as times here tell."""
    return datetime.now(UTC).replace(microsecond=0)


def shows_sale(shipment: Shipment) -> bool:
    """Whether this look shows the purchase; each look is counted."""
    if shipment.unsold:
        shipment.unsold -= 1
        return False
    return shipment.bought is not None


def _looked(shipment: Shipment) -> bool:
    """Whether this look finds nothing yet."""
    if shipment.unseen:
        shipment.unseen -= 1
        return True
    return False


def _shows_sold(shipment: Shipment) -> bool:
    return shows_sale(shipment) if shipment.bought else False


def _age(shipment: Shipment) -> tuple[datetime, int]:
    return shipment.created_at, shipment.number


def _in_window(shipment: Shipment, query: Mapping[str, str]) -> bool:
    begin, end = (_time(query.get(name)) for name in ("start_datetime", "end_datetime"))
    made = shipment.created_at
    return (begin is None or made >= begin) and (end is None or made <= end + timedelta(seconds=1))


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refused(422, "DATE.PARSE.FAILURE", f"{text} is no date.") from None


def _page_size(text: str | None) -> int:
    size = int(text) if text and text.isdigit() else 20 if text is None else 0
    if not 1 <= size <= 100:
        raise unwanted("PARAMETER.INVALID", "page_size", "must be from 1 to 100")
    return size
