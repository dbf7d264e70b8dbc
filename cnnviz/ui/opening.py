"""Where a click on something that is shown leads: the one place that knows which page opens it."""

from __future__ import annotations

import streamlit as st

from cnnviz.ui.state import ConvolutionPage, DigitKeys


def open_map(layer: str, number: int, digit: DigitKeys | None = None) -> None:
    """Leave for the page that shows how one map of a layer is computed.

    Args:
        layer: its name.
        number: of the map.
        digit: where the page that is left keeps which digit it shows; None for the session's own.
    """
    ConvolutionPage.layer.set(layer)
    ConvolutionPage.filter.set(number)
    ConvolutionPage.digit.which.set(digit.which.get() if digit else "own")
    if digit and digit.number.exists():
        ConvolutionPage.digit.number.set(digit.number.get())
    st.switch_page("cnnviz/pages/convolution/page.py")
