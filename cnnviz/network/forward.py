"""The Keras model built from a configuration, and the compiled forward pass; Keras is loaded on first use."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from cnnviz.lazy import keras, tf
from cnnviz.network.config import IMAGE_PX, POOL_PX, Layer, NetworkConfig, layer_seed, layers, weight_shapes


def build(config: NetworkConfig, seed: int = 0) -> Any:
    """Build the Keras model; its weights start as the configuration says.

    Args:
        config: the network.
        seed: decides the initial weights; each layer draws from a seed of its own, see `layer_seed`.

    Returns:
        keras.Model from float32 images (n, 28, 28, 1) in [0, 1] to probabilities (n, 10); one Keras layer for
        each entry of `layers(config)`, with the same name.
    """
    entries = layers(config)
    x = inputs = keras.Input(entries[0].shape, name=entries[0].name)
    for position, layer in enumerate(entries[1:], 1):
        x = _keras_layer(config, layer, layer_seed(seed, position))(x)
    return keras.Model(inputs, x)


def _keras_layer(config: NetworkConfig, layer: Layer, seed: int) -> Any:
    make = keras.layers
    normal = {"truncated_normal": "TruncatedNormal", "normal": "RandomNormal"}[config.initializer]
    start = {
        "kernel_initializer": getattr(keras.initializers, normal)(stddev=config.initial_stddev, seed=seed),
        "bias_initializer": keras.initializers.Constant(config.initial_bias),
    }
    if layer.kind == "convolution":
        kernel_px, filters = layer.kernel_shape[0], layer.shape[-1]
        return make.Conv2D(filters, kernel_px, layer.stride, padding=config.padding, name=layer.name, **start)
    if layer.kind == "dense":
        return make.Dense(layer.shape[0], name=layer.name, **start)
    if layer.kind == "pooling":
        pool = {"max": make.MaxPooling2D, "average": make.AveragePooling2D}[layer.operation]
        return pool(POOL_PX, layer.stride, padding="same", name=layer.name)
    if layer.kind == "dropout":
        return make.Dropout(config.dropout, seed=seed, name=layer.name)
    if layer.kind == "flatten":
        return make.Flatten(name=layer.name)
    return make.Activation(layer.operation or "softmax", name=layer.name)


@functools.lru_cache(maxsize=16)
def forward(config: NetworkConfig, every_layer: bool) -> Callable[[list[Any], Any], Any]:
    """The network as a compiled function of weights and images, dropout off.

    Weights are arguments, so one compiled function serves every snapshot of a run.

    Returns:
        function of (arrays in the order of `weight_shapes`, float32 images (n, 28, 28, 1)) that gives the
        probabilities (n, 10), or with `every_layer` a list: one batch of outputs for each of `layers(config)[1:]`.
    """
    model = build(config)
    if every_layer:
        model = keras.Model(model.inputs[0], [layer.output for layer in model.layers[1:]])
    frozen = [variable.value for variable in model.non_trainable_variables]
    shapes = [tf.TensorSpec(shape, tf.float32) for shape in weight_shapes(config).values()]
    images = tf.TensorSpec((None, IMAGE_PX, IMAGE_PX, 1), tf.float32)

    def run(weights: list[Any], images: Any) -> Any:
        outputs, _ = model.stateless_call(weights, frozen, images, training=False)
        return outputs

    compiled: Callable[[list[Any], Any], Any] = tf.function(run, input_signature=[shapes, images], autograph=False)
    return compiled
