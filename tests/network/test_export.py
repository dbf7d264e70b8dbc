"""Files for other programs compute what the application computes: run by onnxruntime, and by Keras elsewhere."""

import io
import json
import subprocess
import sys
import zipfile

import numpy as np
import onnx
import onnxruntime
import pytest

from cnnviz.analysis import inspection
from cnnviz.network import export, store
from cnnviz.network.config import Convolution, NetworkConfig, layers, weight_shapes
from cnnviz.network.presets import PRESETS
from networks import random_network

CONFIGS = {
    "stride 2, even kernel, no pooling": NetworkConfig(
        (Convolution(4, 4, 2), Convolution(5, 3, 3)), (), pooling="none"
    ),
    "average, sigmoid, odd sides": NetworkConfig((Convolution(2, 3),) * 4, (9, 7), "sigmoid", "average"),
    "pool first, tanh, large kernel": NetworkConfig(
        (Convolution(3, 28), Convolution(2, 9)), (6,), "tanh", pool_first=True
    ),
    "relu on the logits, stride 4": NetworkConfig((Convolution(2, 2, 4),), (5,), activate_logits=True),
    "no padding, stride 2": NetworkConfig((Convolution(3, 5), Convolution(2, 4, 2)), (5,), padding="valid"),
    "no convolution, dropout": NetworkConfig((), (16,), dropout=0.5),
    "one layer": NetworkConfig((), ()),
}


def drawn(seed):
    """A configuration drawn at random, of those that can be."""
    chance = np.random.default_rng(seed)
    while True:
        sizes = chance.integers((1, 1, 1), (7, 8, 4), (chance.integers(0, 4), 3)).tolist()
        try:
            return NetworkConfig(
                tuple(Convolution(*size) for size in sizes),
                tuple(chance.integers(1, 20, chance.integers(0, 3)).tolist()),
                str(chance.choice(["relu", "sigmoid", "tanh"])),
                str(chance.choice(["max", "average", "none"])),
                bool(chance.integers(2)),
                activate_logits=bool(chance.integers(2)),
            )
        except ValueError:
            continue


def shipped(name):
    """The last weights of a shipped network; random ones of a preset that is not shipped."""
    model = store.find(name)
    return store.load(model) if model else random_network(PRESETS[name].network, 1)


NETWORKS = {
    **{name: lambda name=name: shipped(name) for name in PRESETS},
    **{name: lambda config=config: random_network(config, 2) for name, config in CONFIGS.items()},
    **{f"drawn with {seed}": lambda seed=seed: random_network(drawn(seed), seed) for seed in range(12)},
}


@pytest.fixture(scope="module")
def images(bundled):
    """Digits, and images full of numbers, of which every pixel at the border counts."""
    noise = np.random.default_rng(3).random((8, 28, 28, 1), np.float32)
    return np.concatenate([bundled.images[:32], noise])


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_the_onnx_file_gives_the_same_probabilities(make, images):
    network = make()
    session = onnxruntime.InferenceSession(export.onnx_file(network, "some", 5), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["softmax"], {"image": images})
    np.testing.assert_allclose(probabilities, inspection.activations(network, images)["softmax"], atol=1e-5)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_what_leaves_each_layer_has_its_name_and_its_values(config, images):
    network = random_network(config, 2)
    model = onnx.load_from_string(export.onnx_file(network, "some", 5))
    names = [layer.name for layer in layers(config)]
    assert [node.name for node in model.graph.node if "/" not in node.name] == names[1:]
    assert [array.name for array in model.graph.initializer] == list(weight_shapes(config))
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names[1:-1])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = inspection.activations(network, images)
    for name, values in zip(names[1:], session.run(names[1:], {"image": images}), strict=True):
        ours = outputs[name].transpose(0, 3, 1, 2) if outputs[name].ndim == 4 else outputs[name]
        np.testing.assert_allclose(values, ours, rtol=1e-4, atol=1e-4, err_msg=name)


def test_the_onnx_file_says_what_it_is(tiny):
    model = onnx.load_from_string(export.onnx_file(random_network(tiny), "mine", 700))
    about = {entry.key: entry.value for entry in model.metadata_props}
    assert about == export.description("mine", 700)
    assert (about["name"], about["training_steps"], model.graph.name) == ("mine", "700", "mine")
    assert "28" in about["input"]
    assert "paper 0.0, ink 1.0" in about["input"]
    shapes = [
        [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    ]
    assert shapes == [["n", 28, 28, 1], ["n", 10]]


SAVES_WITH_KERAS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Keras's own way from a variable to an array, when it saves."""
LOAD = """
import sys, pathlib
import numpy as np
import keras
images = np.load("images.npy")
for path in sorted(pathlib.Path().glob("*.keras")):
    model = keras.models.load_model(path)
    np.savez(path.with_suffix(".npz"), *model.predict(images, verbose=0),
             names=[model.name, *(layer.name for layer in model.layers)])
"""


@SAVES_WITH_KERAS
def test_the_keras_file_gives_the_same_probabilities_in_a_process_of_its_own(images, tmp_path):
    """Keras alone, in a folder where there is no cnnviz."""
    networks = [make() for name, make in NETWORKS.items() if not name.startswith("drawn")]
    np.save(tmp_path / "images.npy", images)
    for i, network in enumerate(networks):
        (tmp_path / f"{i:02}.keras").write_bytes(export.keras_file(network, f"network{i}", 700))
    subprocess.run([sys.executable, "-I", "-c", LOAD], cwd=tmp_path, check=True, capture_output=True, timeout=200)
    for i, network in enumerate(networks):
        with np.load(tmp_path / f"{i:02}.npz") as found:
            probabilities = np.stack([found[f"arr_{k}"] for k in range(len(images))])
            names = found["names"].tolist()
        assert names == [f"network{i}", *(layer.name for layer in layers(network.config))]
        np.testing.assert_allclose(probabilities, inspection.activations(network, images)["softmax"], atol=1e-5)


@SAVES_WITH_KERAS
def test_the_keras_file_says_what_it_is(tiny):
    content = export.keras_file(random_network(tiny), "mine", 700)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["cnnviz"] == export.description("mine", 700)
    assert "keras_version" in metadata
