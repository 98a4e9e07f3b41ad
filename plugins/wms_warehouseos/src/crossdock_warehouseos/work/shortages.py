"""Short picks: pieces that will not be shipped."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from crossdock.domain import Shortage
from crossdock_warehouseos.models import PickEnded, ShortLine, is_word, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import moment, number_in, number_or_content


def short_picks_of(order_number: str) -> str:
    """What a reversal names when an order is to be picked again that had ended short."""
    return number_in(order_number, "short picks")


class ShortageReader:
    """Reads what was not found under a tenant's names; pure.

    Short picks are shown, the documentation says, and no more. Assumed is that the message of a finished pick tells
    them by line, and the status of the order: pieces are given up when the order is complete without them.
    """

    def __init__(self, settings: WarehouseOSSettings) -> None:
        profile = settings.profile
        self._zone = ZoneInfo(settings.time_zone)
        self._complete = profile.statuses.complete
        line = renamed(ShortLine, profile.work_line.model_dump())
        lines = tuple[line, ...]  # type: ignore[valid-type]
        self._ended = renamed(PickEnded, profile.work.model_dump(), lines=(lines, ()))
        ends = settings.short_picks_end == "order_complete"
        self.by_trigger: Mapping[str, Callable[[bytes], tuple[Shortage, ...]]] = (
            {profile.triggers.pick_complete: self._shortages} if ends else {}
        )

    def _shortages(self, body: bytes) -> tuple[Shortage, ...]:
        told = self._ended.model_validate_json(body)
        if not is_word(told.status, self._complete):
            return ()
        number = number_or_content(told.transaction, body)
        return tuple(
            Shortage(
                external_id=f"{number}/{host_id}/{short_picks_of(told.order_number)}",
                request_number=told.order_number,
                line_id=host_id,
                quantity=short,
                reason=told.short_reason or "",
                noticed_at=moment(told.at, self._zone),
            )
            for host_id, short in _lacking(told.lines).items()
        )


def _lacking(lines: Sequence[ShortLine]) -> Mapping[str, int]:
    """The pieces that each order line lacks, by its id.

    One that stands as several rows lacks what all of them lack; one that stands as several items (the parts of a
    bundle) lacks what the item lacks of which most is missing.
    """
    by_item: Counter[tuple[str, str]] = Counter()
    for line in lines:
        by_item[line.host_id, line.item or ""] += line.short or 0
    lacking: dict[str, int] = {}
    for (host_id, _), short in by_item.items():
        lacking[host_id] = max(short, lacking.get(host_id, 0))
    return {host_id: short for host_id, short in lacking.items() if short}
