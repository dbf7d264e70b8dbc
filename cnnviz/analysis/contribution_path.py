"""The path of largest contributions: from one value of a network down to the image pixel that made most of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.analysis.arithmetic import explain, layer_below, value_at
from cnnviz.analysis.explanations import (
    ActivationExplanation,
    ConvolutionExplanation,
    DenseExplanation,
    Explanation,
    IdentityExplanation,
    PoolingExplanation,
    Position,
)
from cnnviz.network.weights import Network


@dataclass(frozen=True)
class PathNode:
    """One value on the path.

    Attributes:
        layer, position: which value.
        value: what it is.
        contribution: what it adds to the node above: its product with the weight, its part of an average, else the
            value itself; None for the first node.
    """

    layer: str
    position: Position
    value: float
    contribution: float | None


def strongest_path(
    network: Network, outputs: Mapping[str, np.ndarray], layer_name: str, position: Position
) -> list[PathNode]:
    """From one value down to the image, in each layer to the value with the largest contribution.

    Of a convolution or a fully connected layer that is the largest product; where none is positive, the most negative
    one; where all are 0 the bias alone made the value, and the path ends.  Of max pooling it is the maximum, of
    average pooling the largest value, of several equal ones the first; elsewhere the same position.

    Args:
        network: configuration and weights.
        outputs: every layer's output for one image, without the batch axis.
        layer_name: any layer.
        position: (row, column, channel) in a map, (unit,) in a vector.

    Returns:
        from the value itself downwards, one node a layer; the last one lies in "image" unless the path ends above.

    Raises:
        ValueError: when there is no such layer or position.
    """
    path = [PathNode(layer_name, position, value_at(network.config, outputs, layer_name, position), None)]
    while path[-1].layer != "image":
        above = path[-1]
        strongest = _strongest_input(explain(network, outputs, above.layer, above.position), above.position)
        if strongest is None:
            break
        below = layer_below(network.config, above.layer).name
        input_position, contribution = strongest
        value = value_at(network.config, outputs, below, input_position)
        path.append(PathNode(below, input_position, value, contribution))
    return path


def _strongest_input(explanation: Explanation, position: Position) -> tuple[Position, float] | None:
    """Position and size of the largest contribution to the value at `position`; None when every one is 0."""
    if isinstance(explanation, ConvolutionExplanation):
        # An element in the padding has a product of 0, and 0 is never chosen: the position lies in the map.
        if (element := _largest(explanation.products)) is None:
            return None
        row, column, channel = element
        return (explanation.top + row, explanation.left + column, channel), float(explanation.products[element])
    if isinstance(explanation, DenseExplanation):
        element = _largest(explanation.contributions)
        return None if element is None else (element, float(explanation.contributions[element]))
    if isinstance(explanation, PoolingExplanation):
        row, column = (int(i) for i in np.unravel_index(np.nanargmax(explanation.values), explanation.values.shape))
        n_averaged = 1 if explanation.argmax else int(explanation.inside.sum())
        input_position = (explanation.top + row, explanation.left + column, position[2])
        return input_position, float(explanation.values[row, column]) / n_averaged
    if isinstance(explanation, IdentityExplanation):
        return explanation.input_position, explanation.result
    # Each probability of a softmax depends on all logits, but most on its own.
    value = explanation.value if isinstance(explanation, ActivationExplanation) else explanation.logits[position[0]]
    return position, float(value)


def _largest(products: np.ndarray) -> Position | None:
    """Position of the largest product; of the most negative one where none is positive, None where all are 0."""
    if not products.any():
        return None
    flat = products.argmax() if products.max() > 0 else products.argmin()
    return tuple(int(index) for index in np.unravel_index(flat, products.shape))
