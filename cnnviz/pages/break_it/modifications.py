"""What is done to a network on the page Break it: the controls, the changes in words, the network that they make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from cnnviz.analysis import inspection, kernels, weight_editing
from cnnviz.network.config import Layer, layers
from cnnviz.network.weights import Network
from cnnviz.ui import choice


class Words:
    """What the controls and the list of changes say."""

    layer = "Layer"
    off, off_neurons = "Switch off filters of {layer}", "Switch off neurons of {layer}"
    choose = "none"
    too_wide = "{layer} has {n:,} neurons, too many for a list; put the layer back or add noise to it."
    to_random, to_learnt = "Put {layer} back to random values", "Give {layer} its learnt values again"
    more = "Type into a kernel, add noise"
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

    changed_off = "{layer} without {what} {numbers}"
    filters, neurons = ("filter", "filters"), ("neuron", "neurons")
    changed_initial = "{layer} with the random values that its training began with"
    changed_drawn = "{layer} with newly drawn random values, since those that its training began with were not kept"
    changed_noise = "{layer} with noise of {share:g} standard deviations"
    changed_kernel = "filter {filter_} of {layer} with a typed kernel for input channel {channel}"


MOST_NEURONS = 256
SEED = 0
Spot = tuple[str, int, int]


@dataclass
class Changes:
    """What is done to a network, in this order.

    Attributes:
        random: layers put back to random values.
        noise: share of a layer's standard deviation, by layer.
        kernels: typed text by layer, input channel and filter.
        off: filters or neurons switched off, by layer.
        unread: where text was typed that is no kernel; it changes nothing.
    """

    random: set[str] = field(default_factory=set)
    noise: dict[str, float] = field(default_factory=dict)
    kernels: dict[Spot, str] = field(default_factory=dict)
    off: dict[str, list[int]] = field(default_factory=dict)
    unread: set[Spot] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any((self.random, self.noise, self.kernels, self.off))


def changes_of(network: Network) -> Changes:
    """What this session has done to a network so far."""
    kept: dict[str, Changes] = st.session_state.setdefault("broken", {})
    return kept.setdefault(network.key, Changes())


def restore(network: Network) -> None:
    """Forget every change, and what the widgets hold."""
    st.session_state["broken"][network.key] = Changes()
    st.session_state["broken version"] = st.session_state.get("broken version", 0) + 1


def key_of(network: Network, name: str) -> str:
    """Key of a widget: of this network, and until everything is restored."""
    return f"{name}, {network.key[:8]}, {st.session_state.get('broken version', 0)}"


def ask(network: Network, changes: Changes) -> tuple[Layer, int]:
    """The controls; gives the layer and the input channel that are chosen."""
    found = {layer.name: layer for layer in layers(network.config) if layer.n_weights}
    name = st.segmented_control(
        Words.layer,
        list(found),
        default=next(iter(found)),
        required=True,
        key=f"broken layer of {','.join(found)}",
        persist_state="session",
    )
    layer = found[name]
    ask_off(network, layer, changes)
    st.button(
        (Words.to_learnt if name in changes.random else Words.to_random).format(layer=name),
        icon=":material/casino:",
        key="to random",
        on_click=turn,
        args=(changes, name),
    )
    with st.expander(Words.more):
        channel = ask_kernel(network, layer, changes) if layer.kind == "convolution" else 0
        ask_noise(network, name, changes)
    return layer, channel


def turn(changes: Changes, layer: str) -> None:
    """Put a layer back to random values, or to what it has learnt."""
    changes.random ^= {layer}


def ask_off(network: Network, layer: Layer, changes: Changes) -> None:
    """Which filters or neurons are switched off."""
    n, is_map = layer.shape[-1], layer.is_map
    if not is_map and n > MOST_NEURONS:
        st.caption(Words.too_wide.format(layer=layer.name, n=n))
        return
    key = key_of(network, f"off {layer.name}")
    st.session_state.setdefault(key, changes.off.get(layer.name, []))
    words = Words.off if is_map else Words.off_neurons
    chosen = st.multiselect(words.format(layer=layer.name), range(n), key=key, placeholder=Words.choose)
    changes.off.pop(layer.name, None)
    if chosen:
        changes.off[layer.name] = sorted(chosen)


def ask_noise(network: Network, layer: str, changes: Changes) -> None:
    """How much noise."""
    key = key_of(network, f"noise {layer}")
    st.session_state.setdefault(key, changes.noise.get(layer, 0.0))
    share = st.slider(Words.noise.format(layer=layer), 0.0, 3.0, step=0.1, key=key)
    changes.noise.pop(layer, None)
    if share:
        changes.noise[layer] = share


def ask_kernel(network: Network, layer: Layer, changes: Changes) -> int:
    """Numbers to put in the place of one kernel; gives the input channel."""
    px, _, n_channels, n = layer.kernel_shape
    with st.container(horizontal=True):
        filter_ = int(st.number_input(Words.filter_, 0, n - 1, 0, key=f"typed filter of {layer.name}", width=130))
        channel = int(
            st.number_input(Words.channel, 0, n_channels - 1, 0, key=f"typed channel of {layer.name}", width=130)
            if n_channels > 1
            else 0
        )
    if px > kernels.MAX_KERNEL_PX:
        st.caption(Words.kernel_large.format(layer=layer.name, px=px))
        return channel
    spot = (layer.name, channel, filter_)
    learnt = as_text(inspection.kernels(network, layer.name, channel)[filter_])
    key = key_of(network, f"kernel {spot}")
    st.session_state.setdefault(key, changes.kernels.get(spot, learnt))
    words = Words.kernel.format(layer=layer.name, channel=channel, filter_=filter_)
    text = st.text_area(words, key=key, height=40 + 24 * px, help=Words.kernel_help)
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
    stamp = (network.key, repr(changes))
    kept = st.session_state.get("operated")
    if kept is None or kept[0] != stamp:
        kept = st.session_state["operated"] = (stamp, apply(network, changes))
    found: Network = kept[1]
    return found


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
        one, many = Words.filters if network.weights[f"{layer}/kernel"].ndim == 4 else Words.neurons
        what = one if len(filters) == 1 else many
        yield Words.changed_off.format(layer=layer, what=what, numbers=", ".join(map(str, filters)))
