"""What labels cost at their provider, and what people and fate do to purchases there."""

from decimal import Decimal

from world.label_ends import Seller

BUYING = {"karrio": "/purchase$", "easypost": "/buy$", "shipstation": "/v2/labels/rates/"}
"""Where a provider takes money."""
LATE = {"karrio": "late", "easypost": "late_purchases", "shipstation": "late"}
"""The option of a simulator that shows what it sold only after so many look-ups."""
REFUNDS = {"easypost": {"refund": "refunded"}}
"""Options of a provider whose carriers give money back at once."""


def spent_at(seller: Seller) -> Decimal:
    """What the provider took for labels, without those that were taken back; in its only currency."""
    truth = seller.truth()
    if seller.kind != "karrio":
        return Decimal(truth["spent"])
    gone = {id for id, status in truth["shipments"].items() if status == "cancelled"}
    return sum((Decimal(one["price"]) for one in truth["labels"] if one["shipment"] not in gone), Decimal())


def purchases_at(seller: Seller) -> int:
    """How often the provider was asked to sell a label, whatever came of it."""
    calls = seller.truth()
    return sum(
        times
        for call, times in (calls.get("calls") or calls["counts"]).items()
        if call in ("purchase", "buy", "POST /v2/labels/rates/{id}")
    )


def take_back_at(seller: Seller, tracking: str) -> None:
    """A person takes a label back in the shipping system."""
    [id] = [one.id for one in seller.labels() if one.tracking == tracking]
    if seller.kind == "easypost":
        seller.ask("/_refunds", [{"shipment_id": id, "status": "refunded"}])
    else:
        seller.ask("/_void", {"label_id" if seller.kind == "shipstation" else "id": id})


def lose_purchases(seller: Seller, times: int, **rates: float) -> None:
    """The next so many purchases there go wrong, at these rates of a simulator's faults."""
    seller.faults(**rates, only_paths=BUYING[seller.kind], max_faults=times)


def print_late(seller: Seller, number: str, look_ups: int) -> str:
    """A person makes a label that the provider shows only after so many look-ups; gives its tracking number."""
    before = {one.id for one in seller.labels()}
    if seller.kind == "karrio":
        seller.ask("/_late", {"look_ups": look_ups})
        seller.ask("/_labels", {"reference": number})
    else:
        name = "reference" if seller.kind == "easypost" else "shipment_number"
        seller.ask("/_labels", [{name: number, "late": look_ups}])
    [made] = [one for one in seller.labels() if one.id not in before]
    return made.tracking
