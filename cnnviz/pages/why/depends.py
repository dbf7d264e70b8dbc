"""What an answer and a filter depend on: saliency, occlusion, the digits and the made-up input that excite a filter."""

import functools
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from cnnviz.analysis import attribution
from cnnviz.network.config import IMAGE_PX
from cnnviz.network.weights import Network
from cnnviz.pages.why import top_images
from cnnviz.percentages import percent, probability
from cnnviz.render import matrices, palettes, tiles
from cnnviz.render.palettes import Theme
from cnnviz.ui import choice, digit_choice, lookups, panels, present, refusal, session, state
from cnnviz.ui.state import WhyPage


class Words:
    """What this part says."""

    intro = "What it looks at: four ways to ask what an answer or a filter depends on, and what each does not prove."
    asked, answer = "Ask about", "the answer"
    side = "Side of the grey square, pixels"
    read = "The network reads **{first}**; its second guess is {second}."
    read_asked = (
        "The network reads **{first}**; its second guess is {second}. Asked about: **{digit}**, which gets {share}."
    )
    computing = "Asking the network"

    saliency = "Saliency: a little more ink"
    saliency_labels = ("the digit", "what the ink does")
    saliency_caption = (
        "At each pixel in turn ink is added, {step} of full ink, and the network computes again: red, the number for "
        "{digit} before the softmax rises; blue, it falls. It changes by {low} to {high}."
    )
    saliency_full = {
        False: (
            " 1 pixel has no room for more ink. There as much is taken away: red, the number falls without it; blue, "
            "it rises."
        ),
        True: (
            " {n} pixels have no room for more ink. There as much is taken away: red, the number falls without it; "
            "blue, it rises."
        ),
    }
    saliency_alt = (
        "Two pictures of 28 by 28 pixels: the digit, and what a step of ink at each pixel does to the logit of "
        "{digit}, from {low} in row {low_row}, column {low_column}, to {high} in row {high_row}, column {high_column}."
    )
    saliency_not = (
        "that the network used the red pixels. The effect holds for a small step at one pixel of this one image; "
        "a whole stroke there may do the opposite, and many red pixels are blank."
    )

    occlusion = "Occlusion: a grey square"
    occlusion_labels = ("the worst place", "probability of {digit}")
    occlusion_caption = (
        "A grey square of {side}×{side} pixels is laid on each of {n} places; the colour at its middle is the "
        "probability of {digit} that is left, from {least} to {most}; without a square it is {free}."
    )
    unchanged = "**No single square changes the answer.** The framed one hurts most and leaves {least}."
    changed = {
        False: (
            "**One of the {n} squares changes the answer.** With the framed one, which hurts most, the digit is read "
            "as {now}."
        ),
        True: (
            "**{n_changed} of the {n} squares change the answer.** With the framed one, which hurts most, the digit is "
            "read as {now}."
        ),
    }
    occlusion_alt = (
        "Two pictures of 28 by 28 pixels: the digit with the square that hurts most, rows {top} to {bottom}, columns "
        "{left} to {right}; and the probability of {digit} for each place of the square, from {least} to {most}."
    )
    occlusion_not = (
        "that the network looks for what lies under the square. A grey square is a shape of its own that no training "
        "digit had; it may be taken for a stroke. Where two parts of a digit tell the same, hiding one does nothing."
    )


ZOOM = 10
MOST_SIDE_PX = 14


def show() -> None:
    """The part from top to bottom."""
    network, test = choice.network(), choice.dataset()
    panels.intro(Words.intro)
    look_at_image(network)
    top_images.show(network, test)


@session.part
def look_at_image(network: Network) -> None:
    """Saliency and occlusion of one digit."""
    chosen = digit_choice.current()
    refusal.note(network, chosen)
    image = chosen.image
    asks = present.screen("saliency")
    with asks, st.container(horizontal=True, vertical_alignment="center", gap="large"):
        options = [Words.answer, *range(10)]
        about = st.selectbox(Words.asked, options, key=WhyPage.about.name, width=160, persist_state="session")
        side = st.slider(Words.side, 1, MOST_SIDE_PX, 5, key=WhyPage.side_px.name, width=260, persist_state="session")
        answer = st.container(width=420)
    probs = lookups.activations(network, image[None, :, :, None])["softmax"][0]
    digit = int(probs.argmax()) if about == Words.answer else int(about)
    with lookups.failures(), st.spinner(Words.computing):
        changes = saliency_of(network, image)[..., digit]
        covered = occlusion_of(network, image, side)
    first, second = np.argsort(-probs)[:2]
    sentence = Words.read if about == Words.answer else Words.read_asked
    answer.markdown(sentence.format(first=first, second=second, digit=digit, share=probability(probs[digit])))
    with st.container(key=state.stack_of("why").name):
        left, right = st.columns(2, gap="large")
    with left, present.screen("saliency", 2):
        show_saliency(image, changes, digit)
    with right, present.screen("occlusion"):
        show_occlusion(image, covered, digit, probs)


