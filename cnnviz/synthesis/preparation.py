"""Bring drawings to MNIST's format, as the application does with what a person draws."""

from __future__ import annotations

import numpy as np

from cnnviz.drawing.preparation import IMAGE_PX, prepare


def prepare_batch(inks: np.ndarray) -> np.ndarray:
    """The input of the network for each drawing, by `drawing.preparation.prepare`.

    Args:
        inks: float, shape (n, height, width), in [0, 1], 1 = ink.

    Returns:
        uint8, shape (n, 28, 28), 255 = ink.

    Raises:
        ValueError: when a drawing has no ink.
    """
    images = np.empty((len(inks), IMAGE_PX, IMAGE_PX), np.uint8)
    for i, ink in enumerate(inks):
        preparation = prepare(ink)
        if preparation is None:
            raise ValueError("Expected ink on every drawing. Received one without.")
        images[i] = np.rint(preparation.centred * 255)
    return images
