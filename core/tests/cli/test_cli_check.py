"""`crossdock check`: every mistake at once, and whether each connection works."""

import json

CONFIG = """
[connections.cart]
connector = "chaneladvisor"

[connections.warehouse]
connector = "warehouseos"
base_url = "http://127.0.0.1:1"
api_key = "in-the-clear"
queue_sise = 3

[pipelines.main]
order_source = "crat"
fulfillment_target = "warehouse"
"""


def test_every_mistake_is_named_at_once_with_the_nearest_name(crossdock):
    (crossdock.folder / "crossdock.toml").write_text(CONFIG)
    told = crossdock("check")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    for expected in ("4 mistakes", "nearest  channeladvisor", "nearest  queue_page_size", "nearest  cart", "api_key"):
        assert expected in told.stderr
    assert "in-the-clear" not in told.stderr + told.stdout


def test_a_config_that_is_not_there_is_a_sentence(crossdock):
    told = crossdock("check", "--config", "elsewhere.toml")
    assert told.returncode == 1
    assert "elsewhere.toml has 1 mistake" in told.stderr
    assert "there is no such file" in told.stderr


def test_a_good_config_is_well_and_no_database_is_made(systems):
    (systems.crossdock.folder / "crossdock.db").unlink()
    told = systems.crossdock("check")
    assert told.returncode == 0, told.stderr
    assert "has no mistake" in told.stdout
    assert "the first run will make" in told.stdout
    assert not (systems.crossdock.folder / "crossdock.db").exists()


def test_connect_logs_in_everywhere_and_writes_nothing(systems):
    told = systems.crossdock("check", "--connect")
    assert told.returncode == 0, told.stdout
    assert told.stdout.count("ok ") == 2
    assert "distribution centre 1 EAST" in told.stdout
    assert (systems.released(), systems.marked()) == ([], [])


def test_connect_names_the_connection_whose_key_is_wrong(systems):
    told = systems.crossdock("check", "--connect", DEMO_WAREHOUSE_KEY="not-the-key-of-it")
    assert told.returncode == 1
    assert "ok     cart" in told.stdout
    assert "failed warehouse" in told.stdout
    assert "not-the-key-of-it" not in told.stdout + told.stderr


def test_schema_describes_the_settings_of_the_connectors_in_use(systems):
    schema = json.loads(systems.crossdock("check", "--schema").stdout)
    titles = [one["title"] for one in schema["properties"]["connections"]["additionalProperties"]["anyOf"]]
    assert titles == ["ChannelAdvisor (Rithum)", "WarehouseOS"]
