"""All that can be read of a plugin without changing anything, and the methods that translate what comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, get_type_hints
from weakref import WeakKeyDictionary

from crossdock.domain import StockItem
from crossdock.hooks import features, roles
from crossdock.hooks.records import Page, Record
from crossdock.testing.requests import a_purchase_order, shapes
from crossdock.testing.scenes import played
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject
from crossdock.testing.walking import walk

NO_SUCH = "NO-SUCH-THING-8251"
"""A number that nothing in any simulator bears."""
MOST_RECORDS = 100
SEEDS = (1, 2)
SCENES = frozenset({"stock"})
"""Scenes in which there are records of another kind."""
Found = dict[tuple[type, str], dict[bytes, Record]]

LISTS: dict[str, type] = {
    "fetch_orders": roles.OrderSource,
    "sweep_orders": features.SweepsOrders,
    "fetch_shipments": roles.FulfillmentTarget,
    "fetch_movements": roles.InventorySource,
    "fetch_levels": roles.InventorySource,
    "fetch_locations": features.ListsPlaces,
    "fetch_products": roles.CatalogSource,
    "fetch_identities": features.ListsProducts,
    "fetch_stock": features.ListsStock,
    "fetch_parcels": features.ListsParcels,
}
"""The methods that list something page by page, and the role or feature that promises each."""

_WORK = ("fetch_shipments", "fetch_movements")
READERS: dict[str, tuple[str, ...]] = {
    "read_order": ("fetch_orders", "sweep_orders"),
    "read_shipment": _WORK,
    "read_movement": _WORK,
    "read_shortages": _WORK,
    "read_putaway": _WORK,
    "read_levels": ("fetch_levels",),
    "read_location": ("fetch_locations",),
    "read_product": ("fetch_products",),
    "read_identity": ("fetch_identities",),
    "read_listed_stock": ("fetch_stock",),
    "read_parcel": ("fetch_parcels", "find_parcels"),
}
"""The methods that translate one record, and the lists that give such records."""

_LOOKS: dict[str, tuple[type, tuple[Any, ...]]] = {
    "find_parcels": (roles.ShippingProvider, (NO_SUCH,)),
    "read_stock": (roles.InventorySink, ([StockItem(sku=NO_SUCH)],)),
    "list_areas": (features.ListsPlaces, ()),
    "check": (features.ChecksConnection, ()),
}


@dataclass(frozen=True)
class Read:
    """One way to read from a plugin: a list from its beginning, or a look-up."""

    role: type
    name: str
    arguments: tuple[Any, ...] = (None,)

    def __str__(self) -> str:
        shown = ", ".join(map(repr, self.arguments))
        return f"{self.role.__name__}.{self.name}({shown})"

    async def on(self, connection: Connected) -> Any:
        """What the plugin gives."""
        return await getattr(connection.role(self.role), self.name)(*self.arguments)

    async def whole(self, connection: Connected) -> list[Record]:
        """Every record of every page of a list."""
        return (await walk(getattr(connection.role(self.role), self.name))).records


@dataclass(frozen=True)
class Reading:
    """One method that translates, and raw records that it must be able to translate."""

    role: type
    reader: str
    records: tuple[Record, ...]

    def __str__(self) -> str:
        return f"{self.role.__name__}.{self.reader}"

    @property
    def name(self) -> str:
        """The method's name."""
        return self.reader

    def on(self, connection: Connected, record: Record) -> Any:
        """The document that the plugin makes of a record."""
        return getattr(connection.role(self.role), self.reader)(record)


def lists_of(plugin: Subject) -> list[Read]:
    """Every list of every role of a plugin."""
    return [Read(role, name) for role in _roles(plugin) for name, of in LISTS.items() if _promises(plugin, role, of)]


def reads_of(plugin: Subject) -> list[Read]:
    """Every list and every look-up that a fresh connection can try."""
    looks = [
        Read(role, name, arguments)
        for role in _roles(plugin)
        for name, (of, arguments) in _LOOKS.items()
        if _promises(plugin, role, of)
    ]
    return [*lists_of(plugin), *looks]


def readers_of(plugin: Subject, read: Read) -> list[str]:
    """The methods of the same role that translate what this list gives."""
    return [
        reader
        for reader, names in READERS.items()
        if read.name in names and promise_of(plugin, read.role, reader) is not None
    ]


def promise_of(plugin: Subject, role: type, reader: str) -> Any:
    """The type of what this method gives, as the role or a feature promises it; None if neither does."""
    for protocol in (role, *plugin.features[role]):
        if reader in vars(protocol):
            return get_type_hints(vars(protocol)[reader])["return"]
    return None


def content_of(given: Any) -> Any:
    """What a read gave, fit to be compared: the records of a page, without where it goes on."""
    if isinstance(given, Page):
        return given.records
    return [*given] if isinstance(given, Sequence) else given


def look_ups_of(plugin: Subject, stage: Stage) -> list[Read]:
    """The look-ups of parcels that people made, by order number."""
    if roles.ShippingProvider not in plugin.roles:
        return []
    return [Read(roles.ShippingProvider, "find_parcels", (number,)) for number in stage.rehearsal.numbers]


async def readings_of(plugin: Subject) -> list[Reading]:
    """Every method of a plugin that translates, with the raw records that its simulator gave over several seeds."""
    if plugin not in _gathered:
        _gathered[plugin] = await _gather(plugin)
    return _gathered[plugin]


_gathered: WeakKeyDictionary[Subject, list[Reading]] = WeakKeyDictionary()


async def prepare(plugin: Subject, stage: Stage, connection: Connected, *seeds: int) -> None:
    """Let there be something to read: a warehouse gets a few orders, and people work, once for each seed."""
    if roles.FulfillmentTarget in plugin.roles and stage.rehearsal.skus:
        for request in shapes(stage.rehearsal):
            await connection.role(roles.FulfillmentTarget).submit_order(request)
    if features.ExpectsGoods in plugin.features.get(roles.InventorySource, ()) and stage.rehearsal.skus:
        source: Any = connection.role(roles.InventorySource)
        await source.expect_goods(a_purchase_order(stage.rehearsal, "PO-1", (30, 20)))
    for seed in seeds:
        await stage.work(seed)


async def _gather(plugin: Subject) -> list[Reading]:
    found: Found = {}
    for seed, scene in product(SEEDS, ("", *SCENES & plugin.scenes.keys())):
        async with played(plugin, scene, orders=12, seed=seed) as (stage, connection):
            await prepare(plugin, stage, connection, seed)
            for read in lists_of(plugin):
                _file(found, plugin, read, await read.whole(connection))
            for read in look_ups_of(plugin, stage):
                _file(found, plugin, read, await read.on(connection))
    return [Reading(role, reader, tuple(records.values())) for (role, reader), records in found.items()]


def _file(found: Found, plugin: Subject, read: Read, records: Sequence[Record]) -> None:
    for reader in readers_of(plugin, read):
        for record in records[:MOST_RECORDS]:
            found.setdefault((read.role, reader), {})[record.data] = record


def _roles(plugin: Subject) -> list[type]:
    return sorted(plugin.roles, key=lambda role: role.__name__)


def _promises(plugin: Subject, role: type, of: type) -> bool:
    return of is role or of in plugin.features.get(role, ())
