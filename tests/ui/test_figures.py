"""What the component of figures sends to the browser, and what it takes from it."""

import numpy as np
import pytest

from apptest import unpacked
from cnnviz.ui.components.figures import figures
from cnnviz.ui.components.figures.figures import Bars, Figure, Picked, Text
from cnnviz.ui.components.maps.sheet import Sheet

TABLE = np.array([[0, 0, 0], [9, 8, 7]], np.uint8)
SHEET = Figure(Sheet([np.eye(2, dtype=np.uint8), np.ones((1, 3), np.uint8)], TABLE, 2, item="map"), "Two.", "two", "a")
STILL = Figure(Sheet([np.eye(2, dtype=np.uint8)], TABLE, 1), "One.", "one", "b")


def test_sentences_pictures_and_probabilities_arrive_as_they_were():
    bars = Figure(Bars(np.array([0.00001, 0.25, 0.74999])), "Bars.", "bars", "c", "side")
    text, sheet, bars, still = unpacked(figures.packed([Text("Zwölf ×", "h2", "wide"), SHEET, bars, STILL]))
    assert text == {"kind": "text", "tag": "h2", "place": "wide", "words": "Zwölf ×"}
    assert [array.tolist() for array in sheet["arrays"]] == [[[1, 0], [0, 1]], [[1, 1, 1]]]
    assert sheet["table"].tolist() == TABLE.tolist()
    assert (sheet["opens"], sheet["caption"], sheet["alt"], sheet["place"]) == (True, "Two.", "two", "main")
    assert (bars["shares"], bars["words"]) == ([0.0, 0.25, 0.75], ["<0.1\u00a0%", "25.0\u00a0%", "75.0\u00a0%"])
    assert not still["opens"]


@pytest.mark.parametrize(
    ("sent", "picked"),
    [
        ("a,0", Picked("a", 0)),
        ("a,1", Picked("a", 1)),
        *[(garbage, None) for garbage in ("a,2", "a,-1", "b,0", "c,0", "a", "", "a,1,1", "a,99999", None, 5, {"a": 1})],
    ],
    ids=str,
)
def test_what_was_clicked_on_is_a_picture_that_was_shown(sent, picked):
    assert figures._picked(sent, [Text("a"), SHEET, STILL]) == picked
