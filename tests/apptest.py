"""A page without a browser: opened with AppTest, and what stands on it."""

import json
import zlib

import numpy as np
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from cnnviz.ui import digit, places
from cnnviz.ui.state import Session
from common import ROOT


def open_page(page="", chosen=None, **state):
    """The application at a page, the first one by default.

    What is given is in the session before the page is opened: values by `Key`, and values by name, with spaces for
    double underscores.
    """
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in (chosen or {}).items():
        at.session_state[key.name] = value
    for key, value in state.items():
        at.session_state[key.replace("__", " ")] = value
    page, _, part = page.partition("/")
    if part:
        at.session_state[Session.part_wanted.name] = part
    if page:  # by its address, as from a bookmark: `switch_page` would need a run of the first page before
        at._page_hash = calc_hash(page.replace("_", "-"))
    return at.run()


def go(at, page):
    """Another page, or a part of one, as "layers/filters"."""
    page, _, part = page.partition("/")
    if part:
        at.session_state[Session.part_wanted.name] = part
    return at.switch_page(places.path(page)).run()


def give(at, preparation):
    """Let a drawing be what this session gave last."""
    at.session_state[Session.digit.name] = digit.given(preparation)
    at.session_state[Session.shown.which.name] = "own"


def texts(at):
    """Every sentence on the page."""
    kinds = (at.header, at.subheader, at.markdown, at.caption, at.info, at.warning, at.error, at.success)
    told = [element.value for kind in kinds for element in kind]
    for item in figures(at):
        told.append(item["words"] if item["kind"] == "text" else item["caption"])
    told += [item["caption"] for item in shown_maps(at).values()]
    if any(element.proto.component_name == "cnnviz.scatter" for element in at.get("bidi_component")):
        told.append(shown_points(at)["words"]["caption"])
    return "\n".join(told)


def figures(at):
    """What the component `figures` shows, as the browser is told of it; "arrays": each picture's numbers of colours."""
    found = []
    for element in at.get("bidi_component"):
        if element.proto.component_name.endswith("cnnviz.figures"):
            found += unpacked(element.proto.bytes)
    return found


def shown_maps(at):
    """What every figure of the component `maps` shows, by the name of its key; "id" is of its element."""
    found = {}
    for element in at.get("bidi_component"):
        if element.proto.component_name == "cnnviz.maps":
            (item,) = unpacked(zlib.decompress(element.proto.bytes))
            found[element.proto.id.split("-", 2)[2]] = item | {"id": element.proto.id}
    return found


def unpacked(content):
    """The items in a message of the components `figures` and `maps`; "arrays": numbers of colours, or values."""
    at = 4 + int.from_bytes(content[:4], "little")
    head = json.loads(content[4:at])
    items = head.get("items") or [head["item"]]
    for item in items:
        if item["kind"] not in ("sheet", "one"):
            continue
        item["table"] = np.frombuffer(content, np.uint8, 3 * item["colours"], at).reshape(-1, 3)
        at += item["table"].size
        item["arrays"], again = [], dict(item["again"])
        kind = "<f4" if "written" in item else "<f2" if "scale" in item else np.uint8
        for i, shape in enumerate(item["shapes"]):
            if i in again:
                item["arrays"].append(item["arrays"][again[i]])
                continue
            array = np.frombuffer(content, kind, int(np.prod(shape)), at).reshape(shape)
            at += array.nbytes
            if kind == "<f2":  # the lower bytes of all, then the higher ones
                array = np.frombuffer(array.tobytes(), np.uint8).reshape(2, -1).T.copy().view(kind).reshape(shape)
            item["arrays"].append(array.astype(np.float64) * item["scale"] if "scale" in item else array)
    assert at == len(content)
    return items


NOTHING = "Nothing is drawn yet"


def answer(at):
    """The heading on the Draw page that says what the network reads; "" for none."""
    headings = [item["words"] for item in figures(at) if item.get("tag") == "h2"]
    return headings[0] if headings and headings[0] != NOTHING else ""


def pictures(at):
    """Every picture, as the browser is told of it."""
    return [image for element in at.get("image") for image in element.proto.imgs]


def alts(at):
    """What every picture says to who cannot see it."""
    return [image.alt for image in pictures(at)] + [
        item["alt"] for item in (*figures(at), *shown_maps(at).values()) if "alt" in item
    ]


def choose_network(at, name):
    """Choose a network in the head of the page; run it yourself."""
    box = at.selectbox(key=Session.model.name)
    (option,) = [
        option
        for option in box.options
        if name in (option, (bare := option.removesuffix(" (broken)")), bare.rpartition(" (")[2].rstrip(")"))
    ]
    return box.select(option)


def open_cell(at, key, number):
    """Click on a picture; runs the page."""
    return trigger(at, shown_maps(at)[key.name]["id"], number)


def trigger(at, element, number, event="opened"):
    """Have a component say that something of it was opened, or that something else has happened; runs the page."""
    states = at._tree.get_widget_states()
    sent = states.widgets.add()
    sent.id = _make_trigger_id(element, "events")
    sent.json_trigger_value = json.dumps([{"event": event, "value": number}])
    return at._run(states)


def shown_points(at):
    """What the component `scatter` shows, with "places" from 0 to 1, "labels", "reads"; "id" is of its element."""
    (element,) = (each for each in at.get("bidi_component") if each.proto.component_name == "cnnviz.scatter")
    content = zlib.decompress(element.proto.bytes)
    start = 4 + int.from_bytes(content[:4], "little")
    head = json.loads(content[4:start])
    n = head["n"]
    assert len(content) == start + 6 * n
    places = np.frombuffer(content, "<u2", 2 * n, start).reshape(2, n).T / head["steps"]
    labels, reads = np.frombuffer(content, np.uint8, 2 * n, start + 4 * n).reshape(2, n)
    return head | {"places": places, "labels": labels, "reads": reads, "id": element.proto.id}


def components(at, name):
    """What the browser is told of every component of a name."""
    found = [element.proto for element in at.get("bidi_component")]
    return [json.loads(proto.json) for proto in found if proto.component_name.endswith(f"cnnviz.{name}")]


def strip(at):
    """What the strip of a room tells its browser; None where there is none."""
    found = components(at, "room")
    return found[0] if found else None


def happens(at, event, value=1):
    """Have the strip of a room say that something has happened; runs the page."""
    (element,) = (each.proto.id for each in at.get("bidi_component") if each.proto.component_name == "cnnviz.room")
    at = trigger(at, element, value, event)
    assert not at.exception
    return at
