"""The command line, as a person or a script calls it."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from cnnviz import __main__ as cli
from cnnviz.data import dataset
from cnnviz.network import store
from common import MNIST, ROOT, needs_mnist


@pytest.fixture(scope="module")
def sevens(tmp_path_factory):
    """The same bundled seven in five kinds of file."""
    folder = tmp_path_factory.mktemp("images")
    test = dataset.load(dataset.BUNDLED, "test")
    ink = np.uint8(test.images[np.flatnonzero(test.labels == 7)[0], :, :, 0] * 255)
    white_on_black = Image.fromarray(np.pad(ink, 10)).resize((300, 300))
    alpha = Image.new("L", white_on_black.size, 0)
    pictures = {
        "white.png": white_on_black,
        "black.jpg": Image.eval(white_on_black, lambda value: 255 - value),
        "alpha.png": Image.merge("LA", (alpha, white_on_black)),
        "small.png": Image.fromarray(ink),
        "wide.bmp": Image.fromarray(np.pad(ink, ((5, 5), (100, 300)))),
    }
    for name, picture in pictures.items():
        picture.save(folder / name)
    return [folder / name for name in pictures]


def run(*arguments, status=0):
    assert cli.main([str(argument) for argument in arguments]) == status


def test_predict_reads_any_size_polarity_and_alpha(sevens, capsys):
    run("predict", "hvass", *sevens, "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["digit"] for line in lines] == [7] * 5
    assert [line["image"] for line in lines] == [str(path) for path in sevens]
    assert all(sum(line["probabilities"]) == pytest.approx(1, abs=1e-4) for line in lines)


def test_predict_in_words(sevens, capsys):
    run("predict", "hvass", sevens[0])
    assert capsys.readouterr().out.startswith(f"{sevens[0]}: 7 (")


def test_no_digit_is_null(tmp_path, capsys):
    Image.new("L", (50, 40), 255).save(tmp_path / "blank.png")
    run("predict", "hvass", tmp_path / "blank.png", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "image": str(tmp_path / "blank.png"),
        "digit": None,
        "probabilities": None,
        "reason": "empty",
    }
    run("predict", "hvass", tmp_path / "blank.png")
    assert "no digit" in capsys.readouterr().out


def test_two_bars_are_no_digit(tmp_path, capsys):
    ink = np.zeros((100, 200), np.uint8)
    ink[20:80, 20:30] = ink[20:80, 150:160] = 255
    Image.fromarray(ink).save(tmp_path / "two.png")
    run("predict", "hvass", tmp_path / "two.png", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["digit"], answer["reason"]) == (None, "many")
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    run("predict", "hvass", tmp_path / "two.png")
    assert capsys.readouterr().out.strip().endswith("two.png: no digit here (several things side by side)")


def test_robust_calls_a_letter_no_digit_and_reads_a_seven(sevens, tmp_path, capsys):
    ink = np.zeros((280, 280), np.uint8)
    for left in (80, 180):
        ink[60:220, left : left + 18] = 255
    ink[130:148, 80:198] = 255
    Image.fromarray(ink).save(tmp_path / "H.png")
    run("predict", "robust", tmp_path / "H.png", sevens[0], "--json")
    letter, seven = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (letter["digit"], letter["reason"]) == (None, "unlike")
    assert (seven["digit"], seven["reason"]) == (7, None)


def test_bad_images_are_named_and_the_others_answered(sevens, tmp_path, capsys):
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "cut.png").write_bytes(sevens[0].read_bytes()[:200])
    Image.fromarray(np.full((40, 30), np.nan, np.float32)).save(tmp_path / "nan.tif")
    bad = [tmp_path / "text.png", tmp_path / "cut.png", tmp_path / "absent.png", tmp_path / "nan.tif", tmp_path]
    run("predict", "hvass", bad[0], sevens[0], *bad[1:], sevens[1], "--json", status=2)
    out, err = capsys.readouterr()
    assert [json.loads(line)["digit"] for line in out.splitlines()] == [7, 7]
    assert len(err.splitlines()) == 5
    assert all(str(path) in line for path, line in zip(bad, err.splitlines(), strict=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evaluate", "nothing", "--data", "bundled"), "nothing: expected a folder or a name under models/"),
        (("evaluate", "hvass", "--data", "/nowhere"), "/nowhere: expected a folder"),
        (("evaluate", "hvass"), "MNIST could not be fetched"),
        (("train", "--preset", "hvass", "--data", "bundled", "--out", str(ROOT / "models" / "hvass")), "already there"),
        (("train", "--preset", "hvass", "--data", "bundled", "--out", "/tmp/none/x", "--resume"), "found none"),
        (("train", "--preset", "hvass", "--iterations", "1000001"), "Expected 1 to 1,000,000 iterations."),
    ],
    ids=["no model", "no data folder", "no MNIST", "taken", "nothing to resume", "too long"],
)
def test_bad_input_is_one_line_and_status_2(arguments, words, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(dataset, "ROOT", tmp_path)
    run(*arguments, status=2)
    told = capsys.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]
    assert words in told


def test_a_place_that_cannot_be_written_is_refused_before_the_training(tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    run("train", "--preset", "hvass", "--data", "bundled", "--out", tmp_path / "file" / "new", status=2)
    out, err = capsys.readouterr()
    assert "expected a folder that can be written to" in err
    assert "Iteration" not in out


@pytest.mark.parametrize("arguments", [["train", "--preset", "x"], ["train", "--preset", "hvass", "--seed", "-1"], []])
def test_wrong_options_end_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_evaluate_on_the_bundled_digits(capsys):
    run("evaluate", "hvass", "--data", "bundled", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() == {"model", "dataset", "n", "correct", "accuracy", "confusion_matrix"}
    assert (answer["model"], answer["dataset"], answer["n"]) == ("hvass", "bundled digits test", 500)
    assert np.trace(answer["confusion_matrix"]) == answer["correct"] == round(500 * answer["accuracy"])
    run("evaluate", "hvass", "--data", "bundled")
    assert f"{answer['correct']} / 500" in capsys.readouterr().out


def test_train_writes_a_model_and_tells_how_it_goes(tmp_path, capsys):
    run("train", "--preset", "hvass", "--iterations", 12, "--data", "bundled", "--out", tmp_path / "new")
    out = capsys.readouterr().out
    assert [line.split(",")[0].split() for line in out.splitlines()[:3]] == [
        ["Iteration", i] for i in ("1", "10", "12")
    ]
    assert "Test accuracy" in out
    assert "nan" not in out
    model = store.open_model(tmp_path / "new")
    assert model.card.seed == 0
    assert model.card.recipe.iterations == 12
    assert [s.iteration for s in model.card.snapshots] == [0, 1, 2, 5, 10, 12]
    run("evaluate", tmp_path / "new", "--data", "bundled", "--json")
    assert json.loads(capsys.readouterr().out)["correct"] == model.card.last.correct


@pytest.fixture
def _interruptible():
    """Processes started now hear interrupts; a shell starts those in the background with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupted_training_leaves_no_model_and_can_be_resumed(tmp_path, capsys):
    command = [sys.executable, "-m", "cnnviz", "train", "--preset", "hvass", "--iterations", "200", "--data", "bundled"]
    command += ["--out", str(tmp_path / "new"), "--seed", "4"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as training:
        for line in training.stdout:
            if line.startswith("Iteration     20"):
                training.send_signal(signal.SIGINT)
                break
        _, told = training.communicate(timeout=120)
    assert training.returncode == 130
    assert "--resume" in told
    assert "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir()] == [".new.run.npz"]

    arguments = command[3:]
    run(*arguments, status=2)
    assert "--resume" in capsys.readouterr().err
    run(*arguments, "--resume")
    resumed = capsys.readouterr().out
    assert "Iteration    200" in resumed
    assert "Iteration     10" not in resumed
    assert [path.name for path in tmp_path.iterdir()] == ["new"]

    run(*arguments, "--out", tmp_path / "whole")
    files = [(tmp_path / name / "weights-000200.npz").read_bytes() for name in ("new", "whole")]
    assert files[0] == files[1]


def test_standard_error_is_clean_of_tensorflow(sevens):
    command = [sys.executable, "-m", "cnnviz", "predict", "hvass", str(sevens[0]), "/nowhere.png"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert ran.returncode == 2
    assert ran.stderr.strip() == "/nowhere.png: there is no such file."


@needs_mnist
def test_evaluate_agrees_with_the_card(capsys):
    run("evaluate", "low-level", "--data", MNIST, "--json")
    answer = json.loads(capsys.readouterr().out)
    card = store.open_model(store.ROOT / "low-level").card
    assert answer["dataset"] == "MNIST test"
    assert abs(answer["correct"] - card.last.correct) <= 3  # other processors round differently
