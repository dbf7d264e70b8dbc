"""Questions that a class can be asked of any page, with what the network says of them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.classroom.prompts import Prompt
from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.percentages import probability
from cnnviz.render import palettes, tiles
from cnnviz.ui import breaking, choice, digit_choice, lookups
from cnnviz.ui.state import RoomKeys

DIGIT_ZOOM, KERNEL_PX, GAP_PX, N_COLUMNS = 8, 60, 6, 8


class Words:
    """What these questions say."""

    which_digit = "Which digit will the network say?"
    which_digit_text = "Which digit will {network} say?"
    digit_alt = "A digit of 28 by 28 grey pixels."
    digit_said = "{network} says {digit}, with a probability of {share}."
    which_filter = "Which filter answers most to this digit?"
    which_filter_text = "These are the {n} kernels of {layer}. Which one answers most to the digit?"
    filter_alt = "{n} kernels of {layer}, numbered from 0, row by row; red is above 0, blue below."
    filter_said = (
        "After ReLU, the map of kernel {number} has the largest sum, {total:.1f}; the next is {next} with {second:.1f}."
    )
    no_filters = "This network has no convolution layer, so it has no filters."
    draw = "Draw a digit"
    draw_texts = ("Draw any digit.", "Draw a {digit}.")
    any, label = "any", "Digit"
    own = "A question of your own"
    kinds = {"choice": "To choose from", "number": "A number", "text": "A sentence"}
    kind, options = "Answers", "Answers to choose from, one a line"
    right_option, none_right = "Right", "none"
    low, high, right, unit = "From", "To", "Right", "Unit"
    explanation = "What to say when it is revealed"


def digit_of_session() -> Prompt:
    """What the chosen network says of the session's digit."""
    return of_digit(choice.network(), digit_choice.current().image)


def of_digit(network: Network, image: np.ndarray, text: str = "") -> Prompt:
    """Which digit a network says.

    Args:
        network: which one; also one that was changed.
        image: float (28, 28) in [0, 1], 1 is ink, as the network is shown it.
        text: the question; by default the usual one.
    """
    probs = lookups.activations(network, image[None, :, :, None].astype(np.float32))["softmax"][0]
    said, name = int(probs.argmax()), network_name()
    return Prompt(
        "digit",
        text or Words.which_digit_text.format(network=name),
        picture=picture_of(image),
        alt=Words.digit_alt,
        right=said,
        shares=tuple(min(1.0, float(share)) for share in probs),
        explanation=Words.digit_said.format(network=name, digit=said, share=probability(float(probs[said]))),
    )


def picture_of(image: np.ndarray) -> str:
    """A digit, float (28, 28) in [0, 1], as a PNG in base64."""
    return png(tiles.enlarged(image, "gray", (0, 1), DIGIT_ZOOM, palettes.LIGHT))


def network_name() -> str:
    """The chosen network's; "" where there is none."""
    entry = choice.current().entry
    return entry.name if entry else ""


def strongest_filter() -> Prompt | None:
    """Which kernel of the first layer has the map with the largest sum; None where there is no filter."""
    network = choice.network()
    found = layers(network.config)
    first_layer = next((layer for layer in found if layer.kind == "convolution"), None)
    if first_layer is None:
        st.info(Words.no_filters)
        return None
    image = digit_choice.current().image
    outputs = lookups.activations(network, image[None, :, :, None])
    sums = outputs[_activation_of(found, first_layer).name][0].sum(axis=(0, 1))
    first, second = (int(number) for number in np.argsort(-sums, kind="stable")[:2])
    kernels = network.weights[f"{first_layer.name}/kernel"][:, :, 0, :].transpose(2, 0, 1)
    said = {"number": first, "total": float(sums[first]), "next": second, "second": float(sums[second])}
    return Prompt(
        "cell",
        Words.which_filter_text.format(n=len(kernels), layer=first_layer.name),
        picture=png(sheet_of(kernels)),
        alt=Words.filter_alt.format(n=len(kernels), layer=first_layer.name),
        n_cells=len(kernels),
        columns=min(N_COLUMNS, len(kernels)),
        right=first,
        explanation=Words.filter_said.format(**said),
    )


def _activation_of(found: Sequence[Layer], layer: Layer) -> Layer:
    return next(each for each in found if each.kind == "activation" and each.block == layer.block)


def sheet_of(kernels: np.ndarray) -> Image.Image:
    """Kernels, float (n, height, width), in cells of one size, red above 0 and blue below, all on one scale."""
    n, columns = len(kernels), min(N_COLUMNS, len(kernels))
    cell = KERNEL_PX + GAP_PX
    whole = Image.new("RGB", (columns * cell, -(-n // columns) * cell), palettes.LIGHT.paper)
    limits, zoom = palettes.symmetric_limits(kernels), max(1, KERNEL_PX // max(kernels.shape[1:]))
    for i, kernel in enumerate(kernels):
        picture = tiles.enlarged(kernel, "seismic", limits, zoom, palettes.LIGHT)
        left, top = (i % columns) * cell, (i // columns) * cell
        whole.paste(picture, (left + (cell - picture.width) // 2, top + (cell - picture.height) // 2))
    return whole


def png(picture: Image.Image) -> str:
    """A PNG in base64."""
    return base64.b64encode(tiles.png(picture)).decode()


def drawing() -> Prompt:
    """Everybody draws a digit; asks which."""
    label = st.selectbox(Words.label, [Words.any, *range(10)], key=RoomKeys.asked_label.name)
    wanted = label if isinstance(label, int) else None
    text = Words.draw_texts[wanted is not None].format(digit=wanted)
    return Prompt("drawing", text, label=wanted)


def own() -> Prompt | None:
    """A question that the teacher types; None until it can be asked."""
    kind = st.segmented_control(
        Words.kind, list(Words.kinds), default="choice", format_func=Words.kinds.__getitem__, required=True
    )
    explanation = st.text_input(Words.explanation, max_chars=500)
    if kind == "choice":
        return _own_choice(explanation)
    if kind == "number":
        return _own_number(explanation)
    return Prompt("text", " ", explanation=explanation)


def _own_choice(explanation: str) -> Prompt | None:
    lines = st.text_area(Words.options, height=120, max_chars=2000).splitlines()
    options = tuple(line.strip()[:500] for line in lines if line.strip())[:12]
    if len(options) < 2:
        return None
    right = st.selectbox(Words.right_option, [Words.none_right, *options])
    number = options.index(right) if right in options else None
    return Prompt("choice", " ", options=options, right=number, explanation=explanation)


def _own_number(explanation: str) -> Prompt | None:
    with st.container(horizontal=True):
        low = st.number_input(Words.low, value=0.0)
        high = st.number_input(Words.high, value=100.0)
        right = st.number_input(Words.right, value=None)
        unit = st.text_input(Words.unit, max_chars=20, value="%")
    if not low < high:
        return None
    return Prompt("number", " ", low=low, high=high, value=right, unit=unit, explanation=explanation)


OF_ANY_PAGE: dict[str, Callable[[], Prompt | None]] = {
    Words.which_digit: digit_of_session,
    Words.which_filter: strongest_filter,
    Words.draw: drawing,
    breaking.Words.subject: breaking.prompt,
    Words.own: own,
}
"""What makes each question, by its title."""
