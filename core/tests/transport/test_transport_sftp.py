"""SFTP: the server is believed only by a host key that somebody named, and what is not known is not guessed."""

import asyncio
import socket
import sys
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest
from fileservers import sshd

from crossdock import FileEndpoint, NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected, Unavailable
from crossdock.transport import Captured, open_files

PATH = "/in/stock.txt"
CONTENT = "Item\tQuantity\nÉtui-1\t1\n".encode() * 100_000


class Notebook(list):
    note = list.append


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "served/in").mkdir(parents=True)
    return tmp_path / "served"


@pytest.fixture
def serve(folder):
    """Serves the folder: gives the server, an open drop that trusts it, and the request log."""

    @contextmanager
    def served(*, changes=None, options=None, **faults):
        notes = Notebook()
        with sshd.SftpServer(folder, **faults) as server:
            yield server, _drop(server, journal=notes, **(changes or {}), **(options or {})), notes

    return served


def _drop(server, *, journal=None, capture=None, **changes):
    login = {"user": sshd.USER, "password": sshd.PASSWORD, "host_key": server.public_key, "timeout": 5.0}
    endpoint = FileEndpoint("sftp", "127.0.0.1", port=server.port, **(login | changes))
    return open_files("files", endpoint, journal=journal, capture=capture)


def _error(coroutine):
    with pytest.raises(Exception) as caught:
        asyncio.run(coroutine)
    assert sshd.PASSWORD not in f"{caught.value!r} {caught.value}"
    return caught.value


def test_file_arrives_whole_under_its_name_and_is_read_moved_listed_and_removed(serve, folder):
    async def scene(drop):
        await drop.put(PATH, CONTENT)
        assert (folder / "in/stock.txt").read_bytes() == CONTENT
        assert await drop.get(PATH) == CONTENT
        await drop.move(PATH, "/in/done.txt")
        assert await drop.find(PATH) is None
        assert await drop.list("/in") == ["done.txt"]
        await drop.delete("/in/done.txt")
        await drop.delete("/in/done.txt")

    with serve() as (_, drop, notes):
        asyncio.run(scene(drop))
    assert list((folder / "in").iterdir()) == []
    assert [(note.method, note.status) for note in notes] == [
        (method, 226) for method in ("PUT", "GET", "MOVE", "GET", "LIST", "DELETE", "DELETE")
    ]


def test_half_a_file_is_never_seen_under_its_name(serve, folder):
    with serve(lost=("write done",)) as (_, drop, _notes):
        assert type(_error(drop.put(PATH, CONTENT))) is Unavailable
        assert [path.name for path in (folder / "in").iterdir()] == ["stock.txt.part"]
        assert asyncio.run(drop.list("/in")) == []


@pytest.mark.parametrize("kind", ["posix_rename", "rename"])
def test_file_of_the_same_name_is_replaced_whatever_the_server_knows(serve, folder, kind):
    unknown = {"posix_rename": asyncssh.SFTPOpUnsupported("not here")} if kind == "rename" else {}
    (folder / "in/stock.txt").write_text("of yesterday")
    with serve(refused=unknown) as (server, drop, _notes):
        asyncio.run(drop.put(PATH, b""))
    assert (folder / "in/stock.txt").read_bytes() == b""
    assert kind in server.operations


def test_server_that_nobody_vouches_for_gets_no_password_and_its_fingerprint_is_shown(serve):
    with serve(changes={"host_key": ""}) as (server, drop, notes):
        error = _error(drop.put(PATH, CONTENT))
        assert (server.passwords, server.operations) == ([], [])
    assert type(error) is NeedsConfig
    assert f"shows the host key ssh-ed25519 {server.fingerprint}; ask its owner whether that is right" in str(error)
    assert notes[0].status is None


def test_server_with_another_key_gets_no_password(serve):
    other = asyncssh.generate_private_key("ssh-ed25519")
    for wrong in (other.export_public_key().decode(), other.get_fingerprint()):
        with serve(changes={"host_key": wrong}) as (server, drop, _notes):
            error = _error(drop.get(PATH))
            assert server.passwords == []
        assert type(error) is NeedsConfig
        assert f"{server.fingerprint}, which is not the one in host_key" in str(error)


