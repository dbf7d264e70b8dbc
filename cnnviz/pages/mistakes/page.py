"""What the network gets wrong, and whether it is right as often as it is sure."""

from cnnviz.pages.mistakes import how_sure, misread
from cnnviz.ui import parts
from cnnviz.ui.state import MistakesPage


class Words:
    """What the head of this page says."""

    title = "Mistakes"
    parts = {"misread": "Misread digits", "sure": "How sure"}


PARTS = {"misread": misread.show, "sure": how_sure.show}

PARTS[parts.ask(Words.title, MistakesPage.part, Words.parts)]()
