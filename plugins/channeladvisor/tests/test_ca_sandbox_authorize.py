"""How an application comes to its tokens at the simulated ChannelAdvisor."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import ValidationError

APPLICATION = ("sandbox-application", "sandbox-secret")
HOME = "https://seller.example/callback"
ASK = {
    "client_id": "sandbox-application",
    "response_type": "code",
    "access_type": "offline",
    "scope": "orders inventory",
    "redirect_uri": HOME,
}
SOAP = {
    "grant_type": "soap",
    "client_id": "sandbox-application",
    "scope": "orders inventory",
    "developer_key": "5a4db0c5-0000-4000-8000-000000000001",
    "password": "sandbox-developer-password",
    "account_id": "5a4db0c5-0000-4000-8000-000000000002",
}


@pytest.fixture(scope="module")
def service(ca_server: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Opens a client without a token; without options it is always the same service."""
    with ca_server(redirect_uris=[HOME]) as plain:

        @contextmanager
        def opened(**options: Any) -> Iterator[httpx.Client]:
            own = ca_server(**{"redirect_uris": [HOME]} | options) if options else nullcontext(plain)
            with own as url, httpx.Client(base_url=url) as client:
                yield client

        yield opened


def approve(client: httpx.Client, **changes: str) -> dict[str, str]:
    """What comes back to the application's address."""
    answer = client.get("/oauth2/authorize", params={**ASK, "approve": "1", **changes})
    assert answer.status_code == 302, answer.text
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == HOME
    return {name: values[0] for name, values in parse_qs(target.query).items()}


def exchange(client: httpx.Client, code: str, application: Any = APPLICATION, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": HOME} | changes
    return client.post("/oauth2/token", auth=application, data=form)


def status(client: httpx.Client, token: str, path: str = "/v1/Orders", method: str = "GET") -> int:
    return client.request(method, path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_approval_brings_a_code_and_the_code_brings_both_tokens(service) -> None:
    with service() as client:
        tokens = exchange(client, approve(client)["code"]).json()
        assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
        assert status(client, tokens["access_token"]) == 200
        again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        fresh = client.post("/oauth2/token", auth=APPLICATION, data=again).json()
        assert status(client, fresh["access_token"]) == 200
        assert "refresh_token" not in fresh


def test_page_asks_a_person_and_its_button_leads_back(service) -> None:
    with service() as client:
        page = client.get("/oauth2/authorize", params=ASK)
        assert page.headers["content-type"].startswith("text/html")
        assert 'name="approve" value="1"' in page.text
        assert f'name="redirect_uri" value="{HOME}"' in page.text


def test_page_shows_what_it_was_given_as_text_only(service) -> None:
    with service() as client:
        page = client.get("/oauth2/authorize", params=ASK | {"state": '"><script>alert(1)</script>'})
        assert "<script>" not in page.text


def test_state_comes_back_and_a_refusal_brings_no_code(service) -> None:
    with service() as client:
        assert approve(client, state="a b&c")["state"] == "a b&c"
        assert approve(client, approve="0") == {"error": "access_denied"}


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://seller.example/elsewhere"},
        {"redirect_uri": f"{HOME}/"},
        {"response_type": "token"},
        {"scope": "everything"},
        {"scope": ""},
    ],
)
def test_wrong_question_is_400_and_leads_nowhere(service, change: dict[str, str]) -> None:
    with service() as client:
        answer = client.get("/oauth2/authorize", params={**ASK, "approve": "1", **change})
        assert answer.status_code == 400
        assert "location" not in answer.headers


def test_without_offline_access_there_is_no_refresh_token(service) -> None:
    with service() as client:
        tokens = exchange(client, approve(client, access_type="online")["code"]).json()
        assert status(client, tokens["access_token"]) == 200
        assert "refresh_token" not in tokens