def test_server_with_a_key_of_another_kind_is_not_believed_either(serve):
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    with serve(changes={"host_key": other.export_public_key().decode()}) as (server, drop, _notes):
        error = _error(drop.get(PATH))
    assert (type(error), server.passwords) == (NeedsConfig, [])
    assert f"ssh-ed25519 {server.fingerprint}, which is not the one in host_key" in str(error)


def test_server_with_several_keys_is_asked_for_the_one_that_is_trusted(serve, folder):
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    (folder / "in/a.csv").touch()
    with serve(more_keys=[rsa]) as (server, _drop_of, _notes):
        drop = _drop(server, host_key=rsa.export_public_key().decode())
        assert asyncio.run(drop.list("/in")) == ["a.csv"]


def test_host_key_is_written_in_any_way_that_people_have_it(serve, folder, tmp_path):
    (folder / "in/a.csv").touch()
    with serve() as (server, _drop_of, _notes):
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{server.port} {server.public_key}\n")
        for trust in (
            {"host_key": server.fingerprint},
            {"host_key": f"# of the server\n127.0.0.1 {server.public_key} a comment"},
            {"host_key": "", "trusted": known_hosts},
        ):
            assert asyncio.run(_drop(server, **trust).list("/in")) == ["a.csv"]


def test_known_hosts_file_that_names_other_hosts_vouches_for_none(serve, tmp_path):
    with serve() as (server, _drop_of, _notes):
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(f"files.example {server.public_key}\n")
        error = _error(_drop(server, host_key="", trusted=known_hosts).list("/in"))
    assert (type(error), server.passwords) == (NeedsConfig, [])


def _exported(key, passphrase):
    sealed = {"passphrase": passphrase, "rounds": 1, "ignore_few_rounds": True} if passphrase else {}
    return key.export_private_key(**sealed).decode().strip()


@pytest.mark.parametrize("sealed", ["", "passphrase"])
def test_private_key_lets_in_without_a_password(serve, folder, sealed):
    key = asyncssh.generate_private_key("ssh-ed25519")
    text = _exported(key, sealed)
    (folder / "in/a.csv").touch()
    with serve(welcome=[key.convert_to_public()]) as (server, _drop_of, _notes):
        drop = _drop(server, private_key=text, password=sealed)
        assert asyncio.run(drop.list("/in")) == ["a.csv"]
        assert server.passwords == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"private_key": "no key"}, "private_key cannot be used"),
        ({"host_key": "ssh-ed25519 nonsense"}, "neither a public key"),
        ({"host_key": "@cert-authority * ssh-ed25519 x"}, "neither a public key"),
        ({"trusted": Path("nowhere/known_hosts")}, "cannot be read"),
        ({"root": "outbox"}, "must be an absolute path"),
    ],
)
def test_key_or_folder_that_cannot_be_used_is_said_when_it_is_opened(wrong, said):
    with pytest.raises(NeedsConfig, match=f"files: .*{said}"):
        open_files("files", FileEndpoint("sftp", "127.0.0.1", "me", **wrong))


def test_sealed_key_without_its_passphrase_is_said_without_the_key():
    text = _exported(asyncssh.generate_private_key("ssh-ed25519"), "p4ss-phrase")
    with pytest.raises(NeedsConfig, match="private_key cannot be used") as refused:
        open_files("files", FileEndpoint("sftp", "127.0.0.1", "me", private_key=text))
    assert text.split()[5] not in str(refused.value)


def test_wrong_password_needs_a_person_and_is_not_quoted(serve):
    with serve(changes={"password": "wr0ng-password"}) as (_, drop, notes):
        error = _error(drop.put(PATH, CONTENT))
    assert type(error) is NeedsAuth
    assert "correct user and password of the file server (Permission denied" in str(error)
    assert "wr0ng-password" not in f"{error} {notes}"


