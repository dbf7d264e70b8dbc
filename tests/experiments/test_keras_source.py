"""The program that is shown is the network that was trained: run, and compared layer by layer and step by step."""

import ast
import dataclasses

import numpy as np
import pytest

from cnnviz.data.dataset import Dataset
from cnnviz.experiments import keras_source
from cnnviz.lazy import keras
from cnnviz.network.config import Convolution, NetworkConfig, layers
from cnnviz.network.forward import build
from cnnviz.network.presets import PRESETS, Plan, Recipe, learning_rate_at
from cnnviz.training import advance, augmentation, engine

CONFIGS = {
    **{name: preset.network for name, preset in PRESETS.items()},
    "stride 2, no pooling": NetworkConfig((Convolution(4, 3, 2), Convolution(5, 3, 2)), (), pooling="none"),
    "average pooling, sigmoid": NetworkConfig((Convolution(2, 3),) * 3, (9, 7), "sigmoid", "average"),
    "relu on the logits": NetworkConfig((Convolution(2, 1),), (5,), pool_first=True, activate_logits=True),
    "tanh, dropout without dense": NetworkConfig((Convolution(2, 4),), (), "tanh", dropout=0.25),
    "no convolution": NetworkConfig((), (16,), initializer="normal"),
}
SMALL = NetworkConfig((Convolution(3, 3, 2), Convolution(4, 3)), (8,), initial_stddev=1.0)
RECIPES = {
    "mean, adam": Recipe(1e-2, 16, 8),
    "sum, adam": Recipe(1e-3, 16, 8, loss="sum", epsilon=1e-7),
    "clipped sum, buffer": Recipe(1e-3, 16, 8, loss="clipped_sum", keep_validation=False, shuffle_buffer=100),
    "rmsprop": Recipe(1e-3, 20, 8, optimizer="rmsprop", epsilon=1e-6),
    "sgd, up and down": Recipe(1e-2, 16, 8, optimizer="sgd", schedule="one_cycle", warm_up=0.3),
    "adam, up and down": Recipe(1e-2, 16, 8, schedule="one_cycle"),
}
AUGMENTED = Recipe(1e-2, 16, 8, augment=True, schedule="one_cycle")


def run(plan):
    """Execute the program as an import would; its functions by name."""
    names = {"__name__": "shown"}
    exec(compile(keras_source.keras_program(plan), "<program>", "exec"), names)
    return names


@pytest.fixture
def few_digits(monkeypatch, bundled):
    """What `load_data` gives, with 300 digits to train on, 5,000 held back or not, and 200 to test on."""
    pixels, labels = (bundled.images[..., 0] * 255).round().astype(np.uint8), bundled.labels.astype(np.uint8)
    validation = np.resize(pixels[:300], (5000, 28, 28)), np.resize(labels[:300], 5000)
    train = np.concatenate([pixels[:300], validation[0]]), np.concatenate([labels[:300], validation[1]])
    # LazyTensorFlow has loaded keras itself here: the program imports the same module
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: (train, (pixels[300:], labels[300:])))
    return train


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_program_builds_the_same_network(config, rng):
    plan = Plan(config, PRESETS["hvass"].recipe, seed=3)
    shown, model = run(plan)["build"](), build(config, 3)
    expected = [(e.name, e.shape, e.n_weights) for e in layers(config)[1:]]
    assert [(e.name, tuple(e.output.shape)[1:], e.count_params()) for e in shown.layers] == expected
    for ours, theirs in zip(model.get_weights(), shown.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    shown.set_weights([array + 0.1 for array in model.get_weights()])
    model.set_weights(shown.get_weights())
    images = rng.random((6, 28, 28, 1), np.float32)
    np.testing.assert_allclose(shown(images), model(images), atol=1e-6)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_program_trains_as_the_app_does(recipe, few_digits):
    """Eight steps of both end in the same weights, large logits and tiny probabilities included."""
    shown = run(Plan(SMALL, recipe, seed=2))
    (images, labels), *_ = shown["load"]()
    images, labels = images[:300], labels[:300]  # also where nothing is held back, so that epochs turn
    model = shown["build"]()
    shown["train"](model, images, labels)
    digits = Dataset(images, labels.astype(np.int64), "a few")
    state = advance.advance(advance.start(SMALL, recipe, seed=2), digits, 8)
    for ours, theirs in zip(state.weights.values(), model.get_weights(), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-4)


def test_some_probabilities_are_too_small_for_their_logarithm(few_digits, bundled):
    """So the test above tells losses of logits, of probabilities and of clipped probabilities from one another."""
    probs = build(SMALL, 2)(bundled.images[:300]).numpy()
    assert probs[np.arange(300), bundled.labels[:300]].min() < engine.CLIP


@pytest.mark.parametrize(("at", "rate"), [(0, 0.0125), (3, 0.0875), (4, 0.1 * 5.5 / 6), (9, 0.1 * 0.5 / 6)])
def test_the_learning_rate_goes_up_and_down(at, rate):
    """Of 10 iterations 4 go up to 0.1; each takes the value at its middle."""
    recipe = Recipe(0.1, 16, 10, schedule="one_cycle", warm_up=0.4)
    shown = float(run(Plan(SMALL, recipe))["OneCycle"]()(at))
    assert shown == pytest.approx(rate, rel=1e-5)
    assert shown == pytest.approx(learning_rate_at(recipe, at), rel=1e-5)


def test_its_distortions_are_the_apps_for_equal_numbers(bundled, rng):
    numbers = rng.uniform(-1, 1, (5, 20)).astype(np.float32)
    shown = run(Plan(SMALL, AUGMENTED))["distorted"](bundled.images[:20], Drawn(numbers))
    expected = augmentation.transform(bundled.images[:20], augmentation.affine(numbers, (28, 28)))
    np.testing.assert_allclose(shown, expected, atol=1e-4)
    assert np.abs(shown - bundled.images[:20]).max() > 0.1


class Drawn:
    """A random generator whose numbers have been drawn already."""

    def __init__(self, numbers):
        self.numbers = numbers

    def uniform(self, low, high, size):
        assert (low, high, size) == (-1, 1, self.numbers.shape)
        return self.numbers


def test_a_program_with_augmentation_trains(few_digits):
    names = run(Plan(SMALL, AUGMENTED))
    (images, labels), *_ = names["load"]()
    model = names["build"]()
    before = [array.copy() for array in model.get_weights()]
    names["train"](model, images, labels)
    assert all((array != start).any() for array, start in zip(model.get_weights(), before, strict=True))
    batch, _ = next(names["batches"](images, labels))
    chosen = advance.batch_indices(AUGMENTED, 0, 0, 1, 300)[0]
    assert batch.shape == (16, 28, 28, 1)
    assert 0 < np.abs(batch - images[chosen]).mean() < 0.2  # not the same, and still about the same


@pytest.mark.parametrize("buffer", [0, 64])
def test_its_batches_are_the_apps(buffer, few_digits):
    recipe = Recipe(1e-3, 32, 25, shuffle_buffer=buffer)
    batches = list(run(Plan(SMALL, recipe, seed=4))["batches"](np.arange(300), np.arange(300)))
    expected = advance.batch_indices(recipe, 4, 0, 25, 300)
    np.testing.assert_array_equal([images for images, _ in batches], expected)
    np.testing.assert_array_equal([labels for _, labels in batches], expected)


@pytest.mark.parametrize(("keep_validation", "n"), [(True, 300), (False, 5300)])
def test_it_loads_images_from_0_to_1_and_holds_back_what_the_recipe_does(keep_validation, n, few_digits):
    (images, labels), *rest = run(Plan(SMALL, Recipe(1e-3, 16, 8, keep_validation=keep_validation)))["load"]()
    assert images.shape == (n, 28, 28, 1)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0, 1)
    assert [len(part[1]) for part in rest] == ([5000, 200] if keep_validation else [200])
    np.testing.assert_array_equal(labels, few_digits[1][:n])


