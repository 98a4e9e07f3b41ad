"""One request of a connection: at its pace, timed and noted, without credentials of its own."""

import time
from collections.abc import Mapping

import httpx

from crossdock.hooks.context import Clock
from crossdock.transport.address import Address
from crossdock.transport.call import Call, Result, merged
from crossdock.transport.explain import Explainer
from crossdock.transport.pace import Pacer
from crossdock.transport.record import Recorder
from crossdock.transport.retry import LONGEST_SECONDS
from crossdock.transport.wire import FAILURES, Wire


class Line:
    """Sends a request once and says what came of it."""

    def __init__(
        self,
        *,
        wire: Wire,
        address: Address,
        pacer: Pacer,
        clock: Clock,
        explainer: Explainer,
        recorder: Recorder | None,
        headers: httpx.Headers,
    ) -> None:
        self._wire = wire
        self._address = address
        self._pacer = pacer
        self._clock = clock
        self._explainer = explainer
        self._recorder = recorder
        self._headers = headers

    async def attempt(self, call: Call, headers: httpx.Headers, *, secret_bodies: bool = False) -> Result:
        """The answer, or the error that came in its place; raises `Throttled` when the turn is too far away."""
        if (held := self._pacer.held_for) > LONGEST_SECONDS:
            raise self._explainer.held(held)
        await self._pacer.turn(call.cost)
        at, began = self._clock.now(), time.perf_counter()
        result: Result
        try:
            result = await self._wire.exchange(
                call.method, call.url, headers=headers, content=call.content, into=call.into
            )
        except FAILURES as error:
            result = error
        if self._recorder is not None:
            seconds = time.perf_counter() - began
            self._recorder.note(call, result, at=at, seconds=seconds, secret_bodies=secret_bodies)
        return result

    async def anonymous(self, call: Call) -> Result:
        """As `attempt`, with nothing that tells who asks."""
        return await self.attempt(call, merged(self._headers, call.headers))

    async def exchange(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A call to get credentials with: every status is returned, the log keeps no body."""
        call = Call(method, self._address.anywhere(url), content, headers, repeatable=True)
        result = await self.attempt(call, merged(self._headers, headers), secret_bodies=True)
        if isinstance(result, Exception):
            raise self._explainer.error(call, result)
        return result

    async def aclose(self) -> None:
        """Close all connections."""
        await self._wire.aclose()
