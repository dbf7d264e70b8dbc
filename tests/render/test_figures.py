"""Figures: what they say is read back from matplotlib's artists."""

import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from cnnviz.network.config import Convolution, NetworkConfig, layers
from cnnviz.network.presets import PRESETS
from cnnviz.render import figures
from cnnviz.render.charts import Spread
from cnnviz.render.palettes import DARK, LIGHT
from common import ROOT

MATRIX = np.arange(100).reshape(10, 10)
"""Not symmetric: row t, column p holds 10 t + p."""

DARK_PAPER, DARK_TEXT, DARK_ACCENT = "#0e1117", "#fafafa", "#5fa5f5"

NETWORKS = {
    **{name: preset.network for name, preset in PRESETS.items()},
    "no-dense": NetworkConfig((Convolution(4),), ()),
    "no-pooling": NetworkConfig((Convolution(4), Convolution(1, 3, 2)), (20,), pooling="none"),
    "three": NetworkConfig(
        (Convolution(8), Convolution(16), Convolution(32)), (64,), "tanh", "average", dropout=0.5, activate_logits=True
    ),
    "no-convolution": NetworkConfig((), ()),
    "two-dense": NetworkConfig((Convolution(4),), (128, 64)),
}


def sizes(config):
    return [figures._size(layer) for layer, _ in figures.flow_chart(layers(config))]


def words(config):
    return [text for _, text in figures.flow_chart(layers(config))]


def boxes(fig):
    """Where each written word stands, in pixels from the lower left."""
    figures.png(fig)  # lays it out
    texts = [text for axes in fig.axes for text in [*axes.texts, axes.xaxis.label, axes.yaxis.label]]
    return {i: text.get_window_extent() for i, text in enumerate(texts) if text.get_text()}


def cut_off(fig):
    width, height = fig.canvas.get_width_height()
    return [b.extents for b in boxes(fig).values() if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height]


def test_confusion_figure_draws_the_matrix_as_it_is():
    axes, bar = figures.confusion_figure(MATRIX).axes
    [image] = axes.images
    assert (image.get_array() == MATRIX).all()
    assert image.cmap.name == "Blues"
    assert image.get_clim() == (0, 99)
    assert axes.get_ylim() == (9.5, -0.5)  # true 0 is the uppermost row
    assert bar.get_ylim() == (0, 99)


def test_confusion_figure_writes_each_number_in_its_cell():
    axes = figures.confusion_figure(MATRIX).axes[0]
    assert len(axes.texts) == 100
    for text in axes.texts:
        predicted, true = text.get_position()
        assert text.get_text() == str(10 * true + predicted)


def test_numbers_are_white_on_dark_cells_and_black_on_light():
    axes = figures.confusion_figure(MATRIX).axes[0]
    shades = {int(text.get_text()): text.get_color() for text in axes.texts}
    assert shades == {count: "black" if count < 50 else "white" for count in range(100)}
    luminance = {count: np.dot(axes.images[0].to_rgba(count)[:3], [0.2126, 0.7152, 0.0722]) for count in shades}
    assert luminance[99] < luminance[50] < luminance[49] < luminance[0]


def test_confusion_figure_names_its_axes_and_its_digits():
    axes = figures.confusion_figure(MATRIX).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted", "True")
    assert axes.get_xticks().tolist() == axes.get_yticks().tolist() == list(range(10))


@pytest.mark.parametrize("top", [0, 1, 99, 980, 1135, 6742], ids="max={}".format)
def test_no_word_of_the_confusion_figure_is_cut_off(top):

    assert cut_off(figures.confusion_figure(np.eye(10, dtype=np.int64) * top)) == []


def test_counts_figure_has_a_bar_and_a_number_for_each_digit():
    counts = np.array([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 0])
    fig = figures.counts_figure(counts)
    [axes] = fig.axes
    assert [bar.get_height() for bar in axes.patches] == counts.tolist()
    assert [bar.get_x() + bar.get_width() / 2 for bar in axes.patches] == pytest.approx(range(10))
    assert [text.get_text() for text in axes.texts[:2]] == ["980", "1,135"]
    assert [int(text.get_text().replace(",", "")) for text in axes.texts] == counts.tolist()
    assert axes.get_xlabel() == "Digit"
    assert axes.get_xticks().tolist() == list(range(10))
    assert cut_off(fig) == []


def test_flow_of_hvass():
    config = PRESETS["hvass"].network
    assert sizes(config) == ["28×28", "16 × 14×14", "36 × 7×7", "1,764", "128", "10", "10"]
    assert words(config) == [
        "image",
        "16 filters 5×5\nmax-pool 2×2\nReLU",
        "36 filters 5×5\nmax-pool 2×2\nReLU",
        "flattened",
        "fully\nconnected\nReLU",
        "logits",
        "softmax",
    ]


def test_flow_of_deep_mnist_names_its_dropout_before_the_logits():
    config = PRESETS["deep-mnist"].network
    assert sizes(config) == ["28×28", "32 × 14×14", "64 × 7×7", "3,136", "1,024", "10", "10"]
    assert words(config)[2] == "64 filters 5×5\nReLU\nmax-pool 2×2"
    assert words(config)[-3:] == ["fully\nconnected\nReLU", "dropout\nlogits", "softmax"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("low-level", ["28×28", "32 × 14×14", "64 × 7×7", "3,136", "1,024", "10", "10"]),
        ("no-dense", ["28×28", "4 × 14×14", "784", "10", "10"]),
        ("no-pooling", ["28×28", "4 × 28×28", "14×14", "196", "20", "10", "10"]),
        ("three", ["28×28", "8 × 14×14", "16 × 7×7", "32 × 4×4", "512", "64", "10", "10"]),
        ("no-convolution", ["28×28", "784", "10", "10"]),
        ("two-dense", ["28×28", "4 × 14×14", "784", "128", "64", "10", "10"]),
    ],
)
def test_flow_shows_what_each_block_hands_on(name, expected):
    assert sizes(NETWORKS[name]) == expected


