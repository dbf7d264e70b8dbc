"""A PostgreSQL server of its own, on loopback, for tests and benchmarks, where Debian's is installed."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
MISSING = "PostgreSQL is not installed here (Debian: apt-get install postgresql)"


class Server:
    """One that can be stopped and started.

    Args:
        folder: empty; others must be able to reach it where root starts the server, as PostgreSQL refuses to be root.

    Attributes:
        url: SQLAlchemy's address of its database.
    """

    def __init__(self, folder: Path) -> None:
        if BINARIES is None:
            raise FileNotFoundError(MISSING)
        self.data = folder / "data"
        as_user: list[str] = []
        if getpass.getuser() == "root":
            shutil.chown(folder, "postgres")
            as_user = ["runuser", "-u", "postgres", "--"]
        port = free_port()
        self.url = f"postgresql+psycopg://cnnviz@127.0.0.1:{port}/postgres"
        initdb = [*as_user, str(BINARIES / "initdb"), "-D", str(self.data), "-U", "cnnviz", "--auth=trust", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True)  # nosec B603 # Debian's own program
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        self._control = [*as_user, str(BINARIES / "pg_ctl"), "-D", str(self.data), "-w", "-o", options]
        self._control += ["-l", str(folder / "log")]

    def start(self) -> None:
        """Start it, and wait until it can be used."""
        subprocess.run([*self._control, "start"], check=True, capture_output=True)  # nosec B603

    def stop(self) -> None:
        """Stop it at once, as in a crash."""
        subprocess.run([*self._control, "-m", "immediate", "stop"], check=False, capture_output=True)  # nosec B603

    @property
    def pid(self) -> int:
        """The process whose children serve the connections."""
        return int((self.data / "postmaster.pid").read_text().split()[0])


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server that runs."""
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
