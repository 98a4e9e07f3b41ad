"""How a flow tells the next one that there is work, while both run."""

import asyncio


class Feed:
    """A bell: rung when there is news, closed when no more will come."""

    def __init__(self, *, closed: bool = False) -> None:
        self._stirred = asyncio.Event()
        self._news = False
        self._closed = closed

    def ring(self) -> None:
        """There is something new."""
        self._news = True
        self._stirred.set()

    def close(self) -> None:
        """Nothing new will come any more."""
        self._closed = True
        self._stirred.set()

    async def more(self) -> bool:
        """Wait until there is news since the last time; False when none will come any more."""
        while not self._news and not self._closed:
            self._stirred.clear()
            await self._stirred.wait()
        news, self._news = self._news, False
        return news
