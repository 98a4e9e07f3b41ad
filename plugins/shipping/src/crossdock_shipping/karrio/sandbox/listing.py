"""Which shipments a list shows, and which page of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.datastructures import URL, QueryParams

from crossdock_shipping.karrio.sandbox.answers import invalid
from crossdock_shipping.karrio.sandbox.checks import STATUSES

DEFAULT_LIMIT = 20
Wanted = Callable[[Mapping[str, Any]], bool]


def wanted_by(query: QueryParams) -> Wanted:
    """Whether a list shows a shipment; filters that the server does not know are ignored."""
    tests = [*_containing(query), *_between(query), *_exact(query)]
    return lambda document: all(test(document) for test in tests)


def page_of(rows: Sequence[Mapping[str, Any]], url: URL, query: QueryParams) -> dict[str, Any]:
    """One page of rows; a limit or an offset that is no number counts as not given."""
    limit, offset = _number(query.get("limit"), 1, DEFAULT_LIMIT), _number(query.get("offset"), 0, 0)
    end = offset + limit
    following = str(url.include_query_params(limit=limit, offset=end)) if end < len(rows) else None
    before = str(url.include_query_params(limit=limit, offset=max(0, offset - limit))) if offset else None
    return {"count": len(rows), "next": following, "previous": before, "results": rows[offset:end]}


def _containing(query: QueryParams) -> list[Wanted]:
    asked = {name: query[name].lower() for name in ("reference", "order_id", "tracking_number") if query.get(name)}
    return [partial(_contains, name, part) for name, part in asked.items()]


def _contains(name: str, part: str, document: Mapping[str, Any]) -> bool:
    return part in (document[name] or "").lower()


def _between(query: QueryParams) -> list[Wanted]:
    tests: list[Wanted] = []
    if after := _moment(query, "created_after"):
        tests.append(lambda one: _made(one) >= after)
    if before := _moment(query, "created_before"):
        tests.append(lambda one: _made(one) <= before)
    return tests


def _exact(query: QueryParams) -> list[Wanted]:
    tests: list[Wanted] = []
    if statuses := query.getlist("status"):
        if strange := [status for status in statuses if status not in STATUSES]:
            raise invalid([f"status: Select a valid choice. {strange[0]} is not one of the available choices."])
        tests.append(lambda one: one["status"] in statuses)
    if request_id := query.get("request_id"):
        tests.append(lambda one: one["meta"].get("request_id") == request_id)
    return tests


def _moment(query: QueryParams, name: str) -> datetime | None:
    if not (text := query.get(name)):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid([f"{name}: Enter a valid date/time."]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _made(document: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(document["created_at"])


def _number(text: str | None, least: int, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) >= least else otherwise
