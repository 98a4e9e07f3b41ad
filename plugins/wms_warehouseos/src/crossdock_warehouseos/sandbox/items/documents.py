"""Items and bundles as they travel: a host's documents read, the tenant's own written, under the profile's names."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.sandbox.items.master import Components, Item, ItemChange


class NotTaken(Exception):
    """What is wrong with one item of a set; `number` is empty where it has none."""

    def __init__(self, number: str, reason: str) -> None:
        super().__init__(reason)
        self.number = number


class ItemReader:
    """Reads what a host says of an item; null is empty, but aliases given as null count as left out."""

    def __init__(self, profile: Profile) -> None:
        names = self._names = profile.item
        self._fields: dict[str, tuple[str, Callable[[Any], Any]]] = {
            "host_id": (names.host_id, _text),
            "description": (names.description, _text),
            "master_item": (names.master_item, _text),
            "weight": (names.weight, _weight),
            "attributes": (names.attributes, _attributes),
            "images": (names.images, self._images),
            "aliases": (names.aliases, self._aliases),
        }

    def read(self, told: Any) -> ItemChange:
        """The change that a document asks for; raises `NotTaken`."""
        if not isinstance(told, dict):
            raise NotTaken("", "An item must be a JSON object.")
        number = told.get(self._names.number)
        if not isinstance(number, str) or not number.strip():
            raise NotTaken("", f"{self._names.number} is required.")
        patch = told.get(self._names.patch) or False
        if not isinstance(patch, bool):
            raise NotTaken(number, f"{self._names.patch} must be true or false.")
        return ItemChange(number, self._given(number, told), patch)

    def _given(self, number: str, told: dict[str, Any]) -> dict[str, Any]:
        given = {}
        for field, (name, read) in self._fields.items():
            if name in told and (told[name] is not None or field != "aliases"):
                try:
                    given[field] = read(told[name])
                except ValueError as error:
                    raise NotTaken(number, f"{name}: {error}") from None
        return given

    def _images(self, told: Any) -> tuple[str, ...]:
        return tuple(_filled(entry, self._names.image_url) for entry in _objects(told))

    def _aliases(self, told: Any) -> dict[str, int]:
        aliases: dict[str, int] = {}
        for entry in _objects(told):
            alias = _filled(entry, self._names.alias)
            if alias in aliases:
                raise ValueError(f"{alias} is there twice.")
            aliases[alias] = _pieces(entry.get(self._names.alias_quantity))
        return aliases


def _text(told: Any) -> str:
    if isinstance(told, bool) or not isinstance(told, str | int | float | Decimal | None):
        raise ValueError("must be text.")
    return "" if told is None else str(told)


def _weight(told: Any) -> Decimal | None:
    if not (text := _text(told)):
        return None
    try:
        weight = Decimal(text)
    except InvalidOperation:
        raise ValueError("must be a number.") from None
    if not weight.is_finite() or weight < 0:
        raise ValueError("must be a number from 0.")
    return weight


def _attributes(told: Any) -> dict[str, str]:
    if not isinstance(told, dict | None):
        raise ValueError("must be a JSON object.")
    return {name: _text(value) for name, value in (told or {}).items()}


def _objects(told: Any) -> list[dict[str, Any]]:
    if not isinstance(told or [], list) or not all(isinstance(entry, dict) for entry in told or []):
        raise ValueError("must be a list of JSON objects.")
    return told or []


def _filled(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is required.")
    return value


def _pieces(told: Any) -> int:
    if told is None:
        return 1
    if isinstance(told, bool) or not isinstance(told, int) or told < 1:
        raise ValueError("a quantity must be a whole number from 1.")
    return told


class ItemWriter:
    """Writes items and bundles as the tenant lists them."""

    def __init__(self, profile: Profile) -> None:
        self._item = profile.item
        self._bundle = profile.bundle

    def item(self, item: Item) -> dict[str, Any]:
        """An item with all its fields."""
        names = self._item
        return {
            names.number: item.number,
            names.host_id: item.host_id,
            names.description: item.description,
            names.master_item: item.master_item,
            names.weight: item.weight,
            names.attributes: item.attributes,
            names.images: [{names.image_url: url} for url in item.images],
            names.aliases: [{names.alias: alias, names.alias_quantity: n} for alias, n in item.aliases.items()],
        }

    def bundle(self, number: str, components: Components) -> dict[str, Any]:
        """A bundle with its components."""
        names = self._bundle
        parts = [{names.item: item, names.quantity: pieces} for item, pieces in components.items()]
        return {names.number: number, names.components: parts}
