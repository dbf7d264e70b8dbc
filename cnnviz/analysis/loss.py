"""Cross-entropy: the loss of one digit, and of a batch."""

from __future__ import annotations

import numpy as np

from cnnviz.analysis.explanations import SoftmaxExplanation


def cross_entropies(softmax: SoftmaxExplanation) -> np.ndarray:
    """-log p of each digit as if it were the true one, float64 (10,); at least 0, and 0 for a probability of 1.

    Computed from the logits, as log(total) - shifted logit, so that no probability is rounded to 0 before its logarithm
    is taken.
    """
    losses: np.ndarray = np.log(softmax.total) - softmax.shifted
    return losses


def batch_losses(probs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """-log p of the true digit for every image of a batch.

    Args:
        probs: float (n, 10), rows that sum to 1.
        labels: int (n,), in 0..9.

    Returns:
        float64 (n,); a probability below float32's smallest counts as that, so that every loss is finite.
    """
    of_truth = probs[np.arange(len(labels)), labels].astype(np.float64)
    losses: np.ndarray = np.abs(np.log(of_truth.clip(np.finfo(np.float32).tiny, 1)))
    return losses
