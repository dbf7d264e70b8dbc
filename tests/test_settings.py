"""The environment's settings: read when they are used, with nothing in the way of each other."""

from pathlib import Path

from cnnviz import settings
from cnnviz.settings import Settings


def test_nothing_is_set():
    assert settings.read({}) == Settings()


def test_what_is_set_has_its_type():
    environment = {
        "CNNVIZ_DATA": "bundled",
        "CNNVIZ_RUNS": "/srv/runs",
        "CNNVIZ_SCHEDULER": "tcp://host:8786",
        "CNNVIZ_MNIST_URL": "http://school/mnist",
        "CNNVIZ_DATABASE": "postgresql+psycopg://school/cnnviz",
    }
    assert settings.read(environment) == Settings(
        "bundled", Path("/srv/runs"), "tcp://host:8786", "http://school/mnist/", "postgresql+psycopg://school/cnnviz"
    )


def test_an_empty_variable_is_not_set():
    names = ("CNNVIZ_DATA", "CNNVIZ_RUNS", "CNNVIZ_SCHEDULER", "CNNVIZ_MNIST_URL", "CNNVIZ_DATABASE")
    assert settings.read(dict.fromkeys(names, "")) == Settings()


def test_numbers_are_numbers_and_what_is_none_stands_in_no_ones_way():
    environment = {
        "CNNVIZ_DATABASE": "sqlite:////srv/cnnviz.sqlite3",
        "CNNVIZ_MAX_ACTIVE_PER_PERSON": "5",
        "CNNVIZ_MAX_KEPT_PER_PERSON": "0",
        "CNNVIZ_MAX_ACTIVE": "٣",
        "CNNVIZ_MAX_KEPT": "1" * 5000,
    }
    read = settings.read(environment)
    assert read.database == "sqlite:////srv/cnnviz.sqlite3"
    assert (read.max_active_per_person, read.max_kept_per_person, read.max_active, read.max_kept) == (5, 100, 20, 500)
    assert len(read.refused) == 3
    assert (
        read.refused[0]
        == "CNNVIZ_MAX_KEPT_PER_PERSON: expected a whole number from 1 to 1,000,000. Received '0'; 100 is used."
    )


def test_it_is_read_anew_each_time(monkeypatch):
    monkeypatch.setenv("CNNVIZ_DATA", "/first")
    assert settings.read().data == "/first"
    monkeypatch.setenv("CNNVIZ_DATA", "/second")
    assert settings.read().data == "/second"
