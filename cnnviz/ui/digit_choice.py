"""The digit that every page works on: what this session drew or chose last, and the way to choose another."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from cnnviz.data.dataset import Dataset, Split
from cnnviz.data.mnist import DataError
from cnnviz.data.parts import Spot
from cnnviz.render import tiles
from cnnviz.ui import choice, digit, digits, panels
from cnnviz.ui.digit import Digit, Kind
from cnnviz.ui.state import DigitKeys, DrawPage, Session

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer


class Words:
    """What the choice says."""

    button = "Digit"
    which, number, label = "Which digit", "Number", "Digit"
    names: dict[Split | Literal["own"], str] = {
        "test": "Test image",
        "train": "Training image",
        "validation": "Validation image",
        "own": "My drawing",
    }
    random = "Random"
    any = "any"
    titles: dict[Kind, str] = {
        "test image": "Test image {number}, a {label}",
        "training image": "Training image {number}, a {label}",
        "validation image": "Validation image {number}, a {label}",
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
    return own or _image(keys)


def _image(keys: DigitKeys) -> Digit:
    """The image of the data that is chosen under some keys."""
    images = dataset_of(keys)
    return digit.of_data(images, _number(images, keys), _split(keys))


def dataset_of(keys: DigitKeys) -> Dataset:
    """The part of the data that is chosen under some keys; where a file of it is damaged the page ends here."""
    return choice.dataset(_split(keys))


def _split(keys: DigitKeys) -> Split:
    """The part of the digits that is chosen; the test images where an address or a record asks for something else."""
    split = keys.split.get()
    return split if split in digit.OF_DATA else "test"


def _number(images: Dataset, keys: DigitKeys) -> int:
    """The number of an image; one that was chosen in a larger set becomes the last of this one."""
    return min(max(0, keys.number.get()), len(images) - 1)


def give(own: Digit | None) -> None:
    """Remember what a person gives; it is the session's digit from then on, until another is chosen.

    Args:
        own: None when there is nothing any more, as on an empty canvas; then an image of the data is shown again.
    """
    before = Session.digit.get()
    Session.digit.set(own and own.packed())
    is_same = before is not None and own is not None and np.array_equal(before.image, own.image)
    if own is None:
        Session.shown.which.set("image")
    elif not is_same:
        Session.shown.which.set("own")


def take_in() -> None:
    """Make the session's digit of strokes that were answered since its last run; before anything else looks at it."""
    answers = DrawPage.answers.get()
    drawn = answers and answers.take()
    if drawn:
        give(drawn)


def spot() -> Spot:
    """The image of the data that is chosen, also while a drawing is shown."""
    return _split(Session.shown), _number(dataset_of(Session.shown), Session.shown)


def behind() -> str:
    """What to call it, where it is shown in the place of a drawing."""
    return title(_image(Session.shown))


def choose(number: int, split: Split = "test") -> None:
    """Let an image of the data be the session's digit."""
    take_in()  # a callback runs before the page
    _choose(Session.shown, number, split)


def _choose(keys: DigitKeys, number: int, split: Split) -> None:
    keys.which.set("image")
    keys.split.set(split)
    keys.number.set(number)


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
        shown = digits.load(choice.current().source, _split(Session.shown))
    except DataError:  # the pages that need the digits say so
        return
    ask_one(shown, Session.shown)
    st.page_link(DRAW, label=Words.draw, icon=":material/draw:")
    Session.digit_opened.set(False)


def thumbnail() -> tuple[str, str]:
    """The session's digit as the button in the head of the page shows it: a PNG in base64, and what it is called."""
    shown = current()
    picture = tiles.indexed_map(shown.image, panels.map_palette(), (0, 1))
    return base64.b64encode(picture.png()).decode(), title(shown)


def ask_one(images: Dataset, keys: DigitKeys) -> None:
    """Widgets that choose a digit: one's own, or an image of the data by number, by class, or at random.

    Args:
        images: the part of the data that is chosen under these keys.
        keys: what they write.
    """
    has_own = Session.digit.get() is not None
    keys.which_widget.set("own" if has_own and keys.which.get() == "own" else _split(keys))
    st.segmented_control(
        Words.which,
        [name for name in Words.names if has_own or name != "own"],
        format_func=Words.names.__getitem__,
        required=True,
        key=keys.which_widget.name,
        on_change=_take_which,
        args=(keys,),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ask_number(images, keys)
        options, label = [Words.any, *range(10)], keys.label.name
        st.selectbox(Words.label, options, key=label, width=90, on_change=_jump, args=(images, keys, False))
        random = keys.random.name
        st.button(Words.random, icon=":material/casino:", key=random, on_click=_jump, args=(images, keys, True))


def ask_number(images: Dataset, keys: DigitKeys) -> int:
    """Number of an image of the data."""
    keys.number_widget.set(_number(images, keys))
    return int(
        st.number_input(
            Words.number,
            0,
            len(images) - 1,
            key=keys.number_widget.name,
            width=130,
            on_change=_take_number,
            args=(keys,),
        )
    )


def _take_which(keys: DigitKeys) -> None:
    take_in()
    which = keys.which_widget.get()
    if which == "own":
        keys.which.set("own")
    else:
        _choose(keys, keys.number.get(), which)


def _take_number(keys: DigitKeys) -> None:
    take_in()
    _choose(keys, int(keys.number_widget.get()), _split(keys))


def _jump(images: Dataset, keys: DigitKeys, random: bool) -> None:
    """Choose a random image, or the next one, of the digit that is chosen."""
    take_in()
    label = keys.label.get()
    fitting = np.arange(len(images)) if label == Words.any else np.flatnonzero(images.labels == label)
    if random:
        number = np.random.default_rng().choice(fitting)
    elif label == Words.any:
        return
    else:
        number = fitting[np.searchsorted(fitting, keys.number.get()) % len(fitting)]
    _choose(keys, int(number), _split(keys))
