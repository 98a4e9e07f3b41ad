"""Laws of export rows: a row of a file tells the same product as the document of the list, however it is spelled."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from crossdock import Record
from crossdock_channeladvisor.catalog.products import TABLE, read_product

words = st.text("abcXYZ 0,.", min_size=1, max_size=8).map(str.strip).filter(bool)
amounts = st.decimals(0, 10_000, places=2)
scalars = st.fixed_dictionaries(
    {"ID": st.integers(1, 2**40), "Sku": words},
    optional={one.vendor_name: amounts if one.is_number else words for one in TABLE},
)
moments = st.datetimes(datetime(2001, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
WRITTEN = ("%m/%d/%Y %I:%M:%S %p", " %m/%d/%Y %H:%M:%S ", "%Y-%m-%dT%H:%M:%SZ")
spellings = st.sampled_from([str, str.upper, str.lower, lambda name: f" {name}", lambda name: "_".join(name)])


@st.composite
def attributes(draw):
    """Attributes by the number that their columns bear; one without a name is none."""
    numbers = draw(st.lists(st.integers(1, 30), unique=True, max_size=4))
    names = draw(st.lists(words, unique_by=str.casefold, min_size=len(numbers), max_size=len(numbers)))
    return {
        number: (draw(st.sampled_from([name, name, ""])), draw(st.just("") | words))
        for number, name in zip(numbers, names, strict=True)
    }


@given(scalars, attributes(), st.none() | st.tuples(moments, st.sampled_from(WRITTEN)), st.data())
def test_a_row_of_an_export_is_read_as_the_document_that_it_flattens(fields, numbered, updated, data):
    rows = [{"Name": name, "Value": value} for _, (name, value) in sorted(numbered.items()) if name]
    document = {name: str(value) for name, value in fields.items()} | {"ID": fields["ID"], "Attributes": rows}
    columns = {name: str(value) for name, value in fields.items()} | {"Brand of ours": "passed over", "Notes": None}
    for number, (name, value) in numbered.items():
        columns |= {f"Attribute{number}Name": name, f"Attribute{number:03d}Value": value}
    if updated:
        document["UpdateDateUtc"] = updated[0].isoformat()
        columns["UpdateDateUtc"] = updated[0].strftime(updated[1])
    row = {data.draw(spellings)(name): value for name, value in columns.items()}
    id_ = str(fields["ID"])
    read = read_product(Record(id_, json.dumps(row).encode()))
    assert read == read_product(Record(id_, json.dumps(document).encode()))
