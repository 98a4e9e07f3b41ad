"""Laws about settings: an operator can write them without the source code, and is told every mistake."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from crossdock.config.mistakes import models_in
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.http import Endpoint
from crossdock.registry.open import PluginFault
from crossdock.testing.law import Grade, law
from crossdock.testing.raw import search
from crossdock.testing.subject import Subject

UNKNOWN = "no_such_setting"
ODD: tuple[Any, ...] = (None, True, -1, 3.5, float("nan"), "", "x", "9" * 5000, [], [None], {}, {"x": None})
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("9" * 5000)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
)


@law("settings.described", Grade.BRONZE)
def every_setting_is_described(plugin: Subject) -> None:
    """The settings, and each of them, say what they are for.

    The reference, the editor's hints and `crossdock check` show these texts: they are all that an operator sees.
    """
    model = plugin.info.settings
    assert _own_doc(model), f"{model.__name__} has no docstring: say what one connection is"
    for inner in tables(model):
        fields = inner.model_fields
        if inner is not model and _own_doc(inner) and not any(field.description for field in fields.values()):
            continue
        bare = [name for name, field in fields.items() if not field.description and not _explains_itself(field)]
        assert not bare, f"{inner.__name__} does not say what {', '.join(bare)} is for: Field(description=…)"


@law("settings.strict", Grade.BRONZE)
async def unknown_settings_are_refused(plugin: Subject) -> None:
    """A setting that does not exist is refused by its name, in every table of them.

    A name with a typo that is passed over means the default, and nobody finds out why nothing changes.
    """
    for model in tables(plugin.info.settings):
        assert model.model_config.get("extra") == "forbid", (
            f"{model.__name__} takes settings that do not exist: model_config = ConfigDict(extra='forbid')"
        )
    settings = await _rehearsed(plugin)
    try:
        plugin.info.settings.model_validate({**settings, UNKNOWN: 1})
    except ValidationError as error:
        if UNKNOWN not in str(error):
            raise AssertionError(f"the refusal of {UNKNOWN} does not name it: {error}") from error
    else:
        raise AssertionError(f"{UNKNOWN} = 1 was taken as a setting")


@law("settings.schema", Grade.BRONZE)
def settings_have_a_schema(plugin: Subject) -> None:
    """A JSON Schema of the settings can be made, with every setting in it.

    Editors complete and check a config with it.
    """
    model = plugin.info.settings
    try:
        schema = json.loads(json.dumps(model.model_json_schema()))
    except Exception as error:
        raise AssertionError(f"{model.__name__} has no JSON Schema: {error}") from error
    missing = {field.alias or name for name, field in model.model_fields.items()} - schema["properties"].keys()
    assert not missing, f"the schema of {model.__name__} leaves out {', '.join(sorted(missing))}"


@law("settings.kept", Grade.BRONZE)
async def settings_survive_a_round_trip(plugin: Subject) -> None:
    """Valid settings that are written down and read again are the same settings.

    Settings are shown, copied into a ticket and put back; what comes back must not mean something else.
    """
    model = plugin.info.settings
    settings = model.model_validate(await _rehearsed(plugin))
    again = model.model_validate(settings.model_dump())
    changed = [name for name in model.model_fields if getattr(settings, name) != getattr(again, name)]
    assert not changed, f"{', '.join(changed)} is another one after model_validate(model_dump())"


@law("settings.endpoint", Grade.BRONZE)
async def the_endpoint_follows_from_the_settings(plugin: Subject) -> None:
    """What the transport must know follows from the settings alone, and leads to where they say, encrypted by default.

    An address that is built in sends a rehearsal's orders to the real account; a default without TLS sends everybody's
    keys in clear.
    """
    async with plugin.stage() as stage:
        settings = plugin.info.settings.model_validate(stage.rehearsal.settings)
        first, second = (plugin.registry.endpoint(plugin.name, settings) for _ in range(2))
        assert _facts(first) == _facts(second), f"endpoint(settings) gave {_facts(first)}, then {_facts(second)}"
        assert not stage.arrived, "endpoint(settings) sent a request"
        if first.base_url:
            _check_leads_to(first, stage.theatre.url)
    assert first.concurrency >= 1, "concurrency is less than one call at once"
    assert 0 < first.timeout < float("inf"), f"a call may take {first.timeout} seconds: no call may wait for ever"
    open_doors = [f"{name} = {value!r}" for name, value in _defaults(plugin.info.settings) if _is_open(value)]
    assert not open_doors, f"{', '.join(open_doors)} is not encrypted: a default begins with https"


@law("settings.total", Grade.BRONZE)
async def any_value_is_taken_or_refused(plugin: Subject) -> None:
    """Whatever is written for a setting, it is taken, or refused as invalid; what is taken makes an endpoint.

    Anything else ends `crossdock check` with a traceback instead of a line that says what to correct.
    """
    settings = await _rehearsed(plugin)

    def check(written: Mapping[str, Any]) -> None:
        try:
            valid = plugin.info.settings.model_validate({**settings, **written})
            plugin.registry.endpoint(plugin.name, valid)
            plugin.registry.files(plugin.name, valid)
        except PluginFault as fault:
            raise AssertionError(f"{_shown(written)} was taken, and then {fault.reason}") from fault
        except (ValidationError, CrossdockError):
            return
        except Exception as error:
            raise AssertionError(
                f"{_shown(written)} raised {type(error).__name__}: {error}. A validator raises ValueError"
            ) from error

    for written in _first_tries(plugin.info.settings):
        check(written)
    search(_written(plugin.info.settings), check)


def tables(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and every model that stands in its fields, however deep."""
    found = {model: None}
    waiting = [model]
    while waiting:
        for field in waiting.pop().model_fields.values():
            fresh = [inner for inner in models_in(field.annotation) if inner not in found]
            found.update(dict.fromkeys(fresh))
            waiting += fresh
    yield from found


