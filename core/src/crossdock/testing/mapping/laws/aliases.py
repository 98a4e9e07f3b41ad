"""Laws of aliases: no name at the cart stands for two products."""

from collections.abc import Iterator, Sequence
from itertools import islice

from crossdock.mapping import Aliases
from crossdock.testing.mapping.kinds import PAIRS, SKU
from crossdock.testing.mapping.law import mapping_law, names, same
from crossdock.testing.mapping.subject import MappingSubject

Pairs = Sequence[tuple[str, str]]
MOST = 300
"""So many products of a table are looked at one by one; that no two share a name, the config check sees of all."""


def _skus(subject: MappingSubject) -> Iterator[str]:
    table = subject.rules.stock.aliases
    named = (sku for sku in subject.words.skus if sku in table.of or sku in table.several or _was_named(subject, sku))
    return islice(named, MOST)


def _was_named(subject: MappingSubject, sku: str) -> bool:
    return bool(subject.rules.stock.aliases.type) and sku in subject.words.aliased


@mapping_law("mapping.aliases.one_to_one", SKU, judges=True, cases=_skus)
def aliases_go_both_ways(subject: MappingSubject, sku: str) -> None:
    """Every product of the table of aliases has a name at the cart, which stands for that product and no other one, nor
    for a bundle.

    What is told of the one would be told of the other: one of them is oversold.
    """
    aliases = subject.rules.stock.aliases
    name = aliases.name_of(sku)
    assert name is not None, f"SKU '{sku}' has no name at the cart: {aliases.why_unnamed(sku)}"
    same(f"the product that the cart means by '{name}'", sku, aliases.sku_of(name))
    others = [other for other, alias in aliases.of.items() if alias.casefold() == name.casefold() and other != sku]
    assert not others, f"the cart knows SKU '{sku}' by '{name}', and SKU '{others[0]}' too"
    bundles = [bundle for bundle in subject.rules.bundles if bundle.casefold() == name.casefold()]
    assert not bundles, (
        f"the cart knows SKU '{sku}' by '{name}', which is the name of a bundle: its level would be told"
    )


@mapping_law("mapping.aliases.answer", PAIRS)
def a_table_of_aliases_is_read_as_written(subject: MappingSubject, pairs: Pairs) -> None:
    """A product goes by its alias if it has one alone and nobody shares it, and the reason for going by none is told.

    A product that is silently left out is not sold; one that takes another's name is sold twice.
    """
    table = Aliases.from_pairs("UPC", pairs)
    of = {sku: sorted({alias for one, alias in pairs if one == sku}) for sku, _ in pairs}
    for sku in (*of, "nobody"):
        own = of.get(sku, [])
        sharing = [one for one in of if one != sku and own and own[0] in of[one]]
        name = own[0] if len(own) == 1 and not sharing else None
        same(f"the name of '{sku}'", name, table.name_of(sku))
        _must_say_why(table, sku, own, sharing, name)
    _must_come_back(table, of)


def _must_say_why(table: Aliases, sku: str, own: list[str], sharing: list[str], name: str | None) -> None:
    told = table.why_unnamed(sku)
    if name is not None:
        same(f"why '{sku}' has no name", "", told)
    elif not own:
        same(f"why '{sku}' has no name", "it has no alias of type UPC", told)
    elif len(own) > 1:
        same(f"why '{sku}' has no name", f"it has several aliases of type UPC: {_some(own)}", told)
    else:
        begin = f"its alias {own[0]} of type UPC stands for "
        names(f"why '{sku}' has no name", told, begin, " too")
        listed = told.removeprefix(begin).removesuffix(" too").split(", ")
        same("how many share it", min(len(sharing), 4), len(listed))
        assert set(listed[:3]) <= set(sharing), f"'{told}' names others than {sharing}"
        assert len(sharing) <= 3 or listed[3] == f"{len(sharing) - 3} more", f"'{told}' does not count {sharing}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f", {len(names) - 3} more" if len(names) > 3 else "")


def _must_come_back(table: Aliases, of: dict[str, list[str]]) -> None:
    for alias in (*{alias for own in of.values() for alias in own}, "strange"):
        owners = [sku for sku, own in of.items() if alias in own]
        means = owners[0] if len(owners) == 1 and len(of[owners[0]]) == 1 and owners[0] else alias
        same(f"what the cart means by '{alias}'", means, table.sku_of(alias))
        same(f"whether '{alias}' is shared", len(owners) > 1, alias in table.shared)


@mapping_law("mapping.aliases.none", SKU, most=50)
def without_a_type_products_go_by_sku(subject: MappingSubject, sku: str) -> None:
    """Where the config names no type of alias, a product goes by its SKU, letter by letter, there and back.

    `0012` is not `12`, and `a-1` is not `A-1`.
    """
    plain = Aliases()
    same(f"the name of '{sku}'", sku, plain.name_of(sku))
    same(f"what the cart means by '{sku}'", sku, plain.sku_of(sku))
    same(f"why '{sku}' has no name", "", plain.why_unnamed(sku))
