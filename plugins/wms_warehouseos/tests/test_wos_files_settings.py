"""What a connection by files needs, and what it says when it lacks something."""

import asyncio

import asyncssh
import pytest
from fileservers import sshd
from pydantic import ValidationError

from crossdock import ConnectionContext, NeedsConfig
from crossdock.config import load_config
from crossdock.runtime.host import open_connections, open_role
from crossdock.transport import open_client
from crossdock_warehouseos import plugin
from crossdock_warehouseos.client import endpoint
from crossdock_warehouseos.files.server import file_server
from crossdock_warehouseos.inventory.source import WarehouseOSInventory
from crossdock_warehouseos.settings import WarehouseOSSettings

API = {"base_url": "https://wos.example", "api_key": "k"}
SFTP = {"protocol": "sftp", "host": "files.example", "user": "me", "password": "s3cret-of-files"}


def mistakes(**settings):
    with pytest.raises(ValidationError) as refused:
        WarehouseOSSettings(**settings)
    return {(error["loc"], error["type"]) for error in refused.value.errors()}


def test_each_transport_misses_what_it_needs_and_nothing_else():
    assert mistakes() == {(("base_url",), "missing"), (("api_key",), "missing")}
    assert mistakes(base_url="", api_key="") == mistakes()
    assert mistakes(transport="files") == {(("files",), "missing")}
    assert mistakes(transport="files", concurrency=0) == {(("files",), "missing"), (("concurrency",), "greater_than")}
    assert mistakes(transport="fax") == {(("transport",), "literal_error")}


def test_the_folder_of_the_agent_is_enough():
    chosen = WarehouseOSSettings(transport="files", files=SFTP)
    server = file_server(chosen)
    assert (server.protocol, server.host, server.user, server.root) == ("sftp", "files.example", "me", "/")
    assert "s3cret-of-files" not in repr(chosen) + repr(server)


def test_by_the_api_there_is_no_file_server_even_where_one_is_named():
    assert file_server(WarehouseOSSettings(**API)) is None
    assert file_server(WarehouseOSSettings(**API, files=SFTP)) is None


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"protocol": "sftp"}, "with protocol = 'sftp' the table needs host, user, password, or private_key"),
        ({"protocol": "ftps", "host": "h", "user": "u", "private_key": "k"}, "'ftps' the table needs password"),
        ({"protocol": "folder"}, "`folder` must be an absolute path of this machine"),
        ({"protocol": "folder", "folder": "agent"}, "`folder` must be an absolute path of this machine"),
        ({**SFTP, "folder": "outbox"}, "the folder 'outbox' must be an absolute path"),
        ({**SFTP, "orders": "/in"}, "'/in' is no folder below `folder`"),
        ({**SFTP, "done": "../x"}, "'../x' is no folder below `folder`"),
        ({**SFTP, "done": ""}, "'' is no folder below `folder`"),
        ({**SFTP, "items": "orders"}, "orders, items and picks need folders of their own"),
        ({**SFTP, "done": "x", "failed": "x"}, "so do done and failed"),
        ({**SFTP, "flag_suffix": ""}, "String should match pattern"),
        ({**SFTP, "port": 70000}, "less than or equal to 65535"),
        ({**SFTP, "protocol": "scp"}, "Input should be 'ftp', 'ftps', 'sftp' or 'folder'"),
    ],
)
def test_a_table_that_leads_nowhere_is_refused_with_what_is_missing(files, said):
    with pytest.raises(ValidationError) as refused:
        WarehouseOSSettings(transport="files", files=files)
    assert said in str(refused.value)


def context(**settings):
    chosen = WarehouseOSSettings(**settings)
    return ConnectionContext("warehouse", chosen, open_client("warehouse", endpoint(chosen)), None, None)


def test_stock_is_told_by_the_api_alone():
    with pytest.raises(NeedsConfig, match="stock is told by the API alone"):
        plugin.inventory_source(context(transport="files", files=SFTP))
    both = context(transport="files", files=SFTP, **API)
    assert isinstance(plugin.inventory_source(both), WarehouseOSInventory)


def test_the_api_of_a_tenant_that_is_reached_by_files_is_nowhere():
    chosen = WarehouseOSSettings(transport="files", files=SFTP)
    assert endpoint(chosen).base_url.endswith(".invalid")

    async def opened():
        async with open_client("warehouse", endpoint(chosen)):
            return True

    assert asyncio.run(opened())


def test_roles_without_a_file_server_say_what_is_missing():
    bare = context(transport="files", files=SFTP)
    for role in (plugin.fulfillment_target, plugin.catalog_sink):
        with pytest.raises(NeedsConfig, match="needs the table `files`"):
            role(bare)


CONFIG = """
[connections.warehouse]
connector = "warehouseos"
transport = "files"

[connections.warehouse.files]
protocol = "sftp"
host = "127.0.0.1"
port = {port}
user = "sftp-user"
private_key = {{ file = "id_ed25519" }}
host_key = "{fingerprint}"
folder = "/"
"""


def test_a_config_with_a_key_in_a_file_opens_the_way_to_the_agent(tmp_path):
    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "id_ed25519").write_bytes(key.export_private_key())
    for place in ("orders/done", "orders/failed", "items/done", "items/failed", "picks/done"):
        (tmp_path / "agent" / place).mkdir(parents=True)

    async def checked(config):
        async with open_connections(config, quiet=True) as host:
            assert host.faults == ()
            return await open_role(host, "fulfillment_target", "warehouse").role.check()

    with sshd.SftpServer(tmp_path / "agent", welcome=[key.convert_to_public()]) as server:
        text = CONFIG.format(port=server.port, fingerprint=server.fingerprint)
        (tmp_path / "crossdock.toml").write_text(text)
        lines = asyncio.run(checked(load_config(tmp_path / "crossdock.toml")))
    assert lines[-1] == "the host agent refused nothing new"
