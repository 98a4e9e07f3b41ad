"""What can go wrong with the store, each as a sentence for the person who must act."""

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from crossdock.hooks.errors import CrossdockError, NeedsConfig, Unavailable


class StoreUnavailable(Unavailable):
    """The database could not do it; nothing of the call was written."""


class DatabaseTooNew(NeedsConfig):
    """The database was made by a newer crossdock; this one does not touch it."""


class AnotherRunner(NeedsConfig):
    """Another crossdock already runs on this database."""


class NotFound(CrossdockError):
    """There is no such thing in the store; says what was looked for."""


class NothingToRetry(CrossdockError):
    """The problem stands for nothing that could be tried again; says what to do instead."""


class ClosedAlready(CrossdockError):
    """The problem is closed; says how."""


class StillOpen(CrossdockError):
    """The problem needs no opening; says which one stands for the same."""


_SQLITE_SENTENCES = {
    "SQLITE_FULL": "there is no room left for the database {where}; free some space, everything already stored is safe",
    "SQLITE_BUSY": "another program keeps the database {where} locked; close it (a database browser, a backup, "
    "a second crossdock) and the work goes on",
    "SQLITE_LOCKED": "another program keeps the database {where} locked; close it and the work goes on",
    "SQLITE_NOTADB": "{where} is not a crossdock database; name another file, or move this one away",
    "SQLITE_CORRUPT": "the database {where} is damaged; restore it from a backup",
    "SQLITE_CANTOPEN": "the database {where} cannot be opened; its folder must exist and be readable and writable",
    "SQLITE_READONLY": "the database {where} cannot be written; let this user write the file and its folder",
    "SQLITE_PERM": "the database {where} may not be used; give this user the right to read and write the file",
    "SQLITE_IOERR": "the disk under the database {where} reports errors; look at the disk before anything else",
}
_POSTGRES_SENTENCES = {
    "53100": "the server of the database {where} has no room left; free some space, everything already stored is safe",
    "42501": "the user of the database {where} may not do that; it must own its tables",
    "40P01": "two transactions on the database {where} waited for each other; it will be tried again",
    "25006": "the database {where} is read-only; name the primary server",
}
_POSTGRES_REFUSALS = {  # a refused connection has no code, only words
    "password authentication failed": "the database {where} refuses the password; correct it in the database URL",
    "too many clients": "the server of the database {where} has no connection left; allow more, or stop other programs",
    'FATAL:  database "': "there is no database {where}; create it first (`createdb`)",
    'FATAL:  role "': "the database {where} does not know this user; correct the database URL",
}


def where_of(url: URL) -> str:
    """The name of a database for people, without its password."""
    if url.get_backend_name() == "sqlite":
        return f"'{url.database or ':memory:'}'"
    return f"'{url.render_as_string(hide_password=True)}'"


def explain(error: DBAPIError, url: URL) -> StoreUnavailable:
    """The sentence for an error of the database driver; it holds no data and no password."""
    if sentence := _known_sentence(error.orig):
        return StoreUnavailable(sentence.format(where=where_of(url)))
    lost = error.connection_invalidated or error.statement is None
    what = "is not reachable" if lost else "refused the work"
    return StoreUnavailable(f"the database {where_of(url)} {what}: {_first_line(error.orig, url)}")


def _known_sentence(error: BaseException | None) -> str | None:
    name = str(getattr(error, "sqlite_errorname", ""))
    code, words = getattr(error, "sqlstate", None) or "", str(error)
    known = [text for start, text in _SQLITE_SENTENCES.items() if name.startswith(start)]
    known += [text for state, text in _POSTGRES_SENTENCES.items() if state == code]
    known += [text for part, text in _POSTGRES_REFUSALS.items() if part in words]
    return known[0] if known else None


def _first_line(error: BaseException | None, url: URL) -> str:
    line = (str(error).strip().splitlines() or ["no reason given"])[0]
    password = str(url.password or "")
    return line.replace(password, "***") if password else line
