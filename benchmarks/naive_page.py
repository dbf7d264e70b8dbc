"""The page that one writes first, to measure against: TensorFlow in the process, `predict`, one subplot a map."""

import io

import keras
import numpy as np
import streamlit as st
from matplotlib import pyplot as plt
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from cnnviz.network import store
from cnnviz.network.forward import build


@st.cache_resource
def load():
    """The shipped network as a Keras model, and a model of its convolution outputs."""
    trained = store.load(store.open_model(store.ROOT / "hvass"))
    model = build(trained.config)
    model.set_weights(list(trained.weights.values()))
    maps = [model.get_layer(name).output for name in ("conv1_relu", "conv2_relu")]
    return model, keras.Model(model.inputs[0], maps)


def show_maps(maps):
    """One subplot for each map."""
    rows = int(np.ceil(maps.shape[-1] / 8))
    figure, axes = plt.subplots(rows, 8)
    for axis in axes.flat:
        axis.axis("off")
    for i in range(maps.shape[-1]):
        axes.flat[i].imshow(maps[0, :, :, i], cmap="binary")
    st.pyplot(figure)
    plt.close(figure)


model, probe = load()
drawn = st_canvas(
    stroke_width=24,
    stroke_color="#fff",
    background_color="#000",
    width=280,
    height=280,
    return_image_data=True,
    key="canvas",
)
if drawn.image_bytes:
    image = Image.open(io.BytesIO(drawn.image_bytes)).convert("L").resize((28, 28))
    pixels = np.asarray(image, np.float32)[None, :, :, None] / 255
    st.bar_chart(model.predict(pixels)[0])
    st.image(np.asarray(image), width=140)
    for outputs in probe.predict(pixels):
        show_maps(outputs)
