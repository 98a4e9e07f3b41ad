"""One record that arrives broken: the simulator's answers, with this one record spoiled on the way."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.hooks.records import Record
from crossdock.testing.raw import dumped
from crossdock.testing.theatre import Theatre

Document = dict[str, Any]


@dataclass
class Poison:
    """A record and what stands in its place; `change` says it in words, `times` how often it was put there."""

    record: Record
    change: str
    data: bytes
    times: int = field(default=0, compare=False)

    @classmethod
    def all_of(cls, record: Record) -> "list[Poison]":
        """The ways to spoil a record that leave its key; none for one that is no JSON object."""
        try:
            document = json.loads(record.data)
        except ValueError:
            return []
        if not isinstance(document, dict):
            return []
        made: dict[str, Callable[[Any], Any]] = {
            "nothing in all of its fields": lambda value: None,
            "a text in all of its fields": lambda value: "?",
            "a list in all of its fields": lambda value: [[]],
            "a text in place of its parts": lambda value: "?" if isinstance(value, dict | list) else value,
        }
        return [cls(record, told, dumped(_spoiled(document, record.id, change))) for told, change in made.items()]

    @contextmanager
    def served_by(self, theatre: Theatre) -> Iterator[None]:
        """Until the block ends the simulator's answers have it in place of the record."""
        inner = theatre.playing

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await self._answer(inner, scope, receive, send)

        theatre.instead = answer
        try:
            yield
        finally:
            theatre.instead = None

    async def _answer(self, inner: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[Message] = []

        async def keep(message: Message) -> None:
            parts.append(message)

        await inner(scope, receive, keep)
        body = self._put_into(b"".join(part.get("body", b"") for part in parts[1:]))
        headers = [(name, value) for name, value in parts[0].get("headers", ()) if name.lower() != b"content-length"]
        await send({**parts[0], "headers": [*headers, (b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    def _put_into(self, body: bytes) -> bytes:
        """The answer with it: in place of the very bytes, or of the same document in another writing."""
        if self.record.data in body:
            self.times += 1
            return body.replace(self.record.data, self.data)
        try:
            answer, wanted = json.loads(body), json.loads(self.record.data)
        except ValueError:
            return body
        found = self._replaced(answer, wanted)
        return body if found == answer else dumped(found)

    def _replaced(self, answer: Any, wanted: Any) -> Any:
        if answer == wanted:
            self.times += 1
            return json.loads(self.data)
        if isinstance(answer, dict):
            return {name: self._replaced(value, wanted) for name, value in answer.items()}
        return [self._replaced(value, wanted) for value in answer] if isinstance(answer, list) else answer


def _spoiled(document: Document, key: str, change: Callable[[Any], Any]) -> Document:
    return {name: value if str(value) == key else change(value) for name, value in document.items()}
