"""What an operator sets for the files of one shipping system."""

from datetime import datetime
from pathlib import Path, PurePath
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)

from crossdock.domain import WeightUnit


def _below(name: str) -> str:
    if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError(f"'{name}' is no folder below `folder`; write a name such as 'done' or 'archive/labels'")
    return name


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"'{name}' is no encoding; write one such as 'utf-8', 'cp1252' or 'utf-16'") from None
    return name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; write one such as 'UTC' or 'America/Chicago'") from None
    return name


def _date_format(text: str) -> str:
    sample = datetime(2026, 11, 22)
    try:
        if not text or datetime.strptime(sample.strftime(text), text).date() == sample.date():
            return text
    except ValueError:
        pass
    raise ValueError(f"'{text}' does not tell a day; write a format such as '%m/%d/%Y %H:%M:%S' or '%Y%m%d'")


def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip().casefold() for word in words)


Column = Annotated[str, Field(min_length=1)] | PositiveInt
"""A column: its name in the header, or its place, from 1 on."""
Words = Annotated[tuple[str, ...], AfterValidator(_folded)]
"""Words, whatever their case."""


class FileSettings(BaseModel):
    """The folder into which the shipping system writes, and the server that leads there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: Literal["ftp", "ftps", "sftp", "folder"] = Field(
        description="How files get here; `folder`: a folder of this machine, or one that is mounted here."
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
    folder: str = Field(default="/", description="The folder into which files are written: an absolute path.")
    pattern: str = Field(
        default="*.csv", min_length=1, description="Names of the files that are read, whatever their case."
    )
    done: Annotated[str, AfterValidator(_below)] | None = Field(
        default=None, description="Below `folder`: where files are moved that were taken in; left out: they stay."
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.protocol == "folder":
            if self.folder == "/" or not PurePath(self.folder).is_absolute():
                raise ValueError("with protocol = 'folder', `folder` must be an absolute path of this machine")
            return self
        missing = [name for name in ("host", "user") if not getattr(self, name)]
        if not (self.password.get_secret_value() or (self.protocol == "sftp" and self.private_key.get_secret_value())):
            missing.append("password, or private_key" if self.protocol == "sftp" else "password")
        if missing:
            raise ValueError(f"with protocol = '{self.protocol}' the table needs {', '.join(missing)}")
        if not self.folder.startswith("/"):
            raise ValueError(f"the folder '{self.folder}' must be an absolute path, from / on")
        return self


class Columns(BaseModel):
    """Which column holds what; a column that is named must be there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: Column = Field(description="The order number in the warehouse; rows without are of no order.")
    tracking_number: Column = Field(description="The tracking number; rows without have no label yet.")
    box: Column | None = Field(default=None, description="The warehouse's box, where a label was made for one.")
    carrier: Column | None = Field(default=None, description="The carrier.")
    service: Column | None = Field(default=None, description="The carrier's service.")
    cost: Column | None = Field(default=None, description="What the label cost.")
    currency: Column | None = Field(default=None, description="In which currency (three letters).")
    weight: Column | None = Field(default=None, description="What the parcel weighs; 0: not weighed.")
    weight_unit: Column | None = Field(default=None, description="In which unit.")
    shipped_at: Column | None = Field(default=None, description="When it was shipped, in `date_format`.")
    voided: Column | None = Field(default=None, description="Whether the label was taken back, in `voided_words`.")
    tracking_url: Column | None = Field(default=None, description="Where the parcel can be followed.")
    id: Column | None = Field(
        default=None, description="The shipping system's own id of a label; without, order and tracking number are it."
    )

    def named(self) -> dict[str, str | int]:
        """By what it holds, each column that is named."""
        return {name: column for name, column in self if column is not None}


class Defaults(BaseModel):
    """What counts where a file has no such column, or nothing in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier: str = Field(default="", description="The carrier.")
    service: str = Field(default="", description="The carrier's service.")
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$", description="The currency of costs.")
    weight_unit: WeightUnit | None = Field(default=None, description="The unit of weights: g, kg, oz, lb.")


class ParcelFilesSettings(BaseModel):
    """The files of one shipping system."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: FileSettings
    columns: Columns
    defaults: Defaults = Field(default_factory=Defaults)
    header: bool = Field(
        default=True, description="Whether the first row names the columns; else `columns` are numbers."
    )
    delimiter: str = Field(default=",", pattern=r'^[^"\r\n]$', description="What stands between two cells.")
    encoding: Annotated[str, AfterValidator(_encoding)] = Field(default="utf-8", description="The files' encoding.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal sign of costs and weights.")
    date_format: Annotated[str, AfterValidator(_date_format)] = Field(
        default="", description="How times are written, in the signs of Python's `strptime`; empty: as ISO 8601."
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="In which zone times are that do not say it."
    )
    voided_words: Words = Field(
        default=("y", "yes", "true", "1", "v", "void", "voided"), description="What says that a label was taken back."
    )
    live_words: Words = Field(
        default=("", "n", "no", "false", "0"), description="What says that it was not; other words cannot be read."
    )
    settle: NonNegativeInt = Field(
        default=60,
        description="Seconds for which a file must not have changed until it counts as whole; 0: it is whole as soon "
        "as it has a name that fits.",
    )
    page_size: PositiveInt = Field(default=500, description="Labels that are taken in at once.")
    search_keeps: NonNegativeInt = Field(
        default=60, description="Seconds for which one reading of all files serves every look-up of an order number."
    )

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        named, defaults = self.columns.named(), self.defaults
        names = [f"{name} = '{column}'" for name, column in named.items() if isinstance(column, str)]
        if names and not self.header:
            raise ValueError(f"without a header, columns are numbers; correct {', '.join(names)}")
        if "cost" in named and "currency" not in named and not defaults.currency:
            raise ValueError("a column of costs needs columns.currency or defaults.currency")
        if "weight" in named and "weight_unit" not in named and not defaults.weight_unit:
            raise ValueError("a column of weights needs columns.weight_unit or defaults.weight_unit")
        if both := set(self.voided_words) & set(self.live_words):
            raise ValueError(f"{', '.join(map(repr, sorted(both)))} cannot say both: voided_words and live_words")
        return self
