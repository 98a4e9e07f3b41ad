"""The laws of kept examples see a change of translation that no general law can see, and say where it is."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossdock.domain import Address
from crossdock.testing import examples
from crossdock.testing.examples import GONE, Example, Twist, differences, kept_examples, leaves_of, write_examples
from crossdock.testing.examples_chosen import NoExample, save_examples
from crossdock.testing.kit import try_law
from crossdock.testing.law import Law, all_laws
from crossdock.testing.reads import readings_of
from crossdock.testing.subject import subject
from crossdock_channeladvisor.orders import reading
from crossdock_shipping.parcel_files.parcels import ParcelFiles
from crossdock_warehouseos.orders.document import OrderWriter

CART, WAREHOUSE = "channeladvisor", "warehouseos"


def law_of(id_: str) -> Law:
    return next(law for law in all_laws() if law.id == id_)


def the_city_is_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    address_of: Callable[..., Address] = reading._address
    monkeypatch.setattr(
        reading,
        "_address",
        lambda order: address_of(order).model_copy(update={"city": order.shipping_state_or_province}),
    )


def the_company_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    values: Callable[..., dict[str, Any]] = OrderWriter._address  # type: ignore[assignment]
    monkeypatch.setattr(
        OrderWriter, "_address", lambda self, to: {k: v for k, v in values(self, to).items() if k != "Company"}
    )


@pytest.mark.parametrize(
    ("plugin", "law", "words", "plant"),
    [
        (CART, "translation.examples", "/ship_to/city", the_city_is_the_state),
        (WAREHOUSE, "translation.sent", "/body/ShipTo/Company", the_company_is_left_out),
    ],
)
def test_a_field_that_is_read_or_written_wrongly_is_found(
    plugin: str, law: str, words: str, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match="gives something else than people have looked at") as breach:
        try_law(law_of(law), subject(plugin))
    assert words in str(breach.value)


def test_a_plugin_without_examples_breaks_the_law_and_is_told_how_to_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "folder_of", lambda plugin: tmp_path)
    for law in ("translation.examples", "translation.sent"):
        with pytest.raises(AssertionError, match=f"--crossdock-plugin {WAREHOUSE} --crossdock-save-examples"):
            try_law(law_of(law), subject(WAREHOUSE))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    twists = (Twist(at="/a/0", gone=True, gives={"/b": GONE}), Twist(settings={"x": 1}, gives={"/b": "ü"}))
    kept = [Example(id="1", record={"a": [1, None]}, gives=None, twists=twists), Example(id="2", record=[], gives=[1])]
    write_examples(tmp_path / "kept" / "read.json", kept)
    assert kept_examples(tmp_path / "kept" / "read.json") == kept


def test_a_twist_changes_one_place_and_differences_name_the_leaves_that_differ() -> None:
    record = {"rows": [{"a/b": 1}, {"a/b": 2}], "~": "x"}
    assert Twist(at="/rows/1/a~1b", to=3).of(record) == {"rows": [{"a/b": 1}, {"a/b": 3}], "~": "x"}
    assert Twist(at="/rows/0", gone=True).of(record) == {"rows": [{"a/b": 2}], "~": "x"}
    assert dict(leaves_of(record)) == {"/rows/0/a~1b": 1, "/rows/1/a~1b": 2, "/~0": "x"}
    assert differences({"a": 1, "b": []}, {"a": 2, "c": None}) == {"/a": 2, "/b": GONE, "/c": None}
    assert differences({"a": 1}, {"refused": "no"}) == {"refused": "no"}
    assert differences({"a": 1}, None) == {"": None}


def test_where_a_method_raises_what_is_no_outcome_it_is_named_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "folder_of", lambda plugin: tmp_path)
    plugin = subject("parcel_files")
    asyncio.run(readings_of(plugin))
    monkeypatch.setattr(ParcelFiles, "read_parcel", lambda self, record: {}["tracking"])
    with pytest.raises(NoExample, match=r"read_parcel of record .*: it raised KeyError\('tracking'\)"):
        asyncio.run(save_examples(plugin))
    assert [*tmp_path.iterdir()] == []
