"""Which browser an AppTest stands for, and a database of its own for it."""

import contextlib

from cnnviz.state.sessions import fingerprint
from cnnviz.ui import browser, server

ANNA, BEN, EVE = ("a" * 43, "b" * 43, "e" * 43)
OWNER = {token: fingerprint(token) for token in (ANNA, BEN, EVE)}


class Browsers:
    """Whose run of a script comes next."""

    def __init__(self, monkeypatch, runs):
        self.token, self.here, self.runs = "", False, runs
        monkeypatch.setattr(browser, "token", lambda: self.token)
        monkeypatch.setattr(browser, "is_this_machine", lambda: self.here)

    def of(self, token, here=False):
        self.token, self.here = token, here
        return contextlib.nullcontext()

    def restart(self):
        """As if the server had been stopped and started again."""
        for shared in (server.keeper, server.scheduler, server.database, server.attempts, server.wrong_codes):
            shared.reset()
