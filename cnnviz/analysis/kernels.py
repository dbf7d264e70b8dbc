"""Small kernels that are chosen from a list or typed, and their application to an image.

As in every network here the kernel is laid on the image as it stands, not rotated by 180°: what mathematics calls a
cross-correlation.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from cnnviz.analysis.arithmetic import same_padding
from cnnviz.analysis.sliding_convolution import cross_correlate, output_size

MAX_KERNEL_PX = 7
MAX_NUMBER = 1000.0
# ASCII digits alone, and short exponents: a kernel is not the place for "٣", "1_000", "nan" or "1e999".
NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?)(?:/(\d+\.?\d*))?", re.ASCII)


def _compass(eighths: int) -> np.ndarray:
    """The edge kernel with ink above, rotated clockwise by some eighths of a turn; float64 (3, 3).

    The eight elements around the middle form a ring: rotating the kernel by an eighth shifts the ring by one.
    """
    ring = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    kernel = np.zeros((3, 3))
    for position, value in zip(ring, np.roll([1, 1, 1, 0, -1, -1, -1, 0], eighths), strict=True):
        kernel[position] = value
    return kernel


DIRECTIONS = ("above", "above right", "right", "below right", "below", "below left", "left", "above left")
KERNELS: dict[str, np.ndarray] = {
    **{f"Edge, ink {direction}": _compass(i) for i, direction in enumerate(DIRECTIONS)},
    "Blur": np.full((3, 3), 1 / 9),
    "Sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Sobel, left to right": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel, top to bottom": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Identity": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "Line, horizontal": np.array([[-1.0, -1, -1], [2, 2, 2], [-1, -1, -1]]),
    "Line, vertical": np.array([[-1.0, 2, -1], [-1, 2, -1], [-1, 2, -1]]),
    "Line, rising": np.array([[-1.0, -1, 2], [-1, 2, -1], [2, -1, -1]]),
    "Line, falling": np.array([[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2]]),
}
"""3×3 kernels by name, float64.  The eight edges, after J. M. S. Prewitt (1970), are largest where there is ink on the
named side and none on the other; the lines on a stroke one pixel wide in their direction."""


def parse(text: str) -> np.ndarray:
    """Read a typed kernel: a row a line (or between semicolons), numbers separated by spaces or commas.

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
    return np.array([[_parse_number(number) for number in row] for row in rows])


def _parse_number(text: str) -> float:
    match = NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"Expected a number such as 2, -1, 0.5 or 1/9. Received {text[:20]!r}.")
    denominator = float(match[2] or 1)
    if not denominator:
        raise ValueError(f"Nothing can be divided by 0. Received {text[:20]!r}.")
    value = float(match[1]) / denominator
    if abs(value) > MAX_NUMBER:
        raise ValueError(f"Expected numbers from -{MAX_NUMBER:g} to {MAX_NUMBER:g}. Received {text[:20]!r}.")
    return value


def apply(
    kernel: np.ndarray, image: np.ndarray, stride: int = 1, padding: Literal["same", "valid"] = "same"
) -> np.ndarray:
    """Convolve an image with a kernel.

    Args:
        kernel: float (k, k).
        image: float (height, width).
        stride: pixels from one position of the kernel to the next.
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
        output_size(n, len(kernel), stride, 0)  # raises when the kernel is larger
    return cross_correlate(kernel, padded, stride).astype(np.float32)
