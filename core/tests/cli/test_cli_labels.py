"""`crossdock labels`: labels are bought at a simulated shipping provider, listed, printed, approved and taken back."""

import csv
import io
import json
from contextlib import ExitStack

import httpx
import pytest

from crossdock.store import hold_runner_lock

from .conftest import simulated, systems_for

DOCK = '{ company = "Dock", line1 = "1 Quay", city = "Reno", region = "NV", postal_code = "89501", country = "US" }'
LABELS = """
[connections.shipper]
connector = "easypost"
base_url = "{url}/v2"
api_key = {{ file = "shipper.key" }}

[pipelines.main.labels]
buy = true
services = ["USPS/*"]
weight = "500 g"
most = "{most}"
check_address = false
folder = "printer"
"""


def write_config(folder, url, most="0.01 USD"):
    from .conftest import CONFIG

    written = CONFIG.read_text()
    for place, area in (("1", "EAST"), ("2", "WEST")):
        written = written.replace(
            f'{place} = {{ area = "{area}" }}', f'{place} = {{ area = "{area}", ship_from = {DOCK} }}'
        )
    written = written.replace('= "warehouse"\n', '= "warehouse"\nshipping_provider = "shipper"\n', 1)
    written = written.replace("[pipelines.main.ship_methods]\n", '[pipelines.main.ship_methods]\nunmapped = "pass"\n')
    rule = '{ carrier = "USPS", to = { carrier = "USPS", service = "PRIORITY" } },'
    written = written.replace("outbound = [\n", f"outbound = [\n    {rule}\n")
    (folder / "shipper.key").write_text("sandbox-key")
    (folder / "crossdock.toml").write_text(written + LABELS.format(url=url, most=most))


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, migrated_sqlite):
    """All three systems with two packed boxes, whose labels were too dear."""
    folder = tmp_path_factory.mktemp("labelled")
    with ExitStack() as stack:
        url = stack.enter_context(simulated("easypost", 0))
        both = stack.enter_context(systems_for(folder, migrated_sqlite))
        write_config(folder, url)
        both.crossdock("run", "--once", "--quiet")
        both.post(f"{both.warehouse}/_shift", {"without_tracking": 1, "short_picks": 0, "split_boxes": 0, "limit": 2})
        both.crossdock("run", "--once", "--quiet")
        yield both, url


@pytest.fixture
def approved(labelled):
    """The same, with one label bought on a person's word, whichever test is the first to need it."""
    systems, url = labelled
    if not sold(url):
        [dear, _] = listed(systems, "--state", "refused")
        assert systems.crossdock("labels", "approve", dear["key"], "--by", "ada").returncode == 0
    return labelled


def listed(systems, *options):
    told = systems.crossdock("labels", "list", "--json", *options)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def sold(url):
    with httpx.Client() as client:
        return client.get(f"{url}/_truth").raise_for_status().json()["labels"]


def test_a_person_approves_a_price_and_the_label_is_bought(labelled):
    systems, url = labelled
    dear, other = listed(systems, "--state", "refused")
    assert "`labels.most` is 0.01 USD" in dear["error"]
    assert sold(url) == []
    told = systems.crossdock("labels", "approve", dear["key"], "--by", "ada")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.startswith(f"{dear['key']}: USPS ")
    assert [one["key"] for one in listed(systems, "--state", "refused")] == [other["key"]]
    again = systems.crossdock("labels", "approve", dear["key"])
    assert (again.returncode, "waits for nobody's word" in again.stderr) == (2, True)
    assert "ada" in systems.crossdock("audit", "list", "--json").stdout


def test_the_cart_has_the_number_and_the_list_says_what_it_cost(approved):
    systems, url = approved
    bought = listed(systems, "--state", "bought")
    assert len(bought) == len(sold(url)) == 1
    assert {one["tracking_number"] for one in bought} <= {
        ship["tracking"] for order in systems.truth()[0]["orders"].values() for ship in order["ships"]
    }
    told = systems.crossdock("labels", "list", "--csv", "--client", "nobody")
    assert told.returncode == 2
    rows = list(csv.DictReader(io.StringIO(systems.crossdock("labels", "list", "--csv").stdout)))
    assert {row["key"]: row["cost"] for row in rows if row["state"] == "bought"} == {
        one["key"]: one["cost"] for one in bought
    }
    assert "label" in systems.crossdock("labels", "list", "--number", bought[0]["order_number"]).stdout


def test_a_label_is_shown_with_its_offers_and_written_for_the_printer(approved, tmp_path):
    systems, _ = approved
    one = listed(systems, "--state", "bought")[0]
    shown = systems.crossdock("labels", "show", one["key"]).stdout
    assert f"number      {one['tracking_number']}" in shown
    assert f"-> USPS/{one['service_level']}" in shown
    assert json.loads(systems.crossdock("labels", "show", one["key"], "--json").stdout)["label"] == one

    file = tmp_path / "label.pdf"
    told = systems.crossdock("labels", "save", one["key"], str(file))
    assert told.stdout.startswith(f"{file}: PDF, "), told.stderr
    assert "is there already; --force" in systems.crossdock("labels", "save", one["key"], str(file)).stderr
    name = one["key"].replace("/", "-", 1).replace("/", "_")
    printed = systems.crossdock.folder / "printer" / f"{name}.pdf"
    assert printed.read_bytes() == file.read_bytes()


def test_what_is_not_there_is_a_sentence(labelled):
    systems, _ = labelled
    for words, sentence in (
        (("labels", "show", "N9/B9"), "no label was promised as 'N9/B9'"),
        (("labels", "void", "1Z9", "--why", "torn"), "no label is known as '1Z9'"),
        (("labels", "list", "--state", "boght"), "did you mean 'bought'?"),
    ):
        told = systems.crossdock(*words)
        assert (told.returncode, sentence in " ".join(told.stderr.split())) == (2, True), told.stderr


def test_a_label_is_taken_back_and_bought_again_under_the_next_key(approved):
    systems, url = approved
    write_config(systems.crossdock.folder, url, most="99.00 USD")
    one = listed(systems, "--state", "bought")[-1]
    told = systems.crossdock("labels", "void", one["tracking_number"], "--again", "--why", "torn")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.startswith(f"The label {one['tracking_number']} is taken back.\n{one['key']}~2: USPS ")
    assert [row["state"] for row in listed(systems, "--number", one["order_number"])] == ["bought", "voided"]


def test_a_crossdock_that_runs_is_left_to_do_it(approved):
    systems, _ = approved
    one = listed(systems, "--state", "bought")[-1]
    with hold_runner_lock(f"sqlite:///{systems.crossdock.folder}/crossdock.db"):
        told = systems.crossdock("labels", "void", one["key"], "--why", "torn")
    assert (told.returncode, "takes it back within seconds" in told.stdout) == (0, True), told.stderr
