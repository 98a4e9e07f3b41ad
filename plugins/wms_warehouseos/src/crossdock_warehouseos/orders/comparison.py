"""Whether an order that stands in WarehouseOS can be what a request asks for; pure."""

from collections.abc import Iterator, Mapping, Sequence

from crossdock.domain import RequestLine
from crossdock_warehouseos.catalog.matching import Match, MatchKind
from crossdock_warehouseos.orders.found import FoundLine

UNKNOWN = Match(MatchKind.UNKNOWN)


def contradictions(
    asked: Sequence[RequestLine], standing: Sequence[FoundLine], matches: Mapping[str, Match]
) -> list[str]:
    """What in the standing lines cannot have come from the lines that were asked for, in words.

    Lines are compared by HostId. One line may stand as several items, or as another item in other numbers: WarehouseOS
    explodes bundles and puts the item in place of its alias. So a bundle or an alias (or a SKU of which nothing is
    known, and which stands as another item) must only be there a whole number of times; an item must be there as
    itself and as often as asked for. Where no line shows a HostId, nothing is compared.
    """
    by_id: dict[str, list[FoundLine]] = {}
    for line in standing:
        if line.host_id:
            by_id.setdefault(line.host_id, []).append(line)
    if not by_id:
        return []
    missing = [f"line {line.id} ({line.sku}) is missing" for line in asked if line.id not in by_id]
    ours = {line.id for line in asked}
    added = [f"line {id_} ({_items(lines)}) was not asked for" for id_, lines in by_id.items() if id_ not in ours]
    changed = [
        words
        for line in asked
        if line.id in by_id
        for words in _changes(line, by_id[line.id], matches.get(line.sku, UNKNOWN))
    ]
    return missing + added + changed


def _changes(line: RequestLine, standing: list[FoundLine], match: Match) -> Iterator[str]:
    items = {found.item for found in standing if found.item}
    if match.kind in (MatchKind.ITEM, MatchKind.ALIAS) and items - {line.sku, *match.items}:
        yield f"line {line.id} is {_items(standing)}, not {line.sku}"
        return
    as_itself = items <= {line.sku} and match.kind is not MatchKind.BUNDLE
    for item in sorted(items):
        rows = [found for found in standing if found.item == item]
        shown = [found.quantity for found in rows if found.quantity is not None]
        told = sum(shown)
        if len(shown) == len(rows) and not _fits(told, line.quantity, exactly=as_itself):
            yield f"line {line.id} ({item}) is {told} pieces, asked for {line.quantity}"


def _fits(told: int, asked: int, *, exactly: bool) -> bool:
    return told == asked if exactly else told > 0 and told % asked == 0


def _items(lines: Sequence[FoundLine]) -> str:
    return ", ".join(line.item or "an item without number" for line in lines)