async def _rehearsed(plugin: Subject) -> Mapping[str, Any]:
    async with plugin.stage(orders=0) as stage:
        return stage.rehearsal.settings


def _own_doc(model: type[BaseModel]) -> bool:
    return bool((vars(model).get("__doc__") or "").strip())


def _explains_itself(field: Any) -> bool:
    """A table of settings, which says what it is for."""
    return any(_own_doc(inner) for inner in models_in(field.annotation))


def _facts(endpoint: Endpoint) -> tuple[Any, ...]:
    return (
        endpoint.base_url,
        endpoint.concurrency,
        endpoint.rates,
        endpoint.timeout,
        dict(endpoint.headers),
        endpoint.retries,
    )


def _check_leads_to(endpoint: Endpoint, url: str) -> None:
    wanted, given = urlsplit(url), urlsplit(endpoint.base_url)
    nowhere = (given.hostname or "").endswith(".invalid")  # of a system that is reached by files alone
    assert nowhere or (given.scheme, given.netloc) == (wanted.scheme, wanted.netloc), (
        f"the settings name {url}, and the endpoint leads to {endpoint.base_url}"
    )


def _defaults(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for inner in tables(model):
        yield from ((name, field.get_default(call_default_factory=False)) for name, field in inner.model_fields.items())


def _is_open(value: Any) -> bool:
    return isinstance(value, str) and value.lower().startswith(("http://", "ftp://"))


def _first_tries(model: type[BaseModel]) -> Iterator[Mapping[str, Any]]:
    """For every setting, and every one in a table of it, something of each kind."""
    for name, field in model.model_fields.items():
        yield from ({name: odd} for odd in ODD)
        for inner in models_in(field.annotation):
            yield from ({name: {key: odd}} for key in inner.model_fields for odd in ODD)


def _written(model: type[BaseModel]) -> st.SearchStrategy[Mapping[str, Any]]:
    return st.sampled_from([*model.model_fields]).flatmap(
        lambda name: st.fixed_dictionaries({name: _values(model, name)})
    )


def _values(model: type[BaseModel], name: str) -> st.SearchStrategy[Any]:
    inner = [key for one in models_in(model.model_fields[name].annotation) for key in one.model_fields]
    return st.one_of(_JSON, st.dictionaries(st.sampled_from(inner), _JSON, max_size=3)) if inner else _JSON


def _shown(written: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value!r:.100}" for name, value in written.items())
