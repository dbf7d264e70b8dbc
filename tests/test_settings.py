"""The environment's settings: read when they are used, with nothing in the way of each other."""

import dataclasses
import re
from pathlib import Path

from cnnviz import settings
from cnnviz.settings import Settings
from common import ROOT


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


def test_what_a_deployment_sets_and_a_sentence_for_what_is_none_of_it():
    read = settings.read({"CNNVIZ_DRAIN_S": "0", "CNNVIZ_LOG": "json", "CNNVIZ_METRICS": "10.0.0.0/8, ::1"})
    assert (read.drain_s, read.log, read.metrics, read.refused) == (0, "json", ("10.0.0.0/8", "::1"), ())
    read = settings.read({"CNNVIZ_DRAIN_S": "3601", "CNNVIZ_LOG": "xml", "CNNVIZ_METRICS": "10.0.0.1/8,all,10.0.0.0/9"})
    assert (read.drain_s, read.log, read.metrics) == (0, None, ("10.0.0.0/9",))
    assert read.refused == (
        "CNNVIZ_DRAIN_S: expected a whole number from 0 to 3,600. Received '3601'; 0 is used.",
        "CNNVIZ_LOG: expected json. Received 'xml'; logs stay text.",
        "CNNVIZ_METRICS: expected networks such as 10.0.0.0/8. Received '10.0.0.1/8'; it is left out.",
        "CNNVIZ_METRICS: expected networks such as 10.0.0.0/8. Received 'all'; it is left out.",
    )


def test_readme_names_every_setting():
    """Both ways: every field of Settings is told, and no setting is told that there is not."""
    told = set(re.findall(r"CNNVIZ_[A-Z_]+", (ROOT / "README.md").read_text("utf-8")))
    assert told == {f"CNNVIZ_{field.name.upper()}" for field in dataclasses.fields(Settings)} - {"CNNVIZ_REFUSED"}
