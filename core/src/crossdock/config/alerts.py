"""Who is told when something waits for a person."""

import re
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt, model_validator

from crossdock.config.mistakes import Key, Mistake, dotted, nearest
from crossdock.config.order_options import Interval
from crossdock.config.references import Reference, SecretText, Text, Unresolved, text_of
from crossdock.config.table import Table
from crossdock.engine.problems import Code

MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _code(pattern: str) -> str:
    if any(fnmatchcase(code, pattern) for code in Code):
        return pattern
    raise ValueError("a kind of problem, or a pattern of " + ", ".join(f"'{code}'" for code in Code))


def _mail_address(address: str) -> str:
    if MAIL_ADDRESS.fullmatch(address):
        return address
    raise ValueError("a mail address such as orders@example.org")


def _somebody(to: tuple[str, ...]) -> tuple[str, ...]:
    if to:
        return to
    raise ValueError("at least one mail address")


def _patience(times: int) -> int:
    if times == 1:
        raise ValueError("0 (never), or 2 and more: every service is late by one interval now and then")
    return times


MailAddress = Annotated[str, AfterValidator(_mail_address)]
"""The address of a mailbox, without a name beside it."""


class Receiver(Table):
    """What all receivers of alerts have in common."""

    every: Interval = Field("15m", validate_default=True)
    """How often at most a message is sent; what is found in between is sent together."""
    clients: tuple[str, ...] = ()
    """Only problems of these clients' pipelines; without any, all."""
    codes: tuple[Annotated[str, AfterValidator(_code)], ...] = ()
    """Only problems of these kinds, exact or patterns such as `unmapped_*`; without any, all."""


class EmailReceiver(Receiver):
    """People who get mails."""

    to: Annotated[tuple[MailAddress, ...], AfterValidator(_somebody)]
    """Their addresses."""
    sender: MailAddress = Field(alias="from")
    """The address that the mails come from."""
    host: Text
    """The mail server."""
    port: Annotated[PositiveInt, Field(lt=65536)] | None = None
    """Its port; without it, 587 for `starttls`, 465 for `tls`, 25 for `none`."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls`: encrypted before anything is said; `tls`: from the first byte on; `none`: in clear text, for a server
    on this machine, without a password."""
    ca_file: str | None = None
    """A file of certificates in PEM (below the config's folder) that are trusted beside those that the machine trusts,
    for a server with a certificate of your own."""
    user: Text | None = None
    """The user name, where the server wants one."""
    password: SecretText | None = None
    """The password."""

    @model_validator(mode="after")
    def _one_login(self) -> "EmailReceiver":
        """A user has a password, and a password is never sent in clear text."""
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password together, or neither")
        if self.password is not None and self.security == "none":
            raise ValueError('a password only with security = "starttls" or "tls": it is not sent in clear text')
        return self

    @property
    def server_port(self) -> int:
        """The port to call."""
        return self.port or PORTS[self.security]


class WebhookReceiver(Receiver):
    """A program that is called."""

    url: SecretText
    """The address that is called with a POST of JSON; whoever knows it can call it."""
    secret: SecretText | None = None
    """With it each call is signed: `X-Crossdock-Signature: sha256=` and the HMAC-SHA256 of the body in hex."""


class Alerts(Table):
    """Who is told when something waits for a person, and when nothing happens any more."""

    silence: Annotated[NonNegativeInt, AfterValidator(_patience)] = 0
    """After how many times its usual interval a service counts as silent, such as 5; 0: never."""
    email: dict[str, EmailReceiver] = Field(default_factory=dict)
    """People who get mails, by a name of your choice."""
    webhook: dict[str, WebhookReceiver] = Field(default_factory=dict)
    """Programs that are called, by a name of your choice."""

    @model_validator(mode="after")
    def _one_name_each(self) -> "Alerts":
        """A name stands for one receiver."""
        if twice := sorted(self.email.keys() & self.webhook.keys()):
            raise ValueError(f"another name for one of the two receivers called {', '.join(twice)}")
        return self

    @property
    def receivers(self) -> Mapping[str, EmailReceiver | WebhookReceiver]:
        """Every receiver by its name."""
        return {**self.email, **self.webhook}


def silent_keys(table: Mapping[str, object]) -> Iterator[Key]:
    """The keys of an `[alerts]` table whose values are not shown, as they may be secrets that were written down."""
    for kind, secrets in (("email", ("password",)), ("webhook", ("url", "secret"))):
        named = table.get(kind)
        for name in named if isinstance(named, Mapping) else ():
            yield from ((kind, name, secret) for secret in secrets)


def mistakes_in_alerts(alerts: Alerts, file: Path, clients: Collection[str]) -> Iterator[Mistake]:
    """What the table alone does not show: references that lead nowhere, addresses that are none, unknown clients."""
    for kind, receivers in (("email", alerts.email), ("webhook", alerts.webhook)):
        for name, one in receivers.items():
            yield from _wrong_values(one, file, ("alerts", kind, name))
            yield from _unknown_clients(one, file, ("alerts", kind, name), clients)


def _unknown_clients(receiver: Receiver, file: Path, key: Key, clients: Collection[str]) -> Iterator[Mistake]:
    allowed, advice = (
        ", ".join(sorted(clients)) or "no pipeline names its client",
        "Name it as `client` of its pipelines.",
    )
    for place, client in enumerate(receiver.clients):
        if client not in clients:
            found = f"no pipeline is of client '{client}'"
            yield Mistake(file, dotted((*key, "clients", place)), found, allowed, nearest(client, clients), advice)


def _wrong_values(receiver: Receiver, file: Path, key: Key) -> Iterator[Mistake]:
    for name in ("host", "user", "password", "url", "secret"):
        value, place = getattr(receiver, name, None), dotted((*key, name))
        if value is None:
            continue
        try:
            text = text_of(value, file.parent)
        except Unresolved as failure:
            yield Mistake(file, place, f"{value}: {failure}", "", failure.nearest, failure.advice)
        else:
            yield from _no_address(name, value, text, file, place)
    if (ca_file := getattr(receiver, "ca_file", None)) and not (file.parent / ca_file).is_file():
        advice = "Write the certificates into that file."
        yield Mistake(file, dotted((*key, "ca_file")), f"there is no file {file.parent / ca_file}", advice=advice)


def _no_address(name: str, value: str | Reference, text: str, file: Path, place: str) -> Iterator[Mistake]:
    if name == "host" and not re.fullmatch(r"[A-Za-z0-9._:-]+", text):
        yield Mistake(file, place, f"{value} is no host name", "a name or an address, such as smtp.example.org")
    if name == "url" and not _is_web_address(text):
        yield Mistake(file, place, f"{value} is no web address", "an address that begins with https:// (or http://)")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and text.isascii()
    except ValueError:
        return False
