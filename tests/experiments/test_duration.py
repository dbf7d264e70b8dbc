"""How long runs will take: by hand for one network, and against the times that the shipped networks' cards hold."""

import dataclasses
import json

import pytest

from cnnviz.experiments import duration
from cnnviz.network.presets import PRESETS, Plan
from common import ROOT

HVASS, DEEP = (Plan(PRESETS[name].network, PRESETS[name].recipe) for name in ("hvass", "deep-mnist"))

ONE_S = duration.COMPILE_S + duration.RUN_S


def test_multiplications_are_counted_at_every_place():
    by_hand = 28 * 28 * 25 * 16 + 14 * 14 * 25 * 16 * 36 + 7 * 7 * 36 * 128 + 128 * 10
    assert duration.multiplications(HVASS.network) == by_hand


def test_runs_take_their_steps_their_reading_and_a_compilation_each():
    other_seed = dataclasses.replace(HVASS, seed=1)
    step_s = 0.01
    alone = duration.seconds([HVASS], [(HVASS, step_s)], 0)
    assert alone == pytest.approx(ONE_S + 10_000 * step_s)
    assert duration.seconds([HVASS, other_seed], [(HVASS, step_s)], 0) == pytest.approx(
        ONE_S + duration.RUN_S + 2 * 10_000 * step_s
    )  # compiled once
    read = duration.seconds([HVASS], [(HVASS, step_s)], 64_000) - alone
    assert 0.15 < read / (1000 * step_s) < 1 / 3  # as many images as 1,000 steps learn from


def test_the_nearest_measured_plan_tells():
    measured = [(DEEP, 0.08), (HVASS, 0.01)]
    assert duration.seconds([HVASS], measured, 0) == pytest.approx(ONE_S + 100)
    assert duration.seconds([DEEP], measured, 0) == pytest.approx(ONE_S + 800)


def test_of_equal_plans_the_middle_of_the_latest_tells():
    seeds = [dataclasses.replace(HVASS, seed=i) for i in range(7)]
    measured = list(zip(seeds, (0.01, 0.03, 0.02, 0.09, 0.01, 0.9, 0.9), strict=True))
    assert duration.seconds([HVASS], measured, 0) == pytest.approx(ONE_S + 200)


def test_one_networks_time_tells_anothers_within_a_factor_of_two():
    """The tutorial network and the large one were trained on one machine."""
    cards = {name: json.loads((ROOT / "models" / name / "card.json").read_text()) for name in ("hvass", "deep-mnist")}
    told = duration.seconds([DEEP], [(HVASS, cards["hvass"]["seconds"] / 10_000)], 0)
    assert 0.5 < told / cards["deep-mnist"]["seconds"] < 2
