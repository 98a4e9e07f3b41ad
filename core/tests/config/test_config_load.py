from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crossdock.config import ConfigMistakes, Every, Never, load_config, store_url, survey_config

FULL = """
    [store]
    url = "sqlite:///orders.db"
    keep_exchanges_days = 7

    [plugins]
    extra = ["audit"]

    [connections.cart]
    connector = "acme"
    sku = "0012"

    [connections.warehouse]
    connector = "depot"

    [connections.parcels]
    connector = "acme"

    [pipelines.main]
    order_source = "cart"
    fulfillment_target = "warehouse"
    shipping_provider = "parcels"
    earliest_order_date = 2026-01-01
    acknowledge = "after_save"
    [pipelines.main.services]
    download = "10m"
    confirm = "off"
    [pipelines.main.distribution_centers]
    "1" = { area = "EAST" }
    "2" = {}
    [[pipelines.main.ship_methods.inbound]]
    site = "Amazon*"
    service = "Standard"
    to = { carrier = "UPS", service = "GROUND" }
    [pipelines.main.ship_methods]
    unmapped = "pass"
"""


def mistakes_in(path: Path) -> dict[str, str]:
    return {mistake.key: str(mistake) for mistake in survey_config(path)[1]}


def test_a_whole_config_is_read(write):
    config = load_config(write(FULL))
    main = config.pipelines["main"]
    assert config.plugin_names == ("acme", "depot", "audit")
    assert config.connections["cart"].settings == {"sku": "0012"}
    assert main.roles == {"order_source": "cart", "fulfillment_target": "warehouse", "shipping_provider": "parcels"}
    assert main.earliest_order_date == datetime(2026, 1, 1, tzinfo=UTC)
    assert main.services.download == Every(600)
    assert main.services.confirm == Never()
    assert main.services.release.next_after(datetime(2026, 1, 1, tzinfo=UTC)).minute == 1
    assert main.distribution_centers["1"].area == "EAST"
    assert main.ship_methods.inbound[0].carrier == "*"
    assert main.ship_methods.inbound[0].to.service == "GROUND"
    assert main.ship_methods.unmapped == "pass"


def test_a_pipeline_has_sensible_defaults(write, good):
    main = load_config(write(good)).pipelines["main"]
    assert (main.enabled, main.acknowledge, main.status_events.notify_cart) == (True, "after_release", True)
    assert main.ship_methods.unmapped == "hold"
    assert main.services.download == Every(300)


def test_a_day_may_stand_between_quotation_marks(write, good):
    config = load_config(write(good + 'earliest_order_date = "2026-01-01"'))
    assert config.pipelines["main"].earliest_order_date == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_moment_with_an_offset_is_kept_in_utc(write, good):
    config = load_config(write(good + "earliest_order_date = 2026-01-01T00:00:00+02:00"))
    assert config.pipelines["main"].earliest_order_date == datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=2)


def test_a_moment_without_an_offset_is_refused(write, good):
    assert "pipelines.main.earliest_order_date" in mistakes_in(
        write(good + "earliest_order_date = 2026-01-01T00:00:00")
    )


def test_split_files_are_one_config(write):
    connections, pipelines = FULL.split("    [pipelines.main]")
    write("[connections.other]\nconnector = 'acme'", "connections/other.toml")
    write("[pipelines.main]" + pipelines, "pipelines/main.toml")
    config = load_config(write(connections))
    assert set(config.connections) == {"cart", "warehouse", "parcels", "other"}
    assert config.connections["other"].file.name == "other.toml"
    assert config.pipelines["main"].acknowledge == "after_save"


def test_what_is_written_twice_names_both_files(write, good):
    write("[connections.cart]\nconnector = 'acme'", "connections/cart.toml")
    told = mistakes_in(write(good))["connections.cart"]
    assert "connections/cart.toml" in told
    assert "crossdock.toml" in told


def test_a_split_file_holds_its_own_tables_only(write, good):
    write("[store]\nurl = 'sqlite:///other.db'", "pipelines/a.toml")
    assert "allowed: pipelines" in mistakes_in(write(good))["store"]


def test_a_missing_file_is_one_clear_mistake(tmp_path):
    [mistake] = survey_config(tmp_path / "nowhere.toml")[1]
    assert "there is no such file" in str(mistake)
    assert "nowhere.toml" in str(mistake)


def test_a_syntax_error_names_file_and_line_and_brings_no_follow_up(write, good):
    write("[connections.extra\nconnector = 'acme'", "connections/extra.toml")
    [mistake] = survey_config(write(good.replace('"cart"', '"extra"')))[1]
    assert mistake.file.name == "extra.toml"
    assert "line 1" in mistake.found


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = '\xe9'"])
def test_bytes_that_are_no_text_are_one_clear_mistake(tmp_path, content):
    path = tmp_path / "crossdock.toml"
    path.write_bytes(content)
    [mistake] = survey_config(path)[1]
    assert "UTF-8" in str(mistake)


