"""A real mail server on this machine, with TLS and logins, which can refuse."""

import asyncio
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

# Made for these tests: it names 127.0.0.1 and opens nothing.
from fileservers.ftpd import CERTIFICATE, KEY

USER, PASSWORD = "the-user", "s3cret-of-mails"


class MailServer:
    """`with MailServer(folder) as server`: takes mails until the block ends.

    `security` is starttls (before anything else), tls or none; with `login` nobody sends without one. `refused` are
    addresses that it does not know; `answer` is what it says to every mail in the place of taking it.
    """

    def __init__(self, folder: Path, *, security="none", login=False, refused=(), answer="") -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.refused, self.answer = set(refused), answer
        self.certificate = folder / "mail-certificate.pem"
        self.certificate.write_text(CERTIFICATE)
        (folder / "mail-key.pem").write_text(KEY)
        self._security, self._login = security, login
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate, folder / "mail-key.pem")
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve)
        self.port = 0

    def __enter__(self) -> "MailServer":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refused:
            return f"550 {address} is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.answer:
            return self.answer
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.to.append(list(envelope.rcpt_tos))
        return "250 taken"

    def _serve(self) -> None:
        self._loop.run_until_complete(self._work())
        self._loop.close()

    async def _work(self) -> None:
        self._ended = asyncio.Event()
        whole = self._tls if self._security == "tls" else None
        server = await self._loop.create_server(self._session, "127.0.0.1", 0, ssl=whole)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        server.close()
        await server.wait_closed()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    def _session(self) -> SMTP:
        later = self._tls if self._security == "starttls" else None
        return SMTP(
            self,
            hostname="mail.example.org",
            tls_context=later,
            require_starttls=later is not None,
            auth_required=self._login,
            auth_require_tls=self._security == "starttls",
            authenticator=self._authenticate if self._login else None,
            loop=self._loop,
        )

    def _authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)
