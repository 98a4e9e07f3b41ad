"""What lies in a simulated tenant, as the conformance kit is told, and how people move it meanwhile."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from random import Random

from crossdock.sandbox import Effect, EffectKind, Scene
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.stock.ledger import Stock
from crossdock_warehouseos.sandbox.stock.places import Place, Places

AREAS = ("EAST", "WEST")
ACTS = 25
"""How often people put, pull, count or carry something in one go."""


def scenes(options: SandboxOptions) -> Mapping[str, Scene]:
    """How to play with stock, which a tenant keeps only where the scenario says so."""
    stocked = _stocked(options.items[:20])
    return {
        "small_pages": Scene(settings={"queue_page_size": 7, "list_page_size": 3, "item_page_size": 7}),
        "stock": Scene(options=stocked),
        "disorder": Scene(options={"redeliver": 0.3, "shuffle": True}),
        "stale": Scene(options={"levels_every": 3600}),
    }


def _stocked(items: tuple[str, ...]) -> Mapping[str, object]:
    bins = [{"name": f"{area}-{number:02}", "area": area} for area in AREAS for number in (1, 2)]
    stock = {
        item: {f"{each['area']}/{each['name']}": 10 + (7 * place + 3 * nth) % 40 for nth, each in enumerate(bins)}
        for place, item in enumerate(items)
    }
    return {"areas": AREAS, "locations": bins, "stock": stock, "levels_tell": ("allocated", "counted_at")}


def stock_effects(stock: Stock) -> Iterator[Effect]:
    """What lies in each area of every item that lay somewhere."""
    by_item: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, place, pieces in stock.rows():
        by_item[item][place.area] += pieces
    for item, units in by_item.items():
        yield Effect(kind=EffectKind.STOCK, key=item, units=units)


def move_goods(stock: Stock, places: Places, seed: int) -> Mapping[str, int]:
    """People put, pull, count and carry pieces; nothing where no stock is kept."""
    dice, done = Random(f"{seed}:{len(stock.transactions)}"), Counter[str]()
    for _ in range(ACTS if stock.kept else 0):
        item, place, pieces = dice.choice([*stock.rows()])
        act = dice.choice(("put", "pull", "count", "move"))
        _act(stock, act, item, place, dice.randint(1, pieces), dice.choice([*places.bins.keys() - {place}]))
        done[act] += 1
    return done


def _act(stock: Stock, act: str, item: str, place: Place, pieces: int, other: Place) -> None:
    match act:
        case "put":
            stock.put(item, pieces, place, "FOUND")
        case "pull":
            stock.pull(item, pieces, place, "DAMAGE")
        case "count":
            stock.count(item, pieces + 5, place)
        case _:
            stock.move(item, pieces, place, other, "TRANSFER")
