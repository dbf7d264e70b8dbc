"""The program that is shown is the network that was trained: run, and compared layer by layer and step by step."""

import ast
import dataclasses
import gzip
import itertools
import re
import struct
import subprocess
import sys

import nbclient
import nbformat
import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from cnnviz.analysis import inspection
from cnnviz.data import dataset
from cnnviz.data.dataset import Dataset
from cnnviz.experiments import keras_source
from cnnviz.lazy import keras
from cnnviz.network.config import Convolution, NetworkConfig, layers, weight_shapes
from cnnviz.network.forward import build
from cnnviz.network.presets import PRESETS, Plan, Recipe, learning_rate_at
from cnnviz.network.weights import Network
from cnnviz.training import advance, augmentation, engine
from common import MNIST, needs_mnist

CONFIGS = {
    **{name: preset.network for name, preset in PRESETS.items()},
    "stride 2, no pooling": NetworkConfig((Convolution(4, 3, 2), Convolution(5, 3, 2)), (), pooling="none"),
    "average pooling, sigmoid": NetworkConfig((Convolution(2, 3),) * 3, (9, 7), "sigmoid", "average"),
    "relu on the logits": NetworkConfig((Convolution(2, 1),), (5,), pool_first=True, activate_logits=True),
    "tanh, dropout without dense": NetworkConfig((Convolution(2, 4),), (), "tanh", dropout=0.25),
    "no convolution": NetworkConfig((), (16,), initializer="normal"),
    "no padding": NetworkConfig((Convolution(3, 5), Convolution(2, 3, 2)), (4,), padding="valid"),
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
def few(bundled):
    """As `load_data` gives them: 300 digits to train on with 5,000 held back or not, and 200 to test on."""
    pixels, labels = (bundled.images[..., 0] * 255).round().astype(np.uint8), bundled.labels.astype(np.uint8)
    validation = np.resize(pixels[:300], (5000, 28, 28)), np.resize(labels[:300], 5000)
    train = np.concatenate([pixels[:300], validation[0]]), np.concatenate([labels[:300], validation[1]])
    return train, (pixels[300:], labels[300:])


@pytest.fixture
def few_digits(monkeypatch, few):
    """What `load_data` gives is few."""
    # LazyTensorFlow has loaded keras itself here: the program imports the same module
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: few)
    return few[0]


@pytest.fixture
def files(few, tmp_path):
    """The same as Keras's archive, as the four files and as the four files packed; by name."""
    (images, labels), (test_images, test_labels) = few
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=test_images, y_test=test_labels)
    for kind, write in {"plain": lambda content: content, "packed": gzip.compress}.items():
        (tmp_path / kind).mkdir()
        for part, given in (("train", few[0]), ("t10k", few[1])):
            for of, array in zip(("images", "labels"), given, strict=True):
                header = struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape)
                path = tmp_path / kind / f"{part}-{of}-idx{array.ndim}-ubyte{'.gz' if kind == 'packed' else ''}"
                path.write_bytes(write(header + array.tobytes()))
    return {"archive": tmp_path / "mnist.npz", "plain": tmp_path / "plain", "packed": tmp_path / "packed"}


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


@pytest.mark.parametrize("kind", ["archive", "plain", "packed"])
def test_it_reads_digits_from_disk_as_keras_fetches_them(kind, files, few_digits):
    load = run(Plan(SMALL, Recipe(1e-3, 16, 8)))["load"]
    for ours, theirs in zip(load(str(files[kind])), load(), strict=True):
        for array, expected in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(array, expected)
            assert array.dtype == expected.dtype


@needs_mnist
def test_its_digits_are_the_apps():
    of_program = run(Plan(SMALL, Recipe(1e-3, 16, 8)))["load"](str(MNIST))
    for split, (images, labels) in zip(("train", "validation", "test"), of_program, strict=True):
        expected = dataset.load(dataset.Source("idx", MNIST), split)
        np.testing.assert_array_equal(images, expected.images)
        np.testing.assert_array_equal(labels, expected.labels)


