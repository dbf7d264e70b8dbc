"""The Keras program of a plan, complete, with nothing that this plan does not need; its text is a Jinja2 template.

`keras_program.py.jinja` reads like the program that comes of it. Here is what the template asks for.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.data.mnist import N_TRAIN, N_VALIDATION
from cnnviz.lazy import LazyModule
from cnnviz.network.config import POOL_PX, layer_seed, layers
from cnnviz.network.presets import Plan, Recipe
from cnnviz.training import augmentation

jinja2: Any = LazyModule("jinja2")

TEMPLATE = "keras_program.py.jinja"
INITIALIZERS = {"truncated_normal": "TruncatedNormal", "normal": "RandomNormal"}
OPTIMIZERS = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}
POOLING = {"max": "MaxPooling2D", "average": "AveragePooling2D"}
"""Keras's class names by the names in a configuration or a recipe."""


def keras_program(plan: Plan) -> str:
    """Write the Keras program that trains this network in this way.

    The program needs keras and numpy alone. It starts from the weights of `forward.build(plan.network, plan.seed)`
    and takes the batches of `advance.batch_indices`; only dropout and augmentation draw other numbers.

    Returns:
        Python source: the functions `load`, `start`, `build`, `batches`, `train`, `accuracy` and what they need;
        importing it trains nothing.

    Raises:
        ValueError: when the configuration has no network; the message names the layer. Also for a recipe that learns
            from synthetic digits and outliers, which MNIST does not contain.
    """
    network, recipe = plan.network, plan.recipe
    if recipe.uses_outliers:
        raise ValueError("Expected a recipe that learns from MNIST alone. This one draws most of its digits itself.")
    entries = layers(network)[1:]
    seeds = [layer_seed(plan.seed, position) for position in range(1, len(entries) + 1)]
    program: str = _template().render(
        network=network,
        recipe=recipe,
        seed=plan.seed,
        layers=list(zip(entries, seeds, strict=True)),
        n_weights=sum(layer.n_weights for layer in entries),
        n_validation=N_VALIDATION,
        uses_buffer=_uses_buffer(recipe),
        augmentation=augmentation,
        pool_px=POOL_PX,
        initializer=INITIALIZERS[network.initializer],
        optimizer=OPTIMIZERS[recipe.optimizer],
        pooling=POOLING,
    )
    return program


def float_literal(value: float) -> str:
    """A float as Python source: 0.0001, 0.5, 1.0, and with an exponent below 1e-5: 1e-8."""
    if 0 < abs(value) < 1e-5:
        return f"{value:g}".replace("e-0", "e-")
    return np.format_float_positional(value, trim="0")


@functools.cache
def _template() -> Any:
    """The template, compiled once: that and loading Jinja2 take some 60 ms, filling it in 0.2 ms."""
    environment = jinja2.Environment(  # nosec B701 # shown as code, and no text of a user is in it
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,  # a misspelt name raises instead of leaving a gap in the program
        autoescape=False,  # Python source, not HTML
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = float_literal
    return environment.get_template(TEMPLATE)


def _uses_buffer(recipe: Recipe) -> bool:
    """True when the shuffle buffer is smaller than the training set; a larger one shuffles it as a whole."""
    return 0 < recipe.shuffle_buffer < (N_TRAIN if recipe.keep_validation else N_TRAIN + N_VALIDATION)
