"""Reliability diagrams: the share of right answers over how sure the network was; written out for Vega-Lite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnviz.network.reliability import Reliability
from cnnviz.render import charts
from cnnviz.render.palettes import LIGHT, Theme, to_hex

Interval = tuple[float, float]
"""Where a bin's share of right answers may lie, both ends in [0, 1]."""
AXIS_PX = 48
"""Room for the vertical axis' labels: the same in both charts, so that their bins stand below each other."""
ROOM = 1.6
"""Of the counts' axis, so that the number over the highest bar has a place too."""
NARROW_PX = 460
"""In a narrower chart the counts are written upwards, since they would run into each other."""


def reliability_chart(
    counted: Reliability, intervals: Sequence[Interval], theme: Theme = LIGHT, height_px: int = 260
) -> dict[str, Any]:
    """Draw the share of right answers of each bin, and the diagonal on which it would be the confidence.

    Args:
        counted: the answers in bins. From 0 on they are bars; of those above some confidence points, since a bar that
            does not begin at 0 has a wrong length. A bin without answers has nothing.
        intervals: one for each bin; that of an empty one is not looked at.
        theme: colours around it.
        height_px: height with the axis.

    Returns:
        Vega-Lite chart.
    """
    rows = _rows(counted)
    for row, (low, high) in zip(
        rows, [ends for ends, n in zip(intervals, counted.counts, strict=True) if n], strict=True
    ):
        row |= {"from": low, "to": high}
    lowest, text, accent = counted.edges[0], to_hex(theme.text), to_hex(theme.accent)
    has_bars = lowest == 0
    scale = {"zero": has_bars, "nice": True, "domainMax": 1}
    y = {"type": "quantitative", "title": "Read right", "axis": _axis(5), "scale": scale}
    middle = {"x": _x(counted, "middle"), "tooltip": _tooltip()}
    bars = {"x": _x(counted, "low"), "x2": {"field": "high"}, "y": y | {"field": "share"}, "y2": {"datum": 0}}
    mark: dict[str, Any] = {"type": "rect", "color": accent, "opacity": 0.8, "stroke": to_hex(theme.paper)}
    points = {"type": "point", "filled": True, "size": 90, "color": accent, "opacity": 1}
    ends = {"data": {"values": [{"sure": lowest}, {"sure": 1.0}]}, "mark": _dashed(text)}
    return {
        "layer": [
            {"data": {"values": rows}, "mark": mark if has_bars else points}
            | {"encoding": bars | {"tooltip": _tooltip()} if has_bars else middle | {"y": y | {"field": "share"}}},
            {"data": {"values": rows}, "mark": {"type": "rule", "strokeWidth": 2, "color": text}}
            | {"encoding": middle | {"y": y | {"field": "from"}, "y2": {"field": "to"}}},
            ends | {"encoding": {"x": _x(counted, "sure"), "y": y | {"field": "sure"}}},
        ],
        "height": height_px,
    }


def counts_chart(counted: Reliability, theme: Theme = LIGHT, height_px: int = 170) -> dict[str, Any]:
    """Draw how many answers each bin holds, with the numbers, to stand below a reliability diagram.

    Returns:
        Vega-Lite chart.
    """
    x, rows = _x(counted, "low") | {"title": None}, _rows(counted)
    most = max(*counted.counts, 1)
    scale = {"domain": [0, ROOM * most], "nice": False}
    y = {"type": "quantitative", "title": "Answers", "axis": _axis(2, ",d") | {"values": [0, most]}, "scale": scale}
    is_narrow = f"width < {NARROW_PX}"
    label = {
        "type": "text",
        "color": to_hex(theme.text),
        "fontSize": 14,
        "angle": {"expr": f"{is_narrow} ? 270 : 0"},
        "align": {"expr": f"{is_narrow} ? 'left' : 'center'"},
        "baseline": {"expr": f"{is_narrow} ? 'middle' : 'bottom'"},
        "dy": {"expr": f"{is_narrow} ? 0 : -3"},
        "dx": {"expr": f"{is_narrow} ? 4 : 0"},
    }
    count = y | {"field": "answers"}
    return {
        "data": {"values": rows},
        "layer": [
            {"mark": {"type": "rect", "color": charts.MUTED, "stroke": to_hex(theme.paper)}}
            | {"encoding": {"x": x, "x2": {"field": "high"}, "y": count, "y2": {"datum": 0}, "tooltip": _tooltip()}},
            {"mark": label}
            | {
                "encoding": {
                    "x": x | {"field": "middle"},
                    "y": count,
                    "text": {"field": "answers", "type": "quantitative", "format": ",d"},
                }
            },
        ],
        "height": height_px,
    }


def _rows(counted: Reliability) -> list[dict[str, Any]]:
    """The bins that hold answers."""
    return [
        {
            "low": each.low,
            "high": each.high,
            "middle": (each.low + each.high) / 2,
            "answers": each.count,
            "right": each.right,
            "share": each.accuracy,
            "sure": each.confidence,
        }
        for each in counted.bins
        if each.count
    ]


def _x(counted: Reliability, field: str) -> dict[str, Any]:
    scale = {"domain": [counted.edges[0], 1], "nice": False}
    axis = {"format": ".0%", "tickCount": 5, "grid": False}
    return {"field": field, "type": "quantitative", "title": "How sure the network is", "scale": scale, "axis": axis}


def _axis(n: int, form: str = ".0%") -> dict[str, Any]:
    return {"format": form, "tickCount": n, "minExtent": AXIS_PX, "maxExtent": AXIS_PX}


def _dashed(colour: str) -> dict[str, Any]:
    return {"type": "line", "strokeDash": [6, 4], "strokeWidth": 2, "color": colour}


def _tooltip() -> list[dict[str, Any]]:
    fields = {"low": "Sure from", "high": "To", "answers": "Answers", "right": "Right", "share": "Read right"}
    forms = {"answers": ",d", "right": ",d"}
    return [
        {"field": name, "type": "quantitative", "title": title, "format": forms.get(name, ".1%")}
        for name, title in fields.items()
    ]
