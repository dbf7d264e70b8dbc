"""A slow network for a page in a real browser: what the server sends by Streamlit is held back and heard later.

What a person does is sent on meanwhile, as in a classroom whose tablets hear late of what they have asked for.
"""

import re

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PAGE = {"service_workers": "block"}
"""Options for `new_page`: no other test is given a page that was routed."""


class SlowNetwork:
    """What the server sends to a page that is still to be opened."""

    def __init__(self, page):
        self._holds, self._from, self._held, self._send = False, "", [], None
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def _connect(self, socket):
        self._send = socket.send
        socket.connect_to_server().on_message(self._pass_on)

    def _pass_on(self, message):
        if self._holds and (self._held or self._from in ("", kind(message))):
            self._held.append(message)
        else:
            self._send(message)

    def hold(self, first=""):
        """Hold back what comes from now on, or from the first message of a kind on, as "script_finished"."""
        self._holds, self._from = True, first

    def n_ends(self):
        """How many ends of runs are held back."""
        return sum(kind(message) == "script_finished" for message in self._held)

    def let_go(self):
        """Have the page hear all of it."""
        held, self._held, self._holds = self._held, [], False
        for message in held:
            self._send(message)


def kind(message):
    """What Streamlit's message is about, as its protocol calls that."""
    return ForwardMsg.FromString(message).WhichOneof("type") if isinstance(message, bytes) else ""
