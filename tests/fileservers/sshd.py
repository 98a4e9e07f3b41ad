"""A real SFTP server on this machine, which can lose connections and refuse."""

import asyncio
import threading
from pathlib import Path

import asyncssh

USER, PASSWORD = "sftp-user", "s3cret-of-sftp"
WATCHED = ("open", "write", "close", "read", "posix_rename", "rename", "remove", "scandir")


class _Door(asyncssh.SSHServer):
    """Lets one user in, by password or by a key."""

    def __init__(self, server: "SftpServer") -> None:
        self._server = server

    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        self._server.passwords.append(password)
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return username == USER and key in self._server.welcome


def _watched(name: str):
    plain = getattr(asyncssh.SFTPServer, name)

    def operation(self, *args):
        server = self.server_
        server.operations.append(name)
        if name in server.lost:
            self.channel.get_connection().abort()
        if name in server.refused:
            raise server.refused[name]
        done = plain(self, *args)
        if f"{name} done" in server.lost:
            self.channel.get_connection().abort()
        return done

    return operation


class _Files(asyncssh.SFTPServer):
    """Hangs up at an operation or after it, or refuses it with an error."""

    server_: "SftpServer"

    open, write, close, read, posix_rename, rename, remove, scandir = map(_watched, WATCHED)


class SftpServer:
    """`with SftpServer(folder) as server`: serves `folder`, from a thread, until the block ends.

    `lost` names operations at which it hangs up, `"… done"` those after which it does; `refused` gives the errors that
    it answers with; `welcome` are keys that may come in without a password.
    """

    def __init__(self, folder: Path, *, lost=(), refused=None, welcome=(), more_keys=()) -> None:
        self.lost, self.refused, self.welcome = lost, refused or {}, tuple(welcome)
        self.host_key, self._more_keys = asyncssh.generate_private_key("ssh-ed25519"), more_keys
        self.operations: list[str] = []
        self.passwords: list[str] = []
        self._folder = folder
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    @property
    def public_key(self) -> str:
        """The host key as a line of a known_hosts file has it."""
        return " ".join(self.host_key.export_public_key().decode().split()[:2])

    @property
    def fingerprint(self) -> str:
        return self.host_key.get_fingerprint()

    def __enter__(self):
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        files = type("Files", (_Files,), {"server_": self})
        connections: set[asyncssh.SSHServerConnection] = set()
        listener = await asyncssh.create_server(
            lambda: _Door(self),
            "127.0.0.1",
            0,
            server_host_keys=[self.host_key, *self._more_keys],
            sftp_factory=lambda channel: files(channel, chroot=str(self._folder).encode()),
            acceptor=connections.add,
        )
        self.port = listener.get_port()
        self._listens.set()
        await self._stop.wait()
        listener.close()
        for connection in connections:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in connections), return_exceptions=True)
        await listener.wait_closed()
