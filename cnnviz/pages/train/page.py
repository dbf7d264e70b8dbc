"""Training: a run of one's own, networks compared, and questions that several runs answer."""

from cnnviz.pages.train import compare, experiments, runs
from cnnviz.ui import parts
from cnnviz.ui.state import TrainPage


class Words:
    """What the head of this page says."""

    title = "Train"
    parts = {"train": "Train", "compare": "Compare", "experiments": "Experiments"}


PARTS = {"train": runs.show, "compare": compare.show, "experiments": experiments.show}

PARTS[parts.ask(Words.title, TrainPage.part, Words.parts)]()
