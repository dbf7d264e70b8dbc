"""How sure is sure: whether the network is right as often as it says, and a temperature that changes how sure it is."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.analysis import calibration
from cnnviz.data.dataset import Dataset
from cnnviz.network.reliability import Reliability
from cnnviz.network.weights import Network
from cnnviz.pages.mistakes import from_card, reliability_shown
from cnnviz.percentages import percent
from cnnviz.ui import choice, lookups, panels, present, state
from cnnviz.ui.state import MistakesPage


class Words:
    """What this part says."""

    intro = (
        "The network says how sure it is of an answer: that is the probability of the digit that it reads. Of the "
        "answers of which it is 80\u00a0% sure, 80 of 100 should be right; then it is calibrated."
    )
    told = "On average it is {sure} sure, and {right} of the {n:,} test digits are read right: {verdict}."
    told_with = (
        "With T = {t:.2f} it is on average {sure} sure, and {right} of the {n:,} test digits are read right: {verdict}."
    )
    range = "Answers shown"
    ranges = {"all": "All", "top": "90 to 100\u00a0% sure"}
    caption = {
        "all": (
            "Bar: of the answers this sure, the share that is right. Dashed line: where the bars would end if the "
            "network were right as often as it is sure. Thin line: the 95\u00a0% interval of the share, long where "
            "there are few answers. Where there are no answers there is no bar."
        ),
        "top": (
            "Point: of the answers this sure, the share that is right; the axes do not begin at 0. Dashed line: where "
            "the points would lie if the network were right as often as it is sure. Thin line: the 95\u00a0% interval "
            "of the share. Where there are no answers there is no point."
        ),
    }
    counts = {
        "all": "How many answers are this sure. The last bin, {low} to {high}, holds {count:,} of {n:,}.",
        "top": "How many answers are this sure. {fewer:,} of {n:,} are less than {lowest} sure and not shown here.",
    }

    temperature = "Temperature T"
    temperature_help = (
        "The ten logits are divided by T before the softmax. Above 1 every answer becomes less sure, below 1 surer. "
        "Which digit is read stays the same."
    )
    fitted = "Fitted: T = {t:.2f}"
    as_it_is = "As it is: T = 1"
    fit = {
        True: (
            "T = {t:.2f} suits the {n:,} validation digits best, of which the network has learnt nothing: there the "
            "negative log-likelihood is smallest. Whether it suits others too is judged here, on the test digits."
        ),
        False: (
            "T = {t:.2f} suits the {n:,} validation digits best. This network has learnt from them too, so it knows "
            "them better than new digits, and this T may be too small. It is judged here, on the test digits."
        ),
    }
    error = "Calibration error, T = {t}"
    error_help = (
        "Expected calibration error (ECE): by how much sureness and share of right answers differ, on average over all "
        "answers; 15 bins of equal width. C. Guo and others, “On calibration of modern neural networks”, 2017."
    )
    loss = "Negative log-likelihood, T = {t}"
    loss_help = "The mean of −ln of the probability of the true digit: small where the network is sure and right."
    points = "{points:+.2f} points"
    difference = "{difference:+.4f}"

    more = "More: bins and counts"


TOP, N_TOP = 0.9, 10


def show() -> None:
    """The part from top to bottom."""
    network, test, validation = choice.network(), choice.dataset(), choice.dataset("validation")
    panels.intro(Words.intro)
    logits = calibration.logits_of(lookups.probabilities(network, test))
    fitted = fitted_temperature(network, validation)
    t = _temperature()
    with st.container(key=state.stack_of("how-sure").name):
        left, right = st.columns([10, 9], gap="medium")
    with left, present.screen("diagram"):
        shown = show_diagram(logits, test.labels, t)
    with right, present.screen("temperature"):
        ask_temperature(fitted, len(validation))
        show_errors(logits, test.labels, t)
    with right, present.screen("recordings"):
        from_card.show_recordings()
    with right, present.screen("outliers"):
        from_card.show_outliers()
    with st.expander(Words.more, icon=":material/table_rows:"):
        reliability_shown.show_table(shown)


def fitted_temperature(network: Network, validation: Dataset) -> float:
    """The temperature that suits the validation digits best; found once for a network."""
    return _fitted(network.key, validation.key, lookups.probabilities(network, validation), validation.labels)


@st.cache_data(show_spinner=False, max_entries=256)
def _fitted(network_key: str, digits_key: str, _probs: np.ndarray, _labels: np.ndarray) -> float:
    return round(calibration.fit_temperature(calibration.logits_of(_probs), _labels), 2)


def _temperature() -> float:
    """What the slider stands at; 1 where an address or a record has something else."""
    key = MistakesPage.temperature
    now = key.get()
    if not (isinstance(now, float) and calibration.LEAST_T <= now <= calibration.MOST_T):
        key.set(key.default)
    return key.get()


def show_diagram(logits: np.ndarray, labels: np.ndarray, t: float) -> Reliability:
    """What one sees in a sentence, the diagram and the counts, with a temperature; gives the bins that are shown."""
    probs = calibration.with_temperature(logits, t)
    every = calibration.reliability(probs, labels)
    st.markdown(
        reliability_shown.told(Words.told if t == 1 else Words.told_with, every, reliability_shown.Words.verdicts, t=t)
    )
    which = st.segmented_control(
        Words.range,
        list(Words.ranges),
        default=MistakesPage.confidences.default,
        required=True,
        format_func=Words.ranges.__getitem__,
        key=MistakesPage.confidences.name,
        persist_state="session",
    )
    fine = calibration.equal_edges(N_TOP, TOP)
    shown = calibration.reliability(probs, labels, fine) if which == "top" else every
    reliability_shown.show_charts(shown, Words.caption[which])
    last, fewer = shown.bins[-1], every.n - shown.n
    low, high, lowest = map(reliability_shown.edge, (last.low, last.high, TOP))
    told = Words.counts[which].format(n=every.n, fewer=fewer, low=low, high=high, count=last.count, lowest=lowest)
    st.caption(told)
    return shown


def ask_temperature(fitted: float, n_validation: int) -> None:
    """The slider, the buttons that put it where the fit is and back, and what the fit is."""
    key = MistakesPage.temperature
    key.begin(key.default)
    low, high = calibration.LEAST_T, calibration.MOST_T
    st.slider(
        Words.temperature, low, high, step=0.01, key=key.name, help=Words.temperature_help, persist_state="session"
    )
    buttons = (
        (Words.fitted.format(t=fitted), fitted, MistakesPage.fitted),
        (Words.as_it_is, 1.0, MistakesPage.as_it_is),
    )
    with st.container(horizontal=True):
        for label, t, button in buttons:
            st.button(label, key=button.name, on_click=key.set, args=(t,), disabled=key.get() == t)
    recipe = choice.recipe()
    kept = recipe is None or recipe.keep_validation
    st.caption(Words.fit[kept].format(t=fitted, n=n_validation))


def show_errors(logits: np.ndarray, labels: np.ndarray, t: float) -> None:
    """Calibration error and negative log-likelihood as the network is, and with the temperature."""
    before, loss = _error(logits, labels, 1.0), calibration.negative_log_likelihood(logits, labels, 1.0)
    with st.container(horizontal=True, gap="medium"):
        st.metric(Words.error.format(t=1), percent(before), help=Words.error_help, width="content")
        if t != 1:
            after = _error(logits, labels, t)
            delta = Words.points.format(points=100 * (after - before))
            label = Words.error.format(t=f"{t:.2f}")
            st.metric(label, percent(after), delta, delta_color="inverse", width="content")
    with st.container(horizontal=True, gap="medium"):
        st.metric(Words.loss.format(t=1), f"{loss:.4f}", help=Words.loss_help, width="content")
        if t != 1:
            loss_after = calibration.negative_log_likelihood(logits, labels, t)
            delta = Words.difference.format(difference=loss_after - loss)
            label = Words.loss.format(t=f"{t:.2f}")
            st.metric(label, f"{loss_after:.4f}", delta, delta_color="inverse", width="content")


def _error(logits: np.ndarray, labels: np.ndarray, t: float) -> float:
    counted = calibration.reliability(calibration.with_temperature(logits, t), labels)
    return calibration.expected_calibration_error(counted)
