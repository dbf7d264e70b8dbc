"""Questions about ReLU and about how weights and biases start."""

from __future__ import annotations

import numpy as np

from cnnviz.analysis import initial_weights, merged_layers, small_training, symmetry
from cnnviz.data.dataset import Dataset
from cnnviz.network.config import N_CLASSES, NetworkConfig
from cnnviz.pages.layers.asked.case import Answer, Case, Chart, Question, has, number, table
from cnnviz.percentages import percent
from cnnviz.render import charts, histograms

N_DIGITS, STEPS, N_CHECKED = 2000, 800, 1000
SHOWN_FROM = 5
"""The first measurements, from 10 % up, would leave no room for the difference."""


class Words:
    """Questions, answers and captions."""

    relu = "What did the ReLU before do?"
    relu_answer = (
        "It set every negative number to 0 and left the others as they are: max(0, x). For this digit that was "
        "{zero:,} of the {n:,} numbers that came to {name}, {share}. A 0 says that what the neuron "
        "responds to is not there."
    )
    relu_heads = ("Behind", "Numbers", "Set to 0", "Largest that is left")
    relu_caption = "Every ReLU of this network, for this digit."

    why = "Why is there an activation at all?"
    why_answer = (
        "Without it two layers are only one: W₂ (W₁ x) = (W₂ W₁) x, a single product with x and so a linear function, "
        "however many layers there are. For this digit both ways give the same ten logits, but for {difference} of "
        "rounding. With an activation between them, layers can learn more complicated functions. Trained beside each "
        "other on {n:,} digits, a small network reads {with_relu} of others right with ReLU and {without} without."
    )
    why_heads = ("Digit", "As two layers", "As one", "With the activation")
    why_caption = "The ten logits from the last two layers, without the activation between them and with it."
    beside_caption = (
        "784 → {hidden} → 10, trained on {n:,} digits from the same start, with ReLU and without: accuracy on "
        "{others:,} validation digits."
    )
    beside_alt = "Two curves of accuracy over training steps, with ReLU up to {with_relu}, without up to {without}."
    lines = ("With ReLU", "Without")
    accuracy = "Accuracy"

    symmetry = "What have symmetry, zero gradients and ReLU to do with each other?"
    symmetry_answer = (
        "Neurons that start alike get the same gradient, so they stay alike and are no more than one: that is the "
        "symmetry, and random weights break it. Where all weights are 0, no gradient comes back through them. And "
        "where a ReLU gives 0 its slope is 0 too: its neuron learns nothing from this digit. Here {zero} of {n} "
        "random neurons learn nothing from it; the others have {different} different gradients."
    )
    symmetry_heads = ("Start", "Different gradients", "Gradients that are 0", "Largest")
    symmetry_rows = {"random": "random", "alike": "all neurons alike", "zero": "all weights 0"}
    symmetry_caption = "Eight neurons with ReLU between this digit and ten logits, before their first training step."

    bias = "Why does a bias just above 0 keep a neuron from always being 0?"
    bias_answer = (
        "ReLU gives 0 wherever the sum is below 0, and then no gradient comes back: a neuron that is below 0 for every "
        "image can never learn. A small positive bias lifts all sums a little. Where the image is blank the sum is "
        "the bias alone: at 0 nothing passes, above 0 all does. With a bias of {bias}, {share} of {n:,} fresh neurons "
        "are above 0 for this digit, with 0 it is {at_zero}."
    )
    bias_heads = ("Bias", "Above 0, for this digit", "Above 0, on blank paper")
    bias_caption = (
        "{n:,} neurons whose 784 weights were just drawn, with standard deviation {stddev}; how many pass a ReLU."
    )

    truncated = "Why a truncated normal for the weights?"
    truncated_answer = (
        "Weights start at random so that neurons differ, and near 0 so that sums stay small. A normal distribution "
        "also draws a few large ones: {share} of these {n:,} lie beyond two standard deviations, ±{limit}. Truncated, "
        "these are drawn again, and no weight starts out far larger than the others. This network starts from a "
        "{which} of standard deviation {stddev}."
    )
    which = {"truncated_normal": "truncated normal", "normal": "normal that is not truncated"}
    drawn_alt = "Bar chart of the shares of weights by bins: of the normal some lie beyond ±{limit}, of the other none."
    drawn_caption = "Shares of {n:,} weights by their distance from 0."
    drawn_title = "Standard deviations from 0"
    drawn_names = ("Normal", "Truncated")
    truncated_heads = ("From", "to", "Normal", "Truncated")
    truncated_caption = (
        "{n:,} weights of each, in bins of one standard deviation, {stddev}; the largest: {first} and {second}."
    )

    constant = "Why do all biases start at one number, and at which usually?"
    constant_answer = (
        "The random weights already make neurons different, so biases need not be random. Usually they start at 0, or "
        "a little above it before a ReLU, like 0.1 in the tutorial. Here they started at {start}. Training moves each "
        "by itself: those of {name} now lie between {low} and {high}."
    )
    constant_heads = ("Layer", "Biases", "Start", "Smallest now", "Largest now")
    constant_caption = "Every layer's biases: at the start, and at this training step."


