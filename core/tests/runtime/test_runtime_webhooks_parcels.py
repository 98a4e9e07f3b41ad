"""A shipping system that sends its parcels by itself: stored before the answer, read by the flow, voids too."""

from collections.abc import Sequence
from typing import Any

from crossdock.domain import Parcel
from crossdock.engine.pipeline import Bound
from crossdock.hooks.records import Record

from .test_runtime_webhooks_push import Listening, Warehouse, play

__all__ = ["play"]


class Desk:
    """Sends lines `id=number`, with a `!` behind the number when the label was taken back."""

    read_push = Warehouse.read_push

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        return []

    def read_parcel(self, record: Record) -> Parcel:
        number = record.data.decode()
        return Parcel(
            tracking_number=number.removesuffix("!"),
            external_id=record.id,
            reference="N1",
            voided=number.endswith("!"),
        )


SHIPPER: dict[str, Any] = {"shipping_provider": Bound("desk", Desk())}


async def known(listening: Listening) -> list[tuple[str, bool]]:
    found = await listening.store.parcels_of("desk", ["N1"])
    return [(one.parcel.tracking_number, one.parcel.voided) for one in found]


def test_a_parcel_is_stored_before_the_call_is_answered_and_read_by_the_flow(play):
    async def scene(listening: Listening) -> None:
        assert await listening.push(b"1=T1\n2=T2", connection="desk") == 204
        assert await listening.push(b"1=T1", headers={}, connection="desk") == 401
        assert await listening.unread("parcel") == [Record("1", b"T1"), Record("2", b"T2")]
        assert await listening.due() == [("main", "parcels")]
        await listening.run("parcels")
        assert await listening.unread("parcel") == []
        assert await known(listening) == [("T1", False), ("T2", False)]

    play(scene, main=SHIPPER)


def test_a_label_that_is_taken_back_is_told_under_the_same_id(play):
    async def scene(listening: Listening) -> None:
        await listening.push(b"1=T1", connection="desk")
        await listening.run("parcels")
        await listening.push(b"1=T1", connection="desk")
        assert await listening.unread("parcel") == []
        await listening.push(b"1=T1!", connection="desk")
        await listening.push(b"2=T2", connection="desk")
        await listening.push(b"2=T2!", connection="desk")
        await listening.run("parcels")
        assert await known(listening) == [("T1", True), ("T2", True)]
        await listening.push(b"1=T1", connection="desk")
        await listening.run("parcels")
        assert await known(listening) == [("T1", True), ("T2", True)]

    play(scene, main=SHIPPER)


def test_of_pipelines_that_share_a_shipping_system_one_reads_what_it_sends(play):
    async def scene(listening: Listening) -> None:
        await listening.push(b"1=T1", connection="desk")
        assert await listening.due() == [("main", "parcels")]

    play(scene, main=SHIPPER, other=SHIPPER)
