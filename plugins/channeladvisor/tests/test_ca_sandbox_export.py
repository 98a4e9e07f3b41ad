"""Exports of products from the simulated ChannelAdvisor."""

import csv
import io
import zipfile
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_channeladvisor.sandbox.bulk.export_file import us_date
from crossdock_channeladvisor.sandbox.bulk.jobs import walk

PROFILE = 12345678


def product(client: httpx.Client, sku: str) -> dict[str, Any]:
    params = {"$filter": f"Sku eq '{sku}'", "$expand": "Attributes,DCQuantities,Images,Labels"}
    (found,) = client.get("/v1/Products", params=params).json()["value"]
    return found


def order_export(client: httpx.Client, columns: str = "", **params: Any) -> httpx.Response:
    asked = {"profileid": PROFILE} | params
    return client.post("/v1/ProductExport", params=asked, content=columns, headers={"Content-Type": "text/plain"})


def finished(client: httpx.Client, path: str, token: str) -> dict[str, Any]:
    for _ in range(50):
        answer = client.get(path, params={"token": token}).json()
        if answer["Status"] != "Pending" and not answer["Status"].startswith("InProgress"):
            return answer
    raise AssertionError(f"no end after 50 questions: {answer}")


def exported(client: httpx.Client, columns: str = "", **params: Any) -> list[dict[str, str]]:
    token = order_export(client, columns, **params).json()["Token"]
    file = client.get(finished(client, "/v1/ProductExport", token)["ResponseFileUrl"])
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        (name,) = archive.namelist()
        assert name.endswith(".txt")
        return list(csv.DictReader(io.StringIO(archive.read(name).decode()), dialect="excel-tab"))


def test_export_walks_from_pending_to_complete_by_questions(ca_account) -> None:
    with ca_account() as client:
        first = order_export(client).json()
        assert first.keys() == {"$id", "Token", "Status", "StartedOnUtc", "ResponseFileUrl"}
        assert (first["Status"], first["ResponseFileUrl"]) == ("Pending", None)
        told = [client.get("/v1/ProductExport", params={"token": first["Token"]}).json() for _ in range(4)]
        assert [row["Status"] for row in told] == ["Pending", "InProgressProcessing", "Complete", "Complete"]
        assert [row["ResponseFileUrl"] is None for row in told] == [True, True, False, False]


@given(st.integers(0, 20))
def test_work_takes_as_many_questions_as_it_was_given(polls: int) -> None:
    told = [walk(asked, polls) for asked in range(1, polls + 3)]
    assert [status is None for status in told] == [False] * polls + [True] * 2


def test_export_shows_every_product_of_the_profile_with_its_fields_and_attributes(ca_account) -> None:
    with ca_account(profiles=[PROFILE, 2222], products=30) as client:
        rows = exported(client)
        count = client.get("/v1/Products/$count", params={"$filter": f"ProfileID eq {PROFILE}"})
        assert len(rows) == int(count.text)
        assert {row["ProfileID"] for row in rows} == {str(PROFILE)}
        row = next(row for row in rows if row["Sku"] == "SKU-0001")
        params = {"$filter": f"Sku eq 'SKU-0001' and ProfileID eq {PROFILE}", "$expand": "Attributes,Labels"}
        (known,) = client.get("/v1/Products", params=params).json()["value"]
        assert (row["ID"], row["Title"], row["UPC"]) == (str(known["ID"]), known["Title"], known["UPC"])
        assert row["TotalAvailableQuantity"] == str(known["TotalAvailableQuantity"])
        assert row["UpdateDateUtc"] == us_date(known["UpdateDateUtc"])
        assert (row["IsParent"], row["ASIN"]) == ("False", "")
        shown = {row[f"Attribute{n}Name"]: row[f"Attribute{n}Value"] for n in range(1, len(known["Attributes"]) + 1)}
        assert shown == {attribute["Name"]: attribute["Value"] for attribute in known["Attributes"]}


def test_products_without_quantity_are_exported_with_an_empty_cell(ca_shared_account) -> None:
    with ca_shared_account() as client:
        (row,) = exported(client, **{"$filter": "Sku eq 'NEW-0001'"})
        assert row["TotalAvailableQuantity"] == ""


