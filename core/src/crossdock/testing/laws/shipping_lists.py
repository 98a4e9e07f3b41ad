"""Laws about shipping providers that list labels: nothing is left out, wherever a run begins or breaks off."""

from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from crossdock.domain import Parcel
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.features import AcknowledgesRecords, ListsParcels
from crossdock.hooks.records import Cursor, Page, Record
from crossdock.hooks.roles import ShippingProvider
from crossdock.sandbox import FaultName
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.shipping import labels_made
from crossdock.testing.laws.shipping_wishes import known_of, merged
from crossdock.testing.machine import RoleMachine, play
from crossdock.testing.scenes import played, settings_in
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject

MOST_PAGES = 1000
FAILURES = (FaultName.DROPPED, FaultName.ERROR_503, FaultName.THROTTLED, FaultName.HTML, FaultName.TRUNCATED)
SCENE = "small_pages"
SHIFTS = 6
"""So many that labels are taken back which were made several runs before."""


@law("parcels.listed", Grade.SILVER, of=ShippingProvider, feature=ListsParcels)
async def the_list_tells_what_is_found(plugin: Subject) -> None:
    """A list from its beginning tells every label that is found by its order number, as it is found there.

    A label that the list knows otherwise than the look-up is told to the cart in one way and stored in the other.
    """
    async with played(plugin, SCENE) as (stage, _):
        await labels_made(stage)
        async with stage.connect(**settings_in(plugin, SCENE)) as connection:
            records, _ = await drained(connection, None)
            told = merged(connection.role(ShippingProvider), records)
        await require_told(stage, told, "a list from its beginning")


@law("parcels.checkpoint", Grade.SILVER, of=ShippingProvider, feature=ListsParcels)
async def a_checkpoint_misses_nothing(plugin: Subject) -> None:
    """What was made or taken back after a run is told by a run from its last checkpoint.

    A label taken back that nobody hears of is a number told to a buyer that leads nowhere, and money not asked back.
    """
    async with played(plugin, SCENE) as (stage, _):
        told: dict[str, Parcel] = {}
        checkpoint: Cursor | None = None
        for seed in range(1, SHIFTS + 1):
            await stage.work(seed)
            async with stage.connect(**settings_in(plugin, SCENE)) as connection:
                records, checkpoint = await drained(connection, checkpoint)
                told |= merged(connection.role(ShippingProvider), records)
            await require_told(stage, told, "the runs so far, each from the checkpoint of the one before,")


@law("parcels.list_goes_on", Grade.GOLD, of=ShippingProvider, feature=ListsParcels)
def whatever_breaks_off_a_list_nothing_is_missed(plugin: Subject) -> None:
    """However runs break off, fail and begin again, and whatever people do meanwhile, no label is missed in the end.

    Rows that come while pages are read push others to the next page; an error page taken for the last one moves the
    checkpoint over what was never seen.
    """
    scene = plugin.scenes.get(SCENE)
    fields = {"options": scene.options, "settings": scene.settings} if scene else {}
    play(type("TheList", (TheList,), fields), plugin, steps=10, examples=settings().max_examples // 5)


class TheList(RoleMachine):
    """Pages of a list as the engine reads them: each with its checkpoint kept, each run with a clock of its own."""

    orders = 0

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, Parcel] = {}
        self.checkpoint: Cursor | None = None
        self.cursor: Cursor | None = None
        self.shifts = 0

    @rule()
    def people_work(self) -> None:
        """People make labels, and take some back."""
        self.shifts += 1
        self.run(self.stage.work(self.shifts))

    @rule()
    def read_a_page(self) -> None:
        """The next page of a run, or the first one of a new run."""
        if self.cursor is None:
            self.restart()
        page = self.run(_page(self.connection, self.cursor or self.checkpoint))
        self._keep(page)

    @rule(failure=st.sampled_from(FAILURES))
    def fail_to_read_a_page(self, failure: FaultName) -> None:
        """The same while every request goes wrong in one way; what comes nevertheless is kept."""
        self.run(self.stage.faults(failure, times=None))
        try:
            self.read_a_page()
        except CrossdockError:
            self.cursor = None
        finally:
            self.run(self.stage.faults())

    @precondition(lambda self: self.cursor is not None)
    @rule()
    def break_off(self) -> None:
        """The program ends in the middle of a run, and knows only the checkpoint that it kept."""
        self.cursor = None

    @rule()
    def catch_up(self) -> None:
        """Read to the end, and once more from there; then everything must have been told."""
        for _ in range(2):
            self.read_a_page()
            while self.cursor is not None:
                self.read_a_page()
        self.run(require_told(self.stage, self.told, "all runs together"))

    def _keep(self, page: Page) -> None:
        provider: Any = self.connection.role(ShippingProvider)
        for id, parcel in merged(provider, page.records).items():
            was_voided = id in self.told and self.told[id].voided
            self.told[id] = parcel.model_copy(update={"voided": parcel.voided or was_voided})
        self.run(_acknowledge(provider, page))
        self.checkpoint = page.checkpoint or self.checkpoint
        self.cursor = page.cursor if page.more else None


async def drained(connection: Connected, cursor: Cursor | None) -> tuple[list[Record], Cursor | None]:
    """Every record of a run from here, and the checkpoint that it leaves."""
    records: list[Record] = []
    checkpoint, seen = cursor, set[Cursor | None]()
    for _ in range(MOST_PAGES):
        page = await _page(connection, cursor)
        await _acknowledge(connection.role(ShippingProvider), page)
        records += page.records
        checkpoint = page.checkpoint or checkpoint
        if not page.more:
            assert checkpoint, "a run of fetch_parcels ended without a checkpoint: the next one begins from nothing"
            return records, checkpoint
        assert page.cursor, "fetch_parcels says that more follows, and not where"
        assert page.cursor not in seen, "fetch_parcels says that more follows, and leads to where it was before"
        seen.add(cursor := page.cursor)
    raise AssertionError(f"the list of labels does not end: after {MOST_PAGES:,} pages there are still more")


async def require_told(stage: Stage, told: Mapping[str, Parcel], who: str) -> None:
    """Fail unless every label that is found by its order number was told, in the state in which it is found."""
    async with stage.connect() as connection:
        for number in stage.rehearsal.numbers:
            for id, found in (await known_of(connection.role(ShippingProvider), number)).items():
                assert id in told, (
                    f"{who} did not tell label {id} ({found.tracking_number} of order {number}), which find_parcels "
                    "finds; look at what a checkpoint reaches back over, and at rows that come between two pages"
                )
                assert told[id] == found, (
                    f"{who} told label {id} of order {number} with {_difference(told[id], found)}; look for changes "
                    "of old rows, such as voids, which a list by the time of making does not show again"
                )


async def _page(connection: Connected, cursor: Cursor | None) -> Page:
    provider: Any = connection.role(ShippingProvider)
    page: Page = await provider.fetch_parcels(cursor)
    return page


async def _acknowledge(provider: object, page: Page) -> None:
    """What the engine does with records that are safe."""
    if page.records and isinstance(provider, AcknowledgesRecords):
        await provider.acknowledge_records([record.id for record in page.records])


def _difference(told: Parcel, found: Parcel) -> str:
    """The fields in which two looks at one label differ."""
    differing = [
        f"{name} {getattr(told, name)!s} instead of {value!s}" for name, value in found if getattr(told, name) != value
    ]
    return ", ".join(differing)
