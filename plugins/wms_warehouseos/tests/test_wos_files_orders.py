"""Orders as files, work as files: once each, whole, over every protocol, and whatever is interrupted."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import structlog
from fileservers import ftpd, sshd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import (
    AlreadyThere,
    ConnectionContext,
    OutcomeUnknown,
    Record,
    Rejected,
    Unavailable,
    Unreadable,
)
from crossdock.domain import RequestRefusal
from crossdock.transport import open_client, open_files
from crossdock_warehouseos import plugin
from crossdock_warehouseos.client import endpoint
from crossdock_warehouseos.files.server import file_server
from crossdock_warehouseos.sandbox.options import SandboxOptions, Shift
from crossdock_warehouseos.sandbox.people.shift import work
from crossdock_warehouseos.sandbox.warehouse import Warehouse
from crossdock_warehouseos.settings import WarehouseOSSettings

REFUSED = "Item TYPO does not exist."


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "agent"


@pytest.fixture
def warehouse(folder):
    """A warehouse whose Host Agent watches the folder."""
    return Warehouse(SandboxOptions(agent={"folder": folder}), seed=1)


@pytest.fixture
def target(folder, clock):
    """Opens the target on the folder, or on a server that leads there; `around` may stand before the drop."""

    @asynccontextmanager
    async def connect(around=lambda drop: drop, files=None, **more):
        table = {"protocol": "folder", "folder": str(folder), "timeout": 5.0, **(files or {})}
        chosen = WarehouseOSSettings(transport="files", files=table, **more)
        drop = around(open_files("warehouse", file_server(chosen)))
        async with open_client("warehouse", endpoint(chosen)) as http:
            ctx = ConnectionContext("warehouse", chosen, http, structlog.get_logger(), clock, drop)
            yield plugin.fulfillment_target(ctx)

    return connect


@pytest.fixture(params=["folder", "ftp", "ftps", "sftp"])
def files(request, folder, tmp_path):
    """The table `files` of a connection that reaches the folder by each protocol."""
    if request.param == "folder":
        yield {}
    elif request.param == "sftp":
        with sshd.SftpServer(folder) as server:
            key = {"host_key": server.public_key, "user": sshd.USER, "password": sshd.PASSWORD}
            yield {"protocol": "sftp", "host": "127.0.0.1", "port": server.port, "folder": "/", **key}
    else:
        folder.mkdir(exist_ok=True)
        with ftpd.FtpServer(folder, tls=request.param == "ftps") as server:
            login = {"host": "127.0.0.1", "port": server.port, "user": ftpd.USER, "password": ftpd.PASSWORD}
            trust = {"trusted": server.pem} if request.param == "ftps" else {}
            yield {"protocol": request.param, "folder": "/", **login, **trust}


def names(folder):
    return sorted(file.name for file in folder.iterdir() if file.is_file())


async def all_pages(target):
    """Collect as the engine does: every page, acknowledged when it is safe."""
    records, cursor, more = [], None, True
    while more:
        page = await target.fetch_shipments(cursor)
        records += page.records
        if page.records:
            await target.acknowledge_records([record.id for record in page.records])
        cursor, more = page.cursor, page.more
    return records


def test_an_order_goes_there_and_its_boxes_come_back_over_every_protocol(warehouse, folder, files, target, a_request):
    async def scene():
        async with target(files=files) as orders:
            assert await orders.find_order(a_request("10/01 ü")) is None
            receipt = await orders.submit_order(a_request("10/01 ü"))
            assert (receipt.ref, receipt.note) == ("10/01 ü", "waits for the host agent")
            assert names(folder / "orders") == ["10%2F01%20%C3%BC.csv", "10%2F01%20%C3%BC.csv.flg"]
            assert warehouse.agent.run() == {"done": 1, "failed": 0, "rows": 0}
            assert (await orders.find_order(a_request("10/01 ü"))).note == "taken by the host agent"
            work(warehouse, Shift(split_boxes=1.0))
            warehouse.agent.run()
            records = await all_pages(orders)
            assert (names(folder / "picks"), len(names(folder / "picks/done"))) == ([], 2)
            assert await all_pages(orders) == []
            return [orders.read_shipment(record) for record in records]

    shipments = asyncio.run(scene())
    (order,) = warehouse.orders.values()
    assert (order.number, order.key) == ("10/01 ü", "cart/10/01 ü/1")
    told = [
        (shipment.package.tracking_number, {line.line_id: line.quantity for line in shipment.package.lines})
        for shipment in shipments
    ]
    assert sorted(tracking for tracking, _ in told) == sorted(box.tracking_number for box in order.boxes)
    assert sum(sum(pieces.values()) for _, pieces in told) == 3
    assert {shipment.request_number for shipment in shipments} == {"10/01 ü"}


def test_the_same_order_is_one_file_and_one_order(warehouse, folder, target, a_request):
    async def scene():
        async with target() as orders:
            await orders.submit_order(a_request())
            for _ in range(2):
                with pytest.raises(AlreadyThere):
                    await orders.submit_order(a_request())
                warehouse.agent.run()

    asyncio.run(scene())
    assert (list(warehouse.orders), names(folder / "orders/failed")) == (["1001"], [])


@pytest.mark.parametrize("place", ["orders", "orders/done"])
def test_a_number_that_another_order_has_is_not_overwritten(warehouse, folder, target, a_request, place):
    async def scene():
        async with target() as orders:
            await orders.submit_order(a_request(key="another"))
            for file in (folder / "orders").glob("1001*"):
                file.rename(folder / place / file.name)
            for ask in (orders.find_order, orders.submit_order):
                with pytest.raises(Rejected, match="CustomField3 is 'another', ours is 'cart/1001/1'"):
                    await ask(a_request())

    asyncio.run(scene())


@pytest.mark.usefixtures("warehouse")
def test_a_refused_file_of_another_order_is_in_nobodys_way(folder, target, a_request):
    async def scene():
        async with target() as orders:
            await orders.submit_order(a_request(key="another"))
            for file in (folder / "orders").glob("1001*"):
                file.rename(folder / "orders/failed" / file.name)
            assert await orders.find_order(a_request()) is None
            await orders.submit_order(a_request())

    asyncio.run(scene())


def test_a_file_without_its_flag_was_not_handed_over_and_the_next_attempt_completes_it(
    warehouse, folder, target, a_request
):
    async def scene():
        async with target() as orders:
            await orders.submit_order(a_request())
            (folder / "orders/1001.csv.flg").unlink()
            assert warehouse.agent.run()["done"] == 0
            assert await orders.find_order(a_request()) is None
            await orders.submit_order(a_request())

    asyncio.run(scene())
    assert warehouse.agent.run()["done"] == 1


class Interrupted:
    """A drop whose writes break off: so many are done, then one is not known to be, and was done or was not."""

    def __init__(self, drop, breaks, before):
        self._drop, self._breaks, self._before = drop, list(breaks), before

    def __getattr__(self, name):
        method = getattr(self._drop, name)
        return self._breaking(method) if name in ("put", "move") else method

    def _breaking(self, method):
        async def call(*args):
            self._before()
            fate = self._breaks.pop(0) if self._breaks else "done"
            if fate != "not done":
                await method(*args)
            if fate != "done":
                raise OutcomeUnknown("the answer was lost")

        return call


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    breaks=st.lists(st.sampled_from(["done", "lost", "not done"]), max_size=6),
    runs=st.lists(st.booleans(), max_size=12),
)
def test_whatever_breaks_off_and_whenever_the_agent_runs_it_is_one_order(
    tmp_path_factory, clock, a_request, breaks, runs
):
    folder = tmp_path_factory.mktemp("agent")
    warehouse, runs = Warehouse(SandboxOptions(agent={"folder": folder}), seed=1), list(runs)

    def perhaps_run():
        if runs and runs.pop():
            warehouse.agent.run()

    async def scene():
        chosen = WarehouseOSSettings(transport="files", files={"protocol": "folder", "folder": str(folder)})
        drop = Interrupted(open_files("warehouse", file_server(chosen)), breaks, perhaps_run)
        orders = plugin.fulfillment_target(ConnectionContext("w", chosen, None, structlog.get_logger(), clock, drop))
        while True:
            perhaps_run()
            try:
                if await orders.find_order(a_request()) is None:
                    await orders.submit_order(a_request())
                return
            except OutcomeUnknown:
                continue

    asyncio.run(scene())
    warehouse.agent.run()
    assert (list(warehouse.orders), names(folder / "orders/failed"), names(folder / "orders")) == (["1001"], [], [])


@pytest.mark.parametrize("lost", ["posix_rename", "posix_rename done"])
def test_a_lost_reply_to_the_rename_is_settled_by_a_look(warehouse, folder, target, a_request, lost):
    async def scene(server):
        files = {"protocol": "sftp", "host": "127.0.0.1", "port": server.port, "folder": "/"}
        login = {"host_key": server.fingerprint, "user": sshd.USER, "password": sshd.PASSWORD}
        async with target(files=files | login) as orders:
            with pytest.raises(OutcomeUnknown):
                await orders.submit_order(a_request())
            server.lost = ()
            assert await orders.find_order(a_request()) is None  # its flag is not there
            await orders.submit_order(a_request())

    with sshd.SftpServer(folder, lost=(lost,)) as server:
        asyncio.run(scene(server))
    assert warehouse.agent.run()["done"] == 1


def test_what_the_agent_refuses_comes_back_in_its_words_once(warehouse, folder, target, a_request):
    async def scene():
        async with target() as orders:
            request = a_request(lines={"TYPO": 1})
            await orders.submit_order(request)
            assert warehouse.agent.run() == {"done": 0, "failed": 1, "rows": 0}
            (record,) = await all_pages(orders)
            told = RequestRefusal(request_number="1001", reason=f"the host agent says: {REFUSED}")
            assert orders.read_shipment(record) == told
            assert await all_pages(orders) == []
            assert await orders.find_order(request) is None
            (folder / "items/typo.csv").write_text("ItemNumber\r\nTYPO\r\n")
            (folder / "items/typo.csv.flg").touch()
            await orders.submit_order(request)
            assert warehouse.agent.run() == {"done": 2, "failed": 0, "rows": 0}
            assert (await orders.find_order(request)).note == "taken by the host agent"

    asyncio.run(scene())


def test_refused_items_come_back_in_the_words_of_the_agent_too(warehouse, folder, target):
    (folder / "items/x.csv").write_text("ItemNumber,Weight\r\nA,heavy\r\n")
    (folder / "items/x.csv.flg").touch()
    warehouse.agent.run()
    assert read_all(target) == ["the host agent refused the file x.csv: A: Weight: must be a number."]
    assert read_all(target) == []


def test_a_line_without_sku_refuses_the_whole_order_before_anything_is_written(warehouse, folder, target, a_request):
    async def scene():
        async with target() as orders:
            with pytest.raises(Rejected, match="line L2 has no SKU"):
                await orders.submit_order(a_request(lines={"SKU-0001": 1, " ": 1}))
            with pytest.raises(Rejected, match="there are no lines"):
                await orders.submit_order(a_request().model_copy(update={"lines": ()}))

    asyncio.run(scene())
    assert names(folder / "orders") == []


HEADER = "OrderNumber,BoxNumber,CompletedDate,TrackingNumber,HostId,ItemNumber,Quantity,TransactionId\r\n"
ROW = "1001,B1,2026-03-01T12:00:00,1Z,L1,SKU-0001,2,T1\r\n"


def leave(folder, name, text, *, flag=True):
    (folder / "picks" / name).write_bytes(text.encode())
    if flag:
        (folder / "picks" / f"{name}.flg").touch()


def read_all(target, **settings):
    """Every record, and what it reads as: a fact, nothing, or why it cannot be read."""

    async def scene():
        async with target(**settings) as orders:
            records, told = await all_pages(orders), []
            for record in records:
                try:
                    told.append(orders.read_shipment(record))
                except Unreadable as error:
                    told.append(str(error))
            return told

    return asyncio.run(scene())


def test_a_file_that_is_still_being_written_is_left_alone(warehouse, folder, target):
    leave(folder, "a.csv", HEADER + ROW, flag=False)
    assert read_all(target) == []
    assert names(folder / "picks") == ["a.csv"]


def test_a_broken_file_counts_for_nothing_and_stops_no_other(warehouse, folder, target):
    leave(folder, "a.csv", HEADER + ROW + "half a ro")
    leave(folder, "b.csv", HEADER + ROW)
    leave(folder, "c.csv", HEADER.replace("HostId", "LineId") + ROW)
    leave(folder, "d.csv", HEADER)
    broken, shipment, strange, empty = read_all(target)
    assert "row 3 has 1 fields, and the header has 8; correct it and leave it there again under another name" in broken
    assert "it has no column HostId" in strange
    assert (shipment.external_id, empty) == ("T1/1001/B1", None)
    assert len(names(folder / "picks/done")) == 8


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace(",2,T1", ",two,T1"), "Lines.0.Quantity"),
        (ROW.replace("2026-03-01T12:00:00", ""), "CompletedDate is missing"),
        (ROW + ROW.replace("1Z", "2Z"), "says two things of one box: 1001 / B1 / "),
        (ROW.replace("L1", ""), "Lines.0.HostId"),
    ],
)
def test_a_row_that_makes_no_sense_is_a_problem_of_its_box_alone(warehouse, folder, target, row, said):
    leave(folder, "a.csv", HEADER + row + ROW.replace("B1", "B2").replace("T1", "T2"))
    wrong, right = read_all(target)
    assert said in wrong
    assert right.external_id == "T2/1001/B2"


def test_a_box_has_the_time_zone_and_the_id_that_the_host_queue_would_give_it(warehouse, folder, target):
    leave(folder, "a.csv", HEADER + ROW + ROW.replace("L1", "L2").replace(",2,T1", ",0,T1"))
    (shipment,) = read_all(target, time_zone="America/Chicago", report_by="line")
    assert shipment.shipped_at.isoformat() == "2026-03-01T18:00:00+00:00"
    assert [(line.line_id, line.quantity) for line in shipment.package.lines] == [("L1", 2)]


def test_picks_report_where_picks_are_chosen(folder, target):
    warehouse = Warehouse(SandboxOptions(agent={"folder": folder, "reports": "pick_complete"}), seed=1)
    leave(folder, "a.csv", HEADER.replace("BoxNumber", "PickNumber") + ROW)
    (shipment,) = read_all(target, confirm_at="pick")
    assert (shipment.external_id, warehouse.agent.run()["rows"]) == ("T1/1001/B1", 0)


def test_a_file_is_put_away_only_when_all_that_it_tells_is_safe(warehouse, folder, target):
    leave(folder, "a.csv", HEADER + ROW + ROW.replace("B1", "B2").replace("T1", "T2"))

    async def scene():
        async with target() as orders:
            one, other = [record.id for record in (await orders.fetch_shipments(None)).records]
            await orders.acknowledge_records([one])
            assert names(folder / "picks") == ["a.csv", "a.csv.flg"]
            for _ in range(2):
                await orders.acknowledge_records([one, other])
                assert names(folder / "picks") == []

    asyncio.run(scene())


def test_without_acknowledgement_every_file_is_still_read_once(warehouse, folder, target):
    for name in ("a.csv", "b.csv", "c.csv"):
        leave(folder, name, HEADER + ROW)

    async def scene():
        async with target() as orders:
            cursor, ids, more = None, [], True
            while more:
                page = await orders.fetch_shipments(cursor)
                ids += [record.id for record in page.records]
                cursor, more = page.cursor, page.more
            return ids

    assert asyncio.run(scene()) == [f"picks/{name}.csv/1001/T1/B1" for name in "abc"]


def test_the_check_says_what_waits_and_what_was_refused(warehouse, folder, target, a_request):
    async def scene():
        async with target() as orders:
            assert (await orders.check())[-1] == "the host agent refused nothing new"
            await orders.submit_order(a_request(lines={"TYPO": 1}))
            warehouse.agent.run()
            await orders.submit_order(a_request("1002"))
            leave(folder, "a.csv", HEADER, flag=False)
            return await orders.check()

    assert asyncio.run(scene()) == [
        "/orders has 1 files that wait, and 0 without a flag",
        "/items has 0 files that wait, and 0 without a flag",
        "/picks has 0 files that wait, and 1 without a flag",
        "the host agent refused /orders/failed/1001.csv",
    ]


def test_a_folder_that_is_not_there_is_said(warehouse, folder, target):
    async def scene():
        async with target(files={"done": "archive"}) as orders:
            await orders.check()

    with pytest.raises(Rejected, match=f"LIST file://{folder}/orders/archive was refused"):
        asyncio.run(scene())


def test_a_share_that_is_gone_may_come_back(folder, target, a_request):
    async def scene():
        async with target() as orders:
            await orders.submit_order(a_request())

    with pytest.raises(Unavailable, match="create it, or mount what it stands for"):
        asyncio.run(scene())


def test_a_record_that_came_by_the_api_before_is_not_taken_for_a_file(folder, target):
    async def scene():
        async with target() as orders:
            orders.read_shipment(Record("17", b'{"Trigger": "BoxClosed"}'))

    with pytest.raises(Unreadable, match="record 17 did not come from a file of the host agent"):
        asyncio.run(scene())
