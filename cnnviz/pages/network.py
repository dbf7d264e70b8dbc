"""The network as a flow chart and as a table of its layers."""

from cnnviz import figures
from cnnviz.network import Layer, NetworkConfig, layers, n_weights
from cnnviz.ui import choice, panels


class Words:
    """What this page says."""

    title = "Network"
    intro = "An image comes in at the left; each layer turns it into something that the next one can use better."
    chart = "The flow of one image. Above: what leaves each step. Below: what led to it."
    chart_alt = "Flow chart: {steps}."
    table = "Every layer, from the image to the ten probabilities; {n:,} weights in all."
    table_alt = "Table of {n} layers with name, shape out, number of weights and what each does."
    columns = ("Layer", "Shape out", "Weights", "What it does")
    does = {
        "input": "The grey image: 0 is paper, 1 is ink.",
        "convolution": (
            "Slides {channels} kernels of {px}×{px}×{depth} weights over the input with stride {stride}; each makes "
            "one map. Zeros around the edge let it reach the border."
        ),
        "relu": "Keeps what is positive and sets the rest to 0.",
        "sigmoid": "Squeezes every number between 0 and 1.",
        "tanh": "Squeezes every number between -1 and 1.",
        "max": "Keeps the largest of each 2×2 pixels: half the side, a quarter of the numbers.",
        "average": "Keeps the mean of each 2×2 pixels: half the side, a quarter of the numbers.",
        "flatten": "Puts all the pixels of all the maps in one row.",
        "dense": "Each neuron adds up all {inputs:,} inputs, every one times a weight of its own, and a bias.",
        "dropout": "In training drops {share:.0%} of the values at random; off everywhere else.",
        "softmax": "Turns the ten numbers into positive shares that add up to 1.",
    }


def show() -> None:
    """The page from top to bottom."""
    config = choice.network().config
    panels.head(Words.title, Words.intro)
    show_chart(layers(config))
    show_table(config)


def show_chart(found: tuple[Layer, ...]) -> None:
    """The flow chart, drawn from the configuration."""
    chart = figures.png(figures.network_figure(found, panels.theme()))
    steps = "; then ".join(f"{words} gives {shape_words(layer)}" for layer, words in figures.flow(found))
    alt = Words.chart_alt.format(steps=steps.replace("\n", ", "))
    panels.picture(chart, Words.chart, alt, "network")


def show_table(config: NetworkConfig) -> None:
    """Name, shape, weights and purpose of each layer."""
    found = layers(config)
    rows = [(layer.name, shape_words(layer), f"{layer.n_weights:,}", purpose(layer, config)) for layer in found]
    table = dict(zip(Words.columns, zip(*rows, strict=True), strict=True))
    panels.text_table(table, Words.table.format(n=n_weights(config)), Words.table_alt.format(n=len(found)), "layers")


def shape_words(layer: Layer) -> str:
    """The shape as one reads it: 14×14×16."""
    return "×".join(str(n) for n in layer.shape)


def purpose(layer: Layer, config: NetworkConfig) -> str:
    """What a layer does, with its own numbers."""
    sentence = Words.does.get(layer.operation) or Words.does[layer.kind]
    if layer.kind == "convolution":
        stride = config.convolutions[int(layer.name.removeprefix("conv")) - 1].stride
        px, _, depth, channels = layer.kernel_shape
        return sentence.format(channels=channels, px=px, depth=depth, stride=stride)
    inputs = layer.kernel_shape[0] if layer.kernel_shape else 0
    return sentence.format(inputs=inputs, share=config.dropout)


show()
