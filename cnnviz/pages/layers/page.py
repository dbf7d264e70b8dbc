"""The network from the image to the answer, its feature maps and its filters, with the session's digit in it."""

from pathlib import Path

import streamlit as st

from cnnviz.pages.layers import feature_maps, filters, network
from cnnviz.ui import parts
from cnnviz.ui.state import LayersPage


class Words:
    """What the head of this page says."""

    title = "Layers"
    parts = {"network": "Network", "maps": "Feature maps", "filters": "Filters"}


PARTS = {"network": network.show, "maps": feature_maps.show, "filters": filters.show}

st.html(Path(__file__).with_name("layers.css"))
PARTS[parts.ask(Words.title, LayersPage.part, Words.parts)]()
