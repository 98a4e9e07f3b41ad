"""The law of kept examples: a change of what a plugin makes of a record is seen."""

import json
from collections.abc import Iterator

from crossdock.testing.examples import Example, Twist, differences, file_of, kept_examples, outcome
from crossdock.testing.law import Grade, law
from crossdock.testing.reads import Reading, readings_of
from crossdock.testing.stage import Connected
from crossdock.testing.subject import Subject

Look = tuple[Reading, Example, Twist | None]
SAVE = "pytest --crossdock-plugin {} --crossdock-save-examples"


@law("translation.examples", Grade.SILVER)
async def what_people_have_looked_at_comes_out(plugin: Subject) -> None:
    """Every method that translates has examples beside the plugin, and makes of each what people have looked at.

    No general law can know that the city of an address was read from the field of the state: somebody has to have
    looked. Then every later change of what comes out is seen in a review, before a parcel shows it.
    """
    by_settings: dict[str, list[Look]] = {}
    for reading in await readings_of(plugin):
        for example, twist in _looks(plugin, reading):
            by_settings.setdefault(json.dumps(example.settings_with(twist)), []).append((reading, example, twist))
    async with plugin.stage(orders=0) as stage:
        for settings, looks in by_settings.items():
            async with stage.connect(**json.loads(settings)) as connection:
                for look in looks:
                    _check(plugin.name, connection, *look)


def _looks(plugin: Subject, reading: Reading) -> Iterator[tuple[Example, Twist | None]]:
    file = file_of(plugin.name, reading)
    try:
        examples = kept_examples(file)
    except ValueError as error:
        raise AssertionError(f"{file} holds no examples: {error!s:.300}") from error
    assert examples, f"{reading} has no examples: write them with `{SAVE.format(plugin.name)}`, and look at them"
    for example in examples:
        yield example, None
        yield from ((example, twist) for twist in example.twists)


def _check(plugin: str, connection: Connected, reading: Reading, example: Example, twist: Twist | None) -> None:
    where = f"{reading} of record {example.id}" + (f" with {twist}" if twist else "")
    try:
        found = outcome(reading, connection, example.raw(twist))
    except Exception as error:
        raise AssertionError(f"{where}: {type(error).__name__} was raised: {error}") from error
    if twist:
        expected, found = dict(twist.gives), differences(example.gives, found)
    else:
        expected = example.gives
    if found != expected:
        changed = differences(expected, found) or found
        told = json.dumps(dict(list(changed.items())[:3]) if isinstance(changed, dict) else changed, ensure_ascii=False)
        raise AssertionError(
            f"{where} gives something else than people have looked at: {told:.500}. If that is right, "
            f"`{SAVE.format(plugin)}`, and commit what is different"
        )
