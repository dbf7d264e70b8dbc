"""Of a network without convolutions, in the place of kernels: the weights of its neurons, each laid out as an image."""

from __future__ import annotations

import numpy as np

from cnnviz.analysis import inspection
from cnnviz.network.config import IMAGE_PX, N_CLASSES, Layer
from cnnviz.network.weights import Network
from cnnviz.pages.layers import signs
from cnnviz.render import palettes
from cnnviz.ui import digit_choice, panels, present, refusal
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import exact


class Words:
    """What is said of the weights."""

    intro = (
        "This network has no convolution layer, so it has no filters. Each neuron of its first layer has a weight for "
        "each pixel of the image; here they stand where their pixels are."
    )
    outputs = (
        "The weights of the ten outputs. Ink on {above} adds to the output, ink on {below} takes away; white is 0, and "
        "one scale holds for all."
    )
    neurons = (
        "The weights of all {n} neurons of {layer}. Ink on {above} adds to the neuron's sum, ink on {below} takes "
        "away; white is 0, and one scale holds for all."
    )
    some_neurons = (
        "The weights of the first {shown} of {n:,} neurons of {layer}. Ink on {above} adds to the neuron's sum, ink on "
        "{below} takes away; white is 0, and one scale holds for all."
    )
    alt = "{shown} pictures of 28 by 28 weights of layer {layer}, from {low:+.3f} to {high:+.3f}."
    called = {"outputs": "output {i}", "neurons": "neuron {i}"}
    products = (
        "The same weights times the pixels of the digit. Under each output the sum of its picture and its bias: the "
        "largest, {largest:+.2f}, is the answer, {answer}."
    )
    products_alt = "Ten pictures of 28 by 28 products of weight and pixel. Sums with the bias: {sums}."
    product_label = "{digit}: {total:+.2f}"


MOST = 64
"""Neurons whose weights are shown: as many as a person looks at."""
FILE_PX = 112
"""About how wide a picture is in the file that can be downloaded."""


def show(network: Network) -> None:
    """The weights of the first fully connected layer; of a network without a hidden one, also what it adds up."""
    panels.intro(Words.intro)
    layer, pictures = inspection.pixel_weights(network, MOST)
    signs.ask()
    with present.screen("kernels"):
        show_weights(layer, pictures)
    if layer.name == "logits" and not network.config.activate_logits:
        digit = digit_choice.current()
        refusal.note(network, digit)
        with present.screen("calculation"):
            show_products(network, digit.image)


def show_weights(layer: Layer, shown: np.ndarray) -> None:
    """A picture of the weights of each neuron, float (n, 28, 28), on one scale."""
    n = layer.shape[0]
    is_last = layer.name == "logits"
    sentence = Words.outputs if is_last else Words.neurons if n == len(shown) else Words.some_neurons
    called = Words.called["outputs" if is_last else "neurons"]
    values = {"shown": len(shown), "n": n, "layer": layer.name, "low": shown.min(), "high": shown.max()}
    sheet = exact(
        shown,
        *signs.weights(shown),
        columns_of(len(shown)),
        labels=[str(i) for i in range(len(shown))],
        called=[called.format(i=i) for i in range(len(shown))],
        cell_px=FILE_PX,
        widest_px=168 if is_last else 112,
        bar=True,
    )
    caption = sentence.format(**values, **signs.names())
    maps.show(sheet, caption=caption, alt=Words.alt.format(**values), name=f"weights-{layer.name}")


def columns_of(n: int) -> int:
    """How many of n pictures stand side by side where there is room."""
    return 5 if n <= N_CLASSES else 8


def show_products(network: Network, image: np.ndarray) -> None:
    """Weight times pixel, for each of the ten outputs, and the sums: the logits.

    Args:
        network: without hidden layers.
        image: float (28, 28).
    """
    kernel, bias = (network.weights[f"logits/{part}"].astype(np.float64) for part in ("kernel", "bias"))
    products = (kernel * image.reshape(-1, 1)).T.reshape(-1, IMAGE_PX, IMAGE_PX)
    sums = products.sum(axis=(1, 2)) + bias
    told = [Words.product_label.format(digit=digit, total=total) for digit, total in enumerate(sums)]
    limits = palettes.symmetric_limits(products)
    sheet = exact(
        products, signs.palette(), limits, columns_of(len(sums)), labels=told, cell_px=FILE_PX, widest_px=168, bar=True
    )
    caption = Words.products.format(largest=sums.max(), answer=sums.argmax())
    maps.show(sheet, caption=caption, alt=Words.products_alt.format(sums=", ".join(told)), name="weights-times-pixels")
