"""Who is told when something waits for a person."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from crossdock.config.order_options import Interval
from crossdock.config.references import SecretText, Text
from crossdock.config.table import Table


class Receiver(Table):
    """What all receivers of alerts have in common."""

    every: Interval = Field("15m", validate_default=True)
    """How often at most a message is sent; what is found in between is sent together."""
    clients: tuple[str, ...] = ()
    """Only problems of these clients' pipelines; without any, all."""
    codes: tuple[str, ...] = ()
    """Only problems of these kinds, exact or patterns such as `unmapped_*`; without any, all."""


class EmailReceiver(Receiver):
    """People who get mails."""

    to: Annotated[tuple[str, ...], Field(min_length=1)]
    """Their addresses."""
    sender: str = Field(alias="from")
    """The address that the mails come from."""
    host: Text
    """The mail server."""
    port: PositiveInt = 587
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls`: encrypted from the first word on (port 587); `tls`: from the first byte on (port 465); `none`: in
    clear text, for a server on this machine."""
    user: Text | None = None
    """The user name, where the server wants one."""
    password: SecretText | None = None
    """The password."""


class WebhookReceiver(Receiver):
    """A program that is called."""

    url: SecretText
    """The address that is called with a POST of JSON; whoever knows it can call it."""
    secret: SecretText | None = None
    """With it each call is signed: `X-Crossdock-Signature: sha256=` and the HMAC-SHA256 of the body in hex."""


class Alerts(Table):
    """Who is told when something waits for a person, and when nothing happens any more."""

    silence: NonNegativeFloat = 0
    """After how many times its usual interval a service counts as silent, such as 5; 0: never."""
    email: dict[str, EmailReceiver] = Field(default_factory=dict)
    """People who get mails, by a name of your choice."""
    webhook: dict[str, WebhookReceiver] = Field(default_factory=dict)
    """Programs that are called, by a name of your choice."""
