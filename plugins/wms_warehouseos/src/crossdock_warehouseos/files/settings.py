"""Where the Host Agent's files lie, and how they get there."""

from pathlib import Path, PurePath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, SecretStr, model_validator


def _below(name: str) -> str:
    if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError(f"'{name}' is no folder below `folder`; write a name such as 'orders' or 'out/orders'")
    return name


Below = Annotated[str, AfterValidator(_below)]
"""A folder below another one."""


class FileSettings(BaseModel):
    """The folder that the Host Agent watches, and the server that leads there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: Literal["ftp", "ftps", "sftp", "folder"] = Field(
        description="How files get there; `folder`: a folder of this machine, or one that is mounted here."
    )
    host: str = Field(default="", description="Host name of the server.")
    port: int = Field(default=0, ge=0, le=65535, description="Its port; 0: the usual one of the protocol.")
    user: str = Field(default="", description="User at the server.")
    password: SecretStr = Field(
        default=SecretStr(""), description="The user's password, or the passphrase of `private_key`."
    )
    private_key: SecretStr = Field(default=SecretStr(""), description="`sftp`: the text of the user's private key.")
    host_key: str = Field(
        default="",
        description="`sftp`: the server's public key as in a known_hosts file, or its fingerprint (`SHA256:…`).",
    )
    trusted: Path | None = Field(
        default=None,
        description="`ftps`: PEM file of the authority that vouches for the server. `sftp`: a known_hosts file.",
    )
    timeout: PositiveFloat = Field(default=60.0, description="Seconds without any answer.")
    folder: str = Field(default="/", description="The folder that the agent watches: an absolute path.")
    orders: Below = Field(default="orders", description="Below it: orders for the agent to take.")
    items: Below = Field(default="items", description="Below it: items for the agent to take.")
    picks: Below = Field(default="picks", description="Below it: what the agent leaves of picked and packed work.")
    done: Below = Field(default="done", description="Below each of these: where files lie that were taken.")
    failed: Below = Field(default="failed", description="Below orders and items: files that the agent refused.")
    flag_suffix: str = Field(
        default=".flg",
        pattern=r"^[^/\s]+$",
        description="What the name of a flag file has behind that of its file (assumed).",
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.protocol == "folder":
            if self.folder == "/" or not PurePath(self.folder).is_absolute():
                raise ValueError("with protocol = 'folder', `folder` must be an absolute path of this machine")
            return self
        missing = [name for name in ("host", "user") if not getattr(self, name)]
        if not (self.password or (self.private_key and self.protocol == "sftp")):
            missing.append("password, or private_key" if self.protocol == "sftp" else "password")
        if missing:
            raise ValueError(f"with protocol = '{self.protocol}' the table needs {', '.join(missing)}")
        if not self.folder.startswith("/"):
            raise ValueError(f"the folder '{self.folder}' must be an absolute path, from / on")
        return self

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        if len({self.orders, self.items, self.picks}) < 3 or self.done == self.failed:
            raise ValueError("orders, items and picks need folders of their own, and so do done and failed")
        return self
