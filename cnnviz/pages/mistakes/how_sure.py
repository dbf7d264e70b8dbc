"""How sure is sure: whether the network is right as often as it says, and a temperature that changes how sure it is."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.analysis import calibration
from cnnviz.data.dataset import Dataset
from cnnviz.experiments.statistics import wilson_interval
from cnnviz.network import store
from cnnviz.network.cards import Card
from cnnviz.network.reliability import Bin, Reliability
from cnnviz.network.weights import Network
from cnnviz.percentages import percent
from cnnviz.render import reliability
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
    verdicts = {
        "over": "it is surer than it should be",
        "under": "it is less sure than it could be",
        "fits": "on the whole it is as sure as it should be, as far as {n:,} digits can tell",
    }
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
    alt = "Reliability diagram of {n:,} answers. {bins}."
    bin = "{low} to {high} sure: {right:,} of {count:,} right"
    counts = {
        "all": "How many answers are this sure. The last bin, {low} to {high}, holds {count:,} of {n:,}.",
        "top": "How many answers are this sure. {fewer:,} of {n:,} are less than {lowest} sure and not shown here.",
    }
    counts_alt = "Histogram of how sure {n:,} answers are. {bins}."
    bin_count = "{low} to {high}: {count:,}"

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

    recordings = "Other writers: {name}"
    recordings_told = (
        "On average it is {sure} sure of them, and {right} of {n:,} are read right: {verdict}. Calibration error "
        "{error}. Measured once, with T = 1, and kept in the network's card."
    )
    recordings_caption = "Bars and lines as for the test digits; below, how many answers are this sure."
    refused = "{n:,} more it calls no digit."
    recordings_verdicts = verdicts | {"fits": "it is as sure as it should be"}

    outliers = "What is no digit"
    outliers_told = "Of {n:,} {name} it calls {share} no digit."
    outliers_learnt = "Of {n:,} {name} it calls {share} no digit; it has learnt from other drawings of these."
    outliers_caption = "The others it takes for digits. Measured once, and kept in the network's card."

    more = "More: bins and counts"
    columns = ("Sure from, %", "To, %", "Answers", "Right", "Right, %", "Sure on average, %", "95 % interval")
    table = (
        "The {n} bins have equal width; a bin holds what is above its lower edge. Nearly all answers are very sure, so "
        "“90 to 100\u00a0% sure” divides the last ones more finely, in 10 bins."
    )
    table_alt = "Table of {n} bins by sureness, with counts and shares of right answers."
    interval = "{low} to {high}"
    nothing = "–"


TOP, N_TOP = 0.9, 10
RECORDINGS_PX = 200
Intervals = list[tuple[float, float]]


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
        show_recordings()
    with right, present.screen("outliers"):
        show_outliers()
    with st.expander(Words.more, icon=":material/table_rows:"):
        show_table(shown)


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
    st.markdown(_told(Words.told if t == 1 else Words.told_with, every, Words.verdicts, t=t))
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
    show_charts(shown, Words.caption[which])
    last, fewer = shown.bins[-1], every.n - shown.n
    values = {"low": _edge(last.low), "high": _edge(last.high), "count": last.count, "lowest": _edge(TOP)}
    st.caption(Words.counts[which].format(n=every.n, fewer=fewer, **values))
    return shown


def show_charts(counted: Reliability, caption: str, **options: int) -> None:
    """The diagram with its caption, and below it the counts."""
    theme, filled = panels.theme(), [each for each in counted.bins if each.count]
    alt = Words.alt.format(n=counted.n, bins="; ".join(_in_words(Words.bin, each) for each in filled))
    panels.chart(reliability.reliability_chart(counted, intervals(counted), theme, **options), alt)
    st.caption(caption)
    bins = "; ".join(_in_words(Words.bin_count, each) for each in filled)
    panels.chart(reliability.counts_chart(counted, theme), Words.counts_alt.format(n=counted.n, bins=bins))


def intervals(counted: Reliability) -> Intervals:
    """The 95 % interval of each bin's share of right answers; of an empty one all there is."""
    return [wilson_interval(each.right, each.count) if each.count else (0.0, 1.0) for each in counted.bins]


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


def show_recordings() -> None:
    """The same of other writers' digits, where the network's card has it."""
    card = card_at_the_end()
    for other in card.other_test_sets if card else ():
        counted = other.reliability
        if counted is None or not counted.n:
            continue
        st.markdown(f"**{Words.recordings.format(name=other.name)}**")
        error = percent(calibration.expected_calibration_error(counted))
        told = _told(Words.recordings_told, counted, Words.recordings_verdicts, error=error)
        n_refused = sum(other.refused)
        st.markdown(" ".join([told, Words.refused.format(n=n_refused)] if n_refused else [told]))
        show_charts(counted, Words.recordings_caption, height_px=RECORDINGS_PX)


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


def show_table(counted: Reliability) -> None:
    """Every bin with its counts."""
    rows = [_row(each, ends) for each, ends in zip(counted.bins, intervals(counted), strict=True)]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    n = len(rows)
    panels.table(table, Words.table.format(n=n), Words.table_alt.format(n=n), "reliability", height="content")


def _row(each: Bin, ends: tuple[float, float]) -> tuple[object, ...]:
    edges = (f"{100 * each.low:.1f}", f"{100 * each.high:.1f}")
    if not each.count:
        return (*edges, 0, 0, *(Words.nothing,) * 3)
    interval = Words.interval.format(low=percent(ends[0]), high=percent(ends[1]))
    shares = (f"{100 * each.accuracy:.2f}", f"{100 * each.confidence:.2f}")
    return (*edges, each.count, each.right, *shares, interval)


def _told(sentence: str, counted: Reliability, verdicts: dict[str, str], **values: object) -> str:
    """How sure the network is on average, how often it is right, and what follows."""
    low, high = wilson_interval(counted.n_right, counted.n)
    verdict = "over" if counted.confidence > high else "under" if counted.confidence < low else "fits"
    shares = {"sure": percent(counted.confidence), "right": percent(counted.n_right / counted.n)}
    return sentence.format(n=counted.n, verdict=verdicts[verdict].format(n=counted.n), **shares, **values)


def _in_words(sentence: str, each: Bin) -> str:
    return sentence.format(low=_edge(each.low), high=_edge(each.high), count=each.count, right=each.right)


def _edge(share: float) -> str:
    """An edge of a bin; whole percentages without places."""
    return percent(share, 0 if np.isclose(100 * share, round(100 * share)) else 1)
