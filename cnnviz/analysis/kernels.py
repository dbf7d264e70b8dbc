"""Kernels made by hand: chosen from a list or typed, applied to a digit, and a laboratory of whole numbers.

As in every network here the kernel is laid on the image as it stands, not turned by half: what mathematics calls a
cross-correlation.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnnviz.analysis.arithmetic import same_padding

MAX_KERNEL_PX = 7
MAX_NUMBER = 1000.0
NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?)(?:/(\d+\.?\d*))?", re.ASCII)


def _compass(eighths: int) -> np.ndarray:
    """The edge kernel with ink above, turned clockwise: the ring of eight cells moves on by one for each eighth."""
    ring = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    kernel = np.zeros((3, 3))
    for place, value in zip(ring, np.roll([1, 1, 1, 0, -1, -1, -1, 0], eighths), strict=True):
        kernel[place] = value
    return kernel


DIRECTIONS = ("above", "above right", "right", "below right", "below", "below left", "left", "above left")
KERNELS: dict[str, np.ndarray] = {
    **{f"Edge, ink {direction}": _compass(i) for i, direction in enumerate(DIRECTIONS)},
    "Blur": np.full((3, 3), 1 / 9),
    "Sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Sobel, left to right": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel, top to bottom": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Identity": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
}
"""3×3 kernels by name, float64.  The eight edges, after J. M. S. Prewitt (1970), are largest where there is ink on the
named side and none on the other."""

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
"""A small seven in whole numbers."""
EXAMPLE_KERNEL = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])


@dataclass(frozen=True, eq=False)
class Place:
    """The kernel at one place of the laboratory.

    Attributes:
        row, column: where its number stands in the output.
        top, left: where its first cell lies on the padded image.
        window: what lies under it; products: window times kernel, cell by cell; total: their sum.
    """

    row: int
    column: int
    top: int
    left: int
    window: np.ndarray
    products: np.ndarray
    total: float


@dataclass(frozen=True, eq=False)
class Laboratory:
    """A convolution step by step: whole numbers stay whole (int64), others are float64.

    Attributes:
        padded: the image with its frame of zeros.
        output: what comes out.
        places: every place of the kernel, row by row, in the order in which it slides.
        unreached: rows at the bottom, and as many columns at the right, that no place reaches.
    """

    padded: np.ndarray
    output: np.ndarray
    places: tuple[Place, ...]
    unreached: int


def parse(text: str) -> np.ndarray:
    """A kernel as it was typed: a row a line (or between semicolons), numbers apart by spaces or commas.

    Numbers are 2, -1, 0.5, 1e-2 or 1/9.

    Returns:
        float64, shape (k, k), k in 1..7.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    lines = [line.replace(",", " ").split() for line in re.split(r"[\n;]", text.replace("\u2212", "-"))]
    rows = [row for row in lines if row]
    if not 1 <= len(rows) <= MAX_KERNEL_PX:
        raise ValueError(f"Expected 1 to {MAX_KERNEL_PX} rows of numbers. Received {len(rows)}.")
    for i, row in enumerate(rows, 1):
        if len(row) != len(rows):
            raise ValueError(
                f"Expected as many numbers in each row as there are rows, here {len(rows)}. Row {i} has {len(row)}."
            )
    return np.array([[_number(word) for word in row] for row in rows])


def _number(word: str) -> float:
    match = NUMBER.fullmatch(word)
    if match is None:
        raise ValueError(f"Expected a number such as 2, -1, 0.5 or 1/9. Received {word[:20]!r}.")
    below = float(match[2] or 1)
    if not below:
        raise ValueError(f"Nothing can be divided by 0. Received {word[:20]!r}.")
    value = float(match[1]) / below
    if abs(value) > MAX_NUMBER:
        raise ValueError(f"Expected numbers from -{MAX_NUMBER:g} to {MAX_NUMBER:g}. Received {word[:20]!r}.")
    return value