PROGRAM_RECIPE = Recipe(1e-2, 32, 65)
FIGURES = ["samples", "errors", "confusion", "image"] + [
    f"{name}_{what}" for name, what in (("conv1", "weights"), ("conv2", "weights"), ("conv1_pool", "output"))
]


def test_it_runs_as_it_stands_in_an_empty_folder(files, tmp_path):
    """In a process of its own, without cnnviz: what it prints, and the figures it leaves; with MNIST where it is."""
    folder = tmp_path / "empty"
    folder.mkdir()
    plan = Plan(dataclasses.replace(SMALL, initial_stddev=0.2), PROGRAM_RECIPE)
    (folder / "program.py").write_text(keras_source.keras_program(plan), "utf-8")
    command = [sys.executable, "-I", "program.py", str(MNIST or files["packed"])]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=250, check=False)
    assert ran.returncode == 0, ran.stderr
    status = re.findall(r"Iteration +(\d+): training accuracy +([\d.]+)%, loss ([\d.]+)", ran.stdout)
    assert [int(iteration) for iteration, *_ in status] == [1, *range(10, 61, 10), 65]
    assert float(status[-1][2]) < float(status[0][2])
    tested = re.findall(r"Test.*: ([\d.]+)% \((\d+) / (\d+)\)", ran.stdout)
    shares = [(100 * int(correct) / int(n), float(share)) for share, correct, n in tested]
    assert {n for *_, n in tested} == {"10000" if MNIST else "200"}
    assert all(abs(exact - said) <= 0.05 for exact, said in shares)
    assert shares[0][0] < 30  # before; chance gives 10
    assert shares[1][0] > 40
    assert {path.stem for path in folder.glob("*.png")} >= set(FIGURES)
    for path in folder.glob("*.png"):
        with Image.open(path) as figure:
            assert min(figure.size) > 100, path


