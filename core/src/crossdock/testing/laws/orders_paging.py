"""Laws about lists of orders: each order once, nothing missed, whatever people do meanwhile, and no order blocks it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from crossdock.domain import Order
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import Cursor, Page, Record
from crossdock.hooks.roles import OrderSource
from crossdock.sandbox import EffectKind
from crossdock.testing.documents import may_leave
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.orders import all_orders, read
from crossdock.testing.poison import Poison
from crossdock.testing.scenes import played, settings_in
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject
from crossdock.testing.walking import Fetch, walk

MANY = 45
ALL_WAYS = ((), ("changes",), ("ties",))
"""The scenes in which lists of orders differ from each other."""


@dataclass
class Follower:
    """Who follows a list as crossdock does: page by page, from the checkpoint that came with the last page.

    `known` is the latest version of every order that was seen, `story` what happened so far; `old` are the orders that
    were sold before.
    """

    stage: Stage
    connection: Connected
    method: str
    old: Collection[str] = ()
    known: dict[str, Record] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)
    checkpoint: Cursor | None = None
    saw_change: bool = False
    _cursor: Cursor | None = None
    _is_under_way: bool = False

    @property
    def fetch(self) -> Fetch:
        """The method that gives a page."""
        found: Fetch = getattr(self.connection.role(OrderSource), self.method)
        return found

    async def page(self) -> bool:
        """One more page of the run, or the first one of a new run; whether there are more."""
        cursor = self._cursor if self._is_under_way else self.checkpoint
        self.story.append("a page" if self._is_under_way else "a run's first page")
        page = await self.fetch(cursor)
        self.saw_change |= any(self.known.get(record.id, record).data != record.data for record in page.records)
        self.known.update({record.id: record for record in page.records})
        self.checkpoint = page.checkpoint or self.checkpoint
        self._cursor, self._is_under_way = page.cursor, page.more
        return page.more

    async def run(self) -> None:
        """All pages of the run under way, or of a new one."""
        for _ in range(1000):
            if not await self.page():
                return
        raise AssertionError(f"{self.method} does not end: after 1,000 pages there are still more")

    async def people_work(self, seed: int) -> None:
        """Buyers buy, change and cancel."""
        self.story.append(f"people work (seed {seed})")
        await self.stage.work(seed)

    def is_killed(self, restarted: Connected) -> None:
        """The run ends here; what was not stored with a page is forgotten."""
        self.story.append("killed and started again")
        self.connection, self._is_under_way = restarted, False

    def _told(self) -> str:
        steps = ((step, len([*same])) for step, same in groupby(self.story))
        return ", ".join(step if times == 1 else f"{step} ({times} times)" for step, times in steps)

    def tells_changes(self) -> bool:
        """Whether orders say when they changed."""
        source = self.connection.role(OrderSource)
        return any(order.updated_at for one in self.known.values() if (order := read(source, one)))

    async def check_nothing_is_missed(self) -> None:
        """What was sold meanwhile is known, and what a list from the beginning shows is known as it is now."""
        source = self.connection.role(OrderSource)
        new = {sale.key for sale in await self.stage.effects(EffectKind.SALE)} - {*self.old}
        unseen = sorted(new - self.known.keys())
        assert not unseen, (
            f"{self.method}: order {', '.join(unseen[:3])} was sold meanwhile and missed altogether. Steps: "
            f"{self._told()}"
        )
        for record in (await walk(self.fetch)).records:
            wanted, known = read(source, record), self.known.get(record.id)
            seen = read(source, known) if known else None
            assert wanted is None or seen == wanted, (
                f"{self.method}: order {record.id} was missed{_difference(seen, wanted)}. Steps: "
                f"{self._told()}; then a list from the beginning has it. Look at where a checkpoint stands behind the "
                "last order seen: begin there with >=, and never later than the run began. Pages by number move when "
                "an order changes between two of them: go on from the last order seen instead"
            )


def _difference(seen: Order | None, wanted: Order) -> str:
    if seen is None:
        return " altogether"
    names = [name for name in Order.model_fields if getattr(seen, name) != getattr(wanted, name)]
    return f" as it changed ({', '.join(names)})"


@law("orders.listed", Grade.SILVER, of=OrderSource)
async def every_sale_is_listed_once(plugin: Subject) -> None:
    """While nobody works the pages of the list hold each order once, and every order that may leave is among them, as
    paid, open and with the quantities that were sold.

    An order that slips through between two pages is found by the buyer who waits for it.
    """
    for ways in ALL_WAYS:
        async with played(plugin, "small_pages", *ways, orders=_many(plugin)) as (stage, connection):
            source = connection.role(OrderSource)
            records = await all_orders(source)
            ids = [record.id for record in records]
            twice = sorted({id for id in ids if ids.count(id) > 1})
            assert not twice, f"orders {', '.join(twice[:5])} are listed more than once while nobody works"
            await check_sales(stage, source, {record.id: record for record in records})


@law("orders.ids_stay", Grade.SILVER, of=OrderSource)
async def ids_stay_the_same(plugin: Subject) -> None:
    """After a restart, and after changes, an order and its lines have the ids that they had.

    The id is what tells a known order from a new one: another id is a second order, and a second parcel.
    """
    async with plugin.stage(orders=12) as stage, stage.connect() as connection:
        before = await _lines_by_order(connection)
        async with stage.connect() as restarted:
            after = await _lines_by_order(restarted)
            assert after == before, f"after a restart the orders are called {_some(after)} instead of {_some(before)}"
        for seed in (1, 2, 3):
            await stage.work(seed)
        async with stage.connect() as restarted:
            for order, lines in (await _lines_by_order(restarted)).items():
                kept = before.get(order, lines)
                assert lines == kept, f"the lines of order {order} were called {kept}, and after a while {lines}"
            await check_sales(stage, restarted.role(OrderSource), None)


@law("orders.page_again", Grade.SILVER, of=OrderSource)
async def a_page_can_be_asked_for_again(plugin: Subject) -> None:
    """While nobody works the same cursor gives the same page, on another connection, too.

    Whoever is killed between a page and its storing asks for that page again.
    """
    async with played(plugin, "small_pages", orders=_many(plugin)) as (_, connection):
        source, cursor = connection.role(OrderSource), None
        for number in range(1, 1000):
            page, again = await source.fetch_orders(cursor), await source.fetch_orders(cursor)
            assert _content(page) == _content(again), (
                f"page {number} has {len(page.records)} orders, and {len(again.records)} when it is asked for again"
            )
            if not page.more:
                return
            assert page.cursor is not None, f"page {number} says that there are more, and gives no cursor"
            cursor = page.cursor


@law("orders.nothing_new", Grade.SILVER, of=OrderSource)
async def a_quiet_list_ends(plugin: Subject) -> None:
    """A new run in which nothing is new has no more pages than the one before.

    A list that grows with every look at it costs the limit of calls for the whole account.
    """
    for ways in ALL_WAYS:
        async with played(plugin, "small_pages", *ways, orders=_many(plugin)) as (_, connection):
            source = connection.role(OrderSource)
            first = await walk(source.fetch_orders)
            second = await walk(source.fetch_orders, first.checkpoint)
            assert second.pages <= first.pages, (
                f"the list has {first.pages} pages, and {second.pages} in a run after which nothing was new"
            )


@law("orders.nothing_missed", Grade.SILVER, of=OrderSource)
async def nothing_is_missed(plugin: Subject) -> None:
    """Whatever people do between two pages and between two runs, a run from a page's checkpoint misses nothing: not
    what bears the same moment as the last order seen, and not after a kill in the middle.

    Orders that are missed are noticed by nobody, until a buyer asks.
    """
    followers = [one for ways in ALL_WAYS for one in await follow(plugin, "fetch_orders", *ways)]
    assert any(one.saw_change for one in followers) or not any(one.tells_changes() for one in followers), (
        "orders have an `updated_at`, and nobody in the simulator changes an order that is there already: let `work` "
        "pay, cancel or change some of them, or nothing that this law is about has been tried"
    )


async def follow(plugin: Subject, method: str, *scenes: str) -> list[Follower]:
    """Follow a list while people work, with a kill in the middle of a run; fails with the steps when it misses one."""
    followers = []
    for seed in (1, 2):
        async with (
            played(plugin, "small_pages", *scenes, orders=24) as (stage, connection),
            stage.connect(**settings_in(plugin, "small_pages", *scenes)) as restarted,
        ):
            old = {sale.key for sale in await stage.effects(EffectKind.SALE)}
            followers.append(follower := Follower(stage, connection, method, old))
            await follower.people_work(seed)
            await follower.page()
            await follower.people_work(seed + 10)
            await follower.run()
            await follower.run()
            await follower.check_nothing_is_missed()
            await follower.people_work(seed + 20)
            await follower.page()
            follower.is_killed(restarted)
            await follower.run()
            await follower.run()
            await follower.check_nothing_is_missed()
    return followers


@law("orders.poison", Grade.GOLD, of=OrderSource)
async def one_broken_order_blocks_nothing(plugin: Subject) -> None:
    """An order that arrives broken stays in the list under its id, and the other orders with it; to read it gives a
    document or raises Unreadable.

    One such order must not keep a thousand others from leaving; and it becomes a problem by its id, or nobody sees it.
    Where the connector itself chooses among all that changed, words that are gone may leave the broken one out.
    """
    for ways in ((), ("changes",)):
        async with played(plugin, *ways, orders=6) as (stage, connection):
            source = connection.role(OrderSource)
            listed = await all_orders(source)
            broken = listed[len(listed) // 2]
            for poison in Poison.all_of(broken):
                with poison.served_by(stage.theatre):
                    await _check_poisoned(source, listed, poison, may_choose=bool(ways))


async def _check_poisoned(source: OrderSource, listed: Sequence[Record], poison: Poison, *, may_choose: bool) -> None:
    what = f"order {poison.record.id} arrives with {poison.change}"
    try:
        records = await all_orders(source)
    except CrossdockError as error:
        raise AssertionError(f"{what}, and the whole list fails with {type(error).__name__}: {error}") from error
    except Exception as error:
        raise AssertionError(f"{what}, and fetch_orders breaks with {type(error).__name__}: {error}") from error
    assert poison.times, (
        f"order {poison.record.id} as the plugin gives it stands in no answer of the simulator: a record is raw, "
        "exactly as the remote system gave it"
    )
    left_out = {poison.record.id} if may_choose else set()
    missing = {record.id for record in listed} - {record.id for record in records} - left_out
    assert not missing, f"{what}, and the list lacks orders {', '.join(sorted(missing))}"
    unread = {record.id for record in records if read(source, record) is None} - {poison.record.id}
    assert not unread, f"{what}, and orders {', '.join(sorted(unread))} cannot be read any more"


async def check_sales(stage: Stage, source: OrderSource, records: Mapping[str, Record] | None) -> None:
    """Every order that the simulator has to ship is among the records (None: among those listed now), as it was sold.

    Orders that bear our mark may be missing.
    """
    sales = await stage.effects(EffectKind.SALE)
    assert sales, "the simulator tells of no sale: give an Effect of the kind SALE for each order that is to be shipped"
    ours = {effect.key for effect in await stage.effects(EffectKind.ACKNOWLEDGEMENT)}
    there = {record.id: record for record in await all_orders(source)} if records is None else records
    for sale in sales:
        record = there.get(sale.key)
        assert record or sale.key in ours, f"order {sale.key} was sold and paid, and stands on no page of the list"
        if record:
            order = source.read_order(record)
            units = {line.external_id: line.quantity for line in order.lines}
            assert units == sale.units, f"of order {sale.key} {dict(sale.units)} was sold, and {units} is read"
            assert may_leave(order), (
                f"order {sale.key} was sold and paid, and is read as {order.payment}, {order.status}, shipped by "
                f"{order.managed_by}"
            )


async def _lines_by_order(connection: Connected) -> dict[str, list[str]]:
    source = connection.role(OrderSource)
    read_ones = [order for record in await all_orders(source) if (order := read(source, record))]
    return {order.external_id: [line.external_id for line in order.lines] for order in read_ones}


def _some(lines: Mapping[str, Sequence[str]]) -> str:
    return json.dumps(dict([*lines.items()][:2]))


def _content(page: Page) -> object:
    return [(record.id, record.data, record.marked) for record in page.records], page.more


def _many(plugin: Subject) -> int:
    """So many orders that they do not fit on a page: without small pages, more than pages usually hold."""
    return MANY if "small_pages" in plugin.scenes else 5 * MANY
