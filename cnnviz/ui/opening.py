"""Where a click on something that is shown leads: the one place that knows which page opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnnviz.network.config import layers
from cnnviz.network.weights import Network
from cnnviz.ui import choice, places, state
from cnnviz.ui.changes import Changes
from cnnviz.ui.state import CalculationPart, FiltersPart, LayersPage, Session


def open_map(layer: str, number: int) -> None:
    """Leave for Layers, where it is shown how one map of a layer is computed of the session's digit.

    Args:
        layer: its name.
        number: of the map.
    """
    CalculationPart.layer.set(layer)
    CalculationPart.filter.set(number)
    CalculationPart.place.set(None)
    places.go("layers", "network")


def open_without(network: Network, off: Mapping[str, Sequence[int]]) -> None:
    """Leave for Break it, with these filters switched off there and no others; other changes stay.

    Args:
        network: the whole one.
        off: numbers of filters by convolution layer.
    """
    changes = state.opened(state.changes_of(network.key), Changes)
    for layer in layers(network.config):
        if layer.kind == "convolution":
            changes.off.pop(layer.name, None)
            state.change_of(network.key, f"off {layer.name}").forget()  # its widget begins with what is written here
    changes.off |= {layer: list(filters) for layer, filters in off.items()}
    places.go("break_it", "network")


def open_filter(network: str, layer: str, number: int) -> None:
    """Callback: leave for the filters of Layers, with a network chosen and one of its filters open.

    Callbacks cannot leave a page: the next run of the whole page does. Where only a part of it runs again, that part
    has to ask for such a run.

    Args:
        network: name of a network or of a run; nothing happens when it cannot be chosen yet.
        layer: name of a convolution layer.
        number: of the filter.
    """
    if network not in choice.entries():
        return
    Session.model.set(network)
    state.iteration_of(network).forget()  # the last one, which it begins with
    CalculationPart.layer.set(layer)
    CalculationPart.filter.set(number)
    CalculationPart.place.set(None)
    FiltersPart.layer.set(layer)
    state.filters_channel_of(layer).set(0)
    LayersPage.part.set("filters")
    Session.place_wanted.set("layers")
