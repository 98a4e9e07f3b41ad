"""Files of products for the simulated ChannelAdvisor, by HTTP and by FTP."""

import ftplib
import io
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_channeladvisor.sandbox.bulk.columns import BadRow, read_row
from crossdock_channeladvisor.sandbox.bulk.ftp import FtpNotInstalled, FtpSite

PROFILE = 12345678
EAST, WEST, FBA = 1, 2, -2


@pytest.fixture
def account(ca_account) -> Callable[..., Any]:
    """A simulator without orders, so that nothing is reserved."""
    return partial(ca_account, orders=0)


def product(client: httpx.Client, sku: str) -> dict[str, Any]:
    params = {"$filter": f"Sku eq '{sku}'", "$expand": "Attributes,DCQuantities,Images,Labels"}
    (found,) = client.get("/v1/Products", params=params).json()["value"]
    return found


def stock(client: httpx.Client, sku: str) -> dict[int, int]:
    rows = product(client, sku)["DCQuantities"]
    return {row["DistributionCenterID"]: row["AvailableQuantity"] for row in rows}


def finished(client: httpx.Client, path: str, token: str) -> dict[str, Any]:
    for _ in range(50):
        answer = client.get(path, params={"token": token}).json()
        if answer["Status"] != "Pending" and not answer["Status"].startswith("InProgress"):
            return answer
    raise AssertionError(f"no end after 50 questions: {answer}")


def upload(client: httpx.Client, content: str | bytes, **params: Any) -> httpx.Response:
    asked = {"profileid": PROFILE, "templatecode": "crossdock"} | params
    return client.post("/v1/ProductUpload", params=asked, content=content)


def uploaded(client: httpx.Client, content: str | bytes, **params: Any) -> dict[str, Any]:
    """The report of an upload, when it is through."""
    answer = upload(client, content, **params)
    assert answer.status_code == 200, answer.text
    ended = finished(client, "/v1/ProductUpload", answer.json()["Token"])
    (report,) = [row for row in client.get("/_truth/uploads").json()["uploads"] if row["file"] == ended["Token"]]
    assert report["status"] == ended["Status"]
    return report


def test_rows_are_applied_when_the_upload_is_complete_and_not_before(account) -> None:
    with account() as client:
        first = upload(client, "Inventory Number,Auction Title\nSKU-0001,Another mug\n").json()
        assert first["Status"] == "Pending"
        assert product(client, "SKU-0001")["Title"] != "Another mug"
        assert finished(client, "/v1/ProductUpload", first["Token"])["Status"] == "Complete"
        assert product(client, "SKU-0001")["Title"] == "Another mug"


def test_upload_creates_and_updates_products_with_everything_about_them(account) -> None:
    with account() as client:
        report = uploaded(
            client,
            "Inventory Number\tAuction Title\tWeight\tLabels\tPicture URLs\tAttribute1Name\tAttribute1Value\n"
            "FRESH-1\tA fresh thing\t1.25\tNew, Blue\thttps://a.example/1.jpg, https://a.example/2.jpg\tColour\tblue\n"
            "sku-0001\t\t2\t\t\tMaterial\tbasalt\n",
        )
        assert (report["created"], report["updated"], report["errors"]) == (1, 1, [])
        fresh = product(client, "FRESH-1")
        assert (fresh["Title"], fresh["Weight"], fresh["TotalAvailableQuantity"]) == ("A fresh thing", 1.25, None)
        assert [label["Name"] for label in fresh["Labels"]] == ["New", "Blue"]
        assert [image["Url"] for image in fresh["Images"]] == ["https://a.example/1.jpg", "https://a.example/2.jpg"]
        assert [(row["Name"], row["Value"]) for row in fresh["Attributes"]] == [("Colour", "blue")]
        known = product(client, "SKU-0001")
        assert known["Weight"] == 2
        assert known["Title"]
        values = {row["Name"]: row["Value"] for row in known["Attributes"]}
        assert values["Material"] == "basalt"
        assert len(values) > 1


