"""What `$batch` answers, as JSON or as multipart, cut into the replies to its parts; pure."""

import email
import json
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Any

import msgspec

from crossdock_channeladvisor.errors import explain_error

DENIED = "Authorization has been denied for this request."


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one part: its status and its body."""

    status: int
    body: bytes = b""

    @property
    def is_denied(self) -> bool:
        """Whether the part was not let in; ChannelAdvisor's words for that were seen behind other statuses too."""
        if self.status == HTTPStatus.UNAUTHORIZED:
            return True
        return DENIED.encode() in self.body and explain_error(self.status, self.body).startswith(DENIED)


class _Response(msgspec.Struct):
    id: str | int
    status: int
    body: msgspec.Raw = msgspec.Raw()


class _Responses(msgspec.Struct):
    responses: list[_Response]


def read_replies(content_type: str, body: bytes, parts: int) -> list[Reply | None]:
    """The replies to parts 1, 2, ..., in this order whatever theirs is; None where there is none.

    Raises `ValueError` when the answer is none to a batch.
    """
    replies = _in_multipart(content_type, body) if content_type.lower().startswith("multipart/") else _in_json(body)
    return [replies.get(str(number + 1)) for number in range(parts)]


def _in_json(body: bytes) -> dict[str, Reply]:
    try:
        responses = msgspec.json.decode(body, type=_Responses).responses
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError("no list of responses") from error
    return {str(response.id): Reply(response.status, _content(bytes(response.body))) for response in responses}


def _content(raw: bytes) -> bytes:
    """The body that a JSON value stands for: a text is one by itself, null is none."""
    if not raw.startswith((b'"', b"n")):
        return raw
    value: Any = json.loads(raw)
    return value.encode("utf-8", "replace") if isinstance(value, str) else b""


def _in_multipart(content_type: str, body: bytes) -> dict[str, Reply]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body)
    answers = [part for part in message.walk() if part.get_content_type() == "application/http"]
    # A part that does not say whose answer it is stands in its place.
    return {_number(part) or str(place): _reply(part) for place, part in enumerate(answers, start=1)}


def _number(part: Message) -> str:
    return str(part.get("Content-ID", "")).strip().strip("<>")


def _reply(part: Message) -> Reply:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise ValueError("a part without an answer")
    head, _, body = payload.partition(b"\r\n\r\n")
    return Reply(_status(head), body)


def _status(head: bytes) -> int:
    words = head.split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ValueError("a part without a status")
    return int(words[1])
