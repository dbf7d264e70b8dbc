"""The Draw page as a laboratory: steps left out, a second network, other ways in, bad messages of the browser."""

import base64
import io
import json

import numpy as np
import pytest
import streamlit as st
from PIL import Image, ImageDraw

from apptest import alts, answer, figures, go, open_page, texts
from cnnviz import __main__ as cli
from cnnviz.analysis import inspection
from cnnviz.drawing import pictures, rejection
from cnnviz.drawing.preparation import STEPS, prepare
from cnnviz.network import store
from cnnviz.percentages import probability
from cnnviz.render import palettes
from cnnviz.ui import state
from cnnviz.ui.components.figures import figures as components
from cnnviz.ui.state import CalculationPart, DrawPage, Session

SEVEN = [(70, 60), (210, 60), (160, 140), (120, 240)]
MODEL = "hvass"


pytestmark = pytest.mark.usefixtures("bundled_digits")


def strokes(*lines, pen=24):
    """What the canvas sends: its picture and its strokes."""
    picture = Image.new("RGBA", (280, 280), "black")
    for line in lines:
        ImageDraw.Draw(picture).line(line, "white", pen, joint="curve")
    content = io.BytesIO()
    picture.save(content, "PNG")
    objects = [{"type": "Path", "path": [["M" if i == 0 else "L", *p] for i, p in enumerate(line)]} for line in lines]
    return message(content.getvalue(), {"version": "7.4.0", "objects": objects, "background": "#000000"})


def message(png, raw=None):
    data = "data:image/png;base64," + base64.b64encode(png).decode()
    return {"drawing": {"raw": raw or {"objects": [{"type": "Path", "path": []}]}, "data": data}, "backgroundFit": None}


def opened(canvas=None, chosen=None):
    sent = {} if canvas is None else {DrawPage.canvas: canvas}
    return open_page("", {Session.model: MODEL} | (chosen or {}) | sent)


def ink_of(lines, pen=24):
    sent = strokes(*lines, pen=pen)["drawing"]["data"].split(",")[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(sent))).convert("L"), np.float32) / 255


def reading(ink, without=()):
    network = store.load(store.find(MODEL))
    image = prepare(ink, without).centred[None, :, :, None]
    return inspection.activations(network, image)["softmax"][0]


def test_the_answer_and_what_each_step_is_good_for_are_the_networks():
    at = opened(strokes(SEVEN))
    assert not at.exception
    ink = ink_of([SEVEN])
    probs = reading(ink)
    assert answer(at) == f"Answer: {probs.argmax()}"
    assert any(alt.startswith("Five pictures") for alt in alts(at))
    told = []
    for step in STEPS:
        if rejection.refuse_ink(prepare(ink, {step})):
            told.append("it sees no digit")
        elif reading(ink, {step}).argmax() != probs.argmax():
            told.append(f"it reads {reading(ink, {step}).argmax()}, ")
    sentence = next(line for line in texts(at).splitlines() if line.startswith("Leave "))
    assert [part for part in told if part in sentence] == told
    assert sentence.count(" it ") == len(told)
    assert ("still read as" in sentence) == (not told)


def test_a_step_that_is_switched_off_changes_what_is_seen():
    small = [(20, 20), (60, 20), (50, 45), (40, 70)]
    at = opened(strokes(small), {DrawPage.steps: ["ink", "box", "centre"]})
    probs = reading(ink_of([small]), {"crop"})
    header = answer(at)
    assert header.startswith("No digit here") or str(probs.argmax()) in header
    assert "Switched off: crop to the ink" in texts(at)


def test_nothing_drawn_is_said_and_no_answer_given():
    at = opened()
    assert "Nothing is drawn yet" in texts(at)
    assert answer(at) == ""


def test_it_says_that_it_does_not_learn_from_the_drawing():
    assert "does not learn from your drawing" in texts(opened())


def test_two_networks_on_one_drawing():
    at = opened(strokes(SEVEN), {DrawPage.network_beside: "low-level"})
    assert any(line.startswith("low-level reads 7") for line in texts(at).splitlines())


def test_the_strokes_can_be_drawn_again_with_another_pen():
    thick = opened(strokes(SEVEN, pen=32), {DrawPage.pen_px: 32})
    thin = opened(strokes(SEVEN, pen=32), {DrawPage.pen_px: 32, DrawPage.thin_pen: True})
    assert not thin.exception
    seen = [drawing_of(at).centred.sum() for at in (thick, thin)]
    assert seen[1] < 0.96 * seen[0]


