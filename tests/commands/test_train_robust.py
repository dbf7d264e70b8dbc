"""`train --preset robust`: it draws its digits, trains its teachers, and learns written characters as no digit."""

import dataclasses
import gzip
import json

import numpy as np
import pytest

from cnnviz import __main__ as cli
from cnnviz.commands import teachers, train
from cnnviz.data.dataset import Dataset
from cnnviz.network import store
from cnnviz.network.presets import PRESETS, Plan
from cnnviz.synthesis import digit_shaped, training_set
from cnnviz.synthesis.training_set import Sizes

ROBUST = ("train", "--preset", "robust", "--iterations", 8, "--data", "bundled", "--out")


def run(*arguments, status=0):
    assert cli.main([str(argument) for argument in arguments]) == status


@pytest.fixture
def few(monkeypatch):
    """The training set is twenty images; what is drawn by program is tested elsewhere."""
    rng = np.random.default_rng(0)
    twenty = Dataset(rng.integers(0, 256, (20, 28, 28, 1), np.uint8), np.arange(20) % 11, "twenty")
    monkeypatch.setattr(training_set, "load", lambda *_: twenty)


def test_robust_trains_teachers_a_quarter_as_long_and_learns_from_them(few, tmp_path, capsys):
    run(*ROBUST, tmp_path / "new")
    assert "Asking 5 teachers: 100%" in capsys.readouterr().err
    paths = sorted(tmp_path.iterdir())
    assert [path.name for path in paths] == ["new", *(f"robust-teacher-{seed}" for seed in range(101, 106))]
    card, *others = (store.open_model(path).card for path in paths)
    assert (card.n_train, card.recipe.loss, card.recipe.teachers) == (20, "outlier_exposure", 5)
    assert [(each.seed, each.recipe.teachers) for each in others] == [(seed, 0) for seed in range(101, 106)]
    assert [each.recipe.iterations for each in (card, *others)] == [8, 2, 2, 2, 2, 2]
    weights = [store.load(store.open_model(path)).weights["logits/kernel"] for path in paths]
    assert len({array.tobytes() for array in weights}) == 6


def test_a_plan_of_one_iteration_has_teachers_of_one():
    preset = PRESETS["robust"]
    recipe = dataclasses.replace(preset.recipe, iterations=1)
    assert [each.recipe.iterations for each in teachers.plans_of(Plan(preset.network, recipe))] == [1] * 5


def test_teachers_that_are_there_teach_the_next_seed_and_other_networks_do_not(few, tmp_path, capsys):
    run(*ROBUST, tmp_path / "first")
    cards = {path: path.stat().st_mtime_ns for path in tmp_path.glob("robust-teacher-*/card.json")}
    capsys.readouterr()
    run(*ROBUST, tmp_path / "second", "--seed", 1)
    assert "Training a teacher" not in capsys.readouterr().err
    assert cards == {path: path.stat().st_mtime_ns for path in tmp_path.glob("robust-teacher-*/card.json")}
    run(*ROBUST, tmp_path / "longer", "--iterations", 16, status=2)
    assert "robust-teacher-101: expected the teacher of seed 101, found another network" in capsys.readouterr().err


def test_an_interrupted_teacher_goes_on_with_the_same_command(few, tmp_path, capsys, monkeypatch):
    show, shown = train._show_steps, []

    def interrupted(local):
        shown.append(local.run.iteration)
        if len(shown) == 2:
            next(local.steps())
            raise KeyboardInterrupt
        show(local)

    monkeypatch.setattr(train, "_show_steps", interrupted)
    run(*ROBUST, tmp_path / "new", status=130)
    assert "Stopped at iteration 1. To go on: the same command." in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    run(*ROBUST, tmp_path / "new")
    assert shown == [0, 0, 1, 0, 0, 0, 0]
    assert "Written to" in capsys.readouterr().out


def test_digits_are_drawn_and_written_characters_are_learnt_as_no_digit(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(training_set, "Sizes", lambda: Sizes(1, 40, 10, 5, 2))
    monkeypatch.setattr(digit_shaped, "is_digit_shaped", lambda images, digits: np.zeros(len(images), bool))
    line = {"alphabet": "a", "character": "b", "strokes": [[[0, 0], [40, 40]], [[0, 40], [40, 0]], [[0, 20], [40, 20]]]}
    with gzip.open(tmp_path / "characters.gz", "wt") as file:
        file.write(json.dumps(line))
    run(*ROBUST, tmp_path / "new", "--characters", tmp_path / "characters.gz")
    assert "Drawing digits: 100%" in capsys.readouterr().err
    card = store.open_model(tmp_path / "new").card
    assert card.digits.endswith("drawn by program, 1 written characters")
    assert card.n_train == 2 * 1197 + 40 + 10 + 5 + 2
    run(*ROBUST, tmp_path / "other", "--characters", tmp_path / "absent.gz", status=2)
    assert "absent.gz: expected gzip of lines of JSON" in capsys.readouterr().err
    run("train", "--preset", "hvass", "--characters", tmp_path / "characters.gz", "--data", "bundled", status=2)
    assert "--characters: hvass learns digits alone" in capsys.readouterr().err
