"""A folder is a file server like the others: the same laws, and what goes wrong says what to do."""

import asyncio
import errno
import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from fileservers import ftpd, sshd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crossdock import FileEndpoint, NeedsConfig, Rejected, Unavailable
from crossdock.transport import Captured, folder, open_files

NAMES = ["a.csv", "a b.csv", "Ünïcode ✓.txt", "100%25.csv", "-rf", "#1;2"]
CONTENTS = [b"", b"1,2\r\n", bytes(range(256)) * 20]
PLACES = count(1)

name, content = st.sampled_from(NAMES), st.sampled_from(CONTENTS)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), name, content),
        st.tuples(st.just("move"), name, name),
        st.tuples(st.sampled_from(["get", "find", "delete"]), name),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def drops(tmp_path_factory):
    """One drop for each protocol, and the folder that they all serve."""
    served = tmp_path_factory.mktemp("files") / "served"
    served.mkdir()
    with ExitStack() as running:
        ftp = running.enter_context(ftpd.FtpServer(served, tls=False))
        careful = running.enter_context(ftpd.FtpServer(served, tls=False, replaces=False, unknown=("MLSD", "SIZE")))
        ftps = running.enter_context(ftpd.FtpServer(served, tls=True))
        sftp = running.enter_context(sshd.SftpServer(served))
        login = {"host": "127.0.0.1", "user": ftpd.USER, "password": ftpd.PASSWORD}
        key = {"user": sshd.USER, "password": sshd.PASSWORD, "host_key": sftp.fingerprint}
        endpoints = {
            "ftp": FileEndpoint("ftp", port=ftp.port, **login),
            "ftp of Windows": FileEndpoint("ftp", port=careful.port, **login),
            "ftps": FileEndpoint("ftps", port=ftps.port, trusted=ftps.pem, **login),
            "sftp": FileEndpoint("sftp", port=sftp.port, **(login | key)),
            "folder": FileEndpoint("folder", root=str(served)),
        }
        yield {kind: open_files(kind, endpoint) for kind, endpoint in endpoints.items()}, served


@pytest.mark.parametrize("kind", ["ftp", "ftp of Windows", "ftps", "sftp", "folder"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
@example(steps=[("put", "a b.csv", b"1"), ("put", "a.csv", b"2"), ("move", "a b.csv", "a.csv"), ("get", "a.csv")])
@example(steps=[("put", "a.csv", b"1"), ("move", "a.csv", "#1;2"), ("move", "a.csv", "#1;2"), ("get", "a.csv")])
@example(steps=[("put", "a.csv", b"1"), ("move", "a.csv", "a.csv"), ("get", "a.csv")])
def test_every_protocol_keeps_files_as_a_shelf_does(drops, kind, steps):
    opened, served = drops
    place = f"/{kind}-{next(PLACES)}"
    (served / place[1:]).mkdir()
    asyncio.run(_compare(opened[kind], place, steps))


async def _compare(drop, place, steps):
    """Do the same to the drop and to a dict."""
    shelf = {}
    for step, *of in steps:
        paths = [f"{place}/{one}" for one in of[: 2 if step == "move" else 1]]
        if step == "put":
            await drop.put(*paths, of[1])
            shelf[of[0]] = of[1]
        elif step == "find":
            assert await drop.find(*paths) == shelf.get(of[0])
        elif step == "delete":
            await drop.delete(*paths)
            shelf.pop(of[0], None)
        elif of[0] in shelf:
            got = await getattr(drop, step)(*paths)
            assert got == (shelf[of[0]] if step == "get" else None)
            if step == "move":
                shelf[of[1]] = shelf.pop(of[0])
        elif step == "get" or of[1] not in shelf:
            with pytest.raises(Rejected):
                await getattr(drop, step)(*paths)
        else:
            await drop.move(*paths)
        assert await drop.list(place) == sorted(shelf)


def _error(coroutine):
    with pytest.raises(Exception) as caught:
        asyncio.run(coroutine)
    return caught.value


def test_folder_that_is_not_mounted_may_come_back(tmp_path):
    drop = open_files("agent", FileEndpoint("folder", root=str(tmp_path / "share")))
    error = _error(drop.put("/a.csv", b"1"))
    assert type(error) is Unavailable
    assert f"there is no folder {tmp_path}/share; create it, or mount what it stands for" in str(error)
    (tmp_path / "share").mkdir()
    asyncio.run(drop.put("/a.csv", b"1"))
    assert (tmp_path / "share/a.csv").read_bytes() == b"1"


@pytest.mark.parametrize("root", ["", "share", "./share"])
def test_folder_must_be_named_from_the_root_on(root):
    with pytest.raises(NeedsConfig, match=r"agent: .*(name none|must be an absolute path)"):
        open_files("agent", FileEndpoint("folder", root=root))


def test_path_that_is_not_there_or_no_file_is_refused(tmp_path):
    (tmp_path / "orders").mkdir()
    drop = open_files("agent", FileEndpoint("folder", root=str(tmp_path)))
    for wrong in (
        drop.put("/nowhere/a.csv", b"1"),
        drop.put("/orders", b"1"),
        drop.get("/a.csv"),
        drop.get("/orders"),
        drop.list("/nowhere"),
        drop.move("/a.csv", "/b.csv"),
        drop.get("/../a.csv"),
    ):
        assert type(_error(wrong)) is Rejected
    assert [path.name for path in tmp_path.iterdir()] == ["orders"]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, Unavailable), (errno.ESTALE, Unavailable), (errno.EACCES, Rejected)]
)
def test_full_disk_is_tried_again_and_a_denied_one_is_not_and_nothing_is_left(tmp_path, monkeypatch, number, kind):
    def fail(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(folder.os, "fsync", fail)
    drop = open_files("agent", FileEndpoint("folder", root=str(tmp_path)))
    error = _error(drop.put("/a.csv", b"1"))
    assert (type(error), os.strerror(number) in str(error)) == (kind, True)
    assert list(tmp_path.iterdir()) == []


def test_dry_run_shows_where_a_file_would_lie(tmp_path):
    shown = []
    drop = open_files("agent", FileEndpoint("folder", root=str(tmp_path)), capture=shown.append)
    with pytest.raises(Captured):
        asyncio.run(drop.put("/orders/a.csv", b"1"))
    assert [call.url for call in shown] == [f"file://{tmp_path}/orders/a.csv"]
    assert list(Path(tmp_path).iterdir()) == []


def test_root_stands_before_every_path_of_a_server(tmp_path):
    (tmp_path / "outbox").mkdir()
    with ftpd.FtpServer(tmp_path, tls=False) as server:
        endpoint = FileEndpoint("ftp", "127.0.0.1", ftpd.USER, ftpd.PASSWORD, port=server.port, root="/outbox/")
        asyncio.run(open_files("agent", endpoint).put("/a.csv", b"1"))
    assert (tmp_path / "outbox/a.csv").read_bytes() == b"1"
