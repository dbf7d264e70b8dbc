"""Records of runs are kept in order, a name is given once, and a lease has one holder."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from cnnviz.state.run_records import RunRecord, RunRecords

FIRST = RunRecord("hvass-1", "a" * 64, "waiting", {"plan": {"seed": 1}})


def test_records_come_back_as_they_were_and_in_their_order(engine):
    records = RunRecords(engine)
    names = ["b", "a", "c"]
    for name in names:
        assert records.add(replace(FIRST, name=name))
    assert records.all() == [replace(FIRST, name=name) for name in names]


def test_a_name_is_given_once(engine):
    records = RunRecords(engine)
    assert records.add(FIRST)
    assert not records.add(replace(FIRST, owner="b" * 64))
    assert records.all() == [FIRST]


def test_twenty_that_ask_at_once_for_one_name_get_it_once(engine):
    records = RunRecords(engine)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda i: records.add(replace(FIRST, content={"i": i})), range(20)))
    assert sum(taken) == 1


def test_a_change_is_kept_and_one_of_a_deleted_run_is_not(engine):
    records = RunRecords(engine)
    records.add(FIRST)
    changed = replace(FIRST, status="training", content={"iteration": 300})
    records.save(changed)
    assert records.all() == [changed]
    records.delete(FIRST.name)
    records.save(changed)
    assert records.all() == []


def test_a_lease_has_one_holder_until_it_ends_or_is_given_back(engine):
    records = RunRecords(engine)
    records.add(FIRST)
    assert records.acquire(FIRST.name, "one", 60)
    assert records.acquire(FIRST.name, "one", 60)
    assert not records.acquire(FIRST.name, "two", 60)
    records.release(FIRST.name, "two")
    assert not records.acquire(FIRST.name, "two", 60)
    records.release(FIRST.name, "one")
    assert records.acquire(FIRST.name, "two", 0.2)
    time.sleep(0.3)
    assert records.acquire(FIRST.name, "one", 60)
    assert not records.acquire("nobody", "one", 60)


def test_of_many_that_ask_at_once_one_gets_the_lease(engine):
    records = RunRecords(engine)
    records.add(FIRST)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda i: records.acquire(FIRST.name, f"server {i}", 60), range(16)))
    assert sum(got) == 1


def test_several_are_added_together_or_none_is(engine):
    records = RunRecords(engine)
    three = [replace(FIRST, name=name) for name in ("a", "b", "c")]
    records.add(three[1])
    assert not records.add(*three)
    assert records.all() == [three[1]]
    records.delete("b")
    assert records.add(*three, holder="one", seconds=60)
    assert records.all() == three
    assert not records.acquire("c", "two", 60)
    assert records.holder("c") == "one"


def test_a_record_that_another_holds_is_not_written(engine):
    records = RunRecords(engine)
    records.add(FIRST, holder="one", seconds=60)
    changed = replace(FIRST, status="training")
    records.save(changed, "two")
    assert records.all() == [FIRST]
    records.save(changed, "one")
    assert records.all() == [changed]


def test_leases_are_renewed_and_given_back_together(engine):
    records = RunRecords(engine)
    records.add(FIRST, replace(FIRST, name="other"), holder="one", seconds=0.2)
    records.renew("one", 60)
    time.sleep(0.3)
    assert not records.acquire("other", "two", 60)
    records.release_all("two")
    assert not records.acquire("other", "two", 60)
    records.release_all("one")
    assert records.acquire("other", "two", 60)
    assert records.holder(FIRST.name) is None


def test_who_has_to_do_with_a_record(engine):
    records = RunRecords(engine)
    records.add(FIRST, holder="one", seconds=60)
    records.add(replace(FIRST, name="other"))
    held, free = records.standings()
    assert (held.name, held.writer, held.holder, held.is_free, held.wish) == (FIRST.name, "one", "one", False, None)
    assert (free.name, free.writer, free.holder, free.is_free) == ("other", None, None, True)
    records.save(replace(FIRST, status="training"), "one")
    changed, _ = records.standings()
    assert changed.status == "training"
    assert changed.changed_at > held.changed_at
    records.renew("one", -1)
    assert records.standings()[0].is_free
    assert records.standings()[0].holder == "one"
    assert records.all("other", "nobody") == [replace(FIRST, name="other")]


def test_a_wish_is_left_in_place_of_another_and_taken_once(engine):
    records = RunRecords(engine)
    records.add(FIRST)
    records.leave_wish(FIRST.name, "pause")
    records.leave_wish(FIRST.name, "stop")
    assert records.standings()[0].wish == "stop"
    assert not records.take_wish(FIRST.name, "pause")
    assert records.take_wish(FIRST.name, "stop")
    assert not records.take_wish(FIRST.name, "stop")
    records.leave_wish("nobody", "stop")
    assert records.standings()[0].wish is None


def test_those_whose_leases_were_renewed_are_named(engine):
    records = RunRecords(engine)
    records.add(FIRST, replace(FIRST, name="other"), holder="one", seconds=60)
    records.add(replace(FIRST, name="third"), holder="two", seconds=60)
    assert records.renew("one", 60) == {FIRST.name, "other"}
