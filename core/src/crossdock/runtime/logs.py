"""Logging for people and machines, with every secret taken out on the way."""

import logging
import sys
from collections.abc import Collection, MutableMapping
from typing import Any

import structlog

from crossdock.hooks.context import Logger


def open_log(secrets: Collection[str] = (), *, json: bool = False, quiet: bool = False) -> Logger:
    """A logger to standard error: lines for a terminal, or JSON; `quiet` keeps warnings only."""
    lines = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _Veil(secrets),
            structlog.processors.JSONRenderer() if json else lines,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is then: it may be another by now
    )
    log: Logger = structlog.get_logger()
    return log


class _Veil:
    """Replaces every secret in every text of an entry."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def __call__(self, logger: Any, name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: self._veiled(value) for key, value in entry.items()}

    def _veiled(self, value: Any) -> Any:
        text = value if isinstance(value, str) else repr(value)
        if not any(secret in text for secret in self._secrets):
            return value
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text
