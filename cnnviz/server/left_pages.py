"""What a page asked for that was left meanwhile is not carried out: it would empty the page that is open now.

Streamlit carries out a request for a part of a page (a fragment) that comes while the next page is being made after
that page, although the part is gone.  Nothing runs then, but the browser is told that the page of before is open, and
takes everything off the screen that belongs to another page: all but the head.  A part that runs every second, as a
training run that is watched, asks at such a moment in about one of ten clicks that lead elsewhere.
"""

from __future__ import annotations

from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner


class Runner(ScriptRunner):
    """Runs the script for one browser, and parts of it that are still there."""

    def _run_script(self, rerun_data: RerunData) -> None:
        parts = rerun_data.fragment_id_queue
        if parts and not any(self._fragment_storage.contains(part) for part in parts):
            return
        super()._run_script(rerun_data)


def leave_out() -> None:
    """Have the sessions that begin from now on run their scripts so."""
    app_session.ScriptRunner = Runner  # type: ignore[attr-defined]
