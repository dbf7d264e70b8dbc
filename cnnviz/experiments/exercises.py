"""The tutorials' thirteen exercises and one more: the runs that answer each, and what may be concluded from them.

An exercise is answered by runs that somebody has just made. Stored here are the questions, the settings to vary, and
which function of `conclusions` reads the results; no result is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from cnnviz.experiments import conclusions, variations
from cnnviz.experiments.comparing import Result
from cnnviz.experiments.variations import PlannedRun
from cnnviz.network.presets import Plan

Page = Literal[
    "Layers: Filters",
    "Layers: Feature maps",
    "Layers: Network",
    "Layers: Questions",
    "Train",
    "Mistakes",
]
"""A place of the application, the part of it, and where in that."""


@dataclass(frozen=True)
class Exercise:
    """One exercise, as a page shows it.

    Attributes:
        number: 1 to 14; written into the runs of the exercise, so a number is never given to another exercise.
        question: one sentence.
        explanation: how to interpret the answer, and where in the application to look.
        plan_runs: function of a base plan and a number of iterations that gives the runs that answer the question,
            the baseline first; no runs where nothing is to be trained.
        conclude: function of the results that gives the conclusion in sentences.
        compares_orders: True when the chosen network, with pooling before and after the activation, answers a
            part of it without training.
        compares_sharing: True when the weights of the plan's convolutions are set beside those of layers that share
            none.
        chooses: True when a setting is chosen by the validation digits, so that no other may be seen on test digits.
        shows_program: True when the answer is the Keras program of the plan.
        discussion: questions to ask one another, each with the page that helps to answer it.
    """

    number: int
    question: str
    explanation: str
    plan_runs: Callable[[Plan, int], list[PlannedRun]] = lambda base, iterations: []
    conclude: Callable[[Sequence[Result]], str] = lambda results: ""
    compares_orders: bool = False
    compares_sharing: bool = False
    chooses: bool = False
    shows_program: bool = False
    discussion: tuple[tuple[str, Page], ...] = ()


def find(number: int) -> Exercise | None:
    """The exercise with this number; None when there is none."""
    return next((exercise for exercise in EXERCISES if exercise.number == number), None)


EXERCISES = (
    Exercise(
        1,
        "Run again with nothing changed: are the results the same, and where does the chance come from?",
        "The seed decides the initial weights, the order of the images and what dropout drops. Weights are compared "
        "to the bit; the runs with other seeds show what chance alone does to the accuracy.",
        variations.repeated,
        conclusions.reproducibility,
    ),
    Exercise(
        2,
        "Does it get better when it trains for as long again?",
        "Each further training step tends to bring less, and what is learnt by heart does not help with other digits. "
        "With a constant learning rate the longer run begins with the shorter one; with one that rises and falls it "
        "does not.",
        variations.longer_training,
        conclusions.accuracy,
    ),
    Exercise(
        3,
        "What does the learning rate do?",
        "Too small, and so many training steps do not take it far; too large, and they jump over what they look for. "
        "Where the rate rises and falls, as in `fast`, each value is the largest that it takes.",
        variations.learning_rates,
        conclusions.accuracy,
    ),
    Exercise(
        4,
        "What do the number of filters, their size and the number of neurons do?",
        "Look at the weights and the time beside the accuracy: most weights are in the first fully connected layer.",
        variations.layer_sizes,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        5,
        "What does dropout after the fully connected layer do?",
        "In training each value is dropped with a chance of one half and the others are doubled; in testing nothing is "
        "dropped. It holds back learning by heart, so a short run may gain nothing by it.",
        variations.dropout,
        conclusions.accuracy,
    ),
    Exercise(
        6,
        "Is it the same with ReLU and max-pooling swapped, which is faster, and does it hold for sigmoid and average?",
        "ReLU never reverses the order of two numbers, so the largest of four stays the largest: "
        "relu(max(x)) = max(relu(x)), with a quarter of the ReLUs. Nor does the sigmoid, so it can be swapped with the "
        "maximum too. With the mean neither can be swapped: the sigmoid of a mean is not the mean of the "
        "sigmoids, and the ReLU of a mean is not the mean of the ReLUs. The tables compare both orders by numbers and "
        "by time; the runs show what the order does to a training.",
        variations.pooling_orders,
        conclusions.pooling_order,
        compares_orders=True,
    ),
    Exercise(
        7,
        "Do one more convolution layer or one more fully connected layer help?",
        "With pooling the maps shrink from 28 to 14, 7 and 4 pixels a side; Layers: Network shows what is left.",
        variations.deeper_networks,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        8,
        "What is the smallest network that still works well?",
        "A search: all, a quarter and a sixteenth of the filters, each with all, a quarter and a sixteenth of the "
        "neurons. The validation digits choose; the test digits then judge the chosen one, and it alone. "
        "`low-level` keeps no validation digits, it learns from them too: choose another recipe for this.",
        variations.smaller_networks,
        conclusions.smallest_network,
        chooses=True,
    ),
    Exercise(
        9,
        "What happens with the activation on the ten outputs too, and why?",
        "ReLU turns every output below 0 into 0: digits whose outputs are all 0 can no longer be told apart, "
        "and while an output is below 0 no gradient reaches its weights.",
        variations.activated_logits,
        conclusions.accuracy,
    ),
    Exercise(
        10,
        "What happens to accuracy and training time without pooling?",
        "Without pooling the maps stay 28 pixels a side, so the first fully connected layer has many times the inputs. "
        "Where that makes too many weights, both runs have fewer neurons.",
        variations.without_pooling,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        11,
        "Is a stride of 2 as good as max-pooling?",
        "Both halve the side of the maps. The stride leaves three quarters of the places out before it computes them.",
        variations.strided_convolutions,
        conclusions.accuracy_and_time,
    ),
    Exercise(
        12,
        "Can you write the program again without looking?",
        "Write your own first and let it run. Then enter its figures: which agree with the plan, and what commonly "
        "sets the others apart. The program below is one that agrees.",
        shows_program=True,
    ),
    Exercise(
        13,
        "Can you explain to a friend how it works?",
        "Ask one another, answer, then look.",
        discussion=(
            ("What does one kernel of the first layer look for, and how do its colours show it?", "Layers: Filters"),
            ("Why does the same kernel give a different map for another digit?", "Layers: Feature maps"),
            ("Where do most of the weights sit, and what does pooling do to their number?", "Layers: Network"),
            ("What does one training step do with its batch?", "Layers: Questions"),
            ("How do the loss and the accuracy change while a network trains?", "Train"),
            ("Which digits are taken for one another, and what do the misread ones have in common?", "Mistakes"),
        ),
    ),
    Exercise(
        14,
        "What does a convolution bring that as many weights without it do not?",
        "A convolution uses the same kernels at every place of the image: what it learns at one place it knows at all. "
        "The fully connected network has as many weights as the convolutional one, but each belongs to one place; "
        "without a hidden layer ten sums of the pixels have to do. The recipe is the same for all three.",
        variations.weights_shared_and_not,
        conclusions.accuracy_and_time,
        compares_sharing=True,
    ),
)
WITH_RUNS = tuple(exercise for exercise in EXERCISES if not exercise.discussion and not exercise.shows_program)
"""Those that are answered by runs."""
