"""Files come whole or not at all, over TLS that is checked; and what is not known is not guessed."""

import asyncio
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from fileservers import ftpd

from crossdock import FileEndpoint, NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected, Unavailable
from crossdock.engine.trace import subject
from crossdock.transport import Captured, open_files

PATH = "/Inventory/stock.txt"
CONTENT = "Inventory Number\tDC Quantity\nÉtui-1\tNYC=1\n".encode() * 5000


class Notebook(list):
    note = list.append


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def serve(folder):
    """Serves the folder, by TLS if not said otherwise: gives the server, an open drop and the request log."""

    @contextmanager
    def served(*, tls=True, changes=None, options=None, **faults):
        notes = Notebook()
        with ftpd.FtpServer(folder, tls=tls, **faults) as server:
            yield server, _drop(server, tls=tls, journal=notes, **(changes or {}), **(options or {})), notes

    return served


def _drop(server, *, tls=True, journal=None, capture=None, **changes):
    login = {"host": "127.0.0.1", "port": server.port, "user": ftpd.USER, "password": ftpd.PASSWORD, "timeout": 5.0}
    trust = {"trusted": server.pem} if tls else {}
    endpoint = FileEndpoint(protocol="ftps" if tls else "ftp", **(login | trust | changes))
    return open_files("files", endpoint, journal=journal, capture=capture)


def _error(coroutine):
    with pytest.raises(Exception) as caught:
        asyncio.run(coroutine)
    assert ftpd.PASSWORD not in f"{caught.value!r} {caught.value}"
    return caught.value


@pytest.mark.parametrize("tls", [True, False])
def test_file_arrives_whole_under_its_name_and_is_read_listed_and_removed(serve, folder, tls):
    async def scene(drop):
        await drop.put(PATH, CONTENT)
        assert (folder / "Inventory/stock.txt").read_bytes() == CONTENT
        assert await drop.list("/Inventory") == ["stock.txt"]
        assert await drop.get(PATH) == CONTENT
        await drop.delete(PATH)
        await drop.delete(PATH)
        assert await drop.list("/Inventory") == []

    with serve(tls=tls) as (server, drop, _):
        asyncio.run(scene(drop))
    assert list((folder / "Inventory").iterdir()) == []
    assert server.commands.count("PROT") == (9 - 3 if tls else 0)


def test_file_is_written_under_another_name_first(serve, folder):
    with serve() as (server, drop, _):
        asyncio.run(drop.put(PATH, CONTENT))
    assert [one for one in server.commands if one in ("AUTH", "USER", "PROT", "STOR", "RNFR", "RNTO")] == [
        "AUTH", "USER", "PROT", "STOR", "RNFR", "RNTO",
    ]  # fmt: skip


def test_file_of_the_same_name_is_replaced(serve, folder):
    (folder / "Inventory").mkdir()
    (folder / "Inventory/stock.txt").write_text("of yesterday")
    with serve() as (_, drop, _notes):
        asyncio.run(drop.put(PATH, b""))
    assert (folder / "Inventory/stock.txt").read_bytes() == b""


def test_many_calls_at_once_are_made_one_after_another(serve, folder):
    async def scene(drop):
        await asyncio.gather(*(drop.put(f"/Inventory/{number}.txt", CONTENT) for number in range(5)))
        assert await drop.list("/Inventory") == [f"{number}.txt" for number in range(5)]

    with serve() as (_, drop, _notes):
        asyncio.run(scene(drop))


@pytest.mark.parametrize("unknown", [(), ("MLSD",)])
def test_only_whole_files_are_listed_even_by_a_server_that_knows_only_names(serve, folder, unknown):
    with serve(unknown=unknown) as (_, drop, _notes):
        (folder / "Inventory/b.csv").touch()
        (folder / "Inventory/a.csv").touch()
        (folder / "Inventory/c.csv.part").touch()
        assert asyncio.run(drop.list("/Inventory")) == ["a.csv", "b.csv"]


def test_empty_folder_is_empty_even_where_the_server_calls_it_an_error(serve):
    with serve(unknown=("MLSD",), said={"NLST": "550 No files found."}) as (_, drop, _notes):
        assert asyncio.run(drop.list("/Inventory")) == []


