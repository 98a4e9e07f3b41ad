"""What all tables are made of."""

from typing import Any, ClassVar, cast

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table, text
from sqlmodel import Field, SQLModel

_ID: Any = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself for this very type only


def id_column() -> Any:
    """The number that the database gives to a row."""
    return Field(default=None, primary_key=True, sa_type=_ID)


def moment_column(*, nullable: bool = False) -> Any:
    """Microseconds since 1970."""
    return Field(sa_type=BigInteger, nullable=nullable)


def bytes_column() -> Any:
    """A document, or compressed data."""
    return Field(sa_type=LargeBinary)


MOSTLY_EMPTY: Any = {"server_default": text("''")}
"""Text that most rows go without."""


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """A partial index; on PostgreSQL too, as the migrations make it.

    To say so here with `postgresql_where` would import that dialect, which costs a user of SQLite 0.1 s and 5 MB.
    """
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={"where": where})


class Row(SQLModel):
    """A row of a table of ours; all tables have one metadata."""

    metadata: ClassVar[MetaData] = MetaData()


def table_of(row: type[Row]) -> Table:
    """The table whose rows these are."""
    return cast(Table, row.__table__)  # type: ignore[attr-defined]  # SQLModel adds it without declaring it