def test_without_a_word_the_list_of_centres_is_complete_and_others_are_emptied(account) -> None:
    with account() as client:
        before = stock(client, "SKU-0001")
        assert before[EAST]
        assert before[WEST]
        file = "Inventory Number,Quantity Update Type,DC Quantity\nSKU-0001,ABSOLUTE,EAST=7\n"
        assert uploaded(client, file)["errors"] == []
        assert stock(client, "SKU-0001") == before | {EAST: 7, WEST: 0}


@pytest.mark.parametrize("word", ["partial", "Partial DC List", "partialdclist"])
def test_partial_list_of_centres_leaves_the_others_alone(account, word: str) -> None:
    with account() as client:
        before = stock(client, "SKU-0001")
        columns = "Inventory Number,Quantity Update Type,DC Quantity,DC Quantity Update Type"
        uploaded(client, f'{columns}\nSKU-0001,UNSHIPPED,"EAST=7",{word}\n')
        assert stock(client, "SKU-0001") == before | {EAST: 7}


def test_several_centres_in_one_cell_and_relative_numbers(account) -> None:
    with account() as client:
        before = stock(client, "SKU-0001")
        columns = "Inventory Number|Quantity Update Type|DC Quantity|DC Quantity Update Type"
        uploaded(client, f"{columns}\nSKU-0001|relative|EAST=-3, WEST=+4|partial\n")
        assert stock(client, "SKU-0001") == before | {EAST: before[EAST] - 3, WEST: before[WEST] + 4}


def test_quantity_without_a_centre_is_that_of_the_default_centre(account) -> None:
    with account() as client:
        before = stock(client, "SKU-0001")
        uploaded(client, "Inventory Number,Quantity Update Type,Quantity\nSKU-0001,IN STOCK,3\n")
        assert stock(client, "SKU-0001") == before | {EAST: 3}


def test_bad_rows_are_left_out_and_told_to_people_only(account) -> None:
    with account() as client:
        report = uploaded(
            client,
            "Inventory Number,Quantity Update Type,DC Quantity,Weight,Zodiac\n"
            ",ABSOLUTE,EAST=1,,\n"
            "SKU-0001,ABSOLUTE,MARS=1,,\n"
            "SKU-0002,ABSOLUTE,EAST=many,,\n"
            "SKU-0003,GUESS,EAST=1,,\n"
            "SKU-0004,,EAST=1,,\n"
            "SKU-0005,,,heavy,\n"
            f"{'X' * 51},,,,\n"
            "KIT-001,ABSOLUTE,EAST=1,,\n"
            "SKU-0006,ABSOLUTE,EAST=9,1.5,\n",
        )
        assert report["status"] == "CompleteWithErrors"
        assert [error["row"] for error in report["errors"]] == [None, 1, 2, 3, 4, 5, 6, 7, 8]
        assert all(error["message"] for error in report["errors"])
        assert stock(client, "SKU-0006")[EAST] == 9
        answer = client.get("/v1/ProductUpload", params={"token": report["file"]}).json()
        assert answer.keys() == {"$id", "Token", "Status", "StartedOnUtc", "ResponseFileUrl"}


@pytest.mark.parametrize("content", [b"", b"Sku,Quantity\nA,1\n", b"Inventory Number\n\xff\xfe\n", b"\x00\x01"])
def test_file_that_cannot_be_read_fails_validation(ca_shared_account, content: bytes) -> None:
    with ca_shared_account() as client:
        report = uploaded(client, content)
        assert (report["status"], len(report["errors"]), report["rows"]) == ("FailedValidation", 1, 0)


@pytest.mark.parametrize(
    ("importtype", "created", "updated", "skipped"),
    [(None, 1, 1, 0), ("AddUpdate", 1, 1, 0), ("UpdateOnly", 0, 1, 1), ("AddOnly", 1, 0, 1)],
)
def test_import_type_says_which_rows_are_taken(account, importtype, created: int, updated: int, skipped: int) -> None:
    with account() as client:
        params = {} if importtype is None else {"importtype": importtype}
        report = uploaded(client, "Inventory Number,Auction Title\nFRESH-1,New\nSKU-0001,Old\n", **params)
        assert (report["created"], report["updated"], report["skipped"]) == (created, updated, skipped)


