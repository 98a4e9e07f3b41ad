"""What WarehouseOS calls things on the wire: data from `profile.toml`, replaceable name by name in the settings."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

Mark = Literal["documented", "assumed"]

NUMBER = re.compile(r"[1-9][0-9]{0,2}")
"""The number of a custom field; how many there are is each tenant's own affair."""


def _all_optional(schema: JsonDict) -> None:
    schema.pop("required", None)


class Names(BaseModel):
    """A group of names; each one has a default in the profile, so an operator writes only those that differ."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1, json_schema_extra=_all_optional)


class AuthNames(Names):
    """How the API key travels."""

    key_header: str


class Paths(Names):
    """Where the calls go, below the base URL."""

    create_order: str
    get_order: str
    hold_order: str
    release_order: str
    delete_order: str
    save_items: str
    list_items: str
    get_item: str
    list_bundles: str
    list_areas: str
    list_locations: str
    list_levels: str
    get_summary: str
    save_purchase_order: str
    get_purchase_order: str
    get_messages: str
    acknowledge_messages: str


class QueryNames(Names):
    """Parameters of reads."""

    order_number: str
    item_number: str
    master_item: str
    purchase_order: str
    page: str
    page_size: str
    count: str


class Statuses(Names):
    """Words for where an order stands."""

    hold: str
    available: str
    in_process: str
    complete: str


class OrderNames(Names):
    """Fields of an order; `custom_field` holds `{number}`."""

    id: str
    number: str
    status: str
    created_at: str
    deliver_by: str
    ship_to: str
    carrier: str
    service: str
    notes: str
    source: str
    attachments: str
    batch: str
    packed: str
    verified: str
    pick_area: str
    custom_field: str = Field(pattern=r"\{number\}")
    lines: str

    def custom(self, number: int) -> str:
        """The custom field of this number; empty for 0."""
        return self.custom_field.replace("{number}", str(number)) if number else ""

    def is_custom(self, name: str) -> bool:
        """Whether a custom field has this name."""
        before, _, after = self.custom_field.partition("{number}")
        number = name.removeprefix(before).removesuffix(after)
        return NUMBER.fullmatch(number) is not None and name == self.custom(int(number))


class AttachmentNames(Names):
    """Fields of a picture that travels with an order."""

    name: str
    url: str


class AddressNames(Names):
    """Fields of the address that an order goes to."""

    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str
    email: str


class LineNames(Names):
    """Fields of an order line."""

    item: str
    quantity: str
    host_id: str
    notes: str


class AnswerNames(Names):
    """Fields of the answer to a write."""

    success: str
    message: str


class ItemNames(Names):
    """Fields of an item and of the list of items; `refused` lists what an upsert did not take."""

    list: str
    number: str
    host_id: str
    description: str
    master_item: str
    weight: str
    attributes: str
    images: str
    image_url: str
    aliases: str
    alias: str
    alias_quantity: str
    patch: str
    refused: str


class BundleNames(Names):
    """Fields of a bundle: its number and components."""

    list: str
    number: str
    components: str
    item: str
    quantity: str


class AreaNames(Names):
    """Fields of an area."""

    list: str
    name: str
    title: str


class LocationNames(Names):
    """Fields of a location."""

    list: str
    name: str
    title: str
    kind: str
    zone: str
    area: str
    pick_sequence: str
    allocation_sequence: str
    putaway_sequence: str


class LevelNames(Names):
    """Fields of what lies in one location; what orders have claimed of it and when it was true need not be there."""

    list: str
    item: str
    area: str
    location: str
    quantity: str
    allocated: str
    counted_at: str


class SummaryNames(Names):
    """Fields of the totals below one Master Item."""

    list: str
    item: str
    quantity: str


class PurchaseOrderNames(Names):
    """Fields of goods that are expected."""

    number: str
    supplier: str
    area: str
    expected_at: str
    notes: str
    lines: str


class PurchaseOrderLineNames(Names):
    """Fields of one line of goods that are expected."""

    host_id: str
    item: str
    expected: str
    received: str


class MessageNames(Names):
    """Fields of the host queue: its list, one message, and the ids in an acknowledgement."""

    list: str
    ids: str
    id: str
    trigger: str
    body: str


class Triggers(Names):
    """Kinds of host messages."""

    box_closed: str
    pick_complete: str
    line_picked: str
    line_packed: str
    pick_reset: str
    box_reset: str
    order_verified: str
    stock_put: str
    stock_pull: str
    stock_count: str
    stock_move: str
    putaway: str


class WorkNames(Names):
    """Fields of a message that reports work done on an order."""

    order_number: str
    box: str
    pick: str
    transaction: str
    user: str
    at: str
    carrier: str
    service: str
    tracking_number: str
    status: str
    short_reason: str
    lines: str


class WorkLineNames(Names):
    """Fields of one line of work done; `short` are pieces that were not found."""

    host_id: str
    item: str
    quantity: str
    short: str


class MovementNames(Names):
    """Fields of a message that reports stock which moved; what is counted anew has a signed quantity."""

    id: str
    item: str
    quantity: str
    from_area: str
    from_location: str
    to_area: str
    to_location: str
    reason: str
    order_number: str
    user: str
    at: str


class PutawayNames(Names):
    """Fields of a message that reports received goods."""

    id: str
    number: str
    host_id: str
    item: str
    quantity: str
    area: str
    location: str
    user: str
    at: str


class PushNames(Names):
    """Headers of a message that is pushed to a URL."""

    signature_header: str
    time_header: str


class Profile(Names):
    """All names of one tenant's API."""

    auth: AuthNames
    paths: Paths
    query: QueryNames
    statuses: Statuses
    order: OrderNames
    attachment: AttachmentNames
    address: AddressNames
    line: LineNames
    answer: AnswerNames
    item: ItemNames
    bundle: BundleNames
    area: AreaNames
    location: LocationNames
    level: LevelNames
    summary: SummaryNames
    purchase_order: PurchaseOrderNames
    purchase_order_line: PurchaseOrderLineNames
    message: MessageNames
    triggers: Triggers
    work: WorkNames
    work_line: WorkLineNames
    movement: MovementNames
    putaway: PutawayNames
    push: PushNames


@cache
def marked_names() -> dict[str, dict[str, tuple[str, Mark]]]:
    """Every name of the shipped profile with its mark, by section and key."""
    shipped = tomllib.loads(files(__package__).joinpath("profile.toml").read_text("utf-8"))
    return {
        section: {key: (name, mark) for mark, names in by_mark.items() for key, name in names.items()}
        for section, by_mark in shipped.items()
    }


def with_defaults(overrides: Any) -> Any:
    """The shipped profile with the names that a tenant calls otherwise; what is not a table is left to validation."""
    if not isinstance(overrides, dict):
        return overrides
    defaults = {section: {key: name for key, (name, _) in names.items()} for section, names in marked_names().items()}
    merged: dict[str, Any] = {**defaults, **overrides}
    for section in defaults.keys() & overrides.keys():
        if isinstance(overrides[section], dict):
            merged[section] = {**defaults[section], **overrides[section]}
    return merged
