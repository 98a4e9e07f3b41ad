"""Credentials of one connection: asked for once, however many calls wait for them."""

import asyncio
from datetime import datetime, timedelta

from crossdock.hooks.context import Clock
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.http import Authentication, Credentials, Exchange
from crossdock.transport.redact import Redactor

LEEWAY = timedelta(seconds=30)


class Authorizer:
    """Keeps credentials fresh, and secret."""

    def __init__(
        self,
        authentication: Authentication,
        exchange: Exchange,
        *,
        clock: Clock,
        redactor: Redactor,
    ) -> None:
        self._authentication = authentication
        self._exchange = exchange
        self._clock = clock
        self._redactor = redactor
        self._credentials: Credentials | None = None
        self._stale_at: datetime | None = None
        self._renewal: asyncio.Task[Credentials] | None = None

    async def credentials(self) -> Credentials:
        """Credentials that are not about to expire."""
        if self._credentials is None or (self._stale_at and self._clock.now() >= self._stale_at):
            return await self.renew(self._credentials)
        return self._credentials

    async def renew(self, refused: Credentials | None) -> Credentials:
        """Other credentials than the refused ones; calls that ask at once share one renewal, and its failure."""
        if self._credentials is not None and self._credentials is not refused:
            return self._credentials
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._authenticate())
            self._renewal.add_done_callback(self._settle)
        return await asyncio.shield(self._renewal)  # one caller that gives up does not stop the others

    async def aclose(self) -> None:
        """Stop a renewal that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    async def _authenticate(self) -> Credentials:
        asked_at = self._clock.now()
        try:
            credentials = await self._authentication.authenticate(self._exchange)
        except CrossdockError as error:
            self._redactor.error(error)
            raise
        self._redactor.learn(credentials.headers.values())
        self._stale_at = credentials.expires_at and _stale_at(asked_at, credentials.expires_at)
        self._credentials = credentials
        return credentials

    def _settle(self, renewal: asyncio.Task[Credentials]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            renewal.exception()  # seen, even when every caller has gone


def _stale_at(asked_at: datetime, expires_at: datetime) -> datetime:
    """A little before the end, for the call that is still on its way; a tenth of a life shorter than that."""
    return expires_at - min(LEEWAY, max(timedelta(0), (expires_at - asked_at) / 10))
