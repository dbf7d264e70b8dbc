"""The Keras program of a plan, as one would write it on the board: complete, and with nothing that is not used."""

from __future__ import annotations

import numpy as np

from cnnviz.network.config import POOL_PX, Layer, NetworkConfig, layers
from cnnviz.network.presets import Plan, Recipe
from cnnviz.training import augmentation

N_TRAIN, N_VALIDATION = 55_000, 5_000
SEED_STEP, SEED_RANGE = 1009, 2**31
"""How `network.build` makes each layer's seed from the plan's."""


def keras_program(plan: Plan) -> str:
    """Write the Keras program that trains this network in this way.

    The program needs keras and numpy alone.  It starts from the weights of `network.build(plan.network, plan.seed)`
    and takes the batches of `training.batch_indices`; only dropout and augmentation draw other numbers.

    Returns:
        Python source: the functions `load`, `start`, `build`, `batches`, `train`, `accuracy` and what they need;
        importing it trains nothing.

    Raises:
        ValueError: when the configuration has no network; the message names the layer. For a recipe that draws
            its own digits, too.
    """
    if plan.recipe.uses_outliers:
        raise ValueError("Expected a recipe that learns from MNIST alone. This one draws most of its digits itself.")
    sections = [
        _head(plan),
        _load(plan.recipe),
        _start(plan.network),
        _build(plan),
        *_order(plan.recipe),
        *_distorted(plan.recipe),
        _batches(plan.recipe),
        *_clipped(plan.recipe),
        *_one_cycle(plan.recipe),
        _train(plan.recipe),
        _ACCURACY,
        _main(plan.recipe),
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections) + "\n"


def number(value: float) -> str:
    """A float as one writes it: 0.0001, 0.5, 1e-8."""
    if 0 < abs(value) < 1e-5:
        return f"{value:g}".replace("e-0", "e-")
    return np.format_float_positional(value, trim="0")


def _head(plan: Plan) -> str:
    drawn = ["dropout"] * (plan.network.dropout > 0) + ["the distortions"] * plan.recipe.augment
    differs = f"it draws other numbers for {' and '.join(drawn)}" if drawn else "only rounding makes the results differ"
    return f'''
"""Teach a convolutional network to read handwritten digits, with Keras.

It starts from the same weights as the run in cnnviz with seed {plan.seed} and takes the same batches;
{differs}.
"""

import keras
import numpy as np

SEED = {plan.seed}
BATCH_SIZE = {plan.recipe.batch_size}
ITERATIONS = {plan.recipe.iterations:_}
'''


def _load(recipe: Recipe) -> str:
    split = """
    train = images[:-5000], labels[:-5000]
    validation = images[-5000:], labels[-5000:]  # not learnt from: to choose settings by
    return train, validation, (test_images, test_labels)"""
    whole = """
    return (images, labels), (test_images, test_labels)"""
    return f'''
def load():
    """MNIST: images (n, 28, 28, 1) from 0, paper, to 1, ink, and their labels from 0 to 9."""
    (images, labels), (test_images, test_labels) = keras.datasets.mnist.load_data()
    images = images[..., None].astype("float32") / 255
    test_images = test_images[..., None].astype("float32") / 255{split if recipe.keep_validation else whole}
'''


def _start(config: NetworkConfig) -> str:
    normal = {"truncated_normal": "TruncatedNormal", "normal": "RandomNormal"}[config.initializer]
    return f'''
def start(seed):
    """What a layer's weights and biases start from: a seed of its own for each, or all would be alike."""
    return {{
        "kernel_initializer": keras.initializers.{normal}(stddev={number(config.initial_stddev)}, seed=seed),
        "bias_initializer": keras.initializers.Constant({number(config.initial_bias)}),
    }}
'''


def _build(plan: Plan) -> str:
    found = layers(plan.network)
    lines = ['            keras.Input((28, 28, 1), name="image"),']
    for position, layer in enumerate(found[1:], 1):
        call = _call(plan.network, layer, (plan.seed * SEED_STEP + position) % SEED_RANGE)
        lines.append(f"            keras.layers.{call},  # {'×'.join(map(str, layer.shape))}")
    return f'''
def build():
    """The network, layer by layer, each with the shape that leaves it; {sum(e.n_weights for e in found):,} weights."""
    return keras.Sequential(
        [
{chr(10).join(lines)}
        ]
    )
'''


def _call(config: NetworkConfig, layer: Layer, seed: int) -> str:
    """The constructor of one Keras layer, with its arguments."""
    name = f'name="{layer.name}"'
    if layer.kind == "convolution":
        c = config.convolutions[int(layer.name.removeprefix("conv")) - 1]
        strides = f"strides={c.stride}, " if c.stride > 1 else ""
        return f'Conv2D({c.filters}, {c.kernel_px}, {strides}padding="same", {name}, **start({seed}))'
    if layer.kind == "dense":
        return f"Dense({layer.shape[0]}, {name}, **start({seed}))"
    if layer.kind == "pooling":
        kind = {"max": "MaxPooling2D", "average": "AveragePooling2D"}[layer.operation]
        return f'{kind}({POOL_PX}, padding="same", {name})'
    if layer.kind == "dropout":
        return f"Dropout({number(config.dropout)}, seed={seed}, {name})"
    if layer.kind == "flatten":
        return f"Flatten({name})"
    return f'Activation("{layer.operation or "softmax"}", {name})'


def _order(recipe: Recipe) -> list[str]:
    """The function that shuffles through a buffer, for a recipe that does."""
    if not _buffered(recipe):
        return []
    return [
        f'''
def order(epoch, n):
    """The order in which 0 to n-1 leave a buffer: one goes, drawn at random, and the next takes its place."""
    chance = np.random.default_rng((SEED, epoch))
    buffer, gone = np.arange({recipe.shuffle_buffer}), []
    for following, place in enumerate(chance.integers(len(buffer), size=n - len(buffer)), start=len(buffer)):
        gone.append(buffer[place])
        buffer[place] = following
    return np.concatenate([gone, chance.permutation(buffer)])
'''
    ]


