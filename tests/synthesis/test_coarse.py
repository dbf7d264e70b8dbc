"""Images as coarse scans: means of areas, enlarged, with full ink again."""

import numpy as np

from cnnviz.synthesis import coarse


def test_a_scan_at_the_same_resolution_or_of_one_colour_changes_nothing():
    image = np.zeros((28, 28), np.uint8)
    image[5:20, 10:18] = 255
    assert np.array_equal(coarse.scan(image, 28), image)
    assert not coarse.scan(np.zeros((28, 28), np.uint8), 9).any()
    assert (coarse.scan(np.full((28, 28), 80, np.uint8), 7) == 255).all()


def test_a_scan_blurs_an_edge_and_keeps_full_ink_and_paper():
    image = np.zeros((28, 28), np.uint8)
    image[:, 14:] = 255
    row = coarse.scan(image, 14)[14].astype(int)
    assert (row[:10] == 0).all()
    assert (row[-10:] == 255).all()
    assert (np.diff(row) >= 0).all()
    assert ((row > 0) & (row < 255)).sum() == 2


def test_a_thin_stroke_gets_wider_and_stays_black():
    image = np.zeros((28, 28), np.uint8)
    image[2:26, 14] = 255
    scanned = coarse.scan(image, 9)
    assert scanned.max() == 255
    assert (scanned[14] > 0).sum() >= 3


def test_about_a_fifth_is_scanned_and_the_generator_decides_which():
    images = np.zeros((1000, 28, 28), np.uint8)
    images[:, 4:24, 13] = 255
    first, again, other = (coarse.some(images, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    changed = (first != images).any(axis=(1, 2)).mean()
    assert 0.15 < changed < 0.25
    assert not np.shares_memory(first, images)
