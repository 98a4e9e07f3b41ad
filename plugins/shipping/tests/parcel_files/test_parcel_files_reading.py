"""From the lines of a file to parcels: what they say, what cannot be read, and what half a file tells."""

import contextlib
import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock_shipping.parcel_files.reading import read_parcel
from crossdock_shipping.parcel_files.records import told_in
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings

NAMES = {
    "reference": "Order Number",
    "tracking_number": "Tracking",
    "box": "Box",
    "carrier": "Carrier",
    "service": "Service",
    "cost": "Cost",
    "currency": "Currency",
    "weight": "Weight",
    "weight_unit": "Unit",
    "shipped_at": "Shipped",
    "voided": "Void",
    "tracking_url": "Link",
    "id": "Label",
}
FULL = {
    "reference": "1001",
    "tracking_number": "1Z999AA10123456784",
    "box": "1001-1",
    "carrier": "UPS",
    "service": "Ground",
    "cost": "12.34",
    "currency": "usd",
    "weight": "2.5",
    "weight_unit": "LBS",
    "shipped_at": "2026-03-01T12:00:00-06:00",
    "voided": "N",
    "tracking_url": "https://track.example/1Z",
    "id": "L-1",
}


def chosen(columns=NAMES, **changes) -> ParcelFilesSettings:
    return ParcelFilesSettings(**{"files": {"protocol": "folder", "folder": "/srv/out"}, "columns": columns, **changes})


