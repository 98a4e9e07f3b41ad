"""A real FTP server with TLS on this machine, which can lose connections and refuse."""

import threading
import warnings
from pathlib import Path
from typing import ClassVar

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it stands on asyncore
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

# Made for these tests: it names 127.0.0.1 and opens nothing.
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVne4nABIzb7NQSAm
aVg6LQjRYPdV95RagNmH6g58maOhRANCAASWx1w5T47ti+gcv60hHyXSAhdVB3Zw
LBWd27Yzc9IUnngotv41a34d0zoADcX6FS8vyeQJfkIRsN+ugaHJulNq
-----END PRIVATE KEY-----
"""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBlDCCATqgAwIBAgIUE0Q5w+oeBYg5lL1xpaU71wgemoMwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZmlsZS1zZXJ2ZXIwIBcNMjYxMTIyMDEzMzA5WhgPMjEyNjEw
MjkwMTMzMDlaMBYxFDASBgNVBAMMC2ZpbGUtc2VydmVyMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAElsdcOU+O7YvoHL+tIR8l0gIXVQd2cCwVndu2M3PSFJ54KLb+
NWt+HdM6AA3F+hUvL8nkCX5CEbDfroGhybpTaqNkMGIwHQYDVR0OBBYEFM5pu58S
rJ6rBANs5sQ+yqRyTSWKMB8GA1UdIwQYMBaAFM5pu58SrJ6rBANs5sQ+yqRyTSWK
MA8GA1UdEwEB/wQFMAMBAf8wDwYDVR0RBAgwBocEfwAAATAKBggqhkjOPQQDAgNI
ADBFAiAGzPE7p/nnwz/6CyceVl5Nc5J0B+ZFEIqfCnmNPnla/gIhAOTATCZGpJh4
d1VInfXBS8eaFujTBJoACo4yOU6PnCHw
-----END CERTIFICATE-----
"""

USER, PASSWORD = "prefix:user", "s3cret-of-files"


class _Faulty:
    """Hangs up at a command, or in the place of a reply that begins so; knows no such command; says something else;
    gives no file the name of another one."""

    lost: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    said: ClassVar[dict[str, str]] = {}
    replaces: bool = True

    def process_command(self, cmd, *args, **kwargs):
        self.server_.commands.append(cmd)
        if cmd in self.lost:
            self.close()
        elif cmd in self.unknown:
            self.respond(f"500 Command {cmd} not understood.")
        elif cmd in self.said:
            self.respond(self.said[cmd])
        else:
            super().process_command(cmd, *args, **kwargs)

    def ftp_RNTO(self, path):  # noqa: N802
        if self.replaces or not self.fs.lexists(path):
            return super().ftp_RNTO(path)
        self._rnfr = None
        return self.respond("550 Cannot create a file when that file already exists.")

    def respond(self, resp, *args, **kwargs):
        if self.lost and resp.startswith(self.lost):
            self.close()
        else:
            super().respond(resp, *args, **kwargs)


class FtpServer:
    """`with FtpServer(folder, tls=True) as server`: serves `folder`, from a thread, until the block ends."""

    def __init__(self, folder: Path, *, tls: bool, permissions: str = "elradfmwMT", **faults) -> None:
        self.commands: list[str] = []
        kinds = (_Faulty, TLS_FTPHandler) if tls else (_Faulty, FTPHandler)
        handler = type("Handler", kinds, {"server_": self, **faults})
        handler.authorizer = DummyAuthorizer()
        (folder / "Inventory").mkdir(exist_ok=True)
        handler.authorizer.add_user(USER, PASSWORD, str(folder), perm=permissions)
        handler.banner, handler.auth_failed_timeout = "ready", 0
        if tls:
            (folder.parent / "key.pem").write_text(KEY)
            self.pem = folder.parent / "certificate.pem"
            self.pem.write_text(CERTIFICATE)
            handler.certfile, handler.keyfile = str(self.pem), str(folder.parent / "key.pem")
            handler.tls_control_required = handler.tls_data_required = True
        self._server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())
        self.port = self._server.address[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._ended.is_set():
            self._server.serve_forever(timeout=0.01, blocking=False)
        self._server.close_all()