def test_wrong_password_needs_a_person_and_is_not_quoted(serve):
    with serve(changes={"password": "wr0ng-password"}) as (_, drop, _notes):
        error = _error(drop.put(PATH, CONTENT))
    assert type(error) is NeedsAuth
    assert "correct user and password of the file server (530" in str(error)
    assert "wr0ng-password" not in str(error)


def test_server_that_quotes_the_password_is_not_quoted(serve):
    said = {"PASS": f"530 {ftpd.PASSWORD} is not the password"}
    with serve(said=said) as (_, drop, notes):
        error = _error(drop.list("/Inventory"))
    assert type(error) is NeedsAuth
    assert "*** is not the password" in str(error)
    assert notes[0].error == "530 *** is not the password"


def test_certificate_that_nobody_vouches_for_is_a_matter_of_config(serve, folder):
    with serve(changes={"trusted": None}) as (server, drop, _):
        error = _error(drop.put(PATH, CONTENT))
    assert type(error) is NeedsConfig
    assert "the certificate of 127.0.0.1 is not trusted" in str(error)
    assert server.commands == ["AUTH"]


def test_server_without_tls_gets_no_password(folder):
    with ftpd.FtpServer(folder, tls=False) as server:
        endpoint = FileEndpoint("ftps", "127.0.0.1", ftpd.USER, ftpd.PASSWORD, port=server.port)
        error = _error(open_files("files", endpoint).put(PATH, CONTENT))
    assert type(error) is NeedsConfig
    assert "the server offers no TLS" in str(error)
    assert server.commands == []


@pytest.mark.parametrize(
    ("lost", "kind"),
    [
        ("220 ", Unavailable),
        ("331 ", Unavailable),
        ("230 ", Unavailable),
        ("STOR", Unavailable),
        ("226 ", OutcomeUnknown),
        ("RNTO", OutcomeUnknown),
        ("250 Renaming", OutcomeUnknown),
    ],
)
def test_write_is_in_doubt_only_after_its_data_left(serve, lost, kind):
    with serve(lost=(lost,)) as (_, drop, _notes):
        error = _error(drop.put(PATH, CONTENT))
    assert type(error) is kind, str(error)
    assert "the connection was closed before an answer came" in str(error)


@pytest.mark.parametrize("lost", ["226 ", "220 "])
def test_read_that_is_lost_may_be_tried_again(serve, folder, lost):
    with serve(lost=(lost,)) as (_, drop, _notes):
        (folder / "Inventory/stock.txt").write_bytes(CONTENT)
        assert type(_error(drop.get(PATH))) is Unavailable


def test_lost_good_bye_does_not_make_a_file_doubtful(serve, folder):
    with serve(lost=("221 ",)) as (_, drop, _notes):
        asyncio.run(drop.put(PATH, CONTENT))
    assert (folder / "Inventory/stock.txt").read_bytes() == CONTENT


def test_refused_path_is_refused_in_the_words_of_the_server(serve):
    with serve() as (_, drop, _notes):
        errors = [
            _error(drop.put("/Nowhere/stock.txt", CONTENT)),
            _error(drop.get(PATH)),
            _error(drop.list("/Nowhere")),
        ]
    assert {type(error) for error in errors} == {Rejected}
    assert str(errors[0]).startswith("files: PUT ftps://127.0.0.1:")
    assert "/Nowhere/stock.txt was refused (550 " in str(errors[0])


def test_file_that_may_not_be_removed_is_no_file_that_is_gone(serve, folder):
    with serve(permissions="elrw") as (_, drop, _notes):
        (folder / "Inventory/stock.txt").touch()
        assert type(_error(drop.delete(PATH))) is Rejected


def test_file_that_may_not_be_renamed_leaves_nothing_behind(serve, folder):
    with serve(said={"RNFR": "550 Not enough privileges."}) as (_, drop, _notes):
        assert type(_error(drop.put(PATH, CONTENT))) is Rejected
    assert list((folder / "Inventory").iterdir()) == []


def test_file_that_may_not_be_read_is_no_file_that_is_not_there(serve, folder):
    with serve(permissions="elw") as (_, drop, _notes):
        (folder / "Inventory/stock.txt").touch()
        assert type(_error(drop.find(PATH))) is Rejected
        assert asyncio.run(drop.find("/Inventory/other.txt")) is None


