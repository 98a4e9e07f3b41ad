"""Brings the tables of a database to the shape that this crossdock knows, or refuses a newer one."""

from pathlib import Path

from sqlalchemy import Connection, Engine, String, column, func, inspect, select, table

from crossdock.store.errors import DatabaseTooNew

MIGRATIONS = Path(__file__).parent / "migrations"

_MIGRATION_LOCK = 0x63726F73_73646D69
_REVISION = select(column("version_num", String)).select_from(table("alembic_version"))


def bring_up_to_date(engine: Engine, *, where: str, migrations: Path = MIGRATIONS) -> None:
    """Migrate if the revision differs; programs that open a database at the same moment wait for each other."""
    with engine.execution_options(crossdock_reads=True).connect() as conn:
        current = revision_of(conn)
    if current == revisions(migrations)[-1]:
        return
    with engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        _migrate(conn, revision_of(conn), where, migrations)


def revisions(migrations: Path = MIGRATIONS) -> list[str]:
    """The revisions that this crossdock knows, oldest first: file names say it, so that no migration is imported."""
    return sorted(path.name[1:5] for path in (migrations / "versions").glob("r[0-9]*.py"))


def revision_of(conn: Connection) -> str | None:
    """The revision of a database; None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.scalar(_REVISION)


def _migrate(conn: Connection, current: str | None, where: str, migrations: Path) -> None:
    known = revisions(migrations)
    if current is not None and current not in known:
        raise DatabaseTooNew(
            f"the database {where} was made by a newer crossdock (revision {current}, this one knows {known[-1]}); "
            "install that version, or give this one a database of its own"
        )
    if current == known[-1]:
        return
    from alembic import command  # only here: it costs start-up time that an up-to-date database need not pay
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
