"""Two real servers behind HAProxy with one PostgreSQL: what one of them loses the other one has."""

import asyncio
import json
import shutil
import signal
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import psutil
import pytest

import postgresql
import replicas
from cnnviz.classroom.live import LiveRooms
from cnnviz.classroom.prompts import Prompt
from cnnviz.compute import backend
from cnnviz.data.dataset import BUNDLED
from cnnviz.network import store
from cnnviz.network.config import Convolution, NetworkConfig
from cnnviz.network.presets import Plan, Recipe
from cnnviz.server import cookie
from cnnviz.state import database
from cnnviz.state.run_records import RunRecords
from cnnviz.state.sessions import fingerprint
from cnnviz.training import advance
from cnnviz.training.journal import LEASE_S
from cnnviz.training.pieces import load_digits
from cnnviz.training.replica import Replica
from cnnviz.ui.keeper import SAVE_EVERY_S
from common import until
from streamlit_client import opened

pytestmark = pytest.mark.skipif(
    not (shutil.which("haproxy", path="/usr/sbin:/usr/bin") and postgresql.BINARIES),
    reason="HAProxy or PostgreSQL is not installed here (Debian: apt-get install haproxy postgresql)",
)
N_STUDENTS = 8
PAUSE_S = 0.5
"""Between strokes: what is drawn without a pause is soon more than a canvas may hold."""


@pytest.fixture(scope="module")
def here():
    """Two servers behind the proxy."""
    with replicas.school(2, CNNVIZ_DATA="bundled") as made:
        yield made


@pytest.fixture(scope="module")
def records(here):
    """The table of runs that both have."""
    engine = database.connect(here.database.url)
    yield RunRecords(engine)
    engine.dispose()


@pytest.fixture
def begun(here, records, plan, monkeypatch):
    """A run that this process has begun and left to the servers: its name, and the process that drives it."""
    with monkeypatch.context() as patched:
        patched.setattr(backend, "n_workers", lambda: -1)  # nothing is computed here
        third = Replica(here.runs, records)
        name = third.begin(plan, BUNDLED, "left").name
        third.close()
    until(lambda: content(records, name)["kept"] and records.holder(name))
    return name, driver(records, name)


def content(records, name):
    (record,) = records.all(name)
    return record.content


def driver(records, name):
    """The process that has the lease of a run."""
    return psutil.Process(int(records.holder(name).split("/")[1]))


@pytest.fixture(scope="module")
def plan():
    """A small network, trained for about ten seconds."""
    recipe = Recipe(learning_rate=1e-3, batch_size=16, iterations=8_000)
    return Plan(NetworkConfig((Convolution(2),), (8,), pool_first=True), recipe)


@pytest.fixture(scope="module")
def alone(plan):
    """The weights when nothing comes between."""
    state = advance.start(plan.network, plan.recipe, plan.seed)
    return advance.advance(state, load_digits(BUNDLED, True).train, plan.recipe.iterations).weights


def sent_to(server, what, content, token):
    """Send something to a room by one of the servers; the status of the answer."""
    headers = {"Content-Type": "application/json", "Cookie": f"{cookie.NAME}={token}"}
    asked = urllib.request.Request(f"{server}/cnnviz/room/{what}", json.dumps(content).encode(), headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return answer.status


def hear(server, code, token, so):
    """What a room shows by one of the servers, once that is so."""
    asked = urllib.request.Request(f"{server}/cnnviz/room/{code}", headers={"Cookie": f"{cookie.NAME}={token}"})
    with urllib.request.urlopen(asked, timeout=60) as stream:
        for line in stream:
            if line.startswith(b"data: ") and so(told := json.loads(line[6:])):
                return told
    raise AssertionError("The stream has ended.")


def test_a_room_is_the_same_on_both(here, records):
    """What is answered on one server is counted and revealed on the other, and heard on both."""
    (first, second), teacher, student = here.direct, "t" * 43, "s" * 43
    live = LiveRooms(lambda: records.engine)
    code = live.rooms.open(fingerprint(teacher)).code
    live.join(code, fingerprint(student))
    live.ask(code, fingerprint(teacher), Prompt("digit", "Which digit?", right=2))
    assert sent_to(first, f"{code}/answer", {"question": 1, "answer": 7}, student) == 204
    with ThreadPoolExecutor(2) as pool:
        heard = [pool.submit(hear, server, code, student, lambda told: "counts" in told) for server in here.direct]
        assert hear(second, code, teacher, lambda told: told["n_answers"] == 1)["question"]["status"] == "open"
        assert sent_to(second, f"{code}/do", {"wish": "reveal", "value": None}, teacher) == 204
        assert [each.result()["counts"][7] for each in heard] == [1, 1]


def is_trained(here, records, name, alone):
    """Wait until a run has ended; whether its network has these weights, to the bit."""
    until(lambda: content(records, name)["status"] == "finished", 240)
    got = store.load(store.open_model(here.runs / name)).weights
    return all((got[layer] == alone[layer]).all() for layer in alone)


async def draw_on_while(here, do):
    """Students draw by the proxy, and one opens pages, until something that takes a while is done."""
    visits = await replicas.all_come(here.address, 2)
    doing = asyncio.create_task(asyncio.to_thread(do))
    n = 0
    while not doing.done():
        for visit in visits:
            await visit.student.draw()
            n += 1
        async with opened(here.address, "train"):  # raises where an error is shown
            pass
        await asyncio.sleep(PAUSE_S)
    await doing
    for visit in visits:
        await visit.stack.aclose()
    return n


def test_without_the_database_for_a_while_people_draw_and_no_run_is_lost(here, records, begun, alone):
    name, _ = begun

    def away():
        here.database.stop()
        time.sleep(10)
        here.database.start()

    assert asyncio.run(draw_on_while(here, away)) > 2
    assert is_trained(here, records, name, alone)


def test_one_that_is_stopped_for_longer_than_its_lease_is_not_heard_any_more(here, records, begun, alone):
    name, process = begun
    process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: driver(records, name) != process, LEASE_S + 60)
    finally:
        process.send_signal(signal.SIGCONT)
    assert is_trained(here, records, name, alone)
    assert records.standings()[-1].writer.split("/")[1] != str(process.pid)


def test_when_a_server_is_killed_its_students_and_its_run_go_on_with_another(here, records, begun, alone):
    name, process = begun

    async def killed():
        visits = await replicas.all_come(here.address, N_STUDENTS)
        for visit in visits:
            await visit.student.page.rerun()  # what was drawn goes into the address
        drawn = [drawing_of(visit) for visit in visits]
        await asyncio.sleep(2 * SAVE_EVERY_S)
        process.kill()
        lost = 0
        for visit, before in zip(visits, drawn, strict=True):
            try:
                async with asyncio.timeout(5):
                    await visit.student.draw()
            except Exception:
                lost += 1
                await replicas.come_back(here.address, visit, visit.student._drawings)
                assert drawing_of(visit) == before
                await visit.student.draw()
            await visit.stack.aclose()
        return lost

    assert 0 < asyncio.run(killed()) < N_STUDENTS
    assert is_trained(here, records, name, alone)


def drawing_of(visit):
    """The strokes on the canvas, as the page had them in its address when it was shown last."""
    element = visit.student.page.element(lambda e: e.bidi_component.component_name.endswith("cnnviz.address"))
    return parse_qs(json.loads(element.bidi_component.json)["query"])["ink"]
