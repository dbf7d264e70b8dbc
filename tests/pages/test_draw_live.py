"""What the browser is told so that it answers while the pen moves, and when it cannot."""

import re

import pytest

from apptest import components, figures, open_page
from cnnviz.network import store
from cnnviz.network.config import n_weights
from cnnviz.ui.components.live import live
from cnnviz.ui.state import DrawPage, Session


def told(choices):
    """What the component gets, on the page with these choices; None when it is not there."""
    found = components(open_page("", choices), "live")
    return found[0] if found else None


@pytest.mark.parametrize("way", ["canvas", "over"])
def test_it_gets_the_chosen_network_and_the_captions_of_the_maps_that_are_shown(way):
    at = open_page("", {Session.model: "low-level", DrawPage.way: way, DrawPage.steps: ["ink", "crop", "box"]})
    (data,) = components(at, "live")
    assert data["without"] == ["centre"]
    assert data["network"]["n_weights"] == n_weights(store.load(store.find("low-level")).config)
    assert re.fullmatch(r"\./cnnviz/weights/[0-9a-f]{64}\.bin", data["network"]["weights"])
    names = [item["name"] for item in figures(at) if item["kind"] == "sheet"]
    assert set(data["captions"]) == set(names) - {"seen", "steps"}
    assert all("{n}" in dead and "{" not in whole for whole, dead in data["captions"].values())


@pytest.mark.parametrize(
    "choices",
    [{DrawPage.way: "photo"}, {DrawPage.way: "grid"}, {DrawPage.thin_pen: True}],
    ids=["photograph", "squares", "strokes drawn again"],
)
def test_it_is_not_there_where_the_ink_is_not_what_is_on_the_canvas(choices):
    assert told(choices) is None


def test_of_a_network_that_is_too_large_it_is_said(monkeypatch):
    n = n_weights(store.load(store.find("hvass")).config)
    monkeypatch.setattr(live, "MAX_WEIGHTS", n - 1)
    data = told({Session.model: "hvass"})
    assert data == {"why_not": live.Words.too_large.format(n=n)}
    monkeypatch.setattr(live, "MAX_WEIGHTS", n)
    assert "why_not" not in told({Session.model: "hvass"})
