"""The table of bundles: read exactly, or refused with every line that is wrong."""

from hypothesis import given
from hypothesis import strategies as st

from crossdock.config import survey_config
from crossdock.config.bundles import read_bundles

HEAD = "bundle,component,quantity\n"


def surveyed(write, good, text: str | None):
    """The table of the only pipeline, and the mistakes, as `place: sentence`."""
    path = write(good.replace('"warehouse"\n\n', '"warehouse"\n\n') + '    bundles = "bundles.csv"\n')
    if text is not None:
        (path.parent / "bundles.csv").write_text(text, encoding="utf-8")
    config, mistakes = survey_config(path)
    return config.pipelines["main"].bundle_table, [str(one).split("/")[-1] for one in mistakes]


def parts(table) -> dict[str, list[tuple[str, int]]]:
    return {bundle: [(part.sku, part.quantity) for part in its] for bundle, its in table.items()}


def test_a_table_says_what_bundles_are_made_of_and_a_sku_is_text(write, good):
    table, mistakes = surveyed(write, good, f"\ufeff{HEAD}SET-1,0012,2\nSET-1,1E5,1\n\n12,PLATE,1\n")
    assert mistakes == []
    assert parts(table) == {"SET-1": [("0012", 2), ("1E5", 1)], "12": [("PLATE", 1)]}


def test_the_columns_may_stand_in_any_order(write, good):
    table, mistakes = surveyed(write, good, 'quantity,bundle,component\n3,SET,"A, small"\n')
    assert (parts(table), mistakes) == ({"SET": [("A, small", 3)]}, [])


def test_a_file_that_is_missing_is_named_with_its_key(write, good):
    _, [told] = surveyed(write, good, None)
    assert "crossdock.toml: pipelines.main.bundles: there is no file" in str(told) or "bundles.csv" in told


def test_other_columns_are_refused(write, good):
    table, [told] = surveyed(write, good, "bundle;component;quantity\nSET;CUP;1\n")
    assert told.startswith("bundles.csv: line 1: its columns are bundle;component;quantity; allowed: bundle, component")
    assert table == {}


def test_every_row_that_is_wrong_is_named_with_its_line(write, good):
    rows = ["SET,CUP,0", "SET,PLATE,1.5", "SET,PLATE,-1", "SET,,1", "SET, CUP,1", "SET,CUP", "CUP,CUP,1", "SET,LID,٣"]
    table, told = surveyed(write, good, HEAD + "\n".join(rows) + "\nGOOD,CUP,1\n")
    assert [one.split(": ")[1] for one in told] == [f"line {number}" for number in range(2, 10)]
    assert "its quantity is '1.5'; allowed: a whole number from 1" in told[1]
    assert "its component is ''" in told[3]
    assert "compared exactly" in told[4]
    assert "it has 2 fields" in told[5]
    assert "bundle CUP is a part of itself" in told[6]
    assert parts(table) == {"GOOD": [("CUP", 1)]}


def test_a_component_that_stands_twice_is_refused_with_the_first_line(write, good):
    _, [told] = surveyed(write, good, f"{HEAD}SET,CUP,1\nSET,PLATE,1\nSET,CUP,2\n")
    assert "line 4: bundle SET has component CUP in line 2 already; Write one row with the sum." in told


def test_a_bundle_within_a_bundle_is_refused_with_the_reason(write, good):
    _, [told] = surveyed(write, good, f"{HEAD}BOX,SET,1\nSET,CUP,2\n")
    assert "line 2: component SET of bundle BOX is a bundle itself" in told
    assert "Name the parts of SET in its place: nested bundles could not be put together again." in told


def test_what_is_no_csv_is_said_at_the_key(write, good):
    path = write(good + '    bundles = "bundles.csv"\n')
    (path.parent / "bundles.csv").write_bytes(b"\xff\xfe\x00")
    [mistake] = survey_config(path)[1]
    assert mistake.key == "pipelines.main.bundles"
    assert "cannot be read as CSV in UTF-8" in mistake.found


@given(st.text(alphabet='abS,"\n;1 0', max_size=60))
def test_whatever_stands_in_the_file_is_read_or_refused(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("tables") / "bundles.csv"
    file.write_text(HEAD + text, encoding="utf-8")
    table, mistakes = read_bundles(file, file, "pipelines.main.bundles")
    assert all(part.quantity >= 1 and part.sku.strip() for parts in table.values() for part in parts)
    assert mistakes or not any(part.sku in table for parts in table.values() for part in parts)
