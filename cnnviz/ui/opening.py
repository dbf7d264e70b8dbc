"""Where a click on something that is shown leads: the one place that knows which page opens it."""

from __future__ import annotations

from cnnviz.ui import choice, places, state
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
