"""Reliability diagrams: every bin with answers stands where its edges and shares say, an empty one nowhere."""

import json

from cnnviz.network.reliability import Reliability
from cnnviz.render.charts import enlarged
from cnnviz.render.palettes import DARK, LIGHT, to_hex
from cnnviz.render.reliability import AXIS_PX, counts_chart, reliability_chart

COUNTED = Reliability((0.0, 0.4, 0.8, 1.0), (0, 4, 10), (0, 3, 10), (0.0, 2.4, 9.5))
INTERVALS = [(0.0, 1.0), (0.3, 0.95), (0.72, 1.0)]
TOP = Reliability((0.9, 0.95, 1.0), (4, 0), (3, 0), (3.7, 0.0))


def test_a_bin_with_answers_is_a_bar_with_its_interval_and_an_empty_one_nothing():
    bars, rules, diagonal = reliability_chart(COUNTED, INTERVALS)["layer"]
    rows = bars["data"]["values"]
    assert [(row["low"], row["high"], row["share"], row["answers"]) for row in rows] == [
        (0.4, 0.8, 0.75, 4),
        (0.8, 1.0, 1.0, 10),
    ]
    assert [(row["from"], row["to"]) for row in rules["data"]["values"]] == INTERVALS[1:]
    assert bars["encoding"]["y2"] == {"datum": 0}
    assert bars["encoding"]["y"]["scale"]["zero"]
    assert [row["sure"] for row in diagonal["data"]["values"]] == [0.0, 1.0]
    assert diagonal["encoding"]["x"]["field"] == diagonal["encoding"]["y"]["field"] == "sure"


def test_bins_that_begin_higher_are_points_since_a_bar_must_begin_at_0():
    points, _, diagonal = reliability_chart(TOP, [(0.3, 0.95), (0.0, 1.0)])["layer"]
    assert points["mark"]["type"] == "point"
    assert not points["encoding"]["y"]["scale"]["zero"]
    assert points["encoding"]["x"]["scale"]["domain"] == [0.9, 1]
    assert [row["sure"] for row in diagonal["data"]["values"]] == [0.9, 1.0]


def test_the_counts_are_drawn_and_written_below_the_same_axis():
    chart = counts_chart(COUNTED)
    assert [(row["low"], row["answers"]) for row in chart["data"]["values"]] == [(0.4, 4), (0.8, 10)]
    bars, numbers = chart["layer"]
    assert bars["encoding"]["y"]["axis"]["values"] == [0, 10]
    assert numbers["encoding"]["text"]["field"] == "answers"
    above = reliability_chart(COUNTED, INTERVALS)["layer"][0]["encoding"]
    assert bars["encoding"]["x"]["scale"] == above["x"]["scale"]
    assert bars["encoding"]["y"]["axis"]["minExtent"] == above["y"]["axis"]["minExtent"]


def test_in_present_both_axes_have_more_room_and_the_same():
    above, below = enlarged(reliability_chart(COUNTED, INTERVALS), 2), enlarged(counts_chart(COUNTED), 2)
    axes = [chart["layer"][0]["encoding"]["y"]["axis"] for chart in (above, below)]
    assert [axis["minExtent"] for axis in axes] == [axis["maxExtent"] for axis in axes] == [2 * AXIS_PX] * 2


def test_the_colours_are_those_of_the_theme():
    for theme, other in ((LIGHT, DARK), (DARK, LIGHT)):
        text = json.dumps([reliability_chart(COUNTED, INTERVALS, theme), counts_chart(COUNTED, theme)])
        assert to_hex(theme.accent) in text
        assert to_hex(other.accent) not in text
