"""The table of aliases: read exactly, or refused with every line that is wrong."""

from hypothesis import given
from hypothesis import strategies as st

from crossdock.config import survey_config
from crossdock.config.aliases import read_aliases
from crossdock.runtime.rules import rules_of

HEAD = "sku,type,alias\n"


def surveyed(write, good, text: str | None, stock: str = 'alias = "UPC"\n    aliases = "aliases.csv"'):
    """The config with one pipeline, and the mistakes, as `place: sentence`."""
    path = write(good + f"\n    [pipelines.main.stock]\n    {stock}\n")
    if text is not None:
        (path.parent / "aliases.csv").write_text(text, encoding="utf-8")
    config, mistakes = survey_config(path)
    return config, [str(one).split("/")[-1] for one in mistakes]


def test_the_aliases_of_one_type_are_taken_and_a_code_is_text(write, good):
    config, told = surveyed(write, good, f"\ufeff{HEAD}TEE,UPC,0012\nTEE,ASIN,B01\n0012,UPC,12\n\n,,\n")
    assert told == []
    assert config.pipelines["main"].alias_table == {"TEE": "0012", "0012": "12"}


def test_they_become_the_rules_of_the_pipeline(write, good):
    config, _ = surveyed(write, good, f"{HEAD}TEE,UPC,0012\n")
    rules = rules_of("main", config.pipelines["main"]).stock
    assert (rules.alias_type, rules.aliases.name_of("TEE"), rules.aliases.name_of("CUP")) == ("UPC", "0012", None)
    assert rules.aliases.sku_of("0012") == "TEE"


def test_bundles_and_aliases_are_read_together(write, good):
    path = write(good + '    bundles = "bundles.csv"\n    stock = { alias = "UPC", aliases = "aliases.csv" }\n')
    (path.parent / "bundles.csv").write_text("bundle,component,quantity\nSET,CUP,2\n")
    (path.parent / "aliases.csv").write_text(f"{HEAD}CUP,UPC,1\n")
    config, mistakes = survey_config(path)
    assert mistakes == ()
    main = config.pipelines["main"]
    assert (list(main.bundle_table), main.alias_table) == (["SET"], {"CUP": "1"})


def test_a_file_that_is_missing_is_named_with_its_key(write, good):
    path = write(good + '    stock = { alias = "UPC", aliases = "aliases.csv" }\n')
    [mistake] = survey_config(path)[1]
    assert (mistake.key, mistake.found) == (
        "pipelines.main.stock.aliases",
        f"there is no file {path.parent / 'aliases.csv'}",
    )


def test_every_row_that_is_wrong_is_named_with_its_line(write, good):
    rows = ["TEE,UPC,", "TEE,UPC, 1", "TEE,UPC", ",UPC,1", "TEE,UPC,1,"]
    _, told = surveyed(write, good, HEAD + "\n".join(rows) + "\nGOOD,UPC,1\n")
    assert [one.split(": ")[1] for one in told] == [f"line {number}" for number in range(2, 7)]
    assert "its alias is ''; allowed: a text without blanks around it: it is compared exactly" in told[0]
    assert "it has 2 fields; allowed: 3: sku, type, alias" in told[2]


def test_an_alias_that_stands_for_two_skus_is_refused_with_the_first_line(write, good):
    _, told = surveyed(write, good, f"{HEAD}TEE,UPC,x1\nCUP,EAN,x1\nCUP,UPC,X1\n")
    assert [one.split(": ", 1)[1] for one in told] == [
        "line 4: alias X1 of type UPC stands for SKU TEE in line 2 already; "
        "Keep one: what is told of the one would be told of the other."
    ]


def test_a_sku_with_two_aliases_of_a_type_is_refused_whatever_the_type(write, good):
    _, told = surveyed(write, good, f"{HEAD}TEE,UPC,1\nTEE,EAN,2\nTEE,EAN,3\n")
    assert [one.split(": ", 1)[1] for one in told] == [
        "line 4: SKU TEE has the alias 2 of type EAN in line 3 already; Keep one of them."
    ]


def test_a_file_without_the_wanted_type_is_refused_with_the_type_that_was_meant(write, good):
    _, [told] = surveyed(write, good, f"{HEAD}TEE,UPCS,1\nTEE,ASIN,B1\n")
    assert told == (
        "aliases.csv: it has no alias of type UPC; allowed: ASIN, UPCS; did you mean 'UPCS'?; Add rows of that type."
    )


def test_an_alias_needs_a_file_or_a_catalogue(write, good):
    _, [told] = surveyed(write, good, None, 'alias = "UPC"')
    assert "a file of `stock.aliases`, or a catalog_source, where products have the `stock.alias`" in told
    _, [told] = surveyed(write, good, HEAD, 'aliases = "aliases.csv"')
    assert "an `alias` that names the type" in told


@given(st.text(alphabet='aS,"\n;1 UP', max_size=60))
def test_whatever_stands_in_the_file_is_read_or_refused(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("tables") / "aliases.csv"
    file.write_text(HEAD + text, encoding="utf-8")
    table, mistakes = read_aliases(file, "UP", file, "pipelines.main.stock.aliases")
    assert all(sku.strip() and alias.strip() for sku, alias in table.items())
    assert mistakes or (table and len(set(table.values())) == len(table))
