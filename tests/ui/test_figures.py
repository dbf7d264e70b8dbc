"""What the component of figures sends to the browser, and what it takes from it."""

import numpy as np
import pytest

from apptest import unpacked
from cnnviz.render import palettes
from cnnviz.ui.components.figures import figures
from cnnviz.ui.components.figures.figures import GREYS, Bars, Figure, Picked, Sheet, Text

TABLE = np.array([[0, 0, 0], [9, 8, 7]], np.uint8)
SHEET = Figure(Sheet([np.eye(2, dtype=np.uint8), np.ones((1, 3), np.uint8)], TABLE, 2, item="map"), "Two.", "two", "a")
STILL = Figure(Sheet([np.eye(2, dtype=np.uint8)], TABLE, 1), "One.", "one", "b")


def test_sentences_pictures_and_probabilities_arrive_as_they_were():
    bars = Figure(Bars(np.array([0.00001, 0.25, 0.74999])), "Bars.", "bars", "c", "side")
    text, sheet, bars, still = unpacked(figures.packed([Text("Zwölf ×", "h2", "wide"), SHEET, bars, STILL]))
    assert text == {"kind": "text", "tag": "h2", "place": "wide", "words": "Zwölf ×"}
    assert [array.tolist() for array in sheet["arrays"]] == [[[1, 0], [0, 1]], [[1, 1, 1]]]
    assert sheet["table"].tolist() == TABLE.tolist()
    assert (sheet["labels"], sheet["caption"], sheet["alt"], sheet["place"]) == (["0", "1"], "Two.", "two", "main")
    assert (bars["shares"], bars["words"]) == ([0.0, 0.25, 0.75], ["<0.1\u00a0%", "25.0\u00a0%", "75.0\u00a0%"])
    assert (still["labels"], still["item"]) == ([], "")


def test_the_same_picture_twice_is_sent_once():
    image = np.zeros((100, 100), np.uint8)
    once, twice = (figures.packed([Figure(Sheet([image] * n, GREYS, 2), "", "", "a")]) for n in (1, 2))
    assert len(twice) < len(once) + 100
    assert unpacked(twice)[0]["again"] == [1]


@pytest.mark.parametrize("with_nan", [False, True])
def test_maps_get_the_colours_of_their_palette(with_nan):
    maps = np.linspace(-1, 1, 2 * 16 * 16).reshape(2, 16, 16)
    maps[1] = 0
    if with_nan:
        maps[0, 3, 4] = np.nan
    sheet = figures.sheet_of(maps, "seismic", (-1, 1), 8)
    coloured = palettes.apply_palette(maps, "seismic", (-1, 1))
    found = np.stack([sheet.table[each] for each in sheet.pictures])
    assert len(sheet.table) == 256
    assert list(sheet.crossed) == [1]
    assert (found[0, 3, 4] == (palettes.NAN_COLOUR if with_nan else coloured[0, 3, 4])).all()
    assert (found[:, :15] == coloured[:, :15]).all()


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
