"""A convolution by hand, on a few whole numbers, and a kernel of one's own on the session's digit."""

from cnnviz.pages.kernels import by_hand, on_digit
from cnnviz.ui import parts
from cnnviz.ui.state import KernelsPage


class Words:
    """What the head of this page says."""

    title = "Kernels"
    parts = {"hand": "By hand", "digit": "On the digit"}


PARTS = {"hand": by_hand.show, "digit": on_digit.show}

PARTS[parts.ask(Words.title, KernelsPage.part, Words.parts)]()
