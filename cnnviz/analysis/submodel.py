"""The network up to one of its layers as a compiled function, and the gradient of one value of that layer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from cnnviz.analysis.arithmetic import find_layer
from cnnviz.analysis.explanations import Position
from cnnviz.analysis.inspection import on_device
from cnnviz.lazy import keras, tf
from cnnviz.network.config import IMAGE_PX, NetworkConfig, weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.weights import Network


def input_signature(config: NetworkConfig) -> list[Any]:
    """What compiled functions of a network take: its arrays in the order of `weight_shapes`, and images.

    Fixed for a network, so that TensorFlow traces each function once and not once a batch size.
    """
    weights = [tf.TensorSpec(shape, tf.float32) for shape in weight_shapes(config).values()]
    return [weights, tf.TensorSpec((None, IMAGE_PX, IMAGE_PX, 1), tf.float32)]


@functools.lru_cache(maxsize=32)
def compiled_up_to(config: NetworkConfig, layer_name: str) -> Callable[[list[Any], Any], Any]:
    """The network up to a layer, dropout off, compiled.

    Returns:
        function of (arrays in the order of `weight_shapes`, float32 images (n, 28, 28, 1)) that gives the layer's
        output, float32 (n, *shape).
    """
    compiled: Callable[[list[Any], Any], Any] = tf.function(
        _up_to(config, layer_name), input_signature=input_signature(config), autograph=False
    )
    return compiled


def value_and_gradient(
    network: Network, image: np.ndarray, layer_name: str, position: Position
) -> tuple[float, np.ndarray]:
    """One value of a layer, and its gradient with respect to the image.

    Args:
        network: configuration and weights.
        image: float, shape (28, 28) or (28, 28, 1), in [0, 1].
        layer_name: any layer.
        position: (row, column, channel) in a map, (unit,) in a vector; not checked.

    Returns:
        the value, and float32 (28, 28).
    """
    compiled = _compiled_gradient(network.config, layer_name)
    batch = image.astype(np.float32).reshape(1, IMAGE_PX, IMAGE_PX, 1)
    value, gradient = compiled(on_device(network), batch, np.array(position, np.int32))
    return float(value[0]), gradient.numpy().reshape(IMAGE_PX, IMAGE_PX)


@functools.lru_cache(maxsize=32)
def _up_to(config: NetworkConfig, layer_name: str) -> Callable[[list[Any], Any], Any]:
    """As `compiled_up_to`, not yet compiled."""
    model = build(config)
    submodel = keras.Model(model.inputs[0], model.get_layer(layer_name).output)
    non_trainable = [variable.value for variable in submodel.non_trainable_variables]
    # All weights are passed in, so that callers need not know how many lie below: the first n do.
    n = len(submodel.trainable_variables)

    def run(weights: list[Any], images: Any) -> Any:
        return submodel.stateless_call(weights[:n], non_trainable, images, training=False)[0]

    return run


@functools.lru_cache(maxsize=32)
def _compiled_gradient(config: NetworkConfig, layer_name: str) -> Callable[[list[Any], Any, Any], tuple[Any, Any]]:
    """Function of weights, one image and a position that gives the value there, (1,), and its gradient.

    The position is an argument, not part of the compiled function: one function serves every pixel and filter.
    """
    run = _up_to(config, layer_name)

    def gradient(weights: list[Any], images: Any, position: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = tf.gather_nd(run(weights, images)[0], position[tf.newaxis])  # (1,)
        return value, tape.gradient(value, images)

    position = tf.TensorSpec((len(find_layer(config, layer_name).shape),), tf.int32)
    compiled: Callable[[list[Any], Any, Any], tuple[Any, Any]] = tf.function(
        gradient, input_signature=[*input_signature(config), position], autograph=False
    )
    return compiled
