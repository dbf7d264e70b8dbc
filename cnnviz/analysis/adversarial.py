"""Adversarial examples: a digit changed in the direction of the gradient until it is read as a chosen other one.

Evaluates the network and its gradient, so it needs TensorFlow and runs in a worker process.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnviz.analysis.evaluation import probabilities
from cnnviz.analysis.inspection import on_device
from cnnviz.analysis.submodel import compiled_up_to, input_signature
from cnnviz.lazy import tf
from cnnviz.network.config import IMAGE_PX, N_CLASSES, NetworkConfig, layers
from cnnviz.network.weights import Network

RADII = tuple(percent / 100 for percent in range(51))
"""By how much a pixel may change, as shares of full ink: nothing, 1 %, 2 % and so on to 50 %."""
N_STEPS = 40
STEP_FACTOR = 2.5
"""All steps together could go that many times as far as the radius: they may turn on the way, and still arrive."""
NOISE_SEED, START_SEED = 0, 1


@dataclass(frozen=True, eq=False)
class Changed:
    """An image changed by up to each of n radii, and what a network makes of the results.

    Attributes:
        images: float32 (n, 28, 28) in [0, 1].
        logits: what goes into the softmax, float32 (n, 10).
        probabilities: float32 (n, 10).
    """

    images: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray

    def __add__(self, others: Changed) -> Changed:
        """By these radii and then by others."""
        pairs = zip(self.arrays, others.arrays, strict=True)
        return Changed(*(np.concatenate(pair) for pair in pairs))

    def __getitem__(self, places: np.ndarray) -> Changed:
        """Those at some places."""
        return Changed(*(array[places] for array in self.arrays))

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Images, logits, probabilities."""
        return self.images, self.logits, self.probabilities

    def margins(self, digit: int) -> np.ndarray:
        """By how much a digit's probability is above the largest other one, float32 (n,)."""
        others: np.ndarray = np.delete(self.probabilities, digit, axis=1).max(axis=1)
        margins: np.ndarray = self.probabilities[:, digit] - others
        return margins


@dataclass(frozen=True, eq=False)
class Search:
    """What a search for an adversarial example has found.

    Attributes:
        target: the digit that the image is to be read as.
        radii: by how much each pixel may change, in ascending order, n of them.
        found: by steps along the gradient towards the target.
        noise: each pixel changed by the whole radius, up or down at random; where that leaves [0, 1], by less.
    """

    target: int
    radii: tuple[float, ...]
    found: Changed
    noise: Changed

    @property
    def smallest(self) -> int | None:
        """Place of the smallest radius whose image is read as the target; None where none is."""
        return first_hit(self.found, self.target)

    def __add__(self, larger: Search) -> Search:
        """These radii and then larger ones, of a search that was made in parts."""
        radii = (*self.radii, *larger.radii)
        return Search(self.target, radii, self.found + larger.found, self.noise + larger.noise)


def search(
    network: Network, image: np.ndarray, target: int, radii: Sequence[float] = RADII, n_steps: int = N_STEPS
) -> Search:
    """Change an image so that it is read as the target, by at most each radius at any pixel.

    Projected gradient descent in the ball of the maximum norm (A. Madry et al., "Towards deep learning models resistant
    to adversarial attacks", 2018) on the cross-entropy of the target (A. Kurakin, I. Goodfellow and S. Bengio,
    "Adversarial machine learning at scale", 2017), begun anywhere in the ball: each step changes every pixel by the
    same amount, in the direction that the sign of the gradient says; then what left the ball or [0, 1] is put back to
    its edge. One step, from the image itself, is the fast gradient sign method (I. Goodfellow, J. Shlens and C.
    Szegedy, "Explaining and harnessing adversarial examples", 2015).

    Args:
        network: configuration and weights.
        image: float32, shape (28, 28) or (28, 28, 1), in [0, 1].
        target: a digit other than the one that is read.
        radii: in ascending order, in [0, 1], at least one.
        n_steps: at least 1.

    Raises:
        ValueError: when that is not what is given, or what the network computes are no numbers.
    """
    _check(target, radii, n_steps)
    origin = _batch(image)
    read = int(_read(network, origin).probabilities[0].argmax())
    if read == target:
        raise ValueError(f"Expected a target other than the digit that is read already. Received {target}.")
    sizes = _sizes(radii)
    # On blank paper all numbers of a pooling window are the same, and the gradient is that of one of them: begun there,
    # several steps may find no way, however far they go.
    start = origin + sizes * _draws(START_SEED) if n_steps > 1 else origin
    found = _read(network, _descend(network, origin, target, sizes, n_steps, start))
    noise = _read(network, _inside(origin + sizes * np.sign(_draws(NOISE_SEED)), origin, sizes))
    return Search(target, tuple(radii), found, noise)


