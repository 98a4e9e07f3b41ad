"""SFTP as asyncssh speaks it (the extra `crossdock[sftp]`): nothing but what the endpoint says is used or believed."""

import asyncio
from contextlib import suppress
from socket import gaierror
from typing import cast

import asyncssh

from crossdock.hooks.errors import NeedsConfig
from crossdock.hooks.files import FileEndpoint
from crossdock.transport.host_key import Visitor, trust_in
from crossdock.transport.session import PART, Doubt, Ending, Failure

BLOCK = 1024 * 1024
"""Bytes that are to come or go within the time limit."""

OTHER_KINDS = "ssh-ed25519,ecdsa-sha2-nistp*,rsa-sha2-*"
"""Kinds of host keys that are asked for after the trusted ones, so that a server shows which key it has."""

_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.SFTPEOFError)
_NOT_THERE = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
_REFUSED_FOR_NOW = (
    asyncssh.SFTPFailure,  # the word of most servers for all that has none of its own, a full disk among it
    asyncssh.SFTPNoSpaceOnFilesystem,
    asyncssh.SFTPQuotaExceeded,
    asyncssh.SFTPLockConflict,
    asyncssh.SFTPNoMedia,
)


class _Untrusted(Exception):
    """The server showed a host key that nobody vouches for."""


class SftpServer:
    """A `FileServer` that speaks SFTP; raises `NeedsConfig` when a key in the settings cannot be used."""

    failures: tuple[type[Exception], ...] = (asyncssh.Error, OSError, _Untrusted)

    def __init__(self, name: str, endpoint: FileEndpoint) -> None:
        self._endpoint = endpoint
        self._trust = trust_in(name, endpoint)
        self._keys = [_private_key(name, endpoint)] if endpoint.private_key else None

    async def open(self) -> "SftpSession":
        async with asyncio.timeout(self._endpoint.timeout):
            connection = await self._connected()
            try:
                return SftpSession(connection, await connection.start_sftp_client(), self._endpoint.timeout)
            except BaseException:
                connection.abort()
                raise

    async def _connected(self) -> asyncssh.SSHClientConnection:
        at, visitor = self._endpoint, Visitor(self._trust)
        try:
            return await asyncssh.connect(
                at.host,
                at.port,
                username=at.user,
                password=at.password or None,
                client_keys=self._keys,
                known_hosts=self._trust.known_hosts,
                server_host_key_algs=f"+{OTHER_KINDS}",
                client_factory=lambda: visitor,
                config=None,
                agent_path=None,
                x509_trusted_certs=None,
                gss_kex=False,
                gss_auth=False,
                host_based_auth=False,
            )
        except asyncssh.HostKeyNotVerifiable:
            raise _Untrusted(self._trust.refusal(at.host, visitor.met)) from None

    def failure(self, error: Exception) -> Failure:
        return Failure(_ending(error), self._words(error))

    def _words(self, error: Exception) -> str:
        match error:
            case asyncssh.Error():
                return error.reason
            case gaierror():
                return f"the host name {self._endpoint.host} could not be resolved"
            case TimeoutError():
                return f"no answer came within {self._endpoint.timeout:g} s"
            case OSError():
                return error.strerror or str(error) or type(error).__name__
            case _:
                return str(error)


class SftpSession:
    """A `Session` of SFTP."""

    def __init__(self, connection: asyncssh.SSHClientConnection, sftp: asyncssh.SFTPClient, timeout: float) -> None:
        self._connection = connection
        self._sftp = sftp
        self._timeout = timeout

    async def put(self, path: str, content: bytes, doubt: Doubt) -> None:
        part = path + PART
        try:
            await self._write(part, content)
            doubt.arisen = True
            await self._rename(part, path)
        except asyncssh.SFTPError as error:
            if not isinstance(error, _LOST):
                with suppress(*SftpServer.failures):
                    await self.delete(part)
            raise

    async def _write(self, path: str, content: bytes) -> None:
        async with self._limit():
            file = await self._sftp.open(path, "wb")
        for start in range(0, len(content), BLOCK):
            async with self._limit():
                await file.write(content[start : start + BLOCK])
        async with self._limit():
            await file.close()

    async def names(self, folder: str) -> list[str]:
        async with self._limit():
            found = await self._sftp.readdir(folder)
        files = [str(one.filename) for one in found if one.attrs.type != asyncssh.FILEXFER_TYPE_DIRECTORY]
        return [name for name in files if not name.endswith(PART)]

    async def get(self, path: str) -> bytes:
        async with self._limit():
            file = await self._sftp.open(path, "rb")
        content, more = bytearray(), True
        while more:
            async with self._limit():
                block = cast(bytes, await file.read(BLOCK))
            content += block
            more = bool(block)
        async with self._limit():
            await file.close()
        return bytes(content)

    async def find(self, path: str) -> bytes | None:
        try:
            return await self.get(path)
        except _NOT_THERE:
            return None

    async def move(self, path: str, to: str) -> None:
        try:
            await self._rename(path, to)
        except _NOT_THERE:
            async with self._limit():
                moved = await self._sftp.exists(to) and not await self._sftp.exists(path)
            if not moved:
                raise

    async def delete(self, path: str) -> None:
        with suppress(*_NOT_THERE):
            async with self._limit():
                await self._sftp.remove(path)

    async def close(self, *, lost: bool = False) -> None:
        if lost:
            self._connection.abort()
        self._connection.close()
        with suppress(*SftpServer.failures):
            async with self._limit():
                await self._connection.wait_closed()

    async def _rename(self, path: str, to: str) -> None:
        """Rename, also on servers that leave a file in its place until it is deleted."""
        async with self._limit():
            try:
                await self._sftp.posix_rename(path, to)
            except asyncssh.SFTPOpUnsupported:
                if await self._sftp.exists(to) and await self._sftp.exists(path):
                    await self._sftp.remove(to)
                await self._sftp.rename(path, to)

    def _limit(self) -> asyncio.Timeout:
        return asyncio.timeout(self._timeout)


def _private_key(name: str, endpoint: FileEndpoint) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(endpoint.private_key.strip() + "\n", endpoint.password or None)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise NeedsConfig(f"{name}: private_key cannot be used ({error})") from None


def _ending(error: Exception) -> Ending:
    match error:
        case _Untrusted():
            return Ending.NOT_TRUSTED
        case asyncssh.PermissionDenied() | asyncssh.IllegalUserName():
            return Ending.NOT_LOGGED_IN
        case asyncssh.SFTPError() if isinstance(error, _REFUSED_FOR_NOW):
            return Ending.REFUSED_FOR_NOW
        case asyncssh.SFTPError() if not isinstance(error, _LOST):
            return Ending.REFUSED
        case asyncssh.ChannelOpenError():
            return Ending.REFUSED
        case _:
            return Ending.LOST
