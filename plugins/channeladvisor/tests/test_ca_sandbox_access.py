"""Who gets into the simulated ChannelAdvisor, for how long, how often, and how many at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app

APPLICATION = ("sandbox-application", "sandbox-secret")
GRANT = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}


@contextmanager
def sandbox(orders: int = 5, **options: Any) -> Iterator[httpx.Client]:
    app = sandbox_app(Scenario(orders=orders, options=options))
    with SandboxServer(app) as server, httpx.Client(base_url=server.url) as client:
        yield client


def sign_in(client: httpx.Client, application: tuple[str, str] = APPLICATION) -> httpx.Response:
    answer = client.post("/oauth2/token", auth=application, data=GRANT)
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


def test_refresh_token_brings_a_bearer_token_for_an_hour() -> None:
    with sandbox() as client:
        answer = sign_in(client).json()
        assert (answer["token_type"], answer["expires_in"]) == ("bearer", 3600)
        assert client.get("/v1/Profiles").json()["value"][0]["ID"] == 12345678


@pytest.mark.parametrize(
    ("application", "form", "body"),
    [
        (("sandbox-application", "wrong"), GRANT, "Bad Request"),
        (("nobody", "sandbox-secret"), GRANT, "Bad Request"),
        (None, GRANT, "Bad Request"),
        (APPLICATION, {**GRANT, "refresh_token": "dead"}, '{"error":"invalid_grant"}'),
        (APPLICATION, {"grant_type": "password"}, '{"error":"unsupported_grant_type"}'),
    ],
)
def test_wrong_credentials_are_400_and_not_always_json(application: Any, form: dict[str, str], body: str) -> None:
    with sandbox() as client:
        answer = client.post("/oauth2/token", auth=application, data=form)
        assert (answer.status_code, answer.text) == (400, body)


@pytest.mark.parametrize("authorization", ["", "Bearer made-up", "Basic c2FuZGJveA==", "Bearer"])
def test_call_without_a_live_token_is_401_of_the_web_layer(authorization: str) -> None:
    with sandbox() as client:
        answer = client.get("/v1/Orders", headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert answer.json() == {"Message": "Authorization has been denied for this request."}
        assert client.get("/_truth").json()["unauthorized"] == 1


def test_token_can_die_after_so_many_calls_in_the_middle_of_a_list() -> None:
    with sandbox(orders=50, page_size=20, token_calls=2) as client:
        sign_in(client)
        second = client.get("/v1/Orders").json()["@odata.nextLink"]
        third = client.get(second).json()["@odata.nextLink"]
        assert client.get(third).status_code == 401
        sign_in(client)
        assert len(client.get(third).json()["value"]) == 10


def test_token_dies_of_old_age() -> None:
    with sandbox(token_seconds=0.001) as client:
        sign_in(client)
        statuses = {client.get("/v1/Profiles").status_code for _ in range(5)}
        assert 401 in statuses


def test_token_from_another_run_of_the_simulator_is_not_known() -> None:
    with sandbox() as first:
        sign_in(first)
    with sandbox() as second:
        assert second.get("/v1/Orders", headers=first.headers).status_code == 401


def test_token_in_the_query_is_taken_and_echoed_into_the_next_link() -> None:
    with sandbox(orders=30, page_size=20) as client:
        token = sign_in(client).json()["access_token"]
        del client.headers["Authorization"]
        answer = client.get("/v1/Orders", params={"access_token": token}).json()
        assert f"access_token={token}" in answer["@odata.nextLink"]


def _statuses_of_calls_at_once(client: httpx.Client, calls: int) -> list[int]:
    together = threading.Barrier(calls)

    def call(_: int) -> int:
        with httpx.Client(base_url=client.base_url, headers=client.headers) as own:
            together.wait()
            return own.get("/v1/Profiles").status_code

    with ThreadPoolExecutor(calls) as pool:
        return sorted(pool.map(call, range(calls)))


def test_five_calls_at_once_pass_and_the_sixth_is_throttled() -> None:
    with sandbox(latency=0.7) as client:
        sign_in(client)
        assert _statuses_of_calls_at_once(client, 5) == [200] * 5
        assert _statuses_of_calls_at_once(client, 6) == [200] * 5 + [429]
        truth = client.get("/_truth").json()
        assert (truth["throttled"], truth["most_at_once"]) == (1, 5)


def test_each_application_has_limits_of_its_own() -> None:
    with sandbox(rate_per_minute=1, applications={"one": "1", "two": "2"}) as client:
        sign_in(client, ("one", "1"))
        assert [client.get("/v1/Profiles").status_code for _ in range(2)] == [200, 429]
        sign_in(client, ("two", "2"))
        assert client.get("/v1/Profiles").status_code == 200


def test_throttled_call_does_nothing_and_carries_no_json() -> None:
    with sandbox(rate_per_minute=1) as client:
        sign_in(client)
        order = client.get("/v1/Orders").json()["value"][0]["ID"]
        answer = client.post(f"/v1/Orders({order})/Export")
        assert (answer.status_code, answer.text) == (429, "Too many requests")
        assert client.get("/_truth").json()["orders"][str(order)]["exported_for"] == []


def test_rate_per_second_lets_calls_in_again() -> None:
    with sandbox(rate_per_second=3) as client:
        sign_in(client)
        assert [client.get("/v1/Profiles").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert any(client.get("/v1/Profiles").status_code == 200 for _ in range(20_000))


def test_unknown_route_and_wrong_method_speak_the_web_layers_envelope() -> None:
    with sandbox() as client:
        sign_in(client)
        missing = client.get("/v1/Nothing")
        assert missing.status_code == 404
        assert missing.json()["Message"].startswith("No HTTP resource was found that matches the request URI")
        assert client.put("/v1/Orders").status_code == 405


def test_forgotten_tokens_of_the_fault_plan_are_401() -> None:
    with sandbox() as client:
        sign_in(client)
        client.post("/_faults", json={"rates": {"token_expired": 1}, "max_faults": 1, "only_paths": "^/v1/"})
        assert client.get("/v1/Profiles").status_code == 401
        sign_in(client)
        assert client.get("/v1/Profiles").status_code == 200


def test_unknown_option_of_a_scenario_is_an_error() -> None:
    with pytest.raises(ValidationError, match="page_sise"):
        sandbox_app(Scenario(options={"page_sise": 20}))
