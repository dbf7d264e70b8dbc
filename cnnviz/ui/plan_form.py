"""The form in which one chooses what to train: a preset, and what the exercises change of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import PRESETS, Plan, Preset, Recipe
from cnnviz.training.plans import make_plan
from cnnviz.ui import state

MAX_CONVOLUTIONS, MAX_DENSE = 4, 3
NEW_CONVOLUTIONS, NEW_DENSE = (Convolution(16),), (128,)
"""What a first layer of its kind starts as, where the preset has none."""
FASTEST = "fast"


class Words:
    """What the form says."""

    preset = "Recipe"
    preset_help = (
        "After 10,000 steps of one recipe a few seeds read of MNIST's test digits: without a hidden layer 91.3 to "
        "91.5 %, without convolution 97.0 to 97.1 %, the tutorial network 98.6 to 98.8 %. `robust` is trained on the "
        "command line, because its own digits take minutes to draw."
    )
    presets = {
        "fast": "Fast, about 8 s",
        "hvass": "Tutorial network",
        "deep-mnist": "Large tutorial network",
        "low-level": "Only 200 steps",
        "linear": "No hidden layer",
        "dense": "No convolution",
    }
    iterations = "Training steps"
    learning_rate = "Learning rate"
    learning_rate_help = (
        "How far each step goes; where it rises and falls, the largest. The tutorials take 0.0001, the one of 200 "
        "steps 0.001."
    )
    seed = "Seed"
    seed_help = "It decides the initial weights, the order of the images and dropout. The same seed gives the same run."
    more_training = "More about the training"
    batch = "Batch"
    batch_help = "Images per step."
    optimizer = "Optimiser"
    optimizers = {"adam": "Adam", "sgd": "Gradient descent", "rmsprop": "RMSprop"}
    schedule = "Learning rate over time"
    schedules = {"constant": "constant", "one_cycle": "up, then down to 0"}
    augment = "Augmentation"
    augment_help = "Each training image is shifted, turned, scaled and slanted a little, differently every time."
    more_network = "More about the network"
    n_convolutions = "Convolution layers"
    filters, kernel_px, stride = "conv{i}: filters", "kernel, pixels", "stride"
    n_dense = "Fully connected layers"
    neurons = "dense{i}: neurons"
    activation = "Activation"
    activations = {"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh"}
    pooling = "Pooling 2×2"
    poolings = {"max": "max", "average": "average", "none": "none"}
    order = "Order"
    orders = {True: "pool, then activate", False: "activate, then pool"}
    padding = "Padding of the convolutions"
    paddings = {"same": "zeros around (SAME)", "valid": "none (VALID)"}
    padding_help = (
        "With zeros around its input a kernel reaches the edge, and stride 1 keeps the size; without, a 5×5 kernel "
        "makes 28 pixels a side into 24."
    )
    initializer = "Initial weights"
    initializers = {"truncated_normal": "normal, truncated", "normal": "normal"}
    initial_stddev, initial_bias = "Their standard deviation", "Initial biases"
    initial_help = "Truncated: what lies beyond two standard deviations is drawn again."
    loss = "Loss"
    losses = {"mean": "mean", "sum": "sum", "clipped_sum": "sum, clipped"}
    loss_help = (
        "Cross-entropy of a batch: its mean over the images, or their sum, which makes the gradients as many times as "
        "large as there are images; clipped: no probability counts as less than 1e-9."
    )
    dropout = "Dropout"
    dropout_help = "The chance of each value of the last fully connected layer to be set to 0 in a training step."
    activate_logits = "Activation on the last layer too"


def ask_preset() -> str:
    """Choose a preset, the one that takes least time first; gives its name."""
    names = sorted(presets(), key=lambda name: name != FASTEST)
    chosen: str = st.pills(
        Words.preset,
        names,
        default=names[0],
        required=True,
        format_func=lambda name: Words.presets.get(name, name),
        key=state.TrainPage.preset.name,
        help=Words.preset_help,
        label_visibility="collapsed",
        persist_state="session",
    )
    return chosen if chosen in names else names[0]


def ask(preset_name: str) -> Plan:
    """Show the form for a preset.

    Raises:
        ValueError: when there is no such network or recipe; the message says why.
    """
    preset = PRESETS[preset_name]
    recipe = preset.recipe
    with st.container(horizontal=True):
        iterations = _integer(preset_name, Words.iterations, 1, 1_000_000, recipe.iterations)
        rate = _field(st.number_input, preset_name, Words.learning_rate, recipe.learning_rate, min_value=1e-7,
                      max_value=10.0, format="%g", help=Words.learning_rate_help)  # fmt: skip
        seed = _integer(preset_name, Words.seed, 0, 2**31 - 1, 0, help=Words.seed_help)
    with st.expander(Words.more_training):
        training = _training_fields(preset_name, recipe)
    with st.expander(Words.more_network):
        network = _network_fields(preset_name, preset.network)
    training |= {"iterations": iterations, "learning_rate": float(rate)}
    return make_plan(network, recipe, seed, **training)


def presets() -> dict[str, Preset]:
    """The presets that can be trained here: not those that learn from synthetic digits, which take minutes to draw."""
    return {name: preset for name, preset in PRESETS.items() if not preset.recipe.uses_outliers}


def _field(widget: Any, preset_name: str, label: str, value: Any, **options: Any) -> Any:
    """A widget that starts at the preset's value and keeps what is chosen while the preset stays.

    The preset's name is part of the widget's key: choosing another preset shows that preset's values, and choosing the
    first again shows what was set there.
    """
    key = state.plan_field(preset_name, label)
    key.begin(value)
    return widget(label, key=key.name, persist_state="session", **options)


def _integer(preset_name: str, label: str, low: int, high: int, value: int, **options: Any) -> int:
    return int(_field(st.number_input, preset_name, label, value, min_value=low, max_value=high, step=1, **options))


def _choice(preset_name: str, label: str, labels: dict[Any, str], value: Any, **options: Any) -> Any:
    """One of the keys of `labels`, shown by its label."""
    return _field(
        st.segmented_control,
        preset_name,
        label,
        value,
        options=list(labels),
        format_func=labels.__getitem__,
        required=True,
        **options,
    )


def _training_fields(preset_name: str, recipe: Recipe) -> dict[str, Any]:
    """The fields of the recipe that are seldom changed, by their names."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        batch_size = _integer(preset_name, Words.batch, 1, 4096, recipe.batch_size, help=Words.batch_help)
        optimizer = _choice(preset_name, Words.optimizer, Words.optimizers, recipe.optimizer)
        schedule = _choice(preset_name, Words.schedule, Words.schedules, recipe.schedule)
        loss = _choice(preset_name, Words.loss, Words.losses, recipe.loss, help=Words.loss_help)
    augment = _field(st.toggle, preset_name, Words.augment, recipe.augment, help=Words.augment_help)
    chosen = {"batch_size": batch_size, "optimizer": optimizer, "schedule": schedule, "loss": loss}
    return chosen | {"augment": bool(augment)}


