"""`crossdock sandbox`: a simulator alone."""

import json
import signal
import socket

import httpx
import pytest


@pytest.fixture
def serving(crossdock):
    """Starts a simulator and gives the process, its address and the lines it introduced itself with."""
    processes = []

    def serve(*arguments):
        process = crossdock.start("sandbox", *arguments)
        processes.append(process)
        first = process.stdout.readline()
        return process, first.split(" at ")[1].split()[0]

    yield serve
    for process in processes:
        process.kill()
        process.communicate()


def test_it_serves_tells_how_to_get_in_and_ends_on_a_signal(serving):
    process, url = serving("warehouseos")
    about = process.stdout.readline()
    with httpx.Client() as client:
        answer = client.get(f"{url}/api/ItemApi/GetItems", headers={"ApiKey": about.split()[1]})
    assert answer.is_success
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_options_and_a_fault_plan_reach_the_simulator(serving, tmp_path):
    plan = tmp_path / "faults.json"
    plan.write_text(json.dumps({"rates": {"error_503": 1.0}}))
    _, url = serving(
        "channeladvisor", "--orders", "3", "-o", "page_size=20", "-o", 'odd=["no_lines"]', "--faults", str(plan)
    )
    with httpx.Client() as client:
        assert client.get(f"{url}/v1/Orders").status_code == 503
        assert len(client.get(f"{url}/_truth").json()["orders"]) == 4


def test_a_port_in_use_is_a_sentence(crossdock):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = crossdock("sandbox", "warehouseos", "--port", str(port))
    assert told.returncode == 2
    assert told.stderr.startswith(f"port {port} is in use")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("warehouse",), "Did you mean 'warehouseos'?"),
        (("warehouseos", "-o", "nothing=1"), "nothing: Extra inputs are not permitted"),
        (("warehouseos", "-o", "nothing"), "is not KEY=JSON"),
        (("warehouseos", "--port", "70000"), "65535"),
    ],
)
def test_what_cannot_be_served_is_a_sentence(crossdock, arguments, sentence):
    told = crossdock("sandbox", *arguments)
    assert told.returncode == 2
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
