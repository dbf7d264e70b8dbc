"""Test accuracy on the way of a run, and beside it what the tutorial reports of the same network and recipe."""

from __future__ import annotations

import dataclasses

from cnnviz.network import store
from cnnviz.network.presets import PRESETS
from cnnviz.pages.train import run_view
from cnnviz.percentages import percent
from cnnviz.training.run import Run
from cnnviz.ui import digits, panels, server, texts


class Words:
    """What the table says."""

    table = "Test accuracy on the way."
    table_beside = "Test accuracy on the way, beside what two renderings of the tutorial report for hvass."
    table_alt = "Table of test accuracy at {n} moments of the training."
    columns = ("Training steps", "This run")
    columns_beside = ("Tutorial, first rendering", "Tutorial, second rendering")
    not_yet = "–"


TUTORIALS = {0: (0.042, 0.109), 1: (0.053, 0.130), 100: (0.708, 0.666), 1000: (0.935, 0.931), 10_000: (0.987, 0.988)}
"""Test accuracy by iteration that M. E. H. Pedersen's tutorial 02 reports, in two runs."""


def show(chosen: Run) -> None:
    """Test accuracy of each snapshot; of a run of the tutorial's at its iterations, beside its figures."""
    card = store.open_model(server.scheduler().root / chosen.name).card
    have = [s.iteration for s in card.snapshots] if card else chosen.snapshot_iterations
    beside = follows_the_tutorial(chosen)
    rows = []
    for iteration in TUTORIALS if beside else have:
        mine = Words.not_yet
        if iteration in have:
            correct, n = run_view.test_result(chosen, iteration)
            mine = percent(correct / n, 1)
        reported = TUTORIALS[iteration] if beside else ()
        rows.append((f"{iteration:,}", mine, *(percent(accuracy, 1) for accuracy in reported)))
    if not rows:  # it was stopped before it began
        return
    columns = (*Words.columns, *Words.columns_beside) if beside else Words.columns
    table = dict(zip(columns, zip(*rows, strict=True), strict=True))
    caption = Words.table_beside if beside else Words.table
    panels.table(table, caption, Words.table_alt.format(n=len(rows)), "milestones")


def follows_the_tutorial(chosen: Run) -> bool:
    """True when the figures that M. E. H. Pedersen's tutorial reports are of its network, recipe and digits."""
    preset, plan = PRESETS["hvass"], chosen.plan
    recipe = dataclasses.replace(plan.recipe, iterations=preset.recipe.iterations)
    return (plan.network, recipe) == (preset.network, preset.recipe) and digits.title(chosen.source) == texts.MNIST
