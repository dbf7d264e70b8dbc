"""All questions by their short names, in groups."""

from __future__ import annotations

from collections.abc import Mapping

from cnnviz.network.config import Layer
from cnnviz.pages.layers.asked import convolution, dense, epochs, features, images, losses, pooling, start, training
from cnnviz.pages.layers.asked.case import Answer, Case, Question


class Words:
    """The groups, in order."""

    groups: Mapping[str, str] = {
        "images": "Images and labels",
        "convolution": "Convolution",
        "pooling": "Pooling",
        "start": "ReLU and start",
        "dense": "Fully connected, dropout",
        "losses": "Softmax and loss",
        "training": "Training",
    }


GROUPS: Mapping[str, Mapping[str, Question]] = {
    "images": images.QUESTIONS,
    "convolution": convolution.QUESTIONS | features.QUESTIONS,
    "pooling": pooling.QUESTIONS,
    "start": start.QUESTIONS,
    "dense": dense.QUESTIONS,
    "losses": losses.QUESTIONS,
    "training": training.QUESTIONS | epochs.QUESTIONS,
}
QUESTIONS = {name: question for group in GROUPS.values() for name, question in group.items()}
FIRST = next(iter(QUESTIONS))


def group_of(name: str) -> str:
    """The group in which a question stands."""
    return next(group for group, questions in GROUPS.items() if name in questions)


def at_layer(layer: Layer) -> list[str]:
    """The names of the questions that arise at a layer."""
    return [name for name, question in QUESTIONS.items() if layer.kind in question.layers]


def answer(name: str, case: Case) -> tuple[Answer, bool]:
    """The answer to a question, and True where it is about the tutorial's network, since the chosen one lacks it."""
    question = QUESTIONS[name]
    lacks = not question.needs(case.config)
    return question.answer(case.of_tutorial() if lacks else case), lacks