def test_it_runs_from_top_to_bottom_and_prints_its_accuracy(few_digits, capsys):
    recipe = Recipe(1e-2, 32, 60)
    text = keras_source.keras_program(Plan(dataclasses.replace(SMALL, initial_stddev=0.2), recipe))
    exec(compile(text, "<program>", "exec"), {"__name__": "__main__"})
    validation, test = capsys.readouterr().out.strip().splitlines()[-2:]
    assert validation.startswith("Validation: ")
    share, _, correct, *_, n = test.removeprefix("Test: ").replace("(", "").replace(")", "").split()
    assert n == "200"
    assert share == f"{int(correct) / 2:.1f}"
    assert int(correct) > 60  # of 200; chance gives 20


@pytest.mark.parametrize("recipe", [*RECIPES.values(), AUGMENTED], ids=[*RECIPES, "augmented"])
def test_it_imports_keras_and_numpy_alone_and_uses_all_that_it_defines(recipe):
    text = keras_source.keras_program(Plan(SMALL, recipe))
    tree = ast.parse(text)
    imported = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    assert imported == ["keras", "numpy"]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert defined | {"SEED", "BATCH_SIZE", "ITERATIONS"} <= used
    assert max(len(line) for line in text.splitlines()) <= 120


@pytest.mark.parametrize("recipe", [*RECIPES.values(), AUGMENTED], ids=[*RECIPES, "augmented"])
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_no_part_that_is_left_out_leaves_a_trace(config, recipe):
    """Two empty lines between functions, at most one within, one newline at the end; nothing of the template."""
    text = keras_source.keras_program(Plan(config, recipe))
    tree = ast.parse(text)
    lines = text.split("\n")
    assert all(line == line.rstrip() for line in lines)
    assert text.endswith(")\n")
    assert not {"{%", "{#", "{{", "}}"} & {text[i : i + 2] for i in range(len(text))}
    functions = [node.lineno - 1 for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for line in functions:
        assert (lines[line - 3] != "", lines[line - 2], lines[line - 1]) == (True, "", "")
    assert text.count("\n\n\n") == len(functions) + 1  # and before the last lines, that start it


def test_a_network_that_cannot_be_is_refused_by_name():
    with pytest.raises(ValueError, match="conv2_pool"):
        keras_source.keras_program(
            Plan(dataclasses.replace(SMALL, convolutions=(Convolution(2, 3, 4),) * 2), RECIPES["rmsprop"])
        )


@pytest.mark.parametrize(
    ("value", "words"), [(1e-4, "0.0001"), (1e-8, "1e-8"), (0.5, "0.5"), (1.0, "1.0"), (0.0, "0.0")]
)
def test_numbers_are_written_as_one_writes_them(value, words):
    assert keras_source.float_literal(value) == words
    assert float(words) == value