def test_columns_and_filter_can_be_asked_for(ca_shared_account) -> None:
    with ca_shared_account() as client:
        rows = exported(client, "id, sku, /attr:(Material)", **{"$filter": "Sku eq 'SKU-0002'"})
        material = next(row["Value"] for row in product(client, "SKU-0002")["Attributes"] if row["Name"] == "Material")
        assert rows == [{"ID": "9002", "Sku": "SKU-0002", "Material": material}]
        assert exported(client, "sku", filter="Sku eq 'SKU-0003'") == [{"Sku": "SKU-0003"}]


def test_values_with_tabs_quotes_and_line_breaks_survive_the_file(ca_account) -> None:
    with ca_account() as client:
        text = 'A "mug"\twith\r\ntwo lines, 杯'
        client.patch("/v1/Products(9001)", json={"Description": text})
        (row,) = exported(client, "Description", **{"$filter": "ID eq 9001"})
        assert row["Description"] == text


@pytest.mark.parametrize(
    ("columns", "params"),
    [
        ("id, nonsense", {}),
        ("", {"$filter": "Nonsense eq 1"}),
        ("", {"profileid": 999}),
        ("", {"profileid": ""}),
    ],
)
def test_export_that_cannot_be_made_is_refused_at_once(ca_shared_account, columns: str, params: dict[str, Any]) -> None:
    with ca_shared_account() as client:
        assert order_export(client, columns, **params).status_code == 400


def test_unknown_token_is_404(ca_shared_account) -> None:
    with ca_shared_account() as client:
        assert client.get("/v1/ProductExport", params={"token": "made-up"}).status_code == 404
        assert client.get("/v1/ProductExport/made-up.zip").status_code == 404


def test_file_of_an_export_needs_the_token_unless_told_otherwise(ca_account) -> None:
    with ca_account(export_polls=0) as client:
        token = order_export(client).json()["Token"]
        url = finished(client, "/v1/ProductExport", token)["ResponseFileUrl"]
        assert httpx.get(url).status_code == 401
    with ca_account(export_polls=0, export_file_needs_token=False) as client:
        token = order_export(client).json()["Token"]
        assert httpx.get(finished(client, "/v1/ProductExport", token)["ResponseFileUrl"]).status_code == 200


def test_file_is_not_there_before_the_export_is_complete(ca_shared_account) -> None:
    with ca_shared_account() as client:
        token = order_export(client).json()["Token"]
        assert client.get(f"/v1/ProductExport/{token}.zip").status_code == 404


@pytest.mark.parametrize("status", ["SystemicFailure", "AbortedAcknowledged"])
def test_export_can_end_badly(ca_account, status: str) -> None:
    with ca_account(export_ends=status) as client:
        answer = finished(client, "/v1/ProductExport", order_export(client).json()["Token"])
        assert (answer["Status"], answer["ResponseFileUrl"]) == (status, None)


def test_ten_exports_a_minute_and_no_more(ca_account) -> None:
    with ca_account() as client:
        assert [order_export(client).status_code for _ in range(11)] == [200] * 10 + [429]


def test_more_products_than_a_day_allows_end_in_failure(ca_account) -> None:
    with ca_account(export_rows_per_day=600, export_polls=0) as client:
        ends = [finished(client, "/v1/ProductExport", order_export(client).json()["Token"])["Status"] for _ in "12"]
        assert ends == ["Complete", "SystemicFailure"]


@given(st.datetimes())
def test_us_dates_can_be_read_back(moment: Any) -> None:
    seconds = moment.replace(microsecond=0)
    assert seconds.strptime(_padded(us_date(f"{moment.isoformat()}Z")), "%m/%d/%Y %I:%M:%S %p") == seconds


def _padded(text: str) -> str:
    date, _, rest = text.partition(" ")
    month, day, year = date.split("/")
    return f"{month}/{day}/{int(year):04} {rest}"


@pytest.mark.slow
def test_quarter_of_a_million_products_are_exported(ca_account) -> None:
    with ca_account(products=250_000) as client:
        client.timeout = httpx.Timeout(60)
        token = order_export(client, "id, sku").json()["Token"]
        while not (url := client.get("/v1/ProductExport", params={"token": token}).json()["ResponseFileUrl"]):
            pass
        with zipfile.ZipFile(io.BytesIO(client.get(url).content)) as archive:
            assert archive.read(archive.namelist()[0]).count(b"\n") > 250_000
