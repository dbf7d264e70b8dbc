"""How pictures travel to the browser, and what it sends."""

import json

import numpy as np
import pytest

from apptest import unpacked
from cnnviz.render import palettes
from cnnviz.ui.components.maps import maps
from cnnviz.ui.components.maps import sheet as sheets
from cnnviz.ui.components.maps.sheet import GREYS, Sheet, exact, images, neurons, numbered
from cnnviz.ui.state import Key

KEY = Key("pictures", None)


def packed(sheet):
    (item,) = unpacked(sheets.packed({"items": [sheets.told(sheet)]}, [sheet]))
    return item


def test_values_arrive_with_three_digits_whatever_their_size():
    for size in (1e-40, 1e-3, 1.0, 3e38):
        values = np.float32([[[0.0, 0.123, -1.0], [0.5, 0.25, 0.00123]]]) * np.float32(size)
        item = packed(exact(values, "seismic", palettes.symmetric_limits(values), 1))
        assert item["arrays"][0] == pytest.approx(values[0], rel=6e-4)
        assert len(item["table"]) == 257  # and the colour of NaN
        assert json.loads(json.dumps(item["limits"]))[1] == pytest.approx(size)


def test_what_is_no_number_arrives_as_such_and_whole_numbers_stay_whole():
    values = np.array([[[np.nan, np.inf], [-np.inf, 7]]], np.float32)
    assert np.array_equal(packed(exact(values, "gray", (0, 7), 1))["arrays"][0], values[0], equal_nan=True)
    written = packed(exact(np.array([[[1234.56]]]), "gray", (0, 7), 1, is_written=True))
    assert written["arrays"][0] == pytest.approx(1234.56, rel=1e-7)


def test_an_image_arrives_in_256_steps_and_the_same_picture_once():
    rng = np.random.default_rng(0)
    inks = rng.integers(0, 256, (3, 28, 28)) / 255
    sheet = images(np.concatenate([inks, inks[:1]]), "gray", 2)
    item = packed(sheet)
    assert item["again"] == [[3, 0]]
    assert (np.stack(item["arrays"]) == np.round(255 * np.concatenate([inks, inks[:1]]))).all()
    assert item["limits"] == [0, 1]
    alone = len(sheets.packed({}, [images(inks, "gray", 2)]))
    assert len(sheets.packed({}, [sheet])) == alone


def test_neurons_are_numbered_squares_in_one_picture():
    item = packed(neurons(np.arange(10.0), "gray", (0, 9), 200))
    assert (item["kind"], item["columns"], item["bar"]) == ("one", 10, True)
    assert [float(array[0, 0]) for array in item["arrays"]] == list(range(10))
    assert item["called"][9] == "neuron 9"


@pytest.mark.parametrize("with_nan", [False, True])
def test_numbered_maps_get_the_colours_of_their_palette(with_nan):
    values = np.linspace(-1, 1, 2 * 16 * 16).reshape(2, 16, 16)
    values[1] = 0
    if with_nan:
        values[0, 3, 4] = np.nan
    sheet = numbered(values, "seismic", (-1, 1), 8)
    coloured = palettes.apply_palette(values, "seismic", (-1, 1))
    found = np.stack([sheet.table[each] for each in sheet.pictures])
    assert len(sheet.table) == 256
    assert list(sheet.crossed) == [1]
    assert (found[0, 3, 4] == (palettes.NAN_COLOUR if with_nan else coloured[0, 3, 4])).all()
    assert (found[:, :15] == coloured[:, :15]).all()


@pytest.mark.parametrize(
    ("sent", "number"),
    [({"opened": 0}, 0), ({"opened": 8}, 8), *[({"opened": wrong}, None) for wrong in (9, -1, 1.0, True, "1", None)]],
    ids=str,
)
def test_what_was_opened_is_a_picture_that_is_there(monkeypatch, sent, number):
    monkeypatch.setattr(Key, "get", lambda key: sent)
    assert maps.opened(KEY, 9) == number
    assert maps.picked(KEY, 9) is None


def test_frames_and_words_are_told_by_picture():
    pictures = [np.zeros((2, 2), np.uint8), np.ones((2, 2), np.uint8)]
    told = sheets.told(Sheet(pictures, GREYS, 2, boxes={1: [(-1, 0, 2, 2)]}, item="map", pressed=[1]))
    assert (told["boxes"], told["item"], told["pressed"], told["opens"]) == ([[], [(-1, 0, 2, 2)]], "map", [1], True)
    assert not {"called", "names", "labels", "limits", "scale"} & told.keys()
