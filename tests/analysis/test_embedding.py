"""Digits as points: PCA against the covariance's eigenvectors, neighbours against brute force, t-SNE and its file."""

import numpy as np
import pytest

from cnnviz.analysis import embedding, inspection, neighbours, tsne
from cnnviz.analysis.neighbours import Nearest
from cnnviz.data.dataset import Dataset
from cnnviz.files import FileError, write_atomically
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import PRESETS
from networks import random_network


@pytest.fixture(scope="module")
def clouds():
    """Three groups of 40 points with 12 numbers each, far apart."""
    rng = np.random.default_rng(0)
    middles = 10 * rng.normal(size=(3, 12))
    return np.concatenate([middle + rng.normal(size=(40, 12)) for middle in middles]).astype(np.float32)


def test_the_layer_is_the_last_hidden_one_of_neurons_and_else_the_logits():
    assert embedding.layer_of(PRESETS["hvass"].network) == "dense1_relu"
    assert embedding.layer_of(PRESETS["dense"].network) == "dense2_relu"
    assert embedding.layer_of(PRESETS["linear"].network) == "logits"
    assert embedding.layer_of(NetworkConfig((Convolution(4),), (), activation="tanh")) == "logits"


@pytest.mark.parametrize("name", ["hvass", "linear"])
def test_the_numbers_of_a_range_are_those_of_the_layer(name, bundled):
    network = random_network(PRESETS[name].network)
    found = embedding.features_of_range(network, bundled, 3, 9)
    layer = embedding.layer_of(network.config)
    assert found == pytest.approx(inspection.activations(network, bundled.images[3:9])[layer], rel=1e-4, abs=1e-4)


def test_axes_of_points_on_a_line_written_out_by_hand():
    """(0, 0), (3, 4), (6, 8): all along (3, 4) / 5, around (3, 4), at −5, 0 and 5."""
    points = np.array([[0, 0], [3, 4], [6, 8]], np.float32)
    axes = embedding.principal_axes(points)
    assert axes.mean.tolist() == [3, 4]
    assert axes.directions[0] == pytest.approx([0.6, 0.8])
    assert axes.directions[1] == pytest.approx([0.8, -0.6]) or axes.directions[1] == pytest.approx([-0.8, 0.6])
    assert axes.shares == pytest.approx([1, 0])
    assert embedding.project(points, axes)[:, 0] == pytest.approx([-5, 0, 5])
    assert embedding.project(np.array([[9.0, 12.0]]), axes)[0, 0] == pytest.approx(10)  # a new point, on the same axes


def test_axes_are_eigenvectors_of_the_covariance_and_their_sign_is_fixed(clouds):
    axes = embedding.principal_axes(clouds, 5)
    covariance = np.cov(clouds.T.astype(np.float64), bias=True)
    assert axes.directions @ axes.directions.T == pytest.approx(np.eye(5), abs=1e-9)
    variances = axes.shares * np.trace(covariance)
    assert axes.directions @ covariance == pytest.approx(variances[:, None] * axes.directions, abs=1e-6)
    assert variances == pytest.approx(np.linalg.eigvalsh(covariance)[::-1][:5])
    assert embedding.project(clouds, axes, 5).var(axis=0) == pytest.approx(variances)
    largest = np.take_along_axis(axes.directions, np.abs(axes.directions).argmax(axis=1)[:, None], axis=1)
    assert (largest > 0).all()
    mirrored = embedding.principal_axes(clouds[::-1], 5)
    assert mirrored.directions == pytest.approx(axes.directions, abs=1e-6)


def test_points_that_do_not_differ_or_have_one_number_have_two_axes_too():
    same = embedding.principal_axes(np.ones((4, 3), np.float32))
    assert same.shares.tolist() == [0, 0, 0]
    single = embedding.principal_axes(np.array([[1], [3]], np.float32))
    assert single.directions.tolist() == [[1], [0]]
    assert embedding.project(np.array([[1.0], [3.0]]), single).tolist() == [[-1, 0], [1, 0]]