@st.cache_resource(show_spinner=False, max_entries=256, hash_funcs={Network: lambda network: network.key})
def saliency_of(network: Network, image: np.ndarray) -> np.ndarray:
    """`attribution.saliency`, computed once."""
    changes: np.ndarray = lookups.call(attribution.saliency, network, image)
    return changes


@st.cache_resource(show_spinner=False, max_entries=256, hash_funcs={Network: lambda network: network.key})
def occlusion_of(network: Network, image: np.ndarray, side: int) -> np.ndarray:
    """`attribution.occluded`, computed once."""
    covered: np.ndarray = lookups.call(attribution.occluded, network, image, side)
    return covered


def _change(value: float) -> str:
    return f"{value:+.3f}" if abs(value) >= 0.0005 or value == 0 else f"{value:+.1e}"


def show_saliency(image: np.ndarray, changes: np.ndarray, digit: int) -> None:
    """The digit, and by how much its logit changes with a step of ink at each pixel."""
    st.subheader(Words.saliency, anchor=False)
    low, high = (np.unravel_index(at, changes.shape) for at in (changes.argmin(), changes.argmax()))
    values = {"digit": digit, "low": _change(changes.min()), "high": _change(changes.max())}
    places = {"low_row": low[0], "low_column": low[1], "high_row": high[0], "high_column": high[1]}
    caption = Words.saliency_caption.format(step=percent(attribution.INK_STEP, 0), **values)
    if n_full := int((~attribution.has_room(image)).sum()):
        caption += Words.saliency_full[n_full > 1].format(n=n_full)
    alt = Words.saliency_alt.format(**values, **places)
    panels.picture(functools.partial(saliency_picture, image, changes), caption, alt, "saliency", inline=True)
    panels.not_proven(Words.saliency_not)


def saliency_picture(image: np.ndarray, changes: np.ndarray, theme: Theme) -> Image.Image:
    """The digit, and the changes beside it."""
    limits = palettes.symmetric_limits(changes)
    seen = matrices.image_with_boxes(image, panels.map_palette(), [], ZOOM, theme)
    effects = tiles.with_colour_bar(tiles.enlarged(changes, "seismic", limits, ZOOM, theme), "seismic", limits, theme)
    return matrices.equation((seen, effects), ("",), Words.saliency_labels, theme)


def show_occlusion(image: np.ndarray, occluded: np.ndarray, digit: int, probs: np.ndarray) -> None:
    """The digit under the square that hurts most, and what every place of the square leaves of a probability.

    Args:
        image: float (28, 28).
        occluded: the probabilities for each place of the square, float (n, n, 10).
        digit: whose probability is asked about.
        probs: the probabilities without a square, float (10,).
    """
    st.subheader(Words.occlusion, anchor=False)
    side, covered = IMAGE_PX - len(occluded) + 1, occluded[..., digit]
    top, left = (int(at) for at in np.unravel_index(covered.argmin(), covered.shape))
    worst = image.copy()
    worst[top : top + side, left : left + side] = 0.5
    now, n_changed = occluded[top, left].argmax(), int((occluded.argmax(axis=-1) != probs.argmax()).sum())
    labels = [label.format(digit=digit) for label in Words.occlusion_labels]
    box = (top, left, top + side, left + side)
    draw = functools.partial(occlusion_picture, worst, box, covered, labels)
    values = {"digit": digit, "side": side, "n": covered.size, "now": now, "n_changed": n_changed}
    shares = {"free": probs[digit], "least": covered.min(), "most": covered.max()}
    values |= {name: probability(float(share)) for name, share in shares.items()}
    places = {"top": top, "bottom": top + side - 1, "left": left, "right": left + side - 1}
    alt = Words.occlusion_alt.format(**places, **values)
    panels.picture(draw, Words.occlusion_caption.format(**values), alt, "occlusion", inline=True)
    st.markdown((Words.changed[n_changed > 1] if n_changed else Words.unchanged).format(**values))
    panels.not_proven(Words.occlusion_not)


def occlusion_picture(
    worst: np.ndarray, box: matrices.Box, covered: np.ndarray, labels: Sequence[str], theme: Theme
) -> Image.Image:
    """The digit under the square, which is framed, and the number for each place of the square."""
    seen = matrices.image_with_boxes(worst, panels.map_palette(), [box], ZOOM, theme)
    return matrices.equation((seen, beneath(covered, box[2] - box[0], theme)), ("",), labels, theme)


def beneath(covered: np.ndarray, side: int, theme: Theme) -> Image.Image:
    """A number for each place of the square, drawn at the square's middle on paper of 28×28 pixels."""
    limits = (0.0, 1.0)
    paper = Image.new("RGB", (ZOOM * IMAGE_PX,) * 2, theme.paper)
    shift = ZOOM * (side - 1) // 2
    paper.paste(tiles.enlarged(covered, "viridis", limits, ZOOM, theme), (shift, shift))
    return tiles.with_colour_bar(paper, "viridis", limits, theme)
