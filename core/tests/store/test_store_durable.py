"""What is stored is on the disk before anybody is told of it."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from crossdock.store import database


def test_every_commit_on_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    spec = spec_from_file_location("as_shipped", database.__file__)
    assert spec
    assert spec.loader
    as_shipped = module_from_spec(spec)  # the databases of these tests do not wait
    spec.loader.exec_module(as_shipped)
    engine = as_shipped.make_engine(as_shipped.database_url(f"sqlite:///{tmp_path / 'crossdock.db'}"))
    with engine.connect() as conn:
        asked = [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    engine.dispose()
    assert asked == ["wal", 2], "2 is FULL"
