"""A simulator's memory, and what it tells of itself."""

import httpx
import pytest
from starlette.applications import Starlette

from crossdock.sandbox import Memory, SandboxServer, about_route


@pytest.fixture
def client():
    with httpx.Client() as client:
        yield client


def served(memory, state):
    return SandboxServer(Starlette(routes=[memory.route(lambda: state), about_route("a key opens {url}/items")]))


def test_what_was_saved_is_recalled_by_the_next_process(tmp_path, client):
    memory = Memory(tmp_path / "cart.state")
    assert memory.recall() is None
    with served(memory, {"orders": [1, 2]}) as server:
        assert client.post(f"{server.url}/_save").is_success
    assert Memory(tmp_path / "cart.state").recall() == {"orders": [1, 2]}
    assert [file.name for file in tmp_path.iterdir()] == ["cart.state"]


def test_without_a_file_nothing_is_recalled_and_saving_is_refused(client):
    memory = Memory()
    assert memory.recall() is None
    with served(memory, {}) as server:
        assert client.post(f"{server.url}/_save").status_code == 400


def test_it_tells_how_to_get_in_at_its_own_address(client):
    with served(Memory(), {}) as server:
        assert client.get(f"{server.url}/_about").text == f"a key opens {server.url}/items"
