"""The colours of the ten digits: apart for all eyes, and seen on the paper of each theme."""

import numpy as np
import pytest

from cnnviz.render.palettes import CLASS_COLOURS, DARK, LIGHT

# Linear RGB as seen without red or green cones: G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, 2009.
EYES = {
    "all cones": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
JUST_SEEN = 2.3
"""A difference in CIELAB that can just be seen side by side."""


def linear(colours):
    shares = np.array(colours) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x, y, z = np.cbrt(rgb @ XYZ.T / XYZ.sum(axis=1)).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", CLASS_COLOURS)
def test_any_two_are_told_apart(theme, eye):
    seen = lab(np.clip(linear(CLASS_COLOURS[theme]) @ np.array(EYES[eye]).T, 0, 1))
    differences = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert differences[~np.eye(10, dtype=bool)].min() > 10 * JUST_SEEN


@pytest.mark.parametrize(("theme", "paper"), [("light", LIGHT.paper), ("dark", DARK.paper)])
def test_each_is_seen_on_its_paper(theme, paper):
    of, behind = linear(CLASS_COLOURS[theme]) @ XYZ[1], linear(paper) @ XYZ[1]
    contrast = (np.maximum(of, behind) + 0.05) / (np.minimum(of, behind) + 0.05)
    assert contrast.min() >= 3
