"""The plugin as the host sees it: hooks, settings, and what its README says."""

import asyncio
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pluggy
import pytest
from fileservers import sshd
from pydantic import BaseModel, ValidationError

import crossdock_shipping.parcel_files
from crossdock import (
    AcknowledgesRecords,
    BuysLabels,
    ChecksConnection,
    ConnectionContext,
    ListsParcels,
    NeedsConfig,
    ReceivesRecords,
    ShippingProvider,
)
from crossdock.config import load_config
from crossdock.hooks import specs
from crossdock.runtime.host import open_connections, open_role
from crossdock_shipping.parcel_files import plugin
from crossdock_shipping.parcel_files.parcels import ParcelFiles
from crossdock_shipping.parcel_files.server import file_server
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings

README = Path(crossdock_shipping.parcel_files.__file__).with_name("README.md").read_text("utf-8")
FOLDER = {"protocol": "folder", "folder": "/srv/out"}
SFTP = {"protocol": "sftp", "host": "files.example", "user": "me", "password": "s3cret-of-files"}
COLUMNS = {"reference": "Order", "tracking_number": "Tracking"}


def chosen(**changes: Any) -> ParcelFilesSettings:
    return ParcelFilesSettings(**{"files": FOLDER, "columns": COLUMNS, **changes})


def test_the_plugin_is_found_and_its_hooks_are_those_of_the_contract():
    (found,) = entry_points(group="crossdock.plugins", name="parcel_files")
    assert found.load() is plugin
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin)
    manager.check_pending()
    assert manager.hook.connector().name == "parcel_files"


def test_loading_the_plugin_loads_no_http():
    code = (
        "import sys, crossdock_shipping.parcel_files.plugin as p; p.connector(); "
        "import crossdock_shipping.parcel_files.parcels; print({'starlette', 'uvicorn', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_provider_has_its_role_and_its_features():
    provider = ParcelFiles.__new__(ParcelFiles)
    for feature in (ShippingProvider, ListsParcels, AcknowledgesRecords, ChecksConnection):
        assert isinstance(provider, feature)
    for feature in (BuysLabels, ReceivesRecords):
        assert not isinstance(provider, feature)


def test_a_folder_and_two_columns_are_enough():
    assert file_server(chosen()).root == "/srv/out"
    server = file_server(chosen(files=SFTP))
    assert (server.protocol, server.host, server.user, server.root) == ("sftp", "files.example", "me", "/")
    assert "s3cret-of-files" not in repr(chosen(files=SFTP)) + repr(server)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": {"protocol": "sftp"}}, "needs host, user, password, or private_key"),
        (
            {"files": {"protocol": "ftps", "host": "h", "user": "u", "private_key": "k"}},
            "'ftps' the table needs password",
        ),
        ({"files": {"protocol": "folder"}}, "must be an absolute path of this machine"),
        ({"files": {**SFTP, "folder": "out"}}, "'out' must be an absolute path"),
        ({"files": {**FOLDER, "done": "../x"}}, "'../x' is no folder below"),
        ({"files": {**FOLDER, "done": ""}}, "'' is no folder below"),
        ({"files": {**FOLDER, "pattern": ""}}, "at least 1 character"),
        ({"columns": {"reference": "Order"}}, "tracking_number"),
        ({"columns": {**COLUMNS, "box": 0}}, "greater than 0"),
        ({"columns": {**COLUMNS, "unheard": "of"}}, "Extra inputs"),
        ({"columns": {**COLUMNS, "cost": "C"}}, "columns.currency or defaults.currency"),
        ({"columns": {**COLUMNS, "weight": "W"}}, "columns.weight_unit or defaults.weight_unit"),
        ({"header": False}, "without a header, columns are numbers; correct reference = 'Order'"),
        ({"defaults": {"currency": "dollar"}}, "should match pattern"),
        ({"delimiter": '"'}, "should match pattern"),
        ({"delimiter": ";;"}, "should match pattern"),
        ({"encoding": "klingon"}, "'klingon' is no encoding"),
        ({"encoding": "hex"}, "'hex' is no encoding"),
        ({"time_zone": "Mars"}, "'Mars' is no time zone"),
        ({"date_format": "%H:%M"}, "does not tell a day"),
        ({"date_format": "nothing"}, "does not tell a day"),
        ({"live_words": ["Yes"]}, "'yes' cannot say both"),
    ],
)
def test_settings_that_lead_nowhere_are_refused_with_what_is_wrong(changes, said):
    with pytest.raises(ValidationError) as refused:
        chosen(**changes)
    assert said in str(refused.value)


@pytest.mark.parametrize("form", ["", "%m/%d/%Y", "%Y%m%d%H%M%S", "%d.%m.%y %H:%M", "%b %d, %Y"])
def test_any_format_that_tells_a_day_is_taken(form):
    assert chosen(date_format=form).date_format == form


def test_a_provider_without_files_says_what_is_missing():
    with pytest.raises(NeedsConfig, match="needs the table `files`"):
        plugin.shipping_provider(ConnectionContext("parcels", chosen(), None, None, None))


CONFIG = """
[connections.parcels]
connector = "parcel_files"
columns = {{ reference = "Order", tracking_number = "Tracking" }}

[connections.parcels.files]
protocol = "sftp"
host = "127.0.0.1"
port = {port}
user = "sftp-user"
password = {{ file = "password" }}
host_key = "{fingerprint}"
"""


def test_a_config_opens_the_way_to_the_files(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.csv").write_text("Order,Tracking\n1,T1\n")
    (tmp_path / "password").write_text(sshd.PASSWORD)

    async def checked(config):
        async with open_connections(config, quiet=True) as host:
            assert host.faults == ()
            return await open_role(host, "shipping_provider", "parcels").role.check()

    with sshd.SftpServer(tmp_path / "out") as server:
        config = tmp_path / "crossdock.toml"
        config.write_text(CONFIG.format(port=server.port, fingerprint=server.fingerprint))
        lines = asyncio.run(checked(load_config(config)))
    assert lines == ["/ has 1 files that fit *.csv", "a.csv, the last of them, tells of 1 labels"]


def names_of(model: type[BaseModel], before: str = "") -> list[str]:
    names = []
    for name, setting in model.model_fields.items():
        inner = setting.annotation
        deep = isinstance(inner, type) and issubclass(inner, BaseModel)
        names += names_of(inner, f"{name}.") if deep else [before + name]
    return names


def test_the_readme_lists_every_setting():
    assert re.findall(r"^\| `([\w.]+)` \|", README, re.MULTILINE) == names_of(ParcelFilesSettings)


def test_the_example_of_the_readme_is_valid():
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (connection,) = tomllib.loads(example)["connections"].values()
    assert connection.pop("connector") == "parcel_files"
    connection["files"]["password"] = "p"
    ParcelFilesSettings(**connection)
