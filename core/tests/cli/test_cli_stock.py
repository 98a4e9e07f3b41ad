"""`crossdock stock`: what a person wants of the cart's stock, and what became of it."""

import shutil

import pytest

SKU = "SKU-0001"
TWO = """
[pipelines.other]
inventory_sink = "cart"
"""


@pytest.fixture
def crossdock(stocked, tmp_path, monkeypatch, typed):
    """The command line beside a copy of the stocked database."""
    for name in ("crossdock.db", "crossdock.toml"):
        shutil.copy(stocked.folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return typed


def changes(crossdock, *options):
    return crossdock("stock", "list", *options)[1]


def test_the_cart_is_told_by_the_next_run_and_what_it_refuses_is_listed_with_its_reason(stocked, typed, monkeypatch):
    monkeypatch.chdir(stocked.folder)
    for name, value in stocked.process.environment.items():
        monkeypatch.setenv(name, value)
    before = stocked.held(SKU)
    assert "otherwise `crossdock run --once` does" in typed("stock", "adjust", SKU, "1=+3", "2=-1")[1]
    typed("stock", "move", SKU, "1", "2", "5", "--reason", "nearer to the buyers")
    typed("stock", "set", "NO-SUCH-SKU", "1=5")
    assert stocked.process("run", "--once", "--quiet").returncode == 0
    assert stocked.held(SKU) == {"1": before["1"] - 2, "2": before["2"] + 4}

    told = typed("stock", "show", SKU, "--live")[1]
    assert "+3 at 1, -1 at 2" in told
    assert "nearer to the buyers" in told
    assert f"for sale {before['1'] - 2} at 1, {before['2'] + 4} at 2; promised to buyers 0" in told
    assert "no product with the SKU 'NO-SUCH-SKU'" in typed("stock", "list", "--state", "rejected")[1]
    assert "stock refused" in typed("problems", "list")[1]


def test_a_level_is_what_lies_there_unless_it_may_be_sold_as_it_is(crossdock):
    assert f"{SKU}: on hand 5 at 1" in crossdock("stock", "set", SKU, "1=5")[1]
    assert f"{SKU}: sellable 0 at 1, 7 at 2" in crossdock("stock", "set", SKU, "1=0", "2=7", "--sellable")[1]


def test_a_centre_may_be_zero_or_negative(crossdock):
    assert "on hand 5 at -2, 0 at 0" in crossdock("stock", "set", SKU, "-2=5", "0=0")[1]
    assert "-1 at -2, +2 at 0" in crossdock("stock", "adjust", SKU, "-2=-1", "0=+2")[1]
    assert "-4 at -2, +4 at 0" in crossdock("stock", "move", SKU, "-2", "0", "4")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set", SKU, "5"), "'5' is neither an option nor CENTER=QUANTITY"),
        (("set", SKU, "1=5", "--on-hnd"), "'--on-hnd' is neither an option nor CENTER=QUANTITY"),
        (("set", SKU, "1=five"), "'five' is no whole number"),
        (("set", SKU, "1=-5"), "-5 is below zero"),
        (("set", SKU, "1=5", "1=6"), "distribution centre 1 is named twice"),
        (("adjust", SKU, "1=3"), "a difference bears its sign, such as 1=+3 or 1=-3"),
        (("move", SKU, "1", "1", "5"), "from one distribution centre to another one"),
        (("move", SKU, "1", "2", "-5"), "takes at least one piece"),
        (("move", SKU, "1", "2", "many"), "'many' is no whole number"),
        (("set", SKU, "1=5", "--pipeline", "gone"), "no enabled pipeline 'gone' with an inventory sink"),
        (("list", "--state", "lost"), "'lost' is none of due, sent, in_doubt, done, rejected"),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_noted(crossdock, words, told):
    before = changes(crossdock)
    code, said = crossdock("stock", *words)
    assert code == 2
    assert told in " ".join(said.split())
    assert changes(crossdock) == before


def test_where_several_pipelines_tell_of_stock_one_must_be_named(crossdock, tmp_path):
    with (tmp_path / "crossdock.toml").open("a") as file:
        file.write(TWO)
    code, told = crossdock("stock", "set", SKU, "1=5")
    assert (code, "several pipelines have an inventory sink (main, other)" in told) == (2, True)
    assert crossdock("stock", "set", SKU, "1=5", "--pipeline", "other")[0] == 0


def test_a_config_without_an_inventory_sink_says_so(crossdock, tmp_path):
    text = (tmp_path / "crossdock.toml").read_text()
    (tmp_path / "crossdock.toml").write_text(text.replace('inventory_sink = "cart"', ""))
    assert "names a connection as its `inventory_sink`" in crossdock("stock", "set", SKU, "1=5")[1]


def test_a_service_that_is_off_is_named(crossdock, tmp_path):
    with (tmp_path / "crossdock.toml").open("a") as file:
        file.write('services.stock = "off"\n')
    assert "The service `stock` of pipeline main is off" in crossdock("stock", "set", SKU, "1=5")[1]


def test_two_commands_are_two_changes(crossdock):
    for _ in range(2):
        crossdock("stock", "adjust", "TWICE", "1=+1")
    assert changes(crossdock, "--sku", "twice").count("+1 at 1") == 2


def test_a_file_is_taken_with_one_change_a_sku(crossdock, tmp_path):
    (tmp_path / "stock.csv").write_text(
        "\ufeffdistribution_center,sku,quantity,meaning\n1,A,5,on_hand\n-2,A,0,on_hand\n1,B,-3,difference\n1,C,9,sellable\n"
    )
    code, told = crossdock("stock", "import", "stock.csv")
    assert code == 0
    assert told.splitlines()[:3] == [
        "A: on hand 5 at 1, 0 at -2",
        "B: -3 at 1",
        "C: sellable 9 at 1",
    ]
    assert "3 noted." in told


def test_every_wrong_row_is_named_and_nothing_is_taken(crossdock, tmp_path):
    before = changes(crossdock)
    (tmp_path / "stock.csv").write_text(
        "sku,distribution_center,quantity,meaning\n"
        "A,1,5,on_hand\n"
        ",1,5,on_hand\n"
        "B,,5,on_hand\n"
        "B,1,lots,on_hand\n"
        "B,1,5,guess\n"
        "A,2,5,difference\n"
        "A,1,6,on_hand\n"
        "C,1\n"
    )
    code, told = crossdock("stock", "import", "stock.csv")
    assert code == 2
    assert told.splitlines() == [
        "Nothing was taken from stock.csv, 7 rows are wrong:",
        "  line 3: it names no SKU",
        "  line 4: it names no distribution centre",
        "  line 5: 'lots' is no whole number",
        "  line 6: 'guess' is no meaning: write difference, sellable, on_hand",
        "  line 7: 'A' has the meaning on_hand in line 2: one file gives it one meaning",
        "  line 8: 'A' at distribution centre 1 stands in the file twice",
        "  line 9: '' is no meaning: write difference, sellable, on_hand",
    ]
    assert changes(crossdock) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"sku;quantity\n", "must have the columns sku, distribution_center, quantity, meaning and has: sku;quantity"),
        (b"", "and has: none"),
        (b"\xff\xfe", "cannot be read as a CSV file in UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_a_sentence(crossdock, tmp_path, text, told):
    (tmp_path / "stock.csv").write_bytes(text)
    assert told in " ".join(crossdock("stock", "import", "stock.csv")[1].split())


def test_a_missing_file_is_a_sentence(crossdock):
    assert "gone.csv cannot be read" in crossdock("stock", "import", "gone.csv")[1]


def test_a_file_with_a_key_is_taken_once(crossdock, tmp_path):
    (tmp_path / "stock.csv").write_text("sku,distribution_center,quantity,meaning\nA,1,5,difference\n")
    assert "1 noted." in crossdock("stock", "import", "stock.csv", "--key", "monday")[1]
    assert (
        "All of it was taken before; nothing changes."
        in crossdock("stock", "import", "stock.csv", "--key", "monday")[1]
    )

    with (tmp_path / "stock.csv").open("a") as file:
        file.write("B,1,2,difference\n")
    assert "1 noted, 1 were taken before." in crossdock("stock", "import", "stock.csv", "--key", "monday")[1]

    (tmp_path / "stock.csv").write_text("sku,distribution_center,quantity,meaning\nA,1,6,difference\n")
    code, told = crossdock("stock", "import", "stock.csv", "--key", "monday")
    assert (code, "1 SKUs were imported with this --key before, with other numbers" in told) == (2, True)
    assert "A: +5 at 1" in told


def test_what_is_not_known_is_said(crossdock):
    assert "Nothing is known here of the stock of GHOST." in crossdock("stock", "show", "GHOST")[1]
    assert "No stock change is like that." in crossdock("stock", "list", "--sku", "GHOST")[1]
    crossdock("stock", "adjust", SKU, "1=+1")
    crossdock("stock", "adjust", SKU, "1=+2")
    assert changes(crossdock, "--limit", "1").strip().endswith("--limit shows more.")


def test_what_the_cart_says_of_an_unknown_sku_is_shown(crossdock, monkeypatch):
    monkeypatch.setenv("DEMO_SHARED_SECRET", "sandbox-secret")
    monkeypatch.setenv("DEMO_REFRESH_TOKEN", "sandbox-refresh-token")
    assert "no product with the SKU 'GHOST'" in crossdock("stock", "show", "GHOST", "--live")[1]


@pytest.mark.parametrize("command", ["set", "adjust", "move", "import", "list", "show"])
def test_help_of_each_command_shows_how_it_is_called(crossdock, command):
    code, told = crossdock("stock", command, "--help")
    assert code == 0
    assert f"crossdock stock {command}" in told.split("Options:")[0].partition("Example")[2]
