"""Choices as JSON and back; whatever is no choice, or none of its kind, is left out."""

import inspect
import json

import numpy as np
import pytest

from cnnviz.ui import kept, state
from cnnviz.ui.changes import Changes
from cnnviz.ui.state import DigitKeys, Key

CHANGES = Changes({"conv1"}, {"conv2": 0.5}, {("conv1", 0, 3): "1 0\n0 1"}, {"conv1": [1, 4]}, {("conv2", 1, 2)})


def examples():
    """A key of each function that makes some."""
    made = [state.plan_field("hvass", "Learning rate")]
    made += [state.curve_of("noise"), state.layers_shown_of(("conv1",)), state.slide_of("a", 1, 2, "k", np.zeros(1))]
    made += [state.filters_channel_of("conv1"), state.sliding_channel_of("conv1"), state.exciting_layer_of(["conv1"])]
    made += [state.exciting_filter_of("conv1", 4), state.kernel_text_of(3), state.amount_of("noise", 0.0)]
    made += [state.changes_of("0123"), state.broken_layer_of(["conv1"]), state.compared_at(0), state.iteration_of("a")]
    made += [state.sweep_values_of("seed"), state.grid_of(0), state.maps_of("a", "b"), state.output_of(3)]
    made += [state.upload_of(0), state.camera_of(0)]
    made += [state.typed_spot_of("conv1", "filter"), state.download_of("png", "x")]
    made += [state.run_curve_of("loss"), state.delete_of("run"), state.plan_form_of("run"), state.stack_of("x")]
    made += [state.remove_of(1), state.asked_text_of("Why?")]
    made += [state.screen_of("x"), state.address_of("x"), state.address_frame_of("x"), state.pairs_of("x")]
    made += [
        state.kernels_of("conv1", 0, "a"),
        state.overview_of("a"),
        state.switched_off_of("a"),
        state.behind_more_of("x"),
        state.run_kernels_of("a"),
        state.pictures_of("a"),
        state.more_steps_of("a"),
        state.extend_of("a"),
        state.own_layer_of("conv1"),
        state.kernel_places_of("conv1", 0, 0, "a"),
        state.to_smallest_of(0),
        state.entry_of_report("sentence", 1),
        state.lesson_guess_of("a", 1),
        state.lesson_text_of("a", 1),
        state.begin_lesson_of("a"),
    ]
    for value in made:
        if isinstance(value, DigitKeys):
            yield from (each for each in vars(value).values() if isinstance(each, Key))
        else:
            yield value


def test_every_kept_key_is_known_by_its_name_and_no_other():
    for key in (*state.KEYS.values(), *examples()):
        assert state.is_kept(key.name) == key.kept, key.name


def test_no_function_that_makes_keys_is_missing_above():
    made = {
        name
        for name, function in vars(state).items()
        if inspect.isfunction(function) and str(function.__annotations__.get("return")).startswith(("Key", "ImageK"))
    }
    named = set(inspect.getsource(examples).replace("(", " ").replace("[", " ").replace("state.", "").split())
    assert made - named == {"change_of", "_named_keys"} & made


CHOICES = {
    "pen": 16,
    "thin pen": True,
    "model": "hvass",
    "steps": ["ink", "box"],
    "convolution place": (3, 4),
    "iteration of hvass": 100,
    "stress noise": 0.25,
    "shown label": "any",
    "changes of 0123": CHANGES,
    "hvass: Learning rate": 1e-4,
}


def test_choices_come_back_as_they_were():
    assert kept.decoded(json.loads(json.dumps(kept.encoded(CHOICES)))) == CHOICES
    assert kept.encoded({"pen": np.int64(24)}) == {"pen": 24}


def test_what_is_no_choice_or_cannot_be_written_is_left_out():
    others = {
        "choice": 5,
        "passphrase": "secret",
        "canvas": {},
        "operated": object(),
        "download": True,
        "image 0 random": 1,
    }
    assert kept.encoded(others | {"asked about": object(), "model": "x" * 50_000}) == {}


@pytest.mark.parametrize(
    "record",
    [
        None,
        5,
        [],
        "text",
        {"pen": "16"},
        {"pen": True},
        {"thin pen": 1},
        {"model": 5},
        {"model": ["hvass"]},
        {"steps": "ink"},
        {"steps": [1, 2]},
        {"steps": None},
        {"choice": 5, "session has begun": True, "teacher proof": "x", "unheard of": 1},
        {"changes of 0123": 5},
        {"model": {"changes": [[], [], [], [], []]}},
        {"pen": {"changes": 5}},
        {"changes of 0123": {"changes": [[1], [], [], [], []]}},
        {"changes of 0123": {"changes": [[], [], [{"tuple": [{"tuple": ["conv1", 0]}, "1"]}], [], []]}},
        {"changes of 0123": {"changes": [[], [], [], [{"tuple": ["conv1", 3]}], []]}},
        {"pen": {"what": 1}},
        {"pen": {"tuple": 5}},
    ],
)
def test_a_record_that_does_not_fit_gives_nothing(record):
    assert kept.decoded(record) == {}
