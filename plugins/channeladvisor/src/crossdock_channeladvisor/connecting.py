"""How an account lets us in: the approval page of ChannelAdvisor, and the refresh token that comes of it."""

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from crossdock import ConnectSteps, CrossdockError, Exchange, NeedsAuth
from crossdock_channeladvisor.client import TOKEN_URL, application_headers, read_token
from crossdock_channeladvisor.errors import token_refused
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

if TYPE_CHECKING:
    import httpx

SCOPES = "orders inventory"


def approval_url(settings: ChannelAdvisorSettings, redirect_uri: str, state: str) -> str:
    """The page on which an administrator of the account approves the application, for good."""
    asked = {
        "client_id": settings.application_id,
        "response_type": "code",
        "access_type": "offline",  # without it no refresh token comes back
        "scope": SCOPES,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{settings.base_url}/oauth2/authorize?{urlencode(asked, quote_via=quote, safe='')}"


async def exchange_code(settings: ChannelAdvisorSettings, exchange: Exchange, code: str, redirect_uri: str) -> str:
    """The refresh token for the code that an approval gave."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    headers = application_headers(settings.application_id, settings.shared_secret.get_secret_value())
    answer = await exchange("POST", TOKEN_URL, content=urlencode(form).encode(), headers=headers)
    if not answer.is_success:
        raise _code_refused(answer)
    token = read_token(answer)
    if not token.refresh_token:
        raise NeedsAuth("ChannelAdvisor gave no refresh token for the approval: create one in the Developer Console")
    return token.refresh_token


def _code_refused(answer: "httpx.Response") -> CrossdockError:
    refused = token_refused(answer)
    if not isinstance(refused, NeedsAuth):
        return refused
    if b"invalid_grant" in answer.content:
        return NeedsAuth(
            "ChannelAdvisor does not take the code of the approval: it works once, for five minutes, and with the "
            "redirect address that it was asked for; begin again"
        )
    return NeedsAuth(
        "ChannelAdvisor refuses the application, or the code of the approval: compare `application_id` and "
        "`shared_secret` with the Developer Console; if they are right, begin again, a code works for five minutes"
    )


STEPS = ConnectSteps(
    grants="refresh_token",
    approval_url=approval_url,
    exchange_code=exchange_code,
    by_hand="In ChannelAdvisor's Developer Console an administrator of the account creates a refresh token for the "
    "application, with the scopes orders and inventory.",
    redirect_note="ChannelAdvisor sends a browser only to an https address that is registered for the application, "
    "letter by letter the same. It need not answer: paste the address that the browser ends at.",
)
