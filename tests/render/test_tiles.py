"""Tiles, read back from their pixels: every colour, size and place is worked out by hand."""

import io
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from cnnviz.render import palettes, tiles
from cnnviz.render.palettes import DARK, LIGHT
from pixels import colours, grey, pixels

NAN, INF = math.nan, math.inf
GREEN = (0, 190, 90)
BLUE_END, MIDDLE, RED_END = (0, 0, 76), (255, 253, 253), (128, 0, 0)  # seismic at 0, 128 and 255
ONE = (0.0, 1.0)


def test_a_map_is_dead_when_it_is_zero_everywhere():
    maps = np.zeros((4, 2, 2))
    maps[1, 1, 0], maps[2, 0, 0] = -1e-30, NAN
    assert tiles.is_dead(maps).tolist() == [True, False, False, True]


def test_five_maps_in_three_columns_lie_row_by_row():
    maps = np.ones((5, 2, 3)) * np.arange(5)[:, None, None] / 4
    picture = tiles.make_grid(maps, "gray", ONE, columns=3, cell_px=30)
    assert picture.size == (3 * 30 + 2 * 2, 2 * 20 + 2)  # three cells of 30 × 20, two gaps of 2
    image = pixels(picture)
    for i, (x, y) in enumerate([(0, 0), (32, 0), (64, 0), (0, 22), (32, 22)]):
        assert colours(image[y + 1 : y + 19, x + 1 : x + 29]) == {grey([0, 64, 128, 191, 255][i])}
    assert colours(image[22:, 64:]) == {LIGHT.paper}  # no sixth map
    assert colours(image[:, 30:32]) == colours(image[20:22]) == {LIGHT.paper}


@pytest.mark.parametrize(("n", "columns", "across", "down"), [(1, None, 1, 1), (5, None, 3, 2), (2, 8, 2, 1)])
def test_columns_are_as_square_as_can_be_and_never_more_than_maps(n, columns, across, down):
    picture = tiles.make_grid(np.zeros((n, 2, 2)), "gray", ONE, columns=columns, cell_px=20)
    assert picture.size == (22 * across - 2, 22 * down - 2)


@pytest.mark.parametrize(("px", "cell_px", "width"), [(28, 84, 84), (5, 84, 85), (60, 20, 60)])
def test_a_cell_is_a_whole_multiple_of_its_map(px, cell_px, width):
    assert tiles.make_grid(np.zeros((1, px, px)), "gray", ONE, cell_px=cell_px).size == (width, width)


def test_one_value_is_one_square_of_one_colour():
    values = np.array([[[0, 0.5, 1], [1, 0.25, 0]]])
    image = pixels(tiles.make_grid(values, "gray", ONE, cell_px=30))
    assert image.shape == (20, 30, 3)
    for row, levels in enumerate([[0, 128, 255], [255, 64, 0]]):
        for column, level in enumerate(levels):
            square = image[10 * row : 10 * row + 10, 10 * column : 10 * column + 10]
            assert colours(square[1:-1, 1:-1]) == {grey(level)}
    assert colours(image[1:-1, 1:-1]) == {grey(0), grey(64), grey(128), grey(255)}  # nothing in between
    assert colours(image[[0, -1]]) == colours(image[:, [0, -1]]) == {LIGHT.faint}


def test_dead_maps_are_crossed_out_when_asked():
    maps = np.zeros((3, 4, 4))
    maps[1, 2, 2], maps[2] = 1, NAN
    crossed = pixels(tiles.make_grid(maps, "gray", ONE, columns=3, cell_px=20, mark_dead=True))
    plain = pixels(tiles.make_grid(maps, "gray", ONE, columns=3, cell_px=20))
    assert colours(plain[1:19, 1:19]) == {grey(0)}
    cell = crossed[:20, :20]
    assert colours(cell) == {LIGHT.paper, LIGHT.faint}
    assert all(tuple(cell[i, i]) == tuple(cell[i, 19 - i]) == LIGHT.faint for i in range(20))
    assert tuple(cell[2, 10]) == LIGHT.paper
    assert (crossed[:, 20:] == plain[:, 20:]).all()  # neither the live map nor the one that is not a number


