from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest
from pydantic import BaseModel, Field, SecretStr

from crossdock.hooks.context import ConnectorInfo
from crossdock.hooks.http import Endpoint, FixedHeaders

Write = Callable[..., Path]

GOOD = """
    [connections.cart]
    connector = "acme"
    account = "A-1"
    api_key = { env = "CONFIG_TEST_KEY" }

    [connections.warehouse]
    connector = "depot"

    [pipelines.main]
    order_source = "cart"
    fulfillment_target = "warehouse"
"""


class Login(BaseModel):
    user: str
    password: SecretStr


class Acme(BaseModel):
    """A cart: this model forbids nothing, the config must notice unknown keys by itself."""

    account: str = Field(description="The account number.")
    api_key: SecretStr
    pages: int = Field(default=3, ge=1)
    logins: list[Login] = []
    more_keys: dict[str, SecretStr] = {}
    secrets: list[SecretStr] | None = None


class Depot(BaseModel):
    model_config = {"extra": "forbid"}

    site: str = "main"


def connector(name: str, settings: type[BaseModel]) -> ConnectorInfo:
    return ConnectorInfo(name, name.title(), settings, lambda _: Endpoint("http://127.0.0.1", FixedHeaders({})), (1, 0))


@dataclass
class Loaded:
    """The loaded plugins, as the registry shows them."""

    connectors: Mapping[str, ConnectorInfo]
    installed: Mapping[str, object]
    quarantined: Mapping[str, object] = field(default_factory=dict)
    its_roles: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def roles(self, name: str) -> frozenset[str]:
        return self.its_roles.get(name, frozenset())


@pytest.fixture
def plugins() -> Loaded:
    ready = {"acme": connector("acme", Acme), "depot": connector("depot", Depot)}
    roles = {"acme": frozenset({"order_source"}), "depot": frozenset({"fulfillment_target"})}
    return Loaded(ready, {**ready, "broken": 1, "audit": 1}, {"broken": "imported"}, roles)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a config file and gives its path; the good config's key is in the environment."""
    monkeypatch.setenv("CONFIG_TEST_KEY", "k-9f8e7d6c")

    def put(text: str = GOOD, name: str = "crossdock.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return put


@pytest.fixture
def good() -> str:
    """A config without a mistake."""
    return dedent(GOOD)
