"""The map of digits on Why: places are those of PCA or t-SNE, neighbours those of brute force, and both open."""

import numpy as np
import pytest

from apptest import give, open_cell, open_page, shown_maps, shown_points, texts, trigger
from cnnviz.analysis import embedding, evaluation, inspection, neighbours, tsne
from cnnviz.data import dataset
from cnnviz.drawing.preparation import prepare
from cnnviz.network import store
from cnnviz.pages.why import digit_map, features, nearest_digits
from cnnviz.percentages import percent
from cnnviz.ui import server, state
from cnnviz.ui.state import MapPart, Session
from common import MNIST, needs_mnist

pytestmark = pytest.mark.usefixtures("bundled_digits", "own_runs")
LAYER = "dense1_relu"


@pytest.fixture
def own_runs(monkeypatch, tmp_path):
    """A folder for what is computed, and nothing kept from other tests."""
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    features.clear()
    server.jobs().clear()
    return tmp_path


@pytest.fixture(scope="module")
def hvass():
    return store.load(store.open_model(store.ROOT / "hvass"))


def numbers(network, digits):
    return inspection.activations(network, digits.images)[LAYER].astype(np.float64)


def by_eigenvectors(points, others):
    """The first two coordinates of others along the eigenvectors of the covariance of points."""
    vectors = np.linalg.eigh(np.cov(points.T))[1][:, ::-1][:, :2]
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), [0, 1]])
    return (others - points.mean(axis=0)) @ vectors


def distances(places):
    """Of each point to the first, in units of the largest: whatever the scale."""
    found = np.linalg.norm(places - places[0], axis=1)
    return found / found.max()


def seven():
    ink = np.zeros((280, 280), np.float32)
    ink[60:80, 70:210] = 1
    ink[60:240, 190:210] = 1
    return prepare(ink)


def test_the_map_is_that_of_pca_and_tells_what_the_network_reads(hvass, bundled):
    at = open_page("why/map", {Session.shown.number: 3}, model="hvass")
    assert not at.exception
    points = shown_points(at)
    expected = by_eigenvectors(numbers(hvass, bundled), numbers(hvass, bundled))
    assert distances(points["places"]) == pytest.approx(distances(expected), abs=1e-3)
    order = np.argsort(expected[:, 0])
    assert np.diff(points["places"][order, 0]).min() > -1e-4  # to the right as along the first axis
    assert np.diff(points["places"][np.argsort(expected[:, 1]), 1]).max() < 1e-4  # and upwards along the second
    reads = evaluation.probabilities(hvass, bundled.images).argmax(axis=1)
    assert (points["labels"] == bundled.labels).all()
    assert (points["reads"] == reads).all()
    own = points["own"]
    assert own["number"] == 3
    assert [own["x"], own["y"]] == pytest.approx(points["places"][3] * points["steps"], abs=1)
    share = embedding.principal_axes(numbers(hvass, bundled)).shares[:2].sum()
    assert f"which hold {percent(share, 0)} of all differences" in texts(at)
    assert f"one of the {(reads != bundled.labels).sum()} that are misread" in texts(at)
    assert "500 test digits as points, by PCA" in points["words"]["alt"]


def test_the_nearest_training_digits_are_those_of_brute_force_and_open(hvass, bundled):
    at = open_page("why/map", {Session.shown.number: 3}, model="hvass")
    train = dataset.load(dataset.BUNDLED, "train")
    point, points = numbers(hvass, bundled)[3], numbers(hvass, train)
    far = np.linalg.norm(points - point, axis=1)
    expected = np.argsort(far)[:10]
    shown = shown_maps(at)[MapPart.nearest.name]
    assert shown["labels"] == [f"{train.labels[i]}\n{far[i]:.1f}" for i in expected]
    assert shown["names"] == [f"Training image {i}, a {train.labels[i]}" for i in expected]
    read = int(evaluation.probabilities(hvass, bundled.images[3:4]).argmax())
    assert nearest_digits.explanation(train.labels[expected], read) in texts(at)
    open_cell(at, MapPart.nearest, 1)
    assert not at.exception
    assert at.session_state[Session.shown.split.name] == "train"
    assert at.session_state[Session.shown.number.name] == expected[1]
    again = shown_maps(at)[MapPart.nearest.name]["names"]
    assert f"Training image {expected[1]}, a {train.labels[expected[1]]}" not in again  # itself does not count
    assert shown_points(at)["own"]["number"] is None


def test_a_point_opens_its_digit_and_nonsense_nothing():
    at = open_page("why/map", model="hvass")
    trigger(at, shown_points(at)["id"], 42)
    assert not at.exception
    assert at.session_state[Session.shown.number.name] == 42
    assert shown_points(at)["own"]["number"] == 42
    for nonsense in (500, -1, "2", None, [1], True):
        trigger(at, shown_points(at)["id"], nonsense)
        assert not at.exception
        assert at.session_state[Session.shown.number.name] == 42


def test_a_drawing_lies_among_the_sevens(hvass):
    at = open_page("why/map", model="hvass")
    give(at, seven())
    at.run()
    points = shown_points(at)
    assert (points["own"]["number"], points["own"]["words"]) == (None, "Your drawing")
    assert "nearest training digits are sevens" in texts(at)
    assert "The cross: Your drawing." in texts(at)


