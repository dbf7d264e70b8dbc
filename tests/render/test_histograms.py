"""Histograms: every bar stands where its share says."""

from cnnviz.render.histograms import histogram_chart


def test_each_bin_has_a_bar_of_each_series():
    chart = histogram_chart(["-1", "0"], {"a": [0.25, 0.75], "b": [0, 1]}, "Bins")
    bars = {(row["bin"], row["series"]): row["share"] for row in chart["data"]["values"]}
    assert bars == {("-1", "a"): 0.25, ("0", "a"): 0.75, ("-1", "b"): 0.0, ("0", "b"): 1.0}
    assert chart["encoding"]["x"]["title"] == "Bins"
    assert len(set(chart["encoding"]["color"]["scale"]["range"])) == 2
