"""What is done to a network on the page Break it: the controls, the changes in words, the network that they make."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
import streamlit as st

from cnnviz.analysis import inspection, kernels, weight_editing
from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.render import palettes
from cnnviz.ui import choice, state
from cnnviz.ui.changes import Changes, Spot
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps.sheet import exact
from cnnviz.ui.state import BreakItPage


class Words:
    """What the controls and the list of changes say."""

    layer = "Layer"
    kernels = (
        "The {n} kernels of {layer} for input channel {channel}; red adds, blue takes away. Click one to switch its "
        "filter off or on."
    )
    kernels_alt = "{n} kernels of {px} by {px} weights of {layer}, from {low:+.3f} to {high:+.3f}."
    kernel_names = {False: "Filter {filter_}: switch it off", True: "Filter {filter_}, switched off: switch it on"}
    one_filter = "filter"
    off, off_neurons = "Switch off filters of {layer}", "Switch off neurons of {layer}"
    choose = "none"
    too_wide = "{layer} has {n:,} neurons, too many for a list; put the layer back or add noise to it."
    to_random, to_learnt = "Put {layer} back to random values", "Give {layer} its learnt values again"
    more = "More: type into a kernel, add noise"
    filter_, channel = "Filter", "Input channel"
    kernel = "Kernel of filter {filter_} of {layer} for input channel {channel}"
    kernel_help = (
        "At first the learnt numbers stand here. A row a line, numbers apart by spaces: 2, -1, 0.5 or 1/9. "
        "They take effect when you leave the field."
    )
    kernel_size = "The kernels of {layer} are {px} rows of {px} numbers."
    kernel_received = "Received {rows} rows of {rows}."
    kernel_large = "The kernels of {layer} are {px}×{px} pixels, too large to type."
    noise = "Noise on the weights of {layer}, share of their standard deviation"

    changed_filters = {False: "{layer} without filter {numbers}", True: "{layer} without filters {numbers}"}
    changed_neurons = {False: "{layer} without neuron {numbers}", True: "{layer} without neurons {numbers}"}
    changed_initial = "{layer} with the random values that its training began with"
    changed_drawn = "{layer} with newly drawn random values, since those that its training began with were not kept"
    changed_noise = "{layer} with noise of {share:g} standard deviations"
    changed_kernel = "filter {filter_} of {layer} with a typed kernel for input channel {channel}"


MOST_NEURONS = 256
SEED = 0
FILE_PX = 120
"""About how wide a kernel is in the file that can be downloaded."""


def changes_of(network: Network) -> Changes:
    """What this session has done to a network so far."""
    return state.opened(state.changes_of(network.key), Changes)


def restore(network: Network) -> None:
    """Forget every change, and what the widgets hold."""
    state.changes_of(network.key).set(Changes())
    BreakItPage.n_restored.set(BreakItPage.n_restored.get() + 1)


def ask(network: Network, changes: Changes) -> tuple[Layer, int]:
    """The controls; gives the layer and the input channel that are chosen."""
    weighted = {layer.name: layer for layer in layers(network.config) if layer.n_weights}
    key = state.broken_layer_of(list(weighted))
    name = st.segmented_control(
        Words.layer, list(weighted), default=key.default, required=True, key=key.name, persist_state="session"
    )
    layer = weighted[name]
    kernels_of_layer = st.container()
    ask_off(network, layer, changes)
    st.button(
        (Words.to_learnt if name in changes.random else Words.to_random).format(layer=name),
        icon=":material/casino:",
        key=BreakItPage.to_random.name,
        on_click=turn,
        args=(changes, name),
    )
    with st.expander(Words.more):
        channel = ask_kernel(network, layer, changes) if layer.kind == "convolution" else 0
        ask_noise(network, name, changes)
    if layer.kind == "convolution":
        with kernels_of_layer:
            show_kernels(network, changes, layer, channel)
    return layer, channel


def show_kernels(network: Network, changes: Changes, layer: Layer, channel: int) -> None:
    """The kernels of a layer with all changes made, but for those that are switched off: they are crossed out."""
    off = set(changes.off.get(layer.name, ()))
    shown = inspection.kernels(operated(network, changes), layer.name, channel).copy()
    learnt = inspection.kernels(network, layer.name, channel)
    shown[sorted(off)] = learnt[sorted(off)]
    values = {"n": len(shown), "px": shown.shape[1], "layer": layer.name, "channel": channel}
    values |= {"low": shown.min(), "high": shown.max()}
    sheet = exact(
        shown,
        "seismic",
        palettes.symmetric_limits(shown),
        8 if len(shown) <= 32 else 9 if len(shown) <= 36 else 12,
        item=Words.one_filter,
        names=[Words.kernel_names[i in off].format(filter_=i) for i in range(len(shown))],
        crossed=off,
        pressed=off,
        cell_px=FILE_PX,
        widest_px=56,
    )
    maps.show(
        sheet,
        BreakItPage.kernels,
        alt=Words.kernels_alt.format(**values),
        caption=Words.kernels.format(**values),
        name=f"kernels-{layer.name}",
        on_open=functools.partial(switch, network, layer.name),
    )


def switch(network: Network, layer: str, filter_: int) -> None:
    """Callback: switch a filter off, or on again."""
    key = state.change_of(network.key, f"off {layer}")
    off = set(key.get() or ()) ^ {filter_}
    key.set(sorted(off))


def turn(changes: Changes, layer: str) -> None:
    """Put a layer back to random values, or to what it has learnt."""
    changes.random ^= {layer}


def ask_off(network: Network, layer: Layer, changes: Changes) -> None:
    """Which filters or neurons are switched off."""
    n, is_map = layer.shape[-1], layer.is_map
    if not is_map and n > MOST_NEURONS:
        st.caption(Words.too_wide.format(layer=layer.name, n=n))
        return
    key = state.change_of(network.key, f"off {layer.name}")
    key.begin(changes.off.get(layer.name, []))
    label = (Words.off if is_map else Words.off_neurons).format(layer=layer.name)
    chosen = st.multiselect(label, range(n), key=key.name, placeholder=Words.choose)
    changes.off.pop(layer.name, None)
    if chosen:
        changes.off[layer.name] = sorted(chosen)


def ask_noise(network: Network, layer: str, changes: Changes) -> None:
    """How much noise."""
    key = state.change_of(network.key, f"noise {layer}")
    key.begin(changes.noise.get(layer, 0.0))
    share = st.slider(Words.noise.format(layer=layer), 0.0, 3.0, step=0.1, key=key.name)
    changes.noise.pop(layer, None)
    if share:
        changes.noise[layer] = share


def ask_kernel(network: Network, layer: Layer, changes: Changes) -> int:
    """Numbers to put in the place of one kernel; gives the input channel."""
    px, _, n_channels, n = layer.kernel_shape
    with st.container(horizontal=True):
        key = state.typed_spot_of(layer.name, "filter")
        filter_, channel = int(st.number_input(Words.filter_, 0, n - 1, 0, key=key.name, width=130)), 0
        if n_channels > 1:
            key = state.typed_spot_of(layer.name, "channel")
            channel = int(st.number_input(Words.channel, 0, n_channels - 1, 0, key=key.name, width=130))
    if px > kernels.MAX_KERNEL_PX:
        st.caption(Words.kernel_large.format(layer=layer.name, px=px))
        return channel
    spot = (layer.name, channel, filter_)
    learnt = as_text(inspection.kernels(network, layer.name, channel)[filter_])
    text = ask_text(network, layer, spot, changes.kernels.get(spot, learnt))
    changes.kernels.pop(spot, None)
    changes.unread.discard(spot)
    if text.strip() == learnt:
        return channel
    try:
        check_size(kernels.parse(text), layer)
    except ValueError as error:
        changes.unread.add(spot)
        st.error(f"{Words.kernel_size.format(px=px, layer=layer.name)} {error}", icon=":material/error:")
    else:
        changes.kernels[spot] = text
    return channel


def ask_text(network: Network, layer: Layer, spot: Spot, text: str) -> str:
    """The kernel's numbers, to type over."""
    _, channel, filter_ = spot
    key = state.change_of(network.key, f"kernel {spot}")
    key.begin(text)
    label, height = (
        Words.kernel.format(layer=layer.name, channel=channel, filter_=filter_),
        40 + 24 * layer.kernel_shape[0],
    )
    return st.text_area(label, key=key.name, height=height, help=Words.kernel_help)