def test_each_map_has_its_own_limits_or_all_share_one_scale():
    maps = np.array([[[0.0, 2.0]], [[0.0, 1.0]]])
    shared = pixels(tiles.make_grid(maps, "gray", (0.0, 2.0), columns=2, cell_px=20))
    own = pixels(tiles.make_grid(maps, "gray", [(0.0, 2.0), (0.0, 1.0)], columns=2, cell_px=20))
    assert [shared[5, x, 0] for x in (5, 15, 27, 37)] == [0, 255, 0, 128]
    assert [own[5, x, 0] for x in (5, 15, 27, 37)] == [0, 255, 0, 255]


def test_nan_is_green_whatever_the_palette():
    image = pixels(tiles.make_grid(np.array([[[0.0, NAN]]]), "seismic", (-1.0, 1.0), cell_px=20))
    assert colours(image[1:9, 1:10]) == {MIDDLE}
    assert colours(image[1:9, 10:19]) == {GREEN}


def test_a_constant_map_gets_the_middle_colour_and_no_division_by_zero():
    image = pixels(tiles.make_grid(np.full((1, 2, 2), 7.0), "gray", (7.0, 7.0), cell_px=20, bar=True))
    assert colours(image[1:19, 1:19]) == {grey(128)}


def test_labels_stand_under_their_own_map():
    maps = np.full((4, 2, 2), 0.5)
    plain = tiles.make_grid(maps, "gray", ONE, columns=2, cell_px=50)
    labelled = tiles.make_grid(maps, "gray", ONE, columns=2, cell_px=50, labels=["", "8", "", ""])
    assert labelled.width == plain.width == 102
    assert labelled.height == plain.height + 2 * 20  # 14-pixel words, 1.4 lines, two rows
    image = pixels(labelled)
    assert colours(image[50:70, :50]) == colours(image[-20:]) == {LIGHT.paper}
    assert image[50:70, 52:].min() < 128  # dark words on white
    assert (image[:50] == pixels(plain)[:50]).all()


@pytest.mark.parametrize("limits", [(-3.0, 3.0), (0.0, 3.0)], ids=["signed", "positive"])
def test_the_bar_runs_from_the_greatest_to_the_least_colour(limits):
    maps = np.zeros((4, 5, 5))
    plain = tiles.make_grid(maps, "seismic", limits, cell_px=100, theme=DARK)
    picture = tiles.make_grid(maps, "seismic", limits, cell_px=100, theme=DARK, bar=True)
    assert picture.width > plain.width
    assert picture.height == plain.height
    image = pixels(picture)
    assert (image[:, : plain.width] == pixels(plain)).all()
    near = [(np.abs(image[:, plain.width :] - end) <= 8).all(axis=2) for end in (RED_END, MIDDLE, BLUE_END)]
    inside = np.flatnonzero(near[0].any(axis=0))[0]  # the bar's first column
    high, middle, low = (np.flatnonzero(found[:, inside]) for found in near)
    assert high[0] < high[-1] < middle[0] <= middle[-1] < low[0]


