"""A shipping system in memory that lists its labels, and short ways to make and void them."""

from crossdock.domain import Parcel
from crossdock.engine.pipeline import Bound
from crossdock.hooks.errors import Unreadable
from crossdock.hooks.records import Cursor, Page, Record

from .remote import Remote
from .world import World


class ParcelDesk(Remote):
    """Lists what happened to its labels, one page of two after the other; `unread` are numbers that cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.happened: list[Parcel] = []
        self.unread: set[str] = set()

    def make(self, number: str, reference: str, **more: object) -> Parcel:
        """A label is made."""
        made = Parcel(tracking_number=number, external_id=f"L-{number}", reference=reference).model_copy(update=more)
        self.happened.append(made)
        return made

    def void(self, made: Parcel) -> None:
        """A label is taken back."""
        self.happened.append(made.model_copy(update={"voided": True}))

    async def fetch_parcels(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("fetch_parcels", lambda: self._page(int(cursor or 0)))

    def _page(self, start: int) -> Page:
        end = min(start + 2, len(self.happened))
        records = tuple(_record(parcel) for parcel in self.happened[start:end])
        return Page(records, cursor=str(end), more=end < len(self.happened), checkpoint=str(max(end - 1, 0)))

    async def find_parcels(self, request_number: str) -> list[Record]:
        return await self._carry_out("find_parcels", lambda: self._of(request_number))

    def _of(self, number: str) -> list[Record]:
        newest = {parcel.external_id: parcel for parcel in self.happened if parcel.reference == number}
        return [_record(parcel) for parcel in newest.values()]

    def read_parcel(self, record: Record) -> Parcel:
        parcel = Parcel.model_validate_json(record.data)
        if parcel.tracking_number in self.unread:
            raise Unreadable("its weight is in stones")
        return parcel


def _record(parcel: Parcel) -> Record:
    return Record(parcel.external_id, parcel.model_dump_json().encode())


def with_desk(world: World) -> ParcelDesk:
    """The pipeline has a shipping system."""
    desk = ParcelDesk()
    world.changes["shipping_provider"] = Bound("desk", desk)
    world.others.append(desk)
    return desk
