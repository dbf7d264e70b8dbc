"""The exercises as experiments of one click each, and sweeps over settings of one's own."""

import streamlit as st

from cnnviz.pages.train import planning, progress
from cnnviz.ui import panels, server
from cnnviz.ui.state import ExperimentsPart


class Words:
    """What the head of this page says."""

    intro = "Each question is answered by runs that you start here; nothing is known beforehand."
    kind, exercises, sweep = "Kind of question", "Exercises", "Sweep"


def show() -> None:
    """The page from top to bottom."""
    panels.intro(Words.intro)
    if refusal := server.scheduler().refusal:
        st.warning(refusal, icon=":material/lock:")
    progress.take_wanted(Words.exercises, Words.sweep)
    kinds = {Words.exercises: planning.plan_exercise, Words.sweep: planning.plan_sweep}
    kind = st.segmented_control(
        Words.kind,
        list(kinds),
        default=Words.exercises,
        required=True,
        key=ExperimentsPart.kind.name,
        label_visibility="collapsed",
        persist_state="session",
    )
    number = kinds[kind]()
    progress.show_experiments(number)