def test_every_mistake_is_said_at_once(write):
    path = write("""
        [stor]
        [store]
        keep_exchanges_days = 0
        [connections.Cart]
        connector = "acme"
        [connections.bare]
        [connections.warehouse]
        connector = "depot"
        [pipelines.main]
        order_sorce = "warehouse"
        fulfillment_target = "warehause"
        acknowledge = "after_relase"
        [pipelines.main.services]
        download = "5 min"
        upload = "5m"
        [[pipelines.main.ship_methods.inbound]]
        to = { carrier = "UPS", servise = "GROUND" }
        [pipelines.main.distribution_centers]
        "1.5" = { areas = "EAST" }
        """)
    with pytest.raises(ConfigMistakes) as caught:
        load_config(path)
    told = {mistake.key: mistake for mistake in caught.value.mistakes}
    assert set(told) == {
        "stor",
        "store.keep_exchanges_days",
        "connections.Cart",
        "connections.bare.connector",
        "pipelines.main.order_source",
        "pipelines.main.order_sorce",
        "pipelines.main.fulfillment_target",
        "pipelines.main.acknowledge",
        "pipelines.main.services.download",
        "pipelines.main.services.upload",
        "pipelines.main.ship_methods.inbound[0].to.service",
        "pipelines.main.ship_methods.inbound[0].to.servise",
        'pipelines.main.distribution_centers."1.5".areas',
    }
    assert told["stor"].nearest == "store"
    assert told["pipelines.main.order_sorce"].nearest == "order_source"
    assert told["pipelines.main.fulfillment_target"].nearest == "warehouse"
    assert told["pipelines.main.acknowledge"].nearest == "after_release"
    assert '"5m"?' in told["pipelines.main.services.download"].allowed
    assert told["pipelines.main.ship_methods.inbound[0].to.servise"].nearest == "service"
    assert "order_source and fulfillment_target go together" in told["pipelines.main.order_source"].advice
    assert all(str(path) in line for line in str(caught.value).splitlines())
    assert all(mistake.advice or mistake.allowed for mistake in told.values())


def test_two_pipelines_do_not_take_the_same_orders(write, good):
    second = "\n[pipelines.second]\norder_source = 'cart'\nfulfillment_target = 'warehouse'\n"
    assert "pipeline 'main'" in mistakes_in(write(good + second))["pipelines.second.order_source"]
    assert not mistakes_in(write(good + second + "enabled = false"))


@pytest.mark.parametrize("text", ["store = 1", "connections = 1", "connections.cart = 1", "pipelines.main = []"])
def test_a_value_where_a_table_belongs_is_one_mistake(write, text):
    [told] = mistakes_in(write(text)).values()
    assert "a table" in told


@pytest.mark.parametrize(("value", "told"), [('"Über"', 'a list, such as ["Über"]'), ("7", "a list")])
def test_a_single_value_where_a_list_belongs_is_shown_as_a_list(write, good, value, told):
    mistake = mistakes_in(write(good + f"\nunsold_areas = {value}"))["pipelines.main.unsold_areas"]
    assert mistake.endswith(f"allowed: {told}")


def test_valid_tables_survive_the_mistakes_of_others(write, good):
    config, mistakes = survey_config(write(good + "\nwrong = 1\n[connections.bare]\n"))
    assert len(mistakes) == 2
    assert set(config.connections) == {"cart", "warehouse"}
    assert not config.pipelines


def test_the_database_lies_beside_the_config_wherever_we_stand(write, good, monkeypatch, tmp_path):
    path = write(good)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert store_url(load_config(Path("../crossdock.toml"))) == f"sqlite:///{tmp_path}/elsewhere/../crossdock.db"
    assert store_url(load_config(path)) == f"sqlite:///{tmp_path}/crossdock.db"


@pytest.mark.parametrize("url", ["sqlite:////var/lib/a.db", "sqlite:///:memory:", "postgresql+psycopg://me@db/orders"])
def test_a_complete_address_is_left_alone(write, url):
    assert store_url(load_config(write(f"store.url = '{url}'"))) == url


@pytest.mark.parametrize("url", ["postgres://db/orders", "crossdock.db", "mysql://db"])
def test_an_unknown_kind_of_database_is_refused(write, url):
    assert "postgresql+psycopg://" in mistakes_in(write(f"store.url = '{url}'"))["store.url"]
