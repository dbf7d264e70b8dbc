"""Matrices and equations, read back from their pixels."""

import numpy as np
from PIL import Image

from cnnviz.render import matrices, palettes
from cnnviz.render.palettes import LIGHT
from pixels import colours, grey, pixels


def test_numbers_are_written_in_cells_of_their_colour():
    picture = np.asarray(matrices.annotated_heatmap(np.array([[0, 3], [-3, 1]]), "seismic", (-3, 3), 20))
    assert picture.shape == (40, 40, 3)
    assert picture[2, 2].tolist() == palettes.apply_palette(np.array([0.0]), "seismic", (-3, 3))[0].tolist()
    assert picture[22, 2].tolist() == palettes.apply_palette(np.array([-3.0]), "seismic", (-3, 3))[0].tolist()
    assert len({tuple(pixel) for pixel in picture[5:15, 5:15].reshape(-1, 3)}) > 1  # the digit is there


def test_nan_is_an_empty_cell():
    picture = np.asarray(matrices.annotated_heatmap(np.array([[np.nan, 1.0]]), "gray", (0, 1), 20, palettes.DARK))
    assert {tuple(pixel) for pixel in picture[2:18, 2:18].reshape(-1, 3)} == {palettes.DARK.paper}


def test_a_box_frames_its_cells_on_a_copy():
    picture = Image.new("RGB", (40, 30), "white")
    framed = pixels(matrices.with_box(picture, (1, 1, 3, 4), 10))
    assert colours(framed[10:30, [10, 11, 12, 37, 38, 39]]) == {palettes.MARK_COLOUR}
    assert colours(framed[13:27, 13:37]) == {grey(255)} == colours(framed[:10])
    assert colours(pixels(picture)) == {grey(255)}


def test_operators_are_drawn_between_the_pictures_of_an_equation():
    pictures = [Image.new("RGB", (20, 20), "white")] * 2
    row = pixels(matrices.equation(pictures, ("×",), ("a", "b"), LIGHT))
    assert row.shape == (52, 20 + 48 + 20, 3)
    assert tuple(row[10, 44]) == LIGHT.text
    assert tuple(row[10, 30]) == LIGHT.paper
    patch, kernel = matrices.equation_parts(pictures, ("×",), ("a", "b"), LIGHT)
    assert (patch.size, kernel.size) == ((20, 52), (68, 52))
    assert np.array_equal(np.hstack([pixels(patch), pixels(kernel)]), row)
    arrow = pixels(matrices.equation(pictures, ("→",), ("a", "b"), LIGHT))
    assert [tuple(arrow[10, x]) for x in (29, 44, 58, 60)] == [LIGHT.paper, LIGHT.text, LIGHT.text, LIGHT.paper]
