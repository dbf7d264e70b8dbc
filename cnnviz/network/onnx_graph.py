"""The network as a graph of ONNX operators, with the names of its layers.

Written operator by operator and not by tf2onnx, whose graph has names of TensorFlow's instead of the layers', and no
value of its own for what is folded into one operator.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from cnnviz.lazy import LazyModule
from cnnviz.network.config import IMAGE_PX, N_CLASSES, POOL_PX, Layer, layers
from cnnviz.network.weights import Network

onnx: Any = LazyModule("onnx")

OPSET, IR_VERSION = 17, 8
"""Versions of ONNX's operators and of its format, of 2022: programs that are some years old read them too."""
OPERATORS = {
    "convolution": "Conv",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "max": "MaxPool",
    "average": "AveragePool",
    "flatten": "Flatten",
    "dense": "Gemm",
    "dropout": "Identity",  # it is off outside of training
    "softmax": "Softmax",
}
"""By a layer's operation, or its kind where it has none."""
TO_CHANNELS_FIRST, TO_CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
BATCH = "n"


def graph(network: Network, name: str) -> Any:
    """The network as an ONNX graph.

    Its input "image" and its output "softmax" are those of the Keras model, float32 (n, 28, 28, 1) and (n, 10). What
    leaves each layer is a value with the layer's name; maps are (n, channels, height, width) there, as ONNX has them.

    Args:
        network: configuration and weights.
        name: the graph's.
    """
    every = layers(network.config)
    nodes = []
    for below, layer in itertools.pairwise(every):
        nodes += _nodes(below, layer)
    value = onnx.helper.make_tensor_value_info
    image = value(every[0].name, onnx.TensorProto.FLOAT, (BATCH, IMAGE_PX, IMAGE_PX, 1))
    probabilities = value(every[-1].name, onnx.TensorProto.FLOAT, (BATCH, N_CLASSES))
    return onnx.helper.make_graph(nodes, name, [image], [probabilities], _weights(network))


def _nodes(below: Layer, layer: Layer) -> list[Any]:
    """The operators of one layer; the last has the layer's name, as the value that leaves it."""
    node = onnx.helper.make_node
    given, before = below.name, []
    if turn := _turn(below, layer):
        given = f"{layer.name}/turned"
        before = [node("Transpose", [below.name], [given], given, perm=turn)]
    weights = [f"{layer.name}/kernel", f"{layer.name}/bias"] if layer.kernel_shape else []
    operator = OPERATORS[layer.operation or layer.kind]
    return [*before, node(operator, [given, *weights], [layer.name], layer.name, **_options(below, layer))]


def _turn(below: Layer, layer: Layer) -> tuple[int, ...]:
    """How the axes are turned before a layer; () where they are not."""
    if layer.kind == "convolution" and below.kind == "input":
        return TO_CHANNELS_FIRST
    if layer.kind == "flatten" and below.kind != "input":
        return TO_CHANNELS_LAST  # Keras's order, row, column, channel: the weights of the next layer stand in it
    return ()


def _options(below: Layer, layer: Layer) -> dict[str, Any]:
    """What an operator is told beside its inputs."""
    if layer.kind == "convolution":
        return _windows(below, layer, layer.kernel_shape[0])
    if layer.kind == "pooling":
        return _windows(below, layer, POOL_PX)
    return {"axis": 1} if layer.kind == "softmax" else {}


def _windows(below: Layer, layer: Layer, side_px: int) -> dict[str, Any]:
    """How the windows of a convolution or a pooling lie on its input.

    The padding follows from the sizes, as TensorFlow's does: what the last window needs more than there is, half of it
    before the first row and column; of an odd number the larger part behind the last.
    """
    needed = (layer.shape[0] - 1) * layer.stride + side_px
    total = max(needed - below.shape[0], 0)
    before, behind = total // 2, total - total // 2
    return {
        "kernel_shape": (side_px, side_px),
        "strides": (layer.stride, layer.stride),
        "pads": (before, before, behind, behind),
    }


def _weights(network: Network) -> list[Any]:
    """Every array, kernels of convolutions turned to (filters, channels, height, width)."""
    arrays = {name: w.transpose(3, 2, 0, 1) if w.ndim == 4 else w for name, w in network.weights.items()}
    return [onnx.numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()]