def as_text(kernel: np.ndarray) -> str:
    """A kernel as one may type it."""
    return "\n".join(" ".join(f"{value:+.3f}" for value in row) for row in kernel)


def check_size(kernel: np.ndarray, layer: Layer) -> None:
    """Refuse a kernel of another size than the layer's, in a sentence."""
    px = layer.kernel_shape[0]
    if len(kernel) != px:
        raise ValueError(Words.kernel_received.format(rows=len(kernel)))


def initial() -> Network | int:
    """The network before its training, where that was kept; else a seed."""
    entry = choice.current().entry
    return choice.opened(entry, 0) if entry and 0 in entry.iterations else SEED


def operated(network: Network, changes: Changes) -> Network:
    """The network with all changes made; kept until there are others."""
    made_of = (network.key, repr(changes))
    kept = BreakItPage.changed.get()
    if kept is None or kept[0] != made_of:
        kept = (made_of, apply(network, changes))
        BreakItPage.changed.set(kept)
    return kept[1]


def apply(network: Network, changes: Changes) -> Network:
    """Make every change, one after another."""
    for layer in sorted(changes.random):
        network = weight_editing.reset_layer(network, layer, initial())
    for layer, share in changes.noise.items():
        network = weight_editing.with_noise(network, layer, share, SEED)
    for (layer, channel, filter_), text in changes.kernels.items():
        network = weight_editing.with_kernel(network, layer, channel, filter_, kernels.parse(text))
    for layer, filters in changes.off.items():
        network = weight_editing.without_filters(network, layer, filters)
    return network


def in_words(network: Network, changes: Changes) -> Iterable[str]:
    """A phrase for each change."""
    kept = isinstance(initial(), Network) if changes.random else False
    for layer in sorted(changes.random):
        yield (Words.changed_initial if kept else Words.changed_drawn).format(layer=layer)
    for layer, share in changes.noise.items():
        yield Words.changed_noise.format(layer=layer, share=share)
    for layer, channel, filter_ in changes.kernels:
        yield Words.changed_kernel.format(layer=layer, channel=channel, filter_=filter_)
    for layer, filters in changes.off.items():
        is_map = network.weights[f"{layer}/kernel"].ndim == 4
        phrase = (Words.changed_filters if is_map else Words.changed_neurons)[len(filters) > 1]
        yield phrase.format(layer=layer, numbers=", ".join(map(str, filters)))
