"""The database is opened, brought up to date once, and says in a sentence when it cannot be used."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from cnnviz.state import database, tables
from cnnviz.state.database import DatabaseError
from common import ROOT


def test_the_migrations_make_the_tables_as_they_are_declared(engine):
    found = sa.inspect(engine)
    for table in tables.metadata.sorted_tables:
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        assert list(columns) == [column.name for column in table.columns]
        assert [columns[c.name]["nullable"] for c in table.columns] == [c.nullable for c in table.columns]
        assert found.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        assert {i["name"] for i in found.get_indexes(table.name)} == {i.name for i in table.indexes}


def test_the_newest_migration_is_the_version_that_is_asked_for(engine):
    assert database.version(engine) == database.HEAD
    newest = max(path.name for path in (database.MIGRATIONS / "versions").glob("v*.py"))
    assert newest.startswith(f"v{database.HEAD}_")


def test_an_up_to_date_database_is_opened_without_alembic(url):
    database.connect(url).dispose()
    code = (
        "import sys; from cnnviz.state.database import connect; connect(sys.argv[1]); print('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_servers_that_start_at_once_migrate_once(url):
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(database.connect, [url] * 4))
    assert {database.version(engine) for engine in engines} == {database.HEAD}
    for engine in engines:
        engine.dispose()


def test_a_newer_schema_is_refused_in_a_sentence(url):
    engine = database.connect(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseError, match=r"does not know .*Update cnnviz"):
        database.connect(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{database.HEAD}'"))
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////proc/none/cnnviz.sqlite3",
        "postgresql+psycopg://cnnviz:secret@127.0.0.1:9/none",
        "nonsense://there",
        "not an address",
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(url):
    with pytest.raises(DatabaseError, match="cannot be used as the database") as raised:
        database.connect(url)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / database.FILE).write_bytes(b"something else" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        database.connect(database.default_url(tmp_path))


def test_time_is_the_databases_own_and_in_seconds(engine):
    with engine.connect() as connection:
        first, second = (float(connection.execute(sa.select(database.now(engine))).scalar()) for _ in range(2))
    assert 1.7e9 < first <= second < 1e10
