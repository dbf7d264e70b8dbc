"""What the pages are told of a run that is chosen."""

import dataclasses

import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network.presets import Plan
from cnnviz.training import advance
from cnnviz.training.run import Check, Run, Status
from cnnviz.ui import choice, refusal


@pytest.fixture
def tested(tiny, quick):
    """A run of no steps that has had its last check."""
    state = advance.start(tiny, quick, 0)
    final = Check(0, 50, 1000, 2.3, least_energy=1.5)
    fields = {"status": Status.TESTING, "state": state, "snapshots": {0: state.weights}, "final": final}
    return dataclasses.replace(Run("r-1", Plan(tiny, quick), BUNDLED, 0), **fields)


def test_the_least_energy_of_a_run_is_that_of_its_last_check_where_it_stands_there(tested):
    assert refusal.least_energy(choice.of_run(tested), 0) == 1.5
    assert refusal.least_energy(choice.of_run(dataclasses.replace(tested, final=None)), 0) is None


def test_after_its_last_check_a_run_that_goes_on_is_another_network(tested):
    on = dataclasses.replace(tested, state=dataclasses.replace(tested.state, iteration=10))
    assert choice.of_run(on).least_energy is None


def test_an_earlier_snapshot_and_no_network_have_no_least_energy(tested):
    entry = dataclasses.replace(choice.of_run(tested), iterations=(0, 10))
    assert [refusal.least_energy(entry, at) for at in entry.iterations] == [None, 1.5]
    assert refusal.least_energy(None, 0) is None
