"""Every test of the database runs on SQLite, and on a real PostgreSQL where Debian's is installed."""

import getpass
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from cnnviz.state import database

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """The address of a PostgreSQL server of the tests' own, on loopback."""
    if BINARIES is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    folder = tmp_path_factory.mktemp("postgresql")
    as_user = []
    if getpass.getuser() == "root":  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
        for parent in folder.parents[:3]:
            parent.chmod(0o755)
        as_user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = [*as_user, str(BINARIES / "initdb"), "-D", str(folder / "data"), "-U", "cnnviz", "--auth=trust", "--no-sync"]
    subprocess.run(run, check=True, capture_output=True)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [*as_user, str(BINARIES / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    subprocess.run([*control, "-o", options, "-l", str(folder / "log"), "start"], check=True, capture_output=True)
    yield f"postgresql+psycopg://cnnviz@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True)


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
        for table in ("runs", "sessions", "alembic_version"):
            connection.execute(database.sqlalchemy.text(f"DROP TABLE IF EXISTS {table}"))
    engine.dispose()


@pytest.fixture
def engine(url):
    """The database, its schema up to date."""
    opened = database.connect(url)
    yield opened
    opened.dispose()
