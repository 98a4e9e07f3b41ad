"""A connection whose settings name a file server gets a way to it; a bad one is named and the rest is opened."""

import asyncio

import pytest
from fileservers import ftpd

from crossdock.config import load_config
from crossdock.runtime.host import open_connections

CONFIG = """
[connections.{name}]
connector = "channeladvisor"
application_id = "an-application"
shared_secret = {{ env = "THE_SECRET" }}
refresh_token = {{ env = "THE_SECRET" }}
{files}
"""
FILES = """
ftps_host = "127.0.0.1"
ftps_port = {port}
ftps_user = "{user}"
ftps_password = {{ env = "THE_PASSWORD" }}
ftps_trusted = "{trusted}"
"""


@pytest.fixture
def configured(tmp_path, monkeypatch):
    monkeypatch.setenv("THE_SECRET", "a-secret-of-the-account")
    monkeypatch.setenv("THE_PASSWORD", ftpd.PASSWORD)

    def written(**connections):
        tables = [CONFIG.format(name=name, files=files) for name, files in connections.items()]
        (tmp_path / "crossdock.toml").write_text("".join(tables))
        return load_config(tmp_path / "crossdock.toml")

    return written


def test_file_server_of_the_settings_is_reached_through_the_context(configured, tmp_path):
    async def scene(config):
        async with open_connections(config, quiet=True) as host:
            assert host.faults == ()
            assert host.connections["plain"].context.files is None
            files = host.connections["filing"].context.files
            await files.put("/Inventory/stock.txt", b"SKU\tQuantity\n")
            assert await files.list("/Inventory") == ["stock.txt"]

    (tmp_path / "served").mkdir()
    with ftpd.FtpServer(tmp_path / "served", tls=True) as server:
        files = FILES.format(port=server.port, user=ftpd.USER, trusted=server.pem)
        asyncio.run(scene(configured(plain="", filing=files)))


def test_file_server_that_cannot_be_opened_is_named_and_the_rest_is_opened(configured, tmp_path):
    async def scene(config):
        async with open_connections(config, quiet=True) as host:
            assert list(host.connections) == ["plain"]
            [fault] = host.faults
            assert fault.startswith("connection filing cannot be opened: filing: the trusted certificate")

    files = FILES.format(port=21, user=ftpd.USER, trusted=tmp_path / "nowhere.pem")
    asyncio.run(scene(configured(plain="", filing=files)))
