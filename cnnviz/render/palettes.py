"""Colours: numbers to colours by palette and limits, and the themes of what surrounds a picture."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnnviz.lazy import LazyModule

# Loaded on first use: it takes long, and grey pictures do without it.
matplotlib: Any = LazyModule("matplotlib")

Palette = Literal["seismic", "PuOr", "gray", "binary", "hot", "viridis"]
"""A matplotlib colour map."""
Limits = tuple[float, float]
"""The numbers that get the first and the last colour of a palette."""
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

MARK_COLOUR: Colour = (224, 123, 0)
"""Orange, of frames around what is pointed at."""
NAN_COLOUR: Colour = (0, 190, 90)
"""Green, which is in no palette: so NaN cannot be taken for a number."""
NAN_NUMBER = 256
"""Where NAN_COLOUR stands among the colours of a palette: behind all others."""

CLASS_COLOURS: dict[Literal["light", "dark"], tuple[Colour, ...]] = {
    "light": (
        (85, 150, 218),
        (176, 145, 0),
        (135, 61, 0),
        (25, 116, 255),
        (93, 0, 153),
        (85, 55, 46),
        (119, 19, 100),
        (102, 156, 158),
        (68, 162, 98),
        (32, 11, 244),
    ),
    "dark": (
        (153, 251, 135),
        (225, 98, 34),
        (39, 189, 255),
        (58, 93, 199),
        (171, 61, 131),
        (167, 187, 155),
        (92, 248, 255),
        (137, 83, 63),
        (86, 58, 250),
        (148, 254, 13),
    ),
}
"""Of the ten digits, as points on the paper of each theme.  Found by a random search for the ten whose smallest
difference in CIELAB is largest, for all eyes and those without red or green cones, of the colours whose contrast with
the paper is 3:1 to 15:1; what they are is also written on a map."""


@dataclass(frozen=True)
class Theme:
    """Colours of what surrounds the numbers: background, words, thin lines, and what is emphasised."""

    paper: Colour
    text: Colour
    faint: Colour
    accent: Colour


LIGHT = Theme((255, 255, 255), (49, 51, 63), (190, 193, 204), (28, 100, 190))
DARK = Theme((14, 17, 23), (250, 250, 250), (90, 94, 105), (95, 165, 245))


def apply_palette(values: np.ndarray, palette: Palette, limits: Limits) -> np.ndarray:
    """Colour numbers.

    Args:
        values: float, any shape.
        palette: a matplotlib colour map.
        limits: the numbers that get the first and the last colour; equal limits give the middle colour.

    Returns:
        uint8, shape (*values.shape, 3); NaN is NAN_COLOUR.
    """
    coloured: np.ndarray = palette_table(palette)[palette_numbers(values, limits)]
    return coloured


def palette_numbers(values: np.ndarray, limits: Limits) -> np.ndarray:
    """Which colour of a palette each number gets, as by `apply_palette`: uint16 in 0..255, NAN_NUMBER for NaN."""
    low, high = limits
    # Quarters, since the difference of the largest floats is no float any more.
    span = high / 4 - low / 4
    fraction = (values.astype(np.float64) / 4 - low / 4) / span if span > 0 else np.full(values.shape, 0.5)
    numbers: np.ndarray = np.nan_to_num(fraction.clip(0, 1) * 255).round().astype(np.uint16)
    numbers[np.isnan(values)] = NAN_NUMBER
    return numbers


def symmetric_limits(values: np.ndarray) -> Limits:
    """Limits around zero: plus and minus the largest magnitude; NaN and infinity are left out."""
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    return -largest, largest


def limits_with_zero(values: np.ndarray) -> Limits:
    """Minimum and maximum, with zero counted as one of the values so that an empty map looks empty.

    NaN and infinity are left out.
    """
    finite = np.isfinite(values)
    return float(np.min(values, initial=0.0, where=finite)), float(np.max(values, initial=0.0, where=finite))


def to_hex(colour: Colour) -> str:
    """A colour as "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


@functools.cache
def palette_table(palette: Palette) -> np.ndarray:
    """The 256 colours of a palette, and NAN_COLOUR behind them: uint8 (257, 3)."""
    return np.concatenate([_ramp(palette), np.array([NAN_COLOUR], np.uint8)])


def _ramp(palette: Palette) -> np.ndarray:
    ramp = np.arange(256, dtype=np.uint8)
    if palette in ("gray", "binary"):  # without matplotlib
        grey = ramp if palette == "gray" else ramp[::-1]
        return np.repeat(grey[:, None], 3, axis=1)
    colours = matplotlib.colormaps[palette](np.arange(256))[:, :3]
    return np.asarray(np.round(colours * 255), np.uint8)
