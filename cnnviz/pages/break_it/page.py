"""What breaks the answer: parts of the network taken away, changes of the digit, the smallest change that is enough."""

from cnnviz.pages.break_it import digit, network, smallest
from cnnviz.ui import parts
from cnnviz.ui.state import BreakItPage


class Words:
    """What the head of this page says."""

    title = "Break it"
    parts = {"network": "The network", "digit": "The digit", "smallest": "The smallest change"}


PARTS = {"network": network.show, "digit": digit.show, "smallest": smallest.show}

PARTS[parts.ask(Words.title, BreakItPage.part, Words.parts)]()
