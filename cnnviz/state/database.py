"""The database: SQLite in the runs folder, or PostgreSQL where one is named; its schema is brought up to date here.

Times in it are seconds since 1970 by the database's own clock, so that several servers agree on who was last.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.lazy import LazyModule, load

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

sqlalchemy: Any = LazyModule("sqlalchemy")

HEAD = "0004"
"""The newest schema version in `migrations/versions`."""
MIGRATIONS = Path(__file__).parent / "migrations"
FILE = ".cnnviz.sqlite3"
WAIT_S = 5
"""How long a writer waits for another one, and how long a connection may take, before it is an error."""
UNIX_EPOCH_JULIAN = 2_440_587.5
"""1970-01-01 as a Julian day."""
MIGRATION_LOCK = 2_064_515_877
"""Any number that no other program on the same PostgreSQL database uses for its advisory locks."""


class DatabaseError(RuntimeError):
    """The database cannot be used; the message is one sentence that says which, why and what to do."""


def default_url(folder: Path) -> str:
    """The address of the SQLite file in a folder."""
    return f"sqlite:///{folder.resolve() / FILE}"


def connect(url: str) -> Engine:
    """Open the database and bring its schema up to date.

    Args:
        url: SQLAlchemy's address, e.g. "sqlite:////srv/runs/.cnnviz.sqlite3" or "postgresql+psycopg://user@host/name".

    Returns:
        the engine; its connections may be used by any thread.

    Raises:
        DatabaseError: when the address names nothing that can be used, or the schema is newer than this program.
    """
    try:
        address = sqlalchemy.make_url(url)
        engine: Engine = sqlalchemy.create_engine(address, pool_pre_ping=True, connect_args=_options(address))
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        raise _unusable(url, error) from error
    try:
        prepare(engine)
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise _unusable(url, error) from error
    except DatabaseError:
        engine.dispose()
        raise
    return engine


def prepare(engine: Engine) -> None:
    """Set up an engine's connections and bring the schema up to date.

    Raises:
        DatabaseError: when the schema is newer than this program.
    """
    if engine.dialect.name == "sqlite":
        sqlalchemy.event.listen(engine, "connect", _tune_sqlite)
    if version(engine) != HEAD:
        _migrate(engine)


def version(engine: Engine) -> str | None:
    """The version of the schema that is there; None for an empty database.

    Asked without alembic: loading it takes a fifth of a second of every start, and nearly always nothing is to be done.
    """
    with engine.connect() as connection:
        if not sqlalchemy.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None


def _migrate(engine: Engine) -> None:
    command, config = load("alembic.command"), load("alembic.config")
    settings = config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with _locked(engine) as connection:
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except load("alembic.util.exc").CommandError as error:
            raise DatabaseError(
                f"{_shown(str(engine.url))} has a schema that this version of cnnviz does not know ({error}). "
                "Update cnnviz, or name another database by CNNVIZ_DATABASE."
            ) from error


@contextlib.contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other server migrates beside."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        yield connection
        connection.commit()


def _options(address: Any) -> dict[str, Any]:
    if address.get_backend_name() == "sqlite":
        return {"timeout": WAIT_S, "check_same_thread": False}
    return {"connect_timeout": WAIT_S}


def _tune_sqlite(connection: Any, _: Any) -> None:
    """Write-ahead logging: readers do not wait for the writer; a power cut may lose the last commits, no more."""
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def now(engine: Engine) -> Any:
    """The database's clock, for use inside a statement: seconds since 1970."""
    if engine.dialect.name == "sqlite":
        # unixepoch('subsec') came with SQLite 3.42; Debian 12 has 3.40. A Julian day as a double is good to 0.1 ms.
        return (sqlalchemy.func.julianday("now") - UNIX_EPOCH_JULIAN) * 86_400.0
    return sqlalchemy.cast(sqlalchemy.func.extract("epoch", sqlalchemy.func.clock_timestamp()), sqlalchemy.Float)


def upsert(engine: Engine, table: Any, values: dict[str, Any]) -> Any:
    """A statement that inserts a row, or replaces the other columns of the row with its primary key."""
    dialect = load(f"sqlalchemy.dialects.{engine.dialect.name}")
    keys = [column.name for column in table.primary_key]
    statement = dialect.insert(table).values(values)
    changed = {name: statement.excluded[name] for name in values if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


@contextlib.contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction whose errors are told as a DatabaseError."""
    try:
        with engine.begin() as connection:
            yield connection
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _unusable(engine.url.render_as_string(), error) from error


def _unusable(url: str, error: Exception) -> DatabaseError:
    return DatabaseError(f"{_shown(url)} cannot be used as the database: {_reason(error)}")


def _shown(url: str) -> str:
    """The address without its password."""
    try:
        return str(sqlalchemy.make_url(url).render_as_string(hide_password=True))
    except sqlalchemy.exc.ArgumentError:
        return "The address in CNNVIZ_DATABASE"


def _reason(error: Exception) -> str:
    """The driver's own words, in one line."""
    words = str(getattr(error, "orig", None) or error).strip().splitlines()
    return words[0].rstrip(".") + "." if words else f"{type(error).__name__}."
