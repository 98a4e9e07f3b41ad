"""What a new plugin is called and what it is to be."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from keyword import iskeyword
from re import fullmatch

from crossdock.registry.contract import ROLES
from crossdock.testing.scaffold.skeleton import Skeleton, skeleton

MODULES = {
    "order_source": ("orders", "Orders"),
    "fulfillment_target": ("fulfillment", "Fulfillment"),
    "shipping_provider": ("parcels", "Parcels"),
    "inventory_sink": ("stock", "Stock"),
    "inventory_source": ("inventory", "Inventory"),
    "catalog_source": ("catalog", "Catalog"),
    "catalog_sink": ("items", "Items"),
}
"""The module of each role, and how the name of its class ends."""

LONGEST = 40
"""Characters of a name or title: every line of the plugin then fits."""


@dataclass(frozen=True)
class Draft:
    """A plugin that is to be written; `title` is what people call its system, `prefix` how its classes begin."""

    name: str
    title: str
    prefix: str
    roles: tuple[str, ...]

    @property
    def package(self) -> str:
        """The importable package."""
        return f"crossdock_{self.name}"

    @property
    def distribution(self) -> str:
        """What it is installed as."""
        return f"crossdock-{self.name.replace('_', '-')}"

    def module_of(self, role: str) -> str:
        """The module of a role, within the package."""
        return MODULES[role][0]

    def class_of(self, role: str) -> str:
        """The class of a role."""
        return f"{self.prefix}{MODULES[role][1]}"

    def skeleton_of(self, role: str) -> Skeleton:
        """The methods that a role asks for, and what they are written with."""
        return skeleton(ROLES[role])


class Unfit(ValueError):
    """A plugin cannot be written like this; `part` is what must be another: name, title, role or folder."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


def draft(name: str, roles: Collection[str], title: str = "") -> Draft:
    """A plugin of this name with these roles, in their usual order; raises `Unfit` for what cannot be."""
    _check_name(name)
    _check_title(title)
    _check_roles(roles)
    words = [word.capitalize() for word in name.split("_")]
    return Draft(name, title or " ".join(words), "".join(words), tuple(role for role in ROLES if role in roles))


def _check_name(name: str) -> None:
    """Neither a package nor a config could have another name."""
    if not fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > LONGEST or iskeyword(name):
        allowed = f"at most {LONGEST} small letters, digits and single _, such as my_cart"
        raise Unfit("name", f"'{name}' cannot name a plugin: take {allowed}")


def _check_title(title: str) -> None:
    """It stands in texts of Python and of TOML."""
    if not title.isprintable() or set(title) & set('"\\$') or len(title) > LONGEST:
        raise Unfit("title", f"write a title of at most {LONGEST} characters, without quotes, backslashes and $")


def _check_roles(roles: Collection[str]) -> None:
    known = ", ".join(ROLES)
    for role in roles:
        if role not in ROLES:
            near = get_close_matches(role, ROLES, n=1)
            raise Unfit(
                "role", f"there is no role '{role}'" + (f": did you mean {near[0]}?" if near else f", only {known}")
            )
    if not roles:
        raise Unfit("role", f"say what the plugin is to be, once or more often: {known}")
