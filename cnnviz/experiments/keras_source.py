"""The Keras program of a plan, complete, with nothing that this plan does not need, and the same as a notebook.

Their text is a Jinja2 template, `keras_program.py.jinja`, that reads like the program that comes of it. Here is what it
asks for.
"""

from __future__ import annotations

import functools
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.data.mnist import N_TRAIN, N_VALIDATION
from cnnviz.lazy import LazyModule
from cnnviz.network.config import POOL_PX, Layer, layer_seed, layers
from cnnviz.network.presets import Plan, Recipe
from cnnviz.training import augmentation
from cnnviz.training.advance import measured_every

jinja2: Any = LazyModule("jinja2")
nbformat: Any = LazyModule("nbformat")

TEMPLATE = "keras_program.py.jinja"
INITIALIZERS = {"truncated_normal": "TruncatedNormal", "normal": "RandomNormal"}
OPTIMIZERS = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}
POOLING = {"max": "MaxPooling2D", "average": "AveragePooling2D"}
"""Keras's class names by the names in a configuration or a recipe."""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
"""What a notebook is run by, as Jupyter calls it."""


@dataclass(frozen=True)
class Step:
    """One step of the program.

    Attributes:
        words: what it is about, in Markdown.
        functions: Python source of its functions; of the first step the imports and settings.
        use: Python source of what is done with them; "" where nothing is yet.
    """

    words: str
    functions: str
    use: str


def keras_program(plan: Plan) -> str:
    """Write the Keras program that trains this network in this way, and draws and saves what the tutorials show.

    The program needs keras, numpy and matplotlib alone. It starts from the weights of
    `forward.build(plan.network, plan.seed)` and takes the batches of `advance.batch_indices`; only dropout and
    augmentation draw other numbers.

    Returns:
        Python source: the functions `load`, `start`, `build`, `batches`, `train`, `accuracy`, `plot_…` and what they
        need; importing it trains nothing.

    Raises:
        ValueError: when the configuration has no network; the message names the layer. Also for a recipe that learns
            from synthetic digits and outliers, which MNIST does not contain.
    """
    steps = _steps(plan, notebook=False)
    uses = textwrap.indent("\n".join(step.use for step in steps if step.use), "    ")
    return "\n\n\n".join([*(step.functions for step in steps), f'if __name__ == "__main__":\n{uses}\n'])


def keras_notebook(plan: Plan) -> str:
    """Write the same as a Jupyter notebook, which shows its figures where they are drawn.

    Returns:
        JSON of nbformat 4: for each step a cell of words, one of its functions and one of what is done with them.

    Raises:
        ValueError: as `keras_program`.
    """
    make, cells = nbformat.v4, []
    for step in _steps(plan, notebook=True):
        cells += [make.new_markdown_cell(step.words), make.new_code_cell(step.functions)]
        cells += [make.new_code_cell(step.use)] if step.use else []
    for number, cell in enumerate(cells, 1):
        cell.id = f"cell-{number}"  # else drawn at random: the same plan gives the same file
    notebook = make.new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    text: str = nbformat.writes(notebook)  # checks it
    return text


def _steps(plan: Plan, *, notebook: bool) -> list[Step]:
    """The steps that the template names: "#%% words" begins one, "#% words" goes on, "#%%" is before its use."""
    steps = []
    for text in re.split(r"^#%% ", _text(plan, notebook=notebook), flags=re.MULTILINE)[1:]:
        functions, _, use = text.partition("\n#%%\n")
        heading, *lines = functions.split("\n")
        n_words = next(i for i, line in enumerate(lines) if not line.startswith("#% "))
        words = " ".join(line.removeprefix("#% ") for line in lines[:n_words])
        steps.append(Step(f"{heading}\n\n{words}", "\n".join(lines[n_words:]).strip("\n"), use.strip("\n")))
    return steps


def _text(plan: Plan, *, notebook: bool) -> str:
    """The template, filled in."""
    network, recipe = plan.network, plan.recipe
    if recipe.uses_outliers or recipe.shift_px or recipe.teachers:
        raise ValueError("Expected a recipe that learns from MNIST alone. This one moves or draws its digits itself.")
    entries = layers(network)[1:]
    seeds = [layer_seed(plan.seed, position) for position in range(1, len(entries) + 1)]
    text: str = _template().render(
        notebook=notebook,
        network=network,
        recipe=recipe,
        seed=plan.seed,
        layers=list(zip(entries, seeds, strict=True)),
        blocks=_blocks(entries),
        n_weights=sum(layer.n_weights for layer in entries),
        n_validation=N_VALIDATION,
        status_every=measured_every(recipe.iterations),
        uses_buffer=_uses_buffer(recipe),
        augmentation=augmentation,
        pool_px=POOL_PX,
        initializer=INITIALIZERS[network.initializer],
        optimizer=OPTIMIZERS[recipe.optimizer],
        pooling=POOLING,
    )
    return text


def _blocks(entries: tuple[Layer, ...]) -> list[tuple[str, str]]:
    """The name of each convolution layer, and of the last layer that belongs to it."""
    first = {layer.block: layer.name for layer in reversed(entries) if layer.block}
    last = {layer.block: layer.name for layer in entries if layer.block}
    return [(first[block], last[block]) for block in last]


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