@pytest.mark.parametrize(
    ("lost", "kind"),
    [
        ("open", Unavailable),
        ("write", Unavailable),
        ("close", Unavailable),
        ("posix_rename", OutcomeUnknown),
        ("posix_rename done", OutcomeUnknown),
    ],
)
def test_write_is_in_doubt_only_after_its_data_left(serve, lost, kind):
    with serve(lost=(lost,)) as (_, drop, _notes):
        error = _error(drop.put(PATH, b"1"))
    assert type(error) is kind, str(error)


def test_move_whose_answer_was_lost_can_be_made_again(serve, folder):
    (folder / "in/stock.txt").write_text("1")
    with serve(lost=("posix_rename done",)) as (server, drop, _notes):
        assert type(_error(drop.move(PATH, "/in/done.txt"))) is Unavailable
        server.lost = ()
        asyncio.run(drop.move(PATH, "/in/done.txt"))
    assert [path.name for path in (folder / "in").iterdir()] == ["done.txt"]


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (asyncssh.SFTPPermissionDenied("you may not"), Rejected),
        (asyncssh.SFTPFailure("no room"), Unavailable),
        (asyncssh.SFTPNoSpaceOnFilesystem("no room"), Unavailable),
    ],
)
def test_refused_file_leaves_nothing_behind(serve, folder, refusal, kind):
    for operation in ("open", "write", "posix_rename"):
        with serve(refused={operation: refusal}) as (_, drop, _notes):
            error = _error(drop.put(PATH, CONTENT))
        assert type(error) is kind
        assert refusal.reason in str(error)
        assert list((folder / "in").iterdir()) == []


def test_refused_path_is_refused_in_the_words_of_the_server(serve):
    with serve() as (server, drop, _notes):
        errors = [_error(drop.put("/Nowhere/x", CONTENT)), _error(drop.get(PATH)), _error(drop.list("/Nowhere"))]
    assert {type(error) for error in errors} == {Rejected}
    assert str(errors[0]).startswith(f"files: PUT sftp://127.0.0.1:{server.port}/Nowhere/x was refused (")


def test_server_that_is_not_there_or_says_nothing_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never greets
        endpoint = FileEndpoint("sftp", "127.0.0.1", "me", "x-password", port=silent.getsockname()[1], timeout=0.1)
        error = _error(open_files("files", endpoint).put(PATH, CONTENT))
    assert (type(error), str(error).endswith("(no answer came within 0.1 s)")) == (Unavailable, True)
    error = _error(open_files("files", endpoint).put(PATH, CONTENT))
    assert (type(error), "Connect call failed" in str(error)) == (Unavailable, True)


def test_many_calls_at_once_share_one_login(serve):
    async def scene(drop):
        await asyncio.gather(*(drop.put(f"/in/{number}.txt", b"1") for number in range(5)))
        assert await drop.list("/in") == [f"{number}.txt" for number in range(5)]

    with serve() as (server, drop, _notes):
        asyncio.run(scene(drop))
        assert len(server.passwords) == 2


def test_dry_run_reads_and_shows_what_it_would_write(serve, folder):
    shown = []
    (folder / "in/a.csv").touch()
    with serve(options={"capture": shown.append}) as (server, drop, _notes):
        assert asyncio.run(drop.list("/in")) == ["a.csv"]
        for write in (drop.put(PATH, sshd.PASSWORD.encode()), drop.move("/in/a.csv", "/in/b.csv")):
            with pytest.raises(Captured):
                asyncio.run(write)
    server_url = f"sftp://127.0.0.1:{server.port}"
    assert [(call.method, call.content) for call in shown] == [("PUT", b"***"), ("MOVE", b"")]
    assert shown[1].headers == {"Destination": f"{server_url}/in/b.csv"}
    assert [path.name for path in (folder / "in").iterdir()] == ["a.csv"]


def test_missing_library_is_named_with_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    monkeypatch.delitem(sys.modules, "crossdock.transport.sftp", raising=False)
    monkeypatch.delitem(sys.modules, "crossdock.transport.host_key", raising=False)
    with pytest.raises(NeedsConfig, match=r"pip install 'crossdock\[sftp\]'"):
        open_files("files", FileEndpoint("sftp", "127.0.0.1", "me", "x-password"))
