"""The laws of kept examples: a change of what a plugin makes of a document is seen."""

import json
from collections.abc import Iterator
from typing import Any

from crossdock.testing.examples import Example, Twist, differences, file_of, kept_examples, outcome
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.reads import Reading, readings_of
from crossdock.testing.subject import Subject
from crossdock.testing.telling import Telling, tellings_of

SAVE = "pytest --crossdock-plugin {} --crossdock-save-examples"


@law("translation.examples", Grade.SILVER)
async def what_people_have_looked_at_comes_out(plugin: Subject) -> None:
    """Every method that translates has examples beside the plugin, and makes of each what people have looked at.

    No general law can know that the city of an address was read from the field of the state: somebody has to have
    looked. Then every later change of what comes out is seen in a review, before a parcel shows it.
    """
    by_settings: dict[str, list[tuple[Reading, Example, Twist | None]]] = {}
    for reading in await readings_of(plugin):
        for example, twist in _looks(plugin, reading):
            by_settings.setdefault(json.dumps(example.settings_with(twist)), []).append((reading, example, twist))
    async with plugin.stage(orders=0) as stage:
        for settings, looks in by_settings.items():
            async with stage.connect(**json.loads(settings)) as connection:
                for reading, example, twist in looks:
                    try:
                        found = outcome(reading, connection, example.raw(twist))
                    except Exception as error:
                        raise AssertionError(f"{reading} of {_named(example, twist)}: {error!r:.300}") from error
                    _check(plugin, reading, example, twist, found)


@law("translation.sent", Grade.SILVER)
async def what_people_have_looked_at_is_sent(plugin: Subject) -> None:
    """Every method that tells a remote system something has examples beside the plugin, and sends for each what people
    have looked at, and it comes to the same.

    A simulator keeps what it knows of a document. What it does not know is seen in what was sent, and nowhere else.
    """
    tellings = await tellings_of(plugin)
    if not tellings:
        raise NothingToJudge("it tells nobody anything of which this law knows")
    for telling in tellings:
        for example, twist in _looks(plugin, telling):
            try:
                found = await telling.outcome(plugin, example.raw(twist), **example.settings_with(twist))
            except Exception as error:
                raise AssertionError(f"{telling} of {_named(example, twist)}: {error!r:.300}") from error
            _check(plugin, telling, example, twist, found)


def _looks(plugin: Subject, method: Reading | Telling) -> Iterator[tuple[Example, Twist | None]]:
    file = file_of(plugin.name, method)
    try:
        examples = kept_examples(file)
    except ValueError as error:
        raise AssertionError(f"{file} holds no examples: {error!s:.300}") from error
    assert examples, f"{method} has no examples: write them with `{SAVE.format(plugin.name)}`, and look at them"
    for example in examples:
        yield example, None
        yield from ((example, twist) for twist in example.twists)


def _named(example: Example, twist: Twist | None) -> str:
    return f"record {example.id}" + (f" with {twist}" if twist else "")


def _check(plugin: Subject, method: Reading | Telling, example: Example, twist: Twist | None, found: Any) -> None:
    expected = example.gives
    if twist:
        expected, found = dict(twist.gives), differences(example.gives, found)
    if found != expected:
        told = json.dumps(differences(expected, found), ensure_ascii=False)
        raise AssertionError(
            f"{method} of {_named(example, twist)} gives something else than people have looked at: {told:.500}. "
            f"If that is right, `{SAVE.format(plugin.name)}`, and commit what is different"
        )
