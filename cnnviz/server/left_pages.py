"""What a page asks for by itself neither empties the page that is open nor takes back what was chosen meanwhile.

A part of a page (a fragment) that runs every second, as a training run that is watched, asks for its run whatever else
happens, and about one click in ten that leads elsewhere meets such a request.  Streamlit makes two things of it:

- It carries it out after the next page, although the part is gone.  Nothing runs then, but the browser is told that the
  page of before is open, and takes everything off the screen that belongs to another page: all but the head.
- The request brings what the browser shows in every widget.  What a callback has just chosen, e.g. the network whose
  kernel was clicked, the browser does not know yet, and the widget of before takes it back.  A request that nobody made
  has nothing new to say of widgets: whoever changes one sends a request of its own first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner


class Runner(ScriptRunner):
    """Runs the script for one browser, and parts of it that are still there."""

    def __init__(self, *, initial_rerun_data: RerunData, **others: Any) -> None:
        super().__init__(initial_rerun_data=_without_values(initial_rerun_data), **others)

    def request_rerun(self, rerun_data: RerunData) -> bool:
        """As Streamlit's, without the values that such a request brings."""
        return super().request_rerun(_without_values(rerun_data))

    def _run_script(self, rerun_data: RerunData) -> None:
        parts = rerun_data.fragment_id_queue
        if parts and not any(self._fragment_storage.contains(part) for part in parts):
            return
        if parts:  # of a part that every page has, the page that was open when it was asked for may have been left
            rerun_data = replace(rerun_data, page_script_hash=self._pages_manager.current_page_script_hash)
        super()._run_script(rerun_data)


def _without_values(rerun_data: RerunData) -> RerunData:
    """The request as it is, without the widgets' values where a part of the page has made it by itself."""
    return replace(rerun_data, widget_states=None) if rerun_data.is_auto_rerun else rerun_data


def leave_out() -> None:
    """Have the sessions that begin from now on run their scripts so."""
    app_session.ScriptRunner = Runner  # type: ignore[attr-defined, assignment]
