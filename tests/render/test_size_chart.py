"""The chart of a probability over the size of a change, read back from what is written for Vega-Lite."""

import numpy as np

from cnnviz.render.palettes import DARK, LIGHT
from cnnviz.render.size_chart import size_chart

SERIES = {
    ("robust", "directed"): np.array([0.0, 0.75]),
    ("robust", "random"): np.array([0.0, 0.25]),
    ("hvass", "directed"): np.array([0.5, 1.0], np.float32),
}


def test_a_network_has_a_colour_and_a_kind_of_change_its_dashes():
    chart = size_chart((0.0, 0.5), SERIES, 0.25, ("Size", "Probability of 3"), LIGHT)
    lines, mark = chart["layer"]
    rows = [(r["network"], r["change"], r["size"], r["probability"]) for r in lines["data"]["values"]]
    assert rows == [
        *(("robust", "directed", 0, 0), ("robust", "directed", 0.5, 0.75)),
        *(("robust", "random", 0, 0), ("robust", "random", 0.5, 0.25)),
        *(("hvass", "directed", 0, 0.5), ("hvass", "directed", 0.5, 1)),
    ]
    encoding = lines["encoding"]
    assert encoding["color"]["scale"]["domain"] == ["robust", "hvass"]
    assert len(set(encoding["color"]["scale"]["range"])) == 2
    assert encoding["strokeDash"]["scale"] == {"domain": ["directed", "random"], "range": [[1, 0], [6, 5]]}
    assert (encoding["x"]["title"], encoding["y"]["title"]) == ("Size", "Probability of 3")
    assert encoding["y"]["scale"]["domain"] == [0, 1]
    assert mark["data"]["values"] == [{"size": 0.25}]
    assert size_chart((0.0, 0.5), SERIES, 0.25, ("", ""), DARK) != size_chart((0.0, 0.5), SERIES, 0.25, ("", ""), LIGHT)
