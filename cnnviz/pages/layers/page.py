"""The network from the image to the answer, its feature maps and its filters, with the session's digit in it."""

from cnnviz.pages.layers import calculation, feature_maps, filters, network
from cnnviz.ui import parts
from cnnviz.ui.state import LayersPage


class Words:
    """What the head of this page says."""

    title = "Layers"
    parts = {
        "network": "Network",
        "maps": "Feature maps",
        "calculation": "Calculation",
        "filters": "Filters",
    }


PARTS = {
    "network": network.show,
    "maps": feature_maps.show,
    "calculation": calculation.show,
    "filters": filters.show,
}

PARTS[parts.ask(Words.title, LayersPage.part, Words.parts)]()
