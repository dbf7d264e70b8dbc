"""How many runs there may be: who is refused, what is forgotten, and that an experiment of sixty may always begin."""

import pytest

from cnnviz.data.dataset import BUNDLED
from cnnviz.network.config import NetworkConfig
from cnnviz.network.presets import Plan, Recipe
from cnnviz.training.limits import LimitReached, Limits
from cnnviz.training.run import Run, Status

PLAN = Plan(NetworkConfig((), ()), Recipe(learning_rate=1e-3, batch_size=10, iterations=60))
LIMITS = Limits(max_active_per_person=2, max_kept_per_person=4, max_active=3, max_kept=6)


def run(name, owner="a", status=Status.TRAINING, experiment=""):
    return Run(name, PLAN, BUNDLED, 60, owner=owner, status=status, experiment=experiment)


def test_one_person_may_have_so_many_under_way_and_is_told_which_and_what_to_do():
    runs = [run("r-1"), run("r-2"), run("r-3", status=Status.PAUSED)]
    with pytest.raises(LimitReached) as refused:
        LIMITS.check_active(runs, "a")
    assert str(refused.value) == (
        "r-1, r-2: so many of yours are under way, and one person may have 2 at once. Wait until one has ended, or "
        "pause or stop one."
    )
    LIMITS.check_active(runs, "b")


def test_an_experiment_counts_as_one_under_way_and_its_runs_may_be_resumed():
    runs = [run(f"s-{i}", experiment="sweep (1)") for i in range(60)]
    LIMITS.check_active(runs, "a")
    runs.append(run("r-1"))
    LIMITS.check_active(runs, "a", unit="sweep (1)")
    with pytest.raises(LimitReached, match=r"sweep \(1\), r-1: so many of yours"):
        LIMITS.check_active(runs, "a")


def test_a_server_takes_so_many_of_all():
    runs = [run("r-1", "a"), run("r-2", "b"), run("r-3", "c")]
    with pytest.raises(LimitReached, match="3 runs and experiments are under way on this server"):
        LIMITS.check_active(runs, "d")


def test_where_nobody_is_known_the_servers_limit_counts_alone():
    LIMITS.check_active([run("r-1", ""), run("r-2", "")], "")
    assert LIMITS.surplus([run(f"r-{i}", "", Status.PAUSED) for i in range(5)], "", set()) == []
    with pytest.raises(LimitReached):
        LIMITS.check_active([run(f"r-{i}", "") for i in range(3)], "")


def test_the_oldest_unfinished_of_a_person_make_room_and_what_is_finished_does_not():
    kept = [run("r-1", status=Status.FINISHED), *(run(f"r-{i}", status=Status.PAUSED) for i in (2, 3, 4))]
    assert LIMITS.surplus(kept[:3], "a", {"r-2", "r-3"}) == []
    assert LIMITS.surplus(kept, "b", {"r-2", "r-3", "r-4"}) == []
    assert LIMITS.surplus(kept, "a", {"r-2", "r-3", "r-4"}) == [(kept[1], "one person may keep 4 runs")]
    with pytest.raises(LimitReached, match="4 runs of yours are on the list, and one person may keep 4"):
        LIMITS.surplus(kept, "a", set())


def test_the_oldest_unfinished_of_all_make_room_on_a_full_server():
    kept = [run(f"r-{i}", owner=f"{i}", status=Status.PAUSED) for i in range(7)]
    gone = LIMITS.surplus(kept, "new", {run.name for run in kept})
    assert [(run.name, why) for run, why in gone] == [(name, "this server keeps 6 runs") for name in ("r-0", "r-1")]
    with pytest.raises(LimitReached, match="7 runs are on the list, and this server keeps 6"):
        LIMITS.surplus(kept, "new", {"r-0"})
