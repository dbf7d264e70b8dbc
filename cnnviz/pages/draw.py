"""Draw a digit; after every stroke the network answers and shows what it saw."""

import numpy as np
import streamlit as st

from cnnviz import drawing, tiles
from cnnviz.network import Network, layers
from cnnviz.ui import canvas, choice, drawn, lookups, panels, sidebar


class Words:
    """What this page says."""

    title = "Draw"
    intro = "Draw one digit. After every stroke the network says what it reads, and shows what it saw on the way."
    here = "Draw here"
    undo = "Undo"
    clear = "Clear"
    empty = "Nothing is drawn yet, so there is no answer."
    answer = "Answer: {digit}"
    sure = "Softmax {share}; next is {second} with {second_share}."
    bars = "The ten outputs of the softmax; they add up to 100 %."
    bars_alt = "Probability of each digit: {shares}."
    seen = "What the network sees: the ink cropped, scaled to a 20×20 box, its centre of mass in the middle of 28×28."
    seen_nothing = "What the network sees: 28×28 pixels, still empty."
    seen_alt = "The drawing as 28 by 28 grey pixels, centred."
    maps = "The {n} feature maps of {side}×{side} that leave {layer}; {shade} is stronger.{dead}"
    shades = {"binary": "darker", "gray": "brighter"}
    dead = " {n} of them are zero everywhere and crossed out."
    maps_alt = "{n} feature maps of layer {layer}, {side} by {side} pixels each, on one scale from 0 to {top:.2g}."


def show() -> None:
    """The page from top to bottom."""
    network = choice.network()
    panels.head(Words.title, Words.intro)
    if sidebar.page_is_new():
        canvas.enter()
    laboratory(network)
    canvas.listen()


@st.fragment
def laboratory(network: Network) -> None:
    """Canvas, answer and maps; only this part runs again after a stroke."""
    left, middle, right = st.columns([1.15, 1.1, 1.75], gap="medium")
    with left:
        preparation = draw()
    if preparation is None:
        with middle:
            st.info(Words.empty, icon=":material/draw:")
        with right:
            show_seen(np.zeros((28, 28), np.float32), Words.seen_nothing)
        return
    outputs = lookups.activations(network, preparation.centred[None, :, :, None])
    with middle:
        show_answer(outputs["softmax"][0])
    with right:
        show_seen(preparation.centred, Words.seen)
        for layer in last_maps(network):
            show_maps(layer, outputs[layer][0])


def draw() -> drawing.Preparation | None:
    """The canvas, and the drawing made ready for the network."""
    st.markdown(Words.here)
    try:
        ink = canvas.ink()
    except drawing.ImageError as error:
        st.error(str(error), icon=":material/error:")
        return None
    with st.container(horizontal=True):
        st.button(Words.undo, icon=":material/undo:", on_click=canvas.undo, disabled=ink is None)
        st.button(Words.clear, icon=":material/delete:", on_click=canvas.clear, disabled=ink is None)
    preparation = None if ink is None else drawing.prepare(ink)
    drawn.keep(preparation)
    return preparation


def show_answer(probs: np.ndarray) -> None:
    """The digit, how sure, and all ten probabilities."""
    second, first = np.argsort(probs)[-2:]
    st.header(Words.answer.format(digit=first), anchor=False)
    st.markdown(
        Words.sure.format(share=tiles.percent(probs[first]), second=second, second_share=tiles.percent(probs[second]))
    )
    shares = ", ".join(f"{digit}: {tiles.percent(prob)}" for digit, prob in enumerate(probs))
    picture = tiles.bars(probs, panels.theme())
    panels.picture(picture, Words.bars, Words.bars_alt.format(shares=shares), "answer", inline=True)


def show_seen(image: np.ndarray, caption: str) -> None:
    """The 28×28 that goes in."""
    picture = tiles.sheet(image[None], "gray", (0, 1), cell_px=280)
    panels.picture(picture, caption, Words.seen_alt, "seen", width=140, inline=True)


def last_maps(network: Network) -> list[str]:
    """The last layer of each convolution block: what the block hands on."""
    blocks: dict[str, str] = {}
    for layer in layers(network.config)[1:]:
        if layer.is_map:
            blocks[layer.name.split("_")[0]] = layer.name
    return list(blocks.values())


def show_maps(layer: str, outputs: np.ndarray) -> None:
    """A layer's feature maps, (height, width, channels), on one scale."""
    maps = outputs.transpose(2, 0, 1)
    limits = tiles.span(maps)
    columns = 8 if len(maps) <= 32 else 12 if len(maps) <= 48 else 16
    picture = tiles.sheet(
        maps, panels.map_palette(), limits, columns=columns, cell_px=56, mark_dead=True, theme=panels.theme()
    )
    n_dead = tiles.is_dead(maps).sum()
    values = {"layer": layer, "n": len(maps), "side": maps.shape[1], "shade": Words.shades[panels.map_palette()]}
    values["dead"] = Words.dead.format(n=n_dead) if n_dead else ""
    panels.picture(
        picture, Words.maps.format(**values), Words.maps_alt.format(top=limits[1], **values), layer, inline=True
    )


show()
