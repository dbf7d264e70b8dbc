"""What excites a filter most: the test digits and the patches that excite it most, and an input made to excite it."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from cnnviz.analysis import activation_maximization
from cnnviz.analysis.activation_maximization import PreferredInput
from cnnviz.analysis.top_images import TopImages
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.ui import lookups, open_digits, panels, present, session, state, strongest, telephone
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import images
from cnnviz.ui.state import WhyPage


class Words:
    """What this part of the page says."""

    computing = "Asking the network"
    filter_heading, neuron_heading = "What a filter likes best", "What a neuron likes best"
    more = "More: the patches, an input made to excite it, every filter"
    layer, filter_, neuron = "Layer", "Filter", "Neuron"
    top_images = "The test digits that excite it most"
    images_caption = (
        "The {n} of all {all:,} test digits with the greatest numbers of filter {filter_} of {layer}, strongest first; "
        "framed is where. Click one to make it your digit."
    )
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
    top = strongest.search(network, test, layer.name)
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


def show_images(network: Network, test: Dataset, layer: str, top: TopImages, filter_: int) -> None:
    """The strongest images with frames where it was."""
    st.markdown(f"**{Words.top_images}**")
    chosen = top.indices[filter_]
    seen = strongest.boxes(network, layer, top, filter_)
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
    if strongest.is_dead(network, top, filter_):
        st.markdown(strongest.Words.dead)
    panels.not_proven(Words.images_not.format(n=len(chosen), all=len(test)))


def _labels(test: Dataset, chosen: np.ndarray) -> dict[str, Any]:
    """What stands under test images, and what they are called."""
    pairs = [{"number": i, "label": test.labels[i]} for i in chosen]
    labels, names = ([words.format(**pair) for pair in pairs] for words in (Words.image_label, Words.image_name))
    return {"labels": labels, "names": names}


def show_patches(network: Network, test: Dataset, layer: str, top: TopImages, filter_: int) -> None:
    """What stands in the frames."""
    st.markdown(f"**{Words.patches}**")
    seen = strongest.boxes(network, layer, top, filter_)
    patches = strongest.cut_out(test, top.indices[filter_], seen)
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


def show_every(network: Network, test: Dataset, layer: str, top: TopImages, filter_: int) -> None:
    """The strongest patch of each filter of the layer; a click chooses the filter."""
    n = len(top.indices)
    seen = [strongest.boxes(network, layer, top, each)[0] for each in range(n)]
    patches = strongest.cut_out(test, top.indices[:, 0], seen)
    maxima = top.activations[:, 0]
    values = {"n": n, "layer": layer, "px": patches.shape[1], "low": maxima.min(), "high": maxima.max()}
    st.markdown(f"**{Words.every}**")
    sheet = images(
        patches,
        panels.map_palette(),
        8 if n <= 32 else 12,
        item=Words.one_patch,
        names=[Words.favourite.format(filter_=each, most=most) for each, most in enumerate(maxima)],
        marked=[filter_],
        pressed=[filter_],
        cell_px=open_digits.FILE_PX,
        widest_px=84,
    )
    maps.show(
        sheet,
        WhyPage.favourites,
        alt=Words.every_alt.format(least=maxima.argmin(), most=maxima.argmax(), **values),
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
