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
    assert squares["encoding"]["color"]["field"] == numbers["encoding"]["text"]["condition"]["field"] == "count"


def test_confusion_chart_holds_the_hundred_counts():
    [rows] = charts.confusion_chart(MATRIX, "cell").to_dict()["datasets"].values()
    assert [(row["true"], row["predicted"]) for row in rows] == [(t, p) for t in range(10) for p in range(10)]
    assert [row["count"] for row in rows] == list(range(100))


def test_the_diagonal_of_the_confusion_chart_is_muted_and_the_scale_is_that_of_the_mistakes():
    matrix = np.where(np.eye(10, dtype=bool), 1000, MATRIX)
    squares, numbers = charts.confusion_chart(matrix, "cell").to_dict()["layer"]
    colour = squares["encoding"]["color"]
    assert colour["condition"] == {"test": "(datum.true === datum.predicted)", "value": charts.MUTED}
    assert colour["scale"]["domain"] == [0, 98]
    assert colour["scale"]["range"][0] == "#ffffff"
    assert numbers["encoding"]["color"]["condition"] == {
        "test": "((datum.true !== datum.predicted) && (datum.count > 49.0))",
        "value": "#ffffff",
    }
    assert numbers["encoding"]["text"]["condition"]["test"] == "(datum.count > 0)"


def test_the_frontier_is_a_line_over_weights_on_a_logarithmic_axis_with_the_chosen_one_in_a_ring():
    sizes = [
        charts.Size("large", 1000, (0.75, 0.5), on_frontier=True),
        charts.Size("no use", 900, (0.25,), on_frontier=False),
        charts.Size("small", 10, (0.5,), on_frontier=True, is_chosen=True),
    ]
    line, seeds, means, ring = charts.frontier_chart(sizes, DARK)["layer"]
    assert all(each["encoding"]["x"]["scale"]["type"] == "log" for each in (line, seeds, means, ring))
    assert [(row["weights"], row["mean"]) for row in line["data"]["values"]] == [(1000, 0.625), (10, 0.5)]
    assert means["data"] == line["data"]
    assert [(row["size"], row["accuracy"]) for row in seeds["data"]["values"]] == [
        ("large", 0.75),
        ("large", 0.5),
        ("no use", 0.25),
        ("small", 0.5),
    ]
    assert [row["size"] for row in ring["data"]["values"]] == ["small"]
    altair.Chart.from_dict(charts.frontier_chart(sizes, LIGHT))  # Vega-Lite's schema knows all of it


def test_a_point_for_each_seed_of_each_setting_with_mean_and_interval():
    spreads = [charts.Spread("as it is", (0.75, 0.5), 0.4, 0.8), charts.Spread("twice as long", (0.95,), 0.94, 0.96)]
    chart = charts.spread_chart(spreads, DARK)
    interval, mean, seeds = chart["layer"]
    assert mean["data"]["values"][0] == {"setting": "as it is", "mean": 0.625, "low": 0.4, "high": 0.8}
    assert [(row["setting"], row["share"]) for row in seeds["data"]["values"]] == [
        ("as it is", 0.75),
        ("as it is", 0.5),
        ("twice as long", 0.95),
    ]
    assert seeds["encoding"]["y"]["sort"] is None  # in the order of the plan
    assert (interval["encoding"]["x"]["field"], interval["encoding"]["x2"]["field"]) == ("low", "high")
    assert (mean["encoding"]["x"]["field"], seeds["encoding"]["x"]["field"]) == ("mean", "share")
    altair.Chart.from_dict(charts.spread_chart(spreads, LIGHT))  # Vega-Lite's schema knows all of it
    assert charts.enlarged(chart, 2)["height"] == 2 * chart["height"]


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


def test_curves_that_grow_have_the_axis_of_the_whole_training_and_names_that_fit():
    series = {name: (np.array([0, 10]), np.array([0.1, 0.5])) for name in "abc"}
    chart = charts.curve_chart(series, "Accuracy", legend_columns=1, end=700)
    assert chart["encoding"]["x"]["scale"] == {"domain": [0, 700]}
    assert chart["encoding"]["color"]["legend"]["labelLimit"] == 280
    assert chart["height"] == charts.HEIGHT_PX + 3 * charts.LEGEND_ROW_PX
    assert "scale" not in charts.curve_chart(series, "Accuracy")["encoding"]["x"]


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


def test_an_enlarged_chart_has_larger_words_and_is_higher_and_its_data_is_the_same():
    chart = charts.confusion_chart(MATRIX, "cell")
    before, after = chart.to_dict(), charts.enlarged(chart, 2)
    assert after["datasets"] == before["datasets"]
    assert after["height"] == 2 * before["height"]
    assert after["layer"][1]["mark"]["fontSize"] == 2 * before["layer"][1]["mark"]["fontSize"]
    axis, axis_before = (each["layer"][0]["encoding"]["x"]["axis"] for each in (after, before))
    assert axis["labelFontSize"] == 2 * axis_before["labelFontSize"]
    assert after["config"]["axis"] == {"labelFontSize": 28, "titleFontSize": 28}
