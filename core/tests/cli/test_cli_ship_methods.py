"""`crossdock ship-methods`: what waits is seen, mapped once, and leaves; config and database never disagree unseen."""

import csv
import io
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from .conftest import Crossdock, Systems, crossdock_in, systems_for

CONFIG = """
[store]
url = "sqlite:///crossdock.db"

[connections.cart]
connector = "channeladvisor"

[connections.warehouse]
connector = "warehouseos"

[pipelines.main]
order_source = "cart"
fulfillment_target = "warehouse"

[[pipelines.main.ship_methods.inbound]]
service = "Std"
to = { carrier = "UPS", service = "Ground" }
"""
HEAD = "direction,site,carrier,service,to_carrier,to_service\n"


@pytest.fixture
def alone(crossdock: Crossdock) -> Crossdock:
    """A config with one rule, and no other system anywhere."""
    (crossdock.folder / "crossdock.toml").write_text(CONFIG)
    return crossdock


@pytest.fixture(scope="module")
def unmapped(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Systems]:
    """Both systems and no rule at all; the orders are held. The tests go on from each other."""
    with systems_for(tmp_path_factory.mktemp("unmapped"), migrated_sqlite) as both:
        config = both.crossdock.folder / "crossdock.toml"
        config.write_text(config.read_text().partition("[pipelines.main.ship_methods]")[0])
        both.crossdock("run", "--once", "--quiet")
        yield both


def listed(told: "CompletedProcess[str]") -> list[dict[str, str]]:
    """The rows of a list as CSV."""
    return list(csv.DictReader(io.StringIO(told.stdout)))


def write(folder: Path, text: str) -> str:
    (folder / "methods.csv").write_text(text)
    return "methods.csv"


def test_each_method_that_orders_wait_for_is_listed_once_with_how_many_wait(unmapped: Systems) -> None:
    told = unmapped.crossdock("ship-methods", "list", "--unmapped", "--csv")
    rows = listed(told)
    held = unmapped.crossdock("orders", "list", "--state", "held", "--json").stdout
    waiting = sum("unmapped_ship_method" in order["reason"] for order in json.loads(held))

    assert told.returncode == 1
    assert sum(int(row["orders"]) for row in rows) == waiting > 3
    assert len({tuple(row[name] for name in ("site", "carrier", "service")) for row in rows}) == len(rows)
    assert "unmapped" in {row["standing"] for row in rows}
    assert rows[0]["service"] in unmapped.crossdock("ship-methods", "list", "--unmapped").stdout


def test_a_rule_says_how_many_orders_it_releases_and_they_leave(unmapped: Systems) -> None:
    first = listed(unmapped.crossdock("ship-methods", "list", "--unmapped", "--csv"))[0]
    words = [f"--{name}={first[name]}" for name in ("site", "carrier", "service")]
    target = ("--to-carrier", "UPS", "--to-service", "Ground")
    previewed = unmapped.crossdock("preview", "--limit", "50").stdout.count("no ship method is mapped")
    told = unmapped.crossdock("ship-methods", "set", "--direction", "inbound", *words, *target, "--by", "ada")
    assert f"-> UPS / Ground. {int(first['orders']):,} order" in told.stdout, told.stderr
    assert "put to work." in told.stdout
    now = unmapped.crossdock("preview", "--limit", "50").stdout.count("no ship method is mapped")
    assert now == previewed - int(first["orders"])

    unmapped.crossdock("run", "--once", "--quiet")
    assert len(unmapped.released()) == int(first["orders"])
    deed = json.loads(unmapped.crossdock("audit", "list", "ada", "--json").stdout)[0]
    assert (deed["action"], deed["after"]) == ("save ship method", "UPS / Ground")
    asked = unmapped.crossdock("ship-methods", "try", unmapped.released()[0], "--json")
    assert [(one["standing"], one["saved_by"]) for one in json.loads(asked.stdout)] == [("mapped", "ada")]


