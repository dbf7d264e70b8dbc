"""What breaks the answer: parts of the network taken away, or changes of the digit."""

from cnnviz.pages.break_it import digit, network
from cnnviz.ui import parts
from cnnviz.ui.state import BreakItPage


class Words:
    """What the head of this page says."""

    title = "Break it"
    parts = {"network": "The network", "digit": "The digit"}


PARTS = {"network": network.show, "digit": digit.show}

PARTS[parts.ask(Words.title, BreakItPage.part, Words.parts)]()
