"""The receivers of alerts, opened: people who get mails, programs that are called."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol

import httpx
from pydantic_core import to_json

from crossdock import __version__
from crossdock.config import Config, EmailReceiver, WebhookReceiver, secret_parts
from crossdock.config.references import text_of
from crossdock.engine.alerts import Digest, Interest, as_document, as_text, interest_of
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.http import error_text
from crossdock.transport.classify import reason_of
from crossdock.transport.mail import MailServer, send_mail
from crossdock.transport.redact import Redactor
from crossdock.transport.wire import FAILURES, Wire

WEBHOOK_SECONDS = 15.0
SIGNATURE = "X-Crossdock-Signature"


class WebhookNotTaken(CrossdockError):
    """A program that was called did not take the message; says why."""


class Way(Protocol):
    """How a message gets to a receiver."""

    @property
    def place(self) -> str:
        """Where it goes, fit to be shown."""

    async def tell(self, digest: Digest) -> str:
        """Bring it there; gives a sentence where not all of the receiver got it. Raises why nobody did."""


@dataclass(frozen=True)
class AlertReceiver:
    """Somebody who is told: of what, how often, and by which way."""

    name: str
    interest: Interest
    every: timedelta
    way: Way


def open_receivers(config: Config) -> Mapping[str, AlertReceiver]:
    """The receivers of a config without a mistake, by name; nothing is sent."""
    client_of = clients_of(config)
    return {
        name: AlertReceiver(
            name,
            interest_of(one.clients, one.codes, client_of),
            timedelta(seconds=one.every.seconds),
            _mailbox(one, config.folder) if isinstance(one, EmailReceiver) else _program(one, config.folder),
        )
        for name, one in config.alerts.receivers.items()
    }


def clients_of(config: Config) -> Mapping[str, str]:
    """Whose each pipeline is."""
    return {name: pipeline.client for name, pipeline in config.pipelines.items()}


def _mailbox(email: EmailReceiver, folder: Path) -> "Mailbox":
    server = MailServer(
        host=text_of(email.host, folder),
        port=email.server_port,
        security=email.security,
        user=text_of(email.user, folder) if email.user else "",
        password=email.password.resolve(folder) if email.password else "",
        ca_file=folder / email.ca_file if email.ca_file else None,
    )
    return Mailbox(server, email.sender, email.to)


def _program(webhook: WebhookReceiver, folder: Path) -> "Program":
    secret = webhook.secret.resolve(folder) if webhook.secret else ""
    return Program(webhook.url.resolve(folder), secret, str(webhook.url))


@dataclass(frozen=True)
class Mailbox:
    """People who get mails."""

    server: MailServer
    sender: str
    to: tuple[str, ...]

    @property
    def place(self) -> str:
        return ", ".join(self.to)

    async def tell(self, digest: Digest) -> str:
        refused = await send_mail(self.server, mail_of(digest, self.sender, self.to))
        told = "; ".join(f"{address}: {why}" for address, why in refused.items())
        return f"{self.server.host} refuses some of the addresses, the others got it ({told})" if told else ""


def mail_of(digest: Digest, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The digest as a mail that no robot answers."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(to), digest.title
    message["Date"] = format_datetime(digest.at)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(digest))
    return message


@dataclass(frozen=True)
class Program:
    """A program that is called; its address is a secret, `place` says where that stands."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    place: str
    seconds: float = WEBHOOK_SECONDS

    async def tell(self, digest: Digest) -> str:
        body = to_json(as_document(digest))
        wire = Wire(httpx.URL(self.url), connections=1, timeout=self.seconds)
        try:
            answer = await wire.exchange("POST", self.url, headers=self._headers(body, digest.at), content=body)
        except FAILURES as error:
            raise WebhookNotTaken(self._veiled(reason_of(error))) from error
        finally:
            await wire.aclose()
        if not answer.is_success:
            raise WebhookNotTaken(
                self._veiled(f"it answered {answer.status_code} {error_text(answer.content)}".strip())
            )
        return ""

    def _headers(self, body: bytes, at: datetime) -> httpx.Headers:
        headers = {"Content-Type": "application/json", "User-Agent": f"crossdock/{__version__}"}
        if self.secret:
            headers[SIGNATURE] = f"sha256={hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()}"
        return httpx.Headers(headers)

    def _veiled(self, text: str) -> str:
        """The text without the address or the key: an answer may quote them."""
        return Redactor({self.secret, *secret_parts(self.url)} - {""}).text(text)
