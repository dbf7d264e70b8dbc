"""Present without a browser: where it goes on and back, and what pages declare."""

import re

import pytest

from apptest import open_page
from cnnviz.ui import places, present, state
from cnnviz.ui.state import LayersPage, Session
from common import ROOT


@pytest.fixture(autouse=True)
def _bundled(monkeypatch):
    monkeypatch.setenv("CNNVIZ_DATA", "bundled")


class Sent:
    """What the browser asks for."""

    def __init__(self, go):
        self.go = go


def after(monkeypatch, way, place, part="", parts=()):
    """Where one wants to be after "on" or "back", as (place, part)."""
    values = {Session.present_keys: Sent(way), Session.place: place, Session.parts: parts}
    values |= {places.PART_KEYS[place]: part} if part else {}
    wanted = {}
    monkeypatch.setattr(state.Key, "get", lambda key: values.get(key, key.default))
    monkeypatch.setattr(state.Key, "set", lambda key, value: wanted.update({key: value}))
    present._go()
    return wanted.get(Session.place_wanted, place), wanted.get(Session.part_wanted), wanted.get(Session.from_end)


def test_past_the_last_screen_comes_the_next_part_then_the_next_place(monkeypatch):
    parts = ("network", "maps")
    assert after(monkeypatch, "on", "draw") == ("layers", places.FIRST, False)
    assert after(monkeypatch, "on", "layers", "network", parts) == ("layers", "maps", False)
    assert after(monkeypatch, "on", "layers", "maps", parts) == ("kernels", places.FIRST, False)
    assert after(monkeypatch, "back", "layers", "maps", parts) == ("layers", "network", True)
    assert after(monkeypatch, "back", "layers", "network", parts) == ("draw", places.LAST, True)
    assert after(monkeypatch, "back", "draw") == ("draw", None, True)
    assert after(monkeypatch, "on", "data") == ("data", None, False)
    assert after(monkeypatch, "nonsense", "data") == ("data", None, None)


def test_present_shows_its_foot_and_goes_where_it_is_asked_to():
    at = open_page("data", {Session.present: True})
    assert any("font-size: 28.8px" in str(element.proto) for element in at.get("html"))
    at.session_state[Session.place_wanted.name] = "layers"
    at.session_state[Session.part_wanted.name] = places.LAST
    at.run()
    assert not at.exception
    assert at.session_state[Session.place.name] == "layers"
    assert at.session_state[LayersPage.part.name] == at.session_state[Session.parts.name][-1]


def test_outside_of_present_there_is_none_of_it():
    at = open_page("data")
    assert not any("28.8px" in str(element.proto) for element in at.get("html"))


def test_the_screens_of_a_page_have_names_of_their_own():
    for path in (ROOT / "cnnviz" / "pages").rglob("*.py"):
        names = re.findall(r"present\.screen\((.*?)\)", path.read_text("utf-8"))
        assert len(names) == len(set(names)), path
        assert all(re.fullmatch(r'"[a-z-]+"(, \d( \+ \w+)?)?', name) for name in names), path
