"""What a session remembers: each key once, and no page that touches the session by itself."""

import ast
import itertools

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui import state
from cnnviz.ui.state import DigitKeys, Key
from common import ROOT

FILES = [
    path
    for folder in ("ui", "pages")
    for path in sorted((ROOT / "cnnviz" / folder).rglob("*.py"))
    if path.name != "state.py"
]


def keys():
    """Every key that has a name of its own."""
    for page in vars(state).values():
        if isinstance(page, type):
            for value in vars(page).values():
                if isinstance(value, Key):
                    yield value
                elif isinstance(value, DigitKeys):
                    yield from (value.which, value.number)


def test_no_two_keys_have_one_name():
    names = [key.name for key in keys()]
    assert len(names) > 50
    assert [name for name, n in itertools.groupby(sorted(names)) if len(list(n)) > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_module_touches_the_session_or_makes_up_a_key(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not (isinstance(node, ast.Attribute) and node.attr == "session_state"), node.lineno
        if isinstance(node, ast.keyword) and node.arg == "key":
            assert not isinstance(node.value, ast.Constant | ast.JoinedStr), node.value.lineno


def remember():
    """A script for AppTest."""
    import streamlit as st

    from cnnviz.ui import state
    from cnnviz.ui.state import Key

    number, things = Key("a number", 3), Key("things", None)
    st.text(f"{number.get()} {number.exists()}")
    number.begin(4)
    number.begin(5)
    st.text(f"{number.get()} {number.exists()}")
    number.set(6)
    st.text(f"{number.get()} {st.session_state['a number']}")
    number.forget()
    number.forget()
    st.text(f"{number.get()} {number.exists()}")
    state.opened(things, list).append("one")
    state.opened(things, list).append("two")
    st.text(" ".join(things.get()))


def test_a_key_reads_writes_begins_and_forgets():
    at = AppTest.from_function(remember).run()
    assert not at.exception
    assert [text.value for text in at.text] == ["3 False", "4 True", "6 6", "3 False", "one two"]


def test_a_person_s_choices_are_kept_and_what_the_server_works_with_is_not():
    assert state.Session.model.kept
    assert state.iteration_of("hvass").kept
    assert state.Session.shown.number.kept
    assert not state.Session.choice.kept
    assert not state.Session.page_is_new.kept
    assert not state.DrawPage.canvas.kept
