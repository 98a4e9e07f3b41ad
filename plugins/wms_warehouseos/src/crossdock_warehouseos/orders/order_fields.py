"""Which fields a tenant's orders have for what an operator maps, and what they can hold; pure."""

from collections.abc import Iterator, Mapping, Sequence
from glob import escape

from crossdock import OrderField
from crossdock_warehouseos.settings import WarehouseOSSettings

CUSTOM = "custom_fields."
NUMBERS = ("[1-9]", "[1-9][0-9]", "[1-9][0-9][0-9]")
"""The numbers of custom fields as patterns; how many a tenant has is its own affair."""


class CustomFieldNames:
    """Which of a tenant's custom fields, such as `CustomField7`, the settings fill with what; the others are free."""

    def __init__(self, settings: WarehouseOSSettings) -> None:
        self._names = settings.profile.order
        custom = settings.custom_fields
        self.tags, self.site, self.request_key = map(self._names.custom, (custom.tags, custom.site, custom.request_key))
        self.from_order: Mapping[str, str] = {
            self._names.custom(number): name for number, name in custom.from_order.items()
        }
        self._placed = frozenset(self.from_order.values())
        self.taken = self._taken()

    def _taken(self) -> Mapping[str, str]:
        """What the settings put where, by the names of the custom fields."""
        own = {
            self.tags: "the order's tags",
            self.site: "the site of the sale",
            self.request_key: "crossdock's own key",
        }
        placed = {field: f"the order's custom field '{name}'" for field, name in self.from_order.items()}
        return {field: what for field, what in {**own, **placed}.items() if field}

    def is_free(self, name: str) -> bool:
        """Whether this is the name of a custom field that the settings fill with nothing."""
        return name not in self._placed and self._names.is_custom(name) and name not in self.taken


def order_fields(settings: WarehouseOSSettings) -> Sequence[OrderField]:
    """The fields of a tenant's orders; lengths are those of the settings, since none is known."""
    return tuple(_described(settings))


def _described(settings: WarehouseOSSettings) -> Iterator[OrderField]:
    names, custom, lengths = settings.profile.order, CustomFieldNames(settings), settings.field_lengths
    yield OrderField("notes", lengths.get(names.notes))
    yield OrderField("source", lengths.get(names.source))
    yield OrderField("area", lengths.get(names.pick_area))
    no_tags = "" if custom.tags else "the setting custom_fields.tags is 0, so no tags are sent"
    yield OrderField("tags", lengths.get(custom.tags), refused=no_tags)
    for field, name in custom.from_order.items():
        yield OrderField(CUSTOM + escape(name), lengths.get(field))
    for field, what in custom.taken.items():
        yield OrderField(CUSTOM + escape(field), refused=f"by the settings of the connection it holds {what}")
    for field, length in lengths.items():
        if custom.is_free(field):
            yield OrderField(CUSTOM + escape(field), length)
    before, _, after = names.custom_field.partition("{number}")
    for number in NUMBERS:
        yield OrderField(f"{CUSTOM}{escape(before)}{number}{escape(after)}")
