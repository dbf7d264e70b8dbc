"""What the tests share: where MNIST is when it is there, small digits, tiny networks."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator

import numpy as np
import pytest
from browsers import Browsers
from streamlit.components.v2 import manifest_scanner
from streamlit.components.v2.manifest_scanner import scan_component_manifests

from cnnviz.compute import backend
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import Recipe
from cnnviz.ui import keeper, server


@pytest.fixture(scope="session", autouse=True)
def _end_of_workers():
    yield
    backend.shutdown()


@pytest.fixture(scope="module", autouse=True)
def _freeze():
    """What has been loaded by now is not walked through at every collection of garbage.

    With TensorFlow in this process, which many tests compare with, that would double the time of a page.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _components_are_looked_for_once():
    """Each AppTest asks all installed packages for their components, which takes longer than to run most pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", functools.cache(scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """No test fetches anything: a mirror that is not there stands in for the internet."""
    monkeypatch.setenv("CNNVIZ_MNIST_URL", "http://127.0.0.1:9/")
    monkeypatch.delenv("CNNVIZ_DATA", raising=False)


@pytest.fixture(autouse=True)
def _hvass_first(monkeypatch):
    """The pages' tests look at `hvass`; what is chosen at first is a matter of test_models."""
    monkeypatch.setattr(store, "DEFAULTS", ("hvass",))


@pytest.fixture(scope="session")
def bundled() -> dataset.Dataset:
    """scikit-learn's 500 bundled test digits."""
    return dataset.load(dataset.BUNDLED, "test")


@pytest.fixture
def bundled_digits(monkeypatch):
    """The pages have scikit-learn's digits."""
    monkeypatch.setenv("CNNVIZ_DATA", "bundled")
    server.data_sources.reset()
    yield
    server.data_sources.reset()


@pytest.fixture(scope="session")
def tiny() -> NetworkConfig:
    """A network small enough to train in a test, with every kind of layer."""
    return NetworkConfig((Convolution(3, 3), Convolution(4, 3, 2)), (8,), dropout=0.5, initial_stddev=0.3)


@pytest.fixture(scope="session")
def quick() -> Recipe:
    """A recipe for the tiny network."""
    return Recipe(learning_rate=1e-2, batch_size=16, iterations=20)


@pytest.fixture
def rng() -> np.random.Generator:
    """A random generator that is the same every time."""
    return np.random.default_rng(0)


@pytest.fixture
def browsers(monkeypatch, tmp_path) -> Iterator[Browsers]:
    """Browsers with tokens, and a database of their own."""
    monkeypatch.setenv("CNNVIZ_RUNS", str(tmp_path))
    monkeypatch.delenv("CNNVIZ_TEACHER", raising=False)
    monkeypatch.setattr(keeper, "START_S", 0.0)
    made = Browsers(monkeypatch, tmp_path)
    made.restart()
    yield made
    made.token = ""
    made.restart()