def test_template_gives_the_columns_of_a_file_other_names(account) -> None:
    mine = {"Article": "Inventory Number", "Name": "Auction Title"}
    with account(templates={"MINE": mine}) as client:
        uploaded(client, "Article,Name,Weight\nFRESH-1,New,3\n", templatecode="MINE")
        assert (product(client, "FRESH-1")["Title"], product(client, "FRESH-1")["Weight"]) == ("New", 3)


@pytest.mark.parametrize("change", [{"templatecode": "nobody's"}, {"importtype": "Add"}, {"profileid": 5}])
def test_upload_for_nobody_or_nothing_is_400(ca_shared_account, change: dict[str, Any]) -> None:
    with ca_shared_account() as client:
        answer = upload(client, "Inventory Number\nFRESH-1\n", **change)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]


def test_file_that_is_too_long_is_413(account) -> None:
    with account(upload_bytes=100) as client:
        assert upload(client, "Inventory Number\n" + "A\n" * 50).status_code == 413
        assert client.get("/_truth/uploads").json() == {"uploads": []}


def test_files_of_a_profile_are_limited_by_the_hour(account) -> None:
    with account(uploads_per_hour=2) as client:
        statuses = [upload(client, "Inventory Number\nFRESH-1\n").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_upload_is_for_the_profile_it_names(account) -> None:
    with account(profiles=[PROFILE, 2222]) as client:
        uploaded(client, "Inventory Number,Auction Title\nSKU-0001,Theirs\n", profileid=2222)
        rows = client.get("/v1/Products", params={"$filter": "Sku eq 'SKU-0001'"}).json()["value"]
        titles = {row["ProfileID"]: row["Title"] for row in rows}
        assert titles[2222] == "Theirs"
        assert titles[PROFILE] != "Theirs"


@given(st.dictionaries(st.sampled_from(["EAST", "WEST", "FBA"]), st.integers(-999, 999), min_size=1))
def test_quantities_of_centres_are_read_as_they_were_written(levels: dict[str, int]) -> None:
    cell = ", ".join(f"{code} = {number}" for code, number in levels.items())
    row = read_row({"Inventory Number": "A", "Quantity Update Type": "UNSHIPPED", "DC Quantity": cell})
    assert row.quantities is not None
    assert row.quantities.by_center == {{"EAST": EAST, "WEST": WEST, "FBA": FBA}[code]: n for code, n in levels.items()}
    assert row.quantities.complete


@given(st.dictionaries(st.sampled_from(["Quantity", "DC Quantity", "DC Quantity Update Type"]), st.text(max_size=20)))
def test_any_cell_is_read_or_refused(cells: dict[str, str]) -> None:
    with suppress(BadRow):
        assert read_row({"Inventory Number": "A", "Quantity Update Type": "Absolute"} | cells).sku == "A"


# Files by FTP


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FtpSite]:
    with FtpSite(tmp_path, "acme:stock", "secret") as site:
        yield site


@contextmanager
def ftp(site: FtpSite, password: str = "secret") -> Iterator[ftplib.FTP_TLS]:
    with ftplib.FTP_TLS(context=ssl.create_default_context(cafile=str(site.certificate))) as client:
        client.connect(site.host, site.port)
        client.login("acme:stock", password)
        client.prot_p()
        yield client


def put(site: FtpSite, path: str, content: str) -> None:
    with ftp(site) as client:
        client.storbinary(f"STOR {path}", io.BytesIO(content.encode()))


def pick_up(client: httpx.Client) -> list[dict[str, Any]]:
    return client.post("/_ftp/pick_up").json()["uploads"]


ROWS = "Inventory Number,Quantity Update Type,DC Quantity,DC Quantity Update Type\nSKU-0001,UNSHIPPED,EAST=7,partial\n"


def test_file_that_came_by_ftp_is_taken_in_when_it_is_picked_up(account, site: FtpSite, tmp_path: Path) -> None:
    with account(ftp_folder=tmp_path) as client:
        put(site, "/Inventory/stock.csv", ROWS)
        assert stock(client, "SKU-0001")[EAST] != 7
        (report,) = pick_up(client)
        assert (report["file"], report["status"], report["updated"]) == ("Inventory/stock.csv", "Complete", 1)
        assert stock(client, "SKU-0001")[EAST] == 7
        with ftp(site) as files:
            assert files.nlst("/Inventory") == ["Transform"]
        assert pick_up(client) == []


