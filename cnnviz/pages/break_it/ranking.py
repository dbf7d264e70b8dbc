"""The filters of a layer, ranked by what their loss costs, when it is asked for: it takes seconds."""

from __future__ import annotations

from functools import reduce

import streamlit as st

from cnnviz.analysis import ablation
from cnnviz.analysis.ablation import AblationCounts
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Layer, n_weights
from cnnviz.network.weights import Network
from cnnviz.ui import lookups, panels
from cnnviz.ui.state import BreakItPage


class Words:
    """What the ranking says."""

    ranking = "Which filter matters most"
    ranking_intro = (
        "Each filter of {layer} is switched off alone, in the network as it was trained, and all {n:,} test digits are "
        "read without it."
    )
    ranking_intro_sample = (
        "Each filter of {layer} is switched off alone, in the network as it was trained, and a sample of {n:,} of the "
        "{all:,} test digits are read without it."
    )
    rank = "Rank the filters of {layer}"
    no_ranking = "Filters of convolution layers can be ranked; choose one above."
    no_filters = "This network has no convolution layer, so it has no filters to rank."
    ranking_progress = "Reading {n:,} test digits without each filter of {layer}: {done} of {parts} parts"
    rank_columns = ("Filter", "Answers lost", "Read right without it")
    ranking_caption = (
        "The costliest filter first. Whole, the network reads {right:,} of {n:,} digits right. Below 0 it "
        "reads more without the filter. Costs do not add up: two filters can stand in for each other."
    )
    ranking_caption_sample = (
        "The costliest filter first. Whole, the network reads {right:,} of {n:,} digits right, a sample of the "
        "{all:,}, so that small differences may be chance. Below 0 it reads more without the filter. Costs do not add "
        "up: two filters can stand in for each other."
    )
    ranking_alt = "Table of {count} filters; filter {first} costs most, {most} answers, filter {last} least, {least}."


N_PARTS, FEW_PARTS = 20, 4
MANY_WEIGHTS, MANY_DIGITS = 1_000_000, 2000
"""Of larger networks, on more digits than that, FEW_PARTS of N_PARTS are read: the rest would take half a minute."""


def n_read(network: Network, test: Dataset) -> int:
    """How many of the N_PARTS parts of the digits are read for a ranking."""
    return FEW_PARTS if n_weights(network.config) > MANY_WEIGHTS and len(test) > MANY_DIGITS else N_PARTS


def show(network: Network, test: Dataset, layer: Layer) -> None:
    """The filters of a layer by what their loss costs, when it is asked for."""
    st.subheader(Words.ranking, anchor=False, divider="gray")
    if layer.kind != "convolution":
        st.caption(Words.no_ranking if network.config.convolutions else Words.no_filters)
        return
    n = sum(len(range(part, len(test), N_PARTS)) for part in range(n_read(network, test)))
    intro = Words.ranking_intro if n == len(test) else Words.ranking_intro_sample
    st.markdown(intro.format(layer=layer.name, n=n, all=len(test)))
    key = (network.key, test.key, layer.name)
    place = st.empty()
    if key not in BreakItPage.ranked.get():
        if not place.button(Words.rank.format(layer=layer.name), icon=":material/sort:", key=BreakItPage.rank.name):
            return
        place.empty()
        BreakItPage.ranked.set(BreakItPage.ranked.get() | {key})
    show_costs(costs_of(network, test, layer.name, n), test, layer)


def costs_of(network: Network, test: Dataset, layer: str, n: int) -> AblationCounts:
    """What the loss of each filter costs; shows its progress while it computes."""
    n_parts = n_read(network, test)
    costs: list[AblationCounts] = lookups.results(
        ("ranking", network.key, test.key, layer),
        lambda: [(ablation.ablate_filters, network, test, layer, part, N_PARTS) for part in range(n_parts)],
        lambda done: Words.ranking_progress.format(n=n, layer=layer, done=done, parts=n_parts),
    )
    return reduce(AblationCounts.__add__, costs)


def show_costs(costs: AblationCounts, test: Dataset, layer: Layer) -> None:
    """The table, the costliest filter first."""
    order, right = costs.ranking, int(costs.baseline.trace())
    lost = costs.n_lost[order]
    columns = dict(zip(Words.rank_columns, (order.tolist(), lost.tolist(), (right - lost).tolist()), strict=True))
    caption = Words.ranking_caption_sample if costs.n < len(test) else Words.ranking_caption
    values = {"count": len(order), "first": order[0], "most": lost[0], "last": order[-1], "least": lost[-1]}
    panels.table(
        columns,
        caption.format(right=right, n=costs.n, all=len(test)),
        Words.ranking_alt.format(**values),
        f"ranking-{layer.name}",
        width=520,
        height=min(38 + 35 * len(order), 400),
    )
