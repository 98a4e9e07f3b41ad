"""Short picks: pieces that will not be shipped."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from crossdock.domain import Shortage
from crossdock_warehouseos.models import PickEnded, ShortLine, renamed
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
        if told.status != self._complete:
            return ()
        number = number_or_content(told.transaction, body)
        return tuple(
            Shortage(
                external_id=f"{number}/{line.host_id}/{short_picks_of(told.order_number)}",
                request_number=told.order_number,
                line_id=line.host_id,
                quantity=line.short,
                reason=told.short_reason or "",
                noticed_at=moment(told.at, self._zone),
            )
            for line in told.lines
            if line.short
        )
