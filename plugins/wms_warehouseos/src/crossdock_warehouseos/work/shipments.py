"""Picks and boxes: the shipments that they report, and what is taken back of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

from crossdock import Unreadable
from crossdock.domain import Package, PackedLine, Shipment, ShipmentReversal, ShipmentStage
from crossdock_warehouseos.answers import parts
from crossdock_warehouseos.models import LineDone, WorkDone, WorkHead, WorkLine, WorkTakenBack, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import moment, number_in, number_or_content
from crossdock_warehouseos.work.shortages import short_picks_of

Read = Callable[[bytes], Shipment | ShipmentReversal | None]


class ShipmentReader:
    """Reads what was picked or packed, and what of it was taken back, under a tenant's names; pure.

    Of the four kinds of messages that tell of the same pieces only the chosen one reports, however many a tenant has
    switched on: `confirm_at` chooses between picks and boxes, `report_by` between whole ones and their lines.

    A box that was opened may be closed again under its number, and a reset names only that. So the id of a fact is
    its transaction in front of its box or pick (without one, the time), and a reversal names boxes or picks: it means
    the facts whose ids end so and that came before it. Transaction numbers are taken to be unique among those of one
    kind only, so the id of a box that was opened tells the kind.

    Where picks report, a reset takes back the picks that it names, or all of the order, and in any case what the order
    had ended short of. Where boxes report, a box
    that is opened takes back itself, and a reset of picks (`resets_open_boxes`) all boxes of the order: packed is what
    only a complete order is, and a complete order is reopened by resetting picks, so its boxes are packed anew.
    """

    def __init__(self, settings: WarehouseOSSettings) -> None:
        work = settings.profile.work
        self._zone = ZoneInfo(settings.time_zone)
        self._by_line = settings.report_by == "line"
        self._stage = ShipmentStage.PACKED if settings.confirm_at == "pack" else ShipmentStage.PICKED
        self._unit_name = work.box if settings.confirm_at == "pack" else work.pick
        self._lines_name = work.lines
        line_names = settings.profile.work_line.model_dump()
        names = {**work.model_dump(), "unit": self._unit_name, "units": self._unit_name}
        line = renamed(WorkLine, line_names)
        self._work = renamed(WorkDone, names, lines=(tuple[line, ...], ...))  # type: ignore[valid-type]
        self._line = renamed(LineDone, {**names, **line_names})
        self._taken_back = renamed(WorkTakenBack, names)
        read: Read = self._line_done if self._by_line else self._work_done
        self.by_trigger: Mapping[str, Read] = {**self._resets(settings), _reporting(settings): read}

    def _resets(self, settings: WarehouseOSSettings) -> Mapping[str, Read]:
        triggers = settings.profile.triggers
        if settings.confirm_at == "pick":
            return {triggers.pick_reset: self._units_taken_back}
        whole = self._order_taken_back if settings.resets_open_boxes else self._short_picks_taken_back
        return {triggers.pick_reset: whole, triggers.box_reset: self._box_taken_back}

    def _work_done(self, body: bytes) -> Shipment | None:
        work = self._work.model_validate_json(body)
        return self._shipment(work, work.lines, body)

    def _line_done(self, body: bytes) -> Shipment | None:
        """One transaction; its line stands in the message itself, or as a list of one."""
        if self._lines_name in parts(body):
            return self._work_done(body)
        line = self._line.model_validate_json(body)
        return self._shipment(line, [line], body)

    def _shipment(self, work: WorkHead, lines: Sequence[WorkLine], body: bytes) -> Shipment | None:
        """What left; None where nothing did."""
        packed = tuple(
            PackedLine(line_id=line.host_id, sku=line.item, quantity=line.quantity) for line in lines if line.quantity
        )
        if not packed:
            return None
        return Shipment(
            external_id=self._fact_id(work, body),
            request_number=work.order_number,
            shipped_at=moment(work.at, self._zone),
            package=Package(
                lines=packed,
                tracking_number=work.tracking_number or "",
                carrier=work.carrier or "",
                service_level=work.service or "",
            ),
            stage=self._stage,
        )

    def _fact_id(self, work: WorkHead, body: bytes) -> str:
        unit = number_in(work.order_number, work.unit) if work.unit else ""
        if unit and not work.transaction and not self._by_line:
            return f"{moment(work.at, self._zone).astimezone(UTC).isoformat()}/{unit}"
        number = number_or_content(work.transaction, body)
        return f"{number}/{unit}" if unit else number_in(work.order_number, number)

    def _order_taken_back(self, body: bytes) -> ShipmentReversal:
        return self._reversal(self._taken_back.model_validate_json(body), (), body)

    def _units_taken_back(self, body: bytes) -> ShipmentReversal:
        told = self._taken_back.model_validate_json(body)
        short = (short_picks_of(told.order_number),) if told.units else ()
        return self._reversal(told, (*told.units, *short), body)

    def _short_picks_taken_back(self, body: bytes) -> ShipmentReversal:
        """The order is to be picked again; its boxes tell by themselves what becomes of them."""
        told = self._taken_back.model_validate_json(body)
        return self._reversal(told, (short_picks_of(told.order_number),), body)

    def _box_taken_back(self, body: bytes) -> ShipmentReversal:
        told = self._taken_back.model_validate_json(body)
        if not told.units:
            raise Unreadable(f"{self._unit_name} does not tell which box was opened again")
        return self._reversal(told, told.units, body, kind="box/")

    def _reversal(self, told: WorkTakenBack, units: Sequence[str], body: bytes, *, kind: str = "") -> ShipmentReversal:
        return ShipmentReversal(
            external_id=kind + number_in(told.order_number, number_or_content(told.transaction, body)),
            request_number=told.order_number,
            reversed_at=moment(told.at, self._zone),
            shipments=tuple(number_in(told.order_number, unit) for unit in units),
        )


def _reporting(settings: WarehouseOSSettings) -> str:
    """The one kind of message that reports shipments."""
    triggers = settings.profile.triggers
    return {
        ("pack", "document"): triggers.box_closed,
        ("pack", "line"): triggers.line_packed,
        ("pick", "document"): triggers.pick_complete,
        ("pick", "line"): triggers.line_picked,
    }[settings.confirm_at, settings.report_by]