def drawing_of(at):
    return at.session_state[Session.digit.name].preparation


def test_what_is_shown_is_what_the_network_computed_to_the_bit():
    at = opened(strokes(SEVEN))
    preparation = prepare(ink_of([SEVEN]))
    computed = inspection.activations(store.load(store.find(MODEL)), preparation.centred[None, :, :, None])
    shown = {item["name"]: item for item in figures(at) if item["kind"] != "text"}
    assert list(shown) == ["answer", "seen", "conv1_relu", "conv2_relu", "steps"]
    assert shown["answer"]["words"] == [probability(prob) for prob in computed["softmax"][0]]
    for name in ("conv1_relu", "conv2_relu"):
        maps = computed[name][0].transpose(2, 0, 1)
        table = palettes.palette_table("gray")[palettes.palette_numbers(maps, palettes.limits_with_zero(maps))]
        found = [shown[name]["table"][each] for each in shown[name]["arrays"]]
        assert np.array_equal(found, table)
        assert shown[name]["crossed"] == [i for i, map_ in enumerate(maps) if not map_.any()]
        assert shown[name]["opens"]  # so the browser numbers them
    seen = np.round(preparation.centred * 255)
    assert (shown["seen"]["arrays"][0] == seen).all()
    assert (shown["steps"]["arrays"][4] == seen).all()
    assert (shown["steps"]["arrays"][3] == np.round(preparation.boxed * 255)).all()


def test_what_a_stroke_changes_is_one_element_of_the_page(monkeypatch):
    """Each element costs the server half a millisecond; nothing is encoded there, and nothing kept for a download."""
    monkeypatch.setattr(st, "image", None)
    monkeypatch.setattr(st, "download_button", None)
    at = opened(strokes(SEVEN))
    assert not at.exception
    assert len(figures(at)) == 8


def test_a_click_on_a_map_opens_it_with_the_drawing(monkeypatch):
    at = opened(strokes(SEVEN))
    monkeypatch.setattr(components, "_picked", lambda *_: components.Picked("conv2_relu", 35))
    at.run()
    assert not at.exception
    assert at.subheader[0].value == "Layers"
    assert at.session_state[CalculationPart.layer.name] == "conv2"  # where its calculation begins
    assert at.session_state[CalculationPart.filter.name] == 35
    assert at.session_state[Session.shown.which.name] == "own"


def test_what_was_chosen_below_holds_after_another_page():
    at = opened(chosen={DrawPage.way: "over"})
    next(group for group in at.get("button_group") if group.key == DrawPage.steps.name).set_value(["ink", "box"]).run()
    go(at, "data")
    go(at, "draw")
    assert not at.exception
    assert "Switched off: crop to the ink, centre of mass." in texts(at)


def test_a_test_image_can_be_drawn_over():
    at = opened(chosen={DrawPage.way: "over", DrawPage.below.number: 3})
    assert not at.exception
    assert drawing_of(at) is not None
    more = opened(strokes([(20, 20), (260, 20)]), {DrawPage.way: "over", DrawPage.below.number: 3})
    assert drawing_of(more).drawn.sum() > drawing_of(at).drawn.sum() + 1000


def test_the_grid_is_read_square_by_square():
    cells = np.zeros((28, 28), int)
    cells[4:24, 13:16] = 1
    at = opened(chosen={DrawPage.way: "grid", DrawPage.squares: "".join(map(str, cells.ravel()))})
    assert not at.exception
    assert (drawing_of(at).drawn == cells).all()


@pytest.mark.parametrize("cells", ["", "01", "2" * 784, None, 5, {"a": 1}])
def test_garbage_from_the_grid_is_refused(cells):
    from cnnviz.ui.components.grid import grid

    with pytest.raises(pictures.ImageError, match="784 squares"):
        grid.read(cells)


def png(width, height):
    content = io.BytesIO()
    Image.new("L", (width, height)).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize(
    "sent",
    [
        message(b"not a picture"),
        message(b""),
        message(png(10, 10)),
        message(png(280, 281)),
        message(png(3000, 3000)),
        message(png(280, 280)[:60]),
        {"drawing": {"raw": {}, "data": "data:image/png;base64,!!!!"}, "backgroundFit": None},
        {"drawing": {"raw": {}, "data": "javascript:alert(1)"}, "backgroundFit": None},
        {"drawing": {"raw": {}, "data": 7}, "backgroundFit": None},
        {"drawing": "what", "backgroundFit": None},
        {"drawing": None, "backgroundFit": None},
        json.loads('{"drawing": [1, 2], "backgroundFit": {"a": []}}'),
    ],
)
def test_a_bad_message_of_the_canvas_is_no_exception_and_the_next_drawing_works(sent):
    at = opened(sent)
    assert not at.exception
    assert answer(at) == ""
    at.session_state[DrawPage.canvas.name] = strokes(SEVEN)
    at.run()
    assert answer(at).startswith("Answer: 7")


