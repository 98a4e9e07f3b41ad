"""The service's FTP server: TLS on both channels, a login of the form `prefix:user`, and the two folders for files.

    /Inventory             files in the account's own columns
    /Inventory/Transform   files that need a template

It only keeps what arrives; `POST /_ftp/pick_up` of the simulator takes the files in, if its option `ftp_folder` is the
folder of the server. Needs pyftpdlib and pyopenssl, which the simulator itself does not.
"""

import logging
import threading
import warnings
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.bulk.certificate import write_certificate
from crossdock_channeladvisor.sandbox.bulk.jobs import Spool
from crossdock_channeladvisor.sandbox.bulk.options import BulkOptions

_HOST = "127.0.0.1"
_MAY = "elrdfw"  # list, enter, read, delete, rename, write; not make folders
_LOOK_AROUND = 0.05  # seconds between looks at whether to stop


class FtpNotInstalled(Exception):
    """The packages of the FTP server are missing."""


class FtpSite:
    """`with FtpSite(folder, user, password) as site:` serves FTP over TLS at `site.port` from a thread.

    `site.certificate` is the file that a client must trust. Raises `FtpNotInstalled`.
    """

    host = _HOST

    def __init__(self, folder: Path, user: str, password: str, *, port: int = 0) -> None:
        self._folder = folder
        self._user = user
        self._password = password
        self.port = port
        self._spool = Spool()
        self._stopping = threading.Event()

    @property
    def certificate(self) -> Path:
        """The server's certificate, signed by itself."""
        return self._spool.file("certificate.pem")

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Serve from now on, in a thread."""
        (self._folder / "Inventory" / "Transform").mkdir(parents=True, exist_ok=True)
        self._server = self._server_of_the_library()
        self.port = self._server.address[1]
        self._thread = threading.Thread(target=self._serve, name=f"ftp-{self.port}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no more; what arrived stays."""
        self._stopping.set()
        self._thread.join()

    def _server_of_the_library(self) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # pyftpdlib stands on asyncore
                from pyftpdlib.authorizers import DummyAuthorizer
                from pyftpdlib.handlers import TLS_FTPHandler
                from pyftpdlib.ioloop import IOLoop
                from pyftpdlib.servers import FTPServer
        except ImportError as missing:
            raise FtpNotInstalled("The FTP server needs two packages: pip install pyftpdlib pyopenssl") from missing
        # Without a handler of ours the library would set up logging for the whole program.
        logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())
        key = self._spool.file("key.pem")
        write_certificate(self.certificate, key)
        people = DummyAuthorizer()
        people.add_user(self._user, self._password, str(self._folder), perm=_MAY)
        settings = {
            "authorizer": people,
            "certfile": str(self.certificate),
            "keyfile": str(key),
            "tls_control_required": True,
            "tls_data_required": True,
            "auth_failed_timeout": 0,
        }
        return FTPServer((self.host, self.port), type("Handler", (TLS_FTPHandler,), settings), ioloop=IOLoop())

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._server.ioloop.loop(timeout=_LOOK_AROUND, blocking=False)
        self._server.close_all()


class FtpDoor:
    """`POST /_ftp/open` opens the FTP server of a simulator that runs by itself, and tells where it is."""

    def __init__(self, options: BulkOptions) -> None:
        self._options = options
        self._site: FtpSite | None = None

    def route(self) -> Route:
        """The control path."""
        return Route("/_ftp/open", self._open, methods=["POST"])

    async def _open(self, request: Request) -> Response:
        options = self._options
        if options.ftp_folder is None:
            return JSONResponse({"error": "There is no ftp_folder in the options."}, 400)
        if self._site is None:
            self._site = FtpSite(options.ftp_folder, options.ftp_user, options.ftp_password, port=options.ftp_port)
            self._site.open()
            weakref.finalize(self, self._site.close)
        site = self._site
        return JSONResponse({"host": site.host, "port": site.port, "certificate": str(site.certificate)})