def _buffered(recipe: Recipe) -> bool:
    """True when the buffer is smaller than the training images; a larger one shuffles them all."""
    return 0 < recipe.shuffle_buffer < (N_TRAIN if recipe.keep_validation else N_TRAIN + N_VALIDATION)


def _distorted(recipe: Recipe) -> list[str]:
    """The function that distorts images, for a recipe with augmentation; the map is `augmentation.affine`."""
    if not recipe.augment:
        return []
    px, turn = number(augmentation.SHIFT_PX), number(augmentation.TURN)
    scale, shear = number(augmentation.SCALE), number(augmentation.SHEAR)
    return [
        f'''
def distorted(images, chance):
    """Each image shifted, turned, scaled and sheared a little, by chance."""
    right, down, turn, scale, shear = chance.uniform(-1, 1, (5, len(images)))
    turn, shear, size = {turn} * turn, {shear} * shear, np.exp(-{scale} * scale)
    a0, a1 = size * np.cos(turn), size * (shear * np.cos(turn) - np.sin(turn))
    b0, b1 = size * np.sin(turn), size * (shear * np.sin(turn) + np.cos(turn))
    x, y = 13.5 + {px} * right, 13.5 + {px} * down  # where the middle of the image goes
    maps = np.stack([a0, a1, 13.5 - a0 * x - a1 * y, b0, b1, 13.5 - b0 * x - b1 * y, 0 * a0, 0 * a0], axis=1)
    return keras.ops.convert_to_numpy(keras.ops.image.affine_transform(images, maps.astype("float32")))
'''
    ]


def _batches(recipe: Recipe) -> str:
    epoch = "order(epoch, n)" if _buffered(recipe) else "np.random.default_rng((SEED, epoch)).permutation(n)"
    chance = "\n    chance = np.random.default_rng(SEED)" if recipe.augment else ""
    chosen = "distorted(images[chosen], chance)" if recipe.augment else "images[chosen]"
    return f'''
def batches(images, labels):
    """One batch for each iteration: all images in one row, shuffled anew for every epoch."""
    n, needed = len(images), ITERATIONS * BATCH_SIZE
    row = np.concatenate([{epoch} for epoch in range(needed // n + 1)]){chance}
    for first in range(0, needed, BATCH_SIZE):
        chosen = row[first : first + BATCH_SIZE]
        yield {chosen}, labels[chosen]
'''


def _clipped(recipe: Recipe) -> list[str]:
    """The loss that Keras does not have, for a recipe with it."""
    if recipe.loss != "clipped_sum":
        return []
    return [
        '''
def clipped_cross_entropy(labels, probabilities):
    """Cross-entropy summed over the batch; no probability counts as less than 1e-9, so no logarithm is infinite."""
    logarithms = keras.ops.log(keras.ops.clip(probabilities, 1e-9, 1.0))
    return -keras.ops.sum(keras.ops.one_hot(labels, 10) * logarithms)
'''
    ]


def _one_cycle(recipe: Recipe) -> list[str]:
    """The learning rate's schedule, for a recipe with one; it is `presets.learning_rate_at`."""
    if recipe.schedule == "constant":
        return []
    return [
        f'''
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate: a straight line up to {number(recipe.learning_rate)}, then one down to 0."""

    def __call__(self, iteration):
        warm_up, middle = {number(recipe.warm_up)} * ITERATIONS, keras.ops.cast(iteration, "float32") + 0.5
        up, down = middle / warm_up, (ITERATIONS - middle) / (ITERATIONS - warm_up)
        return {number(recipe.learning_rate)} * keras.ops.minimum(up, down)
'''
    ]


def _train(recipe: Recipe) -> str:
    loss = {
        "mean": "keras.losses.SparseCategoricalCrossentropy(),  # the mean over the batch",
        "sum": 'keras.losses.SparseCategoricalCrossentropy(reduction="sum"),  # the sum over the batch',
        "clipped_sum": "clipped_cross_entropy,",
    }[recipe.loss]
    return f'''
def train(model, images, labels):
    """Train the network, one batch an iteration."""
    model.compile(
        optimizer={_optimizer(recipe)},
        loss={loss}
        metrics=["accuracy"],
    )
    model.fit(batches(images, labels), steps_per_epoch=ITERATIONS, shuffle=False)
'''


def _optimizer(recipe: Recipe) -> str:
    kind = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}[recipe.optimizer]
    epsilon = "" if recipe.optimizer == "sgd" else f", epsilon={number(recipe.epsilon)}"
    rate = number(recipe.learning_rate) if recipe.schedule == "constant" else "OneCycle()"
    return f"keras.optimizers.{kind}(learning_rate={rate}{epsilon})"


_ACCURACY = '''
def accuracy(model, images, labels):
    """The share that is read right, and the counts behind it."""
    answers = model.predict(images, batch_size=256, verbose=0).argmax(axis=1)
    correct = int((answers == labels).sum())
    return f"{100 * correct / len(labels):.1f} % ({correct} / {len(labels)})"
'''


def _main(recipe: Recipe) -> str:
    parts = "(images, labels), validation, test" if recipe.keep_validation else "(images, labels), test"
    validation = '\n    print("Validation:", accuracy(model, *validation))' if recipe.keep_validation else ""
    return f"""
if __name__ == "__main__":
    {parts} = load()
    model = build()
    model.summary()
    train(model, images, labels){validation}
    print("Test:", accuracy(model, *test))
"""
