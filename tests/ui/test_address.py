"""The page's address: what it carries, and that nothing in it can do harm."""

from urllib.parse import parse_qs

import pytest
from canvas_message import SEVEN
from streamlit.testing.v1 import AppTest

from apptest import go, open_page
from cnnviz.drawing import short_strokes
from cnnviz.drawing.preparation import IMAGE_PX
from cnnviz.ui import address, address_names, address_reading, places, state
from cnnviz.ui.changes import Changes
from cnnviz.ui.drawing_history import DrawingHistory
from cnnviz.ui.state import DrawPage, Key, Session
from common import ROOT

NAMES = list(places.PLACES)


@pytest.fixture(autouse=True)
def _bundled(monkeypatch):
    monkeypatch.setenv("CNNVIZ_DATA", "bundled")


def query(at):
    """The address as the browser is told."""
    return {name: values[0] for name, values in parse_qs(at.session_state[Session.address.name][0]).items()}


LEFT_OUT = address.Words.left_out


def opened(place="draw", **params):
    """A session that begins with an address; AppTest opens the first page first, so it begins once more."""
    at = open_page(place)
    at.session_state[Session.has_begun.name] = False
    for name, value in params.items():
        at.query_params[name.replace("__", ".").replace("_", "-")] = value
    return at.run()


def ink(line=SEVEN):
    path = [["M", *line[0]], *(["L", *point] for point in line[1:])]
    return short_strokes.shorten([{"type": "path", "path": path, "strokeWidth": 24}])


def value(at, key):
    return at.session_state[key.name]


def said(at):
    return [toast.value for toast in at.toast]


def test_the_address_names_network_steps_digits_and_digit():
    at = open_page("layers")
    assert query(at).items() >= {"net": "hvass", "steps": "10000", "source": "bundled", "digit": "0"}.items()
    at.select_slider[0].set_value(100).run()
    at.session_state[Session.shown.number.name] = 7
    at.run()
    assert query(at).items() >= {"net": "hvass", "steps": "100", "source": "bundled", "digit": "7"}.items()


def test_the_address_names_the_map_that_is_open_and_its_pixel():
    at = opened("layers", pixel_layer="conv2", map="7", pixel="6,8", digit="3")
    assert not at.exception
    assert query(at).items() >= {"pixel-layer": "conv2", "map": "7", "pixel": "6,8"}.items()


def test_an_address_is_shown():
    at = opened("layers", net="hvass", steps="100", source="bundled", digit="7", part="filters")
    assert not at.exception
    assert not said(at)
    assert value(at, Session.model) == "hvass"
    assert at.select_slider[0].value == 100
    assert value(at, Session.shown.number) == 7
    assert value(at, state.LayersPage.part) == "filters"
    expected = {"net": "hvass", "steps": "100", "source": "bundled", "digit": "7", "part": "filters"}
    assert query(at).items() >= expected.items()


def test_a_test_image_in_the_address_of_draw_is_laid_on_the_canvas_and_nothing_is_left_out():
    at = opened("draw", net="hvass", source="bundled", digit="3")
    assert not at.exception
    assert not said(at)
    assert value(at, state.DrawPage.below.number) == 3
    assert query(at).items() >= {"digit": "own", "below-image": "3"}.items()
    assert said(opened("draw", net="hvass", source="bundled", digit="99999")) == [LEFT_OUT.format(names="the digit")]


def test_a_training_image_and_what_data_shows_are_in_the_address():
    told = {"digit": "train-2", "data": "train", "show": "100", "order": "least", "class": "7", "palette": "hot"}
    at = opened("data", net="hvass", source="bundled", **told, **{"from": "20"})
    assert not at.exception
    assert not said(at)
    assert (value(at, Session.shown.split), value(at, Session.shown.number)) == ("train", 2)
    assert query(at).items() >= {**told, "from": "20"}.items()
    assert query(go(at, "layers"))["digit"] == "train-2"


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"data": "evil"}, "the part of the data"),
        ({"from": "99999"}, "the place among the images"),
        ({"from": "-1"}, "the place among the images"),
        ({"class": "77"}, "the class"),
        ({"show": "7"}, "something unknown"),
        ({"order": "<script>"}, "something unknown"),
        ({"palette": "plaid"}, "something unknown"),
    ],
)
def test_what_data_cannot_show_is_said(params, name):
    at = opened("data", **params)
    assert not at.exception
    (sentence,) = said(at)
    assert name in sentence
    assert "script" not in sentence


def test_a_drawing_is_in_the_address_of_every_place_and_opens_elsewhere():
    text = ink()
    first = opened("draw", net="robust", digit="own", ink=text)
    assert not first.exception
    assert not said(first)
    assert query(first)["ink"] == text
    other = opened("layers", **query(go(first, "layers")))
    assert not said(other)
    assert query(other)["ink"] == text
    assert value(other, Session.shown.which) == "own"
    assert value(other, Session.digit).origin.kind == "drawing"
    assert (value(other, Session.digit).image == value(first, Session.digit).image).all()


def test_squares_are_in_the_address():
    cells = "".join("1" if 300 < i < 420 else "0" for i in range(IMAGE_PX * IMAGE_PX))
    first = open_page("draw", {DrawPage.way: "grid", DrawPage.squares: cells, Session.has_begun: False})
    first = opened(
        "draw", digit="own", way="grid", squares=address_names.packed(int("1" + cells, 2).to_bytes(99, "big"))
    )
    assert value(first, DrawPage.squares) == cells
    other = opened("layers", **query(go(first, "layers")))
    assert value(other, Session.digit).origin.kind == "squares"


