"""From the last neurons to the answer: what each contributes to the two likeliest digits, and softmax by numbers."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.analysis import arithmetic
from cnnviz.analysis.explanations import argsort_by_magnitude
from cnnviz.network.weights import Network
from cnnviz.percentages import probability
from cnnviz.ui import panels
from cnnviz.ui.state import LayersPage


class Words:
    """What stands at the answer."""

    answer = "More: from the last layer to the answer, number by number"
    answer_caption = {
        "neurons": (
            "The {n} neurons of {below} that contribute most to {winner}, and what they contribute to {runner_up}."
        ),
        "pixels": (
            "The {n} pixels of the image that contribute most to {winner}, and what they contribute to {runner_up}; "
            "they are counted from 0 at the top left, row by row."
        ),
        "values": (
            "The {n} pixels of the maps that contribute most to {winner}, and what they contribute to {runner_up}, by "
            "their numbers in {below}."
        ),
    }
    answer_alt = "Table of the largest contributions to the logits of {winner} and {runner_up}."
    answer_columns = ("{what} of {below}", "Value", "Contribution to {winner}", "Contribution to {runner_up}")
    what = {"neurons": "Neuron", "pixels": "Pixel", "values": "Pixel"}
    softmax_caption = (
        "Each logit is the sum of all contributions and a bias. Softmax: the largest logit is taken off, "
        "exp makes each positive, and each is divided by their sum, {total:.4f}."
    )
    softmax_alt = "Table of ten logits with their exponentials and probabilities."
    softmax_columns = ("Digit", "Logit", "Minus the largest", "exp", "Probability")
    bars = "The ten probabilities of the softmax."


N_NEURONS = 8
FOUR_PLACES = st.column_config.NumberColumn(format="%.4f")


def show(network: Network, outputs: Mapping[str, np.ndarray]) -> None:
    """The largest contributions to the two strongest logits, and softmax with its numbers; once it is asked for."""
    more = st.expander(Words.answer, key=LayersPage.answer.name, on_change="rerun")
    if not more.open:
        return
    with more:
        show_tables(network, outputs)


def show_tables(network: Network, outputs: Mapping[str, np.ndarray]) -> None:
    """What the last neurons contribute, and softmax, side by side."""
    panels.bars(outputs["softmax"], Words.bars, "probabilities", width=320)
    step = arithmetic.explain_prediction(network, outputs)
    neurons = argsort_by_magnitude(step.contributions[:, step.predicted], N_NEURONS)
    gives = step.contributions[neurons]
    kind = "neurons" if network.config.dense else "values" if network.config.convolutions else "pixels"
    places = {"what": Words.what[kind], "below": step.below, "winner": step.predicted, "runner_up": step.runner_up}
    names = [name.format(**places) for name in Words.answer_columns]
    columns = (
        neurons.tolist(),
        outputs[step.below][neurons].round(4).tolist(),
        gives[:, step.predicted].round(4).tolist(),
        gives[:, step.runner_up].round(4).tolist(),
    )
    digits = {"winner": step.predicted, "runner_up": step.runner_up}
    left, right = st.columns(2, gap="large")
    with left:
        caption = Words.answer_caption[kind].format(n=len(neurons), below=step.below, **digits)
        table = dict(zip(names, columns, strict=True))
        formats = dict.fromkeys(names[1:], FOUR_PLACES)
        panels.table(table, caption, Words.answer_alt.format(**digits), "contributions", column_config=formats)
    with right:
        softmax = step.softmax
        values = (
            list(range(len(softmax.logits))),
            softmax.logits.round(4).tolist(),
            softmax.shifted.round(4).tolist(),
            [f"{x:.3g}" for x in softmax.exponentials],
            [probability(x) for x in softmax.probabilities],
        )
        table, logits = dict(zip(Words.softmax_columns, values, strict=True)), Words.softmax_columns[1:3]
        caption, formats = Words.softmax_caption.format(total=softmax.total), dict.fromkeys(logits, FOUR_PLACES)
        panels.table(table, caption, Words.softmax_alt, "softmax", column_config=formats)
