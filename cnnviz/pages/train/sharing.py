"""Exercise 14 without training: the weights of convolutions beside those of layers that share none."""

from __future__ import annotations

import streamlit as st

from cnnviz.analysis import weight_sharing
from cnnviz.network.config import NetworkConfig, n_weights
from cnnviz.ui import panels


class Words:
    """What the table of weights says."""

    columns = ("Layer", "Places", "Shared, as in a convolution", "A kernel of its own at each place", "Fully connected")
    caption = (
        "Weights, biases included, of layers with the same inputs and outputs. The network has {n:,}; with kernels of "
        "their own at each place it would have {unshared:,}."
    )
    alt = "Table of the weights of {layers}, shared and not shared."


def show(config: NetworkConfig) -> None:
    """A row for each convolution layer; nothing for a network without."""
    found = weight_sharing.weight_sharing(config)
    if not found:
        return
    rows = [(each.layer, each.n_places, each.shared, each.unshared, each.connected) for each in found]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    caption = Words.caption.format(n=n_weights(config), unshared=weight_sharing.unshared_weights(config))
    formats = {name: st.column_config.NumberColumn(format="localized") for name in Words.columns[1:]}
    alt = Words.alt.format(layers=", ".join(each.layer for each in found))
    panels.table(table, caption, alt, "weight-sharing", column_config=formats)