def test_strokes_that_are_garbage_are_told_when_they_are_needed():
    whole = base64.b64decode(strokes(SEVEN)["drawing"]["data"].split(",")[1])
    at = opened(message(whole, {"objects": [{"path": [["M", "x", 1]]}]}), {DrawPage.thin_pen: True})
    assert not at.exception
    assert any("strokes that cannot be read" in error.value for error in at.error)


def test_only_a_network_at_the_end_of_its_training_knows_what_is_unlike_a_digit():
    square = strokes([(70, 70), (210, 70), (210, 210), (70, 210), (70, 70)])
    trained = open_page(model="robust", canvas=square)
    assert "not like the digits that the network has learnt" in texts(trained)
    for drawn in (square, strokes(SEVEN)):
        untrained = open_page("", {Session.model: "robust", DrawPage.canvas: drawn, state.iteration_of("robust"): 0})
        assert untrained.select_slider[0].value == 0
        assert answer(untrained).startswith("Answer: ")


@pytest.mark.parametrize(
    "page", ["train/compare", "break_it/network", "why", "break_it/digit", "layers/maps", "layers/network"]
)
def test_every_page_says_that_it_is_no_digit(page):
    square = strokes([(70, 70), (210, 70), (210, 210), (70, 210), (70, 70)])
    at = go(open_page(model="robust", canvas=square), page)
    assert not at.exception
    assert "robust calls this drawing **no digit**" in texts(at)
    assert "hvass calls" not in texts(at)  # it never learnt what is no digit, and finds few


def shaded_photograph():
    """A seven on paper that is lit from one corner, as a file."""
    rows, columns = np.mgrid[0:600, 0:450]
    paper = Image.fromarray((110 + 130 * (rows + columns) / 1050).astype(np.uint8))
    ImageDraw.Draw(paper).line([(140, 150), (310, 150), (250, 300), (200, 460)], 40, 26, joint="curve")
    content = io.BytesIO()
    paper.save(content, "PNG")
    return content.getvalue()


class Sent:
    """A file as the uploader hands it on."""

    def __init__(self, name, content):
        self.name, self.file_id, self.size, self._content = name, name, len(content), content

    def getvalue(self):
        return self._content


def test_page_and_command_line_read_a_shaded_photograph_alike(tmp_path, monkeypatch, capsys):
    path = tmp_path / "seven.png"
    path.write_bytes(shaded_photograph())
    assert cli.main(["predict", MODEL, str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    monkeypatch.setattr(st, "file_uploader", lambda *_, **__: Sent("seven.png", path.read_bytes()))
    at = opened(chosen={DrawPage.way: "photo"})
    assert not at.exception
    seen = at.session_state[Session.digit.name].preparation
    assert 100 < min(seen.cropped.shape) < max(seen.cropped.shape) < 250
    probs = inspection.activations(store.load(store.find(MODEL)), seen.centred[None, :, :, None])["softmax"][0]
    assert told["digit"] == probs.argmax() == 7
    assert told["probabilities"] == [round(float(prob), 6) for prob in probs]
    assert answer(at) == "Answer: 7"
    shares = ", ".join(f"{digit}: {probability(prob)}" for digit, prob in enumerate(probs))
    assert f"Probability of each digit: {shares}." in alts(at)


def test_a_picture_from_the_camera_is_read_as_a_file_is(monkeypatch):
    asked = []
    monkeypatch.setattr(st, "camera_input", lambda *_, **__: asked.append(1) or Sent("camera.png", shaded_photograph()))
    at = opened(chosen={DrawPage.way: "photo"})
    assert asked == []  # the browser asks for the camera at once
    at.toggle(key=DrawPage.use_camera.name).set_value(True).run()
    assert not at.exception
    assert asked == [1]
    assert answer(at) == "Answer: 7"
    assert at.session_state[Session.digit.name].origin.kind == "photograph"


def test_no_sentence_claims_a_certainty_that_a_softmax_does_not_have():
    at = opened(strokes(SEVEN))
    second = np.argsort(reading(ink_of([SEVEN])))[-2]
    assert f"Reads 7; its second guess is {second}." in texts(at)
