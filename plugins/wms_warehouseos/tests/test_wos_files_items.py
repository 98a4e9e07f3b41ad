"""Items as files: what was put last stands, and what the agent refuses is said."""

import asyncio

import pytest

from crossdock import ConnectionContext, OutcomeUnknown, Rejected
from crossdock.domain import Product, ProductChange, ProductImage, ProductKind
from crossdock.transport import open_files
from crossdock_warehouseos import plugin
from crossdock_warehouseos.files.server import file_server
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.warehouse import Warehouse
from crossdock_warehouseos.settings import WarehouseOSSettings


class Log(list):
    def warning(self, event, **details):
        self.append((event, details))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "agent"


@pytest.fixture
def warehouse(folder):
    return Warehouse(SandboxOptions(agent={"folder": folder}, items=[]), seed=1)


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def sink(folder, clock, log):
    """Makes the sink; `around` may stand before its drop."""

    def make(around=lambda drop: drop, **rules):
        table = {"protocol": "folder", "folder": str(folder)}
        chosen = WarehouseOSSettings(transport="files", files=table, items=rules)
        drop = around(open_files("warehouse", file_server(chosen)))
        return plugin.catalog_sink(ConnectionContext("warehouse", chosen, None, log, clock, drop))

    return make


def change(sku, external_id="", changed=(), **fields):
    product = Product(sku=sku, external_id=external_id or f"P-{sku}", **fields)
    return ProductChange(key="k", product=product, changed=changed, external_id=sku if changed else "")


def put(sink, *changes):
    return asyncio.run(sink.put_products(changes))


def names(folder):
    return sorted(file.name for file in folder.iterdir() if file.is_file())


def test_products_become_items_with_all_that_they_are(warehouse, sink):
    picture = ProductImage(name="front", url="https://img.example/1|2")
    answers = put(
        sink(aliases="replace", weight_unit="kg", source_weight_unit="kg"),
        change("A", title='Tee, "red"', parent_sku="TEE", aliases=("111", "222"), attributes={"Colour": "rot/ö"}),
        change("B", measures={"weight": "0.5"}, images=(picture,)),
        change("TEE", kind=ProductKind.PARENT),
    )
    assert [(answer.external_id, answer.error) for answer in answers] == [("A", None), ("B", None), ("", None)]
    assert warehouse.agent.run()["failed"] == 0
    a, b = warehouse.items["A"], warehouse.items["B"]
    assert (a.description, a.master_item, a.host_id) == ('Tee, "red"', "TEE", "P-A")
    assert (dict(a.aliases), a.attributes) == ({"111": 1, "222": 1}, {"Colour": "rot/ö"})
    assert (str(b.weight), b.images) == ("0.5", ("https://img.example/1%7C2",))
    assert "TEE" not in warehouse.items


def test_aliases_that_people_manage_are_left_to_them(warehouse, sink):
    put(sink(aliases="replace"), change("A", aliases=("111",)))
    warehouse.agent.run()
    put(sink(), change("A", title="new", aliases=("222",)))
    warehouse.agent.run()
    assert (warehouse.items["A"].description, dict(warehouse.items["A"].aliases)) == ("new", {"111": 1})


def test_a_patch_changes_what_changed_and_nothing_of_the_item_beside_it(warehouse, sink):
    put(sink(), change("A", title="old", parent_sku="M"), change("B", title="old", parent_sku="M"))
    warehouse.agent.run()
    put(sink(fields="changed"), change("A", title="new", changed=("title",)), change("B", changed=("parent_sku",)))
    warehouse.agent.run()
    shown = [(item.description, item.master_item) for item in (warehouse.items["A"], warehouse.items["B"])]
    assert shown == [("new", "M"), ("old", "")]


def test_what_was_put_last_stands_although_the_agent_comes_late(warehouse, sink, clock):
    items = sink()
    for title in ("one", "two", "one"):
        put(items, change("A", title=title))
        clock.at = clock.at.replace(microsecond=clock.at.microsecond + 1)
    assert warehouse.agent.run() == {"done": 3, "failed": 0, "rows": 0}
    assert warehouse.items["A"].description == "one"


def test_the_same_content_is_the_same_file_while_it_waits(warehouse, folder, sink, clock):
    items = sink()
    put(items, change("A", title="one"))
    for flag in (folder / "items").glob("*.flg"):
        flag.unlink()  # it broke off between the file and its flag
    clock.at = clock.at.replace(hour=13)
    put(items, change("A", title="one"))
    assert len(names(folder / "items")) == 2
    warehouse.agent.run()
    put(items, change("A", title="one"))
    assert len(names(folder / "items")) == 2


def test_what_files_cannot_say_is_refused_and_the_others_go(warehouse, sink):
    wrong, right = put(sink(aliases="replace"), change("A", aliases=("1|2",)), change("B"))
    assert type(wrong.error) is Rejected
    assert "the alias 1|2 cannot be told in a file" in str(wrong.error)
    assert (right.external_id, warehouse.agent.run()["done"], list(warehouse.items)) == ("B", 1, ["B"])


def test_two_products_with_one_sku_do_not_overwrite_each_other(warehouse, sink):
    answers = put(sink(), change("A", "P1"), change("A", "P2"))
    assert [type(answer.error) for answer in answers] == [Rejected, Rejected]


def test_a_file_that_may_not_have_arrived_is_in_doubt_with_those_products_that_it_has(warehouse, sink):
    class Losing:
        def __init__(self, drop):
            self._drop = drop

        def __getattr__(self, name):
            return getattr(self._drop, name)

        async def put(self, path, content):
            await self._drop.put(path, content)
            if b"Colour" in content:
                raise OutcomeUnknown("the answer was lost")

    items = sink(Losing)
    doubtful, certain = put(items, change("A", attributes={"Colour": "red"}), change("B"))
    assert (type(doubtful.error), certain.error) == (OutcomeUnknown, None)


def test_what_the_agent_refused_is_warned_of_once(warehouse, folder, sink, log):
    items = sink()
    (folder / "items/x.csv").write_text("ItemNumber,Weight\r\nA,heavy\r\n")
    (folder / "items/x.csv.flg").touch()
    assert warehouse.agent.run()["failed"] == 1
    put(items, change("B"))
    put(items, change("C"))
    ((event, details),) = log
    assert event == "the host agent refused a file of items"
    assert (details["file"], details["said"]) == ("x.csv", "A: Weight: must be a number.")