def test_at_every_training_step_the_axes_are_those_of_the_end(hvass, bundled):
    at = open_page("why/map", {state.iteration_of("hvass"): 100}, model="hvass")
    before = store.load(store.open_model(store.ROOT / "hvass"), 100)
    at_end, then = (by_eigenvectors(numbers(hvass, bundled), numbers(network, bundled)) for network in (hvass, before))
    points = shown_points(at)
    assert distances(points["places"]) == pytest.approx(distances(then), abs=1e-3)
    both = np.vstack([at_end, then])
    side = (both.max(axis=0) - both.min(axis=0)).max() * (1 + 2 * 0.03)
    assert np.ptp(points["places"], axis=0) * side == pytest.approx(np.ptp(then, axis=0), rel=1e-2)
    assert digit_map.Words.same_axes in texts(at)
    at.session_state[MapPart.way.name] = "tsne"
    at.run()
    assert digit_map.Words.only_last in texts(at)
    assert "by PCA" in shown_points(at)["words"]["alt"]


def test_while_training_steps_are_played_no_neighbours_are_looked_for(monkeypatch):
    asked = []
    of = features.of
    monkeypatch.setattr(features, "of", lambda network, digits, kind: asked.append(kind) or of(network, digits, kind))
    at = open_page("why/map", {Session.playing: "hvass", state.iteration_of("hvass"): 10}, model="hvass")
    assert not at.exception
    assert nearest_digits.Words.moving in texts(at)
    assert set(asked) == {"test"}


def test_tsne_is_computed_in_the_background_kept_in_a_file_and_read_again(hvass, bundled, own_runs):
    at = open_page("why/map", {MapPart.way: "tsne", Session.shown.number: 3}, model="hvass")
    assert digit_map.Words.being_computed in texts(at)
    assert "by PCA" in shown_points(at)["words"]["alt"]
    with server.jobs().waiting(features._job(hvass, bundled), pytest.fail) as job:
        assert job.wait(120)
    at.run()
    assert not at.exception
    points = shown_points(at)
    assert "by t-SNE" in points["words"]["alt"]
    assert digit_map.Words.being_computed not in texts(at)
    path = tsne.path_beside(own_runs, hvass, bundled)
    kept = tsne.read(path, hvass, bundled)
    assert distances(points["places"]) == pytest.approx(distances(kept), abs=1e-3)
    assert [points["own"]["x"], points["own"]["y"]] == pytest.approx(points["places"][3] * points["steps"], abs=1)
    features.clear()
    server.jobs().clear()
    give(at, seven())
    at.run()
    again = shown_points(at)
    assert digit_map.Words.being_computed not in texts(at)
    assert "the middle of the 10 test digits" in texts(at)
    near = neighbours.nearest(
        inspection.activations(hvass, seven().centred[None, :, :, None])[LAYER][0], numbers(hvass, bundled)
    )
    middle = again["places"][near.indices].mean(axis=0) * again["steps"]
    assert [again["own"]["x"], again["own"]["y"]] == pytest.approx(middle, abs=2)


def test_filters_go_to_the_browser(hvass):
    at = open_page("why/map", {MapPart.only_misread: True, MapPart.label: 4}, model="hvass")
    points = shown_points(at)
    assert (points["misread"], points["label"]) == (True, 4)


@pytest.mark.parametrize("value", ["", "nonsense", -1, 99])
def test_no_value_of_an_address_can_break_it(value):
    at = open_page("why/map", {MapPart.way: value, MapPart.label: value, MapPart.only_misread: True}, model="hvass")
    assert not at.exception
    assert "by PCA" in shown_points(at)["words"]["alt"]


@pytest.mark.parametrize(
    ("labels", "read", "words"),
    [
        ([7] * 10, 7, "**All 10 nearest training digits are sevens.** To the network the digit is most like those: "),
        ([7] * 8 + [9, 9], 7, "**8 of the 10 nearest training digits are sevens** (the others: 2 nines). To the "),
        ([7] * 3 + [9] * 6 + [4], 7, "**Only 3 of the 10 nearest training digits are sevens** (the others: 6 nines, 1"),
        ([9] * 9 + [4], 4, "**Only one of the 10 nearest training digits is a four** (the others: 9 nines)."),
        ([9] * 9 + [4], 7, "**None of the 10 nearest training digits is a seven** (9 nines, 1 four), though the "),
    ],
)  # fmt: skip
def test_what_the_neighbours_say_of_the_answer(labels, read, words):
    assert nearest_digits.explanation(np.array(labels), read).startswith(words)


@needs_mnist
@pytest.mark.parametrize("name", ["hvass", "low-level"])
def test_a_shipped_map_is_of_the_shipped_weights_and_keeps_digits_together(name):
    test = dataset.load(dataset.Source("idx", MNIST), "test")
    network = store.load(store.open_model(store.ROOT / name))
    positions = tsne.read(store.ROOT / name / tsne.FILE, network, test)
    near = [neighbours.nearest(positions[i], positions, without=i).indices for i in range(0, 10_000, 100)]
    alike = np.mean(
        [test.labels[found] == test.labels[i] for i, found in zip(range(0, 10_000, 100), near, strict=True)]
    )
    assert alike > 0.9
