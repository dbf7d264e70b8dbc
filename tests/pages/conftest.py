"""What several tests of pages begin with."""

import pytest
from browsers import ANNA, BEN, OWNER

from cnnviz.ui import server


@pytest.fixture
def opened(browsers, monkeypatch):
    """A room of Anna's, in which Ben is: its code."""
    monkeypatch.setenv("CNNVIZ_TEACHER", "chalk")
    live = server.live_rooms()
    code = live.rooms.open(OWNER[ANNA]).code
    live.join(code, OWNER[BEN])
    return code
