"""What one takes home: the Keras program and its notebook on Train, the trained network on Layers."""

import html
import re

import numpy as np
import onnxruntime
import pytest

from apptest import open_page, texts
from cnnviz.analysis import inspection
from cnnviz.data import dataset
from cnnviz.experiments import keras_source
from cnnviz.network import export, store
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.pages.layers import take_along
from cnnviz.pages.train import old_words
from cnnviz.ui.state import LayersPage

pytestmark = pytest.mark.usefixtures("bundled_digits")
EXERCISE_12 = {"exercise": 12, "experiment__preset": "low-level", "experiment__iterations": 200}


def files(at):
    """Labels of the buttons that make a file when they are pressed."""
    buttons = [button.proto for button in at.get("download_button")]
    return {button.label for button in buttons if button.deferred_file_id and not button.url}


@pytest.mark.parametrize(
    ("page", "preset", "chosen"),
    [("train", "low-level", {"train__preset": "low-level"}), ("train/experiments", "low-level", EXERCISE_12)],
)
@pytest.mark.parametrize("model", ["hvass", "robust"])
def test_the_program_and_the_words_of_older_tutorials_stand_beside_each_other(page, preset, chosen, model):
    """Whatever network is chosen in the head."""
    at = open_page(page, model=model, **chosen)
    assert not at.exception
    plan = Plan(PRESETS[preset].network, PRESETS[preset].recipe)
    assert [code.value for code in at.code] == [keras_source.keras_program(plan).rstrip()]
    assert {"Program (.py)", "Notebook (.ipynb)"} <= files(at)
    assert old_words.Words.why in texts(at)
    assert any('class="old-words"' in element.proto.body for element in at.get("html"))


def test_each_word_of_tensorflow_1_has_its_word_of_today_and_one_explanation():
    words = {row[0] for row in old_words.TABLE}
    assert words == {
        *("graph", "placeholder", "None as a size", "Variable", "Session", "run", "feed_dict", "eval"),
        *("InteractiveSession", "global_variables_initializer", "close", "strides of tf.nn.conv2d", "ksize"),
    }
    shown = old_words.table()
    rows = re.findall(r"<tr.*?</tr>", shown)
    assert len(rows) == 1 + len(words)
    for row, told in zip(rows[1:], old_words.TABLE, strict=True):
        plain = [html.unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        assert plain == [text.replace("`", "") for text in told]
        assert re.findall("<code>(.*?)</code>", row) == re.findall("`(.*?)`", html.escape(" ".join(told), quote=False))


@pytest.mark.parametrize(("model", "iteration"), [("hvass", 10_000), ("hvass", 100)])
def test_the_chosen_network_is_taken_along_as_it_is_after_so_many_steps(model, iteration):
    at = open_page("layers/network", {LayersPage.take_along: True}, model=model, **{f"iteration of {model}": iteration})
    assert not at.exception
    assert {take_along.Words.keras, take_along.Words.onnx} <= files(at)
    assert take_along.Words.what.format(name=model, n=iteration) in texts(at)
    assert f'load_model("{model}-{iteration}.keras")' in at.code[0].value
    assert f'InferenceSession("{model}-{iteration}.onnx")' in at.code[1].value


def test_nothing_is_prepared_before_it_is_asked_for():
    at = open_page("layers/network", model="hvass")
    assert not files(at) & {take_along.Words.keras, take_along.Words.onnx}


def test_the_onnx_file_is_used_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network, images = store.load(store.find("hvass")), dataset.load(dataset.BUNDLED, "test").images[:20]
    (tmp_path / "hvass-10000.onnx").write_bytes(take_along.made(network, "hvass", 10_000, export.onnx_file))
    names = {"images": images}
    exec(take_along.USE_OF_ONNX.format(file="hvass-10000.onnx"), names)
    assert isinstance(names["session"], onnxruntime.InferenceSession)
    expected = inspection.activations(network, images)["softmax"]
    np.testing.assert_allclose(names["probabilities"], expected, atol=1e-5)
