"""A campaign as it goes: rounds of work, faults and kills between simulators, then rest, then judgement."""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from crossdock.config import Config, Pipeline, load_config, store_url
from crossdock.engine.label_purchase import DOUBT_PATIENCE
from crossdock.hooks.errors import NeedsConfig
from crossdock.registry import load_plugins
from crossdock.sandbox import Effect, FaultPlan
from crossdock.store import open_store
from crossdock.store.books import Books, whole_books
from crossdock.testing.campaign.evidence import Bindings, Evidence
from crossdock.testing.campaign.invariants import STATES, Verdict, judge
from crossdock.testing.campaign.lives import Life, Runners
from crossdock.testing.campaign.plan import Round, round_of
from crossdock.testing.campaign.simulators import SILENT, Simulator, open_simulators, require_simulators
from crossdock.testing.campaign.wiring import CONFIG, connectors_of, rewire

DEMO = Path(__file__).with_name("crossdock.toml")
"""A cart and a warehouse: what is played where there is no config."""
ROUNDS, ORDERS = 12, 20
REST_SECONDS = 60.0
AFTERWARDS = 2 * DOUBT_PATIENCE
"""What is still owed then is owed for too long: nothing waits longer on purpose than doubt about a label."""


@dataclass(frozen=True)
class Campaign:
    """What is to be played: `rounds`, or as many as fit into so many `minutes`.

    `orders` are there in the beginning; `options` are those of the simulators, by connection.
    """

    config: Path = DEMO
    pipeline: str | None = None
    seed: int = 1
    rounds: int = ROUNDS
    minutes: float | None = None
    orders: int = ORDERS
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Played:
    """One round as it went: what was planned, what people did, how the runner ended, which faults there were."""

    round: Round
    did: Mapping[str, Mapping[str, int]]
    life: Life
    faults: Mapping[str, Mapping[str, int]]
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """How a campaign ended: what was played, and whether everything held; `orders` by state as the store has them."""

    campaign: Campaign
    connections: Mapping[str, str]
    rounds: tuple[Played, ...]
    verdicts: tuple[Verdict, ...]
    orders: Mapping[str, int]
    problems: Mapping[str, int]
    effects: Mapping[str, Mapping[str, int]]
    began_at: datetime
    seconds: float

    @property
    def held(self) -> bool:
        """Whether every invariant held."""
        return all(verdict.holds for verdict in self.verdicts)

    @property
    def kills(self) -> int:
        """How many runners were killed."""
        return sum(one.life.died for one in self.rounds)

    @property
    def faults(self) -> int:
        """How many requests went wrong."""
        return sum(sum(counts.values()) for one in self.rounds for counts in one.faults.values())


class Watch(Protocol):
    """Sees a campaign as it goes."""

    def round(self, played: Played) -> None:
        """A round is over."""

    def resting(self) -> None:
        """The faults have ended; everything is to come to rest."""


class Unwatched:
    """Nobody looks."""

    def round(self, played: Played) -> None:
        """Nothing is shown."""

    def resting(self) -> None:
        """Nothing is shown."""


def replay(folder: Path, **campaign: Any) -> Outcome:
    """Play a campaign in an empty folder; raises `AssertionError` with everything that did not hold.

    `campaign` are the fields of a `Campaign`.
    """
    outcome = hold_campaign(Campaign(**campaign), folder)
    broken = [f"{one.id}: {one.sentence}\n  " + "\n  ".join(one.findings) for one in outcome.verdicts if not one.holds]
    if broken:
        raise AssertionError(f"seed {outcome.campaign.seed}, after {len(outcome.rounds)} rounds:\n" + "\n".join(broken))
    return outcome


def hold_campaign(campaign: Campaign, folder: Path, watch: Watch | None = None) -> Outcome:
    """Play a campaign in a folder without a database, and judge it. Raises `NeedsConfig` when it cannot be played."""
    connectors = connectors_of(campaign.config, campaign.pipeline)
    require_simulators(connectors, campaign.options)
    _require_room(folder)
    with _opened(campaign, connectors, folder.absolute()) as telling:
        return telling.tell(watch or Unwatched())


