"""The story of one order as data, for programs: `document` is the order as expressions of the config see it."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.store.stories import ExchangeView, OrderStory, PromiseView

BODIES = ("request", "answer")


def story_as_data(story: "OrderStory", *, full: bool) -> dict[str, Any]:
    """All that is known of the order; bodies of requests, and the record as the cart gave it, with `full` only."""
    data = _as_dict(story)
    data["promises"] = [_promise(one) for one in story.promises]
    data["exchanges"] = [_exchange(one, full=full) for one in story.exchanges]
    data["raw"] = _text(story.raw)
    return data if full else {name: value for name, value in data.items() if name != "raw"}


def _promise(one: "PromiseView") -> dict[str, Any]:
    from pydantic_core import from_json

    return _as_dict(one) | {"document": from_json(one.document) if one.document else None}


def _exchange(one: "ExchangeView", *, full: bool) -> dict[str, Any]:
    bodies = {name: _text(getattr(one, name)) for name in BODIES} if full else {}
    return {name: value for name, value in _as_dict(one).items() if name not in BODIES} | bodies


def _as_dict(one: Any) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