@pytest.mark.parametrize(("theme", "paper"), [(LIGHT, (255, 255, 255)), (DARK, (14, 17, 23))], ids=["light", "dark"])
def test_everything_around_the_maps_has_the_colours_of_the_theme(theme, paper):
    image = pixels(tiles.make_grid(np.zeros((2, 3, 3)), "gray", ONE, labels=["a", "b"], bar=True, theme=theme))
    assert colours(image[:84, 84:87]) == {paper}
    assert theme.text in colours(image)
    assert tuple(pixels(tiles.probability_bars(np.eye(10)[3], theme))[0, 0]) == paper


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    maps=st.sampled_from([np.float32, np.float64]).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            hnp.array_shapes(min_dims=3, max_dims=3, max_side=4),
            elements=st.floats(allow_nan=False, allow_infinity=False, width=np.dtype(dtype).itemsize * 8),
        )
    ),
    limits=st.sampled_from([palettes.symmetric_limits, palettes.limits_with_zero, lambda _: (-1.0, 1.0)]),
)
@example(maps=np.array([[[3e38, -3e38]]], np.float32), limits=palettes.symmetric_limits)
@example(maps=np.array([[[1e308, -1e308]]]), limits=palettes.symmetric_limits)
@example(maps=np.array([[[3e38]]], np.float32), limits=lambda _: (-1.0, 1.0))
def test_any_finite_maps_give_a_grid_whose_size_depends_on_their_shape_alone(maps, limits):
    drawn = tiles.make_grid(maps, "seismic", limits(maps), cell_px=12, mark_dead=True)
    assert drawn.size == tiles.make_grid(np.zeros_like(maps), "seismic", (0.0, 0.0), cell_px=12).size
    assert GREEN not in colours(pixels(drawn))


def test_bars_are_as_long_as_their_probabilities_and_the_largest_is_in_colour():
    probs = np.array([0.1, 0, 0.6, 0, 0, 0, 0, 0.3, 0, 0], np.float32)
    image = pixels(tiles.probability_bars(probs))
    assert image.shape == (360, 360, 3)
    filled = [np.abs(image[36 * i + 7] - (LIGHT.accent if i == 2 else LIGHT.faint)).max(1) == 0 for i in range(10)]
    widths = [int(row.sum()) for row in filled]
    whole = 360 - 101 - 32  # right of the digit, left of the words
    assert widths == pytest.approx(whole * probs, abs=2)
    assert np.argmax(widths) == 2
    assert {int(row.argmax()) for row in filled} <= {31, 32}  # all start at one line
    assert [LIGHT.accent in colours(image[36 * i : 36 * i + 36]) for i in range(10)] == [i == 2 for i in range(10)]


def test_the_words_beside_a_full_bar_fit():
    image = pixels(tiles.probability_bars(np.array([1, *[0] * 9])))
    assert colours(image[:, -1]) == {LIGHT.paper}
    assert LIGHT.text in colours(image[:36, 260:])


def test_png_keeps_every_pixel():
    picture = tiles.make_grid(np.arange(8.0).reshape(2, 2, 2), "viridis", (0.0, 7.0), labels=["a", "b"])
    content = tiles.png(picture)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    back = Image.open(io.BytesIO(content))
    assert back.mode == "RGB"
    assert (pixels(back) == pixels(picture)).all()


def test_a_row_holds_images_of_any_size():
    picture = np.asarray(tiles.image_row([np.ones((4, 2)), np.zeros((100, 100))], ("a", "b"), 40))
    assert picture.shape[1] == 2 * 40 + 5
    assert picture[20, 20].tolist() == [255, 255, 255]
    assert picture[20, 65].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("shape", "columns", "cell_px"), [((16, 28, 28), 8, 100), ((5, 7, 7), 3, 40), ((3, 1, 1), 3, 9)]
)
def test_the_layout_says_where_the_maps_of_a_grid_lie(shape, columns, cell_px):
    maps = np.arange(1, shape[0] + 1, dtype=float)[:, None, None] * np.ones(shape)
    picture = pixels(tiles.make_grid(maps, "gray", (0, 20), columns=columns, cell_px=cell_px))
    grid = tiles.grid_layout(shape, columns, cell_px)
    for i in range(shape[0]):
        left, top, right, bottom = grid.box(i)
        inner = picture[top + 1 : bottom, left + 1 : right]
        assert colours(inner) == {grey(round((i + 1) / 20 * 255))}
    assert picture.shape[1] == grid.box(columns - 1)[2] + 1
