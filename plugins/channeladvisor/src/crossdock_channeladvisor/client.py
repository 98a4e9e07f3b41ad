"""How ChannelAdvisor is reached: its OAuth refresh-token flow, its limits, its error bodies."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic import BaseModel, Field, ValidationError

from crossdock import Clock, Credentials, Endpoint, Exchange, Rate, SystemClock, Unavailable
from crossdock_channeladvisor.errors import explain_error, token_refused
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

if TYPE_CHECKING:
    import httpx

TOKEN_URL = "/oauth2/token"  # noqa: S105 - a path, no secret
EXPIRY_MARGIN = timedelta(minutes=1)


class TokenAnswer(BaseModel):
    """What the token endpoint gives: a token for an hour and, for an approval, the one that brings others."""

    access_token: str = Field(repr=False)
    expires_in: int = 3600
    refresh_token: str | None = Field(default=None, repr=False)


@dataclass(frozen=True)
class RefreshTokenAuth:
    """Access tokens from a refresh token, which is reusable and does not rotate."""

    application_id: str
    shared_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    clock: Clock = field(default_factory=SystemClock)

    async def authenticate(self, exchange: Exchange) -> Credentials:
        asked_at = self.clock.now()
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        application = application_headers(self.application_id, self.shared_secret)
        answer = await exchange("POST", TOKEN_URL, content=urlencode(form).encode(), headers=application)
        if not answer.is_success:
            raise token_refused(answer)
        token = read_token(answer)
        # The token travels as a header: in the query it would come back in every nextLink, and go stale there.
        headers = {"Authorization": f"Bearer {token.access_token}"}
        return Credentials(headers, asked_at + timedelta(seconds=token.expires_in) - EXPIRY_MARGIN)


def application_headers(application_id: str, shared_secret: str) -> dict[str, str]:
    """Who asks the token endpoint, and that it is asked with a form."""
    pair = b64encode(f"{application_id}:{shared_secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}


def read_token(answer: "httpx.Response") -> TokenAnswer:
    """What a good answer of the token endpoint holds."""
    try:
        return TokenAnswer.model_validate_json(answer.content)
    except ValidationError:
        # Neither chained nor quoted: what came may hold a token.
        raise Unavailable("ChannelAdvisor's token endpoint gave something else than an access token") from None


def endpoint(settings: ChannelAdvisorSettings) -> Endpoint:
    """What the transport must know of this account."""
    return Endpoint(
        base_url=settings.base_url,
        authentication=RefreshTokenAuth(
            application_id=settings.application_id,
            shared_secret=settings.shared_secret.get_secret_value(),
            refresh_token=settings.refresh_token.get_secret_value(),
        ),
        concurrency=settings.concurrency,
        rates=_rates(settings),
        timeout=settings.timeout,
        explain_error=explain_error,
        retries=settings.retries,
    )


def _rates(settings: ChannelAdvisorSettings) -> tuple[Rate, ...]:
    by_minute = Rate(calls=settings.requests_per_minute, seconds=60)
    by_second = settings.requests_per_second
    return (by_minute, Rate(calls=by_second, seconds=1)) if by_second else (by_minute,)