def has_relu(config: NetworkConfig) -> bool:
    """Whether some layer is behind a ReLU."""
    return config.activation == "relu" and has("activation")(config)


def relu(case: Case) -> Answer:
    """What every ReLU set to 0."""
    rows = []
    for layer in case.layers_of("activation"):
        values = case.outputs[layer.name]
        n_zero = int((values == 0).sum())
        rows.append((layer.name, f"{values.size:,}", f"{n_zero:,}", number(values.max())))
    first = case.layers_of("activation")[-1]
    values = case.outputs[first.name]
    n_zero = int((values == 0).sum())
    text = Words.relu_answer.format(zero=n_zero, n=values.size, name=first.name, share=percent(n_zero / values.size, 0))
    return Answer(text, [table(Words.relu_heads, rows, Words.relu_caption)])


def why(case: Case) -> Answer:
    """Two layers as one, and two small networks trained beside each other."""
    merged = merged_layers.merge(case.network, case.outputs)
    columns = (merged.two_layers, merged.one_layer, merged.with_activation)
    rows = [(digit, *(float(column[digit]) for column in columns)) for digit in range(N_CLASSES)]
    digits, others = case.tools.digits("train"), case.tools.digits("validation")
    curves = [trained(case, digits, others, N_DIGITS, STEPS, relu=relu) for relu in (True, False)]
    reached = [percent(curve.validation[-1], 1) for curve in curves]
    values = {"n": min(N_DIGITS, len(digits)), "with_relu": reached[0], "without": reached[1]}
    series = {
        name: (curve.steps[SHOWN_FROM:], curve.validation[SHOWN_FROM:])
        for name, curve in zip(Words.lines, curves, strict=True)
    }
    drawn = charts.curve_chart(series, Words.accuracy, case.tools.theme, height_px=220)
    caption = Words.beside_caption.format(hidden=small_training.HIDDEN, others=min(N_CHECKED, len(others)), **values)
    text = Words.why_answer.format(difference=number(merged.largest_difference), **values)
    return Answer(
        text,
        [
            Chart(drawn, caption, Words.beside_alt.format(**values)),
            table(Words.why_heads, rows, Words.why_caption),
        ],
    )


def trained(case: Case, digits: Dataset, others: Dataset, n: int, steps: int, *, relu: bool) -> small_training.Curves:
    """A small network's curves on the first digits of a set; kept for all who ask."""
    parts = [(part.images[:most], part.labels[:most]) for part, most in ((digits, n), (others, N_CHECKED))]
    key = ("small training", digits.key, others.key, n, steps, relu)
    curves: small_training.Curves = case.tools.ask_long(key, small_training.train, *parts, relu, steps)
    return curves


