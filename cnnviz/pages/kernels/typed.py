"""Numbers as one types and reads them."""

import numpy as np
import streamlit as st

from cnnviz.analysis import kernels
from cnnviz.ui.state import Key


class Words:
    """What stands at a box for numbers."""

    help = "A row a line, numbers apart by spaces. A number is 2, -1, 0.5 or 1/9."


def as_text(values: np.ndarray) -> str:
    """Numbers as one types them, a row a line."""
    return "\n".join(" ".join(short(value) for value in row) for row in values)


def in_words(values: np.ndarray) -> str:
    """Numbers in one line, rows apart by semicolons."""
    return "; ".join(" ".join(short(value) for value in row) for row in values)


def short(value: float) -> str:
    """A number with at most three places."""
    return f"{round(float(value), 3) + 0.0:g}"  # + 0.0: never -0


def read(label: str, text: str) -> np.ndarray:
    """The numbers of one of the two boxes, which an error names.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    try:
        return kernels.parse(text)
    except ValueError as error:
        raise ValueError(f"{label}: {error}") from None


def ask_text(
    place: st.delta_generator.DeltaGenerator, label: str, values: np.ndarray, key: Key[str], height: int
) -> str:
    """Numbers to type over."""
    key.begin(as_text(values))
    return str(place.text_area(label, key=key.name, height=height, help=Words.help, persist_state="session"))
