"""In a real browser: the files that one takes home arrive, and are what they say."""

import ast
import os

import nbformat
import numpy as np
import onnx
import onnxruntime
import pytest

import browser
from waits import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]


def fetch(window, button, folder):
    """Press a button, and wait for its file."""
    with window.expect_download() as arriving:
        window.get_by_role("button", name=button, exact=True).click()
    path = folder / arriving.value.suggested_filename
    arriving.value.save_as(path)
    return path


@pytest.fixture
def window(new_page, address):
    with new_page() as page:
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/layers")
        yield page
        assert complaints == []


def test_network_program_and_notebook_arrive(window, address, tmp_path, bundled):
    window.get_by_text("Take this network along").click()
    keras_file = fetch(window, "Keras file (.keras)", tmp_path)
    onnx_file = fetch(window, "ONNX file (.onnx)", tmp_path)
    assert (keras_file.suffix, onnx_file.suffix, keras_file.stem) == (".keras", ".onnx", onnx_file.stem)
    about = {entry.key: entry.value for entry in onnx.load(onnx_file).metadata_props}
    assert onnx_file.stem == f"{about['name']}-{about['training_steps']}"
    (probabilities,) = onnxruntime.InferenceSession(onnx_file).run(["softmax"], {"image": bundled.images})
    assert np.mean(probabilities.argmax(axis=1) == bundled.labels) > 0.9
    assert keras_file.read_bytes().startswith(b"PK")
    window.goto(f"{address}/train")
    settings, program = window.get_by_text("Settings of the next run"), window.get_by_text("The same in Keras")
    settings.wait_for()
    if not program.is_visible():  # the form is closed where another test's run is shown
        settings.click()
    program.click()
    assert "train" in {
        node.name
        for node in ast.parse(fetch(window, "Program (.py)", tmp_path).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    nbformat.validate(nbformat.read(fetch(window, "Notebook (.ipynb)", tmp_path), as_version=4))
    window.get_by_text("More: words of older tutorials").click()
    table = window.get_by_role("table", name="Table of 13 words of TensorFlow 1")
    for width in (1440, 820, 390):
        window.set_viewport_size({"width": width, "height": 1000})
        expect(table.get_by_role("rowheader", name="feed_dict")).to_be_visible()
        fits = "table => table.scrollWidth <= table.parentElement.clientWidth"
        window.wait_for_function(f"table => ({fits})(table)", arg=table.element_handle())
