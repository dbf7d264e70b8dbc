"""The chosen network as a file, for the programs of those who take it home."""

import functools
from collections.abc import Callable

import streamlit as st

from cnnviz.compute import backend
from cnnviz.network import export
from cnnviz.network.weights import Network
from cnnviz.ui import choice, panels
from cnnviz.ui.state import LayersPage


class Words:
    """What stands at the two files."""

    more = "Take this network along, as a file for Keras or ONNX"
    what = (
        "{name} after {n:,} training steps, as chosen at the head of the page, with all its filters. Both files take "
        "images as an array of float32, (number of images, 28, 28, 1), paper 0.0 and ink 1.0, prepared as MNIST: the "
        "digit fits into 20×20 pixels, and its centre of mass lies in the middle of the 28×28. They give ten "
        "probabilities for each image. Their layers have the names that they have here."
    )
    keras, onnx = "Keras file (.keras)", "ONNX file (.onnx)"
    for_keras = "For Python with Keras; it can also be trained on."
    for_onnx = "For programs without Keras: ONNX is read in many languages, on telephones and in browsers."


USE_OF_KERAS = """import keras

model = keras.models.load_model("{file}")
probabilities = model.predict(images)
"""
USE_OF_ONNX = """import onnxruntime

session = onnxruntime.InferenceSession("{file}")
(probabilities,) = session.run(["softmax"], {{"image": images}})
"""


def show(network: Network) -> None:
    """What the files hold, and for each its button and how it is used; once it is asked for."""
    more = st.expander(Words.more, key=LayersPage.take_along.name, on_change="rerun")
    chosen = choice.current()
    if not more.open or chosen.entry is None:
        return
    name, n = chosen.entry.name, chosen.iteration
    make, file = functools.partial(made, network, name, n), f"{name}-{n}"
    with more:
        st.markdown(Words.what.format(name=name, n=n))
        left, right = st.columns(2, gap="large")
    with left:
        offer(Words.keras, Words.for_keras, USE_OF_KERAS, f"{file}.keras", functools.partial(make, export.keras_file))
    with right:
        offer(Words.onnx, Words.for_onnx, USE_OF_ONNX, f"{file}.onnx", functools.partial(make, export.onnx_file))


def offer(label: str, meaning: str, use: str, file: str, content: Callable[[], bytes]) -> None:
    """One of the files; its button turns while the file is made."""
    panels.download_file(label, content, file, "application/octet-stream")
    st.caption(meaning)
    st.code(use.format(file=file), "python")


def made(network: Network, name: str, n: int, write: Callable[[Network, str, int], bytes]) -> bytes:
    """The file, which is written where TensorFlow is."""
    content: bytes = backend.call(write, network, name, n)
    return content
