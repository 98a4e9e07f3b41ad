"""The bell between two flows: no ring is lost, none is told twice, and a closed one ends the wait."""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crossdock.engine.feed import Feed


async def _settled(task: asyncio.Task[bool]) -> None:
    """Give the loop the turns that a woken task needs."""
    for _ in range(5):
        await asyncio.sleep(0)
        if task.done():
            return


class FeedMachine(RuleBasedStateMachine):
    """A feed beside a model of two truths: is there news, will there be more."""

    @initialize(closed=st.booleans())
    def open(self, closed: bool) -> None:
        self.runner = asyncio.Runner()
        self.feed = self.runner.run(self._made(closed))
        self.news, self.closed = False, closed
        self.waiting: asyncio.Task[bool] | None = None

    async def _made(self, closed: bool) -> Feed:
        return Feed(closed=closed)

    @rule()
    def ring(self) -> None:
        self.feed.ring()
        self.news = True

    @rule()
    def close(self) -> None:
        self.feed.close()
        self.closed = True

    @rule()
    def listen(self) -> None:
        if self.waiting is None:
            self.waiting = self.runner.get_loop().create_task(self.feed.more())

    @invariant()
    def a_listener_is_answered_as_soon_as_there_is_an_answer_and_not_before(self) -> None:
        if not (waiting := self.waiting):
            return
        self.runner.run(_settled(waiting))
        assert waiting.done() == (self.news or self.closed)
        if waiting.done():
            assert waiting.result() is self.news
            self.news, self.waiting = False, None

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.feed.close()
            if self.waiting:
                self.runner.run(_settled(self.waiting))
            self.runner.close()


TestFeed = FeedMachine.TestCase
TestFeed.settings = settings(deadline=None, stateful_step_count=20, print_blob=True)


def test_rings_while_nobody_listens_are_told_as_one() -> None:
    async def scene() -> list[bool]:
        feed = Feed()
        feed.ring()
        feed.ring()
        feed.close()
        return [await feed.more(), await feed.more()]

    assert asyncio.run(scene()) == [True, False]


def test_a_feed_that_was_never_fed_ends_at_once() -> None:
    assert asyncio.run(Feed(closed=True).more()) is False