def _require_room(folder: Path) -> None:
    """A campaign writes a config and a database: neither an earlier one nor an operator's own is in the way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise NeedsConfig(f"{folder} is not empty; name an empty folder")
    except OSError as error:
        raise NeedsConfig(f"{folder} cannot be the folder of a campaign: {error.strerror}") from error


@contextmanager
def _opened(campaign: Campaign, connectors: Mapping[str, str], folder: Path) -> Iterator["_Telling"]:
    seed, orders, options, runners = campaign.seed, campaign.orders, campaign.options, Runners(folder / CONFIG)
    with open_simulators(connectors, seed=seed, orders=orders, options=options) as simulators:
        registry = load_plugins(sorted({*connectors.values()}), log=SILENT)
        config = rewire(campaign.config, campaign.pipeline, simulators, registry, folder)
        yield _Telling(campaign, config, simulators, runners)


@dataclass
class _Telling:
    campaign: Campaign
    config: Path
    simulators: Mapping[str, Simulator]
    runners: Runners
    _injected: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def tell(self, watch: Watch) -> Outcome:
        """All of it."""
        began_at, began = datetime.now(UTC), monotonic()
        before, played = self._effects(), []
        for number in count(1):
            if self._is_over(number, monotonic() - began):
                break
            played.append(self._play(round_of(self.campaign.seed, number, [*self.simulators])))
            watch.round(played[-1])
        watch.resting()
        owed = self._come_to_rest()
        evidence = self._evidence(before, [one.life for one in played], owed)
        return self._outcome(evidence, played, began_at, monotonic() - began)

    def _is_over(self, number: int, seconds: float) -> bool:
        if self.campaign.minutes is not None:
            return seconds >= self.campaign.minutes * 60
        return number > self.campaign.rounds

    def _play(self, planned: Round) -> Played:
        began = monotonic()
        did = {name: self.simulators[name].work(seed) for name, seed in planned.people.items()}
        for name, plan in planned.faults.items():
            self.simulators[name].faults(plan)
        life = self.runners.live(planned.death)
        return Played(planned, did, life, self._new_faults(), monotonic() - began)

    def _new_faults(self) -> Mapping[str, Mapping[str, int]]:
        """Which faults there were since the last look."""
        found = {}
        for name, simulator in self.simulators.items():
            before, now = self._injected.get(name, {}), simulator.injected()
            found[name] = {fault: number - before.get(fault, 0) for fault, number in now.items()}
            self._injected[name] = now
        return {name: {what: number for what, number in counts.items() if number} for name, counts in found.items()}

    def _come_to_rest(self) -> Sequence[str]:
        """No more faults: what is open is finished, people do what is left to them, and that is finished, too.

        What waits for a while on purpose gets that while.
        """
        for simulator in self.simulators.values():
            simulator.faults(FaultPlan())
        dice, first = random.Random(f"{self.campaign.seed}/rest"), self.runners.rest(REST_SECONDS)
        for simulator in self.simulators.values():
            simulator.work(dice.randrange(1_000_000))
        last = self.runners.rest(REST_SECONDS)
        if last.left:
            last = self.runners.rest(REST_SECONDS, AFTERWARDS)
        return [*dict.fromkeys([*filter(None, [first.trouble, last.trouble]), *last.left])]

    def _effects(self) -> Mapping[str, Sequence[Effect]]:
        return {name: simulator.effects() for name, simulator in self.simulators.items()}

    def _evidence(self, before: Mapping[str, Sequence[Effect]], lives: Sequence[Life], owed: Sequence[str]) -> Evidence:
        since = {name: _since(before[name], effects) for name, effects in self._effects().items()}
        config = load_config(self.config)
        pipelines = {name: _bound(one) for name, one in config.pipelines.items()}
        troubles = [f"round {number}: {life.trouble}" for number, life in enumerate(lives, 1) if life.trouble]
        books = asyncio.run(_books(store_url(config)))
        return Evidence(books, pipelines, since, troubles, owed, frozenset(self._choosy(config)))

    def _choosy(self, config: Config) -> Iterator[str]:
        """The carts of whose orders not all may be wanted: they have settings beside those that the simulator gives."""
        for pipeline in config.pipelines.values():
            if cart := pipeline.order_source:
                known = {*self.simulators[cart].rehearsal.settings, *self.simulators[cart].settings}
                if pipeline.earliest_order_date or config.connections[cart].settings.keys() - known:
                    yield cart

    def _outcome(self, evidence: Evidence, played: Sequence[Played], began_at: datetime, seconds: float) -> Outcome:
        return Outcome(
            self.campaign,
            {name: one.connector for name, one in self.simulators.items()},
            tuple(played),
            tuple(judge(evidence)),
            _counted(one.state for one in evidence.books.orders.values()),
            _counted(one.code for one in evidence.books.problems if one.state == "open"),
            {name: _counted(one.kind.value for one in effects) for name, effects in evidence.effects.items()},
            began_at,
            seconds,
        )


def _bound(pipeline: Pipeline) -> Bindings:
    warehouses = [one for one in (pipeline.fulfillment_target, *pipeline.more_targets) if one]
    return Bindings(pipeline.order_source or "", tuple(dict.fromkeys(warehouses)), pipeline.shipping_provider or "")


def _since(before: Sequence[Effect], now: Sequence[Effect]) -> Sequence[Effect]:
    """What was not there in the beginning; of what only stands some way, how it stands now."""
    old = {(one.kind, one.of, one.key) for one in before if one.kind not in STATES}
    return [one for one in now if (one.kind, one.of, one.key) not in old]


def _counted(words: Iterator[str] | Any) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items(), key=lambda one: -one[1]))


async def _books(url: str) -> Books:
    async with open_store(url) as store:
        return await store.read(whole_books)