def tighten(network: Network, image: np.ndarray, search: Search, n_steps: int = N_STEPS) -> Search:
    """Look for smaller changes, begun at the smallest one found, drawn into each smaller ball, until there are none.

    A network that was trained to be unsure of what is no digit is unsure of many changed digits, too; where it gives
    all digits about the same probability the gradient leads nowhere, and a search that is begun at the digit stays
    there (A. Athalye, N. Carlini and D. Wagner, "Obfuscated gradients give a false sense of security", 2018).
    No search of this kind proves that no smaller change would do.

    Args:
        network, image, n_steps: of the search.
        search: its result, from the smallest radius on.

    Returns:
        for each radius the best that was found with that or a smaller one, since it is in the larger ball, too.

    Raises:
        ValueError: when what the network computes are no numbers.
    """
    target, sizes, found = search.target, _sizes(search.radii), search.found
    while place := first_hit(found, target):
        start = _batch(found.images[place])
        closer = _read(network, _descend(network, _batch(image), target, sizes[:place], n_steps, start))
        is_better = closer.margins(target) > found.margins(target)[:place]
        places = np.arange(len(sizes))
        places[:place][is_better] += len(sizes)
        found = (found + closer)[places]
        if first_hit(found, target) == place:
            break
    margins = found.margins(target)
    best = np.maximum.accumulate(margins)
    places = np.maximum.accumulate(np.where(margins == best, np.arange(len(sizes)), 0))
    return dataclasses.replace(search, found=found[places])


def first_hit(changed: Changed, digit: int) -> int | None:
    """Place of the first that is read as a digit; None where none is."""
    hits = np.flatnonzero(changed.probabilities.argmax(axis=1) == digit)
    return int(hits[0]) if len(hits) else None


def _check(target: int, radii: Sequence[float], n_steps: int) -> None:
    if not 0 <= target < N_CLASSES:
        raise ValueError(f"Expected a target in 0..9. Received {target}.")
    if not radii or list(radii) != sorted(radii) or not 0 <= radii[0] <= radii[-1] <= 1:
        raise ValueError(f"Expected at least one radius, in ascending order, in [0, 1]. Received {tuple(radii)}.")
    if n_steps < 1:
        raise ValueError(f"Expected at least 1 step. Received {n_steps}.")


def _batch(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32).reshape(1, IMAGE_PX, IMAGE_PX, 1)


def _sizes(radii: Sequence[float]) -> np.ndarray:
    return np.array(radii, np.float32).reshape(-1, 1, 1, 1)


def _draws(seed: int) -> np.ndarray:
    """A number for each pixel, uniform in [-1, 1), the same for every radius and network; float32 (1, 28, 28, 1)."""
    return np.random.default_rng(seed).uniform(-1, 1, (1, IMAGE_PX, IMAGE_PX, 1)).astype(np.float32)


def _descend(  # noqa: PLR0917 - each is an array or a number of the method
    network: Network, origin: np.ndarray, target: int, sizes: np.ndarray, n_steps: int, start: np.ndarray
) -> np.ndarray:
    """The images after all steps, float32 (n, 28, 28, 1), for sizes (n, 1, 1, 1), from what is nearest to the start."""
    weights, towards = on_device(network), _compiled_direction(network.config)
    step = sizes * np.float32(min(1.0, STEP_FACTOR / n_steps))
    images = _inside(np.broadcast_to(start, (len(sizes), *start.shape[1:])), origin, sizes)
    for _ in range(n_steps):
        signs = towards(weights, images, np.int32(target)).numpy()
        images = _inside(images + step * signs, origin, sizes)
    return images


def _inside(images: np.ndarray, origin: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The nearest images that are in the ball around the origin and in [0, 1]."""
    return np.asarray(np.clip(images, np.maximum(origin - sizes, 0), np.minimum(origin + sizes, 1)), np.float32)


def _read(network: Network, images: np.ndarray) -> Changed:
    """What the network makes of images (n, 28, 28, 1); raises ValueError when these are no numbers."""
    logits = compiled_up_to(network.config, _before_softmax(network.config))(on_device(network), images).numpy()
    shares = probabilities(network, images)
    if not (np.isfinite(logits).all() and np.isfinite(shares).all()):
        raise ValueError("Expected a network that computes finite numbers. Received infinity or NaN.")
    return Changed(images[..., 0], logits, shares)


def _before_softmax(config: NetworkConfig) -> str:
    """The name of the layer that the softmax takes in."""
    return layers(config)[-2].name


@functools.lru_cache(maxsize=32)
def _compiled_direction(config: NetworkConfig) -> Callable[[list[Any], Any, Any], Any]:
    """Function of weights, images (n, 28, 28, 1) and a digit that gives the signs of the gradient of its probability.

    Of the probability's logarithm, which has the same signs and does not vanish where the probability nearly does.
    """
    run = compiled_up_to(config, _before_softmax(config))

    def direction(weights: list[Any], images: Any, digit: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(images)
            logarithms = tf.nn.log_softmax(run(weights, images))[:, digit]
        return tf.sign(tape.gradient(logarithms, images))

    signature = [*input_signature(config), tf.TensorSpec((), tf.int32)]
    compiled: Callable[[list[Any], Any, Any], Any] = tf.function(direction, input_signature=signature, autograph=False)
    return compiled
