"""Test digits on the canvas: one that the chosen network misreads, or one that was chosen elsewhere."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.drawing.preparation import prepare
from cnnviz.network.weights import Network
from cnnviz.ui import choice, digit_choice, drawn, lookups
from cnnviz.ui.state import DrawPage, Session

MOST = 64
"""So many misread digits are looked at: on the canvas a digit is prepared anew, after which some are read right."""


class Words:
    """What it says."""

    surprise = "Surprise me"
    surprise_help = "Shows a digit of the test set that this network misreads."
    none = "This network reads every digit of this test set right."


def ask() -> None:
    """The button."""
    st.button(
        Words.surprise,
        icon=":material/casino:",
        help=Words.surprise_help,
        key=DrawPage.surprise.name,
        on_click=DrawPage.surprise_next.set,
        args=(True,),
    )


def give(network: Network) -> None:
    """Where the button was pressed: make a misread digit this session's; before the page's widgets are made."""
    if not DrawPage.surprise_next.get():
        return
    DrawPage.surprise_next.set(False)
    test = choice.dataset()
    number = misread(network, test, np.random.default_rng())
    if number is None:
        st.toast(Words.none, icon=":material/check:")
        drawn.history().load()  # the browser waits for the canvas to be loaded: components/canvas/pen_up.js
    else:
        set_digit(number)


def follow_choice() -> None:
    """Put a test image that was chosen elsewhere on the canvas, as long as nothing is drawn there."""
    shown = Session.shown
    if not shown.number.exists() or shown.split.get() != "test":  # what lies on the canvas is of the test images
        return
    number, is_new = shown.number.get(), shown.number.get() != DrawPage.followed.get()
    DrawPage.followed.set(number)
    if is_new and shown.which.get() == "image" and not drawn.history().drawings:
        set_digit(digit_choice.spot()[1])  # which one is there, where a link names one that is not


def set_digit(number: int) -> None:
    """Make a test image this session's digit: the one place where that is done."""
    DrawPage.way.set("over")
    DrawPage.below.number.set(number)
    drawn.history().clear()


def misread(network: Network, test: Dataset, rng: np.random.Generator) -> int | None:
    """The number of a digit that is misread also once it is on the canvas, another than the last; None for none."""
    answers = lookups.probabilities(network, test).argmax(axis=1)
    wrong = rng.permutation(np.setdiff1d(np.flatnonzero(answers != test.labels), DrawPage.below.number.get()))[:MOST]
    prepared: dict[int, np.ndarray] = {}
    for number in wrong.tolist():
        preparation = prepare(np.asarray(drawn.enlarged(test.images[number, :, :, 0]), np.float32) / 255)
        if preparation:
            prepared[number] = preparation.centred
    if not prepared:
        return None
    probs: np.ndarray = lookups.ask(evaluation.probabilities, network, np.stack(list(prepared.values()))[..., None])
    still = [number for number, p in zip(prepared, probs, strict=True) if p.argmax() != test.labels[number]]
    return int(still[0] if still else next(iter(prepared)))
