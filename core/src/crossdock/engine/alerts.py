"""Alerts: what a receiver is told, and how it reads; decided and written without I/O."""

import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import groupby

from crossdock.engine.causes import for_all, for_one
from crossdock.engine.problems import Code

VERSION = 1
GATHER = timedelta(seconds=30)
"""How old a problem is when it is told of: what comes together is told together, what passes by itself not at all."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
MOST_GROUPS = 25
LONGEST_SUBJECT = 150
WIDTH = 78
STOPPING = (Code.CONNECTION_PAUSED, Code.SERVICE_SILENT, Code.PLUGIN_FAILED, Code.ALERT_FAILED)
"""Problems that stop more than one order: they come first."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a receiver wants to be told of: the pipelines and the kinds of problems, None for all."""

    pipelines: Collection[str] | None = None
    codes: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """New problems of one pipeline, kind and cause: how many, since when, and the first of them."""

    pipeline: str
    code: str
    cause: str
    count: int
    since: datetime
    id: int
    subject: str
    title: str
    action: str


@dataclass(frozen=True, slots=True)
class Group:
    """What one correction would probably settle: new problems of one client, kind and cause, and the first of them."""

    client: str
    pipelines: tuple[str, ...]
    code: str
    cause: str
    count: int
    since: datetime
    example: Finding

    @property
    def action(self) -> str:
        """What to do about all of them."""
        first = self.example
        return for_all(first.action, first.id) if self.count > 1 else for_one(first.action, first.id)


@dataclass(frozen=True, slots=True)
class Silent:
    """A service that is silent, told before or not."""

    pipeline: str
    service: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """One message: what is new, and how things stand beside it; with nothing new it is a test message."""

    at: datetime
    groups: tuple[Group, ...]
    silent: tuple[Silent, ...] = ()
    closed: int = 0
    open: int = 0

    @property
    def new(self) -> int:
        """How many problems are new."""
        return sum(group.count for group in self.groups)

    @property
    def title(self) -> str:
        """The most important thing in one line."""
        if not self.groups:
            return "crossdock: a test message"
        first = self.groups[0]
        others = self.new - 1
        first_words = _one_line(first.example.title, LONGEST_SUBJECT - 40)
        and_others = f" (and {_counted(others, 'other problem')})" if others else ""
        whose = f" [{first.client}]" if first.client else ""
        return f"crossdock{whose}: {first_words}{and_others}"


def interest_of(clients: Collection[str], codes: Collection[str], client_of: Mapping[str, str]) -> Interest:
    """What a receiver of these clients and (patterns of) kinds wants; what belongs to no pipeline has no client."""
    pipelines = [name for name, client in client_of.items() if client in clients] if clients else None
    kinds = [code.value for code in Code if any(fnmatchcase(code, one) for one in codes)] if codes else None
    return Interest(pipelines, kinds)


def groups_of(found: Iterable[Finding], client_of: Mapping[str, str]) -> tuple[Group, ...]:
    """The findings by client, kind and cause: what stops most comes first, then what there is most of."""

    def key(one: Finding) -> tuple[str, str, str]:
        return client_of.get(one.pipeline, ""), one.code, one.cause

    groups = [_group(client, list(same)) for (client, _, _), same in groupby(sorted(found, key=key), key=key)]
    return tuple(sorted(groups, key=lambda one: (_rank(one.code), -one.count, one.since, one.example.id)))


def _group(client: str, same: Sequence[Finding]) -> Group:
    first = min(same, key=lambda one: (one.since, one.id))
    pipelines = tuple(sorted({one.pipeline for one in same} - {""}))
    return Group(client, pipelines, first.code, first.cause, sum(one.count for one in same), first.since, first)


def _rank(code: str) -> int:
    return STOPPING.index(Code(code)) if code in STOPPING else len(STOPPING)


def next_message(sent_at: datetime | None, try_again_at: datetime | None, every: timedelta) -> datetime | None:
    """The earliest moment of the next message; None: at once when there is something to tell."""
    if try_again_at is not None:
        return try_again_at
    return sent_at + every if sent_at is not None else None


def wait_after(fails: int) -> timedelta:
    """How long a receiver rests that has failed so often in a row."""
    return min(FIRST_WAIT * 2.0 ** min(fails - 1, 10), LONGEST_WAIT)


def as_text(digest: Digest) -> str:
    """The message for people."""
    if not digest.groups:
        return f"This is a test message of crossdock, sent at {_moment(digest.at)}.\nAlerts arrive here.\n"
    shown = digest.groups[:MOST_GROUPS]
    parts = [f"{_counted(digest.new, 'new problem')} {'waits' if digest.new == 1 else 'wait'} for a person."]
    parts += [_group_text(place, group) for place, group in enumerate(shown, 1)]
    if len(digest.groups) > len(shown):
        rest = digest.groups[len(shown) :]
        parts.append(f"And {_counted(sum(one.count for one in rest), 'more problem')} of {len(rest)} other causes.")
    parts.append(_standing_text(digest))
    return "\n\n".join(parts) + "\n"


def _group_text(place: int, group: Group) -> str:
    times = f", {group.count:,} times" if group.count > 1 else ""
    head = f"{place}. {group.code.replace('_', ' ').capitalize()}{times}, since {_moment(group.since)}"
    whose = [f"client {group.client}"] if group.client else []
    whose += [f"pipeline {', '.join(group.pipelines)}"] if group.pipelines else []
    lines = [head, f"   {', '.join(whose)}"] if whose else [head]
    lines.append(_wrapped("", ("For example: " if group.count > 1 else "") + group.example.title))
    lines += [_wrapped("To do: ", group.action)] if group.action else []
    lines.append(f"   Look:  crossdock problems show {group.example.id}")
    return "\n".join(lines)


def _standing_text(digest: Digest) -> str:
    lines = [f"Silent since {_moment(one.since)}: {one.pipeline}/{one.service}" for one in digest.silent]
    if digest.closed:
        was = "problem that was told of is" if digest.closed == 1 else "problems that were told of are"
        lines.append(f"Since the last message {digest.closed:,} {was} closed.")
    lines.append(f"In all, {_counted(digest.open, 'problem')} {'is' if digest.open == 1 else 'are'} open:")
    return "\n".join([*lines, "", "   crossdock problems list"])


def _wrapped(before: str, text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=f"   {before}",
        subsequent_indent="   " + " " * len(before),
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_document(digest: Digest) -> dict[str, object]:
    """The message for programs; keys are added in later versions, none goes without another `version`."""
    return {
        "version": VERSION,
        "sent_at": digest.at.isoformat(),
        "test": not digest.groups,
        "title": digest.title,
        "text": as_text(digest),
        "clients": sorted({group.client for group in digest.groups if group.client}),
        "new": [_group_document(group) for group in digest.groups[:MOST_GROUPS]],
        "new_problems": digest.new,
        "closed_problems": digest.closed,
        "open_problems": digest.open,
        "silent": [
            {"pipeline": one.pipeline, "service": one.service, "since": one.since.isoformat()} for one in digest.silent
        ],
    }


def _group_document(group: Group) -> dict[str, object]:
    first = group.example
    return {
        "client": group.client,
        "pipelines": list(group.pipelines),
        "code": group.code,
        "cause": group.cause,
        "count": group.count,
        "since": group.since.isoformat(),
        "action": group.action,
        "example": {"id": first.id, "pipeline": first.pipeline, "subject": first.subject, "title": first.title},
    }


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _one_line(text: str, length: int) -> str:
    """The beginning of a text without a line break: a header has none."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
