"""The network from image to answer, its feature maps, its filters and what readers ask, with the session's digit."""

from pathlib import Path

import streamlit as st

from cnnviz.pages.layers import feature_maps, filters, network
from cnnviz.pages.layers.asked import part as questions
from cnnviz.ui import parts
from cnnviz.ui.state import LayersPage


class Words:
    """What the head of this page says."""

    title = "Layers"
    parts = {"network": "Network", "maps": "Feature maps", "filters": "Filters", "questions": "Questions"}


PARTS = {"network": network.show, "maps": feature_maps.show, "filters": filters.show, "questions": questions.show}

st.html(Path(__file__).with_name("layers.css"))
PARTS[parts.ask(Words.title, LayersPage.part, Words.parts)]()
