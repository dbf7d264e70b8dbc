"""In which order tasks are sent, what can be cancelled, and what is sent again; with workers that only take notes."""

import gc
import threading
import weakref
from concurrent.futures import BrokenExecutor, CancelledError, Future, ThreadPoolExecutor, wait

import numpy as np
import pytest

from cnnviz.compute import tasks
from cnnviz.compute.dispatch import MAX_OVERTAKEN, Dispatcher
from cnnviz.compute.tasks import BackendError, ClusterError, Missing, Priority, Task
from cnnviz.data.dataset import Dataset

WAIT_S = 30


class Notes:
    """Workers that compute nothing: what was posted is answered by the test."""

    problem = ""

    def __init__(self, n_workers=1):
        self.n_workers = n_workers
        self.posted = []
        self.errors = []

    def post(self, task, values, before):
        if self.errors:
            raise self.errors.pop(0)
        sent = Future()
        self.posted.append((task, dict(values), before, sent))
        return sent

    def shutdown(self):
        pass

    @property
    def names(self):
        """What was posted, by the tasks' only argument."""
        return [task.args[0] for task, *_ in self.posted]

    def answer(self, i, result=None, error=None):
        sent = self.posted[i][-1]
        if error is not None:
            sent.set_exception(error)
        else:
            sent.set_result(result)


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def ask(notes):
    dispatcher = Dispatcher(notes)

    def submit(name, priority=Priority.PAGE):
        return dispatcher.submit(Task(abs, (name,)), priority)

    submit.dispatcher = dispatcher
    return submit


@pytest.mark.parametrize("n_workers", [1, 3])
def test_one_more_is_sent_than_is_computed_at_once(n_workers):
    notes = Notes(n_workers)
    dispatcher = Dispatcher(notes)
    for i in range(9):
        dispatcher.submit(Task(abs, (i,)), Priority.PAGE)
    assert notes.names == list(range(n_workers + 1))
    notes.answer(0)
    assert notes.names == list(range(n_workers + 2))


def test_a_page_comes_before_runs_and_equals_in_the_order_of_asking(notes, ask):
    for name in ("first", "second", "run 1", "run 2"):
        ask(name, Priority.RUN)
    for name in ("page 1", "page 2"):
        ask(name)
    for i in range(6):
        notes.answer(i)
    assert notes.names == ["first", "second", "page 1", "page 2", "run 1", "run 2"]


def test_a_run_is_not_held_up_for_ever_by_a_page(notes, ask):
    ask("first"), ask("second")
    for i in range(2):
        ask(f"run {i}", Priority.RUN)
    n_pages = 2 * MAX_OVERTAKEN + 5
    for i in range(n_pages):
        ask(f"page {i}")
    for i in range(n_pages + 4):
        notes.answer(i)
    order = notes.names[2:]
    assert order.index("run 0") == MAX_OVERTAKEN
    assert order.index("run 1") == 2 * MAX_OVERTAKEN + 1
    assert [name for name in order if name.startswith("page")] == [f"page {i}" for i in range(n_pages)]


def test_what_has_not_been_sent_can_be_cancelled(notes, ask):
    running, next_, waiting, last = ask("running"), ask("next"), ask("waiting"), ask("last")
    assert [future.cancel() for future in (running, next_, waiting)] == [False, False, True]
    assert wait([waiting], WAIT_S).done == {waiting}, "who waits for it is woken"
    with pytest.raises(CancelledError):
        waiting.result(WAIT_S)
    for i in range(3):
        notes.answer(i, i)
    assert notes.names == ["running", "next", "last"]
    assert last.result(WAIT_S) == 2


def test_cancelled_pages_overtake_nobody(notes, ask):
    ask("first"), ask("second")
    ask("run", Priority.RUN)
    for i in range(MAX_OVERTAKEN):
        ask(f"page {i}").cancel()
    ask("page")
    for i in range(4):
        notes.answer(i)
    assert notes.names == ["first", "second", "page", "run"]


def test_a_task_that_was_lost_is_sent_again_before_what_waits(notes, ask):
    lost = ask("lost")
    ask("next"), ask("waiting")
    notes.answer(0, error=BrokenExecutor("killed"))
    assert notes.names == ["lost", "next", "lost"]
    notes.answer(2, "there")
    assert lost.result(WAIT_S) == "there"
    assert notes.names[3:] == ["waiting"]


