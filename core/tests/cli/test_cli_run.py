"""`crossdock run`: the work, once and by the schedule."""

import json
import signal
import time
from collections.abc import Callable

from crossdock.store import hold_runner_lock


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.05)


def test_one_run_brings_the_orders_to_the_warehouse_and_marks_them(systems):
    told = systems.crossdock("run", "--once", "--quiet")
    assert told.returncode == 0, told.stderr
    assert "released" in told.stdout
    assert "2 problems wait for a person" in told.stdout
    assert len(systems.released()) >= len(systems.marked()) > 5


def test_a_second_run_changes_nothing_on_either_side(systems):
    systems.crossdock("run", "--once")
    systems.post(f"{systems.warehouse}/_shift", {"split_boxes": 0.5, "short_picks": 0.3})
    systems.crossdock("run", "--once")
    cart, warehouse = systems.truth()
    assert any(order["ships"] for order in cart["orders"].values())
    again = systems.crossdock("run", "--once")
    cart_after, warehouse_after = systems.truth()
    assert again.returncode == 0, again.stderr
    assert cart_after["orders"] == cart["orders"]
    assert warehouse_after["orders"] == warehouse["orders"]


def test_a_second_runner_on_the_same_database_is_refused(systems):
    with hold_runner_lock(f"sqlite:///{systems.crossdock.folder}/crossdock.db"):
        told = systems.crossdock("run", "--once")
    assert told.returncode == 2
    assert "another crossdock already runs" in told.stderr
    assert systems.released() == []


def test_a_wrong_key_pauses_its_connection_and_the_rest_runs(systems):
    told = systems.crossdock("run", "--once", DEMO_WAREHOUSE_KEY="not-the-key-of-it")
    assert told.returncode == 1
    assert "orders seen" in told.stdout
    assert "Connection warehouse is paused" in told.stdout
    assert "not-the-key-of-it" not in told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    healed = systems.crossdock("run", "--once")
    assert healed.returncode == 0, healed.stdout
    assert systems.released() != []


def test_a_signal_ends_the_long_running_process_with_zero(systems):
    process = systems.crossdock.start("run")
    try:
        wait_until(lambda: systems.marked() != [])
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, out + err
    assert "Traceback" not in err


def test_the_json_log_is_one_object_a_line_without_secrets(systems):
    told = systems.crossdock("run", "--once", "--json-log")
    entries = [json.loads(line) for line in told.stderr.splitlines()]
    assert {"download", "release", "acknowledge"} <= {entry["event"] for entry in entries}
    assert not any(secret in told.stderr for secret in systems.secrets)


def test_a_file_that_is_no_database_is_a_sentence(systems):
    (systems.crossdock.folder / "crossdock.db").write_text("a shopping list, and not a short one" * 100)
    told = systems.crossdock("run", "--once")
    assert told.returncode == 2
    assert "is not a crossdock database" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_config_without_a_pipeline_that_can_run_is_refused(crossdock):
    (crossdock.folder / "crossdock.toml").write_text("")
    told = crossdock("run", "--once")
    assert told.returncode == 2
    assert "no pipeline that can run" in told.stderr
