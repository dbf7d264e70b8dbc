"""Distillation: a network learns what teachers answer, softened by a temperature, beside the labels.

G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network" (2015). The teachers are networks of
the same kind, trained by the same recipe from other seeds; their mean answer is right more often than that of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Dataset
from cnnviz.lazy import tf
from cnnviz.network.weights import Network

TEMPERATURE, OWN_TEMPERATURE = 2.0, 2.4
"""What the logits of the teachers, and those of the network that learns, are divided by. The second is larger, so that
the network's own logits come out larger by as much: a teacher, which learnt from distorted digits, is right of MNIST's
more often than it is sure (0.72 is the temperature that suits the first one's answers to the validation digits)."""
CHUNK = 10_000
"""Images that are read at a time."""
SHARE = 0.7
"""Of the loss that is the teachers'; the rest is the labels'."""


def answers_of(
    teachers: Sequence[Network], digits: Dataset, show: Callable[[int, int], None] | None = None
) -> np.ndarray:
    """The mean of what teachers answer at TEMPERATURE.

    Args:
        teachers: at least one network.
        digits: float32 or uint8 images.
        show: called with the number of images that were read so far, and the number of all.

    Returns:
        float16, shape (n, 10), rows sum to about 1.
    """
    total = np.zeros((len(digits), 10), np.float32)
    for i in range(0, len(digits), CHUNK):
        images = digits.images[i : i + CHUNK]
        scaled = images.astype(np.float32) / np.float32(255) if images.dtype == np.uint8 else images
        for teacher in teachers:
            total[i : i + len(scaled)] += softened(evaluation.probabilities(teacher, scaled))
        if show:
            show(i + len(scaled), len(digits))
    return (total / len(teachers)).astype(np.float16)


def softened(probs: np.ndarray) -> np.ndarray:
    """Probabilities, shape (n, 10), as they would be with the logits divided by TEMPERATURE.

    A power of the softmax is, but for a factor, the softmax of as many times the logits.
    """
    powers = probs ** (1 / TEMPERATURE)
    soft: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return soft


def mixed(loss: Any, logits: Any, answers: Any) -> Any:
    """The loss of the labels and that of the teachers' answers, mixed.

    The latter is multiplied by both temperatures, as its gradients are smaller by that much.

    Args:
        loss: of the labels, a scalar tensor, a mean over the batch.
        logits: float32 tensor, shape (n, 10).
        answers: float16 tensor, shape (n, 10), as `answers_of` gives them.
    """
    each = tf.nn.softmax_cross_entropy_with_logits(tf.cast(answers, tf.float32), logits / OWN_TEMPERATURE)
    return (1 - SHARE) * loss + SHARE * TEMPERATURE * OWN_TEMPERATURE * tf.reduce_mean(each)
