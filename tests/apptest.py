"""A page without a browser: opened with AppTest, and what stands on it."""

import json

import numpy as np
from streamlit.testing.v1 import AppTest

from cnnviz.ui import digit
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
    at.run()
    return at.switch_page(f"cnnviz/pages/{page}/page.py").run() if page else at


def give(at, preparation):
    """Let a drawing be what this session gave last."""
    at.session_state[Session.digit.name] = digit.given(preparation)


def texts(at):
    """Every sentence on the page."""
    kinds = (at.header, at.subheader, at.markdown, at.caption, at.info, at.warning, at.error, at.success)
    told = [element.value for kind in kinds for element in kind]
    for item in figures(at):
        told.append(item["words"] if item["kind"] == "text" else item["caption"])
    return "\n".join(told)


def figures(at):
    """What the component `figures` shows, as the browser is told of it; "arrays": each picture's numbers of colours."""
    found = []
    for element in at.get("bidi_component"):
        if element.proto.component_name.endswith("cnnviz.figures"):
            found += unpacked(element.proto.bytes)
    return found


def unpacked(content):
    """The items in a message of the component `figures`."""
    at = 4 + int.from_bytes(content[:4], "little")
    items = json.loads(content[4:at])["items"]
    for item in items:
        if item["kind"] != "sheet":
            continue
        item["table"] = np.frombuffer(content, np.uint8, 3 * item["colours"], at).reshape(-1, 3)
        at += item["table"].size
        item["arrays"] = []
        for i, shape in enumerate(item["shapes"]):
            if i not in item["again"]:
                array = np.frombuffer(content, np.uint8, int(np.prod(shape)), at).reshape(shape)
                at += array.size
            item["arrays"].append(array)
    assert at == len(content)
    return items


def answer(at):
    """The heading on the Draw page that says what the network reads; "" for none."""
    headings = [item["words"] for item in figures(at) if item.get("tag") == "h2"]
    return headings[0] if headings else ""


def pictures(at):
    """Every picture, as the browser is told of it."""
    return [image for element in at.get("image") for image in element.proto.imgs]


def alts(at):
    """What every picture says to who cannot see it."""
    return [image.alt for image in pictures(at)] + [item["alt"] for item in figures(at) if "alt" in item]
