"""Laws about secrets: they reach the remote system, and nobody else."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, get_args
from urllib.parse import quote, quote_plus

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from crossdock.config import secrets_in
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.errors import wrong_secrets
from crossdock.testing.laws.settings import tables
from crossdock.testing.reads import Read, reads_of
from crossdock.testing.stage import Connected
from crossdock.testing.subject import Subject

NAMES = frozenset({"key", "secret", "token", "password", "passphrase", "pin", "credential", "credentials"})
PUBLIC = frozenset({"host", "public"})
ECHOED = (400, 401, 403, 404, 500)
LEAST_LENGTH = 6
"""Shorter texts stand everywhere by chance."""


@law("secrets.typed", Grade.BRONZE)
def secrets_are_typed(plugin: Subject) -> None:
    """A setting that is called a key, secret, token or password is a SecretStr.

    Plain text is printed with the settings in every log, and must not be a reference in the config.
    """
    plain = [f"{model.__name__}.{name}" for model in tables(plugin.info.settings) for name in _plain_secrets(model)]
    assert not plain, f"{', '.join(plain)} is plain text and is called a secret: make it pydantic.SecretStr"


@law("secrets.not_shown", Grade.BRONZE)
async def secrets_are_not_shown(plugin: Subject) -> None:
    """No secret stands in what is printed of the settings, the context, the endpoint and the roles.

    All of these end in logs and in the reports that people send to each other.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        known = spellings(secrets_in(connection.context.settings))
        shown = [
            connection.context,
            connection.context.settings,
            connection.endpoint,
            connection.endpoint.authentication,
        ]
        for one in (*shown, *(connection.role(role) for role in plugin.roles)):
            for text in (repr(one), str(one)):
                _check_free(text, known, f"repr of {type(one).__name__}")
        dumped = connection.context.settings.model_dump_json()
        _check_free(dumped, known, "model_dump_json() of the settings")


@law("secrets.not_told", Grade.GOLD)
async def secrets_are_not_told(plugin: Subject) -> None:
    """No secret reaches a log line or an error, not even when a refusal by the remote system repeats the whole request.

    Gateways quote the request in their error pages, and its headers hold the key. Errors are stored, shown in the
    console and sent by mail.
    """
    async with plugin.stage() as stage:
        for status in ECHOED:
            async with stage.connect() as connection:
                known = spellings(secrets_in(connection.context.settings))
                stage.theatre.instead = echo = Echo(status)
                for read in reads_of(plugin):
                    await _told(read, connection, known, f"the first answer was {status} and repeated the request")
                stage.theatre.instead = None
                for read in reads_of(plugin):
                    await _told(read, connection, known, "all went well")
                stage.theatre.instead = echo
                for read in reads_of(plugin):
                    await _told(read, connection, known | echo.proofs, f"the answer was {status}, with all of it")
                stage.theatre.instead = None


@law("secrets.not_told_when_wrong", Grade.GOLD)
async def wrong_secrets_are_not_told_either(plugin: Subject) -> None:
    """A secret that was refused is not repeated in the error that says so.

    It is the right one for another account, or has one letter too many.
    """
    async with plugin.stage() as stage:
        wrong = wrong_secrets(plugin.info.settings, stage)
        for read in reads_of(plugin):
            async with stage.connect(**wrong) as connection:
                await _told(read, connection, spellings(wrong.values()), "the credentials were wrong")


class Echo:
    """Answers every request with a status and with everything that the request said; `proofs` are its credentials."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.proofs: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Repeat the request."""
        request = Request(scope, receive)
        self.proofs |= spellings(request.headers.get("authorization", "").split()[1:])
        said = {"headers": dict(request.headers), "url": str(request.url), "body": (await request.body()).decode()}
        words = json.dumps(said)
        answer = {"message": words, "Message": words, "error": {"message": words}, "errors": [{"message": words}]}
        await Response(json.dumps(answer), self._status, media_type="application/json")(scope, receive, send)


def spellings(secrets: Iterable[str]) -> frozenset[str]:
    """Every secret that is long enough to be known again, as URLs, JSON and Basic credentials spell it."""
    ways: tuple[Callable[[str], str], ...] = (str, quote, quote_plus, lambda text: json.dumps(text)[1:-1])
    return frozenset(way(secret) for secret in secrets if len(secret) >= LEAST_LENGTH for way in ways)


async def _told(read: Read, connection: Connected, secrets: Collection[str], when: str) -> None:
    """Whatever comes of the read, and is logged, holds no secret."""
    try:
        given: Any = repr(await read.on(connection))
    except Exception as error:
        for one in _chain(error):
            _check_free(f"{one!s} {one!r}", secrets, f"{type(one).__name__} of {read} when {when}")
    else:
        _check_free(given, secrets, f"what {read} gave when {when}")
    _check_free(repr(connection.log.events), secrets, f"a log line of {read} when {when}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that a traceback shows with it."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _check_free(text: str, secrets: Collection[str], where: str) -> None:
    found = next((secret for secret in secrets if secret in text), None)
    assert found is None, f"{where} holds the secret {found!r}: {text[:300]}"


def _plain_secrets(model: type[BaseModel]) -> list[str]:
    """Fields that a person fills with text and whose name ends in a word for a secret; one with a text is a name."""
    return [
        name
        for name, field in model.model_fields.items()
        if _is_text(field.annotation)
        and not field.default_factory
        and field.default in (PydanticUndefined, None, "")
        and _sounds_secret(name)
    ]


def _sounds_secret(name: str) -> bool:
    *before, last = name.lower().split("_")
    return last in NAMES and not PUBLIC & {*before}


def _is_text(annotation: Any) -> bool:
    return annotation is str or str in get_args(annotation)