def test_flow_names_pooling_activation_and_what_becomes_of_the_logits():
    assert words(NETWORKS["three"])[1] == "8 filters 5×5\ntanh\naverage-pool 2×2"
    assert words(NETWORKS["three"])[-2] == "dropout\nlogits\ntanh"
    assert words(NETWORKS["no-pooling"])[1] == "4 filters 5×5\nReLU"


@pytest.mark.parametrize("name", NETWORKS)
def test_network_figure_writes_every_step_and_joins_them_with_arrows(name):
    steps = figures.flow_chart(layers(NETWORKS[name]))
    [axes] = figures.network_figure(layers(NETWORKS[name])).axes
    written = [text.get_text() for text in axes.texts]
    assert [text for text in written if text] == [text for layer, w in steps for text in (figures._size(layer), w)]
    assert written.count("") == len(steps) - 1  # an arrow is an annotation without words
    sheets = sum(min(layer.shape[2], 8) if layer.is_map else 1 for layer, _ in steps)
    assert len(axes.patches) == sheets


@pytest.mark.parametrize("name", NETWORKS)
def test_words_of_the_network_figure_neither_overlap_nor_are_cut_off(name):
    fig = figures.network_figure(layers(NETWORKS[name]))
    assert cut_off(fig) == []
    extents = list(boxes(fig).values())
    assert [(a.extents, b.extents) for i, a in enumerate(extents) for b in extents[:i] if a.overlaps(b)] == []


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda theme: figures.confusion_figure(MATRIX, theme), id="confusion"),
        pytest.param(lambda theme: figures.counts_figure(np.arange(10), theme), id="counts"),
        pytest.param(lambda theme: figures.network_figure(layers(NETWORKS["hvass"]), theme), id="network"),
    ],
)
def test_png_has_the_colours_of_its_theme(draw):
    for theme, paper in ((LIGHT, (255, 255, 255)), (DARK, (14, 17, 23))):
        content = figures.png(draw(theme))
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        image = Image.open(io.BytesIO(content)).convert("RGB")
        assert {image.getpixel((x, y)) for x in (0, image.width - 1) for y in (0, image.height - 1)} == {paper}


def test_words_and_shapes_are_light_on_dark():
    axes, bar = figures.confusion_figure(MATRIX, DARK).axes
    named = [axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
    assert {to_hex(text.get_color()) for text in [*named, *bar.get_yticklabels()]} == {DARK_TEXT}
    [counts] = figures.counts_figure(np.arange(10), DARK).axes
    assert {to_hex(text.get_color()) for text in [*counts.texts, counts.xaxis.label]} == {DARK_TEXT}
    assert {to_hex(patch.get_facecolor()) for patch in counts.patches} == {DARK_ACCENT}
    [network] = figures.network_figure(layers(NETWORKS["hvass"]), DARK).axes
    assert {to_hex(text.get_color()) for text in network.texts if text.get_text()} == {DARK_TEXT}
    assert {to_hex(patch.get_edgecolor()) for patch in network.patches[:17]} == {DARK_ACCENT}
    assert {to_hex(patch.get_facecolor()) for patch in network.patches} == {DARK_PAPER, DARK_ACCENT}


def test_pyplot_is_never_imported():
    program = """
import sys
import numpy as np
from cnnviz.network import config, presets
from cnnviz.render import charts, figures
assert not {"matplotlib", "altair", "pandas"} & set(sys.modules), "loaded before use"
figures.png(figures.confusion_figure(np.eye(10, dtype=int)))
figures.png(figures.counts_figure(np.arange(10)))
figures.png(figures.network_figure(config.layers(presets.PRESETS["hvass"].network)))
charts.curve_chart({"a": (np.arange(3), np.arange(3))}, "Loss")
assert "altair" not in sys.modules, "loaded for a chart that the Train page draws"
charts.confusion_chart(np.eye(10, dtype=int), "cell").to_dict()
assert "matplotlib.figure" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
assert "tensorflow" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_curves_are_drawn_as_they_are():
    series = {"before": (np.array([1.0, 5.0]), np.array([0.2, 0.9])), "after": (np.array([5.0]), np.array([0.95]))}
    (axes,) = figures.curves_figure(series, "Accuracy", 1.0).axes
    assert [line.get_xydata().tolist() for line in axes.lines] == [[[1.0, 0.2], [5.0, 0.9]], [[5.0, 0.95]]]
    assert axes.get_ylim()[1] == 1
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["before", "after"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Training step", "Accuracy")
    (alone,) = figures.curves_figure({"noise": series["before"]}, "Accuracy", x_title="Noise").axes
    assert alone.get_legend() is None
    assert alone.get_xlabel() == "Noise"


def test_seeds_their_mean_and_its_interval_are_in_percent():
    (axes,) = figures.spreads_figure([Spread("a", (0.5, 0.7), 0.4, 0.8), Spread("b", (0.9,), 0.9, 0.9)]).axes
    interval, mean, seeds = (line.get_xydata() for line in axes.lines[:3])
    assert interval.tolist() == [[40, 0], [80, 0]]
    assert mean[0] == pytest.approx([60, 0])
    assert seeds.tolist() == [[50, 0], [70, 0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
