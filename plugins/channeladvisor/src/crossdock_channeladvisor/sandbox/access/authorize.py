"""How an application comes to its tokens: the seller's approval, and the grants of the token endpoint.

    GET  /oauth2/authorize   a page with a button; with `approve=1` (or 0) it is pressed at once
    POST /oauth2/token       grant_type refresh_token, authorization_code or soap, Basic auth

What an authorize call is refused with, the echoed `state`, and the `error=access_denied` of a seller who refuses are
assumed from OAuth 2.0; so is that the SOAP grant gives a refresh token.
"""

import base64
import binascii
import html
import secrets
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.access.gate import SCOPES, Tokens
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import Refused
from crossdock_channeladvisor.sandbox.options import SandboxOptions

Form = dict[str, str]

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Authorize {client_id}</title></head>
<body><h1>{client_id} asks for access</h1><p>It wants: {scope}</p>
<form action="/oauth2/authorize">{fields}
<button name="approve" value="1">Approve</button> <button name="approve" value="0">Refuse</button>
</form></body></html>
"""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a seller has allowed an application; `offline` brings a refresh token."""

    application: str
    scopes: frozenset[str]
    offline: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """An approval on its way back to the application: for one use, within minutes, at one address."""

    approval: Approval
    redirect_uri: str
    dies_at: float


class Authorization:
    """Knows what sellers have approved, and gives tokens for it."""

    def __init__(self, tokens: Tokens, options: SandboxOptions, counts: Counts) -> None:
        self._tokens = tokens
        self._options = options
        self._counts = counts
        self._codes: dict[str, Code] = {}
        self._approvals: dict[str, Approval] = {}

    def routes(self) -> list[Route]:
        """Every path of OAuth."""
        return [
            self._counts.route("GET", "/oauth2/authorize", "authorize", self._authorize),
            self._counts.route("POST", "/oauth2/token", "token", self._grant),
        ]

    def state(self) -> dict[str, Approval]:
        """All that `restore` needs: what the refresh tokens stand for."""
        return self._approvals

    def restore(self, state: dict[str, Approval]) -> None:
        """Go on where another one was; codes and access tokens are gone."""
        self._approvals = state

    async def _authorize(self, request: Request) -> Response:
        """`GET /oauth2/authorize`: asks the seller, then sends the browser back with a code or a refusal."""
        asked = dict(request.query_params)
        redirect_uri, approval = asked.get("redirect_uri", ""), self._asked_approval(asked)
        if "approve" not in asked:
            return _page(asked)
        if asked["approve"] != "1":
            return _sent_back(redirect_uri, {"error": "access_denied"}, asked)
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(approval, redirect_uri, time.monotonic() + self._options.code_seconds)
        return _sent_back(redirect_uri, {"code": code}, asked)

    def _asked_approval(self, asked: Form) -> Approval:
        """What the page is about; raises 400, and never sends anybody to an address that is not registered."""
        application = asked.get("client_id", "")
        if application not in self._options.applications:
            raise _bad_page(f"There is no application '{application}'.")
        if asked.get("redirect_uri") not in self._options.redirect_uris:
            raise _bad_page("The redirect_uri is not one that was registered for the application.")
        if asked.get("response_type") != "code":
            raise _bad_page("The response_type must be code.")
        scopes = _scopes(asked.get("scope", ""))
        if scopes is None:
            raise _bad_page(f"The scope must be some of {', '.join(sorted(SCOPES))}, with spaces between.")
        return Approval(application, scopes, offline=asked.get("access_type") == "offline")

    async def _grant(self, request: Request) -> Response:
        """`POST /oauth2/token`: a fresh access token for what a known application can show."""
        application = self._application(request.headers.get("authorization", ""))
        if application is None:
            return PlainTextResponse("Bad Request", status_code=400)
        text = (await request.body()).decode("utf-8", "replace")
        form = {name: values[0] for name, values in parse_qs(text).items() if len(values) == 1}
        match form.get("grant_type"):
            case "refresh_token":
                return self._answer(self._refreshed(application, form))
            case "authorization_code":
                return self._answer(self._exchanged(application, form), first=True)
            case "soap":
                return self._answer(self._with_soap_credentials(application, form), first=True)
        return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)

    def _application(self, authorization: str) -> str | None:
        scheme, _, encoded = authorization.partition(" ")
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        known = scheme.lower() == "basic" and self._options.applications.get(name) == secret
        return name if known else None

    def _refreshed(self, application: str, form: Form) -> Approval | None:
        token = form.get("refresh_token", "")
        if token == self._options.refresh_token:
            return Approval(application, frozenset(self._options.refresh_token_scope.split()))
        approval = self._approvals.get(token)
        return approval if approval is not None and approval.application == application else None

    def _exchanged(self, application: str, form: Form) -> Approval | None:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or time.monotonic() >= code.dies_at:
            return None
        meant = code.approval.application == application and code.redirect_uri == form.get("redirect_uri")
        return code.approval if meant else None

    def _with_soap_credentials(self, application: str, form: Form) -> Approval | None:
        options = self._options
        wanted = {
            "client_id": application,
            "developer_key": options.developer_key,
            "password": options.developer_password,
            "account_id": options.account_id,
        }
        scopes = _scopes(form.get("scope", ""))
        known = wanted.items() <= form.items()
        return Approval(application, scopes) if known and scopes is not None else None

    def _answer(self, approval: Approval | None, first: bool = False) -> Response:
        """The tokens of an approval; the refresh token comes the first time only, and is good for ever."""
        if approval is None:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        answer = {
            "access_token": self._tokens.issue(approval.application, approval.scopes),
            "token_type": "bearer",
            "expires_in": int(self._options.token_seconds),
        }
        if first and approval.offline:
            answer["refresh_token"] = refresh_token = secrets.token_urlsafe(24)
            self._approvals[refresh_token] = approval
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _scopes(text: str) -> frozenset[str] | None:
    scopes = frozenset(text.split())
    return scopes if scopes and scopes <= SCOPES else None


def _page(asked: Form) -> Response:
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
    )
    shown = {name: html.escape(asked[name]) for name in ("client_id", "scope")}
    return HTMLResponse(_PAGE.format(fields=fields, **shown))


def _sent_back(redirect_uri: str, answer: Form, asked: Form) -> Response:
    state = {"state": asked["state"]} if "state" in asked else {}
    joint = "&" if "?" in redirect_uri else "?"
    return RedirectResponse(f"{redirect_uri}{joint}{urlencode(answer | state)}", status_code=302)


def _bad_page(message: str) -> Refused:
    return Refused(PlainTextResponse(message, status_code=400))