@pytest.mark.parametrize("lost", ["RNFR", "RNTO", "250 Renaming"])
def test_move_whose_answer_was_lost_can_be_made_again(serve, folder, lost):
    with serve(lost=(lost,)) as (_, drop, _notes):
        (folder / "Inventory/stock.txt").write_bytes(CONTENT)
        assert type(_error(drop.move(PATH, "/Inventory/done.txt"))) is Unavailable
    with serve() as (_, drop, _notes):
        asyncio.run(drop.move(PATH, "/Inventory/done.txt"))
    assert [path.name for path in (folder / "Inventory").iterdir()] == ["done.txt"]


def test_busy_server_is_tried_again_later(serve):
    with serve(said={"STOR": "452 Disk full."}) as (_, drop, _notes):
        error = _error(drop.put(PATH, CONTENT))
    assert type(error) is Unavailable
    assert "was refused for now (452 Disk full.)" in str(error)


def test_server_that_is_not_there_or_says_nothing_is_unavailable(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never greets
        endpoint = FileEndpoint("ftp", "127.0.0.1", "me", "x-password", port=silent.getsockname()[1], timeout=0.1)
        error = _error(open_files("files", endpoint).put(PATH, CONTENT))
    assert (type(error), str(error).endswith("(no answer came within 0.1 s)")) == (Unavailable, True)
    error = _error(open_files("files", endpoint).put(PATH, CONTENT))
    assert (type(error), str(error).endswith("(Connection refused)")) == (Unavailable, True)


@pytest.mark.parametrize("path", ["stock.txt", "/a\r\nDELE b", "/a/../../b", "/a\0", "/folder/", ""])
def test_path_that_could_mean_something_else_never_leaves(serve, path):
    with serve() as (server, drop, _):
        assert type(_error(drop.put(path, CONTENT))) is Rejected
        assert type(_error(drop.get(path))) is Rejected
        assert server.commands == []


@pytest.mark.parametrize("wrong", [{"password": "line\nbreak"}, {"user": "me\r\nQUIT"}, {"trusted": Path("no.pem")}])
def test_login_or_certificate_that_cannot_be_used_is_said_when_it_is_opened(wrong):
    login = {"host": "127.0.0.1", "user": "me", "password": "x-password"}
    with pytest.raises(NeedsConfig, match=r"files: .*(line break|no\.pem cannot be used)"):
        open_files("files", FileEndpoint("ftps", **(login | wrong)))


def test_dry_run_reads_and_shows_what_it_would_write(serve, folder):
    shown = []
    with serve(options={"capture": shown.append}) as (server, drop, _):
        (folder / "Inventory/here.txt").touch()
        assert asyncio.run(drop.list("/Inventory")) == ["here.txt"]
        for write in (drop.put(PATH, b"SKU\t1 " + ftpd.PASSWORD.encode()), drop.delete("/Inventory/here.txt")):
            with pytest.raises(Captured, match="was not sent, this is a dry run"):
                asyncio.run(write)
    assert [(call.method, call.content) for call in shown] == [("PUT", b"SKU\t1 ***"), ("DELETE", b"")]
    assert shown[0].url == f"ftps://127.0.0.1:{server.port}{PATH}"
    assert not {"STOR", "DELE"} & set(server.commands)


def test_every_call_is_noted_without_content(serve):
    async def scene(drop):
        subject.set(42)
        await drop.put(PATH, CONTENT)
        with pytest.raises(Rejected):
            await drop.get("/Inventory/other.txt")

    with serve() as (_, drop, notes):
        asyncio.run(scene(drop))
    assert [(note.method, note.status, note.order_id, note.request) for note in notes] == [
        ("PUT", 226, 42, b""),
        ("GET", 550, 42, b""),
    ]
    assert notes[1].error.startswith("550 ")


def test_threads_end_with_the_calls(serve):
    with serve() as (_, drop, _notes):
        asyncio.run(drop.put(PATH, CONTENT))
        assert not [one for one in threading.enumerate() if one.name.startswith("asyncio_")]
