"""A run carries the number of its exercise; a file of before that field has it in the experiment's name."""

import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network.presets import Plan
from cnnviz.training import advance, checkpoints, run


@pytest.fixture(scope="module")
def state(tiny, quick):
    return advance.start(tiny, quick)


def saved(root, state, **fields):
    """A run that has been written to its file."""
    plan = Plan(state.network, state.recipe, state.seed)
    begun = run.Run("exercise-3-1-1", plan, BUNDLED, 20, state=state, **fields)
    path = checkpoints.run_file(root / begun.name)
    checkpoints.write(path, begun)
    return path


@pytest.mark.parametrize("exercise", [11, None])
def test_the_exercise_is_in_its_file(exercise, state, tmp_path):
    path = saved(tmp_path, state, experiment="exercise 3 (1)", exercise=exercise)
    assert checkpoints.read(path)[0].exercise == exercise


@pytest.mark.parametrize(
    ("experiment", "exercise"),
    [("exercise 3 (1)", 3), ("exercise 11 (20)", 11), ("sweep (1)", None), ("", None)],
)
def test_a_file_without_it_has_it_in_the_name(experiment, exercise, state, tmp_path, monkeypatch):
    notes = checkpoints.notes_of

    def before(begun):
        return {name: value for name, value in notes(begun).items() if name != "exercise"}

    monkeypatch.setattr(checkpoints, "notes_of", before)
    path = saved(tmp_path, state, experiment=experiment)
    assert checkpoints.read(path)[0].exercise == exercise