def test_the_nearest_written_out_by_hand():
    points = np.array([[0, 0], [3, 4], [0, 1], [-6, 8], [0, -1]], np.float32)
    found = neighbours.nearest(np.zeros(2), points, n=4)
    assert found.indices.tolist() == [0, 2, 4, 1]  # of two equally far the first
    assert found.distances.tolist() == [0, 1, 1, 5]
    assert neighbours.nearest(np.zeros(2), points, n=2, without=0).indices.tolist() == [2, 4]
    assert neighbours.nearest(np.zeros(2), points, n=9, without=0).distances.tolist() == [1, 1, 5, 10]


def test_the_nearest_are_those_of_brute_force_also_far_from_zero():
    rng = np.random.default_rng(1)
    points = (1000 + rng.normal(size=(3000, 20))).astype(np.float32)
    for i in range(5):
        distances = np.sqrt(((points.astype(np.float64) - points[i]) ** 2).sum(axis=1))
        expected = np.argsort(distances, kind="stable")[1:11]
        found = neighbours.nearest(points[i], points, without=i)
        assert found.indices.tolist() == expected.tolist()
        assert found.distances == pytest.approx(distances[expected])


def test_counts_and_the_middle_of_neighbours():
    assert neighbours.counts(np.array([7, 1, 7, 2, 1, 7])) == [(7, 3), (1, 2), (2, 1)]
    positions = np.array([[0, 0], [2, 4], [9, 9], [4, 2]], np.float32)
    near = Nearest(np.array([0, 1, 3]), np.zeros(3))
    assert neighbours.place_among(positions, near).tolist() == [2, 2]


def test_tsne_keeps_groups_apart_and_gives_the_same_again(clouds):
    axes = embedding.principal_axes(clouds)
    found = tsne.tsne(clouds, axes)
    assert np.array_equal(found, tsne.tsne(clouds, axes))
    group = np.arange(120) // 40
    for i in range(120):
        near = neighbours.nearest(found[i], found, without=i)
        assert (group[near.indices] == group[i]).all()


def test_points_that_do_not_differ_have_one_place():
    same = np.ones((5, 3), np.float32)
    assert not tsne.tsne(same, embedding.principal_axes(same)).any()


@pytest.fixture(scope="module")
def network():
    return random_network(PRESETS["linear"].network)


@pytest.fixture
def kept(network, bundled, tmp_path):
    """A map in a file: places from −20 to 20, and from 0 to 10."""
    positions = np.linspace((-20, 0), (20, 10), len(bundled))
    path = tmp_path / tsne.FILE
    path.write_bytes(tsne.written(positions, network, bundled))
    return path, positions


def test_a_map_comes_back_from_its_file_in_one_unit(kept, network, bundled):
    path, positions = kept
    found = tsne.read(path, network, bundled)
    assert found == pytest.approx((positions - [-20, 0]) / 40, abs=1e-5)
    assert path.stat().st_size < 4 * len(bundled) + 1500


def test_a_map_of_other_weights_or_digits_is_refused(kept, network, bundled):
    path, _ = kept
    with pytest.raises(FileError, match="map of these weights"):
        tsne.read(path, random_network(network.config, seed=1), bundled)
    other = Dataset(bundled.images, (bundled.labels + 1) % 10, "other")
    with pytest.raises(FileError, match="map of these digits"):
        tsne.read(path, network, other)
    with pytest.raises(FileError):
        tsne.read(path, network, Dataset(bundled.images[:-1], bundled.labels[:-1], "fewer"))


def test_a_damaged_or_missing_map_is_refused(kept, network, bundled, tmp_path):
    path, _ = kept
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FileError):
        tsne.read(path, network, bundled)
    with pytest.raises(FileError):
        tsne.read(tmp_path / "none.npz", network, bundled)


def test_the_place_of_a_servers_own_maps_is_of_weights_and_digits_and_no_model(network, bundled, tmp_path):
    path = tsne.path_beside(tmp_path, network, bundled)
    assert path != tsne.path_beside(tmp_path, random_network(network.config, seed=1), bundled)
    write_atomically(path, b"")
    assert store.models(tmp_path) == []
