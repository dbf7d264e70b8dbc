"""A trained network as a file for other programs: Keras's own format, and ONNX.

The arithmetic of both is `forward.forward`'s; their layers have the names of `config.layers`.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from cnnviz.lazy import LazyModule
from cnnviz.network import onnx_graph
from cnnviz.network.config import IMAGE_PX
from cnnviz.network.forward import build
from cnnviz.network.weights import Network

onnx: Any = LazyModule("onnx")

METADATA = "metadata.json"
"""Keras's name of the part of its file that says what the file is; what Keras does not know there it leaves alone."""


def description(name: str, training_steps: int) -> dict[str, str]:
    """What is written into a file about the network in it.

    Args:
        name: the network's, as the application calls it.
        training_steps: after how many of them these are its weights.
    """
    return {
        "name": name,
        "training_steps": str(training_steps),
        "input": f"float32, (n, {IMAGE_PX}, {IMAGE_PX}, 1): grey images, paper 0.0, ink 1.0",
        "preparation": "As MNIST: the digit scaled into 20x20 pixels, its centre of mass in the middle of 28x28 pixels",
        "output": "float32, (n, 10): the probability of each digit from 0 to 9",
        "made_by": "cnnviz",
    }


def keras_file(network: Network, name: str, training_steps: int) -> bytes:
    """The network as a .keras file, which `keras.models.load_model` reads.

    Args:
        network: configuration and weights.
        name, training_steps: as for `description`, which stands in the file's metadata.json under "cnnviz".
    """
    model = build(network.config)
    model.set_weights(list(network.weights.values()))
    model.name = name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.keras")
        model.save(path)
        return _with_description(path.read_bytes(), description(name, training_steps))


def _with_description(content: bytes, about: dict[str, str]) -> bytes:
    """The same .keras file, a zip archive, with more in its metadata."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w") as written:
        for entry in given.infolist():
            part = given.read(entry)
            if entry.filename == METADATA:
                part = json.dumps(json.loads(part) | {"cnnviz": about}).encode()
            written.writestr(entry, part)
    return made.getvalue()


def onnx_file(network: Network, name: str, training_steps: int) -> bytes:
    """The network as an .onnx file, with `description` as its metadata.

    Args:
        network: configuration and weights.
        name, training_steps: as for `description`.
    """
    opset = onnx.helper.make_opsetid("", onnx_graph.OPSET)
    model = onnx.helper.make_model(
        onnx_graph.graph(network, name), opset_imports=[opset], ir_version=onnx_graph.IR_VERSION, producer_name="cnnviz"
    )
    onnx.helper.set_model_props(model, description(name, training_steps))
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content