def test_a_task_that_is_lost_again_and_again_ends_with_a_sentence(notes, ask):
    lost = ask("lost")
    for i in range(tasks.N_TRIES):
        notes.answer(i, error=BrokenExecutor("killed"))
    with pytest.raises(BackendError, match=r"ended 3 times with the same task \(killed\)"):
        lost.result(WAIT_S)
    assert notes.names == ["lost"] * tasks.N_TRIES


def test_what_cannot_be_sent_is_tried_again_and_then_said(notes, ask):
    notes.errors = [RuntimeError("shutting down")] * 2
    assert not ask("sent at the third try").done()
    notes.errors = [RuntimeError("shutting down")] * tasks.N_TRIES
    with pytest.raises(BackendError, match="shutting down"):
        ask("never sent").result(WAIT_S)
    notes.errors = [OSError("no more processes")]
    with pytest.raises(OSError, match="no more processes"):
        ask("no process").result(WAIT_S)
    ask("after the failures")
    assert notes.names == ["sent at the third try", "after the failures"]


def test_many_that_fail_at_once_do_not_pile_up(notes, ask):
    """Each failure makes room for the next: that must not be a recursion."""
    ask("first"), ask("second")
    waiting = [ask(i) for i in range(2000)]
    notes.errors = [OSError("gone")] * 2000
    notes.answer(0)
    assert all(isinstance(future.exception(WAIT_S), OSError) for future in waiting)


def test_errors_of_the_function_and_of_the_cluster(notes, ask):
    wrong, no_cluster = ask("wrong"), ask("no cluster")
    notes.answer(0, error=ValueError("as raised"))
    notes.answer(1, error=ClusterError("No workers."))
    with pytest.raises(ValueError, match="as raised"):
        wrong.result(WAIT_S)
    with pytest.raises(BackendError, match=r"^No workers\.$"):
        no_cluster.result(WAIT_S)


def digits(n):
    return Dataset(np.zeros((n, 28, 28, 1), np.float32), np.zeros(n, np.int64), "blank")


def test_what_is_missing_is_sent_after_its_task_and_costs_no_try(notes):
    data = digits(2)
    answer = Dispatcher(notes).submit(Task(len, (data,)), Priority.PAGE)
    for i in range(2 * tasks.N_TRIES):
        _, values, before, sent = notes.posted[i]
        assert values == ({} if i == 0 else {data.key: data})
        assert before is (None if i == 0 else notes.posted[i - 1][-1])
        sent.set_result(Missing((data.key,)))
    notes.answer(-1, 2)
    assert answer.result(WAIT_S) == 2


def test_an_answer_that_is_kept_does_not_keep_what_was_sent(notes):
    data = digits(3)
    alive = weakref.ref(data)
    answer = Dispatcher(notes).submit(Task(len, (data,)), Priority.PAGE)
    notes.answer(0, 3)
    notes.posted.clear()
    del data
    gc.collect()
    assert answer.result(WAIT_S) == 3
    assert alive() is None


def test_the_callback_of_an_answer_may_ask_for_more(notes, ask):
    """An answer's callback runs where answers arrive; the training runs submit their next piece in there."""
    more = []
    ask("first").add_done_callback(lambda _: more.append(ask("from the callback")))
    notes.answer(0)
    assert notes.names == ["first", "from the callback"]
    notes.answer(1, "done")
    assert more[0].result(WAIT_S) == "done"


def test_from_many_threads_everything_is_computed_once():
    class Pool(Notes):
        def __init__(self):
            super().__init__(4)
            self.pool = ThreadPoolExecutor(4)
            self.running, self.most, self.lock = 0, 0, threading.Lock()

        def post(self, task, values, before):
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
            return self.pool.submit(task.function, *task.args)

        def done(self, i):
            with self.lock:
                self.running -= 1
            return i

    pool = Pool()
    dispatcher = Dispatcher(pool)
    with ThreadPoolExecutor(8) as sessions:
        priorities = [Priority.PAGE, Priority.RUN]
        asked = list(sessions.map(lambda i: dispatcher.submit(Task(pool.done, (i,)), priorities[i % 2]), range(400)))
        assert [future.result(WAIT_S) for future in asked] == list(range(400))
    assert pool.most <= pool.n_workers + 1
    pool.pool.shutdown()


def test_shutdown_tells_those_who_wait(notes, ask):
    sent, _, waiting = ask("sent"), ask("next"), ask("waiting")
    ask.dispatcher.shutdown()
    with pytest.raises(BackendError, match="before this task was begun"):
        waiting.result(WAIT_S)
    notes.answer(0, "late")
    assert sent.result(WAIT_S) == "late"
