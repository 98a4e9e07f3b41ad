"""What karrio says in an answer, as text and as the error that follows.

Two envelopes: `{"errors": […]}` are the server's own words, `{"messages": […]}` (status 424) those of carriers.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from crossdock import NeedsConfig, Rejected, Unavailable, error_text

if TYPE_CHECKING:
    import httpx

NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that are not JSON of the shape asked for."""

BROKEN_CALL = "SHIPPING_SDK_INTERNAL_ERROR"
"""The code under which the server tells that its call to a carrier broke, rather than what the carrier said."""

_SAID = msgspec.json.Decoder(dict[str, Any])


class Remark(msgspec.Struct, frozen=True):
    """One thing that the server or a carrier said."""

    words: str
    code: str = ""


def remarks(body: bytes) -> tuple[Remark, ...]:
    """What an error body says; nothing where it is none of the server's."""
    try:
        said = _SAID.decode(body)
    except NOT_JSON:
        return ()
    lists = [several for name in ("errors", "messages") if isinstance(several := said.get(name), list)]
    told = [one for several in lists for one in several if isinstance(one, dict)]
    return tuple(Remark(_words(one), str(one.get("code") or "")) for one in told)


def _words(told: dict[str, Any]) -> str:
    carrier, said = told.get("carrier_name"), told.get("message") or told.get("details") or told.get("code") or ""
    return error_text(f"{carrier}: {said}" if carrier else said)


def explain_error(_status: int, body: bytes) -> str:
    """The server's own words in a refusal; a web page is none of them."""
    said = "; ".join(remark.words for remark in remarks(body))
    return error_text(said or (b"a web page" if body.lstrip().startswith(b"<") else body))


def words_of(answer: "httpx.Response") -> str:
    """The status and what was said with it."""
    return f"{answer.status_code} {explain_error(answer.status_code, answer.content)}".strip()


def is_broken_call(answer: "httpx.Response") -> bool:
    """Whether the server lost touch with a carrier on the way, so that not even it knows what the carrier did."""
    said = remarks(answer.content)
    if answer.status_code == 424:
        return any(remark.code == BROKEN_CALL for remark in said)
    return answer.status_code == 500 and bool(said)


def require_success(answer: "httpx.Response", what: str) -> None:
    """Raise what follows from a failed call that spent no money and may be repeated."""
    status = answer.status_code
    if status < 400:
        return
    said = f"karrio answered {what} with {words_of(answer)}"
    if status >= 500 or is_broken_call(answer):
        raise Unavailable(said)
    if status in (404, 405) and not remarks(answer.content):
        raise NeedsConfig(f"{said}; correct base_url, there is no karrio server below it")
    raise Rejected(said)


def not_as_promised(what: str, body: bytes) -> Unavailable:
    """An answer that is not JSON of the expected shape, as a proxy or a maintenance page gives it."""
    return Unavailable(f"karrio answered {what} with something unexpected: {error_text(body, 120) or 'nothing'}")
