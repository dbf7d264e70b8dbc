"""Convolution arithmetic on a small image: the size of the output, and every position of the kernel.

V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

EXAMPLE_IMAGE = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 2, 3, 3, 3, 2, 0],
        [0, 0, 0, 0, 3, 1, 0],
        [0, 0, 0, 2, 3, 0, 0],
        [0, 0, 1, 3, 1, 0, 0],
        [0, 0, 3, 2, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ]
)
"""A small seven in whole numbers, int64 (7, 7)."""
EXAMPLE_KERNEL = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
"""Large where there is ink above and none below, int64 (3, 3)."""


@dataclass(frozen=True, eq=False)
class KernelPosition:
    """The kernel at one position on the image.

    Attributes:
        row, column: where the result stands in the output.
        top, left: where the kernel's first element lies on the padded image.
        window: the part of the padded image under the kernel, (k, k).
        products: window times kernel, element by element.
        total: the sum of the products.
    """

    row: int
    column: int
    top: int
    left: int
    window: np.ndarray
    products: np.ndarray
    total: float


@dataclass(frozen=True, eq=False)
class SlidingConvolution:
    """A convolution with every position of its kernel; whole numbers stay whole (int64), others are float64.

    Attributes:
        padded: the image with the padding's zeros around it.
        output: the result, one number for each position.
        positions: every position of the kernel, row by row, in the order in which it slides.
        unreached: rows at the bottom, and as many columns at the right, that no position reaches.
    """

    padded: np.ndarray
    output: np.ndarray
    positions: tuple[KernelPosition, ...]
    unreached: int


def output_size(n: int, kernel_px: int, stride: int, padding_px: int) -> tuple[int, int]:
    """How many positions a kernel has along one side of an image: floor((n + 2p - k) / s) + 1.

    Args:
        n: pixels of the image's side.
        kernel_px: k, the kernel's side.
        stride: s, pixels from one position to the next.
        padding_px: p, zeros before and behind.

    Returns:
        the number of positions, and how many pixels at the end no position reaches: 0 when the stride fits.

    Raises:
        ValueError: when a number is too small, or the kernel is larger than the padded image.
    """
    if n < 1 or kernel_px < 1 or stride < 1 or padding_px < 0:
        raise ValueError(
            "Expected at least 1 pixel, a kernel and a stride of at least 1, and padding of at least 0. "
            f"Received {n} pixels, kernel {kernel_px}, stride {stride}, padding {padding_px}."
        )
    free = n + 2 * padding_px - kernel_px
    if free < 0:
        raise ValueError(
            f"A kernel of {kernel_px} pixels does not fit onto {n + 2 * padding_px} "
            f"({n} + 2 × {padding_px}). Use a smaller kernel or more padding."
        )
    return free // stride + 1, free % stride


def formula(n: int, kernel_px: int, stride: int, padding_px: int) -> str:
    """The formula of `output_size` with its numbers, e.g. "⌊(7 + 2 × 1 − 3) / 2⌋ + 1 = 4"."""
    size, _ = output_size(n, kernel_px, stride, padding_px)
    return f"⌊({n} + 2 × {padding_px} − {kernel_px}) / {stride}⌋ + 1 = {size}"


def slide(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding_px: int = 0) -> SlidingConvolution:
    """Convolve a small image and keep every position of the kernel.

    Args:
        image: int or float (n, n), e.g. `EXAMPLE_IMAGE`.
        kernel: int or float (k, k).
        stride: pixels from one position to the next.
        padding_px: zeros on each of the four sides.

    Raises:
        ValueError: when an array is not square or the kernel does not fit.
    """
    for array in (image, kernel):
        if array.ndim != 2 or array.shape[0] != array.shape[1]:
            raise ValueError(f"Expected a square of numbers. Received {array.shape}.")
    size, unreached = output_size(len(image), len(kernel), stride, padding_px)
    padded, weights = _as_whole_numbers(np.pad(image, padding_px)), _as_whole_numbers(kernel)
    positions = []
    for row in range(size):
        for column in range(size):
            top, left = row * stride, column * stride
            window = padded[top : top + len(kernel), left : left + len(kernel)]
            products = window * weights
            positions.append(KernelPosition(row, column, top, left, window, products, products.sum().item()))
    return SlidingConvolution(padded, cross_correlate(weights, padded, stride), tuple(positions), unreached)


def cross_correlate(kernel: np.ndarray, padded: np.ndarray, stride: int) -> np.ndarray:
    """The sum of kernel times window for every window of a padded image.

    Args:
        kernel: (k, k), not larger than the image.
        padded: (height, width).
        stride: pixels from one window to the next.

    Returns:
        shape ((height - k) // stride + 1, (width - k) // stride + 1), of the dtype of the products.
    """
    # A view: no window is copied.
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)[::stride, ::stride]
    return np.asarray(np.einsum("yxhw,hw->yx", windows, kernel))


def _as_whole_numbers(values: np.ndarray) -> np.ndarray:
    """The values as int64 when all are whole numbers, else as float64."""
    if (np.abs(values) < math.inf).all() and (values == np.round(values)).all():
        return values.astype(np.int64)
    return values.astype(np.float64)
