"""Where a click on something that is shown leads: the one place that knows which page opens it."""

from __future__ import annotations

from cnnviz.ui import places
from cnnviz.ui.state import CalculationPart


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
