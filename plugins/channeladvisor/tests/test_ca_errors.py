"""ChannelAdvisor's refusals, in words for the person who must act."""

import httpx
import pytest
from pydantic import BaseModel, Field, ValidationError

from crossdock import NeedsAuth, Throttled, Unavailable
from crossdock.domain import UtcDatetime
from crossdock_channeladvisor.errors import explain_error, invalid_parts, token_refused


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":{"code":"","message":"The carrier is unknown."}}', "The carrier is unknown."),
        (
            b'{"error":{"message":"Bad request.","innererror":{"message":"Sku is required"}}}',
            "Bad request. Sku is required",
        ),
        (b'{"$id":"1","Message":"No HTTP resource was found."}', "No HTTP resource was found."),
        (b'{"error":"invalid_grant"}', "invalid_grant"),
        (b'{"other":1}', '{"other":1}'),
        (b"Too many\n requests", "Too many requests"),
        (b"<html><head><title>502 Bad\nGateway</title></head>", "502 Bad Gateway"),
        (b"<p>Service <b>unavailable</b></p>", "Service unavailable"),
        (b"", ""),
        (b"[" * 100_000, "[" * 300),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'"text"', '"text"'),
    ],
)
def test_every_kind_of_error_body_is_understood(body, words):
    assert explain_error(400, body) == words


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (400, b'{"error":"invalid_grant"}', NeedsAuth, "invalid_grant"),
        (400, b"Bad Request", NeedsAuth, "status 400"),
        (401, b"", NeedsAuth, "status 401"),
        (403, b"<html>", NeedsAuth, "status 403"),
        (429, b"", Throttled, "too many calls"),
        (503, b"<html>", Unavailable, "status 503"),
    ],
)
def test_a_refused_token_call_says_what_follows(status, body, error, said):
    refused = token_refused(httpx.Response(status, content=body))
    assert type(refused) is error
    assert said in str(refused)


@pytest.mark.parametrize("body", [b'{"error":"refresh-me"}', b"refresh-me", b'{"error":{"message":"refresh-me"}}'])
def test_a_refusal_that_repeats_the_secret_is_not_quoted(body):
    assert "refresh-me" not in str(token_refused(httpx.Response(400, content=body)))


class Part(BaseModel):
    name: str = Field(min_length=1)
    when: UtcDatetime | None = None


class Whole(BaseModel):
    parts: tuple[Part, ...] = ()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"parts": {}}, "parts: Input should be a list"),
        ({"parts": [7]}, "parts.0: Input should be an object with fields"),
        ([], "the record: Input should be an object with fields"),
        ({"parts": [{}]}, "parts.0.name: Field required"),
        ({"parts": [{"name": ""}]}, "parts.0.name: Input should not be empty"),
        (
            {"parts": [{"name": "a", "when": 5}]},
            "parts.0.when: a date is a text such as 2024-05-01T12:00:00Z, and no number",
        ),
        ({"parts": [1, 2, 3, 4]}, "; parts.2: Input should be an object with fields and 1 more"),
    ],
)
def test_what_is_wrong_with_a_document_is_said_without_the_words_of_programs(document, words):
    with pytest.raises(ValidationError) as error:
        Whole.model_validate(document)
    assert invalid_parts(error.value).endswith(words)
