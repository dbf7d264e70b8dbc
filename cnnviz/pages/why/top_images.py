"""What excites a filter most: the test digits and the patches that excite it most, and an input made to excite it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.analysis import activation_maximization, receptive_field, top_images
from cnnviz.analysis.activation_maximization import PreferredInput
from cnnviz.analysis.top_images import TopImages
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.ui import lookups, open_digits, panels, present, server, session, state, telephone
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.state import WhyPage


class Words:
    """What this part of the page says."""

    computing = "Asking the network"
    filter_heading, neuron_heading = "What a filter likes best", "What a neuron likes best"
    more = "More: the patches, an input made to excite it, every filter"
    layer, filter_, neuron = "Layer", "Filter", "Neuron"
    searching = "Searching {n:,} test digits for what excites {layer}: {done:,} done"
    top_images = "The test digits that excite it most"
    images_caption = (
        "The {n} of all {all:,} test digits with the greatest numbers of filter {filter_} of {layer}, strongest first; "
        "framed is where. Click one to make it your digit."
    )
    dead = "Even the greatest is not above 0, so the ReLU behind it lets nothing through: the filter is dead."
    images_alt = "{n} test digits, {digits}; framed the {px} by {px} pixels, in part beyond the edge, that did it."
    image_label, image_name = "{label}\nImage {number}", "Test image {number}, a {label}"
    patches = "The patches that did it"
    patches_caption = (
        "What stands in the frames: the {px}×{px} pixels that one number of {layer} can see, and that number, before "
        "the activation. Beyond the edge of the image is padding, blank."
    )
    patches_alt = "{n} patches of {px} by {px} pixels with the filter's numbers: {numbers}."
    images_not = (
        "that the filter is there for what these have in common. They are {n} of {all:,}, all from one end; it answers "
        "many others, less strongly, and the common pattern is our interpretation."
    )
    every = "Every filter's favourite patch"
    every_caption = (
        "For each of the {n} filters of {layer} the patch, of all test digits, that excites it most. Click one to see "
        "more of its filter."
    )
    every_alt = (
        "{n} patches of {px} by {px} pixels, one for each filter of {layer}; their greatest numbers go from "
        "{low:+.2f}, filter {least}, to {high:+.2f}, filter {most}."
    )
    favourite = "Filter {filter_}, strongest at {most:+.2f}"
    no_maps = "Test digits are searched for layers with maps; {layer} has none. The input that is made up works for it."

    one_patch = "patch"
    exciting = "An input made to excite it"
    exciting_filter = (
        "Begun with faint noise and changed pixel by pixel, along the gradient, to raise the middle number of filter "
        "{filter_} of {layer}: from {before:+.2f} to {after:+.2f}. The strongest test digit reaches {most:+.2f}."
    )
    exciting_neuron = (
        "Begun with faint noise and changed pixel by pixel, along the gradient, to raise neuron {filter_} of {layer}: "
        "from {before:+.2f} to {after:+.2f}."
    )
    exciting_filter_alt = (
        "A made-up input of 28 by 28 pixels for the middle number of filter {filter_} of {layer}: {ink} pixels have "
        "more than half ink, the number goes from {before:+.2f} to {after:+.2f}."
    )
    exciting_neuron_alt = (
        "A made-up input of 28 by 28 pixels for neuron {filter_} of {layer}: {ink} pixels have more than half ink, the "
        "number goes from {before:+.2f} to {after:+.2f}."
    )
    exciting_not = (
        "that the network looks for this in digits. No digit looks like it, and another start may give another "
        "picture: it is one of many inputs that excite."
    )
    seed = "Initial noise"


PIECE = 1000
N_TOP = 9


@session.part
def show(network: Network, test: Dataset) -> None:
    """What excites one filter, or one neuron."""
    heading = Words.filter_heading if network.config.convolutions else Words.neuron_heading
    st.subheader(heading, anchor=False, divider="gray")
    layer, filter_, seed = ask_filter(network)
    if not layer.is_map:
        st.info(Words.no_maps.format(layer=layer.name), icon=":material/info:")
        made, _ = st.columns([1, 2])
        with made:
            show_exciting(network, layer, filter_, seed, None)
        return
    top = search(network, test, layer.name)
    with st.container(key=state.stack_of("exciting").name):
        images, patches, made = st.columns(3, gap="large")
    with images, present.screen("images"):
        show_images(network, test, layer.name, top, filter_)
        telephone.more(Words.more)
    with patches, telephone.behind_more("patches"), present.screen("patches"):
        show_patches(network, test, layer.name, top, filter_)
    with made, telephone.behind_more("exciting"), present.screen("exciting"):
        show_exciting(network, layer, filter_, seed, float(top.activations[filter_, 0]))
    with telephone.behind_more("every"), present.screen("every"):
        show_every(network, test, layer.name, top, filter_)


def ask_filter(network: Network) -> tuple[Layer, int, int]:
    """Which layer, which of its filters or neurons, and the seed of the noise that an input is made of."""
    weighted = {layer.name: layer for layer in layers(network.config) if layer.n_weights}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = state.exciting_layer_of(list(weighted))
        name = st.segmented_control(
            Words.layer, list(weighted), default=key.default, required=True, key=key.name, persist_state="session"
        )
        layer = weighted[name]
        filter_ = st.number_input(
            Words.filter_ if layer.is_map else Words.neuron,
            0,
            layer.shape[-1] - 1,
            0,
            key=state.exciting_filter_of(name, layer.shape[-1]).name,
            width=130,
            persist_state="session",
        )
        seed = st.number_input(Words.seed, 0, 999, 0, key=WhyPage.seed.name, width=130, persist_state="session")
    return layer, int(filter_), int(seed)


def search(network: Network, digits: Dataset, layer: str) -> TopImages:
    """The digits that excite each filter of a layer most, all of them searched; shows its progress."""
    key, n = (network.key, digits.key, layer), len(digits)
    maxima_key, places_key = ("strongest number in each image", *key), ("top images", *key)
    known = server.jobs().results(places_key)
    if known is None:
        parts = lookups.results(
            maxima_key,
            lambda: [
                (top_images.map_maxima, network, digits, layer, start, start + PIECE) for start in range(0, n, PIECE)
            ],
            lambda done: Words.searching.format(n=n, layer=layer, done=min(n, done * PIECE)),
        )
        known = lookups.results(
            places_key,
            lambda: [(top_images.locate_top_images, network, digits, layer, np.concatenate(parts), N_TOP)],
            lambda done: Words.searching.format(n=n, layer=layer, done=n),
        )
        server.jobs().discard(maxima_key)  # a number for each image and filter; what is kept is small
    top: TopImages = known[0]
    return top


def boxes(network: Network, layer: str, top: TopImages, filter_: int) -> list[receptive_field.Box]:
    """What the strongest numbers of a filter see of their images; parts may lie beyond the edge."""
    places = zip(top.rows[filter_], top.columns[filter_], strict=True)
    return [
        receptive_field.receptive_fields(network.config, layer, int(row), int(column))[-1].unclipped
        for row, column in places
    ]


def show_images(network: Network, test: Dataset, layer: str, top: TopImages, filter_: int) -> None:
    """The strongest images with frames where it was."""
    st.markdown(f"**{Words.top_images}**")
    chosen = top.indices[filter_]
    seen = boxes(network, layer, top, filter_)
    values = {"n": len(chosen), "all": len(test), "filter_": filter_, "layer": layer}
    shown = ", ".join(str(test.labels[i]) for i in chosen)
    open_digits.show(
        chosen,
        test.images[chosen, :, :, 0],
        WhyPage.strongest,
        **_labels(test, chosen),
        alt=Words.images_alt.format(n=len(chosen), digits=shown, px=seen[0].height),
        caption=Words.images_caption.format(**values),
        name="strongest-images",
        columns=3,
        widest_px=112,
        boxes={i: [(box.top, box.left, box.bottom, box.right)] for i, box in enumerate(seen)},
    )
    if network.config.activation == "relu" and top.activations[filter_, 0] <= 0:
        st.markdown(Words.dead)
    panels.not_proven(Words.images_not.format(n=len(chosen), all=len(test)))


def _labels(test: Dataset, chosen: np.ndarray) -> dict[str, Any]:
    """What stands under test images, and what they are called."""
    pairs = [{"number": i, "label": test.labels[i]} for i in chosen]
    labels, names = ([words.format(**pair) for pair in pairs] for words in (Words.image_label, Words.image_name))
    return {"labels": labels, "names": names}


def show_patches(network: Network, test: Dataset, layer: str, top: TopImages, filter_: int) -> None:
    """What stands in the frames."""
    st.markdown(f"**{Words.patches}**")
    seen = boxes(network, layer, top, filter_)
    patches = cut_out(test, top.indices[filter_], seen)
    numbers = [f"{number:+.2f}" for number in top.activations[filter_]]
    values = {"n": len(patches), "px": seen[0].height, "layer": layer, "numbers": ", ".join(numbers)}
    open_digits.show(
        top.indices[filter_],
        patches,
        WhyPage.patches,
        **_labels(test, top.indices[filter_]) | {"labels": numbers},
        alt=Words.patches_alt.format(**values),
        caption=Words.patches_caption.format(**values),
        name="strongest-patches",
        columns=3,
        widest_px=112,
    )


def cut_out(test: Dataset, chosen: np.ndarray, seen: Sequence[receptive_field.Box]) -> np.ndarray:
    """Patches of images, float32 (n, height, width); the padding beyond the edge is 0, as the network has it."""
    pairs = zip(chosen, seen, strict=True)
    return np.stack([np.nan_to_num(receptive_field.extract_patch(test.images[i, :, :, 0], box)) for i, box in pairs])


def show_every(network: Network, test: Dataset, layer: str, top: TopImages, filter_: int) -> None:
    """The strongest patch of each filter of the layer; a click chooses the filter."""
    n = len(top.indices)
    seen = [boxes(network, layer, top, each)[0] for each in range(n)]
    patches = cut_out(test, top.indices[:, 0], seen)
    strongest = top.activations[:, 0]
    values = {"n": n, "layer": layer, "px": patches.shape[1], "low": strongest.min(), "high": strongest.max()}
    st.markdown(f"**{Words.every}**")
    sheet = images(
        patches,
        panels.map_palette(),
        8 if n <= 32 else 12,
        item=Words.one_patch,
        names=[Words.favourite.format(filter_=each, most=most) for each, most in enumerate(strongest)],
        marked=[filter_],
        pressed=[filter_],
        cell_px=open_digits.FILE_PX,
        widest_px=84,
    )
    maps.show(
        sheet,
        WhyPage.favourites,
        alt=Words.every_alt.format(least=strongest.argmin(), most=strongest.argmax(), **values),
        caption=Words.every_caption.format(**values),
        name=f"favourites-{layer}",
        on_open=state.exciting_filter_of(layer, n).set,
    )


@st.cache_resource(show_spinner=False, max_entries=512, hash_funcs={Network: lambda network: network.key})
def exciting_of(network: Network, layer: str, filter_: int, seed: int) -> PreferredInput:
    """`activation_maximization.maximize_activation`, computed once."""
    made: PreferredInput = lookups.call(activation_maximization.maximize_activation, network, layer, filter_, seed)
    return made


def show_exciting(network: Network, layer: Layer, filter_: int, seed: int, most: float | None) -> None:
    """The input that gradient ascent makes; `most` is what the strongest test digit reaches."""
    st.markdown(f"**{Words.exciting}**")
    with lookups.failures(), st.spinner(Words.computing):
        made = exciting_of(network, layer.name, filter_, seed)
    values = {"filter_": filter_, "layer": layer.name, "before": made.before, "after": made.after}
    values |= {"ink": int((made.image > 0.5).sum()), "most": most}
    caption, alt = Words.exciting_neuron, Words.exciting_neuron_alt
    if most is not None:
        caption, alt = Words.exciting_filter, Words.exciting_filter_alt
    sheet = images(made.image[None], panels.map_palette(), 1, cell_px=336, widest_px=348)
    maps.show(sheet, caption=caption.format(**values), alt=alt.format(**values), name="exciting-input")
    panels.not_proven(Words.exciting_not)
