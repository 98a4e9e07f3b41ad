"""Many calls in one request to the simulated ChannelAdvisor."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_channeladvisor.sandbox.odata.batch import read_parts

DENIED = {"error": {"code": "", "message": "Authorization has been denied for this request."}}
Call = tuple[str, str] | tuple[str, str, Any]


def part(client: httpx.Client, number: int, call: Call) -> str:
    method, path, *body = call
    text = f"\r\nContent-Type: application/json\r\n\r\n{json.dumps(body[0])}" if body else "\r\n"
    return (
        "--batch\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: {number}\r\n\r\n{method} {client.base_url}{path} HTTP/1.1{text}\r\n"
    )


def written(client: httpx.Client, *calls: Call) -> str:
    return "".join(part(client, number, call) for number, call in enumerate(calls, 1)) + "--batch--\r\n"


def send(client: httpx.Client, *calls: Call, body: str | None = None, **headers: str) -> httpx.Response:
    given = {"Content-Type": "multipart/mixed; boundary=batch", "Accept": "application/json"} | headers
    return client.post("/v1/$batch", content=body or written(client, *calls), headers=given)


def answers(response: httpx.Response) -> dict[str, dict[str, Any]]:
    assert response.status_code == 200, response.text
    return {row["id"]: row for row in response.json()["responses"]}


def test_each_part_is_answered_under_its_own_id_with_a_status_of_its_own(ca_shared_account) -> None:
    with ca_shared_account() as client:
        order = client.get("/v1/Orders?$top=1").json()["value"][0]["ID"]
        calls = [("GET", f"/v1/Orders({order})"), ("GET", "/v1/Orders(1)"), ("GET", "/v1/Orders?$filter=Nonsense")]
        told = answers(send(client, *calls, ("POST", f"/v1/Orders({order})/Ship", {})))
        assert {id_: row["status"] for id_, row in told.items()} == {"1": 200, "2": 404, "3": 400, "4": 400}
        assert told["1"]["body"]["ID"] == order
        assert told["1"]["headers"] == {
            "content-type": "application/json; odata.metadata=minimal; odata.streaming=true",
            "odata-version": "4.0",
        }


def test_answers_come_in_another_order_unless_told_otherwise(ca_account) -> None:
    calls = [("GET", "/v1/Profiles")] * 20
    sent = [str(number) for number in range(1, 21)]
    with ca_account() as client:
        shuffled = [row["id"] for row in send(client, *calls).json()["responses"]]
        assert shuffled != sent
        assert sorted(shuffled, key=int) == sent
    with ca_account(batch_order="as_sent") as client:
        assert [row["id"] for row in send(client, *calls).json()["responses"]] == sent


def test_writes_of_a_batch_are_done_and_answered_without_a_body(ca_account) -> None:
    with ca_account() as client:
        order = client.get("/v1/Orders?$filter=ShippingStatus eq 'Unshipped'&$top=1").json()["value"][0]["ID"]
        ship = {"Value": {"TrackingNumber": "1Z1", "ShippingCarrier": "UPS", "ShippingClass": "GROUND"}}
        row = answers(send(client, ("POST", f"/v1/Orders({order})/Ship", ship)))["1"]
        assert row["status"] == 204, row
        assert "body" not in row
        assert len(client.get("/_truth").json()["orders"][str(order)]["ships"]) == 1


def test_batch_that_cannot_be_read_to_its_end_does_nothing(ca_account) -> None:
    with ca_account() as client:
        body = written(client, ("DELETE", "/v1/Products(9001)"), ("GET", "/v1/Profiles"))
        answer = send(client, body=body.replace(f"GET {client.base_url}", "GET "))
        assert answer.status_code == 400
        assert client.get("/v1/Products(9001)").status_code == 200


def test_stock_and_attributes_are_written_by_the_batch(ca_account) -> None:
    with ca_account(orders=0) as client:
        levels = {"UpdateType": "UnShipped", "Updates": [{"DistributionCenterID": 1, "Quantity": 77}]}
        update = ("POST", "/v1/Products(9001)/UpdateQuantity", {"Value": levels})
        attribute = ("PUT", "/v1/AttributeValues(ProductID=9001,Name=%27Case%20size%2Finner%27)", {"Value": "24"})
        assert {row["status"] for row in answers(send(client, update, attribute)).values()} == {204}
        found = client.get("/v1/Products(9001)?$expand=Attributes,DCQuantities").json()
        assert {row["DistributionCenterID"]: row["AvailableQuantity"] for row in found["DCQuantities"]}[1] == 77
        assert {row["Name"]: row["Value"] for row in found["Attributes"]}["Case size/inner"] == "24"


def test_without_json_accepted_the_answer_is_multipart(ca_account) -> None:
    with ca_account(batch_order="as_sent") as client:
        answer = send(client, ("GET", "/v1/Profiles"), ("GET", "/v1/Orders(1)"), Accept="*/*")
        assert answer.headers["content-type"].startswith("multipart/mixed; boundary=")
        assert "Content-ID: 1\r\n\r\nHTTP/1.1 200 OK\r\n" in answer.text
        assert "Content-ID: 2\r\n\r\nHTTP/1.1 404 Not Found\r\n" in answer.text


def test_line_breaks_without_carriage_return_are_400(ca_shared_account) -> None:
    with ca_shared_account() as client:
        body = written(client, ("GET", "/v1/Profiles"))
        assert send(client, body=body).status_code == 200
        assert send(client, body=body.replace("\r\n", "\n")).status_code == 400
        halfway = body.replace("Content-ID: 1\r\n", "Content-ID: 1\n")
        assert send(client, body=halfway).status_code == 400


def test_empty_line_before_the_request_line_does_no_harm(ca_shared_account) -> None:
    with ca_shared_account() as client:
        body = written(client, ("GET", "/v1/Profiles")).replace("\r\n\r\nGET", "\r\n\r\n\r\nGET")
        assert answers(send(client, body=body))["1"]["status"] == 200


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("--batch--", "--batch"),
        ("Content-ID: 1\r\n", ""),
        ("Content-ID: 2\r\n", "Content-ID: 1\r\n"),
        ("Content-Transfer-Encoding: binary\r\n", ""),
        ("Content-Type: application/http", "Content-Type: multipart/mixed; boundary=changeset"),
        ("GET http", "LOOK http"),
        (" HTTP/1.1", ""),
        ("GET http://127.0.0.1", "GET http://api.example"),
    ],
)
def test_batch_that_is_not_written_to_the_letter_is_400(ca_shared_account, right: str, wrong: str) -> None:
    with ca_shared_account() as client:
        body = written(client, ("GET", "/v1/Profiles"), ("GET", "/v1/Profiles"))
        answer = send(client, body=body.replace(right, wrong))
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]


def test_batch_in_json_is_415(ca_shared_account) -> None:
    with ca_shared_account() as client:
        asked = {"requests": [{"id": "1", "method": "GET", "url": "Profiles"}]}
        assert client.post("/v1/$batch", json=asked).status_code == 415


@pytest.mark.parametrize("status", [400, 413])
def test_more_than_a_hundred_parts_are_refused_with_words(ca_account, status: int) -> None:
    with ca_account(batch_over_limit=status) as client:
        assert len(answers(send(client, *[("GET", "/v1/Profiles")] * 100))) == 100
        answer = send(client, *[("GET", "/v1/Profiles")] * 101)
        assert answer.status_code == status
        assert answer.json()["error"]["message"] == "The batch holds 101 requests; at most 100 are allowed."


def test_some_calls_are_refused_inside_a_batch(ca_account) -> None:
    with ca_account() as client:
        order = client.get("/v1/Orders?$top=1").json()["value"][0]["ID"]
        refused = [
            ("POST", f"/v1/Orders({order})/Export"),
            ("GET", "/v1/Products(9001)/Attributes('Colour')"),
            ("POST", "/v1/ProductExport?profileid=12345678"),
            ("POST", "/v1/$batch"),
        ]
        assert {row["status"] for row in answers(send(client, *refused)).values()} == {400}
        assert client.get("/_truth").json()["orders"][str(order)]["exported_for"] == []


def test_dead_token_is_200_around_nothing_but_401(ca_shared_account) -> None:
    with ca_shared_account() as client:
        client.headers["Authorization"] = "Bearer dead"
        told = answers(send(client, *[("GET", "/v1/Profiles")] * 3))
        assert [(row["status"], row["body"]) for row in told.values()] == [(401, DENIED)] * 3


def test_token_in_the_query_of_the_batch_is_that_of_its_parts(ca_shared_account) -> None:
    with ca_shared_account() as client:
        token = client.headers.pop("Authorization").removeprefix("Bearer ")
        headers = {"Content-Type": "multipart/mixed; boundary=batch", "Accept": "application/json"}
        body = written(client, ("GET", "/v1/Profiles"))
        answer = client.post("/v1/$batch", params={"access_token": token}, content=body, headers=headers)
        assert answers(answer)["1"]["status"] == 200


def test_token_can_die_in_the_middle_of_a_batch(ca_account) -> None:
    with ca_account(token_calls=2, batch_order="as_sent") as client:
        rows = send(client, *[("GET", "/v1/Profiles")] * 4).json()["responses"]
        assert [row["status"] for row in rows] == [200, 200, 401, 401]


def test_parts_and_the_batch_itself_count_against_the_limit(ca_account) -> None:
    with ca_account(rate_per_minute=10) as client:
        assert send(client, *[("GET", "/v1/Profiles")] * 8).status_code == 200
        assert client.get("/v1/Profiles").status_code == 200
        assert client.get("/v1/Profiles").status_code == 429


def test_batch_with_more_parts_than_the_minute_has_room_for_is_429_in_plain_text(ca_account) -> None:
    with ca_account(rate_per_minute=10) as client:
        answer = send(client, *[("GET", "/v1/Profiles")] * 10)
        assert (answer.status_code, answer.text) == (429, "Too many requests")
        assert client.get("/_truth").json()["requests"].get("profiles") is None


def test_now_and_then_a_whole_batch_is_406(ca_account) -> None:
    with ca_account(batch_406=0.5) as client:
        statuses = [send(client, ("GET", "/v1/Profiles")).status_code for _ in range(30)]
        assert set(statuses) == {200, 406}


def test_now_and_then_one_part_fails_before_its_work(ca_account) -> None:
    with ca_account(batch_500=0.5) as client:
        statuses = [row["status"] for row in answers(send(client, *[("GET", "/v1/Profiles")] * 40)).values()]
        assert set(statuses) == {200, 500}
        assert client.get("/_truth").json()["requests"]["profiles"] == statuses.count(200)


bodies = st.binary(max_size=60).filter(lambda body: b"\r\n--batch" not in body)


@given(st.lists(bodies, min_size=1, max_size=5))
def test_bodies_of_parts_arrive_byte_by_byte(contents: list[bytes]) -> None:
    chunks = [
        b"--batch\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: %d\r\n\r\n"
        b"PUT http://host/v1/Products(1) HTTP/1.1\r\nContent-Type: application/json\r\n\r\n%s\r\n" % (number, content)
        for number, content in enumerate(contents, 1)
    ]
    parts = read_parts(b"".join(chunks) + b"--batch--", b"batch")
    assert [part.body for part in parts] == contents
