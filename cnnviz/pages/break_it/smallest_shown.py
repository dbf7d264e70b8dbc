"""How an adversarial example stands on the page: digit + change = changed digit, beside noise of the same size."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.analysis.adversarial import RADII, Changed, Search
from cnnviz.drawing import rejection
from cnnviz.percentages import NO_BREAK, percent, probability
from cnnviz.render import matrices, tiles
from cnnviz.render.palettes import Theme
from cnnviz.render.size_chart import size_chart
from cnnviz.ui import panels, refusal
from cnnviz.ui.entry import Entry


class Words:
    """What stands at the pictures and at the chart."""

    labels = ("reads {was}", "change, ±{size}", "reads {now}, {share}")
    found = (
        "In the direction of the gradient: each pixel may change by at most {size} of full ink; red is more ink, blue "
        "is less. Now it reads {now}, with {share}; without the change it reads {was}."
    )
    noise = "Random noise of the same size: it reads {now}, with {share}."
    alt = (
        "Three pictures of 28 by 28 pixels: the digit, read as {was}; the change of each pixel, from {low} to {high} "
        "of full ink; their sum, read as {now} with {share}."
    )
    refused = "“No digit here”: this network would refuse the changed digit, as unlike what it has learnt."
    taken = "“No digit here” does not help: this network would take the changed digit for a digit."
    unable = (
        "“No digit here”: of this network it is not known what is unlike its digits. That is measured at the end of a "
        "training, on 200 validation digits or more."
    )
    axes = ("Size of the change, share of full ink", "Probability of {target}")
    kinds = ("along the gradient", "random noise")
    chart_alt = (
        "Line chart: the probability of {target} over the size of the change, from 0 to {most} of full ink. {networks}"
    )
    chart_network = "{name}: {found} along the gradient and {noise} with random noise at {size}."
    chart_caption = (
        "How strongly each network answers {target}, the larger the change is. The line marks where the slider stands."
    )


ZOOM = 6
WIDTH_PX = 620


def size_in_words(radius: float) -> str:
    """A share of full ink as a percentage."""
    return percent(radius, 0)


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown of one network.

    Attributes:
        read: what is read without a change.
        image: the digit, float32 (28, 28).
        search: what was found.
        at: place of the chosen size among its radii.
    """

    read: int
    image: np.ndarray
    search: Search
    at: int

    @property
    def radius(self) -> float:
        """By how much each pixel may change, as a share of full ink."""
        return self.search.radii[self.at]


def show_found(number: int, shown: Shown) -> None:
    """The change along the gradient, of a network by its number on the page."""
    _show(f"changed-{number}", Words.found, shown, shown.search.found)


def show_noise(number: int, shown: Shown) -> None:
    """The noise of the same size."""
    _show(f"noise-{number}", Words.noise, shown, shown.search.noise)


def _show(name: str, caption: str, shown: Shown, changed: Changed) -> None:
    """The digit + a change = the changed digit."""
    result, probs = changed.images[shown.at], changed.probabilities[shown.at]
    now = int(probs.argmax())
    values = {"was": shown.read, "now": now, "share": probability(float(probs[now]))}
    values |= {"size": size_in_words(shown.radius)}
    change = result - shown.image
    labels = [words.format(**values).replace(NO_BREAK, " ") for words in Words.labels]
    draw = functools.partial(_sum, shown, result, labels)
    low, high = (f"{100 * float(value):+.0f}{NO_BREAK}%" for value in (change.min(), change.max()))
    alt = Words.alt.format(low=low, high=high, **values)
    panels.picture(draw, caption.format(**values), alt, name, width=WIDTH_PX, inline=True)


def _sum(shown: Shown, result: np.ndarray, labels: Sequence[str], theme: Theme) -> Image.Image:
    """The same as a picture."""
    before, after = (tiles.enlarged(each, panels.map_palette(), (0, 1), ZOOM, theme) for each in (shown.image, result))
    most = max(shown.radius, RADII[1])
    difference = tiles.enlarged(result - shown.image, "seismic", (-most, most), ZOOM, theme)
    return matrices.equation((before, difference, after), ("+", "="), labels, theme)


def show_refusal(entry: Entry, iteration: int, logits: np.ndarray) -> None:
    """Whether the network would call the changed digit no digit."""
    least = refusal.least_energy(entry, iteration)
    if least is None:
        st.caption(Words.unable)
    else:
        st.caption(Words.refused if rejection.is_unlike(logits, least) else Words.taken)


def show_chart(searches: Mapping[str, Search], target: int, at: int) -> None:
    """The probability of the target over the size, for each network by name."""
    series: dict[tuple[str, str], np.ndarray] = {}
    told = []
    for name, search in searches.items():
        found, noise = (each.probabilities[:, target] for each in (search.found, search.noise))
        series |= dict(zip([(name, kind) for kind in Words.kinds], (found, noise), strict=True))
        shares = {"found": probability(float(found[at])), "noise": probability(float(noise[at]))}
        told.append(Words.chart_network.format(name=name, size=size_in_words(search.radii[at]), **shares))
    radii = next(iter(searches.values())).radii
    titles = (Words.axes[0], Words.axes[1].format(target=target))
    alt = Words.chart_alt.format(target=target, most=size_in_words(radii[-1]), networks=" ".join(told))
    panels.chart(size_chart(radii, series, radii[at], titles, panels.theme()), alt)
    st.caption(Words.chart_caption.format(target=target))
