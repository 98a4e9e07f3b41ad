"""The tables: what the migrations make is what the code means, on every database, old or new."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text

from crossdock.store import DatabaseTooNew, open_store
from crossdock.store.database import database_url as parsed
from crossdock.store.database import make_engine
from crossdock.store.migrate import MIGRATIONS, bring_up_to_date, revision_of, revisions
from crossdock.store.tables import metadata

from .shop import a_read, an_order, play

NEWEST = revisions()[-1]
NEXT = f"{int(NEWEST) + 1:04}"
ONE_MORE = f'''
"""One column more."""
import sqlalchemy as sa
from alembic import op
revision = "{NEXT}"
down_revision = "{NEWEST}"
def upgrade():
    op.add_column("flow", sa.Column("note", sa.String(), nullable=False, server_default="none"))
'''


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = make_engine(parsed(empty_url))
    yield engine
    engine.dispose()


@pytest.fixture
def later_migrations(tmp_path: Path) -> Path:
    """The migrations of a crossdock to come."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"r{NEXT}_one_column_more.py").write_text(ONE_MORE)
    return folder


def test_migrations_make_exactly_the_tables_of_the_models(engine: Engine) -> None:
    bring_up_to_date(engine, where="it")
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        made = _conditions(conn)
    with engine.begin() as conn:
        conn.execute(text("DROP TABLE alembic_version"))
        _tell_postgresql_the_conditions()
        metadata.drop_all(conn)
        metadata.create_all(conn)
    with engine.connect() as conn:
        assert _conditions(conn) == made


def _tell_postgresql_the_conditions() -> None:
    """The models keep them where no dialect must be imported for them."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_options["postgresql"]["where"] = text(index.info["where"])


def _conditions(conn: Connection) -> list[tuple[str, str]]:
    """Every index with its condition, which `compare_metadata` does not look at."""
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        if conn.dialect.name == "sqlite"
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
        "AND tablename <> 'alembic_version' ORDER BY indexname"
    )
    return [(name, sql) for name, sql in conn.execute(text(query))]


def test_known_revisions_are_those_that_alembic_sees() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert revisions() == [revision.revision for revision in script.walk_revisions()][::-1]
    assert script.get_heads() == [revisions()[-1]]


def test_up_to_date_database_is_opened_without_alembic(migrated_sqlite: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from crossdock.store import open_store\n"
        "async def main():\n"
        f"    async with open_store('sqlite:///{migrated_sqlite}'): pass\n"
        "asyncio.run(main())\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_old_database_with_rows_is_migrated(database_url: str, later_migrations: Path) -> None:
    play(database_url, lambda shop: shop.download(a_read(an_order("1"))))
    engine = make_engine(parsed(database_url))
    try:
        bring_up_to_date(engine, where="it", migrations=later_migrations)
        with engine.connect() as conn:
            assert revision_of(conn) == NEXT
            assert conn.execute(text("SELECT flow, note FROM flow")).all() == [("download", "none")]
            assert conn.scalar(text("SELECT count(*) FROM orders")) == 1
    finally:
        engine.dispose()


def test_failed_migration_changes_nothing(database_url: str, later_migrations: Path) -> None:
    broken = ONE_MORE + '    op.execute("SELECT no_such_thing")\n'
    (later_migrations / "versions" / f"r{NEXT}_one_column_more.py").write_text(broken)
    engine = make_engine(parsed(database_url))
    try:
        with pytest.raises(Exception, match="no_such_thing"):
            bring_up_to_date(engine, where="it", migrations=later_migrations)
        with engine.connect() as conn:
            assert revision_of(conn) == NEWEST
            assert "note" not in {column["name"] for column in inspect(conn).get_columns("flow")}
    finally:
        engine.dispose()


def test_database_of_a_newer_crossdock_is_refused(database_url: str, later_migrations: Path) -> None:
    engine = make_engine(parsed(database_url))
    bring_up_to_date(engine, where="it", migrations=later_migrations)
    engine.dispose()
    with pytest.raises(DatabaseTooNew, match=f"newer crossdock \\(revision {NEXT}, this one knows {NEWEST}\\)"):
        play(database_url, lambda shop: shop.download())


def test_programs_that_open_an_empty_database_together_wait_for_each_other(empty_url: str) -> None:
    async def open_once() -> None:
        async with open_store(empty_url) as store:
            assert await store.known_orders("main", ["1"]) == {}

    async def together() -> None:
        await asyncio.gather(*(open_once() for _ in range(6)))

    asyncio.run(together())
