"""Fulfillment requests to play with: plain ones, and odd ones such as a warehouse meets any day."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from crossdock.domain import Address, ExpectedLine, FulfillmentRequest, PurchaseOrder, RequestLine
from crossdock.sandbox import Rehearsal

PLACED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ADDRESS = Address(
    name="Ann Buyer", line1="1 Main St", city="Springfield", region="IL", postal_code="62701", country="US"
)
ODD_TEXTS = (
    "Žluťoučký kůň, Ærøskøbing",
    "Київ, вул. Хрещатик 1",
    "東京都千代田区1-1",
    'O\'Brien "Bob" <b>&amp; Sons</b>',
    "back\\slash; 100% {url} -- $HOME",
    "a gift 🎁 for you",
    "long " * 40 + "end",
)
"""Texts that people write into an address or a note: other alphabets, quotes, signs that mean something elsewhere."""


def a_request(
    rehearsal: Rehearsal, number: str = "1001", *, lines: Sequence[RequestLine] = (), **changes: Any
) -> FulfillmentRequest:
    """A plain request under this number; without `lines` two, of three pieces and of one.

    Its key is the number's own, unless `changes` say otherwise.
    """
    first, second = rehearsal.skus[:2]
    plain: dict[str, Any] = {
        "key": f"rehearsal-{number}",
        "number": number,
        "order_external_id": number,
        "order_number": number,
        "distribution_center": "Main",
        "area": rehearsal.centers[0] if rehearsal.centers else "",
        "placed_at": PLACED_AT,
        "ship_to": ADDRESS,
        "carrier": rehearsal.carrier,
        "service_level": rehearsal.service,
        "site": "Webstore",
        "source": "Webstore",
        "notes": "Leave it at the door",
        "lines": tuple(lines) or (a_line("1", first, 3), a_line("2", second)),
    }
    return FulfillmentRequest.model_validate({**plain, **changes})


def a_line(id: str, sku: str, quantity: int = 1, **changes: Any) -> RequestLine:
    """So many pieces of one product."""
    plain: dict[str, Any] = {"id": id, "order_line_id": id, "sku": sku, "quantity": quantity}
    return RequestLine.model_validate({**plain, **changes})


def shapes(rehearsal: Rehearsal) -> list[FulfillmentRequest]:
    """Requests of the shapes that orders have: one piece, many lines, a product on two lines, many pieces."""
    first, *_ = skus = rehearsal.skus
    many = [a_line(str(nth), sku, nth) for nth, sku in enumerate(skus, 1)]
    lines = ([a_line("1", first)], many, [a_line("1", first, 2), a_line("2", first, 3)], [a_line("1", first, 1200)])
    return [a_request(rehearsal, str(2001 + nth), lines=each) for nth, each in enumerate(lines)]


def odd_requests(rehearsal: Rehearsal) -> list[FulfillmentRequest]:
    """Requests with an odd text wherever people write one, and one that is empty wherever it may be."""
    odd = [_filled_with(rehearsal, str(3001 + nth), text) for nth, text in enumerate(ODD_TEXTS)]
    bare = Address(name="Ann Buyer", line1="1 Main St", city="Springfield", country="US")
    empty: dict[str, Any] = {"ship_to": bare, "carrier": "", "service_level": "", "site": "", "source": "", "notes": ""}
    return [*odd, a_request(rehearsal, "3101", **empty)]


def _filled_with(rehearsal: Rehearsal, number: str, text: str) -> FulfillmentRequest:
    texts = {"name": text, "company": text, "line1": text, "line2": text, "city": text}
    lines = [a_line("1", rehearsal.skus[0], 2, title=text, gift_message=text)]
    return a_request(rehearsal, number, ship_to=ADDRESS.model_copy(update=texts), notes=text, tags=(text,), lines=lines)


def a_purchase_order(rehearsal: Rehearsal, number: str, pieces: Sequence[int]) -> PurchaseOrder:
    """Goods of as many products as there are numbers of pieces."""
    wanted = enumerate(zip(rehearsal.skus, pieces, strict=False), 1)
    lines = tuple(ExpectedLine(id=str(nth), sku=sku, quantity=quantity) for nth, (sku, quantity) in wanted)
    area = rehearsal.centers[0] if rehearsal.centers else ""
    return PurchaseOrder(number=number, supplier="Rehearsed Goods", area=area, lines=lines)


def pieces(request: FulfillmentRequest) -> dict[str, int]:
    """How many pieces of each SKU are asked for."""
    asked: Counter[str] = Counter()
    for line in request.lines:
        asked[line.sku] += line.quantity
    return dict(asked)


def text_of(request: FulfillmentRequest, name: str) -> str:
    """What the request says under a name such as `ship_to.city`; empty where it says nothing."""
    told: Any = request
    for part in name.split("."):
        told = told.get(part, "") if isinstance(told, dict) else getattr(told, part, "")
    return told if isinstance(told, str) else ""
