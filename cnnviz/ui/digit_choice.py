"""The digit that every page works on: what this session drew or chose last, and the way to choose another."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Dataset
from cnnviz.data.mnist import DataError
from cnnviz.render import tiles
from cnnviz.ui import choice, digit, digits, panels
from cnnviz.ui.digit import Digit, Kind
from cnnviz.ui.state import DigitKeys, DrawPage, Key, Session, Which

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer


class Words:
    """What the choice says."""

    button = "Digit"
    which, number, label = "Which digit", "Number", "Digit"
    names: dict[Which, str] = {"test": "Test image", "own": "My drawing"}
    random = "Random"
    any = "any"
    titles: dict[Kind, str] = {
        "test image": "Test image {number}, a {label}",
        "drawing": "Your drawing",
        "drawing over a test image": "Test image {number} on the canvas",
        "photograph": "Your photograph",
        "squares": "Your squares",
    }
    draw = "Draw, or give a photograph"


DRAW = "cnnviz/pages/draw/page.py"


def current() -> Digit:
    """The session's digit: what was drawn or chosen last; where a file of digits is damaged the page ends here."""
    return of(Session.shown)


def of(keys: DigitKeys) -> Digit:
    """The digit that is chosen under some keys: the session's own where that is wanted and there is one."""
    own = Session.digit.get() if keys.which.get() == "own" else None
    test = choice.dataset()
    return own or digit.of_test(test, _number(test, keys.number))


def _number(test: Dataset, key: Key[int]) -> int:
    """The number of a test image; one that was chosen in a larger set becomes the last of this one."""
    return min(max(0, key.get()), len(test) - 1)


def give(own: Digit | None) -> None:
    """Remember what a person gives; it is the session's digit from then on, until another is chosen.

    Args:
        own: None when there is nothing any more, as on an empty canvas; then a test image is shown again.
    """
    before = Session.digit.get()
    Session.digit.set(own and own.packed())
    is_same = before is not None and own is not None and np.array_equal(before.image, own.image)
    if own is None:
        Session.shown.which.set("test")
    elif not is_same:
        Session.shown.which.set("own")


def take_in() -> None:
    """Make the session's digit of strokes that were answered since its last run; before anything else looks at it."""
    answers = DrawPage.answers.get()
    drawn = answers and answers.take()
    if drawn:
        give(drawn)


def number() -> int:
    """The number of the test image that is chosen, also while a drawing is shown."""
    return _number(choice.dataset(), Session.shown.number)


def choose(number: int) -> None:
    """Let a test image be the session's digit."""
    take_in()  # a callback runs before the page
    Session.shown.which.set("test")
    Session.shown.number.set(number)


def title(shown: Digit) -> str:
    """What to call a digit."""
    return Words.titles[shown.origin.kind].format(number=shown.origin.number, label=shown.label)


def popover(*, shown: bool = True) -> PopoverContainer | DeltaGenerator:
    """The button that shows the session's digit as a picture; what opens is to be filled by the caller.

    Where it is not shown, what it would open still says what the digit is, for the page.
    """
    return (
        st.popover(Words.button, key=Session.thumbnail.name)
        if shown
        else st.container(key=Session.thumbnail_hidden.name)
    )


def ask() -> None:
    """Show how to choose the digit, after the choice of network and digits is known."""
    try:
        test = digits.load(choice.current().source, "test")
    except DataError:  # the pages that need the digits say so
        return
    ask_one(test, Session.shown)
    st.page_link(DRAW, label=Words.draw, icon=":material/draw:")
    Session.digit_opened.set(False)


def thumbnail() -> tuple[str, str]:
    """The session's digit as the button in the head of the page shows it: a PNG in base64, and what it is called."""
    shown = current()
    picture = tiles.indexed_map(shown.image, panels.map_palette(), (0, 1))
    return base64.b64encode(picture.png()).decode(), title(shown)


def ask_one(test: Dataset, keys: DigitKeys) -> None:
    """Widgets that choose a digit: one's own, or a test image by number, by class, or at random."""
    has_own = Session.digit.get() is not None
    keys.which_widget.set(keys.which.get() if has_own else "test")
    st.segmented_control(
        Words.which,
        list(Words.names),
        format_func=Words.names.__getitem__,
        required=True,
        key=keys.which_widget.name,
        disabled=not has_own,
        on_change=_take_which,
        args=(keys,),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ask_number(test, keys)
        options, label = [Words.any, *range(10)], keys.label.name
        st.selectbox(Words.label, options, key=label, width=90, on_change=_jump, args=(test, keys, False))
        random = keys.random.name
        st.button(Words.random, icon=":material/casino:", key=random, on_click=_jump, args=(test, keys, True))


def ask_number(test: Dataset, keys: DigitKeys) -> int:
    """Number of a test image."""
    keys.number_widget.set(_number(test, keys.number))
    return int(
        st.number_input(
            Words.number,
            0,
            len(test) - 1,
            key=keys.number_widget.name,
            width=130,
            on_change=_take_number,
            args=(keys,),
        )
    )


def _take_which(keys: DigitKeys) -> None:
    take_in()
    keys.which.set(keys.which_widget.get())


def _take_number(keys: DigitKeys) -> None:
    take_in()
    keys.which.set("test")
    keys.number.set(int(keys.number_widget.get()))


def _jump(test: Dataset, keys: DigitKeys, random: bool) -> None:
    """Choose a random image, or the next one, of the digit that is chosen."""
    take_in()
    label = keys.label.get()
    fitting = np.arange(len(test)) if label == Words.any else np.flatnonzero(test.labels == label)
    if random:
        number = np.random.default_rng().choice(fitting)
    elif label == Words.any:
        return
    else:
        number = fitting[np.searchsorted(fitting, keys.number.get()) % len(fitting)]
    keys.which.set("test")
    keys.number.set(int(number))
