"""Which hand-made kernel a kernel is like: numbers that are known, and what random kernels give."""

import itertools

import numpy as np
import pytest

from cnnviz.analysis import inspection, likeness
from cnnviz.analysis.kernels import KERNELS
from cnnviz.network import store

EDGE = np.array([[1.0, 1, 1], [0, 0, 0], [-1, -1, -1]])
SHAPED = [name for name in KERNELS if name != "Blur"]
"""At 3×3 pixels all weights of the blur are the same: it has no shape there."""


@pytest.mark.parametrize("name", SHAPED)
def test_a_kernel_is_like_itself_and_opposite_to_its_reverse(name):
    kernel = KERNELS[name]
    assert likeness.likeness(kernel, kernel) == pytest.approx(1)
    assert likeness.likeness(kernel, -kernel) == pytest.approx(-1)
    assert likeness.likeness(3 * kernel + 7, kernel) == pytest.approx(1)  # contrast and mean do not count
    found = likeness.nearest(kernel)
    assert found.verdict == "much"
    assert found.likeness == pytest.approx(1)
    assert likeness.likeness(KERNELS[found.name], kernel) == pytest.approx(1)


@pytest.mark.parametrize("name", ["Sharpen", "Sobel, left to right", "Identity", "Line, rising"])
def test_the_reverse_of_a_kernel_has_a_negative_likeness(name):
    found = likeness.nearest(-KERNELS[name])
    assert found.likeness == pytest.approx(-1)
    assert likeness.likeness(KERNELS[found.name], KERNELS[name]) == pytest.approx(1)


def test_the_reverse_of_an_edge_is_another_edge():
    found = likeness.nearest(-EDGE)
    assert (found.name, found.likeness) == ("Edge, ink below", pytest.approx(1))


def test_likeness_is_the_correlation_of_the_weights(rng):
    a, b = rng.normal(size=(2, 5, 5)) + 3
    assert likeness.likeness(a, b) == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    # By hand: two edges at a right angle have nothing in common, at half a right angle 4 of 6.
    assert likeness.likeness(EDGE, EDGE.T) == pytest.approx(0)
    assert likeness.likeness(EDGE, KERNELS["Edge, ink above right"]) == pytest.approx(4 / 6)


def test_a_kernel_is_found_enlarged_and_in_the_middle():
    wide = likeness.enlarged(EDGE, 6)
    assert wide[:, 0].tolist() == pytest.approx([1, 0.75, 0.25, -0.25, -0.75, -1])
    assert (wide == wide[:, :1]).all()
    assert likeness.nearest(wide).name == "Edge, ink above"
    assert likeness.nearest(wide).likeness == pytest.approx(1)
    small = np.pad(KERNELS["Sharpen"], 1)
    assert (likeness.nearest(small).name, likeness.nearest(small).likeness) == ("Sharpen", pytest.approx(1))
    assert likeness.nearest(np.pad(np.ones((3, 3)), 1)).name == "Blur"


@pytest.mark.parametrize("kernel", [np.zeros((5, 5)), np.full((3, 3), 0.1, np.float32), np.ones((1, 1))])
def test_a_kernel_of_equal_weights_has_no_shape(kernel):
    assert likeness.nearest(kernel) is None
    assert likeness.likeness(kernel, kernel) == 0


@pytest.mark.parametrize(("px", "chance"), [(3, 0.84), (5, 0.57), (7, 0.42)])
def test_random_kernels_stay_below_what_is_said_of_them(px, chance):
    """Of kernels that were not drawn for the measure 5 of 100 are beyond; hardly one is called much like anything."""
    assert likeness.of_random(px) == pytest.approx(chance, abs=0.01)
    found = [likeness.nearest(kernel) for kernel in np.random.default_rng(7).normal(size=(2000, px, px))]
    assert np.mean([abs(each.likeness) > likeness.of_random(px) for each in found]) == pytest.approx(0.05, abs=0.02)
    assert np.mean([each.verdict == "none" for each in found]) >= 0.93
    if px > 3:
        assert np.mean([each.verdict == "much" for each in found]) < 0.005


def test_nothing_is_said_of_a_kernel_that_random_ones_reach_too():
    assert likeness.verdict_of(0.75, 5) == "much"
    assert likeness.verdict_of(0.75, 3) == "none"
    assert likeness.verdict_of(0.5, 5) == "none"
    assert likeness.verdict_of(0.6, 5) == "somewhat"
    assert likeness.verdict_of(0.9, 2) == "none"


@pytest.mark.parametrize(("name", "n_much"), [("hvass", 9), ("deep-mnist", 2), ("low-level", 3), ("robust", 4)])
def test_how_many_filters_that_are_shipped_are_much_like_a_hand_made_kernel(name, n_much):
    kernels = inspection.kernels(store.load(store.find(name)), "conv1", 0)
    assert sum(likeness.nearest(kernel).verdict == "much" for kernel in kernels) == n_much


def test_share_of_mean():
    assert likeness.share_of_mean(np.ones((5, 5))) == pytest.approx(1)
    assert likeness.share_of_mean(EDGE) == pytest.approx(0)
    assert likeness.share_of_mean(np.array([[1.0, 0], [0, 0]])) == pytest.approx(1 / 4)


def test_every_named_kernel_differs_from_every_other_one():
    pairs = itertools.combinations(SHAPED, 2)
    assert all(likeness.likeness(KERNELS[a], KERNELS[b]) < 0.999 for a, b in pairs if {a, b} != {"Sharpen", "Identity"})
