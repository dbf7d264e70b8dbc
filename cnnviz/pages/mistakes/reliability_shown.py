"""Reliability diagrams: bars, counts and a table of bins, and in a sentence what follows."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnviz.experiments.statistics import wilson_interval
from cnnviz.network.reliability import Bin, Reliability
from cnnviz.percentages import percent
from cnnviz.render import reliability
from cnnviz.ui import panels


class Words:
    """What is said of any diagram."""

    alt = "Reliability diagram of {n:,} answers. {bins}."
    bin = "{low} to {high} sure: {right:,} of {count:,} right"
    counts_alt = "Histogram of how sure {n:,} answers are. {bins}."
    bin_count = "{low} to {high}: {count:,}"

    verdicts = {
        "over": "it is surer than it should be",
        "under": "it is less sure than it could be",
        "fits": "on the whole it is as sure as it should be, as far as {n:,} digits can tell",
    }

    columns = ("Sure from, %", "To, %", "Answers", "Right", "Right, %", "Sure on average, %", "95 % interval")
    table = (
        "The {n} bins have equal width; a bin holds what is above its lower edge. Nearly all answers are very sure, so "
        "“90 to 100\u00a0% sure” divides the last ones more finely, in 10 bins."
    )
    table_alt = "Table of {n} bins by sureness, with counts and shares of right answers."
    interval = "{low} to {high}"
    nothing = "–"


Intervals = list[tuple[float, float]]


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


def told(sentence: str, counted: Reliability, verdicts: dict[str, str], **values: object) -> str:
    """How sure the network is on average, how often it is right, and what follows."""
    low, high = wilson_interval(counted.n_right, counted.n)
    verdict = "over" if counted.confidence > high else "under" if counted.confidence < low else "fits"
    shares = {"sure": percent(counted.confidence), "right": percent(counted.n_right / counted.n)}
    return sentence.format(n=counted.n, verdict=verdicts[verdict].format(n=counted.n), **shares, **values)


def _in_words(sentence: str, each: Bin) -> str:
    return sentence.format(low=edge(each.low), high=edge(each.high), count=each.count, right=each.right)


def edge(share: float) -> str:
    """An edge of a bin; whole percentages without places."""
    return percent(share, 0 if np.isclose(100 * share, round(100 * share)) else 1)
