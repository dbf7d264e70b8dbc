"""A stroke as a browser sends it beside Streamlit, see components/live/strokes.js."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from cnnviz.drawing.short_strokes import Point
from cnnviz.drawing.strokes import MAX_POINTS


@dataclass(frozen=True)
class Stroke:
    """What is sent of a stroke.

    Attributes:
        points: x and y in pixels of the canvas, at least one.
        time_ms: when it was drawn, on the browser's clock.
        n_loads: as `DrawingHistory.n_loads`, as far as the browser knew.
        packed_ink: what the whole drawing looks like with it, compressed uint8 (280, 280).
    """

    points: list[Point]
    time_ms: float
    n_loads: int
    packed_ink: bytes

    @classmethod
    def of_bytes(cls, content: bytes) -> Stroke:
        """The length of a JSON text in four bytes, the text, the ink.

        Raises:
            ValueError: when it is something else.
        """
        end = 4 + int.from_bytes(content[:4], "little")
        try:
            told = json.loads(content[4:end])
            points = [(float(x), float(y)) for x, y in told["points"][: MAX_POINTS + 1]]
            time_ms, n_loads = float(told["time"]), int(told["loads"])
        except (TypeError, KeyError, OverflowError, RecursionError) as error:
            raise ValueError(str(error)) from None
        if not points or not all(map(math.isfinite, (number for point in points for number in point))):
            raise ValueError("points")
        return cls(points, time_ms, n_loads, content[end:])