def test_code_is_good_once(service) -> None:
    with service() as client:
        code = approve(client)["code"]
        assert exchange(client, code).status_code == 200
        again = exchange(client, code)
        assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_code_dies_of_old_age(service) -> None:
    with service(code_seconds=1e-6) as client:
        assert exchange(client, approve(client)["code"]).status_code == 400


@pytest.mark.parametrize("change", [{"code": "made-up"}, {"redirect_uri": "https://seller.example/"}])
def test_code_is_good_for_what_it_was_given_for_only(service, change: dict[str, str]) -> None:
    with service() as client:
        assert exchange(client, **{"code": approve(client)["code"], **change}).json() == {"error": "invalid_grant"}


def test_code_and_refresh_token_of_one_application_are_nothing_to_another(service) -> None:
    with service(applications={"sandbox-application": "sandbox-secret", "other": "secret"}) as client:
        assert exchange(client, approve(client)["code"], ("other", "secret")).status_code == 400
        refresh = exchange(client, approve(client)["code"]).json()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        assert client.post("/oauth2/token", auth=("other", "secret"), data=form).status_code == 400


def test_refresh_token_outlives_the_simulator_that_gave_it(service, tmp_path: Path) -> None:
    with service(state_file=tmp_path / "state") as client:
        refresh = exchange(client, approve(client, scope="inventory")["code"]).json()["refresh_token"]
        client.post("/_save")
    with service(state_file=tmp_path / "state") as client:
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        token = client.post("/oauth2/token", auth=APPLICATION, data=form).json()["access_token"]
        assert (status(client, token), status(client, token, "/v1/Profiles")) == (401, 200)


def test_wrong_secret_at_the_exchange_is_400_in_plain_text(service) -> None:
    with service() as client:
        answer = exchange(client, approve(client)["code"], ("sandbox-application", "wrong"))
        assert (answer.status_code, answer.text) == (400, "Bad Request")


def test_soap_credentials_bring_tokens(service) -> None:
    with service() as client:
        tokens = client.post("/oauth2/token", auth=APPLICATION, data=SOAP).json()
        assert status(client, tokens["access_token"]) == 200
        assert tokens["refresh_token"]


@pytest.mark.parametrize("wrong", ["client_id", "developer_key", "password", "account_id", "scope"])
def test_wrong_soap_credentials_are_400(service, wrong: str) -> None:
    with service() as client:
        assert client.post("/oauth2/token", auth=APPLICATION, data=SOAP | {wrong: "wrong"}).status_code == 400


@pytest.mark.parametrize(
    ("scope", "orders", "products", "writing", "profiles"),
    [
        ("orders inventory", 200, 200, 400, 200),
        ("orders", 200, 401, 401, 200),
        ("inventory", 401, 200, 400, 200),
        ("inventory.readonly", 401, 200, 401, 200),
        ("orders.readonly inventory.readonly", 200, 200, 401, 200),
    ],
)
def test_token_opens_what_its_scope_says(
    service, scope: str, orders: int, products: int, writing: int, profiles: int
) -> None:
    with service() as client:
        token = exchange(client, approve(client, scope=scope)["code"]).json()["access_token"]
        assert status(client, token, "/v1/Orders?$top=1") == orders
        assert status(client, token, "/v1/Products?$top=1&$select=ID") == products
        assert status(client, token, "/v1/Products", "POST") == writing
        assert status(client, token, "/v1/Profiles") == profiles


def test_scope_of_the_ready_made_refresh_token_can_be_narrowed(service) -> None:
    with service(refresh_token_scope="inventory.readonly") as client:
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        token = client.post("/oauth2/token", auth=APPLICATION, data=form).json()["access_token"]
        assert (status(client, token), status(client, token, "/v1/Profiles")) == (401, 200)


@pytest.mark.parametrize("uri", ["http://seller.example/callback", "http://127.0.0.1.example/", "ftp://localhost/"])
def test_registered_address_must_be_safe(ca_server, uri: str) -> None:
    with pytest.raises(ValidationError, match="must begin with https"), ca_server(redirect_uris=[uri]):
        pass
