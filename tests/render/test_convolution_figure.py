"""The figure of one convolution: what it shows is read back from matplotlib's artists."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from cnnviz.render import convolution_figure, figures
from cnnviz.render.convolution_figure import Mark

MARKS = [
    Mark(5, 6, 3, 4, "1: greatest\n+1.200"),
    Mark(5, 8, 3, 6, "2: least\n−0.900"),
    Mark(0, 0, -2, -2, "3: nearest to 0 on ink\n+0.001"),
    Mark(27, 20, 25, 18, "4: no ink under it\n+0.050"),
]
LOOKS = (("seismic", (-0.3, 0.3)), ("PuOr", (-2.0, 2.0)))
WORDS = ("Filter 3 of conv1 at four places", "the map that comes out,\nbefore the activation", "A caption. " * 16)


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    return rng.random((28, 28)), rng.normal(size=(5, 5)) / 10, rng.normal(size=(28, 28))


def test_the_kernel_lies_on_each_copy_where_it_belongs(arrays):
    inputs, weights, results = arrays
    fig = convolution_figure.convolution_figure(*arrays, marks=MARKS, looks=LOOKS, words=WORDS)
    *copies, map_ = fig.axes
    assert len(copies) == 4
    for axes, mark in zip(copies, MARKS, strict=True):
        digit, kernel = axes.images
        assert (digit.get_array() == convolution_figure.as_paper(inputs)).all()
        assert (kernel.get_array() == weights).all()
        assert (kernel.cmap.name, kernel.get_clim(), kernel.get_alpha()) == ("seismic", (-0.3, 0.3), 0.65)
        # Left, right, bottom, top of the picture: its first element covers the pixel (top, left).
        assert kernel.get_extent() == [mark.left - 0.5, mark.left + 4.5, mark.top + 4.5, mark.top - 0.5]
        assert axes.get_xlim() == (-0.5, 27.5)
        assert axes.get_xlabel() == mark.label
    (shown,) = map_.images
    assert (shown.get_array() == results).all()
    assert (shown.cmap.name, shown.get_clim()) == ("PuOr", (-2, 2))
    framed = [(patch.get_y() + 0.5, patch.get_x() + 0.5) for patch in map_.patches]
    assert framed == [(mark.row, mark.column) for mark in MARKS]
    assert [text.get_text() for text in map_.texts] == ["1", "2", "3", "4"]


def test_it_is_dark_on_light_and_all_its_words_are_seen(arrays):
    fig = convolution_figure.convolution_figure(*arrays, marks=MARKS, looks=LOOKS, words=WORDS)
    picture = Image.open(io.BytesIO(figures.png(fig)))
    assert picture.getpixel((1, picture.height - 1))[:3] == (255, 255, 255)
    words = [*(axes.xaxis.label for axes in fig.axes), fig._suptitle, fig._supxlabel]
    extents = [word.get_window_extent() for word in words]
    width, height = fig.canvas.get_width_height()
    for i, box in enumerate(extents):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
        assert words[i].get_fontsize() >= 12
        assert to_hex(words[i].get_color()) == "#31333f"
        assert not any(box.overlaps(other) for other in extents[:i])


@pytest.mark.parametrize("lines", [1, 3])
def test_labels_of_any_number_of_lines_stand_free_of_the_caption(arrays, lines):
    marks = [Mark(9, 9, 7, 7, "\n".join(["+0.100"] * lines))]
    fig = convolution_figure.convolution_figure(*arrays, marks=marks, looks=LOOKS, words=WORDS)
    figures.png(fig)
    labels = [axes.xaxis.label.get_window_extent() for axes in fig.axes]
    assert not any(label.overlaps(fig._supxlabel.get_window_extent()) for label in labels)


def test_ink_is_a_middle_grey_and_paper_white():
    greys = convolution_figure.as_paper(np.array([[0.0, 0.5, 1.0]]))
    assert greys.tolist() == [pytest.approx([1, 0.725, 0.45])]
    assert convolution_figure.as_paper(np.array([[0.0, 4.0]])).tolist() == [pytest.approx([1, 0.45])]
    assert convolution_figure.as_paper(np.array([[-2.0, 2.0]])).tolist() == [pytest.approx([1, 0.45])]
    assert convolution_figure.as_paper(np.zeros((2, 2))).tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("side", [7, 14, 28])
def test_each_number_stands_nearest_to_its_own_pixel_and_inside(side):
    rng = np.random.default_rng(side)
    for _ in range(50):
        places = [tuple(place) for place in rng.choice(side, (4, 2)).tolist()]
        if len(set(places)) < 4:
            continue
        ways = convolution_figure.sides_of_numbers(places, side)
        at = [convolution_figure.number_at(place, way, side) for place, way in zip(places, ways, strict=True)]
        assert all(number.min() >= 0 and number.max() <= side - 0.5 for number in at)
    (way,) = convolution_figure.sides_of_numbers([(0, 0)], side)
    assert way == (1, 1)
    # Two neighbours: their numbers stand on different sides.
    ways = convolution_figure.sides_of_numbers([(side // 2, side // 2), (side // 2, side // 2 + 1)], side)
    assert ways[0] != ways[1]