def test_the_list_of_what_waits_is_a_form_for_the_import(unmapped: Systems) -> None:
    form = unmapped.crossdock("ship-methods", "list", "--unmapped", "--csv").stdout
    file = write(unmapped.crossdock.folder, form)
    empty = unmapped.crossdock("ship-methods", "import", file)
    assert empty.returncode == 2
    assert "line 2: it says nothing to take" in empty.stderr

    rows = [{**row, "to_carrier": "UPS", "to_service": "2nd Day Air"} for row in csv.DictReader(io.StringIO(form))]
    filled = io.StringIO()
    writer = csv.DictWriter(filled, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    write(unmapped.crossdock.folder, filled.getvalue())
    dry = unmapped.crossdock("ship-methods", "import", file, "--dry-run").stdout
    assert f"{len(rows)} added, 0 changed, 0 removed, 0 unchanged. Nothing is saved." in dry
    orders = sum(int(row["orders"]) for row in rows)
    assert f"{orders} orders would be put to work." in dry
    assert f"{orders} orders put to work." in unmapped.crossdock("ship-methods", "import", file).stdout
    assert unmapped.crossdock("ship-methods", "list", "--unmapped").returncode == 0


def test_boxes_wait_for_the_carts_name_and_the_list_knows_what_the_cart_took(unmapped: Systems) -> None:
    unmapped.crossdock("run", "--once", "--quiet")
    unmapped.post(f"{unmapped.warehouse}/_shift", {})
    unmapped.crossdock("run", "--once", "--quiet")
    waits = listed(unmapped.crossdock("ship-methods", "list", "--unmapped", "--csv", "--direction", "outbound"))
    boxes = sum(int(row["shipments"]) for row in waits)
    assert boxes > 3

    set_outbound = ("ship-methods", "set", "--direction", "outbound", "--to-carrier", "UPS", "--to-service", "GROUND")
    assert f"{boxes} shipments put to work." in unmapped.crossdock(*set_outbound).stdout
    unmapped.crossdock("run", "--once", "--quiet")
    [rule] = listed(unmapped.crossdock("ship-methods", "list", "--direction", "outbound", "--csv"))
    assert (int(rule["accepted"]), rule["refused"], rule["kind"]) == (boxes, "0", "default")
    assert f" {boxes} " in unmapped.crossdock("ship-methods", "list", "--direction", "outbound").stdout


def test_rules_of_the_config_are_seen_and_tried_without_any_database(alone: Crossdock) -> None:
    assert "crossdock.toml" in alone("ship-methods", "list").stdout
    told = alone("ship-methods", "try", "--service", "std")
    assert (told.returncode, "UPS / Ground" in told.stdout) == (0, True)
    told = alone("ship-methods", "try", "--service", "Balloon")
    assert (told.returncode, "no rule fits" in told.stdout) == (1, True)
    assert (
        alone("ship-methods", "import", write(alone.folder, HEAD + "inbound,*,*,X,UPS,Y\n"), "--dry-run").returncode
        == 0
    )
    assert not (alone.folder / "crossdock.db").exists()


def test_a_rule_that_the_config_contradicts_is_refused_and_one_that_it_has_is_not_saved_twice(alone: Crossdock) -> None:
    rule = ("ship-methods", "set", "--direction", "inbound", "--service", "STD", "--to-carrier", "UPS", "--to-service")
    told = alone(*rule, "Air")
    assert told.returncode == 2
    assert "the config says 'UPS / Ground'" in told.stderr
    assert "is what the rules say already" in alone(*rule, "Ground").stdout
    assert alone("ship-methods", "export").stdout == HEAD


def test_check_names_the_two_that_disagree_and_the_command_that_it_gives_settles_it(alone: Crossdock) -> None:
    rule = ("--direction", "inbound", "--service", "Express")
    alone("ship-methods", "set", *rule, "--to-carrier", "UPS", "--to-service", "Air", "--by", "ada")
    assert "ship_methods" not in alone("check").stderr
    config = alone.folder / "crossdock.toml"
    config.write_text(config.read_text().replace("Std", "express"))
    told = alone("check")
    assert told.returncode == 1
    for expected in ("pipelines.main.ship_methods.inbound[0]", "'UPS / Ground'", "'UPS / Air'", "by ada"):
        assert expected in told.stderr
    assert "rules disagree" in alone("ship-methods", "try", "--service", "Express").stdout
    assert "(disagrees)" in alone("ship-methods", "list").stdout
    assert alone("ship-methods", "export", "--all").returncode == 2

    assert alone("ship-methods", "remove", *rule).returncode == 0
    assert "ship_methods" not in alone("check").stderr


def test_every_wrong_row_is_named_and_nothing_is_saved(alone: Crossdock) -> None:
    rows = (
        "inbound,*,*,Good,UPS,Air\n"
        "sideways,*,*,A,UPS,Air\n"
        "inbound,*,*,std,UPS,Air\n"
        "inbound,*,*,GOOD,UPS,Sea\n"
        "inbound,*,*,B\n"
        "inbound,*,*,C,UPS,Air,more\n"
    )
    told = alone("ship-methods", "import", write(alone.folder, HEAD + rows))
    assert told.returncode == 2
    for expected in (
        "Nothing was saved from methods.csv, 5 rows are wrong",
        "line 3: direction 'sideways'",
        "line 4: the config says 'UPS / Ground'",
        "line 5: line 2 is for the same",
        "line 6: it ends before the column to_carrier",
        "line 7: it has more fields",
    ):
        assert expected in told.stderr
    assert "Good" not in alone("ship-methods", "list").stdout
    told = alone("ship-methods", "import", write(alone.folder, "site,carrier\n"))
    assert "has no direction, no service, no to_carrier, no to_service" in told.stderr
    assert (
        "line 2: it is for pipeline other"
        in alone(
            "ship-methods", "import", write(alone.folder, "pipeline," + HEAD + "other,inbound,*,*,X,UPS,Air\n")
        ).stderr
    )


def test_an_import_shows_what_changes_and_a_second_one_changes_nothing(alone: Crossdock) -> None:
    first = HEAD + "inbound,*,*,A,UPS,Air\ninbound,*,*,B,UPS,Air\ninbound,*,*,Std,UPS,Ground\n"
    told = alone("ship-methods", "import", write(alone.folder, first)).stdout
    assert "2 added, 0 changed, 0 removed, 1 unchanged." in told
    second = HEAD + "inbound,*,*,B,UPS,Sea\ninbound,*,*,C,UPS,Air\n"
    told = alone("ship-methods", "import", write(alone.folder, second), "--replace").stdout
    for expected in (
        "+ inbound: site '*', carrier '*', service 'C' -> UPS / Air",
        "~ inbound: site '*', carrier '*', service 'B' -> UPS / Sea (it was UPS / Air)",
        "- inbound: site '*', carrier '*', service 'A' -> UPS / Air",
        "1 added, 1 changed, 1 removed, 0 unchanged.",
    ):
        assert expected in told
    before = alone("ship-methods", "list", "--json").stdout
    again = alone("ship-methods", "import", "methods.csv", "--replace").stdout
    assert again.startswith("0 added, 0 changed, 0 removed, 2 unchanged.")
    assert alone("ship-methods", "list", "--json").stdout == before


def test_what_was_saved_moves_into_the_config_as_toml(alone: Crossdock) -> None:
    alone("ship-methods", "import", write(alone.folder, HEAD + 'inbound,"",U*,"a ""b"" \\c",UPS,Air\n'))
    config = alone.folder / "crossdock.toml"
    config.write_text(config.read_text() + alone("ship-methods", "export", "--format", "toml").stdout)
    rules = tomllib.loads(config.read_text())["pipelines"]["main"]["ship_methods"]["inbound"]
    assert rules[1]["service"] == 'a "b" \\c'
    rows = json.loads(alone("ship-methods", "list", "--json").stdout)
    assert [(row["origin"], row["disagrees"]) for row in rows] == [("config", False), ("both", False)]


def test_removing_what_nobody_saved_says_where_it_stands(alone: Crossdock) -> None:
    told = alone("ship-methods", "remove", "--direction", "inbound", "--service", "Std")
    assert told.returncode == 2
    assert "crossdock.toml; remove it there" in told.stderr
    assert "`crossdock ship-methods list`" in alone("ship-methods", "remove", "--direction", "outbound").stderr


def test_the_pipelines_of_a_client_are_its_own(tmp_path: Path) -> None:
    crossdock = crossdock_in(tmp_path)
    second = CONFIG.partition("[pipelines.main]")[2].replace("pipelines.main", "pipelines.other")
    connections = '[connections.shop]\nconnector = "channeladvisor"\n[pipelines.other]\nclient = "acme"\n'
    (tmp_path / "crossdock.toml").write_text(CONFIG + connections + second.replace('"cart"', '"shop"'))
    rule = ("ship-methods", "set", "--direction", "inbound", "--service", "X", "--to-carrier", "UPS")
    assert "say which one with --pipeline" in crossdock(*rule).stderr
    assert crossdock(*rule, "--pipeline", "main").returncode == 0
    assert {row["pipeline"] for row in listed(crossdock("ship-methods", "list", "--client", "acme", "--csv"))} == {
        "other"
    }
    assert crossdock("ship-methods", "export", "--pipeline", "other").stdout == HEAD
