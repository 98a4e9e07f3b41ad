"""Secrets never leave the transport in words: not in a log, not in an error."""

import json
from collections.abc import Collection, Iterable
from html import escape
from urllib.parse import quote, quote_plus

import httpx

from crossdock.hooks.errors import CrossdockError, Rejected

MASK = "***"
# Credentials are learned from headers, and a header may also hold a word like `2` or `json`: those stay readable.
LEAST_LEARNED = 8


class Redactor:
    """Replaces every known secret, in each spelling that URLs, forms, JSON and HTML give it, by `***`."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._configured = _spellings(secrets)
        self._granted: frozenset[str] = frozenset()
        self._arm(self._configured)

    def learn(self, headers: Iterable[str]) -> None:
        """Keep these header values secret too, and those of the grant before, which may still be echoed."""
        words = {word for value in headers for word in (value, *value.split()) if len(word) >= LEAST_LEARNED}
        granted = _spellings(words)
        self._arm(self._configured | self._granted | granted)
        self._granted = granted

    def text(self, text: str) -> str:
        """The text without secrets."""
        for needle in self._texts:
            if needle in text:
                text = text.replace(needle, MASK)
        return text

    def body(self, body: bytes) -> bytes:
        """The body without secrets."""
        for needle in self._bodies:
            if needle in body:
                body = body.replace(needle, MASK.encode())
        return body

    def response(self, response: httpx.Response) -> httpx.Response:
        """The answer, its body without secrets: a refusal may quote the request, and a plugin quotes the refusal."""
        body = self.body(response.content)
        if body == response.content:
            return response
        kind = {"Content-Type": response.headers.get("content-type", "")}
        return httpx.Response(
            response.status_code,
            headers=kind,
            content=body,
            request=response.request,
            extensions=response.extensions,
        )

    def error(self, error: CrossdockError) -> None:
        """Take the secrets out of the sentence of an error."""
        error.args = tuple(self.text(arg) if isinstance(arg, str) else arg for arg in error.args)
        if isinstance(error, Rejected):
            error.reasons = tuple(map(self.text, error.reasons))

    def _arm(self, needles: frozenset[str]) -> None:
        # The longest first: a secret may be part of another one.
        self._texts = tuple(sorted(needles, key=len, reverse=True))
        self._bodies = tuple(needle.encode() for needle in self._texts)


def _spellings(secrets: Iterable[str]) -> frozenset[str]:
    spell = (str, quote, _quote_all, quote_plus, _in_json, _in_plain_json, escape)
    return frozenset(way(secret) for secret in secrets if secret for way in spell)


def _quote_all(secret: str) -> str:
    return quote(secret, safe="")


def _in_json(secret: str) -> str:
    return json.dumps(secret)[1:-1]


def _in_plain_json(secret: str) -> str:
    return json.dumps(secret, ensure_ascii=False)[1:-1]
