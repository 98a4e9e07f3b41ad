"""The whole road by files that the Host Agent takes and leaves, as stories: over a folder, FTP and SFTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fileservers import ftpd, sshd
from world import Line, World
from world.reading import problems, read
from world.settings import secret, write_secrets

WorldMaker = Callable[..., World]
Files = Callable[[str, Path], dict[str, Any]]


@pytest.fixture
def files() -> Iterator[Files]:
    """The table `files` by which a folder is reached over a protocol; a server runs where one is needed."""
    with ExitStack() as stack:

        def reached(protocol: str, folder: Path) -> dict[str, Any]:
            if protocol == "folder":
                return {"protocol": protocol, "folder": str(folder)}
            server: Any = ftpd.FtpServer(folder, tls=False) if protocol == "ftp" else sshd.SftpServer(folder)
            stack.enter_context(server)
            known = {"host_key": server.public_key} if protocol == "sftp" else {}
            user = (sshd if protocol == "sftp" else ftpd).USER
            login = {"host": "127.0.0.1", "port": server.port, "user": user, "password": secret("agent_password")}
            return {"protocol": protocol, "folder": "/", **login, **known}

        yield reached


@pytest.fixture
def new_shop(new_world: WorldMaker, tmp_path: Path, files: Files) -> WorldMaker:
    """Worlds whose warehouse is reached by files alone."""

    def opened(protocol: str = "folder", **warehouse: Any) -> World:
        (folder := tmp_path / "agent").mkdir()
        world = new_world(warehouse={"agent": {"folder": str(folder)}, **warehouse})
        table = files(protocol, folder)
        write_secrets(world.folder, agent_password=(sshd if protocol == "sftp" else ftpd).PASSWORD)
        world.connections["warehouse"] = {"connector": "warehouseos", "transport": "files", "files": table}
        return world

    return opened


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """The folder of the agent."""
    return tmp_path / "agent"


def agent_runs(shop: World) -> dict[str, int]:
    """The Host Agent takes what lies there, and writes down what was packed."""
    return dict(shop.warehouse.ask("/_agent", {}))


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.is_file())


@pytest.mark.parametrize("protocol", ["folder", "ftp", "sftp"])
def test_orders_go_out_and_boxes_come_back(new_shop: WorldMaker, protocol: str, agent: Path) -> None:
    shop = new_shop(protocol)
    order = shop.cart.sells("A-1", Line("SKU-0001", 2), Line("SKU-0002", 1))
    shop.run()
    assert names(agent / "orders") == ["A-1.csv", "A-1.csv.flg"]
    assert agent_runs(shop)["done"] == 1

    shop.warehouse.works(split_boxes=1.0)
    agent_runs(shop)
    shop.run()

    boxes = shop.warehouse.orders()["A-1"]["boxes"]
    assert {ship["tracking"] for ship in shop.cart.ships(order)} == {box["tracking_number"] for box in boxes}
    assert sum(shop.cart.shipped(order).values()) == 3
    assert "shipped" in read(shop, "orders", "list", "A-1")
    assert names(agent / "picks") == []
    shop.run()
    assert len(shop.cart.ships(order)) == len(boxes)
    assert problems(shop) == []


def test_products_go_out_as_files_and_then_only_what_changed(new_shop: WorldMaker, agent: Path) -> None:
    shop = new_shop("sftp", items=[])
    shop.settings["pipelines"]["main"] = {"catalog_source": "cart", "catalog_sink": "warehouse"}
    shop.run()
    assert agent_runs(shop)["failed"] == 0
    assert shop.warehouse.items()["SKU-0301"]["master_item"] == "STYLE-01"

    shop.cart.edits("SKU-0001", Title="A better title")
    shop.run()
    [file] = (agent / "items").glob("*.csv")
    assert len(file.read_text().splitlines()) == 2, "a header and one item"
    agent_runs(shop)
    assert shop.warehouse.items()["SKU-0001"]["description"] == "A better title"
    assert problems(shop) == []


def test_file_without_its_flag_is_left_alone_until_it_is_whole(new_shop: WorldMaker, agent: Path) -> None:
    shop = new_shop()
    order = shop.cart.sells("A-1", Line("SKU-0001", 2))
    shop.run()
    agent_runs(shop)
    shop.warehouse.works()
    agent_runs(shop)
    [flag] = (agent / "picks").glob("*.flg")
    flag.unlink()

    shop.run()
    assert shop.cart.ships(order) == []
    assert "/picks has 0 files that wait, and 1 without a flag" in read(shop, "check", "--connect")

    flag.touch()
    shop.run()
    assert sum(shop.cart.shipped(order).values()) == 2


def test_order_that_the_agent_refuses_is_held_with_its_words_and_sent_again_when_a_person_says_so(
    new_shop: WorldMaker, agent: Path
) -> None:
    shop = new_shop(items=["SKU-0002"])
    order = shop.cart.sells("A-1", Line("SKU-0001", 2))
    shop.cart.sells("A-2", Line("SKU-0002", 1))
    shop.run()
    assert agent_runs(shop) == {"done": 1, "failed": 1, "rows": 0}
    shop.run()
    shop.run()

    [problem] = problems(shop)
    assert "The warehouse refuses order A-1: the host agent says: Item SKU-0001 does not exist." in problem.text
    assert "held" in read(shop, "orders", "list", "A-1")
    assert set(shop.warehouse.orders()) == {"A-2"}

    shop.warehouse.ask("/_items", ["SKU-0001"])
    read(shop, "problems", "retry", problem.number)
    shop.run()
    assert "released" in read(shop, "orders", "list", "A-1")
    agent_runs(shop)
    shop.warehouse.works()
    agent_runs(shop)
    shop.run()
    assert sum(shop.cart.shipped(order).values()) == 2
    assert problems(shop) == []
