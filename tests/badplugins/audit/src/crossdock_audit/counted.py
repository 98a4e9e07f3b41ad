"""An object that does what another does, and counts."""

import inspect
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any


class Counted:
    """Has every public method of the object it decorates, so that no feature of it is lost."""

    def __init__(self, decorated: Any) -> None:
        self.calls: Counter[str] = Counter()
        for name, member in inspect.getmembers(decorated):
            if not name.startswith("_"):
                setattr(self, name, self._counted(name, member) if callable(member) else member)

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        async def waited(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            return await method(*args, **kwargs)

        @wraps(method)
        def called(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            return method(*args, **kwargs)

        return waited if inspect.iscoroutinefunction(method) else called
