"""A database of runs, and workers that take nothing."""

import pytest

from cnnviz.compute import backend
from cnnviz.state import database


@pytest.fixture
def engine(tmp_path):
    """The database of a folder of runs."""
    opened = database.connect(database.default_url(tmp_path))
    yield opened
    opened.dispose()


@pytest.fixture
def idle(monkeypatch):
    """No worker takes anything: what is begun waits."""
    monkeypatch.setattr(backend, "n_workers", lambda: -1)
