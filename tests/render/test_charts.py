"""Charts: what they say is read back from Vega-Lite's dictionary."""

import altair
import numpy as np

from cnnviz.render import charts
from cnnviz.render.palettes import DARK, LIGHT

MATRIX = np.arange(100).reshape(10, 10)
"""Not symmetric: row t, column p holds 10 t + p."""


def test_confusion_chart_selects_a_cell_by_its_two_digits():
    chart = charts.confusion_chart(MATRIX, "some_cell").to_dict()
    [param] = chart["params"]
    assert param["name"] == "some_cell"
    assert param["select"] == {"type": "point", "fields": ["true", "predicted"]}
    squares, numbers = chart["layer"]
    assert squares["mark"]["type"] == "rect"
    assert param["views"] == [squares["name"]]
    for layer in (squares, numbers):
        assert (layer["encoding"]["x"]["field"], layer["encoding"]["y"]["field"]) == ("predicted", "true")
        assert (layer["encoding"]["x"]["title"], layer["encoding"]["y"]["title"]) == ("Predicted", "True")
    assert squares["encoding"]["color"]["field"] == numbers["encoding"]["text"]["field"] == "count"


def test_confusion_chart_holds_the_hundred_counts():
    [rows] = charts.confusion_chart(MATRIX, "cell").to_dict()["datasets"].values()
    assert [(row["true"], row["predicted"]) for row in rows] == [(t, p) for t in range(10) for p in range(10)]
    assert [row["count"] for row in rows] == list(range(100))


def test_confusion_chart_writes_white_above_half_of_the_greatest_count():
    numbers = charts.confusion_chart(MATRIX, "cell").to_dict()["layer"][1]
    assert numbers["encoding"]["color"] == {
        "condition": {"test": "(datum.count > 49.5)", "value": "white"},
        "value": "black",
    }


def test_the_lines_of_the_confusion_chart_have_the_colour_of_the_theme():
    chart = charts.confusion_chart(MATRIX, "cell", DARK).to_dict()
    assert chart["layer"][0]["mark"]["stroke"] == "#5a5e69"


def test_curve_chart_holds_every_point_in_a_colour_of_its_run():
    names = [f"run-{i}" for i in range(11)]
    series = {name: (np.array([0, 10]), np.array([0.1, 0.5 + i / 100])) for i, name in enumerate(names)}
    chart = charts.curve_chart(series, "Accuracy", LIGHT, 1.0)
    columns = chart["data"]["values"]
    points = list(zip(columns["series"], columns["iteration"], columns["value"], strict=True))
    assert points[:2] == [("run-0", 0, 0.1), ("run-0", 10, 0.5)]
    assert points[-1] == ("run-10", 10, 0.6)
    assert chart["encoding"]["color"]["scale"] == {"domain": names, "range": charts.line_colours(11, LIGHT)}
    assert chart["encoding"]["y"]["scale"] == {"domainMax": 1.0, "zero": False}


def test_curve_chart_is_the_one_that_altair_would_write():
    series = {"a": (np.array([0, 10]), np.array([0.1, 0.5]))}
    written = {name: part for name, part in charts.curve_chart(series, "Loss").items() if name != "data"}
    data = altair.Data(values=[{"iteration": 0.0, "value": 0.1, "series": "a"}])
    assert altair.Chart.from_dict(written | {"data": data.to_dict()}).to_dict()["encoding"] == written["encoding"]


def test_curve_chart_without_points_is_empty():
    assert len(charts.curve_chart({}, "Loss")["data"]["values"]["iteration"]) == 0


def test_more_lines_than_colours_begin_again():
    colours = charts.line_colours(11, DARK)
    assert len(set(colours)) == 8
    assert colours[8:] == colours[:3]


def test_corruption_chart_marks_the_current_severity():
    chart = charts.corruption_chart((-5, 0, 5), (0.5, 0.99, 0.4), 2.5, "Moved right, pixels").to_dict()
    line, mark = chart["layer"]
    points = chart["datasets"][line["data"]["name"]]
    assert [(point["amount"], point["accuracy"]) for point in points] == [(-5, 0.5), (0, 0.99), (5, 0.4)]
    assert chart["datasets"][mark["data"]["name"]] == [{"amount": 2.5}]
    assert line["encoding"]["x"]["title"] == ["Moved right", "pixels"]