def test_the_notebook_runs_from_top_to_bottom_and_shows_its_figures(files, tmp_path, monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # Streamlit sets it in this process; Jupyter's draws into the page
    plan = Plan(dataclasses.replace(SMALL, initial_stddev=0.2), PROGRAM_RECIPE)
    notebook = nbformat.reads(keras_source.keras_notebook(plan), as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace('path = ""', f"path = {str(files['archive'])!r}")
    nbclient.NotebookClient(notebook, timeout=250, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    assert re.search(r"Iteration +65: training accuracy", printed)
    assert re.search(r"\nTest: [\d.]+% \(\d+ / 200\)", printed)
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 3 + 2 + 3  # samples, errors, confusion; weights; the image and what leaves two layers


def test_the_notebook_has_the_functions_of_the_program_with_words_between_them():
    plan = Plan(SMALL, PROGRAM_RECIPE)
    text = keras_source.keras_notebook(plan)
    assert text == keras_source.keras_notebook(plan)
    cells = nbformat.reads(text, as_version=4).cells
    source = "\n\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert functions(source) == functions(keras_source.keras_program(plan))
    for cell, following in itertools.pairwise(cells):
        if cell.cell_type == "markdown":
            assert following.cell_type == "code"
            assert re.match(r"##? \S.*\n\n\S", cell.source)
    assert not any("#%" in cell.source for cell in cells)


def functions(source):
    """Names of what is defined at the top of a program."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


@pytest.fixture
def drawn(monkeypatch):
    """The program's functions, and its figures by name as they are when it shows them."""
    names, figures = run(Plan(SMALL, PROGRAM_RECIPE)), {}
    monkeypatch.setitem(names, "show", lambda name: figures.setdefault(name, pyplot.gcf()))
    yield names, figures
    pyplot.close("all")


def test_its_figures_say_what_is_true_and_what_was_read(drawn, bundled):
    names, figures = drawn
    true = bundled.labels[:40]
    predicted = np.where(np.arange(40) % 3 == 1, (true + 1) % 10, true)
    names["plot_images"](bundled.images[:40], true, "samples")
    assert [axes.get_title() for axes in figures["samples"].axes] == [f"True: {digit}" for digit in true[:9]]
    names["plot_errors"](bundled.images[:40], true, predicted)
    wrong = np.arange(40)[1::3][:9]
    titles = [axes.get_title() for axes in figures["errors"].axes]
    assert titles == [f"True: {true[i]}, Pred: {predicted[i]}" for i in wrong]
    np.testing.assert_array_equal(figures["errors"].axes[8].images[0].get_array(), bundled.images[wrong[8], :, :, 0])
    assert figures["errors"].axes[0].images[0].get_cmap().name == "binary"
    del figures["errors"]
    names["plot_errors"](bundled.images[:40], true, true)
    assert "errors" not in figures  # all are right


def test_its_confusion_matrix_counts_true_digits_in_rows(drawn, capsys):
    names, figures = drawn
    names["plot_confusion"](np.array([7, 7, 7, 2]), np.array([7, 2, 2, 2]))
    axes = figures["confusion"].axes[0]
    counts = axes.images[0].get_array()
    assert (counts[7, 7], counts[7, 2], counts[2, 2], counts.sum()) == (1, 2, 1, 4)
    assert axes.images[0].get_cmap().name == "Blues"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted", "True")
    assert axes.get_xticks().tolist() == axes.get_yticks().tolist() == list(range(10))
    assert len(figures["confusion"].axes) == 2  # the colour bar
    assert len(capsys.readouterr().out.splitlines()) == 10


def test_its_weights_have_one_scale_and_its_maps_are_the_apps(drawn, bundled):
    names, figures = drawn
    model, image = names["build"](), bundled.images[0]
    names["plot_weights"](model, "conv2", 1)
    kernel, pictures = model.get_weights()[2], [axes.images[0] for axes in figures["conv2_weights"].axes]
    largest = np.abs(kernel).max()
    assert {(p.get_cmap().name, *p.get_clim()) for p in pictures} == {("seismic", -largest, largest)}
    np.testing.assert_array_equal([p.get_array() for p in pictures], kernel[:, :, 1].transpose(2, 0, 1))
    names["plot_output"](model, "conv1_pool", image)
    shown = [axes.images[0].get_array() for axes in figures["conv1_pool_output"].axes if axes.images]
    weights = dict(zip(weight_shapes(SMALL), model.get_weights(), strict=True))
    outputs = inspection.activations(Network(SMALL, weights), image[None])
    np.testing.assert_allclose(shown, outputs["conv1_pool"][0].transpose(2, 0, 1), atol=1e-5)


@pytest.mark.parametrize(("name", "every"), [("hvass", 100), ("deep-mnist", 100), ("low-level", 10)])
def test_it_says_how_it_does_as_often_as_the_tutorial(name, every):
    assert run(Plan(PRESETS[name].network, PRESETS[name].recipe))["STATUS_EVERY"] == every


@pytest.mark.parametrize("recipe", [*RECIPES.values(), AUGMENTED], ids=[*RECIPES, "augmented"])
def test_it_imports_few_packages_and_uses_all_that_it_defines(recipe):
    text = keras_source.keras_program(Plan(SMALL, recipe))
    tree = ast.parse(text)
    imported = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    assert imported == ["gzip", "sys", "time", "keras", "matplotlib.pyplot", "numpy"]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert {*functions(text), "SEED", "BATCH_SIZE", "ITERATIONS", "STATUS_EVERY", "gzip", "sys", "time", "Path"} <= used
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
    assert not {"{%", "{#", "{{", "}}", "#%"} & {text[i : i + 2] for i in range(len(text))}
    starts = [node.lineno - 1 for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for line in starts:
        assert (lines[line - 3] != "", lines[line - 2], lines[line - 1]) == (True, "", "")
    assert text.count("\n\n\n") == len(starts) + 1  # and before the last lines, that start it


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
