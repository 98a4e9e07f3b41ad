"""Secret values: references turned into values, and the list of what must never be shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretBytes, SecretStr

from crossdock.config.load import Config
from crossdock.config.mistakes import Key
from crossdock.config.references import Reference, Unresolved, as_reference, text_of

LEAST_SECRET_PART = 16
_NO_VALUE = "unresolved"


@dataclass
class Resolved:
    """A table with values in the place of references: where they stood, what they gave, which led nowhere."""

    folder: Path
    values: dict[Key, str] = field(default_factory=dict, repr=False)
    failures: dict[Key, tuple[Reference, Unresolved]] = field(default_factory=dict)

    def resolve(self, value: Any, key: Key = ()) -> Any:
        """The value with every reference in it replaced."""
        if reference := as_reference(value):
            return self._follow(reference, key)
        if isinstance(value, Mapping):
            return {name: self.resolve(inner, (*key, name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner, (*key, index)) for index, inner in enumerate(value)]
        return value

    def _follow(self, reference: Reference, key: Key) -> str:
        try:
            self.values[key] = reference.resolve(self.folder)
        except Unresolved as failure:
            self.failures[key] = (reference, failure)
        return self.values.get(key, _NO_VALUE)


def store_url(config: Config) -> str:
    """The address of the database; a relative SQLite file lies in the config's folder, wherever crossdock runs."""
    url = text_of(config.store.url, config.folder)
    file = url.removeprefix("sqlite:///")
    if file == url or not file or file.startswith((":", "/", "file:")):
        return url
    return f"sqlite:///{config.folder / file}"


def webhook_secret(config: Config) -> str:
    """What those who call us must know; empty text where nobody is listened to."""
    return config.webhooks.secret.resolve(config.folder) if config.webhooks else ""


def secret_values(config: Config, settings: Iterable[BaseModel]) -> frozenset[str]:
    """Every secret of the config in clear: of the settings, the database's address, the webhooks, the alerts."""
    password = urlsplit(store_url(config)).password or ""
    found = {password, unquote(password), *(secret for one in settings for secret in secrets_in(one))}
    return frozenset({*found, webhook_secret(config), *_alert_secrets(config)} - {""})


def _alert_secrets(config: Config) -> Iterator[str]:
    """Passwords and keys of signatures; and of the addresses to call what comes after the host."""
    for email in config.alerts.email.values():
        yield email.password.resolve(config.folder) if email.password else ""
    for webhook in config.alerts.webhook.values():
        yield webhook.secret.resolve(config.folder) if webhook.secret else ""
        yield from secret_parts(webhook.url.resolve(config.folder))


def secret_parts(url: str) -> Iterator[str]:
    """What must not be shown of an address that only those may call who know it; a short path is no secret."""
    parts = urlsplit(url)
    yield from (url, url.partition("?")[0], parts.password or "")
    yield from (part for part in (parts.path.strip("/"), parts.query) if len(part) >= LEAST_SECRET_PART)


def literal_secrets(model: type[BaseModel], table: Mapping[str, Any], key: Key = ()) -> Iterator[Key]:
    """The keys of secret settings whose value stands in the config itself."""
    for name, setting in model.model_fields.items():
        for spelling in {name, setting.alias or name} & table.keys():
            yield from _literals(setting.annotation, table[spelling], (*key, spelling))


def _literals(annotation: Any, value: Any, key: Key) -> Iterator[Key]:
    if as_reference(value):
        return
    if annotation in (SecretStr, SecretBytes):
        yield key
    elif isinstance(value, Mapping) and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from literal_secrets(annotation, value, key)
    else:
        for inner, part, place in _parts(annotation, value, key):
            yield from _literals(inner, part, place)


def _parts(annotation: Any, value: Any, key: Key) -> Iterator[tuple[Any, Any, Key]]:
    """The parts of a value with their types; of a union, the value itself with each type."""
    arguments, origin = get_args(annotation), get_origin(annotation)
    if isinstance(value, list) and origin in (list, tuple, set, frozenset):
        yield from ((inner, part, (*key, index)) for index, part in enumerate(value) for inner in arguments)
    elif isinstance(value, Mapping) and origin is dict:
        yield from ((arguments[-1], part, (*key, name)) for name, part in value.items())
    else:
        yield from ((inner, value, key) for inner in arguments)


def secrets_in(value: Any) -> Iterator[str]:
    """Every secret in clear, however deep it lies in settings."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case SecretBytes():
            yield value.get_secret_value().decode("utf-8", "replace")
        case BaseModel():
            yield from secrets_in(dict(value))
        case Mapping():
            yield from secrets_in(list(value.values()))
        case list() | tuple() | set() | frozenset():
            for inner in value:
                yield from secrets_in(inner)
