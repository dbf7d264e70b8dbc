"""The tutorials' networks with their recipes.

Figures: M. E. H. Pedersen's tutorial 02 (`hvass`), "Deep MNIST for experts" with its 5,000-image validation set
(`deep-mnist`), A. Damien's raw TensorFlow 2 network (`low-level`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnviz.network import Convolution, NetworkConfig

Loss = Literal["mean", "sum", "clipped_sum"]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        learning_rate: step size of the optimiser.
        batch_size: images a step.
        iterations: steps of a whole run.
        loss: softmax cross-entropy averaged ("mean") or summed ("sum") over the batch, or the sum over
            probabilities clipped to [1e-9, 1] ("clipped_sum").
        optimizer: name of a Keras optimiser.
        epsilon: the small number in Adam's and RMSprop's denominator; TensorFlow 1 has 1e-8, TensorFlow 2 1e-7.
        hold_back: keep the last 5,000 training images back for validation.
        shuffle_buffer: shuffle through a buffer of that many images; 0 shuffles the whole set.
    """

    learning_rate: float
    batch_size: int
    iterations: int
    loss: Loss = "mean"
    optimizer: str = "adam"
    epsilon: float = 1e-8
    hold_back: bool = True
    shuffle_buffer: int = 0

    def __post_init__(self) -> None:
        if self.loss not in ("mean", "sum", "clipped_sum"):
            raise ValueError(f"Expected loss to be mean, sum or clipped_sum. Received {self.loss!r}.")
        if self.optimizer not in ("adam", "sgd", "rmsprop"):
            raise ValueError(f"Expected optimizer to be adam, sgd or rmsprop. Received {self.optimizer!r}.")
        if not (self.learning_rate > 0 and self.epsilon > 0):
            raise ValueError(f"Expected numbers above 0. Received {self.learning_rate} and epsilon {self.epsilon}.")
        if min(self.batch_size, self.iterations) < 1 or self.shuffle_buffer < 0:
            raise ValueError("Expected a batch and iterations of at least 1, nothing negative.")


@dataclass(frozen=True)
class Preset:
    """A network and the recipe that a tutorial trains it with."""

    network: NetworkConfig
    recipe: Recipe


@dataclass(frozen=True)
class Plan:
    """Everything that decides a training run: the same plan gives the same weights to the bit on one machine."""

    network: NetworkConfig
    recipe: Recipe
    seed: int = 0


PRESETS = {
    "hvass": Preset(
        NetworkConfig((Convolution(16), Convolution(36)), (128,), pool_first=True),
        Recipe(learning_rate=1e-4, batch_size=64, iterations=10_000),
    ),
    "deep-mnist": Preset(
        NetworkConfig((Convolution(32), Convolution(64)), (1024,), dropout=0.5, initial_stddev=0.1, initial_bias=0.1),
        Recipe(learning_rate=1e-4, batch_size=50, iterations=10_000, loss="sum"),
    ),
    "low-level": Preset(
        NetworkConfig((Convolution(32), Convolution(64)), (1024,), initializer="normal", initial_bias=0.0),
        Recipe(
            learning_rate=1e-3,
            batch_size=128,
            iterations=200,
            loss="clipped_sum",
            epsilon=1e-7,
            hold_back=False,
            shuffle_buffer=5000,
        ),
    ),
}