def test_login_and_encryption_are_needed(site: FtpSite) -> None:
    with pytest.raises(ftplib.error_perm, match="530"), ftp(site, "wrong"):
        pass
    with ftplib.FTP() as plain:
        plain.connect(site.host, site.port)
        with pytest.raises(ftplib.error_perm, match="SSL/TLS required"):
            plain.login("acme:stock", "secret")


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyftpdlib.authorizers", None)
    with pytest.raises(FtpNotInstalled, match="pip install pyftpdlib pyopenssl"), FtpSite(tmp_path, "a:b", "c"):
        pass


def test_certificate_is_of_no_other_server(site: FtpSite) -> None:
    with ftplib.FTP_TLS(context=ssl.create_default_context()) as client:
        client.connect(site.host, site.port)
        with pytest.raises(ssl.SSLCertVerificationError):
            client.auth()


def test_only_one_folder_needs_a_template_and_the_name_may_tell_it(account, site: FtpSite, tmp_path: Path) -> None:
    templates = {"MINE": {"Article": "Inventory Number"}, "THEIRS": {"Item": "Inventory Number"}}
    with account(ftp_folder=tmp_path, templates=templates, ftp_template="MINE") as client:
        put(site, "/Inventory/a.txt", "Article\nA-1\n")
        put(site, "/Inventory/Transform/b.txt", "Article\nB-1\n")
        put(site, "/Inventory/Transform/c.THEIRS.txt", "Item\nC-1\n")
        reports = {report["file"]: report for report in pick_up(client)}
        assert reports["Inventory/a.txt"]["status"] == "FailedValidation"
        assert reports["Inventory/Transform/b.txt"]["created"] == 1
        assert reports["Inventory/Transform/c.THEIRS.txt"]["created"] == 1


def test_detect_dropped_empties_what_a_file_does_not_name(account, site: FtpSite, tmp_path: Path) -> None:
    with account(ftp_folder=tmp_path, ftp_method="Detect Dropped") as client:
        external = next(row for row in _all_stock(client) if row["DistributionCenterID"] == FBA)
        before = stock(client, "SKU-0001")
        put(site, "/Inventory/stock.csv", ROWS)
        (report,) = pick_up(client)
        assert report["status"] == "Complete", report
        assert report["emptied"] > 300
        assert stock(client, "SKU-0001") == before | {EAST: 7}
        assert {row["AvailableQuantity"] for row in _all_stock(client) if _is_own(row)} == {0}
        assert external in _all_stock(client)


def _all_stock(client: httpx.Client) -> list[dict[str, Any]]:
    rows, url = [], "/v1/DCQuantities"
    while url:
        answer = client.get(url).json()
        rows += answer["value"]
        url = answer.get("@odata.nextLink")
    return rows


def _is_own(row: dict[str, Any]) -> bool:
    kept = {9001} | {9501, 9701}  # the product of the file, the kit and the alias that are counted from it
    return row["DistributionCenterID"] != FBA and row["ProductID"] not in kept


def test_file_of_another_kind_is_refused(account, site: FtpSite, tmp_path: Path) -> None:
    with account(ftp_folder=tmp_path) as client:
        put(site, "/Inventory/stock.xlsx", "PK")
        (report,) = pick_up(client)
        assert report["status"] == "FailedValidation"
        assert report["errors"][0]["message"] == "Files end in .csv or .txt, not in '.xlsx'."


def test_simulator_by_itself_opens_its_ftp_server_when_asked(account, tmp_path: Path) -> None:
    with account(ftp_folder=tmp_path) as client:
        told = client.post("/_ftp/open").json()
        assert client.post("/_ftp/open").json() == told
        with ftplib.FTP_TLS(context=ssl.create_default_context(cafile=told["certificate"])) as files:
            files.connect(told["host"], told["port"])
            files.login("sandbox:inventory", "sandbox-ftp-password")
            files.prot_p()
            assert files.nlst("/") == ["Inventory"]
    with account() as client:
        assert client.post("/_ftp/open").status_code == 400
        assert client.post("/_ftp/pick_up").status_code == 400
