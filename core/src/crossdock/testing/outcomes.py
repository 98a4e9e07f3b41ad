"""What comes of something that a plugin is asked to do."""

from collections.abc import Awaitable
from typing import TypeVar

from crossdock.hooks.errors import CrossdockError

T = TypeVar("T")


async def outcome_of(deed: Awaitable[T], what: str) -> T | CrossdockError:
    """What it gave, or its error by consequence; raises `AssertionError` for any other error."""
    try:
        return await deed
    except CrossdockError as error:
        return error
    except Exception as error:
        raise AssertionError(f"{what} raised {error!r}, which does not say what follows") from error
