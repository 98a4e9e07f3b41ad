"""Sends one mail through one mail server, on a thread that nobody waits for longer than he wants."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import TypeVar

from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.http import error_text

T = TypeVar("T")

STEP_SECONDS = 20.0
WHOLE_SECONDS = 60.0


class MailNotTaken(CrossdockError):
    """A mail server did not take a mail; says why."""


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in. `security` is starttls, tls or none; `ca_file` is trusted beside the machine's own."""

    host: str
    port: int
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


async def send_mail(server: MailServer, message: EmailMessage, *, seconds: float = WHOLE_SECONDS) -> Mapping[str, str]:
    """Hand in a mail; gives the addresses that the server refused while it took the others, and why.

    Raises `MailNotTaken` when it took none.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _on_a_thread(lambda: _hand_in(server, message))
    except TimeoutError:
        raise MailNotTaken(f"{_place(server)} did not take it in {seconds:.0f} s") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise MailNotTaken(_reason(server, error)) from error


async def _on_a_thread(work: Callable[[], T]) -> T:
    """Work that blocks; who is told to stop does not wait for it, and neither does the end of the process."""
    result: Future[T] = Future()
    result.set_running_or_notify_cancel()

    def carry_out() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    Thread(target=carry_out, name="crossdock-mail", daemon=True).start()
    return await asyncio.wrap_future(result)


def _hand_in(server: MailServer, message: EmailMessage) -> Mapping[str, str]:
    trusted = _trusted(server)
    if server.security == "tls":
        session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=STEP_SECONDS, context=trusted)
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=STEP_SECONDS)
    try:
        if server.security == "starttls":
            session.starttls(context=trusted)
        if server.user:
            session.login(server.user, server.password)
        refused = session.send_message(message)
        with suppress(smtplib.SMTPException, OSError):  # it has the mail: how the good-bye goes does not matter
            session.quit()
    finally:
        session.close()
    return {address: _said(code, words) for address, (code, words) in refused.items()}


def _trusted(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.ca_file is not None:
        context.load_verify_locations(server.ca_file)
    return context


def _reason(server: MailServer, error: Exception) -> str:
    """Why the mail was not taken, in a sentence for the person who must act; never quotes what was sent."""
    place = _place(server)
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{place} refuses the user or the password ({_said(error.smtp_code, error.smtp_error)})"
        case smtplib.SMTPRecipientsRefused():
            told = ", ".join(f"{who} ({_said(*why)})" for who, why in error.recipients.items())
            return f"{place} refuses every address: {told}"
        case smtplib.SMTPSenderRefused():
            return f"{place} refuses the sender {error.sender} ({_said(error.smtp_code, error.smtp_error)})"
        case smtplib.SMTPResponseException():
            return f"{place} refuses the mail ({_said(error.smtp_code, error.smtp_error)})"
        case smtplib.SMTPServerDisconnected():
            return f"{place} closed the connection in the middle"
        case smtplib.SMTPException():
            return f"{place} cannot do what is asked of it ({error}); look at `security`, `user` and the port"
        case OSError():
            return _no_connection(server, error)
    return f"the mail could not be written ({error})"


def _no_connection(server: MailServer, error: OSError) -> str:
    place = _place(server)
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {place} is not trusted ({error.verify_message}); `ca_file` names one to trust"
        case ssl.SSLError():
            return f"{place} does not speak TLS as it should; look at `security` and the port"
        case socket.gaierror():
            return f"the host name {server.host} could not be resolved"
        case TimeoutError():
            return f"{place} did not answer in {STEP_SECONDS:.0f} s"
    return f"no connection to {place} ({error.strerror or error})"


def _said(code: int, words: bytes | str) -> str:
    return f"{code} {error_text(words)}"


def _place(server: MailServer) -> str:
    return f"{server.host}:{server.port}"