def symmetric(case: Case) -> Answer:
    """The first gradients of three starts."""
    config = case.config
    starts = symmetry.starts(case.image, case.true, config.initial_stddev, config.initial_bias)
    rows = [(Words.symmetry_rows[name], start.different, start.zero, start.largest) for name, start in starts.items()]
    random = starts["random"]
    different = random.different - (random.zero > 0)
    text = Words.symmetry_answer.format(zero=random.zero, n=random.n, different=different)
    return Answer(text, [table(Words.symmetry_heads, rows, Words.symmetry_caption)])


N_FRESH = 1000


def bias(case: Case) -> Answer:
    """How many fresh neurons pass their ReLU with biases around 0."""
    stddev, start = case.config.initial_stddev, case.config.initial_bias
    rng = np.random.default_rng(0)
    sums = case.image.ravel() @ initial_weights.draw((case.image.size, N_FRESH), stddev, rng, truncated=True)
    shown = sorted({0.0, -0.1, 0.1, start if start > 0 else 0.1, 1.0})
    shares = {value: percent(float((sums + value > 0).mean()), 1) for value in shown}
    rows = [(f"{value:g}", share, percent(float(value > 0), 0)) for value, share in shares.items()]
    used = start if start > 0 else 0.1
    text = Words.bias_answer.format(bias=f"{used:g}", share=shares[used], n=N_FRESH, at_zero=shares[0.0])
    caption = Words.bias_caption.format(n=N_FRESH, stddev=f"{stddev:g}")
    return Answer(text, [table(Words.bias_heads, rows, caption)])


N_DRAWN = 20_000


def truncated(case: Case) -> Answer:
    """Twenty thousand weights of each distribution, counted."""
    stddev = case.config.initial_stddev
    both = [
        initial_weights.draw((N_DRAWN,), stddev, np.random.default_rng(0), truncated=each) for each in (False, True)
    ]
    counts = [initial_weights.histogram(each, stddev) for each in both]
    rows = [
        (f"{(i - 4) * stddev:g}", f"{(i - 3) * stddev:g}", *(percent(float(count[i]), 1) for count in counts))
        for i in range(8)
    ]
    share = float((np.abs(both[0]) > 2 * stddev).mean())
    largest = [number(float(np.abs(each).max())) for each in both]
    values = {"n": N_DRAWN, "stddev": f"{stddev:g}"}
    text = Words.truncated_answer.format(
        share=percent(share, 1), limit=f"{2 * stddev:g}", which=Words.which[case.config.initializer], **values
    )
    bins = [f"{i - 4}…{i - 3}" for i in range(8)]
    shares = {name: count.tolist() for name, count in zip(Words.drawn_names, counts, strict=True)}
    chart = Chart(
        histograms.histogram_chart(bins, shares, Words.drawn_title, case.tools.theme),
        Words.drawn_caption.format(**values),
        Words.drawn_alt.format(limit=f"{2 * stddev:g}"),
    )
    caption = Words.truncated_caption.format(first=largest[0], second=largest[1], **values)
    return Answer(text, [chart, table(Words.truncated_heads, rows, caption)])


def constant(case: Case) -> Answer:
    """Where the biases started and where they are."""
    biases = {name.partition("/")[0]: each for name, each in case.network.weights.items() if name.endswith("/bias")}
    start = f"{case.config.initial_bias:g}"
    rows = [(name, f"{each.size:,}", start, number(each.min()), number(each.max())) for name, each in biases.items()]
    first = rows[0]
    text = Words.constant_answer.format(start=start, name=first[0], low=first[3], high=first[4])
    return Answer(text, [table(Words.constant_heads, rows, Words.constant_caption)])


QUESTIONS = {
    "relu": Question(Words.relu, relu, has_relu, (27,), ("activation",)),
    "why-activation": Question(Words.why, why, has("dense", n=2), layers=("activation",)),
    "symmetry": Question(Words.symmetry, symmetric, numbers=(1,), layers=("activation",)),
    "small-bias": Question(Words.bias, bias, numbers=(2,), layers=("convolution",)),
    "truncated-normal": Question(Words.truncated, truncated, numbers=(3,), layers=("convolution",)),
    "constant-bias": Question(Words.constant, constant, numbers=(4,), layers=("convolution",)),
}