def table(*rows: dict[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([[NAMES[name] for name in FULL], *([row.get(name, "") for name in FULL] for row in rows)])
    return text.getvalue().encode()


def parcels(content: bytes, settings: ParcelFilesSettings) -> list[Parcel]:
    return [read_parcel(record, settings) for record in told_in("a.csv", content, settings, whole=True).records]


def parcel(**changes: str) -> Parcel:
    (only,) = parcels(table({**FULL, **changes}), chosen())
    return only


def test_a_line_keeps_all_it_says():
    assert parcel() == Parcel(
        tracking_number="1Z999AA10123456784",
        reference="1001",
        box="1001-1",
        carrier="UPS",
        service_level="Ground",
        shipped_at=datetime(2026, 3, 1, 18, tzinfo=UTC),
        cost=Money(amount="12.34", currency="USD"),
        weight=Weight(value="2.5", unit=WeightUnit.POUND),
        tracking_url="https://track.example/1Z",
    )


def test_a_line_may_say_little():
    little = {"reference": "1001", "tracking_number": "T1"}
    assert parcels(table(little), chosen()) == [Parcel(tracking_number="T1", reference="1001")]


def test_defaults_stand_in_for_empty_cells_only():
    defaults = {"carrier": "DHL", "service": "Express", "currency": "EUR", "weight_unit": "kg"}
    rows = table(FULL, {"id": "L-2", "reference": "1", "tracking_number": "T", "cost": "1", "weight": "3"})
    full, bare = parcels(rows, chosen(defaults=defaults))
    assert full == parcel()
    assert (bare.carrier, bare.service_level) == ("DHL", "Express")
    assert (bare.cost, bare.weight) == (Money(amount="1", currency="EUR"), Weight(value="3", unit=WeightUnit.KILOGRAM))


@pytest.mark.parametrize(
    ("word", "unit"), [("g", "g"), ("Kgs", "kg"), ("KG", "kg"), ("Ounces", "oz"), ("lb", "lb"), ("POUNDS", "lb")]
)
def test_units_of_weight_go_by_many_names(word, unit):
    assert parcel(weight_unit=word).weight.unit == unit


@pytest.mark.parametrize("weight", ["0", "0.00", ""])
def test_a_parcel_that_was_not_weighed_has_no_weight(weight):
    assert parcel(weight=weight).weight is None


@pytest.mark.parametrize(("word", "voided"), [("Y", True), ("void", True), ("", False), ("No", False)])
def test_words_say_whether_a_label_was_taken_back(word, voided):
    assert parcel(voided=word).voided is voided


def test_the_words_may_be_the_operators_own():
    settings = chosen(voided_words=["Storniert"], live_words=["Aktiv"])
    assert parcels(table({**FULL, "voided": "STORNIERT"}), settings)[0].voided


@pytest.mark.parametrize(
    ("text", "form", "zone", "moment"),
    [
        ("2026-03-01T12:00:00Z", "", "America/Chicago", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01 12:00", "", "America/Chicago", datetime(2026, 3, 1, 18, tzinfo=UTC)),
        ("2026-07-01", "", "America/Chicago", datetime(2026, 7, 1, 5, tzinfo=UTC)),
        ("03/01/2026 02:30 PM", "%m/%d/%Y %I:%M %p", "UTC", datetime(2026, 3, 1, 14, 30, tzinfo=UTC)),
        ("20260301143000", "%Y%m%d%H%M%S", "Europe/Berlin", datetime(2026, 3, 1, 13, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_they_are_written_where_they_were_written(text, form, zone, moment):
    settings = chosen(date_format=form, time_zone=zone)
    assert parcels(table({**FULL, "shipped_at": text}), settings)[0].shipped_at == moment


@pytest.mark.parametrize(
    ("text", "sign", "amount"),
    [("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("7", ",", "7"), ("-3.10", ".", "-3.10")],
)
def test_numbers_have_the_decimal_sign_of_the_settings(text, sign, amount):
    (only,) = parcels(table({**FULL, "cost": text, "weight": "1"}), chosen(decimal=sign))
    assert only.cost == Money(amount=amount, currency="USD")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cost": "1.234,50"}, "'1.234,50' is no number with '.'"),
        ({"cost": "$5"}, "no number"),
        ({"cost": "1e9"}, "no number"),
        ({"cost": "12,34"}, "no number"),
        ({"currency": ""}, "no currency"),
        ({"weight_unit": "stone"}, "'stone' is no unit of weight"),
        ({"weight": "-1"}, "weight|greater than 0|value"),
        ({"shipped_at": "yesterday"}, "'yesterday' is no time"),
        ({"shipped_at": "0001-01-01T00:00:00+14:00"}, "no time"),
        ({"voided": "perhaps"}, "neither in voided_words nor in live_words"),
        ({"tracking_number": "9.40011E+21"}, "spreadsheet"),
        ({"tracking_number": "9,4E+21"}, "spreadsheet"),
    ],
)
def test_a_line_that_cannot_be_read_says_where_it_stands_and_why(wrong, said):
    with pytest.raises(Unreadable, match=rf"a\.csv, line 2: .*({said})"):
        parcel(**wrong)


def test_a_record_of_somebody_else_cannot_be_read():
    with pytest.raises(Unreadable, match="did not come from a file"):
        read_parcel(Record("x", b"<html>"), chosen())


def test_lines_without_order_or_number_are_no_labels():
    assert parcels(table({**FULL, "reference": " "}, {**FULL, "tracking_number": ""}, {}), chosen()) == []


def test_all_lines_of_one_label_are_one_parcel_and_later_ones_count():
    rows = table(
        FULL, {**FULL, "cost": "13.00", "carrier": ""}, {**FULL, "voided": "Y", "cost": ""}, FULL | {"cost": ""}
    )
    (only,) = parcels(rows, chosen())
    assert (only.voided, only.cost.amount, only.carrier) == (True, 13, "UPS")


def test_an_id_that_two_numbers_share_is_no_labels_id():
    with pytest.raises(Unreadable, match=r"line 2, 3: .*tracking_number.*columns\.id"):
        parcels(table(FULL, {**FULL, "tracking_number": "T2"}), chosen())


def test_without_an_own_id_order_and_number_are_it():
    settings = chosen({"reference": "Order Number", "tracking_number": "Tracking"})
    other = {**FULL, "reference": "1002"}
    first, second = (told_in(file, table(FULL, other), settings, whole=True) for file in ("a.csv", "b.csv"))
    assert len({record.id for record in first.records}) == 2
    assert [record.id for record in first.records] == [record.id for record in second.records]


def test_with_an_own_id_that_is_it():
    (record,) = told_in("a.csv", table(FULL), chosen(), whole=True).records
    assert record.id == "L-1"


def test_columns_may_be_numbers_and_files_without_a_header():
    settings = chosen({"reference": 3, "tracking_number": 1}, header=False, delimiter=";")
    content = b"T1;x;1001;\nT2;x;1002\nT3;x\n"
    told = told_in("a.csv", content, settings, whole=True)
    assert sorted(told.by_reference) == ["1001", "1002"]
    with pytest.raises(Unreadable, match=r"a\.csv, line 3: it has 2 cells, and `columns` wants number 3"):
        read_parcel(told.records[-1], settings)


def test_names_of_columns_are_those_of_the_header_whatever_their_case():
    settings = chosen({"reference": "order", "tracking_number": " TRACKING "})
    assert parcels("\ufeff Order ,Tracking\n1,T\n".encode(), settings)[0].reference == "1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Order,Number\n1,T\n", "no column 'Tracking'; it has: Order, Number"),
        (b"Order,Tracking,tracking\n1,T,T\n", "2 columns 'Tracking'"),
        (b"Order,Tracking\n1,T\xff\n", "encoding is not utf-8"),
        (b'"Order,Tracking\n', "header cannot be read"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_one_record_that_says_so(content, said):
    settings = chosen({"reference": "Order", "tracking_number": "Tracking"})
    told = told_in("a.csv", content, settings, whole=True)
    assert said in told.broken
    (record,) = told.records
    with pytest.raises(Unreadable, match=r"the file a\.csv was not understood"):
        read_parcel(record, settings)


def test_a_broken_line_takes_no_other_line_with_it():
    settings = chosen({"reference": "Order", "tracking_number": "Tracking"})
    content = b'Order,Tracking\n1,T1\n2,"T2\n3,T3\n4,T4,x\n5,"T"5\n6,T6\n'
    told = told_in("a.csv", content, settings, whole=True)
    assert list(told.by_reference) == ["1", "3", "6"]
    faults = []
    for record in told.records[3:]:
        with pytest.raises(Unreadable) as fault:
            read_parcel(record, settings)
        faults.append(str(fault.value).split(";")[0])
    assert faults == [
        "a.csv, line 3: it is not CSV: ',' expected after '\"'",
        "a.csv, line 5: it has 3 cells, and the header has 2",
        "a.csv, line 6: it is not CSV: ',' expected after '\"'",
    ]


def test_a_record_is_read_anew_when_the_settings_are_corrected():
    told = told_in("a.csv", table({**FULL, "cost": "5,00", "weight": ""}), chosen(), whole=True)
    assert read_parcel(told.records[0], chosen(decimal=",")).cost.amount == 5


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
rows = st.lists(st.tuples(cells, cells), max_size=6)
encodings = st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])


@given(st.dictionaries(st.sampled_from(sorted(FULL)), st.text(max_size=12)))
def test_whatever_a_line_holds_it_is_a_parcel_or_unreadable(changes):
    settings = chosen()
    for record in told_in("a.csv", table({**FULL, **changes}), settings, whole=True).records:
        with contextlib.suppress(Unreadable):
            assert read_parcel(record, settings) == read_parcel(record, settings)


@given(st.binary(max_size=80), st.booleans(), st.booleans(), encodings)
def test_whatever_a_file_holds_it_is_told_without_an_error(content, whole, header, encoding):
    columns = {"reference": 1, "tracking_number": 2}
    told = told_in("a.csv", content, chosen(columns, header=header, encoding=encoding), whole=whole)
    assert len({record.id for record in told.records}) == len(told.records)


@given(rows, encodings, st.sampled_from(["\n", "\r\n", "\r"]), st.data())
@example([("1", "a\nb")], "utf-8", "\n", None)
def test_half_a_file_tells_a_part_of_what_the_whole_tells_and_nothing_else(lines, encoding, ending, data):
    settings = chosen({"reference": 1, "tracking_number": 2}, header=False, encoding=encoding)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending).writerows(lines)
    content = text.getvalue().encode(encoding)
    whole = told_in("a.csv", content, settings, whole=True)
    cuts = range(len(content) + 1) if data is None else [data.draw(st.integers(0, len(content)))]
    for cut in cuts:
        half = told_in("a.csv", content[:cut], settings, whole=False)
        assert not half.broken
        assert {record.id for record in half.records} <= {record.id for record in whole.records}


def test_a_record_with_fewer_cells_than_its_header_is_refused_by_name():
    rows = {"file": "a.csv", "header": [*NAMES.values()], "rows": [[2, ["L-1", "1001"]]]}
    with pytest.raises(Unreadable, match=r"a\.csv, line 2: a row has 2 cells.*record L-1"):
        read_parcel(Record("L-1", json.dumps(rows).encode()), chosen())


def test_what_cannot_be_read_is_quoted_in_part_only():
    (record,) = told_in("a.csv", table({**FULL, "cost": "x" * 100_000}), chosen(), whole=True).records
    with pytest.raises(Unreadable) as refused:
        read_parcel(record, chosen())
    assert len(str(refused.value)) < 1000
