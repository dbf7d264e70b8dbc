"""What the network's card has of drawings that are no test digits: other writers' digits, and what is no digit."""

from __future__ import annotations

import streamlit as st

from cnnviz.analysis import calibration
from cnnviz.network import store
from cnnviz.network.cards import Card
from cnnviz.pages.mistakes import reliability_shown
from cnnviz.percentages import percent
from cnnviz.ui import choice


class Words:
    """What is said of them."""

    recordings = "Other writers: {name}"
    recordings_told = (
        "On average it is {sure} sure of them, and {right} of {n:,} are read right: {verdict}. Calibration error "
        "{error}. Measured once, with T = 1, and kept in the network's card."
    )
    recordings_caption = "Bars and lines as for the test digits; below, how many answers are this sure."
    refused = "{n:,} more it calls no digit."
    recordings_verdicts = reliability_shown.Words.verdicts | {"fits": "it is as sure as it should be"}

    outliers = "What is no digit"
    outliers_told = "Of {n:,} {name} it calls {share} no digit."
    outliers_learnt = "Of {n:,} {name} it calls {share} no digit; it has learnt from other drawings of these."
    outliers_caption = "The others it takes for digits. Measured once, and kept in the network's card."


RECORDINGS_PX = 200


def show_recordings() -> None:
    """The same of other writers' digits, where the network's card has it."""
    card = card_at_the_end()
    for other in card.other_test_sets if card else ():
        counted = other.reliability
        if counted is None or not counted.n:
            continue
        st.markdown(f"**{Words.recordings.format(name=other.name)}**")
        error = percent(calibration.expected_calibration_error(counted))
        told = reliability_shown.told(Words.recordings_told, counted, Words.recordings_verdicts, error=error)
        n_refused = sum(other.refused)
        st.markdown(" ".join([told, Words.refused.format(n=n_refused)] if n_refused else [told]))
        reliability_shown.show_charts(counted, Words.recordings_caption, height_px=RECORDINGS_PX)


def show_outliers() -> None:
    """How much of what is no digit the network calls so, where its card has it."""
    card = card_at_the_end()
    if card is None or not card.outlier_sets:
        return
    st.markdown(f"**{Words.outliers}**")
    told = (
        (Words.outliers_learnt if each.is_learnt else Words.outliers_told).format(
            n=each.n, name=each.name, share=percent(each.refused / each.n, 0)
        )
        for each in card.outlier_sets
    )
    st.markdown("\n".join(f"- {sentence}" for sentence in told))
    st.caption(Words.outliers_caption)


def card_at_the_end() -> Card | None:
    """The chosen network's card; None for its earlier snapshots, of which the card's figures are not."""
    chosen = choice.current()
    model = store.find(chosen.entry.name) if chosen.entry else None
    card = model.card if model else None
    return card if card and card.last.iteration == chosen.iteration else None
