"""Every test of the database runs on SQLite, and on a real PostgreSQL where Debian's is installed."""

import pytest

import postgresql as servers
from cnnviz.state import database, tables


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """The address of a PostgreSQL server of the tests' own, on loopback."""
    if servers.BINARIES is None:
        pytest.skip(servers.MISSING)
    folder = tmp_path_factory.mktemp("postgresql")
    for parent in folder.parents[:3]:
        parent.chmod(0o755)
    with servers.running(folder) as server:
        yield server.url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        yield database.default_url(tmp_path)
        return
    address = request.getfixturevalue("postgresql")
    yield address
    engine = database.sqlalchemy.create_engine(address)
    with engine.begin() as connection:
        for table in (*tables.metadata.tables, "alembic_version"):
            connection.execute(database.sqlalchemy.text(f"DROP TABLE IF EXISTS {table}"))
    engine.dispose()


@pytest.fixture
def engine(url):
    """The database, its schema up to date."""
    opened = database.connect(url)
    yield opened
    opened.dispose()