def test_the_same_drawing_keeps_its_history():
    """A reload reads the address as well; what was stored can be taken back stroke by stroke."""
    history = DrawingHistory.of_strokes({"objects": short_strokes.lengthen(ink())})
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.session_state[DrawPage.history.name] = history
    at.query_params["ink"] = ink()
    at.query_params["digit"] = "own"
    at.run()
    assert value(at, DrawPage.history) is history


def test_what_an_address_does_not_name_is_as_at_first():
    """Whoever opens it has made other choices before, which would be shown in place of the sender's."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.session_state[DrawPage.pen_px.name] = 12
    at.query_params["net"] = "robust"
    at.run()
    assert DrawPage.pen_px.name not in at.session_state or value(at, DrawPage.pen_px) == DrawPage.pen_px.default


def test_old_addresses_lead_on_and_carry_what_they_say():
    for old, (place, part) in places.OLD_ADDRESSES.items():
        assert old not in {title for title, _ in places.PLACES.values()}
        assert place in places.PLACES
        assert not part or place in places.PART_KEYS


BOMB = address_names.packed(bytes(10_000_000))
HOSTILE = {
    "network": ({"net": "../../etc/passwd"}, "the network"),
    "steps": ({"net": "robust", "steps": "77"}, "the training steps"),
    "steps of nothing": ({"steps": "100"}, "the training steps"),
    "steps that are no number": ({"net": "robust", "steps": "1e999"}, "the training steps"),
    "a digit out of range": ({"digit": "99999999"}, "the digit"),
    "a digit below 0": ({"digit": "-1"}, "the digit"),
    "no digit": ({"digit": "<b>"}, "the digit"),
    "a training image out of range": ({"digit": "train-99999"}, "the digit"),
    "a training image below 0": ({"digit": "train--1"}, "the digit"),
    "an image of no part": ({"digit": "evil-3"}, "the digit"),
    "an image without a number": ({"digit": "validation-"}, "the digit"),
    "digits": ({"source": "/etc"}, "the digits"),
    "a drawing": ({"digit": "own", "ink": "garbage!"}, "the drawing"),
    "a zip bomb": ({"digit": "own", "ink": BOMB[:2000]}, "the drawing"),
    "a zip bomb in squares": ({"digit": "own", "squares": BOMB[:7000]}, "the squares"),
    "a drawing without one": ({"digit": "own"}, "the digit"),
    "something to hide": ({"hide": "network,everything"}, "what to hide"),
    "an unknown name": ({"evil": "<script>"}, "something unknown"),
    "a switch": ({"thin": "maybe"}, "something unknown"),
    "a number": ({"pen": "x"}, "something unknown"),
}


@pytest.mark.parametrize(("params", "name"), HOSTILE.values(), ids=HOSTILE)
def test_what_does_not_fit_is_left_out_and_said_in_one_sentence(params, name):
    at = opened("draw", **params)
    assert not at.exception
    (sentence,) = said(at)
    assert sentence == address.sentence([]).replace(".  ", ".") or name in sentence
    assert "script" not in sentence
    at.run()
    assert not said(at)


def test_an_address_that_is_too_long_is_not_used():
    at = opened("draw", net="low-level", ink="A" * 100_000)
    assert said(at) == [address.Words.too_long]
    assert value(at, Session.model) != "low-level"


@pytest.mark.parametrize("place", NAMES)
@pytest.mark.parametrize("text", ["", "nonsense", "-1", "999999", "1,2", "1,2,3", "ü" * 50])
def test_no_value_of_a_page_can_break_it(place, text):
    names = list(address_names.keys_of(place))
    names += [f"{name}.conv1" for name in address_names.BEGINNINGS.get(place, {})]
    at = opened(place, net="low-level", **{name.replace("-", "_").replace(".", "__"): text for name in names})
    assert not at.exception
    assert len(said(at)) <= 1


@pytest.mark.parametrize(
    ("like", "kept"),
    [
        (True, True),
        (0, 7),
        (0.0, 0.25),
        ("", "conv1"),
        ((), ("a", "b (1, 2) %")),
        (None, (3, 4)),
        (None, 3),
        (None, "map"),
    ],
)
def test_values_come_back_of_their_kind(like, kept):
    assert address_names.value_of(like, address_names.text_of(kept)) == kept


def test_what_was_done_to_a_network_comes_back():
    changes = Changes({"conv1"}, {"conv2": 0.5}, {("conv1", 0, 3): "1 2; 3 4"}, {"conv2": [1, 2]})
    text = address_names.text_of(changes)
    assert address_names.value_of(Changes(), text) == changes
    with pytest.raises(ValueError, match=r"."):
        address_names.value_of(Changes(), address_names.packed(bytes(10_000_000)))


def test_every_choice_of_a_page_has_a_short_name_of_its_own_in_the_address():
    for classes in address_names.CLASSES.values():
        names = []
        for page in classes:
            keys = [value for value in vars(page).values() if isinstance(value, Key)]
            assert [key.name for key in keys if key.kept and not key.address] == []
            names += [key.address for key in keys if key.address]
        assert len(names) == len(set(names))


def test_what_an_address_may_say_at_every_place_is_known_where_pages_of_lessons_are_checked():
    assert set(address_names.OF_SESSION) == set(address_reading.SPECIAL)
    said = {"net": "hvass", "digit": "train-2", "pixel": "6,8", "off.hvass": "conv1 3", "map": "7"}
    assert address_names.unfit("layers", said) == []
    wrong = {"digit": "seven", "map": "many", "volume": "11", "off": "x", "changed.turn": "45"}
    assert address_names.unfit("layers", said | wrong) == ["digit", "map", "volume", "changed.turn"]


def test_what_is_hidden_stays_in_the_address():
    at = opened("layers", hide="network,time,digit,share,menu")
    assert not at.exception
    assert not at.select_slider
    assert query(at)["hide"] == "network,time,digit,share,menu"
