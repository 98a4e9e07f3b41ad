"""Playing with the scenes of a simulator that show what the usual play does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject


@asynccontextmanager
async def played(
    plugin: Subject, *scenes: str, orders: int = 0, seed: int = 1
) -> AsyncIterator[tuple[Stage, Connected]]:
    """A stage with these scenes, one on top of the other, and a connection; scenes that it lacks are passed over."""
    options = {name: value for scene in scenes if scene in plugin.scenes for name, value in _options(plugin, scene)}
    chosen = settings_in(plugin, *scenes)
    async with plugin.stage(orders=orders, seed=seed, **options) as stage, stage.connect(**chosen) as made:
        yield stage, made


def settings_in(plugin: Subject, *scenes: str) -> dict[str, Any]:
    """The settings of a connection in these scenes, beside the usual ones."""
    known = [plugin.scenes[scene] for scene in scenes if scene in plugin.scenes]
    return {name: value for scene in known for name, value in scene.settings.items()}


def _options(plugin: Subject, scene: str) -> list[tuple[str, Any]]:
    return [*plugin.scenes[scene].options.items()]