def _network_fields(preset_name: str, config: NetworkConfig) -> NetworkConfig:
    """The preset's network with what is changed of it."""
    convolutions = _convolutions(preset_name, config)
    dense = _dense(preset_name, config)
    with st.container(horizontal=True):
        activation = _choice(preset_name, Words.activation, Words.activations, config.activation)
        pooling = _choice(preset_name, Words.pooling, Words.poolings, config.pooling)
        pool_first = _choice(preset_name, Words.order, Words.orders, config.pool_first)
        padding = _choice(preset_name, Words.padding, Words.paddings, config.padding, help=Words.padding_help)
    start = _start_fields(preset_name, config)
    dropout = _field(st.slider, preset_name, Words.dropout, config.dropout, min_value=0.0, max_value=0.9, step=0.1,
                     help=Words.dropout_help)  # fmt: skip
    activate_logits = _field(st.toggle, preset_name, Words.activate_logits, config.activate_logits)
    return dataclasses.replace(
        config,
        convolutions=convolutions,
        dense=dense,
        activation=activation,
        pooling=pooling,
        pool_first=pool_first,
        dropout=float(dropout),
        activate_logits=bool(activate_logits),
        padding=padding,
        **start,
    )


def _start_fields(preset_name: str, config: NetworkConfig) -> dict[str, Any]:
    """What weights and biases start from, by their names."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        initializer = _choice(
            preset_name, Words.initializer, Words.initializers, config.initializer, help=Words.initial_help
        )
        stddev, bias = (
            _field(st.number_input, preset_name, label, value, min_value=low, max_value=10.0, step=0.01, format="%g")
            for label, value, low in (
                (Words.initial_stddev, config.initial_stddev, 0.0),
                (Words.initial_bias, config.initial_bias, -10.0),
            )
        )
    return {"initializer": initializer, "initial_stddev": float(stddev), "initial_bias": float(bias)}


def _convolutions(preset_name: str, config: NetworkConfig) -> tuple[Convolution, ...]:
    """The convolution layers; one more than the preset has starts as its last."""
    convolutions, known = [], config.convolutions or NEW_CONVOLUTIONS
    n = _integer(preset_name, Words.n_convolutions, 0, MAX_CONVOLUTIONS, len(config.convolutions))
    for i in range(1, n + 1):
        initial = known[min(i, len(known)) - 1]
        with st.container(horizontal=True):
            filters = _integer(preset_name, Words.filters.format(i=i), 1, 512, initial.filters)
            kernel_px = _integer(f"{preset_name} conv{i}", Words.kernel_px, 1, 28, initial.kernel_px)
            stride = _integer(f"{preset_name} conv{i}", Words.stride, 1, 4, initial.stride)
        convolutions.append(Convolution(filters, kernel_px, stride))
    return tuple(convolutions)


def _dense(preset_name: str, config: NetworkConfig) -> tuple[int, ...]:
    """The widths of the fully connected layers; one more than the preset has starts as its last."""
    n = _integer(preset_name, Words.n_dense, 0, MAX_DENSE, len(config.dense))
    known = config.dense or NEW_DENSE
    with st.container(horizontal=True):
        return tuple(
            _integer(preset_name, Words.neurons.format(i=i), 1, 8192, known[min(i, len(known)) - 1])
            for i in range(1, n + 1)
        )
