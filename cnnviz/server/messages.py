"""What a browser may send in one message: no value so large or so deep that reading it would cost everybody.

Streamlit keeps what a component sends and reads its JSON in Python, where 12 MB become 290 MB.  So a value that is too
large, too deep, or no JSON at all is replaced before Streamlit sees it; the component finds in its place why.
"""

from __future__ import annotations

import json

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

MAX_VALUE_BYTES = 1_000_000
"""Of one component's JSON: a drawing of 20,000 points has about 400,000, its picture at most 300,000."""
SMALL_BYTES = 1_000
"""A shorter JSON text can be neither deep nor large enough to matter."""
REFUSED, SIZE = "refused", "bytes"
"""The keys in a component's value that hold, in place of what it sent, the reason ("too large" or "unreadable") and its
length: browsers send a value again and again, and by its length one that is new is known."""


def bounded(message: bytes) -> bytes:
    """The message, without values that must not be read.

    Args:
        message: a BackMsg of Streamlit's protocol; anything else is passed on for Streamlit to refuse.
    """
    if len(message) <= SMALL_BYTES:
        return message
    parsed = BackMsg()
    try:
        parsed.ParseFromString(message)
    except Exception:  # protobuf has an exception of its own for each of its implementations
        return message
    changed = [_bound(state) for state in parsed.rerun_script.widget_states.widgets]
    return parsed.SerializeToString() if any(changed) else message


def _bound(state: WidgetState) -> bool:
    """Replace a widget's value where it must not be read; True when it was."""
    field = state.WhichOneof("value")
    if field not in ("json_value", "json_trigger_value", "string_value"):
        return False
    value: str = getattr(state, field)
    reason = "too large" if len(value) > MAX_VALUE_BYTES else ""
    if field != "string_value" and not reason and len(value) > SMALL_BYTES and not _is_readable(value):
        reason = "unreadable"
    if reason:
        setattr(state, field, "" if field == "string_value" else json.dumps({REFUSED: reason, SIZE: len(value)}))
    return bool(reason)


def _is_readable(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):  # no JSON, an integer of thousands of digits, or a depth of thousands
        return False
    return True