def apply(
    kernel: np.ndarray, image: np.ndarray, stride: int = 1, padding: Literal["same", "valid"] = "same"
) -> np.ndarray:
    """Lay a kernel on every place of an image.

    Args:
        kernel: (k, k).
        image: (height, width).
        stride: pixels from one place to the next.
        padding: "same" puts zeros around the image as a network's convolution does, so that stride 1 keeps its size;
            "valid" keeps the kernel inside.

    Returns:
        float32; ceil(side / stride) pixels for each side with "same", `output_size` with "valid".

    Raises:
        ValueError: when the kernel does not fit.
    """
    edges = [same_padding(n, len(kernel), stride) if padding == "same" else (0, 0) for n in image.shape]
    padded = np.pad(image.astype(np.float64), edges)
    for n in padded.shape:
        output_size(n, len(kernel), stride, 0)
    return _slide(kernel, padded, stride).astype(np.float32)


def _slide(kernel: np.ndarray, padded: np.ndarray, stride: int) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)[::stride, ::stride]
    return np.asarray(np.einsum("yxhw,hw->yx", windows, kernel))


def output_size(n: int, kernel_px: int, stride: int, padding_px: int) -> tuple[int, int]:
    """How many places a kernel has along one side: floor((n + 2p - k) / s) + 1.

    Args:
        n: pixels of the image's side.
        kernel_px: k, the kernel's side.
        stride: s, pixels from one place to the next.
        padding_px: p, zeros before and behind.

    Returns:
        the number of places, and how many pixels at the end no place reaches: 0 when the stride fits.

    Raises:
        ValueError: when a number is too small, or the kernel is larger than the padded image.
    """
    if n < 1 or kernel_px < 1 or stride < 1 or padding_px < 0:
        raise ValueError(
            "Expected at least 1 pixel, a kernel and a stride of at least 1, and padding of at least 0. "
            f"Received {n} pixels, kernel {kernel_px}, stride {stride}, padding {padding_px}."
        )
    room = n + 2 * padding_px - kernel_px
    if room < 0:
        raise ValueError(
            f"A kernel of {kernel_px} pixels does not fit onto {n + 2 * padding_px} "
            f"({n} + 2 × {padding_px}). Use a smaller kernel or more padding."
        )
    return room // stride + 1, room % stride


def formula(n: int, kernel_px: int, stride: int, padding_px: int) -> str:
    """The formula of `output_size` with its numbers, e.g. "⌊(7 + 2 × 1 − 3) / 2⌋ + 1 = 4"."""
    size, _ = output_size(n, kernel_px, stride, padding_px)
    return f"⌊({n} + 2 × {padding_px} − {kernel_px}) / {stride}⌋ + 1 = {size}"


def laboratory(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding_px: int = 0) -> Laboratory:
    """A convolution of a small image, every place of the kernel kept.

    Args:
        image: (n, n), e.g. `EXAMPLE_IMAGE`.
        kernel: (k, k).
        stride: pixels from one place to the next.
        padding_px: zeros on each of the four sides.

    Raises:
        ValueError: when an array is not square or the kernel does not fit.
    """
    for array in (image, kernel):
        if array.ndim != 2 or array.shape[0] != array.shape[1]:
            raise ValueError(f"Expected a square of numbers. Received {array.shape}.")
    size, unreached = output_size(len(image), len(kernel), stride, padding_px)
    padded, weights = _whole(np.pad(image, padding_px)), _whole(kernel)
    places = []
    for row in range(size):
        for column in range(size):
            top, left = row * stride, column * stride
            window = padded[top : top + len(kernel), left : left + len(kernel)]
            products = window * weights
            places.append(Place(row, column, top, left, window, products, products.sum().item()))
    return Laboratory(padded, _slide(weights, padded, stride), tuple(places), unreached)


def _whole(values: np.ndarray) -> np.ndarray:
    """The values as int64 when all are whole numbers, else as float64."""
    if (np.abs(values) < math.inf).all() and (values == np.round(values)).all():
        return values.astype(np.int64)
    return values.astype(np.float64)
