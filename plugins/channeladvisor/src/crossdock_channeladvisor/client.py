"""How ChannelAdvisor is reached: its OAuth refresh-token flow, its limits, its error bodies."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from crossdock import Clock, Credentials, Endpoint, Exchange, Rate, SystemClock, Unavailable
from crossdock_channeladvisor.errors import explain_error, token_refused
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

TOKEN_URL = "/oauth2/token"  # noqa: S105 - a path, no secret
EXPIRY_MARGIN = timedelta(minutes=1)


class TokenAnswer(BaseModel):
    """What the token endpoint gives; tokens live an hour."""

    access_token: str
    expires_in: int = 3600


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
        answer = await exchange("POST", TOKEN_URL, content=urlencode(form).encode(), headers=self._headers())
        if not answer.is_success:
            raise token_refused(answer)
        try:
            token = TokenAnswer.model_validate_json(answer.content)
        except ValidationError:
            # Neither chained nor quoted: what came may hold a token.
            raise Unavailable("ChannelAdvisor's token endpoint gave something else than an access token") from None
        # The token travels as a header: in the query it would come back in every nextLink, and go stale there.
        headers = {"Authorization": f"Bearer {token.access_token}"}
        return Credentials(headers, asked_at + timedelta(seconds=token.expires_in) - EXPIRY_MARGIN)

    def _headers(self) -> dict[str, str]:
        pair = b64encode(f"{self.application_id}:{self.shared_secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}


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
