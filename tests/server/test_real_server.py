"""With a real server: one browser that sends too much harms neither the others nor the server's memory."""

import asyncio
import contextlib
import functools
import json
import time
import urllib.request

import canvas_message
import pytest
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

import browser
import streamlit_client
from streamlit_client import opened

psutil = pytest.importorskip("psutil")
FLOOD_S = 4.0
N_MESSAGES = 5_000
"""Without limits a thousand of them held everybody up for two seconds, and for 79 with a collection of garbage each."""
MEGABYTES_12 = 12_000_000
N_PAGES, GROWN_MB = 10, 20
SPACED_S = 1.0
"""Between messages: of those that come faster each waits for a moment, and no two would come at once."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address and process of a server that has answered a stroke, so that everything is loaded."""
    runs = tmp_path_factory.mktemp("runs")
    with browser.server(CNNVIZ_DATA="bundled", CNNVIZ_RUNS=str(runs)) as (address, _):
        (process,) = [child for child in psutil.Process().children() if "streamlit" in child.cmdline()]
        asyncio.run(warm(address))
        yield address, process


async def warm(address):
    async with opened(address) as page:
        for n in range(4):
            await stroke(page, n)


def canvas_of(page):
    return page.widget(lambda element: element.bidi_component.component_name.endswith("drawable_canvas"))


async def stroke(page, n):
    """Draw; seconds until the answer is there, and what was shown."""
    began = time.perf_counter()
    lines = [[(40 + 7 * i, 40), (60 + 7 * i, 200)] for i in range(n % 20 + 1)]
    shown = await page.set(canvas_of(page), canvas_message.as_json(*lines))
    return time.perf_counter() - began, shown


async def health(address, until_s):
    """Seconds that each look at the health page took."""

    def look():
        urllib.request.urlopen(f"{address}/_stcore/health", timeout=60).close()

    took = []
    while time.monotonic() < until_s:
        began = time.perf_counter()
        await asyncio.to_thread(look)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)
    return took


async def draw_while_flooded(address):
    """Seconds of the strokes of one browser, and of the health page, while another one sends small messages."""
    message = BackMsg()
    message.rerun_script.page_script_hash = "0" * 29
    content = message.SerializeToString()
    assert len(content) == 33

    async def flood(socket):
        for _ in range(N_MESSAGES):
            await socket.send(content)

    async with opened(address) as student, opened(address) as stranger:
        flooding = asyncio.create_task(flood(stranger._socket))
        until_s = time.monotonic() + FLOOD_S
        looking = asyncio.create_task(health(address, until_s))
        strokes = []
        while time.monotonic() < until_s:
            strokes.append((await stroke(student, len(strokes)))[0])
            await asyncio.sleep(0.2)
        flooding.cancel()
        looks = await looking
        stranger._socket.transport.abort()  # to say goodbye in order it would wait its turn behind all that it has sent
        return sorted(strokes), sorted(looks)


def test_thousands_of_messages_of_one_browser_keep_no_other_waiting(server):
    strokes, looks = asyncio.run(draw_while_flooded(server[0]))
    assert strokes[len(strokes) * 3 // 4] < 0.5
    assert looks[len(looks) * 3 // 4] < 0.5
    assert max(strokes[-1], looks[-1]) < 2  # also on a machine that does other work


async def send_huge(address, process):
    """What is shown to some browsers, each after a drawing of 12 MB, and to one of them after its next stroke.

    And the megabytes by which the server has grown.
    """
    huge = canvas_message.huge(MEGABYTES_12)
    assert len(huge) > 11_000_000
    async with contextlib.AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(opened(address)) for _ in range(N_PAGES)]
        for page in pages:
            await stroke(page, 1)
        before = await settled(process)
        refusing = []
        for page in pages:
            refusing.append(asyncio.create_task(send(page, huge)))
            await asyncio.sleep(0.3)
        refused = await asyncio.gather(*refusing)
        grown = await given_back(process, before)
        return grown, refused, (await stroke(pages[0], 2))[1]


async def settled(process):
    """Bytes of a process once they stay what they are: behind the first pages a server loads what the others need."""
    sizes = [process.memory_info().rss]
    for _ in range(120):
        await asyncio.sleep(0.5)
        sizes.append(process.memory_info().rss)
        if len(sizes) > 8 and max(sizes[-8:]) - min(sizes[-8:]) < 1e6:
            break
    return sizes[-1]


async def given_back(process, before):
    """Megabytes by which a process has grown, once that is little, or after half a minute."""
    for _ in range(60):
        grown = (process.memory_info().rss - before) / 1e6
        if grown < GROWN_MB:
            break
        await asyncio.sleep(0.5)
    return grown


async def send(page, value):
    """What the page shows after a drawing that is refused."""
    page._take = lambda element, fragment: None  # an error on the page is what is expected here
    shown = await page.set(canvas_of(page), value)
    del page._take
    return shown


@pytest.fixture(scope="module")
def huge(server):
    """What `send_huge` gives; most of its time the messages wait, by the limit of bytes a second."""
    return asyncio.run(send_huge(*server))


def test_drawings_of_twelve_megabytes_leave_nothing_behind(huge):
    grown, *_ = huge
    assert grown < GROWN_MB


def test_after_a_drawing_of_twelve_megabytes_the_one_before_stays_and_the_next_stroke_works(huge):
    _, refused, after = huge
    assert len(refused) == N_PAGES
    for shown, is_refused in (*((each, True) for each in refused), (after, False)):
        assert any("more than a drawing needs" in element.alert.body for element in shown) is is_refused
        figures = b"".join(element.bidi_component.bytes for element in shown)
        assert b'"Answer: ' in figures or b'"No digit here"' in figures


async def said_in_train(address, monkeypatch, **headers):
    """What stands on the page Train for a browser whose websocket brings these headers."""
    with monkeypatch.context() as patch:
        patch.setattr(streamlit_client, "connect", functools.partial(connect, additional_headers=headers))
        async with opened(address, "train") as page:
            return [element.markdown.body for element in await page.rerun()]


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 x"}]
)
def test_on_this_machine_one_is_the_teacher_and_behind_a_proxy_nobody_is(server, monkeypatch, headers):
    for sent, is_teacher in (({}, True), (headers, False), (headers | {"X-Cnnviz-This-Machine": "yes"}, False)):
        said = asyncio.run(said_in_train(server[0], monkeypatch, **sent))
        assert any("watch the network learn" in text for text in said)
        assert any("You are the teacher here" in text for text in said) is is_teacher


