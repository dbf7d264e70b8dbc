"""Why the network answers so: what an answer and a filter depend on, and which digits are alike to it."""

from cnnviz.pages.why import depends, digit_map
from cnnviz.ui import parts
from cnnviz.ui.state import WhyPage


class Words:
    """What the head of this page says."""

    title = "Why"
    parts = {"depends": "What it depends on", "map": "Map of digits"}


PARTS = {"depends": depends.show, "map": digit_map.show}

PARTS[parts.ask(Words.title, WhyPage.part, Words.parts)]()
