"""An object that does what another does, but for what a bug does in its own way."""

import inspect
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from crossdock import ConnectionContext, hookimpl

R = TypeVar("R")


class Bent(Generic[R]):
    """Has every public method of the object that it decorates, so that no feature of it is lost.

    A subclass is a bug: the methods that it writes itself are done its way. `right` does all of them as it should.
    """

    def __init__(self, right: R, ctx: ConnectionContext[Any]) -> None:
        self.right, self.ctx = right, ctx
        for name, member in inspect.getmembers(right):
            if not name.startswith("_") and not hasattr(type(self), name):
                setattr(self, name, member)


def bent_by(bug: type[Bent[R]]) -> Callable[..., Generator[None, R, Bent[R]]]:
    """A factory hook that bends the role of whatever connector the connection has."""

    @hookimpl(wrapper=True)
    def role(ctx: ConnectionContext[Any]) -> Generator[None, R, Bent[R]]:
        right = yield
        return bug(right, ctx)

    return role