async def told_after_leaving(address):
    """What a server tells of when Layers is left for Mistakes and one of its parts is asked for at the same moment.

    The parts that each run was of: none for a whole page.
    """
    async with opened(address, "mistakes") as other, opened(address, "layers") as page:
        part = next(widget.fragment for _, widget in page._widgets.values() if widget.fragment)
        leave, late = page._request("", "", ""), page._request(part, "", "")
        leave.rerun_script.page_script_hash = other._page
        assert late.rerun_script.page_script_hash  # that of Layers, the only one that the browser knows
        for message in (leave, late):
            await page._socket.send(message.SerializeToString())
        async with asyncio.timeout(60):
            told = await told_until_quiet(page._socket)
    return [list(message.metadata.run.fragment_ids) for message in told if message.WhichOneof("type") == "new_session"]


async def told_until_quiet(socket):
    """What a server tells, until a run has ended and no other begins for a second."""
    told, has_ended = [], False
    while True:
        try:
            async with asyncio.timeout(1 if has_ended else None):
                told.append(ForwardMsg.FromString(await anext(aiter(socket))))
        except TimeoutError:
            return told
        kind = told[-1].WhichOneof("type")
        has_ended = kind == "script_finished" or (has_ended and kind != "new_session")


def test_what_a_page_asks_for_that_is_left_does_not_empty_the_next_one(server):
    assert asyncio.run(told_after_leaving(server[0])) == [[]]


async def told_after_opening_a_kernel(address):
    """The run, and what a server tells when a kernel of it is clicked as the run asks for itself to be shown anew."""
    async with opened(address, "train") as page:
        await page.click(page.widget(lambda element: element.button.label == "Start"))
        async with asyncio.timeout(60):
            while not (kernels := [name for name in page._widgets if "-kernels of run " in name]):
                await page.rerun(page.widget(lambda element: element.button.label == "Pause").fragment)
                await asyncio.sleep(SPACED_S)
        _, widget = page._widgets[kernels[0]]
        click, late = (page._request(widget.fragment, "", "") for _ in range(2))
        clicked = WidgetState(json_trigger_value=json.dumps([{"event": "opened", "value": 5}]))
        clicked.id = _make_trigger_id(widget.id, "events")
        click.rerun_script.widget_states.widgets.append(clicked)
        late.rerun_script.is_auto_rerun = True
        for message in (click, late):
            await page._socket.send(message.SerializeToString())
        async with asyncio.timeout(60):
            return kernels[0].partition("-kernels of run ")[2], await told_until_quiet(page._socket)


def test_what_a_page_asks_for_by_itself_does_not_take_back_what_was_clicked(server):
    run, told = asyncio.run(told_after_opening_a_kernel(server[0]))
    shown = [message.delta.new_element.bidi_component.json for message in told]
    queries = [json.loads(text)["query"] for text in shown if '"query"' in text]
    assert f"net={run}" in queries[-1]
    assert "map=5" in queries[-1]
