"""Exercise 6 without training: the chosen network with pooling before and after the activation."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st

from cnnviz.analysis import pooling_order
from cnnviz.network.weights import Network
from cnnviz.ui import choice, lookups


class Words:
    """What the comparison of both orders says."""

    title = "Without any training: the chosen network in both orders"
    computing = "Computing both orders"
    no_pooling = "The chosen network has no pooling, so there are no two orders."


N_IMAGES = 256


def show() -> None:
    """Both orders of the chosen network on some test images: equal to the bit or not, and their times."""
    network, images = choice.network(), choice.dataset().images[:N_IMAGES]
    st.markdown(f"**{Words.title}**")
    if network.config.pooling == "none" or not network.config.convolutions:
        st.info(Words.no_pooling)
        return
    with st.spinner(Words.computing, show_time=True):
        for config in (network.config, dataclasses.replace(network.config, activation="sigmoid", pooling="average")):
            comparison = compare_orders(Network(config, network.weights), images)
            st.markdown(f"- {config.activation}, {config.pooling}-pooling: {comparison.sentence()}")


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={Network: lambda network: network.key})
def compare_orders(network: Network, images: np.ndarray) -> pooling_order.OrderComparison:
    """Both orders of a network, computed once."""
    with lookups.failures():
        comparison: pooling_order.OrderComparison = lookups.call(pooling_order.compare_orders, network, images)
    return comparison
